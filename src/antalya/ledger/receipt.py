"""Receipts, and the verification of a whole log, offline: nothing but the files and the log's public key is needed."""

import re
from collections.abc import Iterable, Sequence

from antalya.ledger.checkpoint import Checkpoint, Verifier, open_note
from antalya.ledger.entry import Entry
from antalya.ledger.merkle import EMPTY_ROOT, Get, append, leaf_hash, root, verify_consistency, verify_inclusion
from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.wire.canonical import canonical

_HASH = re.compile("[0-9a-f]{64}")


class Receipt(Noun, frozen=True, kw_only=True):
    """What a party keeps: the entry, its index, the inclusion proof (hex) and the checkpoint it leads to."""

    entry: Entry
    leaf: int
    proof: tuple[str, ...]
    checkpoint: str


def verify_receipt(receipt: Receipt, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint a receipt leads to, if everything fits: then its entry is in that log. Raises log_broken."""
    head = open_note(receipt.checkpoint, verifiers)
    if not verify_inclusion(leaf_hash(canonical(receipt.entry)), receipt.leaf, head.size, _hashes(receipt.proof), head.root):
        raise error("log_broken", f"leaf {receipt.leaf} is not in the log of {head.size} leaves with that root")
    return head


def verify_growth(old: str, new: str, proof: Sequence[str], verifiers: Sequence[Verifier]) -> tuple[Checkpoint, Checkpoint]:
    """Two checkpoints of one log, if the consistency proof (hex; RFC 9162, 2.1.4) shows that the old one is the beginning
    of the new one: nothing was changed or taken out between them. Raises log_broken."""
    first, second = open_note(old, verifiers), open_note(new, verifiers)
    if first.origin != second.origin:
        raise error("log_broken", f"the checkpoints are of two logs, {first.origin} and {second.origin}")
    if first.size > second.size:
        raise error("log_broken", f"the log shrank from {first.size} to {second.size} leaves")
    empty = first.size == 0 and first.root == EMPTY_ROOT and not proof  # the beginning of every log; needs no proof
    if not empty and not verify_consistency(first.size, second.size, first.root, second.root, _hashes(proof)):
        raise error("log_broken", f"the {first.size} leaves of the old checkpoint are not the beginning of the new one")
    return first, second


def hash_of(text: str) -> bytes:
    """A hash from its only form, 64 hexadecimal digits: of two that are hashed together, no byte may change its place from one to
    the other. Raises log_broken."""
    if not _HASH.fullmatch(text):
        raise error("log_broken", "not a hash of 64 hexadecimal digits in lower case")
    return bytes.fromhex(text)


def _hashes(proof: Sequence[str]) -> list[bytes]:
    return [hash_of(h) for h in proof]


def verify_log(hashes: Iterable[bytes], checkpoints: Sequence[str], verifiers: Sequence[Verifier]) -> list[Checkpoint]:
    """Checks leaf hashes, in order, against checkpoints: each must be the head of a beginning of the log, so they are
    consistent with each other too, and the largest must speak for every leaf. Returns them, smallest first. Memory grows
    with the logarithm of the log. Raises log_broken.
    """
    heads = sorted((open_note(note, verifiers) for note in checkpoints), key=lambda head: head.size)
    if len({head.origin for head in heads}) > 1:
        raise error("log_broken", "the checkpoints are of more than one log")
    peaks: dict[int, bytes] = {}  # by level: the full subtrees that no larger one holds; there is one of a level at most

    def get(level: int, index: int) -> bytes:
        return peaks[level]
    size, waiting = 0, list(heads)
    _check(waiting, size, get)
    for hash_ in hashes:
        top = append(size, hash_, get)[-1]
        for level in range(top.level):
            del peaks[level]
        peaks[top.level] = top.hash
        size += 1
        _check(waiting, size, get)
    if waiting:
        raise error("log_broken", f"a checkpoint says {waiting[0].size} leaves, there are {size}")
    if not heads or heads[-1].size < size:
        raise error("log_broken", f"no checkpoint that was given speaks for all {size} leaves")
    return heads


def _check(waiting: list[Checkpoint], size: int, get: Get) -> None:
    while waiting and waiting[0].size == size:
        head = waiting.pop(0)
        if root(size, get) != head.root:
            raise error("log_broken", f"the first {size} leaves have another root than the checkpoint says")
