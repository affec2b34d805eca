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


_MOST_JOBS = 64


class Line:
    """One thread that takes whatever tasks wait and hands them to `together`, which gives each its outcome once they are
    durable, or raises for all of them."""

    def __init__(self, together: Callable[[Sequence[Task]], Sequence[Outcome]]) -> None:
        self._together = together
        self._jobs: queue.SimpleQueue[tuple[Task, Future[Any]] | None] = queue.SimpleQueue()
        self._closed, self._door = False, threading.Lock()
        self._thread = threading.Thread(target=self._run, name="antalya-writer", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None) -> T:
        """Puts a job into the line and returns when what it did is durable; raises what it raised, not_ready once closed."""
        return self.submit(job, then).result()

    def submit(self, job: Callable[[Any], T], then: Callable[[Any, T], T] | None = None,
               about: Collection[str] = ()) -> Future[T]:
        """As `do`, without waiting; who cancels it before it is begun is not done for. Raises not_ready once closed."""
        answer: Future[T] = Future()
        with self._door:  # so that no job comes after the last one that `close` waits for
            self.check_open()
            self._jobs.put((Task(job, then, about), answer))
        return answer

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
            self._jobs.put(None)
        self._thread.join()
        return True

    def _run(self) -> None:
        last = False
        while not last:
            first = self._jobs.get()
            if first is None:
                return
            waiting = [first]
            with suppress(queue.Empty):
                while len(waiting) < _MOST_JOBS:
                    more = self._jobs.get_nowait()
                    if more is None:
                        last = True
                        break
                    waiting.append(more)
            if wanted := [(task, answer) for task, answer in waiting if answer.set_running_or_notify_cancel()]:
                self._answer(wanted)

    def _answer(self, waiting: Sequence[tuple[Task, Future[Any]]]) -> None:
        try:
            done = self._together([task for task, _ in waiting])
        except BaseException as failure:
            done = [(None, failure)] * len(waiting)
        for (_, answer), (result, failed) in zip(waiting, done, strict=True):
            if failed is not None:
                answer.set_exception(failed)
            else:
                answer.set_result(result)
