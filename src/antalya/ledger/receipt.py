"""Receipts, and the verification of a whole log, offline: nothing but the files and the log's public key is needed."""

from collections.abc import Iterable, Sequence

from antalya.ledger.checkpoint import Checkpoint, Verifier, open_note
from antalya.ledger.entry import Entry
from antalya.ledger.merkle import append, leaf_hash, root, verify_inclusion
from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.wire.canonical import canonical


class Receipt(Noun, frozen=True, kw_only=True):
    """What a party keeps: the entry, its index, the inclusion proof (hex) and the checkpoint it leads to."""

    entry: Entry
    leaf: int
    proof: tuple[str, ...]
    checkpoint: str


def verify_receipt(receipt: Receipt, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint a receipt leads to, if everything fits. Raises log_broken."""
    head = open_note(receipt.checkpoint, verifiers)
    try:
        proof = [bytes.fromhex(h) for h in receipt.proof]
    except ValueError:
        raise error("log_broken", "the proof is not hexadecimal") from None
    if not verify_inclusion(leaf_hash(canonical(receipt.entry)), receipt.leaf, head.size, proof, head.root):
        raise error("log_broken", f"leaf {receipt.leaf} is not in the log of {head.size} leaves with that root")
    return head


def verify_log(hashes: Iterable[bytes], checkpoints: Sequence[str], verifiers: Sequence[Verifier]) -> list[Checkpoint]:
    """Checks leaf hashes, in order, against checkpoints: each must be the head of a beginning of the log, so they are
    consistent with each other too. Returns them, smallest first. Raises log_broken."""
    heads = sorted((open_note(note, verifiers) for note in checkpoints), key=lambda head: head.size)
    nodes: dict[tuple[int, int], bytes] = {}

    def get(level: int, index: int) -> bytes:
        return nodes[level, index]
    size, waiting = 0, list(heads)
    for hash_ in hashes:
        _check(waiting, size, get)
        nodes.update({(node.level, node.index): node.hash for node in append(size, hash_, get)})
        size += 1
    _check(waiting, size, get)
    if waiting:
        raise error("log_broken", f"a checkpoint says {waiting[0].size} leaves, there are {size}")
    return heads


def _check(waiting: list[Checkpoint], size: int, get: object) -> None:
    while waiting and waiting[0].size == size:
        head = waiting.pop(0)
        if root(size, get) != head.root:  # type: ignore[arg-type]
            raise error("log_broken", f"the first {size} leaves have another root than the checkpoint says")
