"""The PostgreSQL store: snapshots for readers from a pool, and one line of writers a process on a connection of its own.

Jobs that wait together run in one SERIALIZABLE transaction, each under its own savepoint once it writes, and are answered after
its COMMIT. A job that fails undoes only itself. Where another process's transaction came between, the server aborts one of the
two and all its jobs are run again: they are pure. The advisory lock taken before the transaction begins keeps writers of several
processes from doing work that would be aborted; that nothing is missed rests on SERIALIZABLE alone.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from random import random
from time import monotonic, sleep
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.errors import FeatureNotSupported, UndefinedFunction, UniqueViolation
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

from antalya.model.errors import error
from antalya.store import line
from antalya.store.group import Group
from antalya.store.postgres.errors import again, lost, named, named_errors
from antalya.store.postgres.opening import address, connect, connect_first, migrate, prepare_session
from antalya.store.postgres.reader import PostgresReader
from antalya.store.postgres.writer import PostgresTransaction
from antalya.store.rows import Caches

T = TypeVar("T")
LOCK = 0x616E74616C7961
"""The advisory lock of a database's writers."""

_MOST_TRIES = 12
"""How often jobs are run again that the server aborted; the waits between grow to 0.4 s, with chance."""


class PostgresStore:
    """`ports.Store` in a database of PostgreSQL 15 or newer, or of what speaks its language (docs/scale.md).

    `url` is a libpq address; its schema (the first of the search path) is the exchange's alone. `busy_s`: how long to wait for
    other writers before store_busy. `readers`: how many snapshots at once; `answer_s`: how long a server that does not answer,
    or the end of another snapshot, is waited for before not_ready. `lock` False leaves the advisory lock out. Raises
    bad_setting, not_ready, store_newer, store_broken, store_read_only; after `close`, not_ready.
    """

    def __init__(self, url: str, busy_s: float = 20.0, *, readers: int = 16, answer_s: float = 5.0,
                 lock: bool = True) -> None:
        self._address, self._busy_s, self._answer_s, self._lock = address(url), busy_s, answer_s, lock
        self._kept, self._write_caches, self._group = Caches(), Caches(), Group()
        with named_errors():
            self._writer = connect_first(self._address, busy_s)
            try:
                with self._turn() as db:
                    migrate(db)
            except BaseException:
                self._writer.close()
                raise
        self._pool = ConnectionPool(self._address, configure=prepare_session, min_size=1, max_size=readers, timeout=answer_s,
                                    reconnect_timeout=2, name="antalya-readers", open=True)
        try:
            with named_errors():
                self._pool.wait(answer_s)
        except BaseException:
            self._pool.close()
            self._writer.close()
            raise
        self._line = line.Line(self._together)

    # readers

    @contextmanager
    def read(self) -> Iterator[PostgresReader]:
        """A snapshot, taken when it is first looked at; writers don't wait for it and it doesn't see them."""
        self._line.check_open()
        with named_errors():
            db = self._snapshot()
            try:
                yield PostgresReader(db, self._kept)
            finally:
                with suppress(psycopg.Error):
                    db.execute("ROLLBACK")
                self._pool.putconn(db)

    def _snapshot(self) -> Connection[Any]:
        """A connection in a transaction that reads. Those the server has closed meanwhile are put away."""
        for _ in range(self._pool.max_size):
            db = self._pool.getconn()
            try:
                db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                return db
            except psycopg.Error as failure:
                self._pool.putconn(db)
                if not lost(failure):
                    raise
                self._kept = Caches()
        raise error("not_ready", "the store's server does not answer")

    # the writer

    def write(self, job: Callable[[PostgresTransaction], T], then: Callable[[PostgresTransaction, T], T] | None = None) -> T:
        """Runs a job in the line of writers, again where the server aborts it, and returns when what it did is durable; raises
        what it raised. not_ready during the commit itself means that it may have been kept: the detail says so. `then` makes
        the answer out of what it gave, afterwards, with the log as it is then."""
        return self._line.do(job, then)

    def submit(self, job: Callable[[PostgresTransaction], T], then: Callable[[PostgresTransaction, T], T] | None = None,
               about: Collection[str] = ()) -> Future[T]:
        """As `write`, without waiting. `about`: ids of operations that the job looks for."""
        return self._line.submit(job, then, about)

    def drive(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Has the calling thread run the line of writers (`Line.drive`)."""
        return self._line.drive(wake)

    def close(self) -> None:
        """Lets waiting jobs finish, then disconnects; readers at work do when they are done. Again: does nothing."""
        if self._line.close():
            self._pool.close()
            self._writer.close()

    def _together(self, tasks: Sequence[line.Task]) -> list[line.Outcome]:
        """Tasks in one transaction, each with its outcome once all is durable."""
        done = self._until_kept(tasks)
        for n, task in enumerate(tasks):
            tries = _MOST_TRIES
            while tries and isinstance(done[n][1], UniqueViolation):  # another process may have taken the key meanwhile
                [done[n]], tries = self._until_kept([task]), tries - 1
        return [(result, failed and named(failed)) for result, failed in done]

    def _until_kept(self, tasks: Sequence[line.Task]) -> list[line.Outcome]:
        """Runs tasks in a transaction, from the beginning again where another came between, or while the server starts again."""
        tries, until = 0, monotonic() + self._answer_s
        while True:
            try:
                with self._turn() as db:
                    return self._transaction(db, tasks)
            except psycopg.Error as failure:
                more = monotonic() < until if lost(failure) else \
                    tries < _MOST_TRIES and (again(failure) or isinstance(failure, UniqueViolation))
                if not more:
                    raise named(failure) from failure
                sleep(min(0.4, 0.001 * 2 ** tries) * random())
                tries += 1

    @contextmanager
    def _turn(self) -> Iterator[Connection[Any]]:
        """The writer's connection, connected again where it was lost, alone among the processes that use the lock. What was
        begun on it and not committed is undone, and nothing of it remembered."""
        if self._writer.closed:
            self._kept, self._write_caches = Caches(), Caches()  # after a failover, numbers may be given to other rows
            self._writer = connect(self._address, self._busy_s)
        db, held = self._writer, self._lock and self._take_lock()
        try:
            yield db
        except BaseException:
            self._write_caches.clear()
            raise
        finally:
            try:
                if db.info.transaction_status != TransactionStatus.IDLE:
                    db.execute("ROLLBACK")
                if held:
                    db.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
            except psycopg.Error:
                db.close()  # the server lets go of what the connection held

    def _take_lock(self) -> bool:
        """In a statement of its own: the transaction's snapshot has to be taken after it."""
        try:
            self._writer.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        except (FeatureNotSupported, UndefinedFunction):  # a database without such locks
            self._lock = False
        return self._lock

    def _transaction(self, db: Connection[Any], tasks: Sequence[line.Task], *, eager: bool = False) -> list[line.Outcome]:
        self._group = Group()
        db.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        PostgresTransaction(db, self._write_caches, self._group).foresee(id_ for task in tasks for id_ in task.about)
        try:
            done = [self._one(db, task, eager) for task in tasks]
        except _Torn:
            db.execute("ROLLBACK")
            self._write_caches.clear()
            return self._transaction(db, tasks, eager=True)
        rest = PostgresTransaction(db, self._write_caches, self._group)
        rest.write_rest()
        try:
            if db.execute("COMMIT").statusmessage != "COMMIT":
                raise error("internal", "the transaction was not committed")
        except psycopg.Error as failure:
            if lost(failure):  # not to be done again: it may have been done
                raise error("not_ready", "the store's server went away during the commit: look whether it was kept") from failure
            raise
        for caches in (self._kept, self._write_caches):
            caches.know(self._group.nodes)
        return [task.end(rest, outcome) for task, outcome in zip(tasks, done, strict=True)]

    def _one(self, db: Connection[Any], task: line.Task, eager: bool) -> line.Outcome:
        """A task's job: its result, or what it raised after everything it did was undone. Under a savepoint of its own once it
        writes; from the beginning where `eager`, for a read that fails ends a transaction too (_Torn, where there is none)."""
        tx, mark = PostgresTransaction(db, self._write_caches, self._group), self._group.mark()
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
            self._group.back_to(mark)
            self._write_caches.forget(tx.put_rows, tx.changed_rulebook, tx.mark)
            return None, failure
        return result, None


class _Torn(Exception):
    """A read failed outside any savepoint: the transaction has to be done again."""
