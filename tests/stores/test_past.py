"""What is over: it leaves the index by and by, and is found by time through an index, whatever its length and whoever asks."""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.pictures import NOW, circle, hour, plan, volume
from tests.stores.samples import SALT, Undone, ask, disc, finding, found, ids, keep, kept

from antalya.geometry.columns import of_shapes
from antalya.geometry.held import Held
from antalya.geometry.index import warm
from antalya.model import Minima
from antalya.model.errors import AntalyaError
from antalya.model.operations import ACTIVITIES
from antalya.ports import Reader, Store
from antalya.store.hot import Hot
from antalya.store.lengths import LONGEST
from antalya.store.rows import micros, text_of

MANY = 4_000
_COLUMNS = ("operation (seq, id, version, party, state, starts_at, ends_at, filed_at, moved_at, first_filed_at, movement, kid, "
            "leaf, body, current)")
Window = tuple[datetime | None, datetime | None]


def put_rows(store: Store, windows: list[tuple[int, int]]) -> list[tuple[str, str, int, int]]:
    """Operations of three parties straight into the table, out of the index; their ids, parties and windows (microseconds)."""
    body = text_of(disc("x").operation)
    rows = [(f"op {n}", ("TR", "RU", "US")[n % 3], *window) for n, window in enumerate(windows)]

    def job(tx: Any) -> None:
        leaf = tx.append_leaf(b"leaf", SALT, None)
        tx._insert(_COLUMNS, [(n + 1, id_, 1, party, "filed", starts, ends, 0, 0, 0, "m", None, leaf,
                               body.replace('"x"', f'"{id_}"'), 1) for n, (id_, party, starts, ends) in enumerate(rows)])
    store.write(job)
    return rows


def listed(tx: Reader, window: Window, **options: Any) -> list[str]:
    return ids(s for _, s in tx.operations(*window, **options))


# by time


def test_a_window_finds_what_is_on_in_it_whatever_its_length(store: Store) -> None:
    chance, at = random.Random(4), micros(NOW)
    lengths = [0, 1, *(most + by for most in LONGEST for by in (-1, 0, 1)), 3 * LONGEST[-1]]
    moments = [at, at + LONGEST[0], at + LONGEST[2], at + 5 * LONGEST[3]]
    windows = [(edge - length * side + by, edge - length * side + by + length)
               for length in lengths for edge in moments for side in (0, 1) for by in (-1, 0, 1)]
    chance.shuffle(windows)
    rows = put_rows(store, windows)
    with store.read() as tx:
        for first in (None, *moments):
            for last in (None, *moments):
                window = tuple(None if m is None else NOW + timedelta(microseconds=m - at) for m in (first, last))
                for party in (None, "RU"):
                    expected = [id_ for id_, whose, starts, ends in rows if (first is None or ends >= first)
                                and (last is None or starts < last) and party in (None, whose)]
                    assert listed(tx, window, seen_by=party) == expected  # type: ignore[arg-type]


def test_a_party_finds_in_the_past_what_it_may_see_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antalya.store.past._LOOKED_THROUGH", 2)
    kept(store, disc("own", party="RU"), disc("shown", disclosure={"RU": "envelope"}), disc("all see", disclosure={"*": "details"}),
         disc("asked"), disc("met"), disc("meets"), disc("hidden"), disc("other day", party="RU", start=40, end=41))
    store.write(lambda tx: tx.put_ask(ask("q", operation="asked", of="RU")))
    store.write(lambda tx: tx.open_finding(finding("f1", "own", "met"), NOW))
    store.write(lambda tx: tx.open_finding(finding("f2", "meets", "own"), NOW))
    with store.read() as tx:
        seen, window = listed(tx, (None, None), seen_by="RU"), (hour(1), hour(12))
        assert seen[:-1] == ["own", "shown", "all see", "asked", "met", "meets"]
        assert listed(tx, window, seen_by="RU") == seen[:-1]
        first = tx.operations(*window, seen_by="RU", limit=4)
        assert ids(s for _, s in [*first, *tx.operations(*window, seen_by="RU", after=first[-1][0])]) == seen[:-1]


def plans(store: Store, look: Callable[[Reader], object]) -> str:
    """How the database does what a reader asks of it."""
    asked: list[Any] = []
    with store.read() as tx:
        given: Any = tx
        rows, embedded = given._rows, _embedded(tx)
        given._rows = lambda sql, values=(): asked.append((sql, values)) or rows(sql, values)
        look(tx)
        explain = "EXPLAIN QUERY PLAN " if embedded else "EXPLAIN "
        return "\n".join(str(row[-1]) for sql, values in asked for row in rows(explain + sql, values))


def put_months(store: Store) -> None:
    """Operations of half a year, and findings about them, closed but for 50."""
    hour_us, at = 3_600_000_000, micros(NOW)
    put_rows(store, [(at + n * hour_us, at + n * hour_us + (n % 90 + 1) * hour_us) for n in range(MANY)])

    def job(tx: Any) -> None:
        tx._insert("finding (seq, id, kind, operation, other, opened_at, closed_at, closed_because, body)",
                   [(n + 1, f"f{n}", "clash", f"op {n}", f"op {n + 1}", at, at if n < MANY - 50 else None, "over",
                     text_of(finding(f"f{n}", f"op {n}", f"op {n + 1}"))) for n in range(MANY)])
        tx._insert("ask (id, finding, operation, of_party, state, body)",
                   [(f"q{n}", f"f{n}", f"op {n}", "AID", "granted", text_of(ask(f"q{n}"))) for n in range(0, MANY, 2)])
        tx._insert("released (party, operation)", [("AID", f"op {n}") for n in range(0, MANY, 5)])
        if not _embedded(tx):
            tx._rows("ANALYZE operation, finding, ask, released")
    store.write(job)


def _embedded(tx: Any) -> bool:
    return "json_each" in tx.AMONG


def test_the_past_is_looked_up_in_an_index_and_what_is_on_without_the_past(store: Store) -> None:
    put_months(store)
    window = NOW + timedelta(days=50), NOW + timedelta(days=50, hours=6)
    for party in (None, "RU", "AID"):
        plan = plans(store, lambda tx: tx.operations(*window, seen_by=party))  # noqa: B023
        assert "operation_time" in plan
        assert not re.search(r"SCAN (operation|ask|finding|[aforw]$)|Seq Scan on operation", plan, re.MULTILINE), plan
    assert "operation_time" in plans(store, lambda tx: tx.live_operations(NOW + timedelta(hours=MANY)))
    since = NOW + timedelta(hours=MANY - 20)
    plan = plans(store, lambda tx: tx.over(since))
    assert plan.count("operation_time") == len(LONGEST) + 1 <= len(re.findall("ends_at ?[<>]", plan))
    assert not re.search(r"SCAN operation|Seq Scan on operation", plan), plan
    assert not re.search(r"SCAN volumes|operation_time", plans(store, lambda tx: Hot()._fill(tx._rows)))  # type: ignore[attr-defined]
    assert re.search("finding_(hot|open)", plans(store, lambda tx: tx.findings(seen_by="RU")))
    with store.read() as tx:
        assert (len(tx.findings()), len(tx.findings(seen_by="AID"))) == (50, 25)


# out of the index


def hot(store: Any) -> int:
    """How many volumes the index in memory has, as the next job finds it."""
    def job(tx: Any) -> int:
        tx.near(disc("x"), (Minima(),) * len(ACTIVITIES))
        return len(tx._caches.hot.index)
    return int(store.write(job))


def test_much_that_is_over_leaves_the_index_in_parts_and_stays_in_the_store(store: Store) -> None:
    kept(store, *(disc(f"op {n}", end=6.5 + n / 10) for n in range(5)), disc("late", start=20, end=21))
    gone: list[list[str]] = []
    with store.read() as tx:
        assert tx.over(hour(12))
    while not gone or gone[-1]:
        gone.append(store.write(lambda tx: tx.drop_from_index(hour(12), 1)))  # type: ignore[call-arg]
    assert gone == [[f"op {n}"] for n in range(5)] + [[]]
    assert (found(store, disc("x", end=22)), hot(store)) == (["late"], 1)
    with store.read() as tx:
        assert not tx.over(hour(12))
        assert listed(tx, (hour(6), hour(12))) == [f"op {n}" for n in range(5)]
        assert tx.operation("op 3", 1) is not None
        assert tx.leaf(3) is not None


def dropped(store: Store, before: float, most: int) -> list[str]:
    """What leaves the index, `most` at a time."""
    return store.write(lambda tx: tx.drop_from_index(hour(before), most))  # type: ignore[call-arg]


def test_those_that_ended_at_once_leave_at_once_and_a_start_in_between_has_the_others(
        store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, *(disc(id_, start=5, end=end) for id_, end in
                  (("d", 8), ("b", 7), ("a", 6.5), ("on", 9), ("c", 7), ("b2", 7), ("e", 8.5))))
    for gone, over, left in ((["b", "a", "c", "b2"], True, ["d", "e", "on"]), (["d", "e"], False, ["on"]), ([], False, ["on"])):
        assert dropped(store, 8.9, 2) == gone
        for each in (store, open_store()):
            assert (found(each, disc("x", start=5, end=10)), hot(each)) == (left, len(left))
            with each.read() as tx:
                assert tx.over(hour(8.9)) == over


def test_an_operation_is_over_when_its_last_volume_is(store: Store, open_store: Callable[..., Store]) -> None:
    here = circle(0, 0, 500)
    kept(store, plan("long", "TR", "patrol", volume(here, 6, 7), volume(here, 10, 11), volume(here, 8, 9)), disc("b", end=7),
         plan("held", "TR", "patrol", volume(here, 6, 7), volume(here, 7, 7.5)))
    assert (dropped(store, 7.2, 9), hot(store)) == (["b"], 3)  # of each, what is over can't be met any more
    assert (dropped(store, 9.5, 9), hot(store), hot(open_store())) == (["held"], 1, 1)
    assert found(store, disc("x", start=10, end=11)) == ["long"]
    assert dropped(store, 11, 9) == []
    assert (dropped(store, 11.1, 9), hot(store)) == (["long"], 0)


def test_what_is_over_of_an_operation_stays_out_when_that_changes(store: Store, open_store: Callable[..., Store]) -> None:
    """Otherwise whether two past volumes still clash would depend on which process is asked, and since when it runs."""
    here = circle(0, 0, 500)
    long = plan("long", "TR", "patrol", volume(here, 6, 7), volume(here, 10, 11))
    kept(store, long, disc("b", end=7))
    other = open_store()
    assert (hot(store), hot(other)) == (3, 3)
    assert (dropped(store, 7.2, 9), hot(store), hot(other)) == (["b"], 1, 1)
    with pytest.raises(Undone):
        store.write(lambda tx: undo(tx, long))
    assert (hot(store), found(store, disc("x", end=12))) == (1, ["long"])
    store.write(lambda tx: keep(tx, long, 2))
    for each in (store, other, open_store()):
        assert (hot(each), found(each, disc("x", end=7)), found(each, disc("x", end=12))) == (1, [], ["long"])


def undo(tx: Any, subject: Any) -> None:
    keep(tx, subject, 2)
    raise Undone


def test_what_is_put_though_it_is_over_takes_no_space(store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, disc("early", end=7), disc("short", end=9))
    assert dropped(store, 8, 9) == ["early"]
    kept(store, disc("late", start=6, end=7.9), disc("just", start=6, end=8))
    store.write(lambda tx: keep(tx, disc("short", end=7.5), 2))
    for each in (store, open_store()):
        assert (found(each, disc("x", end=9)), hot(each)) == (["just"], 1)
        with each.read() as tx:
            assert not tx.over(hour(8))
            assert tx.operation("late") is not None

    def job(tx: Any) -> list[str]:
        gone: list[str] = tx.drop_from_index(hour(10))
        keep(tx, disc("at once", end=9.5))  # committed with what let go of its time
        return gone
    assert (store.write(job), hot(store)) == (["just"], 0)
    assert store.write(lambda tx: tx._rows("SELECT count(*) FROM volumes")) == [(0,)]  # type: ignore[attr-defined]


def test_that_something_without_space_is_over_is_looked_at_once(store: Store) -> None:
    kept(store, disc("on", end=9), disc("gone", end=7, state="withdrawn"))
    with store.read() as tx:
        assert tx.over(hour(8))
    assert dropped(store, 8, 9) == []
    with store.read() as tx:
        assert not tx.over(hour(8))
    assert dropped(store, 7, 9) == []  # a clock that went back
    with store.read() as tx:
        assert not tx.over(hour(8))
    assert hot(store) == 1


def test_two_processes_let_go_in_turns_of_each_once(store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, *(disc(f"op {n}", end=6.5 + n / 10) for n in range(6)), disc("late", start=20, end=21))
    other = open_store()
    assert (hot(store), hot(other)) == (7, 7)
    gone = [dropped(each, 12, 2) for each in (store, other, other, store)]
    assert gone == [["op 0", "op 1"], ["op 2", "op 3"], ["op 4", "op 5"], []]
    kept(other, disc("more", end=13), disc("past", end=11))
    assert (dropped(store, 14, 2), hot(store), hot(other), hot(open_store())) == (["more"], 1, 1, 1)


def test_another_process_and_a_new_start_have_only_what_is_hot(store: Store, open_store: Callable[..., Store]) -> None:
    kept(store, disc("early", end=7), disc("later", end=9))
    other = open_store()
    assert (hot(store), hot(other)) == (2, 2)
    store.write(lambda tx: tx.drop_from_index(hour(8)))
    assert (hot(store), hot(other), hot(open_store())) == (1, 1, 1)


def test_a_tick_that_is_undone_leaves_the_index_as_it_was(store: Store) -> None:
    kept(store, disc("early", end=7))

    def job(tx: Any) -> None:
        tx.drop_from_index(hour(8))
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError):
        store.write(job)
    assert hot(store) == 1
    kept(store, disc("as early", end=7))
    assert hot(store) == 2
    keep_one = store.write(lambda tx: keep(tx, disc("b", end=9)))
    assert keep_one.version == 1
    assert hot(store) == 3


def put_far(store: Store, seq: int, key: int, kind: int = 0) -> None:
    """An operation with a high number, and in the table of volumes with a key and a kind."""
    plan = disc("far")
    held = Held()
    held.add(key, kind, of_shapes(plan.shapes, plan.operation.volumes))

    def job(tx: Any) -> None:
        tx._insert(_COLUMNS, [(seq, "far", 1, "TR", "filed", 0, 1, 0, 0, 0, "m", None, tx.append_leaf(b"leaf", SALT, None),
                               text_of(plan.operation), 1)])
        tx._insert("volumes (operation, columns)", [(seq, held.stored(0, 1))])
    store.write(job)


def test_room_is_made_for_those_that_are_there_however_far_apart_their_numbers(store: Store) -> None:
    warm()
    kept(store, disc("first"))
    put_far(store, 5_000_000, 5_000_000)
    hot = Hot()
    store.write(lambda tx: hot._fill(tx._rows))  # type: ignore[attr-defined]
    assert (len(hot.index), hot.index.newest) == (2, 5_000_000)
    assert hot.index.nbytes < 10_000_000


def test_a_row_of_another_operation_is_a_broken_store(store: Store) -> None:
    kept(store, disc("first"))
    put_far(store, 7, 6)
    with pytest.raises(AntalyaError, match="store_broken"):
        store.write(lambda tx: Hot()._fill(tx._rows))  # type: ignore[attr-defined]


def test_a_row_of_a_kind_that_there_is_not_is_a_broken_store(store: Store) -> None:
    """A newer program's, or a damaged one: the compiled code would read whatever lies behind the minima."""
    kept(store, disc("first"))
    read = Hot()
    store.write(lambda tx: read._fill(tx._rows))  # type: ignore[attr-defined]
    put_far(store, 7, 7, len(ACTIVITIES))
    with pytest.raises(AntalyaError, match="store_broken"):
        store.write(lambda tx: Hot()._fill(tx._rows))  # type: ignore[attr-defined]
    read._last = 1
    with pytest.raises(AntalyaError, match="store_broken"):
        store.write(lambda tx: read._catch_up(tx._rows, 7, None))  # type: ignore[attr-defined]
