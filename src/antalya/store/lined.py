"""What every store does with its line of writers."""

from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Generic, TypeVar

from antalya.ports import Watch
from antalya.store.line import Line

Tx = TypeVar("Tx")
T = TypeVar("T")


class Lined(Generic[Tx]):
    """The writing half of `ports.Store`: jobs of a transaction wait in one line."""

    _line: Line

    def write(self, job: Callable[[Tx], T], then: Callable[[Tx, T], T] | None = None) -> T:
        """Runs a job in the line of writers, again where a server aborts it, and returns when what it did is durable; raises what
        it raised. `then` makes the answer out of what it gave, afterwards, with the log as it is then. On PostgreSQL not_ready
        during the commit itself means that it may have been kept: the detail says so."""
        return self._line.do(job, then)

    def submit(self, job: Callable[[Tx], T], then: Callable[[Tx, T], T] | None = None, about: Collection[str] = (), *,
               light: bool = False, together: int = 1) -> Future[T]:
        """As `write`, without waiting. `about`: ids of operations that the job looks for; `light`: it takes a few milliseconds at
        most, or raises `line.MuchError` and is run again; `together`: how many, from this one on, are committed together."""
        return self._line.submit(job, then, about, light=light, together=together)

    def drive(self, wake: Callable[[], None], watch: Watch, *, fed: bool = False) -> Callable[[], None]:
        """Has the calling thread run the line of writers (`Line.drive`)."""
        return self._line.drive(wake, watch, fed=fed)

    def leave(self) -> None:
        """Has the line's own thread run it again."""
        self._line.leave()
