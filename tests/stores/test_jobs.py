"""The one line of writers and the snapshots of readers: all or nothing, together, in order, durable, across openings."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from tests.pictures import NOW
from tests.stores.samples import SALT, disc, finding, found, ids, keep, undone

from antalya.ledger.merkle import root
from antalya.model import Party
from antalya.model.errors import AntalyaError, error
from antalya.ports import Reader, Remembered, Store, Transaction

Open = Callable[..., Store]


def leaf(text: str) -> Callable[[Transaction], int]:
    return lambda tx: tx.append_leaf(text.encode(), SALT, None)


def leaves(store: Store) -> list[str]:
    with store.read() as tx:
        return [found.data.decode() for found in tx.leaves(0, 10_000)]


def state(store: Store) -> tuple[Any, ...]:
    """Everything that a job could have left."""
    with store.read() as tx:
        return (tx.things("party"), ids(s for _, s in tx.operations(None, None)), tx.findings(open_only=False), tx.asks(),
                tx.events(None), tx.log_size(), tx.remembered("TR", "k"), tx.spent("TR", "d", [1]), tx.last_at(),
                tx.rulebook(), tx.signatures("u"))


def do_all(tx: Transaction, name: str) -> None:
    """A job that touches every table."""
    tx.put_thing("party", Party(id=name, name=name), "operator", NOW)
    keep(tx, disc(name))
    tx.open_finding(finding(name, name), NOW)
    tx.add_event("TR", "operation", name, NOW)
    tx.remember("TR", "k", Remembered(name, "{}"), NOW)
    tx.spend("TR", "d", [1])
    tx.set_last_at(NOW)


def test_a_job_that_raises_leaves_nothing(store: Store) -> None:
    before = state(store)
    undone(store, lambda tx: do_all(tx, "lost"))
    assert state(store) == before
    assert found(store, disc("x")) == []
    store.write(lambda tx: do_all(tx, "kept"))
    assert state(store)[1] == ["kept"]
    assert found(store, disc("x")) == ["kept"]


def test_a_job_s_own_error_comes_out_unchanged(store: Store) -> None:
    raised = error("duplicate_id", "taken", at="id")

    def job(tx: Transaction) -> None:
        raise raised
    with pytest.raises(AntalyaError) as wrong:
        store.write(job)
    assert wrong.value is raised


def test_a_job_sees_what_it_did_and_nobody_else_does_until_it_is_done(store: Store) -> None:
    inside, seen = threading.Event(), threading.Event()

    def job(tx: Transaction) -> int:
        tx.append_leaf(b"one", SALT, None)
        inside.set()
        assert seen.wait(30)
        return tx.log_size()
    with ThreadPoolExecutor(1) as pool:
        size = pool.submit(store.write, job)
        assert inside.wait(30)
        assert leaves(store) == []  # a reader doesn't wait for the writer
        seen.set()
        assert size.result(30) == 1
    assert leaves(store) == ["one"]


def test_a_reader_keeps_its_moment(store: Store) -> None:
    store.write(leaf("one"))
    with store.read() as tx:
        assert tx.log_size() == 1
        store.write(leaf("two"))
        store.write(lambda tx: tx.put_thing("party", Party(id="TR", name="x"), "operator", NOW))
        assert (tx.log_size(), tx.rulebook().parties) == (1, {})
        with store.read() as later:
            assert (later.log_size(), list(later.rulebook().parties)) == (2, ["TR"])
        assert (tx.log_size(), tx.rulebook().parties, tx.leaf(1)) == (1, {}, None)


def test_an_error_in_a_reader_s_hands_frees_its_snapshot(store: Store) -> None:
    store.write(leaf("one"))

    def look(beyond: int) -> bytes:
        with store.read() as tx:
            return [found.data for found in tx.leaves(0, 10)][beyond]
    for _ in range(3):
        with pytest.raises(IndexError):
            look(1)
    store.write(leaf("two"))
    assert leaves(store) == ["one", "two"]


@contextmanager
def held_up(store: Store) -> Iterator[Future[None]]:
    """Holds the line of writers up with a job, whose future it gives: what is submitted meanwhile is committed together."""
    started, go = threading.Event(), threading.Event()

    def hold(tx: Transaction) -> None:
        started.set()
        assert go.wait(30)
    held = store.submit(hold)
    assert started.wait(30)
    try:
        yield held
    finally:
        go.set()


def queued(store: Store, jobs: list[Callable[[Transaction], Any]], about: tuple[str, ...] = ()) -> list[Future[Any]]:
    """Lets jobs wait, in order, so that they are committed together; their futures, all done."""
    with held_up(store):
        futures = [store.submit(job, about=about) for job in jobs]
    wait(futures, 30)
    return futures


def test_a_job_nobody_waits_for_any_more_is_not_begun_and_holds_nobody_up(store: Store) -> None:
    with held_up(store) as held:
        unwanted, wanted = store.submit(leaf("unwanted")), store.submit(leaf("wanted"))
        assert unwanted.cancel()
        assert not held.cancel()
    wanted.result(30)
    assert leaves(store) == ["wanted"]


def test_one_failing_job_among_twenty_takes_only_itself_back(store: Store) -> None:
    def job(n: int) -> Callable[[Transaction], int]:
        def work(tx: Transaction) -> int:
            do = tx.append_leaf(f"job {n}".encode(), SALT, None)
            tx.put_thing("party", Party(id=f"P{n:02}", name="x"), "operator", NOW)
            if n == 7:
                raise error("wrong_state", "seven")
            if n == 8:
                raise ZeroDivisionError
            return do
        return work
    futures = queued(store, [job(n) for n in range(20)])
    for n, future in enumerate(futures):
        if n in (7, 8):
            assert isinstance(future.exception(), AntalyaError if n == 7 else ZeroDivisionError)
        else:
            assert leaves(store)[future.result()] == f"job {n}"
    assert sorted(leaves(store)) == sorted(f"job {n}" for n in range(20) if n not in (7, 8))
    with store.read() as tx:
        assert [t.id for t in tx.things("party")] == [f"P{n:02}" for n in range(20) if n not in (7, 8)]
        assert len(tx.rulebook().parties) == 18


def test_what_waits_to_be_written_is_seen_by_who_reads_it_and_outlives_who_fails_then(store: Store) -> None:
    seen = []

    def read_and_fail(tx: Transaction) -> None:
        keep(tx, disc("lost"))
        tx.add_event("TR", "operation", "lost", NOW)
        seen.append((ids(s for _, s in tx.operations(None, None)), [e.subject for e in tx.events(None)], tx.log_size(),
                     [leaf.data for leaf in tx.leaves(0, 10)], tx.remembered("TR", "k"), tx.operation("lost") is not None))
        raise error("wrong_state", "after everything was written")

    def change(tx: Transaction) -> None:
        before = tx.operation("kept")
        assert before is not None
        assert tx.operation("lost") is None
        keep(tx, disc("kept"), 2)
        seen.append([e.subject for e in tx.events(None)])
    first, failed, changed, last = queued(store, [lambda tx: do_all(tx, "kept"), read_and_fail, change, leaf("last")])
    assert isinstance(failed.exception(), AntalyaError)
    assert [f.exception() for f in (first, changed)] == [None, None]
    assert seen[0][:2] == (["kept", "lost"], ["kept", "lost"])
    assert seen[0][2:] == (2, [b"kept 1", b"lost 1"], Remembered("kept", "{}"), True)
    assert seen[1] == ["kept"]
    assert leaves(store) == ["kept 1", "kept 2", "last"]
    assert last.result() == 2
    with store.read() as tx:
        assert [(s.operation.id, s.version, s.current) for s in tx.operation_versions("kept")] == [
            ("kept", 1, False), ("kept", 2, True)]
        assert ids(s for _, s in tx.operations(None, None)) == ["kept"]
        assert tx.tree().root() == root(3, tx.node)
    assert found(store, disc("x")) == ["kept"]


def test_answers_are_made_of_the_log_as_it_is_after_the_commit(store: Store) -> None:
    sizes: list[Future[tuple[int, int]]] = []

    def more(tx: Transaction) -> None:
        """A job of its own, that lets three wait behind it."""
        for n in range(3):
            sizes.append(store.submit(lambda tx, n=n: (tx.append_leaf(b"%d" % n, SALT, None), 0),
                                      lambda tx, done: (done[0], tx.log_size())))
    store.write(more)
    assert [each.result(30) for each in sizes] == [(0, 3), (1, 3), (2, 3)]

    def broken(tx: Reader, done: int) -> int:
        raise ZeroDivisionError
    failed = store.submit(leaf("kept all the same"), broken)
    assert isinstance(failed.exception(30), ZeroDivisionError)
    assert leaves(store)[-1] == "kept all the same"


def test_jobs_of_many_threads_never_run_at_the_same_time(store: Store) -> None:
    inside = 0

    def job(tx: Transaction) -> int:
        nonlocal inside
        inside += 1
        assert inside == 1
        index = tx.append_leaf(b"x", SALT, None)
        assert tx.log_size() == index + 1
        inside -= 1
        return index
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: store.write(job), range(300)))
    assert sorted(numbers) == list(range(300))


# openings


def test_what_was_answered_is_there_after_opening_again(open_store: Open) -> None:
    first = open_store()
    first.write(lambda tx: do_all(tx, "kept"))
    before = state(first)
    first.close()
    assert state(open_store()) == before


def test_two_openings_see_each_other_s_work_and_queue(open_store: Open) -> None:
    one, two = open_store(), open_store()
    for n in range(5):
        store, other = (one, two) if n % 2 else (two, one)
        store.write(lambda tx, n=n: do_all(tx, f"op {n}") if n == 0 else keep(tx, disc(f"op {n}")))
        store.write(lambda tx, n=n: tx.put_thing("party", Party(id="TR", name=f"name {n}"), "operator", NOW))
        with other.read() as tx:
            assert tx.rulebook().parties["TR"].name == f"name {n}"
        assert found(other, disc("x")) == found(store, disc("x")) == [f"op {m}" for m in range(n + 1)]
        undone(other, lambda tx: keep(tx, disc("lost")))


def test_two_openings_write_at_once_and_lose_nothing(open_store: Open) -> None:
    one, two = open_store(), open_store()

    def work(n: int) -> int:
        return (one if n % 2 else two).write(leaf(f"job {n}"))
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(work, range(120)))
    assert sorted(numbers) == list(range(120))
    assert [leaves(one)[number] for number in numbers] == [f"job {n}" for n in range(120)]
    assert leaves(one) == leaves(two)


def test_opening_a_new_store_twice_at_once_makes_it_once(open_store: Open) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = [f.result(60) for f in [pool.submit(open_store) for _ in range(6)]]
    for n, each in enumerate(stores):
        assert each.write(leaf("x")) == n


def test_two_processes_write_to_one_store(store: Store, database: Any) -> None:
    kind = database.kind
    script = (f"import sys; from {kind.__module__} import {kind.__name__}\n"
              f"store = {kind.__name__}(sys.argv[1], **{database.options})\n"
              "for n in range(50): print(store.write(lambda tx: tx.append_leaf(b'theirs', bytes(16), None)))\nstore.close()")
    other = subprocess.Popen([sys.executable, "-c", script, database.where], stdout=subprocess.PIPE, text=True)
    own = [store.write(leaf("ours")) for _ in range(50)]
    theirs = [int(line) for line in other.communicate(timeout=120)[0].split()]
    assert other.returncode == 0
    assert sorted(own + theirs) == list(range(100))
    assert {n for n, text in enumerate(leaves(store)) if text == "ours"} == set(own)


# closing


def test_a_closed_store_says_so_and_closing_again_does_nothing(store: Store) -> None:
    store.write(leaf("x"))
    store.close()
    store.close()
    with pytest.raises(AntalyaError, match="not_ready"):
        store.write(leaf("x"))
    with pytest.raises(AntalyaError, match="not_ready"), store.read():
        pass


def test_closing_waits_for_the_jobs_that_were_taken(open_store: Open) -> None:
    store = open_store()
    with ThreadPoolExecutor(33) as pool:
        started, go = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            started.set()
            assert go.wait(30)
        held = pool.submit(store.write, hold)
        assert started.wait(30)
        jobs = [pool.submit(store.write, leaf(f"job {n}")) for n in range(30)]
        closing = pool.submit(store.close)
        go.set()
        held.result(30)
        closing.result(30)
        taken = [n for n, job in enumerate(jobs) if job.exception(30) is None]
        for job in jobs:
            failed = job.exception(30)
            assert failed is None or (isinstance(failed, AntalyaError) and failed.code.name == "not_ready")
    assert sorted(leaves(open_store())) == sorted(f"job {n}" for n in taken)


def test_a_reader_at_work_when_the_store_closes_may_finish(open_store: Open) -> None:
    store = open_store()
    store.write(leaf("x"))
    with store.read() as tx:
        assert tx.log_size() == 1
        store.close()
        assert tx.log_size() == 1
    with pytest.raises(AntalyaError, match="not_ready"), store.read():
        pass


def test_what_is_looked_up_ahead_for_all_is_what_each_would_find(store: Store) -> None:
    known, new = "0190163d-8694-739b-aea5-966c26f8ad91", "0190163d-8694-739b-aea5-966c26f8ad92"
    store.write(lambda tx: keep(tx, disc(known)))
    seen = list[tuple[bool, bool]]()

    def look(tx: Transaction) -> None:
        seen.append((tx.operation(known) is not None, tx.operation(new) is not None))

    def fail(tx: Transaction) -> None:
        keep(tx, disc(new))
        look(tx)
        raise error("wrong_state", "taken back")
    futures = queued(store, [look, fail, look, lambda tx: keep(tx, disc(new)), look], about=(known, new))
    assert seen == [(True, False), (True, True), (True, False), (True, True)]
    assert [f.exception() is None for f in futures] == [True, False, True, True, True]
