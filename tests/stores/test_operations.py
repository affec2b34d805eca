"""Operations: versions, pages, who may have something to see, and the index that says who is near."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests import strategies
from tests.pictures import NOW, circle, hour, plan, volume
from tests.stores.samples import ask, changed, disc, finding, found, ids, keep, kept, near, undone

from antalya.model import Minima
from antalya.model.operations import ACTIVITIES
from antalya.ports import Store


def test_every_version_stays_and_one_is_current(store: Store) -> None:
    first, second = disc("a"), disc("a", north=5, title="moved")
    store.write(lambda tx: keep(tx, first, 1, kid="key"))
    store.write(lambda tx: keep(tx, second, 2, at=NOW + timedelta(hours=1)))
    with store.read() as tx:
        one, two = tx.operation_versions("a")
        assert (one.operation, one.version, one.kid, one.current) == (first.operation, 1, "key", False)
        assert (two.operation, two.version, two.kid, two.current) == (second.operation, 2, None, True)
        assert (two.filed_at, two.moved_at, two.first_filed_at) == (NOW + timedelta(hours=1), NOW + timedelta(hours=1), NOW)
        assert tx.operation("a") == two == tx.operation("a", 2)
        assert tx.operation("a", 1) == one
        assert tx.operation("a", 3) is None
        assert tx.operation("b") is None
        assert tx.operations_of(["a", "b"]) == {"a": two}
        assert tx.operation_versions("b") == []


def test_versions_are_read_in_pages_that_end_where_they_say_much(store: Store) -> None:
    each = [disc("a", title=f"{n:02}" + "x" * 300) for n in range(50)]
    store.write(lambda tx: [keep(tx, one, n) for n, one in enumerate(each, 1)])

    def page(*of: int) -> list[int]:
        with store.read() as tx:
            found = tx.operation_versions("a", *of)
        assert [one.operation for one in found] == [each[one.version - 1].operation for one in found]
        return [one.version for one in found]
    assert page() == page(0, 50) == page(0, 5_000) == [*range(1, 51)]
    assert page(7, 30) == [*range(8, 38)]
    assert page(48, 30) == [49, 50]
    assert page(50) == page(2**63 - 1) == []
    assert page(7, 30, 1) == [8]
    some = page(7, 50, 20_000)
    assert some == [*range(8, 8 + len(some))]
    assert 20 < len(some) < 43


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=strategies.operations, at=strategies.moments)
def test_what_is_put_is_read_back(store: Store, operation: Any, at: Any) -> None:
    def job(tx: Any) -> Any:
        keep(tx, operation, at=at)
        return tx.operation(operation.id)
    stored = undone(store, job)
    assert (stored.operation, stored.filed_at, stored.current) == (operation, at, True)


def test_many_are_found_by_their_ids(store: Store) -> None:
    store.write(lambda tx: [keep(tx, changed(disc("a"), id=f"op {n}")) for n in range(1_200)])
    with store.read() as tx:
        assert len(tx.operations_of(f"op {n}" for n in range(-100, 1_300))) == 1_200


def test_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    kept(store, *(disc(f"op {n}", start=n, end=n + 1) for n in range(5)))
    store.write(lambda tx: keep(tx, disc("op 1", start=1, end=2), 2))
    with store.read() as tx:
        one = tx.operations(None, None, limit=3)
        two = tx.operations(None, None, after=one[-1][0], limit=3)
        assert ids(s for _, s in [*one, *two]) == ["op 0", "op 2", "op 3", "op 4", "op 1"]  # op 1 was changed last
        assert all(s.current for _, s in [*one, *two])
        assert tx.operations(None, None, after=two[-1][0]) == []


def test_a_window_selects_what_is_on_in_it(store: Store) -> None:
    kept(store, *(disc(f"op {n}", start=n, end=n + 1) for n in range(5)))
    with store.read() as tx:
        assert set(ids(s for _, s in tx.operations(hour(1.5), hour(3.5)))) == {"op 1", "op 2", "op 3"}
        assert ids(s for _, s in tx.operations(hour(4.5), None)) == ["op 4"]
        assert ids(s for _, s in tx.operations(None, hour(1))) == ["op 0"]


def test_a_party_may_see_its_own_what_is_released_asked_or_clashes(store: Store) -> None:
    own, shown, all_see, asked, met, meets, hidden = (disc(id_, party=party, disclosure=shown_to) for id_, party, shown_to in (
        ("own", "RU", {}), ("shown", "TR", {"RU": "envelope"}), ("all see", "TR", {"*": "details"}), ("asked", "TR", {}),
        ("met", "TR", {}), ("meets", "TR", {}), ("hidden", "TR", {"US": "details", "RU": "overlap"})))
    kept(store, own, shown, all_see, asked, met, meets, hidden)
    store.write(lambda tx: tx.put_ask(ask("q", operation="asked", of="RU")))
    store.write(lambda tx: tx.open_finding(finding("f1", "own", "met"), NOW))
    store.write(lambda tx: tx.open_finding(finding("f2", "meets", "own"), NOW))

    def seen(party: str) -> set[str]:
        with store.read() as tx:
            return set(ids(s for _, s in tx.operations(None, None, seen_by=party)))
    assert seen("RU") == {"own", "shown", "all see", "asked", "met", "meets"}
    assert seen("US") == {"all see", "hidden"}
    assert seen("XX") == {"all see"}
    store.write(lambda tx: tx.close_finding("f1", NOW, "over"))
    store.write(lambda tx: tx.put_ask(ask("q", operation="asked", of="RU", state="closed")))
    store.write(lambda tx: keep(tx, changed(shown, disclosure={}), 2))
    assert seen("RU") == {"own", "all see", "meets"}


# who is near


def test_who_is_near_shares_place_window_and_band(store: Store) -> None:
    kept(store, disc("here"), disc("far", east=200), disc("later", start=20, end=21), disc("above", lower_m=900, upper_m=950))
    assert found(store, disc("x")) == ["here"]
    assert found(store, disc("x", upper_m=1_000)) == ["above", "here"]
    assert found(store, disc("x", end=20.5)) == ["here", "later"]
    assert found(store, disc("x"), Minima(seconds=13 * 3_600)) == ["here", "later"]
    assert found(store, disc("x"), Minima(up_m=500)) == ["above", "here"]
    assert set(found(store, disc("x"), Minima(across_m=210_000))) == {"far", "here"}


@pytest.mark.parametrize("wide", [20_000, 200_000, 1_000_000])
def test_wide_and_small_find_each_other(store: Store, wide: float) -> None:
    small, large = disc("small", radius_m=20), disc("large", radius_m=wide)
    kept(store, small, large)
    assert found(store, large) == ["large", "small"]
    assert found(store, small) == ["large", "small"]


def test_a_new_version_is_found_where_it_is_now_and_an_ended_one_nowhere(store: Store) -> None:
    here, there = disc("a"), disc("a", east=200)
    kept(store, here)
    store.write(lambda tx: keep(tx, there, 2))
    assert (found(store, here), found(store, there)) == ([], ["a"])
    store.write(lambda tx: keep(tx, changed(there, state="withdrawn"), 3))
    assert found(store, there) == []


def test_a_plan_of_many_scattered_volumes_is_looked_up_whole(store: Store) -> None:
    scattered = plan("many", "TR", "patrol", *(volume(circle(20.0 * (n % 25), 20.0 * (n // 25), 30)) for n in range(500)))
    kept(store, disc("last", east=20.0 * 24, north=20.0 * 19, lower_m=300, upper_m=900))
    assert found(store, scattered, Minima(across_m=5_000)) == ["last"]


def test_what_a_lost_job_prepared_is_not_given_for_another(store: Store) -> None:
    lost, held = disc("lost"), disc("held")

    def job(tx: Any) -> list[str]:
        keep(tx, lost)
        return near(tx, lost)
    assert undone(store, job) == ["lost"]
    kept(store, held)  # takes the row that the lost one had
    assert found(store, lost) == ["held"]


def test_who_is_near_carries_when_it_was_filed(store: Store) -> None:
    kept(store, disc("a"), at=NOW + timedelta(hours=2))
    [one] = store.write(lambda tx: tx.near(disc("x"), (Minima(),) * len(ACTIVITIES)))
    assert (one.filed_at, one.first_filed_at, one.version) == (NOW + timedelta(hours=2), NOW, 1)
    assert one.shapes[0].radius_m >= 500


# what is over


def test_what_is_over_leaves_the_index_once(store: Store) -> None:
    kept(store, disc("early", end=7), disc("late", start=7, end=9), disc("withdrawn", end=7, state="withdrawn"))
    with store.read() as tx:
        assert not tx.over(hour(7))  # half-open: at its end it is just over, not before
        assert tx.over(hour(7.1))
        assert tx.live_operations(hour(6.5)) == ["early", "late"]
        assert tx.live_operations(hour(7.5)) == ["late"]
    assert store.write(lambda tx: tx.drop_from_index(hour(8))) == ["early"]
    assert store.write(lambda tx: tx.drop_from_index(hour(8))) == []
    assert found(store, disc("x", end=9)) == ["late"]
    with store.read() as tx:
        assert not tx.over(hour(8))
        assert tx.operation("early") is not None
