"""The one line of writers of a process: tasks wait in it, and those that wait together are committed together."""

import queue
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from antalya.model.errors import error
from antalya.ports import Watch

T = TypeVar("T")
Outcome = tuple[Any, BaseException | None]
"""What a task gave, or what it raised."""


class Task(msgspec.Struct, frozen=True):
    """A job, and what is made of what it gave (`end`), while that becomes durable or afterwards; both of the transaction, but the
    second changes nothing. `about`: ids of operations that it will look for, so that they are looked up once for all that are
    committed together."""

    job: Callable[[Any], Any]
    then: Callable[[Any, Any], Any] | None = None
    about: Collection[str] = ()

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
    """What tasks did, on its way to where it is durable. `fd`: readable once it has arrived (None: it has, or did not leave).
    `end` waits until it has: the outcome of each task, or raises for all of them."""

    fd: int | None
    end: Callable[[], Sequence[Outcome]]


MOST_JOBS = 64
FEW = 4
"""So many jobs are always worth a commit, which costs about as much as one of them."""
Waiting = tuple[Task, Future[Any]]


class Line:
    """One thread that takes whatever tasks wait and hands them to `together`, which says what is to be waited for until they are
    durable, or raises for all of them."""

    def __init__(self, together: Callable[[Sequence[Task]], Leaving]) -> None:
        self._together = together
        self._jobs: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closed, self._door = False, threading.Lock()
        self._driven: tuple[Callable[[], None], Watch] | None = None
        self._driver = 0
        self._following: list[Waiting] = []
        self._leaving: tuple[Leaving, Sequence[Waiting], Callable[[], object]] | None = None
        self._thread = threading.Thread(target=self._run, name="antalya-writer", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None) -> T:
        """Puts a job into the line and returns when what it did is durable; raises what it raised, not_ready once closed."""
        answer = self.submit(job, then)
        while self._driven is not None and threading.get_ident() == self._driver and not answer.done():
            self._arrived()
            self.turn()
        return answer.result()

    def submit(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None,
               about: Collection[str] = ()) -> Future[T]:
        """As `do`, without waiting; who cancels it before it is begun is not done for. Raises not_ready once closed."""
        answer: Future[T] = Future()
        with self._door:  # so that no job comes after the last one that `close` waits for
            self.check_open()
            self._jobs.put((Task(job, then, about), answer))
        if self._driven is not None:
            self._driven[0]()
        return answer

    def drive(self, wake: Callable[[], None], watch: Watch) -> Callable[[], None]:
        """Ends the thread: from now on the calling one runs what waits, by calling what this returns (`turn`) soon after each
        `wake`, which any thread may call; it does other things while what was done becomes durable, until `watch` calls. Two
        threads that alternate cost a process of Python more than what is done here."""
        with self._door:
            self.check_open()
            self._jobs.put(None)
            self._thread.join()
            self._driven, self._driver = (wake, watch), threading.get_ident()
        return self.turn

    def turn(self) -> None:
        """Runs half of what waits, or a few: while those are answered and the callers send more, the others are run. Nothing
        while something is on its way."""
        if self._leaving is None:
            self.following()
            self._answer_following()
            self._go_on()

    def following(self) -> list[Task]:
        """What is run next, as far as that is known, so that it can be prepared for."""
        if not self._following:
            most = MOST_JOBS if self._driven is None else max(FEW, self._jobs.qsize() // 2)
            self._following = _wanted(self._waiting(most))
        return [task for task, _ in self._following]

    def _go_on(self) -> None:
        if self._leaving is None and self._driven is not None and not self._closed and self._waits():
            self._driven[0]()

    def _waits(self) -> bool:
        return bool(self._following) or not self._jobs.empty()

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
            if self._driven is None:
                self._jobs.put(None)
        if self._driven is not None:
            self._arrived()
        while self._driven is not None and self._waits():
            self.turn()
            self._arrived()
        self._thread.join()
        return True

    def _run(self) -> None:
        while True:
            if not self._following:
                if (first := self._jobs.get()) is None:
                    return
                self._following = _wanted([first, *self._waiting(MOST_JOBS - 1)])
            self._answer_following()

    def _waiting(self, most: int) -> list[Waiting]:
        """What waits, taken out of the line."""
        taken = list[Waiting]()
        with suppress(queue.Empty):
            while len(taken) < most:
                if (more := self._jobs.get_nowait()) is None:
                    self._jobs.put(None)  # it ends the thread, once that has done what came before
                    break
                taken.append(more)
        return taken

    def _answer_following(self) -> None:
        waiting, self._following = self._following, []
        if not waiting:
            return
        try:
            leaving = self._together([task for task, _ in waiting])
        except BaseException as failure:
            _tell(waiting, [(None, failure)] * len(waiting))
            return
        if self._driven is None or leaving.fd is None:
            _end(leaving, waiting)
        else:
            self._leaving = leaving, waiting, self._driven[1](leaving.fd, self._seen)

    def _seen(self) -> None:
        self._arrived()
        self._go_on()

    def _arrived(self) -> None:
        """Answers what is on its way, if anything is, once it has arrived."""
        if self._leaving is not None:
            leaving, waiting, look_away = self._leaving
            look_away()
            self._leaving = None
            _end(leaving, waiting)


def _wanted(waiting: Sequence[Waiting]) -> list[Waiting]:
    return [(task, answer) for task, answer in waiting if answer.set_running_or_notify_cancel()]


def _end(leaving: Leaving, waiting: Sequence[Waiting]) -> None:
    try:
        done = leaving.end()
    except BaseException as failure:
        done = [(None, failure)] * len(waiting)
    _tell(waiting, done)


def _tell(waiting: Sequence[Waiting], done: Sequence[Outcome]) -> None:
    for (_, answer), (result, failed) in zip(waiting, done, strict=True):
        if failed is not None:
            answer.set_exception(failed)
        else:
            answer.set_result(result)
