"""The shared store: a PostgreSQL database (SERIALIZABLE, synchronous_commit=on), one line of writers a process, group commit."""

from antalya.store.postgres.store import PostgresStore

__all__ = ["PostgresStore"]
