"""The SQLite store: migrations, snapshots for readers, and the one line of writers.

One thread at a time writes. It takes whatever jobs wait, runs each under its own savepoint inside one `BEGIN IMMEDIATE`,
commits once (fsync), and only then answers. So a job that fails leaves nothing, a job that was answered survives `kill -9`,
and other processes on the same file queue behind the file's lock.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep

from antalya.model.errors import AntalyaError, error
from antalya.store import line
from antalya.store.forward import hold_volumes
from antalya.store.group import Group
from antalya.store.lined import Lined
from antalya.store.rows import Caches
from antalya.store.sqlite.checkpointing import Checkpointing
from antalya.store.sqlite.committing import Committing
from antalya.store.sqlite.reader import SqliteReader
from antalya.store.sqlite.writer import SqliteTransaction

VERSION = 12
HELD = 11
"""Since when the table `volumes` has what the index in memory holds."""
CACHE_KB = 16_384
"""Of pages, a connection. SQLite looks through all of them at most commits (those that divided a page), so more cost more than
they save."""
CHECKPOINT_PAGES = 100_000
"""After so many pages (400 MB) a commit puts the write-ahead log into the file, should `Checkpointing` not have."""
_MANY = 16
"""So many light jobs are committed by another thread; with fewer, handing over costs what there is to gain."""
LOOK_S = 0.0003
"""How soon a writer looks again whether another process has left the file."""


class SqliteStore(Lined[SqliteTransaction]):
    """`ports.Store` in one file, which only its owner can read.

    `busy_s`: how long another process may hold the file's write lock before store_busy. Raises store_newer, store_broken,
    store_read_only, store_full, store_busy; after `close`, not_ready.
    """

    def __init__(self, path: str | Path, busy_s: float = 20.0) -> None:
        self.path, self._busy_s = str(path), busy_s
        with suppress(OSError):  # where the file can't be made, SQLite says why
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        self._writer = self._connect()
        try:
            with _named_errors():
                _migrate(self._writer)
                self._writer.execute("PRAGMA busy_timeout = 0")  # `_patiently` waits
                self._writer.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        except BaseException:
            self._writer.close()
            raise
        self._kept, self._write_caches, self._group = Caches(), Caches(), Group()
        self._idle: list[sqlite3.Connection] = []
        self._closed, self._door = False, threading.Lock()
        self._checkpointing, self._committing = Checkpointing(self._connect), Committing()
        self._line = line.Line(self._together)

    def _connect(self, *pragmas: str) -> sqlite3.Connection:
        with _named_errors():
            db = sqlite3.connect(self.path, timeout=self._busy_s, isolation_level=None, check_same_thread=False,
                                 cached_statements=512)
            try:
                self._patiently(db, "PRAGMA journal_mode = WAL")
                for pragma in ("synchronous = FULL", "foreign_keys = ON", "temp_store = MEMORY",
                               f"cache_size = -{CACHE_KB}", "trusted_schema = OFF", *pragmas):
                    db.execute(f"PRAGMA {pragma}")
            except BaseException:
                db.close()
                raise
        return db

    # readers

    @contextmanager
    def read(self) -> Iterator[SqliteReader]:
        """A snapshot, taken when it is first looked at; writers don't wait for it and it doesn't see them."""
        self._line.check_open()
        with self._door:
            db = self._idle.pop() if self._idle else None
        if db is None:
            db = self._connect("query_only = ON")
        try:
            with _named_errors():
                db.execute("BEGIN")
                yield SqliteReader(db, self._kept)
        finally:
            self._put_back(db)

    def _put_back(self, db: sqlite3.Connection) -> None:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        with self._door:
            if not (self._closed or db.in_transaction):
                self._idle.append(db)
                return
        db.close()

    # the writer

    def close(self) -> None:
        """Lets waiting jobs finish, then closes the file; readers at work close when they are done. Again: does nothing."""
        if not self._line.close():
            return
        self._checkpointing.close()
        self._committing.close()
        with self._door:
            self._closed = True
            for db in (*self._idle, self._writer):
                db.close()
            self._idle.clear()

    def _together(self, tasks: Sequence[line.Task]) -> line.Leaving:
        """Tasks in one transaction, each with its outcome once all is on disk."""
        self._group = Group(light=all(task.light for task in tasks))
        with _named_errors():
            self._begin()
        try:
            with _named_errors():
                SqliteTransaction(self._writer, self._write_caches, self._group).foresee(i for task in tasks for i in task.about)
                done = [self._one(task) for task in tasks if not self._group.full]
                rest = SqliteTransaction(self._writer, self._write_caches, self._group)
                rest.write_rest()
        except BaseException:
            self._undo()
            raise
        group, commit, fd = self._group, self._commit, None
        if group.light and len(done) >= _MANY:  # somebody drives the line, and some wait, so that others may come
            commit, fd = self._committing.begin(self._commit), self._committing.fd

        def end() -> list[line.Outcome]:
            try:
                with _named_errors():
                    commit()
            except BaseException:
                self._undo()
                raise
            for caches in (self._kept, self._write_caches):
                caches.know(group.nodes)
            return [task.end(rest, outcome) for task, outcome in zip(tasks, done, strict=False)]
        return line.Leaving(len(done), fd, end)

    def _commit(self) -> None:
        self._writer.execute("COMMIT")
        self._checkpointing.committed(self._writer)

    def _undo(self) -> None:
        with suppress(sqlite3.Error):
            self._writer.execute("ROLLBACK")
        self._write_caches.clear()

    def _begin(self) -> None:
        """Begins the transaction; light tasks don't wait for another process."""
        if not self._group.light:
            self._patiently(self._writer, "BEGIN IMMEDIATE")
            return
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as failure:
            if failure.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise line.MuchError from None
            raise

    def _patiently(self, db: sqlite3.Connection, sql: str) -> None:
        """Does what needs the file's write lock as soon as another process leaves it. SQLite looks for it ever more seldom, up to
        ten times a second: two busy processes would wait more than they write. To change the journal it does not wait at all."""
        until = monotonic() + self._busy_s
        while True:
            try:
                db.execute(sql)
                return
            except sqlite3.OperationalError as failure:
                if failure.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                    raise
            sleep(LOOK_S)

    def _one(self, task: line.Task) -> line.Outcome:
        """A task's job, under its own savepoint once it writes: its result, or what it raised after everything it did was
        undone."""
        tx, mark = SqliteTransaction(self._writer, self._write_caches, self._group), self._group.mark()
        try:
            result = task.job(tx)
        except Exception as failure:
            if isinstance(failure, sqlite3.Error) and not self._writer.in_transaction:
                raise  # SQLite gave the whole transaction up (full disk)
            if tx.saved:
                self._writer.execute("ROLLBACK TO job")
                self._writer.execute("RELEASE job")
            self._group.back_to(mark)
            self._write_caches.forget(tx.put_rows, tx.changed_rulebook, tx.mark)
            return None, _named(failure) if isinstance(failure, sqlite3.Error) else failure
        if tx.saved:
            self._writer.execute("RELEASE job")
        return result, None


def _migrate(db: sqlite3.Connection) -> None:
    """Brings the file to VERSION, one step a transaction. Raises store_newer, and store_broken for somebody else's file."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        raise error("store_newer", f"the store is version {found}, this program knows {VERSION}")
    for version in range(found + 1, VERSION + 1):
        script = files("antalya.store.sqlite").joinpath(f"{version:04}.sql").read_text(encoding="utf-8")
        db.execute("BEGIN IMMEDIATE")
        if db.execute("PRAGMA user_version").fetchone()[0] >= version:  # another process was first
            db.execute("ROLLBACK")
            continue
        if version == 1 and db.execute("SELECT 1 FROM sqlite_schema").fetchone():
            raise error("store_broken", "the file is a database of another program")
        if version == HELD:
            hold_volumes(lambda sql, values: db.execute(sql, values).fetchall(),
                         lambda rows: db.executemany("UPDATE volumes SET columns = ?2 WHERE operation = ?1", rows))
        for statement in _statements(script):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for text in script.splitlines(keepends=True):
        statement += text
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


_NAMES = {sqlite3.SQLITE_FULL: "store_full", sqlite3.SQLITE_READONLY: "store_read_only", sqlite3.SQLITE_BUSY: "store_busy",
          sqlite3.SQLITE_LOCKED: "store_busy", sqlite3.SQLITE_CANTOPEN: "store_read_only", sqlite3.SQLITE_IOERR: "store_full",
          sqlite3.SQLITE_PERM: "store_read_only", sqlite3.SQLITE_NOTADB: "store_broken", sqlite3.SQLITE_CORRUPT: "store_broken"}


def _named(failure: sqlite3.Error) -> Exception:
    """SQLite's error as one of the catalogue; what has no name there stays a defect."""
    code = getattr(failure, "sqlite_errorcode", None)
    name = _NAMES.get(code & 0xFF) if code is not None else None
    return error(name, str(failure)) if name else failure


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except AntalyaError:
        raise
    except sqlite3.Error as failure:
        raise _named(failure) from failure
