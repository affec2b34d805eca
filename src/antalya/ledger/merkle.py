"""The Merkle tree of RFC 6962, 2.1 (RFC 9162, 2.1), over stored perfect subtrees.

Node (level, index) is the hash over the leaves [index · 2^level, (index + 1) · 2^level). Only full ones are stored; what
a proof or a root needs besides is computed from them in O(log n).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Get = Callable[[int, int], bytes]
"""Gives the stored node of a level and index."""

EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Node:
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


def append(size: int, leaf: bytes, get: Get) -> list[Node]:
    """The nodes to store when a leaf (its hash) is appended to a tree of `size` leaves: it, and what it completes."""
    nodes, level, index, hash_ = [Node(0, size, leaf)], 0, size, leaf
    while index & 1:
        hash_ = node_hash(get(level, index - 1), hash_)
        level, index = level + 1, index >> 1
        nodes.append(Node(level, index, hash_))
    return nodes


def _hash(start: int, end: int, get: Get) -> bytes:
    """The hash over the leaves [start, end), `start` being a multiple of the largest power of two below the width."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return get(level, start >> level)
    left = 1 << ((width - 1).bit_length() - 1)
    return node_hash(_hash(start, start + left, get), _hash(start + left, end, get))


def root(size: int, get: Get) -> bytes:
    """The Merkle tree hash of the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _hash(0, size, get)


def inclusion_proof(index: int, size: int, get: Get) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, 2.1.1. Raises ValueError unless 0 ≤ index < size."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        split = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < split:
            path.append(_hash(split, end, get))
            end = split
        else:
            path.append(_hash(start, split, get))
            start = split
    return path[::-1]


def consistency_proof(old: int, new: int, get: Get) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, 2.1.2. Raises ValueError unless 0 < old ≤ new."""
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new}")
    path, start, end, known = [], 0, new, True
    while old != end:
        split = start + (1 << ((end - start - 1).bit_length() - 1))
        if old <= split:
            path.append(_hash(split, end, get))
            end = split
        else:
            path.append(_hash(start, split, get))
            start, known = split, False
    if not known:
        path.append(_hash(start, end, get))
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
