"""The embedded store: one SQLite file (WAL, synchronous=FULL), one line of writers, group commit."""

from antalya.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
