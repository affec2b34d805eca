"""What a store keeps for F3548-21, on every store."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.world import DAWN, hours

from antalya.model.coordination import Answered, Availabilities, Extent, Reference, Watch
from antalya.ports import Store

CELLS = frozenset({-1_152_921_504_606_846_976, 5, 6, 1_541_000_000_000_000_000})
HERE = Extent(CELLS, DAWN, DAWN + hours(1), 50, 100)
INTENT = Reference("intent", "i", "US", 1, "ovn-1", "Accepted", HERE.starts_at, HERE.ends_at, 50, 100, "https://us.example")
CONSTRAINT = replace(INTENT, kind="constraint", state=None, ovn="ovn-2")
WATCH = Watch("s", "TR", "v-1", 0, HERE.starts_at, HERE.ends_at, "https://tr.example", True, False, False)


def put(store: Store, reference: Reference, extent: Extent = HERE) -> None:
    store.write(lambda tx: tx.utm_put_reference(reference, extent))


def found(store: Store, extent: Extent, kind: Any = "intent", but: tuple[str, ...] = (), limit: int = 100) -> list[str]:
    with store.read() as tx:
        return [reference.ovn for reference in tx.utm_references(kind, extent, but=but, limit=limit)]


def test_a_reference_comes_back_as_it_was_put(store: Store) -> None:
    intent = replace(INTENT, subscription="s", starts_at=DAWN + timedelta(microseconds=1))
    put(store, intent)
    put(store, CONSTRAINT)
    with store.read() as tx:
        assert tx.utm_reference("intent", "i") == intent
        assert tx.utm_reference("constraint", "i") == CONSTRAINT
        assert tx.utm_cells("intent", "i") == CELLS
        assert tx.utm_dependents("s") == [intent]
        assert tx.utm_reference("intent", "other") is None
        assert tx.utm_cells("subscription", "i") == frozenset()


def test_cells_heights_and_times_find_it_with_their_ends(store: Store) -> None:
    put(store, INTENT)
    nearly = timedelta(microseconds=1)
    for extent in (HERE, Extent(frozenset({5})), Extent(frozenset({5}), DAWN - hours(1), DAWN),
                   Extent(frozenset({5}), lower_m=100), Extent(frozenset({5}), upper_m=50), Extent(frozenset({5, 7}))):
        assert found(store, extent) == ["ovn-1"]
    for extent in (Extent(frozenset({7})), Extent(frozenset({5}), DAWN - hours(1), DAWN - nearly), Extent(frozenset()),
                   Extent(frozenset({5}), DAWN + hours(1) + nearly), Extent(frozenset({5}), lower_m=100.001)):
        assert found(store, extent) == []
    assert found(store, HERE, "constraint") == []
    assert found(store, HERE, but=("ovn-1",)) == []


def test_without_bounds_of_height_it_is_everywhere(store: Store) -> None:
    unbounded = replace(CONSTRAINT, lower_m=float("-inf"), upper_m=float("inf"))
    put(store, unbounded, HERE.at_all_heights())
    assert found(store, Extent(CELLS, lower_m=90_000, upper_m=90_001), "constraint") == ["ovn-2"]
    with store.read() as tx:
        assert tx.utm_reference("constraint", "i") == unbounded


def test_a_change_moves_it_and_a_deletion_removes_it(store: Store) -> None:
    put(store, INTENT)
    moved = Extent(frozenset({8}), DAWN, DAWN + hours(1), 50, 100)
    put(store, replace(INTENT, version=2, ovn="ovn-3"), moved)
    assert (found(store, HERE), found(store, moved)) == ([], ["ovn-3"])
    store.write(lambda tx: tx.utm_drop("intent", "i"))
    assert found(store, moved) == []
    with store.read() as tx:
        assert tx.utm_reference("intent", "i") is None


def test_the_oldest_come_first_up_to_the_limit(store: Store) -> None:
    for n in range(5):
        put(store, replace(INTENT, id=f"i{n}", ovn=f"ovn-{n}"))
    assert found(store, HERE, limit=3) == ["ovn-0", "ovn-1", "ovn-2"]


def test_subscriptions_are_found_counted_and_dropped(store: Store) -> None:
    def notify(kind: Any, extent: Extent, now: datetime = DAWN) -> list[tuple[str, int]]:
        return store.write(lambda tx: [(w.id, w.index) for w in tx.utm_notify(kind, extent, now)])

    store.write(lambda tx: tx.utm_put_subscription(WATCH, HERE))
    store.write(lambda tx: tx.utm_put_subscription(replace(WATCH, id="c", intents=False, constraints=True), HERE))
    high = Extent(frozenset({6}), lower_m=5_000)
    assert notify("intent", high) == [("s", 1)]
    assert notify("constraint", high) == [("c", 1)]
    assert notify("intent", HERE, DAWN + hours(2)) == []
    assert notify("intent", Extent(frozenset({7}))) == []
    with store.read() as tx:
        assert tx.utm_subscription("s") == replace(WATCH, index=1)
        assert [w.id for w in tx.utm_subscriptions("TR", HERE, DAWN, 10)] == ["s", "c"]
        assert tx.utm_subscriptions("US", HERE, DAWN, 10) == []
        assert tx.utm_subscriptions("TR", HERE, DAWN + hours(2), 10) == []
    store.write(lambda tx: tx.utm_drop("subscription", "s"))
    assert notify("intent", HERE) == []


def test_how_many_subscriptions_of_a_manager_are_there_is_counted(store: Store) -> None:
    def job(tx: Any) -> None:
        tx.utm_put_subscription(WATCH, HERE)
        for id_, fields in (("other", {"manager": "US"}), ("implicit", {"implicit": True}), ("later", {"ends_at": DAWN + hours(9)})):
            watch = replace(WATCH, id=id_, **fields)
            tx.utm_put_subscription(watch, replace(HERE, ends_at=watch.ends_at))
    store.write(job)

    def crowd(extent: Extent = HERE, now: datetime = DAWN, implicit: bool = False, but: Sequence[str] = ()) -> int:
        with store.read() as tx:
            return tx.utm_crowd("TR", extent, now, implicit=implicit, but=but)
    assert (crowd(), crowd(implicit=True), crowd(but=["s", "none"])) == (2, 1, 1)
    assert (crowd(now=DAWN + hours(5)), crowd(Extent(frozenset({99})))) == (1, 0)


def test_subscriptions_that_ended_and_bear_nothing_are_found(store: Store) -> None:
    def job(tx: Any) -> None:
        for id_, end, implicit in (("b", 2, False), ("a", 1, False), ("borne", 1, False), ("implicit", 1, True), ("later", 4, False)):
            watch = replace(WATCH, id=id_, ends_at=DAWN + hours(end), implicit=implicit)
            tx.utm_put_subscription(watch, replace(HERE, ends_at=watch.ends_at))
        tx.utm_put_reference(replace(INTENT, subscription="borne"), HERE)
    store.write(job)
    with store.read() as tx:
        assert tx.utm_ended(DAWN + hours(2) + timedelta(microseconds=1), 10) == ["a", "b"]
        assert tx.utm_ended(DAWN + hours(2), 10) == ["a"]
        assert tx.utm_ended(DAWN + hours(9), 2) == ["a", "b"]


def test_availability_shows_on_references(store: Store) -> None:
    put(store, INTENT)
    with store.read() as tx:
        assert tx.utm_availability("US") == Availabilities("US", "Unknown", "")
    for state in ("Down", "Normal"):
        store.write(lambda tx, state=state: tx.utm_put_availability(Availabilities("US", state, f"v-{state}")))
        with store.read() as tx:
            assert tx.utm_availability("US") == Availabilities("US", state, f"v-{state}")
            known = tx.utm_reference("intent", "i")
            assert known is not None
            assert known.availability == state


def test_past_ovns_and_answers_and_reports(store: Store) -> None:
    def job(tx: Any) -> None:
        tx.utm_replaced("i", "old", DAWN, DAWN - hours(1))
        tx.utm_replaced("i", "older", DAWN - timedelta(minutes=30), DAWN - hours(1))
        tx.utm_put_report("r", "US", DAWN, "{}")
        tx.utm_put_answered("intent", "i", Answered("US", "00", "{}", True))
        tx.utm_put_answered("intent", "i", Answered("US", "01", "{}", False))
    store.write(job)
    with store.read() as tx:
        assert tx.utm_was_current(["old", "older", "never"], DAWN - hours(1)) == {"i": {"old", "older"}}
        assert tx.utm_was_current(["old", "older"], DAWN) == {"i": {"old"}}
        assert tx.utm_was_current([], DAWN) == {}
        assert tx.utm_answered("intent", "i") == Answered("US", "01", "{}", False)
        assert tx.utm_answered("constraint", "i") is None
        assert [tx.utm_is_reported(id_) for id_ in ("r", "s")] == [True, False]
    store.write(lambda tx: tx.utm_replaced("i", "new", DAWN + hours(1), DAWN - timedelta(minutes=5)))
    with store.read() as tx:
        assert tx.utm_was_current(["old", "older", "new"], DAWN - hours(1)) == {"i": {"old", "new"}}


def test_a_job_that_fails_leaves_nothing_of_it(store: Store) -> None:
    def job(tx: Any) -> None:
        tx.utm_put_reference(INTENT, HERE)
        tx.utm_put_subscription(WATCH, HERE)
        raise KeyError("x")
    try:
        store.write(job)
    except KeyError:
        assert found(store, HERE) == []
    with store.read() as tx:
        assert tx.utm_subscription("s") is None
