"""Reading the SQLite store: what only SQLite's statements need."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from antalya.picture import Coverage
from antalya.store.reader import SqlReader
from antalya.store.rows import micros

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

    def _touching(self, coverage: Coverage) -> set[int]:
        from antalya.geometry.cells import ancestors, cell_range  # here: keeps the store's import cheap for tools
        window = (micros(coverage.starts_at), micros(coverage.ends_at), coverage.lower_m, coverage.upper_m)
        near = "ends_at >= ? AND starts_at <= ? AND upper_m >= ? AND lower_m <= ?"
        found = {row[0] for row in self._rows(f"SELECT operation FROM cell WHERE cell {self.AMONG} AND {near}",  # noqa: S608
                                              (self._list(ancestors(coverage.cells)), *window))}
        for cell in coverage.cells:
            rows = self._rows(f"SELECT operation FROM cell WHERE cell BETWEEN ? AND ? AND {near}",  # noqa: S608
                              (*cell_range(cell), *window))
            found.update(row[0] for row in rows)
        return found


def marks(values: Sequence[object]) -> str:
    """Question marks for a row of values."""
    return ",".join("?" * len(values))
