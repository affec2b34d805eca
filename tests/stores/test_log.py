"""The log in the store: leaves, nodes, proofs; what is remembered and spent; the last moment."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.pictures import NOW
from tests.stores.samples import SALT, undone

from antalya.ledger import merkle
from antalya.model.errors import AntalyaError
from antalya.ports import Leaf, Remembered, Store


def data(index: int) -> bytes:
    return f"leaf {index}".encode()


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if len(leaves) <= 1:
        return merkle.leaf_hash(leaves[0]) if leaves else merkle.EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def test_leaves_are_numbered_from_zero_and_read_in_pages(store: Store) -> None:
    with store.read() as tx:
        assert (tx.log_size(), tx.leaf(0), tx.leaves(0, 5)) == (0, None, [])
    numbers = [store.write(lambda tx, n=n: tx.append_leaf(data(n), SALT, b"\x00\xff" if n else None)) for n in range(7)]
    assert numbers == list(range(7))
    with store.read() as tx:
        assert tx.leaf(0) == Leaf(0, data(0), SALT, None)
        assert tx.leaf(3) == Leaf(3, data(3), SALT, 2)
        assert tx.leaf(7) is None
        assert tx.contents([0, 3, 4, 7]) == {3: b"\x00\xff", 4: b"\x00\xff"}
        assert tx.contents(range(7)) == dict.fromkeys(range(1, 7), b"\x00\xff")
        assert [leaf.index for leaf in tx.leaves(2, 3)] == [2, 3, 4]
        assert [leaf.index for leaf in tx.leaves(5, 30)] == [5, 6]


def test_the_stored_nodes_give_the_root_of_every_size_and_proofs(store: Store) -> None:
    for size in range(1, 70):
        store.write(lambda tx, n=size - 1: tx.append_leaf(data(n), SALT, None))
        with store.read() as tx:
            assert merkle.root(size, tx.node) == naive_root([data(n) for n in range(size)])
    with store.read() as tx:
        root = merkle.root(69, tx.node)
        for index in range(69):
            proof = merkle.inclusion_proof(index, 69, tx.node)
            assert merkle.verify_inclusion(merkle.leaf_hash(data(index)), index, 69, proof, root)
            grown = merkle.consistency_proof(index + 1, 69, tx.node)
            assert merkle.verify_consistency(index + 1, 69, merkle.root(index + 1, tx.node), root, grown)


def test_a_lost_job_s_leaf_is_given_again(store: Store) -> None:
    store.write(lambda tx: tx.append_leaf(data(0), SALT, None))
    assert undone(store, lambda tx: [tx.append_leaf(b"lost", SALT, None) for _ in range(5)]) == [1, 2, 3, 4, 5]
    assert store.write(lambda tx: tx.append_leaf(data(1), SALT, None)) == 1
    with store.read() as tx:
        assert (tx.log_size(), merkle.root(2, tx.node)) == (2, naive_root([data(0), data(1)]))


def test_a_node_that_is_not_there_is_a_broken_log(store: Store) -> None:
    with store.read() as tx, pytest.raises(AntalyaError, match="log_broken"):
        tx.node(0, 0)


def test_answers_are_remembered_by_party_and_key(store: Store) -> None:
    store.write(lambda tx: tx.remember("TR", "k", Remembered("sha", '{"a":1}'), NOW))
    store.write(lambda tx: tx.remember("RU", "k", Remembered("other", "{}"), NOW))
    with store.read() as tx:
        assert tx.remembered("TR", "k") == Remembered("sha", '{"a":1}')
        assert tx.remembered("RU", "k") == Remembered("other", "{}")
        assert tx.remembered("TR", "K") is None


def test_cells_are_spent_once_a_day(store: Store) -> None:
    cells = [-(2**63), 2**63 - 1, *range(1_000)]
    store.write(lambda tx: tx.spend("TR", "2017-03-07", cells))
    store.write(lambda tx: tx.spend("TR", "2017-03-07", cells[:5]))
    with store.read() as tx:
        assert tx.spent("TR", "2017-03-07", [0, 5, 5_000, 2**63 - 1]) == (1_002, frozenset({0, 5, 2**63 - 1}))
        assert tx.spent("TR", "2017-03-07", [*range(500, 2_000)]) == (1_002, frozenset(range(500, 1_000)))
        assert tx.spent("TR", "2017-03-08", cells) == (0, frozenset())
        assert tx.spent("RU", "2017-03-07", []) == (0, frozenset())


def test_the_last_moment_is_kept_to_the_microsecond(store: Store) -> None:
    with store.read() as tx:
        assert tx.last_at() == datetime(1970, 1, 1, tzinfo=UTC)
    at = NOW + timedelta(microseconds=1)
    store.write(lambda tx: tx.set_last_at(at))
    with store.read() as tx:
        assert tx.last_at() == at
