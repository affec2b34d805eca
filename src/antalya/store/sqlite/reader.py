"""Reading the SQLite store: what only SQLite's statements need."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from antalya.picture import Coverage
from antalya.store.reader import SqlReader
from antalya.store.rows import micros

_MOST_IDS = 500
"""How many values one IN list has: SQLite bounds them, and few lengths mean few statements to prepare."""


class SqliteReader(SqlReader):
    """`ports.Reader` over one connection inside one transaction."""

    _db: sqlite3.Connection

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        return self._db.execute(sql, values).fetchall()

    def _among(self, sql: str, ids: Iterable[object], values: Sequence[object] = ()) -> list[Any]:
        found: list[Any] = []
        for part in _parts(ids):
            found += self._rows(sql.replace("{ids}", f"IN ({marks(part)})"), [*values, *part])
        return found

    def _touching(self, coverage: Coverage) -> set[int]:
        from antalya.geometry.cells import ancestors, cell_range  # here: keeps the store's import cheap for tools
        window = (micros(coverage.starts_at), micros(coverage.ends_at), coverage.lower_m, coverage.upper_m)
        near = "ends_at >= ? AND starts_at <= ? AND upper_m >= ? AND lower_m <= ?"
        found = {row[0] for row in self._among(f"SELECT operation FROM cell WHERE {near} AND cell {{ids}}",  # noqa: S608
                                               ancestors(coverage.cells), window)}
        for cell in coverage.cells:
            rows = self._db.execute(f"SELECT operation FROM cell WHERE cell BETWEEN ? AND ? AND {near}",  # noqa: S608
                                    (*cell_range(cell), *window))
            found.update(row[0] for row in rows)
        return found


def marks(values: Sequence[object]) -> str:
    """Question marks for an IN list."""
    return ",".join("?" * len(values))


def _parts(values: Iterable[object]) -> Iterable[list[object]]:
    part: list[object] = []
    for value in values:
        part.append(value)
        if len(part) == _MOST_IDS:
            yield part
            part = []
    if part:
        yield part
