"""What answers are made with while a transaction is on its way, and once it is durable."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import Connection

from antalya.model.errors import error
from antalya.store import line
from antalya.store.group import Group
from antalya.store.postgres.writer import PostgresTransaction
from antalya.store.rows import Caches


class Afterwards(PostgresTransaction):
    """What answers are made with while what the jobs did becomes durable. What of them can't be made without asking the database
    is made once it is (`durable`), before the next transaction is begun."""

    def __init__(self, db: Connection[Any], caches: Caches, group: Group, prepared: dict[str, bytes]) -> None:
        super().__init__(db, caches, group, prepared)
        self.durable = False

    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        if not self.durable:
            raise _TooEarlyError
        return super()._ask(sql, values)

    def ahead(self, task: line.Task, outcome: line.Outcome) -> line.Outcome | None:
        """What a task came to; None where that can't be said yet."""
        try:
            return task.end(self, outcome)
        except _TooEarlyError:
            return None

    def late(self, task: line.Task, outcome: line.Outcome) -> line.Outcome:
        """What a task came to that is durable. not_ready where the database does not say what the answer needs."""
        made = task.end(self, outcome)
        if outcome[1] is None and isinstance(made[1], psycopg.Error):
            return None, error("not_ready", "the store's server went away after the commit: look whether it was kept")
        return made


class _TooEarlyError(BaseException):
    """Something can't be said before the transaction is durable."""
