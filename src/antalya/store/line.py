"""The one line of writers of a process: tasks wait in it, and those that wait together are committed together."""

import queue
import threading
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from antalya.model.errors import error

T = TypeVar("T")
Outcome = tuple[Any, BaseException | None]
"""What a task gave, or what it raised."""


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and what is made of what it gave once that is durable; both of the transaction. `about`: ids of operations that it
    will look for, so that they are looked up once for all that are committed together."""

    job: Callable[[Any], Any]
    then: Callable[[Any, Any], Any] | None = None
    about: Collection[str] = ()

    def end(self, tx: Any, outcome: Outcome) -> Outcome:
        """The outcome after the commit. What `then` raises is raised, though what the job did is kept."""
        result, failed = outcome
        if failed is not None or self.then is None:
            return outcome
        try:
            return self.then(tx, result), None
        except Exception as failure:
            return None, failure


MOST_JOBS = 64
FEW = 4
"""So many jobs are always worth a commit, which costs about as much as one of them."""
Waiting = tuple[Task, Future[Any]]


class Line:
    """One thread that takes whatever tasks wait and hands them to `together`, which gives each its outcome once they are
    durable, or raises for all of them."""

    def __init__(self, together: Callable[[Sequence[Task]], Sequence[Outcome]]) -> None:
        self._together = together
        self._jobs: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._closed, self._door = False, threading.Lock()
        self._wake: Callable[[], None] | None = None
        self._driver = 0
        self._thread = threading.Thread(target=self._run, name="antalya-writer", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None) -> T:
        """Puts a job into the line and returns when what it did is durable; raises what it raised, not_ready once closed."""
        answer = self.submit(job, then)
        while self._wake is not None and threading.get_ident() == self._driver and not answer.done():
            self.turn()
        return answer.result()

    def submit(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None,
               about: Collection[str] = ()) -> Future[T]:
        """As `do`, without waiting; who cancels it before it is begun is not done for. Raises not_ready once closed."""
        answer: Future[T] = Future()
        with self._door:  # so that no job comes after the last one that `close` waits for
            self.check_open()
            self._jobs.put((Task(job, then, about), answer))
        if self._wake is not None:
            self._wake()
        return answer

    def drive(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Ends the thread: from now on the calling one runs what waits, by calling what this returns (`turn`) soon after each
        `wake`, which any thread may call. Two threads that alternate cost a process of Python more than what is done here."""
        with self._door:
            self.check_open()
            self._jobs.put(None)
            self._thread.join()
            self._wake, self._driver = wake, threading.get_ident()
        return self.turn

    def turn(self) -> None:
        """Runs half of what waits, or a few: while those are answered and the callers send more, the others are run."""
        self._together_now(self._waiting(max(FEW, self._jobs.qsize() // 2)))
        if self._wake is not None and not self._closed and not self._jobs.empty():
            self._wake()

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
            if self._wake is None:
                self._jobs.put(None)
        while self._wake is not None and not self._jobs.empty():
            self.turn()
        self._thread.join()
        return True

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            self._together_now([first, *self._waiting(MOST_JOBS - 1)])

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

    def _together_now(self, waiting: Sequence[Waiting]) -> None:
        if wanted := [(task, answer) for task, answer in waiting if answer.set_running_or_notify_cancel()]:
            self._answer(wanted)

    def _answer(self, waiting: Sequence[Waiting]) -> None:
        try:
            done = self._together([task for task, _ in waiting])
        except BaseException as failure:
            done = [(None, failure)] * len(waiting)
        for (_, answer), (result, failed) in zip(waiting, done, strict=True):
            if failed is not None:
                answer.set_exception(failed)
            else:
                answer.set_result(result)
