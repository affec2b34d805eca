"""What answers are made with while a transaction is on its way, and once it is durable."""

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection

from antalya.store import line
from antalya.store.group import Group
from antalya.store.postgres.writer import PostgresTransaction
from antalya.store.rows import Caches


class Afterwards(PostgresTransaction):
    """What answers are made with while what the jobs did becomes durable. What of them can't be made without asking the database
    is made once it is (`durable`). The next transaction may be on its way by then, and is waited for before anything is asked."""

    def __init__(self, db: Connection[Any], caches: Caches, group: Group, prepared: dict[str, bytes],
                 free: Callable[[], object]) -> None:
        super().__init__(db, caches, group, prepared)
        self._free, self.durable = free, False

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        if not self.durable:
            raise _TooEarlyError
        self._free()
        return super()._ask(sql, values)

    def ahead(self, task: line.Task, outcome: line.Outcome) -> line.Outcome | None:
        """What a task came to; None where that can't be said yet."""
        try:
            return task.end(self, outcome)
        except _TooEarlyError:
            return None


class _TooEarlyError(BaseException):
    """Something can't be said before the transaction is durable."""
