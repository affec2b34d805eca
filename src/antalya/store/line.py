"""The one line of writers of a process: tasks wait in it, and those that wait together are committed together."""

import queue
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from antalya.model.errors import error
from antalya.ports import Watch

T = TypeVar("T")
Outcome = tuple[Any, BaseException | None]
"""What a task gave, or what it raised."""


class MuchError(Exception):
    """What a light job raises once it sees that it is not, and `together` where light ones would have to wait for another process
    or the database: they are run again as what may take its time."""


class Task(msgspec.Struct, frozen=True):
    """A job, and what is made of what it gave (`end`), while that becomes durable or afterwards; both of the transaction, but the
    second changes nothing. `about`: ids of operations that it will look for, so that they are looked up once for all that are
    committed together; `light`: it takes a few milliseconds at most, or raises `MuchError`; `together`: so many, from this one
    on, were submitted one after the other to be committed together."""

    job: Callable[[Any], Any]
    then: Callable[[Any, Any], Any] | None = None
    about: Collection[str] = ()
    light: bool = False
    together: int = 1

    def end(self, tx: Any, outcome: Outcome) -> Outcome:
        """The outcome, given once that is durable. What `then` raises is raised, though what the job did is kept."""
        result, failed = outcome
        if failed is not None or self.then is None:
            return outcome
        try:
            return self.then(tx, result), None
        except Exception as failure:
            return None, failure


class Leaving(msgspec.Struct, frozen=True):
    """What tasks did, on its way to where it is durable. `begun`: how many of them, the first ones; the others are the first of
    the next turn. `fd`: readable once it has arrived (None: it has, or did not leave). `end` waits until it has: the outcome of
    each task that was begun, or raises for all of them."""

    begun: int
    fd: int | None
    end: Callable[[], Sequence[Outcome]]


MOST_JOBS = 64
FEW = 4
"""So many jobs are always worth a commit, which costs about as much as one of them."""
Waiting = tuple[Task, Future[Any]]


class Line:
    """Hands whatever tasks wait to `together`, in a thread of its own or in the one that drives it; `together` says what is to be
    waited for until they are durable, or raises for all of them."""

    def __init__(self, together: Callable[[Sequence[Task]], Leaving]) -> None:
        self._together = together
        self._jobs: queue.SimpleQueue[Waiting] = queue.SimpleQueue()
        self._closed, self._door = False, threading.Lock()
        self._driven: tuple[Callable[[], None], Watch] | None = None
        self._driver, self._fed = 0, False
        self._following: list[Waiting] = []
        self._leaving: tuple[Leaving, Sequence[Waiting], Callable[[], object]] | None = None
        self._turns: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._back = threading.Event()
        self._back.set()
        self._thread = threading.Thread(target=self._run, name="antalya-writer", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None) -> T:
        """Puts a job into the line and returns when what it did is durable; raises what it raised, not_ready once closed."""
        answer = self.submit(job, then)
        while threading.get_ident() == self._driver and not answer.done():
            self._arrived()
            self.turn()
        return answer.result()

    def submit(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None,
               about: Collection[str] = (), *, light: bool = False, together: int = 1) -> Future[T]:
        """As `do`, without waiting; who cancels it before its turn is not done for. Raises not_ready once closed."""
        answer: Future[T] = Future()
        with self._door:  # so that no job comes after the last one that `close` waits for
            self.check_open()
            self._jobs.put((Task(job, then, about, light, together), answer))
            driven = self._driven
            if driven is None:
                self._turns.put(self._alone)
        if driven is not None:
            driven[0]()
        return answer

    # who runs what waits

    def drive(self, wake: Callable[[], None], watch: Watch, *, fed: bool = False) -> Callable[[], None]:
        """From now on the calling thread runs what waits and is light, by calling what this returns (`turn`) soon after each
        `wake`, which any thread may call; it does other things while what was done becomes durable, until `watch` calls. Two
        threads that alternate cost a process of Python more than what is done here. What was begun before is not waited for.
        `fed`: another process prepares what comes next. Until `leave`."""
        with self._door:
            self.check_open()
            self._back.clear()
            self._driven, self._driver, self._fed = (wake, watch), threading.get_ident(), fed
            self._turns.put(self._give_back)
        return self.turn

    def leave(self) -> None:
        """Whoever drove the line does so no more; its own thread goes on."""
        self._arrived()
        with self._door:
            self._driven, self._driver, self._fed = None, 0, False
            self._turns.put(self._rest)

    def turn(self) -> None:
        """Runs what waits; half of it, or a few, where the line is fed: while those are answered and the callers send more, the
        others are run. Where not all of it is light, the line's own thread does. Nothing while something is on its way."""
        if threading.get_ident() != self._driver or self._leaving is not None or not self._back.is_set():
            return
        if all(task.light for task in self.following()):
            self._answer_following()
            self._go_on()
        else:
            self._back.clear()
            self._turns.put(self._lent)

    def following(self) -> list[Task]:
        """What is run next, as far as that is known, so that it can be prepared for."""
        if not self._following:
            most = min(MOST_JOBS, max(FEW, self._jobs.qsize() // 2)) if self._fed else MOST_JOBS
            with suppress(queue.Empty):
                while len(self._following) < most:
                    task, answer = self._jobs.get_nowait()
                    if answer.running() or answer.set_running_or_notify_cancel():
                        self._following.append((task, answer))
                        most = max(most, min(MOST_JOBS, len(self._following) + task.together - 1))
        return [task for task, _ in self._following]

    def _go_on(self) -> None:
        driven = self._driven
        if self._leaving is None and driven is not None and not self._closed and self._waits():
            driven[0]()

    def _waits(self) -> bool:
        return bool(self._following) or not self._jobs.empty()

    def _run(self) -> None:
        while (turn := self._turns.get()) is not None:
            turn()

    def _alone(self) -> None:
        """A turn of the line's own thread, which may take its time."""
        self.following()
        self._following = [(replace(task, light=False), answer) for task, answer in self._following]
        self._answer_following()

    def _lent(self) -> None:
        """A turn of the line's own thread for the one that drives."""
        self._alone()
        self._give_back()

    def _give_back(self) -> None:
        self._back.set()
        self._go_on()

    def _rest(self) -> None:
        while self._waits():
            self._alone()

    # the end

    def check_open(self) -> None:
        """Raises not_ready once closed."""
        if self._closed:
            raise error("not_ready", "the store is closed")

    def close(self) -> bool:
        """Lets waiting jobs finish. False where it was closed before."""
        with self._door:
            if self._closed:
                return False
            self._closed = True
        self._arrived()
        self._driver = 0
        for last in (self._rest, None):
            self._turns.put(last)
        self._thread.join()
        return True

    # together

    def _answer_following(self) -> None:
        waiting, self._following = self._following, []
        if not waiting:
            return
        try:
            leaving = self._together([task for task, _ in waiting])
        except BaseException as failure:
            self._tell(waiting, [(None, failure)] * len(waiting))
            return
        waiting, self._following = waiting[:leaving.begun], waiting[leaving.begun:]
        if leaving.fd is None or self._driven is None or threading.get_ident() != self._driver:
            self._end(leaving, waiting)
        else:
            self._leaving = leaving, waiting, self._driven[1](leaving.fd, self._seen)

    def _seen(self) -> None:
        self._arrived()
        self._go_on()

    def _arrived(self) -> None:
        """Answers what is on its way, if anything is, once it has arrived; waits for the line's own thread if that has a turn."""
        self._back.wait()
        if self._leaving is not None:
            leaving, waiting, look_away = self._leaving
            look_away()
            self._leaving = None
            self._end(leaving, waiting)

    def _end(self, leaving: Leaving, waiting: Sequence[Waiting]) -> None:
        try:
            done = leaving.end()
        except BaseException as failure:
            done = [(None, failure)] * len(waiting)
        self._tell(waiting, done)

    def _tell(self, waiting: Sequence[Waiting], done: Sequence[Outcome]) -> None:
        for (task, answer), (result, failed) in zip(waiting, done, strict=True):
            if isinstance(failed, MuchError) and task.light:
                self._jobs.put((replace(task, light=False), answer))
            elif failed is not None:
                answer.set_exception(failed)
            else:
                answer.set_result(result)
