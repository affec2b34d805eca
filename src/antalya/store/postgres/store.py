"""The PostgreSQL store: snapshots for readers from a pool, and one line of writers a process on a connection of its own.

Jobs that wait together run in one SERIALIZABLE transaction, each under its own savepoint once it writes, and are answered after
its COMMIT. A job that fails undoes only itself. Where another process's transaction came between, the server aborts one of the
two and all its jobs are run again: they are pure. The lock with which a transaction begins (`turns.LOCK`) keeps writers of
several processes from doing work that would be aborted; that nothing is missed rests on SERIALIZABLE alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from random import random
from time import monotonic, sleep
from typing import Any, NoReturn

import psycopg
from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg_pool import ConnectionPool

from antalya.store import line
from antalya.store.lined import Lined
from antalya.store.postgres.errors import again, lost, named, named_errors
from antalya.store.postgres.opening import address, prepare_reader
from antalya.store.postgres.reader import PostgresReader
from antalya.store.postgres.turns import Turns
from antalya.store.postgres.writer import PostgresTransaction
from antalya.store.rows import Caches

_MOST_TRIES = 12
"""How often jobs are run again that the server aborted; the waits between grow to 0.4 s, with chance."""


class PostgresStore(Lined[PostgresTransaction]):
    """`ports.Store` in a database of PostgreSQL 15 or newer, or of what speaks its language (docs/scale.md).

    `url` is a libpq address; its schema (the first of the search path) is the exchange's alone. `busy_s`: how long to wait for
    other writers before store_busy. `readers`: how many snapshots at once; `answer_s`: how long a server that does not answer,
    or the end of another snapshot, is waited for before not_ready. `lock` False leaves the writers' lock out. Raises
    bad_setting, not_ready, store_newer, store_broken, store_read_only; after `close`, not_ready.
    """

    def __init__(self, url: str, busy_s: float = 20.0, *, readers: int = 16, answer_s: float = 5.0,
                 lock: bool = True) -> None:
        self._answer_s, where = answer_s, address(url)
        with named_errors():
            self._turns = Turns(where, busy_s, lock=lock)
        self._pool = ConnectionPool(where, configure=prepare_reader, min_size=1, max_size=readers, timeout=answer_s,
                                    reconnect_timeout=2, name="antalya-readers", open=True)
        try:
            with named_errors():
                self._pool.wait(answer_s)
        except BaseException:
            self._pool.close()
            self._turns.close()
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
                yield PostgresReader(db, self._turns.kept)
            finally:
                with suppress(psycopg.Error):
                    db.execute("ROLLBACK")
                self._pool.putconn(db)

    def _snapshot(self) -> Connection[Any]:
        """A connection in a transaction that reads. Those the server has closed meanwhile, all of them perhaps, are put away."""
        until = monotonic() + self._answer_s
        while True:
            db = self._pool.getconn()
            try:
                db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                return db
            except psycopg.Error as failure:
                self._pool.putconn(db)
                if not lost(failure) or monotonic() > until:
                    raise
                self._turns.kept = Caches()

    # the writer

    def close(self) -> None:
        """Lets waiting jobs finish, then disconnects; readers at work do when they are done. Again: does nothing."""
        if self._line.close():
            self._pool.close()
            self._turns.close()

    def _together(self, tasks: Sequence[line.Task]) -> line.Leaving:
        """Tasks in one transaction, each with its outcome once all is durable."""
        try:
            sent = self._turns.send(tasks, self._line.following)
        except psycopg.Error as failure:
            sent = line.Leaving(len(tasks), None, partial(_raise, failure))
        return line.Leaving(sent.begun, sent.fd, lambda: self._end_of(tasks[:sent.begun], sent.end))

    def _end_of(self, tasks: Sequence[line.Task], first: Callable[[], Sequence[line.Outcome]]) -> list[line.Outcome]:
        """What tasks came to, once it is durable; `first` waits for the first try."""
        done = self._until_kept(tasks, first)
        for n, task in enumerate(tasks):
            if task.light and isinstance(done[n][1], UniqueViolation):
                done[n] = None, line.MuchError()
            tries = _MOST_TRIES
            while tries and isinstance(done[n][1], UniqueViolation):  # another process may have taken the key meanwhile
                [done[n]], tries = self._until_kept([task]), tries - 1
        return [(result, failed and named(failed)) for result, failed in done]

    def _until_kept(self, tasks: Sequence[line.Task],
                    sent: Callable[[], Sequence[line.Outcome]] | None = None) -> list[line.Outcome]:
        """Runs tasks in a transaction, again where another came between, or while the server starts again; `sent`: they were
        run once already."""
        tries, until = 0, monotonic() + self._answer_s
        while True:
            try:
                return list(sent() if sent else self._turns.send(tasks, self._line.following).end())
            except psycopg.Error as failure:
                more = monotonic() < until if lost(failure) else \
                    tries < _MOST_TRIES and (again(failure) or isinstance(failure, UniqueViolation))
                if not more:
                    raise named(failure) from failure
                if all(task.light for task in tasks):
                    raise line.MuchError from None
                sleep(min(0.4, 0.001 * 2 ** tries) * random())
                tries, sent = tries + 1, None


def _raise(failure: BaseException) -> NoReturn:
    raise failure
