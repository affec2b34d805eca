"""Writing the PostgreSQL store: what only PostgreSQL's statements need."""

from collections.abc import Sequence
from itertools import chain

from antalya.store.postgres.reader import PostgresReader
from antalya.store.writer import SqlTransaction

_MOST_VALUES = 32_000
"""Values in one statement; the protocol takes 65,535."""


class PostgresTransaction(SqlTransaction, PostgresReader):
    """`ports.Transaction` over the writer's connection."""

    def save(self) -> None:
        self._db.execute("SAVEPOINT job")

    def _write(self, into: str, rows: Sequence[Sequence[object]], otherwise: str) -> None:
        while rows:
            most = _MOST_VALUES // len(rows[0])
            part, rows = rows[:most], rows[most:]
            row = f"({','.join(['%s'] * len(part[0]))})"
            # not executemany: that is a pipeline, which is not to be trusted where statements may be aborted (ADR 0007)
            self._db.execute(f"INSERT INTO {into} VALUES {','.join([row] * len(part))} {otherwise}",  # noqa: S608
                             list(chain.from_iterable(part)))
