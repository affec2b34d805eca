"""The definitions of RFC 6962, 2.1, word for word, over a list of leaf data: slow, and not the code under test. And a tree
kept in a dict, as a store would."""

import hashlib
from collections.abc import Sequence

from antalya.ledger.merkle import append, leaf_hash


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def tree_hash(data: Sequence[bytes]) -> bytes:
    """MTH."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\x01" + tree_hash(data[:k]) + tree_hash(data[k:])).digest()


def path(m: int, data: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(data) == 1:
        return []
    k = split(len(data))
    return [*path(m, data[:k]), tree_hash(data[k:])] if m < k else [*path(m - k, data[k:]), tree_hash(data[:k])]


def proof(m: int, data: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """PROOF(m, D[n]); SUBPROOF with its flag."""
    if m == len(data):
        return [] if whole else [tree_hash(data)]
    k = split(len(data))
    if m <= k:
        return [*proof(m, data[:k], whole), tree_hash(data[k:])]
    return [*proof(m - k, data[k:], False), tree_hash(data[:k])]


class Tree:
    """Stored nodes of a growing tree; counts how often one was asked for."""

    def __init__(self, data: Sequence[bytes] = ()) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.size, self.gets = 0, 0
        for item in data:
            self.add(leaf_hash(item))

    def add(self, leaf: bytes) -> int:
        """Appends; how many nodes were stored."""
        new = append(self.size, leaf, self.get)
        for node in new:
            assert (node.level, node.index) not in self.nodes, "a stored node never changes"
            self.nodes[node.level, node.index] = node.hash
        self.size += 1
        return len(new)

    def get(self, level: int, index: int) -> bytes:
        self.gets += 1
        return self.nodes[level, index]
