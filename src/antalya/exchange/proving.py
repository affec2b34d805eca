"""Proving: checkpoints, receipts and proofs of the log."""

from functools import lru_cache
from typing import Any

import msgspec

from antalya.exchange.hub import PAGE_BYTES, Hub
from antalya.ledger import checkpoint as notes
from antalya.ledger.merkle import Tree, consistency_proof, inclusion_proof, leaf_hash, root
from antalya.model.errors import error
from antalya.ports import Leaf, Reader
from antalya.steps.disclose import Viewer
from antalya.steps.record import EXCHANGE


def checkpoint(hub: Hub) -> str:
    """The signed head of the log (C2SP tlog-checkpoint)."""
    with hub.store.read() as tx:
        return _note(hub, tx.tree())


def _note(hub: Hub, tree: Tree) -> str:
    return _signed(hub.origin, tree.size, tree.root(), hub.signer)


_signed = lru_cache(maxsize=64)(notes.make)
"""Filings that are committed together share their checkpoint; Ed25519 would sign it alike each time."""


def receipt(hub: Hub, tx: Reader, index: int) -> dict[str, Any]:
    """The receipt (`ledger.receipt.Receipt`) of a leaf: entry, inclusion proof and checkpoint in one document, verifiable
    offline. Raises not_found."""
    leaf, tree = tx.leaf(index), tx.tree()
    if leaf is None:
        raise error("not_found", "no such leaf")
    return {"entry": msgspec.json.decode(leaf.data), "leaf": index, "proof": [h.hex() for h in tree.inclusion_proof(index)],
            "checkpoint": _note(hub, tree)}


def receipt_for(hub: Hub, viewer: Viewer, index: int) -> dict[str, Any]:
    """A receipt, for whoever may read the leaf. Raises not_found."""
    with hub.store.read() as tx:
        leaf = tx.leaf(index)
        if leaf is None or not _may_read(viewer, leaf):
            raise error("not_found", "no such leaf")
        return receipt(hub, tx, index)


_TO_SUBJECT = frozenset({"told", "delivered", "utm.notified", "utm.fetched"})
"""Kinds of leaves whose subject is the party that something was said to."""


def _may_read(viewer: Viewer, leaf: Leaf) -> bool:
    """Its actor (the exchange is none who reads), who was told by it, and the broker. Everybody gets the hash."""
    entry = msgspec.json.decode(leaf.data)
    return (viewer.broker or viewer.party == entry["actor"] != EXCHANGE
            or (entry["kind"] in _TO_SUBJECT and viewer.party == entry["subject"]))


def leaves(hub: Hub, viewer: Viewer, start: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """A page of the log and where the next starts (None: no more): hashes for everybody; entry, salt and content for whoever may
    read the leaf. It ends earlier where contents come to PAGE_BYTES; those that the viewer may not read are not looked up."""
    with hub.store.read() as tx:
        found = tx.leaves(start, limit)
        readable, page, size = {leaf.index for leaf in found if _may_read(viewer, leaf)}, list[Leaf](), 0
        for leaf in found:
            size += leaf.content_bytes or 0 if leaf.index in readable else 0
            if page and size > PAGE_BYTES:
                break
            page.append(leaf)
        contents = tx.contents(leaf.index for leaf in page if leaf.index in readable)
    more = len(page) < len(found) or len(found) == limit
    return ([_leaf_view(leaf, leaf.index in readable, contents.get(leaf.index)) for leaf in page],
            page[-1].index + 1 if more else None)


def _leaf_view(leaf: Leaf, readable: bool, content: bytes | None) -> dict[str, Any]:
    view: dict[str, Any] = {"leaf": leaf.index, "hash": leaf_hash(leaf.data).hex()}
    if readable:
        view |= {"entry": msgspec.json.decode(leaf.data), "salt": leaf.salt.hex(),
                 "content": None if content is None else content.decode("utf-8", "replace")}
    return view


def inclusion(hub: Hub, index: int, size: int | None) -> dict[str, Any]:
    """The inclusion proof of a leaf in the tree of a size (RFC 9162, 2.1.3). Raises not_found."""
    with hub.store.read() as tx:
        whole = tx.log_size()
        size = whole if size is None else size
        if not 0 <= index < size <= whole:
            raise error("not_found", f"the log has {whole} leaves")
        return {"leaf": index, "size": size, "proof": [h.hex() for h in inclusion_proof(index, size, tx.node)],
                "root": root(size, tx.node).hex()}


def consistency(hub: Hub, old: int, new: int | None) -> dict[str, Any]:
    """The proof that the tree of one size is the beginning of another (RFC 9162, 2.1.4). Raises not_found."""
    with hub.store.read() as tx:
        whole = tx.log_size()
        new = whole if new is None else new
        if not 0 < old <= new <= whole:
            raise error("not_found", f"the log has {whole} leaves")
        return {"from": old, "to": new, "proof": [h.hex() for h in consistency_proof(old, new, tx.node)],
                "root": root(new, tx.node).hex()}
