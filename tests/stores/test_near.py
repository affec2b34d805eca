"""The store's index in memory: what it answers is what lies in the store, whoever put it there and whatever was undone."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.pictures import book, clashes, hour
from tests.stores.samples import changed, disc, keep, kept, undone

from antalya.model import Minima
from antalya.model.operations import ACTIVITIES
from antalya.picture import Prepared
from antalya.ports import Store
from antalya.separations import widest_towards
from antalya.store import hot


def near(store: Store, subject: Prepared, widest: Minima = Minima(), without: str | None = None, **towards: Minima) -> list[str]:
    """The ids of the operations near a subject, without a party's; `towards`: the minima towards an activity where they are
    others."""
    minima = tuple(towards.get(activity, widest) for activity in ACTIVITIES)
    return store.write(lambda tx: sorted(p.operation.id for p in tx.near(subject, minima, without)))


def test_what_is_put_changed_and_withdrawn_is_found_where_it_is(store: Store) -> None:
    here, there = disc("a"), disc("a", east=200)
    kept(store, here, disc("b", east=203))
    assert (near(store, here), near(store, there)) == (["a"], [])
    store.write(lambda tx: keep(tx, there, 2))
    assert (near(store, here), near(store, there, Minima(across_m=5_000))) == ([], ["a", "b"])
    store.write(lambda tx: keep(tx, changed(there, state="withdrawn"), 3))
    assert near(store, there, Minima(across_m=5_000)) == ["b"]


def test_another_opening_and_a_new_start_see_the_same(store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, disc("a"), disc("gone"), disc("moved"))
    other = open_store()
    assert near(other, disc("x")) == ["a", "gone", "moved"]
    kept(other, disc("b"))
    other.write(lambda tx: keep(tx, changed(disc("gone"), state="withdrawn"), 2))
    other.write(lambda tx: keep(tx, disc("moved", east=200), 2))
    other.write(lambda tx: keep(tx, disc("moved", east=400), 3))
    for each in (store, other, open_store()):
        assert near(each, disc("x")) == ["a", "b"]
        assert near(each, disc("x", east=400)) == ["moved"]
        assert near(each, disc("x", east=200)) == []


def test_a_start_from_many_parts_sees_what_one_part_shows(store: Store, open_store: Callable[..., Store],
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    kept(store, *(disc(f"{n:02}", east=n % 3) for n in range(23)))
    whole = near(store, disc("x"), Minima(across_m=2_000))
    assert len(whole) == 23
    for many in (1, 5, 23):
        monkeypatch.setattr(hot, "MANY", many)
        assert near(open_store(), disc("x"), Minima(across_m=2_000)) == whole


def test_each_is_looked_for_as_near_as_its_activity_wants(store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, disc("a", east=2), disc("b", east=2, activity="survey"))
    other = open_store()
    assert near(other, disc("x"), patrol=Minima(across_m=3_000)) == ["a"]
    kept(store, disc("c", east=2), disc("d", east=2, activity="survey"))
    store.write(lambda tx: keep(tx, disc("a", east=2, activity="survey"), 2))
    for each in (store, other, open_store()):
        assert near(each, disc("x"), patrol=Minima(across_m=3_000)) == ["c"]
        assert near(each, disc("x"), survey=Minima(across_m=3_000)) == ["a", "b", "d"]
        assert near(each, disc("x"), Minima(across_m=3_000)) == ["a", "b", "c", "d"]


def test_a_party_can_be_left_out_whether_it_was_read_before_or_not(store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, disc("a"), disc("b", party="RU"), disc("c", party="US"))
    for each in (store, open_store()):
        for without, ids in ((None, ["a", "b", "c"]), ("TR", ["b", "c"]), ("RU", ["a", "c"]), ("SDF", ["a", "b", "c"])):
            assert near(each, disc("x"), without=without) == ids
    other = open_store()
    assert near(other, disc("x"), without="RU") == ["a", "c"]
    assert near(other, disc("x")) == ["a", "b", "c"]


def test_what_is_undone_was_never_there(store: Store) -> None:
    kept(store, disc("a"), disc("b"))

    def job(tx: Any) -> list[str]:
        keep(tx, disc("c"))
        keep(tx, disc("a", east=200), 2)
        keep(tx, changed(disc("b"), state="withdrawn"), 2)
        return sorted(p.operation.id for p in tx.near(disc("x"), (Minima(),) * len(ACTIVITIES)))
    assert undone(store, job) == ["c"]
    assert near(store, disc("x")) == ["a", "b"]
    kept(store, disc("d"))  # takes a row that was given before
    assert near(store, disc("x")) == ["a", "b", "d"]
    assert near(store, disc("x", east=200)) == []


def test_what_is_over_is_not_looked_at(store: Store) -> None:
    kept(store, disc("early", end=7), disc("late", start=7, end=9))
    store.write(lambda tx: tx.drop_from_index(hour(8)))
    assert near(store, disc("x", end=9)) == ["late"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subject=strategies.plans("x", "TR"), others=st.lists(st.integers(0, 9).flatmap(lambda n: strategies.plans(f"o{n}", "RU")),
                                                            max_size=6, unique_by=lambda p: p.operation.id))
def test_it_never_misses_what_meets(store: Store, subject: Any, others: list[Any]) -> None:
    rules = book()

    def job(tx: Any) -> set[str]:
        for other in others:
            keep(tx, other)
        return {p.operation.id for p in tx.near(subject, widest_towards(rules, subject.operation))}
    meeting = {clash.other.operation.id for clash in clashes(subject, *others, rules=rules)}
    assert meeting <= undone(store, job)
