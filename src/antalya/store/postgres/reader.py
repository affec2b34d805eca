"""Reading the PostgreSQL store: what only PostgreSQL's statements need."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from psycopg import Connection

from antalya.picture import Coverage
from antalya.store.reader import SqlReader
from antalya.store.rows import micros

_NEAR = "ends_at >= ? AND starts_at <= ? AND upper_m >= ? AND lower_m <= ?"
_MOST_RANGES = 200
"""Ranges of cells in one statement: each is a walk of the index's own, for the planner must not weigh them as a join."""


class PostgresReader(SqlReader):
    """`ports.Reader` over one connection inside one transaction."""

    AMONG = "= ANY(%b)"
    _db: Connection[Any]

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        cursor = self._db.execute(_numbered(sql), values, binary=True)
        return cursor.fetchall() if cursor.description else []

    def _list(self, values: Iterable[object]) -> object:
        return list(values)

    def _touching(self, coverage: Coverage) -> set[int]:
        from antalya.geometry.cells import ancestors, cell_range  # here: keeps the store's import cheap for tools
        window = (micros(coverage.starts_at), micros(coverage.ends_at), coverage.lower_m, coverage.upper_m)
        held, cells = list(ancestors(coverage.cells)), list(coverage.cells)
        found: set[int] = set()
        while held or cells:
            part, cells = cells[:_MOST_RANGES], cells[_MOST_RANGES:]
            near = " OR ".join(["cell = ANY(%b)", *["cell BETWEEN ? AND ?"] * len(part)])
            values = [held, *(end for cell in part for end in cell_range(cell)), *window]
            rows = self._rows(f"SELECT operation FROM cell WHERE ({near}) AND {_NEAR}", values)  # noqa: S608
            found.update(row[0] for row in rows)
            held = []
        return found


@lru_cache(1_000)
def _numbered(sql: str) -> str:
    """A statement with psycopg's marks for values."""
    return sql.replace("?", "%s")
