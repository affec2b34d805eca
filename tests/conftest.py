"""What holds for all tests: Hypothesis without deadlines, since the machines that run them are shared; and their fixtures.

`exchange_server`: an exchange that `antalya init` made and `antalya serve` serves, in its own process on a free port, as a
user has it (tests/served.py says what it can do). A test that changes much, or stops the server, takes a new one from
`new_exchange_server`. For tests of the steps and the hub in this process there is tests/world.py.

`postgres_server`: a PostgreSQL server (tests/postgres.py); `postgres_url`: the address of an empty database in it.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from tests.postgres import PostgresServer, programs
from tests.served import ExchangeServer

settings.register_profile("house", deadline=None, max_examples=30, print_blob=True, suppress_health_check=[HealthCheck.too_slow],
                          derandomize=bool(os.environ.get("CI")))
settings.load_profile("house")

LONGEST = ("real_data", "crash", "benchmarks", "browser", "checking", "docs", "f3548", "entry", "stores")
"""Folders whose files take longest: they are begun first, so that no process ends the run alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Longest folders first; within them as they were collected."""
    def rank(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)
    items.sort(key=rank)


@pytest.fixture(scope="session")
def new_exchange_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ExchangeServer]]:
    """Makes exchange servers: `new_exchange_server(limits=…, parties=…, store=…)`; all are ended at the end."""
    made: list[ExchangeServer] = []
    numbers = itertools.count()

    def make(limits: dict[str, Any] | None = None, **options: Any) -> ExchangeServer:
        made.append(ExchangeServer(tmp_path_factory.mktemp("served") / f"exchange-{next(numbers)}", limits, **options))
        return made[-1]
    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="module")
def exchange_server(new_exchange_server: Callable[..., ExchangeServer]) -> ExchangeServer:
    """One exchange server for all tests of a file."""
    return new_exchange_server()


@pytest.fixture(scope="session")
def new_postgres_server() -> Iterator[Callable[..., PostgresServer]]:
    """Makes PostgreSQL servers: `new_postgres_server(setting="value")`; all are ended at the end."""
    where, made = programs(), list[PostgresServer]()
    if where is None:
        words = "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)

    def make(**settings: str) -> PostgresServer:
        made.append(PostgresServer(where, **settings))
        return made[-1]
    yield make
    for server in made:
        server.end()


@pytest.fixture(scope="session")
def postgres_server(new_postgres_server: Callable[..., PostgresServer]) -> PostgresServer:
    """One PostgreSQL server for all tests."""
    return new_postgres_server()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database."""
    url = postgres_server.new_database()
    yield url
    postgres_server.drop_database(url)
