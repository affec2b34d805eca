"""The turns of a PostgreSQL store's line of writers: its connection, and transactions on it.

The ways to the server and back are few: what a transaction's jobs need to know is asked for together with BEGIN and the lock, and
what they leave is sent together with COMMIT. Nobody waits for either before it is needed: while the one is on its way callers are
answered, while the other is, more requests are taken.
"""

import re
import selectors
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.pq import TransactionStatus

from antalya.model.errors import error
from antalya.store import line
from antalya.store.group import HOW_IT_STANDS, Group
from antalya.store.postgres.afterwards import Afterwards
from antalya.store.postgres.errors import again, lost
from antalya.store.postgres.opening import connect, connect_first, migrate
from antalya.store.postgres.pipeline import Pipeline
from antalya.store.postgres.writer import PostgresTransaction, inserting
from antalya.store.rows import STORED, Caches, stored_of

BEGIN = "BEGIN ISOLATION LEVEL SERIALIZABLE"
LOCK = "LOCK TABLE thing IN SHARE UPDATE EXCLUSIVE MODE"
"""One of a database's writers has it at a time, until its transaction ends; nobody else wants that mode, but VACUUM. It needs no
snapshot, so that the transaction's comes after it."""
_SIZES = (4, 16, 64)
_KNOWN = {size: STORED + f"WHERE current = 1 AND id IN ({', '.join(f'${n}::text' for n in range(1, size + 1))})"
          for size in _SIZES}
"""To look up so many ids. Their number is in the text, so that a plan that is kept costs no more than one for these values, and
is kept: once there are so many operations (`_SETTLED`) that it will be by the right index."""
_PLAIN = re.compile("[ -~]+").fullmatch
"""What is looked up ahead: an id that the server refused would end the transaction of all."""
_SETTLED = 1_000
_SOON_S = 0.02
"""So long a way to the server and back may take while nothing else is done."""


@dataclass(frozen=True, slots=True)
class _Opening:
    """The beginning of a transaction, on its way: what of operations `about` is known is looked up. `turn` ends it; `group`: it
    has come, and this is how things stood."""

    db: Connection[Any]
    pipeline: Pipeline
    about: list[str]
    turn: ExitStack
    group: Group | None = None


class Turns:
    """`address`, `busy_s` and `lock` as for the store; `kept` is what its readers keep. Brings the tables forward first. Raises
    psycopg's errors and those of the catalogue."""

    def __init__(self, address: str, busy_s: float, *, lock: bool) -> None:
        self._address, self._busy_s, self._lock = address, busy_s, lock
        self.kept, self.caches = Caches(), Caches()
        self._prepared = dict[str, bytes]()
        self._opening: _Opening | None = None
        self.db = connect_first(address, busy_s)
        try:
            with self._turn() as db:
                migrate(db, alone=lock)
                self._lock = lock and _locks(db)
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        """Disconnects."""
        self.db.close()

    @contextmanager
    def _turn(self) -> Iterator[Connection[Any]]:
        """The writer's connection, connected again where it was lost. What was begun on it and not committed is undone, and
        nothing of it remembered."""
        if self.db.closed:
            self.kept, self.caches = Caches(), Caches()  # after a failover, numbers may be given to other rows
            self.db, self._prepared = connect(self._address, self._busy_s), {}
        db = self.db
        try:
            yield db
        except BaseException:
            self.caches.clear()
            raise
        finally:
            try:
                if db.pgconn.transaction_status != TransactionStatus.IDLE:
                    db.execute("ROLLBACK")
            except psycopg.Error:
                db.close()  # the server lets go of what the connection held

    def _open(self, tasks: Sequence[line.Task]) -> _Opening:
        """Sends the beginning of a transaction, without waiting for it."""
        with ExitStack() as until_kept:
            db = until_kept.enter_context(self._turn())
            pipeline = Pipeline(db, self._prepared)
            about = list(dict.fromkeys(id_ for task in tasks for id_ in task.about if _PLAIN(id_)))
            pipeline.send(BEGIN)
            if self._lock:
                pipeline.send(LOCK)
            pipeline.send(HOW_IT_STANDS)
            for first in range(0, len(about), _SIZES[-1]):
                pipeline.send(*_known(about[first:first + _SIZES[-1]]), keep=self.caches.hot.last >= _SETTLED)
            pipeline.sync()
            pipeline.go()
            return _Opening(db, pipeline, about, until_kept.pop_all())

    def _begun(self) -> None:
        """Waits for the beginning of a transaction that is on its way, if one is."""
        opening = self._opening
        if opening is None or opening.group is not None:
            return
        self._opening = None
        with opening.turn as until_kept:
            group = Group()
            stands, *known = opening.pipeline.until_sync()[1 + self._lock:]
            group.begin(opening.pipeline.rows(stands))
            group.known = dict.fromkeys(opening.about)
            for rows in known:
                group.known |= {stored.operation.id: stored for stored in map(stored_of, opening.pipeline.rows(rows))}
            self._opening = _Opening(opening.db, opening.pipeline, opening.about, until_kept.pop_all(), group)

    def send(self, tasks: Sequence[line.Task],
             following: Callable[[], Sequence[line.Task]]) -> line.Leaving:
        """Does tasks in a transaction and sends its end: what is readable once there is an answer, and what waits for it.
        `following`: what is likely to be done next, once these are durable. Raises MuchError where light tasks would have to
        wait for another process, or for a server that does not answer."""
        light = all(task.light for task in tasks)
        if light and self.db.closed:
            raise line.MuchError
        if self._opening is None:
            self._opening = self._open(tasks)
        if light and self._opening.group is None and not _answers(self.db, _SOON_S):
            raise line.MuchError
        self._begun()
        opening, self._opening = self._opening, None
        with opening.turn as until_kept:
            db, group = opening.db, opening.group or Group()
            group.light = light
            try:
                done = [self._one(db, group, task) for task in tasks if not group.full]
            except _Torn:
                db.execute("ROLLBACK")
                self.caches.clear()
                db.execute(BEGIN)
                if self._lock:
                    db.execute(LOCK.encode())
                group = Group(light=light)
                done = [self._one(db, group, task, eager=True) for task in tasks if not group.full]
            rest = Afterwards(db, self.caches, group, self._prepared)
            pipeline = self._leave(db, rest)
            ahead = [rest.ahead(task, outcome) for task, outcome in zip(tasks, done, strict=False)]
            turn = until_kept.pop_all()

        def end() -> list[line.Outcome]:
            with turn:
                self._arrived(pipeline)
            rest.durable = True
            for caches in (self.kept, self.caches):
                caches.know(group.nodes)
            # before the next transaction: that may have to wait for other processes, and these are durable
            outcomes = [made or rest.late(task, outcome) for task, outcome, made in zip(tasks, done, ahead, strict=False)]
            with suppress(psycopg.Error):  # then it is begun again
                if (tasks_then := following()) and self._opening is None:
                    self._opening = self._open(tasks_then)
            return outcomes
        return line.Leaving(len(done), db.fileno(), end)

    def _leave(self, db: Connection[Any], rest: PostgresTransaction) -> Pipeline:
        """Sends the end of a transaction: what is left to be written, and COMMIT."""
        waiting, pipeline = rest.rest(), Pipeline(db, self._prepared)
        if waiting:
            pipeline.send(*inserting(waiting))
        pipeline.send("COMMIT")
        pipeline.sync()
        pipeline.go()
        return pipeline

    def _arrived(self, pipeline: Pipeline) -> None:
        """Waits until a transaction is durable. Raises what the server said: nothing was kept then; and not_ready where it went
        away, and nobody knows whether it was."""
        try:
            *_, commit = pipeline.until_sync()
        except psycopg.Error as failure:
            if lost(failure):
                raise error("not_ready", "the store's server went away during the commit: look whether it was kept") from failure
            raise
        if commit.command_status != b"COMMIT":
            raise error("internal", "the transaction was not committed")

    def _one(self, db: Connection[Any], group: Group, task: line.Task, *, eager: bool = False) -> line.Outcome:
        """A task's job: its result, or what it raised after everything it did was undone. Under a savepoint of its own once it
        writes; from the beginning where `eager`, for a read that fails ends a transaction too (_Torn, where there is none)."""
        tx, mark = PostgresTransaction(db, self.caches, group, self._prepared), group.mark()
        if eager:
            tx.save()
            tx.saved = True
        try:
            result = task.job(tx)
            if tx.saved:
                db.execute("RELEASE SAVEPOINT job")
        except Exception as failure:
            if again(failure) or lost(failure):
                raise  # the whole transaction is
            if tx.saved:
                db.execute("ROLLBACK TO SAVEPOINT job")
                db.execute("RELEASE SAVEPOINT job")
            elif db.info.transaction_status == TransactionStatus.INERROR:
                raise _Torn from failure
            group.back_to(mark)
            self.caches.forget(tx.put_rows, tx.changed_rulebook, tx.mark)
            return None, failure
        return result, None


def _known(ids: list[str]) -> tuple[str, list[bytes]]:
    """The statement that looks up ids, some more than once, and its values."""
    size = next(size for size in _SIZES if len(ids) <= size)
    return _KNOWN[size], [id_.encode() for id_ in [*ids, *ids[-1:] * (size - len(ids))]]


def _answers(db: Connection[Any], within_s: float) -> bool:
    """Whether the server has said something by then."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(db, selectors.EVENT_READ)
        return bool(waiting.select(within_s))


def _locks(db: Connection[Any]) -> bool:
    """Whether the database knows the lock."""
    db.execute(BEGIN)
    try:
        db.execute(LOCK.encode())
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.SyntaxError):
        return False
    except psycopg.Error as failure:  # it knows it, but this role may not write, or somebody has it just now
        if lost(failure):
            raise
    finally:
        if not db.closed:
            db.execute("ROLLBACK")
    return True


class _Torn(Exception):
    """A read failed outside any savepoint: the transaction has to be done again."""
