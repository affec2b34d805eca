"""Writing the SQLite store: what only SQLite's statements need."""

from collections.abc import Sequence

from antalya.store.sqlite.reader import SqliteReader, marks
from antalya.store.writer import SqlTransaction


class SqliteTransaction(SqlTransaction, SqliteReader):
    """`ports.Transaction` over the writer's connection."""

    def save(self) -> None:
        self._db.execute("SAVEPOINT job")

    def _write(self, into: str, rows: Sequence[Sequence[object]], otherwise: str) -> None:
        self._db.executemany(f"INSERT INTO {into} VALUES ({marks(rows[0])}) {otherwise}", rows)  # noqa: S608
