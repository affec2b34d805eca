"""Reading the PostgreSQL store: what only PostgreSQL's statements need."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from psycopg import Connection

from antalya.store.reader import SqlReader


class PostgresReader(SqlReader):
    """`ports.Reader` over one connection inside one transaction."""

    AMONG = "= ANY(%b)"
    _db: Connection[Any]

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        cursor = self._db.execute(_numbered(sql), values, binary=True)
        return cursor.fetchall() if cursor.description else []

    def _list(self, values: Iterable[object]) -> object:
        return list(values)


@lru_cache(1_000)
def _numbered(sql: str) -> str:
    """A statement with psycopg's marks for values."""
    return sql.replace("?", "%s")
