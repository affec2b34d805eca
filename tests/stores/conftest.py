"""Every test here runs on every store: `open_store` opens the same database again, `store` is the first opening of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from antalya.ports import Store
from antalya.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Store]]:
    """Opens the test's database; everything opened is closed afterwards."""
    kinds: dict[str, Callable[..., Any]] = {"sqlite": lambda **options: SqliteStore(tmp_path / "antalya.sqlite", **options)}
    opened: list[Store] = []

    def open_(**options: Any) -> Store:
        opened.append(kinds[request.param](**options))
        return opened[-1]
    yield open_
    for each in opened:
        each.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    return open_store()
