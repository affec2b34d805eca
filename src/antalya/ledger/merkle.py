"""The Merkle tree of RFC 6962, 2.1 (RFC 9162, 2.1), over stored perfect subtrees.

Node (level, index) is the hash over the leaves [index · 2^level, (index + 1) · 2^level). Only full ones are stored; what
a proof or a root needs besides is computed from them in O(log n).
"""

import hashlib
from collections.abc import Callable, Sequence

import msgspec

Get = Callable[[int, int], bytes]
"""Gives the stored node of a level and index."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


class Node(msgspec.Struct, frozen=True):
    """A perfect subtree's hash, to be stored."""

    level: int
    index: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def place(level: int, index: int) -> int:
    """Which node this is, counted from 0, in the order in which `append` gives them: leaf n has 2n less the bits set in n before
    it."""
    last = ((index + 1) << level) - 1
    return 2 * last - last.bit_count() + level


def append(size: int, leaf: bytes, get: Get) -> list[Node]:
    """The nodes to store when a leaf (its hash) is appended to a tree of `size` leaves: it, and what it completes."""
    nodes, level, index, hash_ = [Node(0, size, leaf)], 0, size, leaf
    while index & 1:
        hash_ = node_hash(get(level, index - 1), hash_)
        level, index = level + 1, index >> 1
        nodes.append(Node(level, index, hash_))
    return nodes


class Tree:
    """The tree over the first `size` leaves of a log. What was reckoned once is kept, so that the proofs of leaves that were
    appended together cost little more than one."""

    def __init__(self, size: int, get: Get) -> None:
        self.size, self._get, self._known = size, get, dict[tuple[int, int], bytes]()

    def root(self) -> bytes:
        """The Merkle tree hash."""
        return EMPTY_ROOT if self.size == 0 else self.hash(0, self.size)

    def inclusion_proof(self, index: int) -> list[bytes]:
        """PATH(index, D[size]) of RFC 6962, 2.1.1. Raises ValueError unless 0 ≤ index < size."""
        if not 0 <= index < self.size:
            raise ValueError(f"no leaf {index} in a tree of {self.size}")
        path, start, end = [], 0, self.size
        while end - start > 1:
            split = start + (1 << ((end - start - 1).bit_length() - 1))
            if index < split:
                path.append(self.hash(split, end))
                end = split
            else:
                path.append(self.hash(start, split))
                start = split
        return path[::-1]

    def hash(self, start: int, end: int) -> bytes:
        """The hash over the leaves [start, end), `start` being a multiple of the largest power of two below the width."""
        known = self._known.get((start, end))
        if known is None:
            width = end - start
            if width & (width - 1) == 0:
                level = width.bit_length() - 1
                known = self._get(level, start >> level)
            else:
                left = start + (1 << ((width - 1).bit_length() - 1))
                known = node_hash(self.hash(start, left), self.hash(left, end))
            self._known[start, end] = known
        return known


def root(size: int, get: Get) -> bytes:
    """The Merkle tree hash of the first `size` leaves."""
    return Tree(size, get).root()


def inclusion_proof(index: int, size: int, get: Get) -> list[bytes]:
    """`Tree.inclusion_proof` of the first `size` leaves."""
    return Tree(size, get).inclusion_proof(index)


def consistency_proof(old: int, new: int, get: Get) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, 2.1.2. Raises ValueError unless 0 < old ≤ new."""
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new}")
    path, start, end, known, tree = [], 0, new, True, Tree(new, get)
    while old != end:
        split = start + (1 << ((end - start - 1).bit_length() - 1))
        if old <= split:
            path.append(tree.hash(split, end))
            end = split
        else:
            path.append(tree.hash(start, split))
            start, known = split, False
    if not known:
        path.append(tree.hash(start, end))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether a leaf (its hash) is at an index of the tree with a size and root."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == expected


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether the tree of one size and root is the beginning of another."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
