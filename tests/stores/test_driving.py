"""A line of writers that another thread drives, between other things that it does."""

import select
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.stores.conftest import Database
from tests.stores.samples import SALT, disc, keep
from tests.stores.test_jobs import Open, held_up, leaf, leaves

from antalya.model.errors import AntalyaError
from antalya.ports import Reader, Store, Transaction
from antalya.store.group import MOST_FOUND
from antalya.store.line import MOST_JOBS, MuchError


class Driver:
    """This thread, driving a store's line: `woken` counts how often it was told to."""

    def __init__(self, store: Store, *, fed: bool = False) -> None:
        self.woken = threading.Semaphore(0)
        self._watched: tuple[int, Callable[[], None]] | None = None
        self.turn = store.drive(self.woken.release, self._watch, fed=fed)
        assert store._line._back.wait(30)  # type: ignore[attr-defined]  # its own thread has nothing more to do

    def _watch(self, fd: int, call: Callable[[], None]) -> Callable[[], None]:
        assert self._watched is None
        self._watched = fd, call
        return self._away

    def _away(self) -> None:
        self._watched = None

    def look(self) -> None:
        """Waits for what is watched, and calls."""
        while self._watched is not None:
            fd, call = self._watched
            assert select.select([fd], [], [], 30)[0]
            call()

    def once(self) -> None:
        """Drives once it is told to."""
        assert self.woken.acquire(timeout=30)
        self.turn()
        self.look()


def here(tx: Transaction) -> tuple[int, int]:
    return tx.append_leaf(b"one", SALT, None), threading.get_ident()


def test_a_driven_line_runs_light_jobs_in_the_thread_that_drives_and_only_when_told(store: Store) -> None:
    driver = Driver(store)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(store.submit, here, light=True).result(30)
        assert (answer.done(), leaves(store)) == (False, [])
        driver.once()
        assert answer.result(30) == (0, threading.get_ident())
    assert leaves(store) == ["one"]


def test_what_may_take_its_time_is_run_elsewhere_in_its_order_while_the_thread_that_drives_goes_on(store: Store) -> None:
    driver, began, go_on = Driver(store), threading.Event(), threading.Event()

    def heavy(tx: Transaction) -> tuple[int, int]:
        began.set()
        assert go_on.wait(30)
        return here(tx)
    before, first, after = store.submit(here, light=True), store.submit(heavy), store.submit(here, light=True)
    driver.once()
    assert began.wait(30)
    later = store.submit(here, light=True)
    driver.turn()  # does nothing: its turn is another's
    assert not any(answer.done() for answer in (before, first, after, later))
    go_on.set()
    threads = [answer.result(30)[1] for answer in (before, first, after)]
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()
    while not later.done():
        driver.once()
    assert later.result(0) == (3, threading.get_ident())
    assert [answer.result(0)[0] for answer in (before, first, after)] == [0, 1, 2]


def test_a_light_job_that_finds_much_leaves_nothing_and_is_run_elsewhere(store: Store) -> None:
    driver, ran = Driver(store), list[tuple[int, int]]()

    def job(tx: Transaction) -> int:
        keep(tx, disc("much"))
        ran.append((tx.log_size(), threading.get_ident()))
        if len(ran) == 1:
            raise MuchError
        return tx.log_size()
    answer, other = store.submit(job, light=True), store.submit(leaf("light"), light=True)
    driver.once()
    assert (other.result(0), answer.done()) == (0, False)
    driver.once()
    assert answer.result(30) == 2
    assert [size for size, _ in ran] == [1, 2]
    assert [thread == threading.get_ident() for _, thread in ran] == [True, False]


def test_where_light_jobs_found_enough_the_rest_are_the_first_of_the_next_turns(store: Store) -> None:
    driver = Driver(store)

    def finds(tx: Transaction) -> int:
        tx._group.found += MOST_FOUND // 2 + 1  # type: ignore[attr-defined]
        return tx.append_leaf(b"found", SALT, None)
    found = [store.submit(finds, light=True) for _ in range(5)]
    for done in (2, 4):
        driver.once()
        assert [answer.done() for answer in found] == [True] * done + [False] * (len(found) - done)
        found.append(store.submit(finds, light=True))
    while not found[-1].done():
        driver.once()
    assert [answer.result(0) for answer in found] == list(range(7))
    assert leaves(store) == ["found"] * 7


def test_what_the_next_turn_begins_with_is_looked_up_at_once_and_no_more_is_in_it_than_in_others(store: Store) -> None:
    driver = Driver(store)

    def job(name: str, much: int) -> Callable[[Transaction], bool]:
        def known(tx: Transaction) -> bool:
            tx._group.found += much  # type: ignore[attr-defined]
            return name in tx._group.known  # type: ignore[attr-defined]
        return known

    def submitted(name: str, much: int) -> list[Future[bool]]:
        return [store.submit(job(f"{name}{n}", 0 if n else much), about=(f"{name}{n}",), light=True) for n in range(MOST_JOBS)]
    answers = submitted("a", MOST_FOUND + 1)
    driver.turn()
    answers += submitted("b", 0)
    driver.look()
    assert [answer.done() for answer in answers].index(False) == 1
    driver.once()
    assert MOST_JOBS <= [answer.done() for answer in answers].index(False) <= MOST_JOBS + 1
    while not answers[-1].done():
        driver.once()
    assert all(answer.result(0) for answer in answers)


def test_who_drives_does_other_things_while_many_are_committed(store: Store) -> None:
    driver = Driver(store)
    many = [store.submit(here, light=True) for _ in range(MOST_JOBS)]
    driver.turn()
    assert not any(answer.done() for answer in many)
    later = store.submit(here, light=True)
    driver.turn()  # does nothing: the others are on their way
    assert not later.done()
    driver.look()
    assert [answer.result(0) for answer in many] == [(n, threading.get_ident()) for n in range(MOST_JOBS)]
    driver.turn()
    driver.look()
    assert later.result(0)[0] == MOST_JOBS


def test_what_is_on_its_way_arrives_before_a_store_is_closed(store: Store) -> None:
    driver = Driver(store)
    many = [store.submit(here, light=True) for _ in range(MOST_JOBS)]
    driver.turn()
    store.close()
    assert [answer.result(0)[0] for answer in many] == list(range(MOST_JOBS))


def test_who_drives_does_not_wait_for_another_process(open_store: Open, database: Database) -> None:
    mine = open_store()
    driver = Driver(mine)
    with held_up(open_store()):
        answer = mine.submit(here, light=True)
        while not answer.done() and driver.woken.acquire(blocking=False):
            driver.turn()
            driver.look()
    index, thread = answer.result(30)
    assert index == 0
    assert (thread == threading.get_ident()) == (database.options == {"lock": False})


def test_a_job_that_need_not_be_light_is_not_run_for_ever(store: Store) -> None:
    def job(tx: Transaction) -> None:
        raise MuchError
    with pytest.raises(MuchError):
        store.write(job)


def test_whoever_drives_a_line_may_write_too_and_closing_it_does_what_waits(store: Store) -> None:
    driver = Driver(store)
    waiting = [store.submit(leaf(str(k)), light=k % 3 > 0) for k in range(20)]
    assert store.write(leaf("20")) == 20
    failed = store.submit(lambda tx: [tx.append_leaf(b"lost", SALT, None), 1 / 0], light=True)
    later = [store.submit(leaf(str(k)), light=True) for k in range(21, 200)]
    while driver.woken.acquire(blocking=False):
        pass
    store.close()
    assert not driver.woken.acquire(blocking=False)  # whoever was to be woken may be gone
    assert [answer.result(0) for answer in (*waiting, *later)] == [*range(20), *range(21, 200)]
    assert isinstance(failed.exception(0), ZeroDivisionError)
    with pytest.raises(AntalyaError):
        store.submit(leaf("late"))


def test_what_was_begun_before_is_not_waited_for(store: Store) -> None:
    """As the loop of a server that begins must not be."""
    with held_up(store) as held:
        woken = threading.Semaphore(0)
        turn, light = store.drive(woken.release, lambda fd, call: lambda: None), store.submit(here, light=True)
        turn()
        assert not held.done()
        assert not light.done()
    assert store.write(leaf("after")) == 1
    assert light.result(0)[0] == 0


def test_a_driven_line_asks_for_another_turn_as_long_as_something_waits(store: Store) -> None:
    driver = Driver(store)
    waiting = [store.submit(leaf(str(k)), light=True) for k in range(200)]
    while driver.woken.acquire(blocking=False):
        pass
    driver.woken.release()
    while not waiting[-1].done():
        driver.once()
        done = [answer.done() for answer in waiting]
        assert done == sorted(done, reverse=True)  # in the order in which they came
    assert not driver.woken.acquire(blocking=False)


@pytest.mark.parametrize(("fed", "at_once"), [(False, 9), (True, 4)])
def test_where_another_process_prepares_what_comes_next_a_turn_takes_half_of_what_waits(
        store: Store, fed: bool, at_once: int) -> None:
    driver = Driver(store, fed=fed)
    waiting = [store.submit(here, light=True) for _ in range(9)]
    driver.once()
    assert sum(answer.done() for answer in waiting) == at_once
    while not waiting[-1].done():
        driver.once()


def test_what_is_submitted_together_is_run_in_one_turn_as_far_as_a_turn_goes(store: Store) -> None:
    driver = Driver(store, fed=True)
    before = store.submit(here, light=True)
    waiting = [store.submit(here, light=True, together=30 - n) for n in range(30)]
    after = [store.submit(here, light=True) for _ in range(30)]
    driver.once()
    assert (before.done(), [answer.done() for answer in waiting], after[0].done()) == (True, [True] * 30, False)
    while not after[-1].done():
        driver.once()
    many = [store.submit(here, light=True, together=MOST_JOBS + 9 - n) for n in range(MOST_JOBS + 9)]
    driver.once()
    assert sum(answer.done() for answer in many) == MOST_JOBS
    while not many[-1].done():
        driver.once()


def test_a_line_that_is_left_goes_on_by_itself_and_can_be_driven_again(store: Store) -> None:
    driver = Driver(store)
    under_way, waiting = store.submit(here, light=True), [store.submit(here, light=True) for _ in range(9)]
    assert driver.woken.acquire(timeout=30)
    driver.turn()  # nobody looks for what is on its way
    store.leave()
    assert under_way.result(0) == (0, threading.get_ident())
    waiting.append(store.submit(here, light=True))
    driver.turn()  # too late
    assert [answer.result(30)[0] for answer in waiting] == list(range(1, 11))
    assert waiting[-1].result(30)[1] != threading.get_ident()
    again, last = Driver(store), store.submit(here, light=True)
    again.once()
    assert last.result(0) == (11, threading.get_ident())


def test_a_driven_line_does_other_things_while_a_commit_is_under_way_and_answers_out_of_what_is_there(open_store: Open) -> None:
    """Old leaves that no cache has are read for answers while the next jobs are being begun; and a job that fails takes back only
    its own, whatever is on its way."""
    open_store().write(lambda tx: [tx.append_leaf(f"old {k}".encode(), SALT, None) for k in range(10)])
    store = open_store()
    driver, answers = Driver(store), []

    def make(k: int) -> Callable[[Transaction], int]:
        def job(tx: Transaction) -> int:
            index = tx.append_leaf(f"new {k}".encode(), SALT, None)
            keep(tx, disc(f"op-{k}"))
            return index if k % 5 else 1 // (k % 5)
        return job

    def then(tx: Reader, index: int) -> int:
        old = tx.leaf(index % 10)
        assert old is not None
        assert old.data == f"old {index % 10}".encode()
        return index
    for k in range(1, 41):
        answers.append(store.submit(make(k), then, (f"op-{k}",), light=True))
    while not answers[-1].done():
        driver.turn()
        driver.look()
    failed = [k for k, answer in enumerate(answers, 1) if answer.exception(0)]
    assert failed == list(range(5, 41, 5))
    assert [answer.result(0) for answer in answers if not answer.exception(0)] == list(range(10, 74, 2))  # `keep` leaves one too
    assert store.write(leaf("last")) == len(leaves(store)) - 1 == 74
