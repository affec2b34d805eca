"""What a doctor wants to know of a store's file. Nothing in it is changed: not even its version."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from antalya.store.sqlite.store import VERSION


class Look(NamedTuple):
    """`version` of the file (0: no exchange is kept in it) and that which this program `wants`; its `journal`; the `last_at` of
    its log (microseconds since 1970) and how many `leaves` that has."""

    version: int
    wants: int
    journal: str
    last_at: int
    leaves: int


def look(file: Path) -> Look:
    """Looks into a file that is there, and whether it could be written. Raises sqlite3.Error."""
    address = f"{file.absolute().as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=5, isolation_level=None)) as db:
        journal = db.execute("PRAGMA journal_mode").fetchone()[0]
        db.execute("BEGIN IMMEDIATE")
        db.execute("ROLLBACK")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if not version:
            return Look(0, VERSION, journal, 0, 0)
        [(last_at, leaves)] = db.execute("SELECT (SELECT value FROM meta WHERE key = 'last_at'), "
                                         "(SELECT coalesce(max(idx) + 1, 0) FROM leaf)").fetchall()
        return Look(version, VERSION, journal, int(last_at or 0), leaves)


def version_of(file: Path) -> int | None:
    """The version of a file's tables; 0 where there are none, or no file, None where they can't be read: whoever opens it says
    why."""
    try:
        if not file.exists():
            return 0
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])
    except (OSError, sqlite3.Error):
        return None


def can_wal(directory: Path) -> bool:
    """Whether a file there can have a write-ahead log, by one that is made for that. Raises sqlite3.Error."""
    probe = directory / f".doctor-{os.getpid()}.sqlite"
    try:
        with closing(sqlite3.connect(probe)) as db:
            return bool(db.execute("PRAGMA journal_mode = WAL").fetchone()[0] == "wal")
    finally:
        for end in ("", "-wal", "-shm"):
            Path(f"{probe}{end}").unlink(missing_ok=True)
