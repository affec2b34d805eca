"""Every test here runs on every store: `open_store` opens the same database again, `store` is the first opening of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from antalya.ports import Store
from antalya.store.postgres import PostgresStore
from antalya.store.sqlite import SqliteStore

KINDS = ("sqlite", "postgres", "postgres without its lock")


@dataclass(frozen=True)
class Database:
    """A store's class, and with what it opens the test's database."""

    kind: Callable[..., Any]
    where: str
    options: dict[str, Any]

    def open(self, **options: Any) -> Store:
        opened: Store = self.kind(self.where, **self.options | options)
        return opened


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    if request.param == "sqlite":
        return Database(SqliteStore, str(tmp_path / "antalya.sqlite"), {})
    return Database(PostgresStore, request.getfixturevalue("postgres_url"), {"lock": request.param == "postgres"})


@pytest.fixture
def open_store(database: Database) -> Iterator[Callable[..., Store]]:
    """Opens the test's database; everything opened is closed afterwards."""
    opened: list[Store] = []

    def open_(**options: Any) -> Store:
        opened.append(database.open(**options))
        return opened[-1]
    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()
