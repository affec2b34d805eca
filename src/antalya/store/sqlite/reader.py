"""Reading the SQLite store: what only SQLite's statements need."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from antalya.store.reader import SqlReader

FEW = 4
"""So many values are written one by one into a statement."""


class SqliteReader(SqlReader):
    """`ports.Reader` over one connection inside one transaction."""

    AMONG = "IN (SELECT value FROM json_each(?))"
    _db: sqlite3.Connection

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def _of(self, sql: str, ids: Iterable[object], *before: object) -> list[Any]:
        wanted = list(ids)
        if not 0 < len(wanted) <= FEW:
            return super()._of(sql, wanted, *before)
        return self._rows(f"{sql}IN ({', '.join('?' * len(wanted))})", (*before, *wanted))  # a list as JSON has to be read

    def _list(self, values: Iterable[object]) -> object:
        return json.dumps(list(values))


def marks(values: Sequence[object]) -> str:
    """Question marks for a row of values."""
    return ",".join("?" * len(values))
