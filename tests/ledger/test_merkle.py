"""ledger.merkle: the tree of RFC 6962, by the reference vectors, by its definition, and against tampering."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.trees import Tree, path, proof, tree_hash

from antalya.ledger.merkle import (
    EMPTY_ROOT,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    place,
    root,
    verify_consistency,
    verify_inclusion,
)

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "merkle.json").read_text(encoding="utf-8"))
INPUTS = [bytes.fromhex(text) for text in VECTORS["inputs"]]
ROOTS = [bytes.fromhex(text) for text in VECTORS["roots"]]
REFERENCE = Tree(INPUTS)
LEAVES = [str(i).encode() for i in range(300)]
WHOLE = Tree(LEAVES)
sizes = st.integers(1, 300)


def raw(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in hashes]


def test_the_reference_tree() -> None:
    assert [leaf_hash(data).hex() for data in INPUTS] == VECTORS["leaves"]
    assert [root(size, REFERENCE.get) for size in range(9)] == ROOTS
    assert ROOTS[0] == EMPTY_ROOT
    stored = {(level, index): hash_.hex() for (level, index), hash_ in REFERENCE.nodes.items()}
    assert stored == {(0, i): h for i, h in enumerate(VECTORS["leaves"])} | {(lv, i): h for lv, i, h in VECTORS["nodes"]}


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda v: f"{v['leaf']} in {v['size']}")
def test_the_reference_inclusion_proofs(vector: dict[str, Any]) -> None:
    leaf, size, expected = vector["leaf"], vector["size"], raw(vector["proof"])
    assert inclusion_proof(leaf, size, REFERENCE.get) == expected
    assert verify_inclusion(leaf_hash(INPUTS[leaf]), leaf, size, expected, ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda v: f"{v['old']} to {v['new']}")
def test_the_reference_consistency_proofs(vector: dict[str, Any]) -> None:
    old, new, expected = vector["old"], vector["new"], raw(vector["proof"])
    assert consistency_proof(old, new, REFERENCE.get) == expected
    assert verify_consistency(old, new, ROOTS[old], ROOTS[new], expected)


def test_every_small_tree_is_as_the_standard_defines_it() -> None:
    for size in range(1, 34):
        data = LEAVES[:size]
        whole = root(size, WHOLE.get)
        assert whole == tree_hash(data)
        for i in range(size):
            found = inclusion_proof(i, size, WHOLE.get)
            assert found == path(i, data)
            assert verify_inclusion(leaf_hash(data[i]), i, size, found, whole)
        for old in range(1, size + 1):
            grown = consistency_proof(old, size, WHOLE.get)
            assert grown == proof(old, data)
            assert verify_consistency(old, size, tree_hash(data[:old]), whole, grown)


@given(sizes.flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1), st.integers(1, n))))
@settings(deadline=None)
def test_larger_trees_are_too(case: tuple[int, int, int]) -> None:
    size, index, old = case
    data = LEAVES[:size]
    whole = root(size, WHOLE.get)
    assert whole == tree_hash(data)
    assert inclusion_proof(index, size, WHOLE.get) == path(index, data)
    assert consistency_proof(old, size, WHOLE.get) == proof(old, data)
    assert verify_inclusion(leaf_hash(data[index]), index, size, path(index, data), whole)
    assert verify_consistency(old, size, tree_hash(data[:old]), whole, proof(old, data))


def tampered(proof: list[bytes], how: int, at: int) -> list[bytes]:
    """The proof with a bit flipped, an item doubled, left out, put in front or put behind, or two items exchanged."""
    bit, at = at % 8, at % len(proof) if proof else 0
    item = bytes(b ^ (1 << bit if i == how // 8 else 0) for i, b in enumerate(proof[at])) if proof else b"\x00" * 32
    swapped = list(proof)
    if len(proof) > 1:
        swapped[at], swapped[at - 1] = swapped[at - 1], swapped[at]
    return [[*proof[:at], item, *proof[at + 1:]], [*proof[:at], *proof[at:at + 1], *proof[at:]], proof[:at] + proof[at + 1:],
            [item, *proof], [*proof, item], swapped, [*proof[:at], item[:31], *proof[at + 1:]], []][how % 8]


@given(sizes.flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n - 1), st.integers(0, n - 1))), st.integers(0, 255),
       st.integers(0, 255))
@settings(deadline=None)
def test_a_tampered_inclusion_proof_fails(case: tuple[int, int, int], how: int, at: int) -> None:
    size, index, other = case
    whole, leaf = root(size, WHOLE.get), leaf_hash(LEAVES[index])
    good = inclusion_proof(index, size, WHOLE.get)
    changed = tampered(good, how, at)
    if changed != good:
        assert not verify_inclusion(leaf, index, size, changed, whole)
    if other != index:
        assert not verify_inclusion(leaf, other, size, good, whole)
        assert not verify_inclusion(leaf_hash(LEAVES[other]), index, size, good, whole)
    assert not verify_inclusion(leaf_hash(LEAVES[index] + b" "), index, size, good, whole)
    assert not verify_inclusion(LEAVES[index], index, size, good, whole)
    assert not verify_inclusion(leaf, index, size, good, root(size + 1 if size < 300 else 299, WHOLE.get))
    assert not any(verify_inclusion(leaf, bad, size, good, whole) for bad in (-1, size, size + index, index + 2**64))


@given(sizes.flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))), st.integers(0, 255), st.integers(0, 255))
@settings(deadline=None)
def test_a_tampered_consistency_proof_fails(case: tuple[int, int], how: int, at: int) -> None:
    new, old = case
    before, after = root(old, WHOLE.get), root(new, WHOLE.get)
    good = consistency_proof(old, new, WHOLE.get)
    changed = tampered(good, how, at)
    if changed != good:
        assert not verify_consistency(old, new, before, after, changed)
    wrong = leaf_hash(b"another history")
    assert not verify_consistency(old, new, wrong, after, good)
    assert not verify_consistency(old, new, before, wrong, good)
    if old != new:
        assert not verify_consistency(old, new, after, before, good)
        assert not verify_consistency(new, old, after, before, good)
    assert not any(verify_consistency(bad, new, before, after, good) for bad in (0, -1, new + 1))


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40, unique=True), st.data())
@settings(deadline=None)
def test_a_changed_history_is_not_consistent(data: list[bytes], draw: st.DataObject) -> None:
    at = draw.draw(st.integers(0, len(data) - 2))
    forged = [*data[:at], data[at] + b"!", *data[at + 1:]]
    old = draw.draw(st.integers(at + 1, len(data) - 1))
    rewritten = Tree(forged)
    assert not verify_consistency(old, len(data), tree_hash(data[:old]), root(len(forged), rewritten.get),
                                  consistency_proof(old, len(forged), rewritten.get))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 3), (3, 3), (4, 3)])
def test_proofs_of_what_is_not_there_are_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, WHOLE.get)
    assert not verify_inclusion(leaf_hash(b"0"), index, size, [], leaf_hash(b"0"))


@pytest.mark.parametrize(("old", "new"), [(0, 3), (-1, 3), (4, 3), (0, 0)])
def test_growth_from_nothing_or_backwards_has_no_proof(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(old, new, WHOLE.get)
    assert not verify_consistency(old, new, EMPTY_ROOT, EMPTY_ROOT, [])


def test_a_node_can_t_pass_for_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert node_hash(left, right) != node_hash(right, left)


def test_a_node_s_place_is_the_number_of_those_made_before_it() -> None:
    made: dict[tuple[int, int], bytes] = {}
    for size in range(300):
        for node in append(size, leaf_hash(LEAVES[size]), lambda *of: made[of]):
            assert place(node.level, node.index) == len(made)
            made[node.level, node.index] = node.hash


def test_work_grows_with_the_logarithm() -> None:
    tree = Tree()
    stored = [tree.add(leaf_hash(str(i).encode())) for i in range(4_096)]
    assert sum(stored) == 2 * 4_096 - 1
    assert max(stored) == 13
    tree.gets = 0
    for size in (1, 4_095, 4_096):
        root(size, tree.get)
    assert tree.gets <= 1 + 12 + 1
    tree.gets = 0
    assert len(inclusion_proof(2_000, 4_095, tree.get)) <= 12
    assert len(consistency_proof(2_001, 4_095, tree.get)) <= 13
    assert tree.gets <= 60
