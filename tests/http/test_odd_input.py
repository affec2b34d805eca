"""Numbers beyond a database's and control characters, at every path and query parameter there is, on every store."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from tests.served import ExchangeServer

from antalya.entry.http.app import ROWS
from antalya.entry.http.endpoint import Endpoint
from antalya.store.system import ids
from antalya.wire.tokens import SCOPES

NATIVE = [row for row, _ in ROWS if row.path.startswith("/v1/")]
DRONE = [row for row, _ in ROWS if not row.path.startswith("/v1/")]
NUMBERS = [(row, query.name) for row in NATIVE for query in row.query if query.kind is int]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def client(request: pytest.FixtureRequest, new_exchange_server: Callable[..., ExchangeServer]) -> Any:
    """A party with every scope, at a served exchange."""
    url = request.getfixturevalue("postgres_server").new_database() if request.param == "postgres" else None
    server = new_exchange_server(store=url)
    made = httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {server.token('TR', *SCOPES, life_s=3_000)}"},
                        timeout=30)
    yield made
    made.close()
    server.stop()


def path_of(row: Endpoint, word: str) -> str:
    """A row's path with a word for each of its names."""
    return "/".join(word if part.startswith("{") else part for part in row.path.split("/"))


def test_a_number_beyond_those_of_a_database_is_a_bad_field(client: httpx.Client) -> None:
    assert {("/v1/operations", "after"), ("/v1/log/leaves", "from"), ("/v1/events", "after")} <= {(r.path, n) for r, n in NUMBERS}
    for row, name in NUMBERS:
        for number in (2**63, 10**20, 10**400, -1):
            answer = client.request(row.method, path_of(row, ids()), params={name: number})
            assert (answer.status_code, answer.json()["code"], answer.json()["at"]) == (422, "bad_field", name), (row.path, number)
    for path, name in (("/v1/operations", "after"), ("/v1/log/leaves", "from")):
        assert client.get(path, params={name: 2**63 - 1}).json() == {"items": [], "next": None}


@pytest.mark.parametrize("character", ["%00", "%0A", "%1f", "%7F", "%C2%85"])
def test_nothing_has_an_id_with_control_characters(client: httpx.Client, character: str) -> None:
    for row in NATIVE:
        if "{" in row.path:
            answer = client.request(row.method, path_of(row, f"a{character}b"))
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (row.method, row.path)
    for row in DRONE:
        if "{" in row.path:
            answer = client.request(row.method, path_of(row, f"a{character}b"))
            assert answer.status_code == 400, (row.method, row.path, answer.text)  # the standard has no 404 for most
            assert "[bad_field " in answer.json()["message"]


@pytest.mark.parametrize(("path", "name"), [("/v1/findings", "operation"), ("/v1/asks", "after"), ("/v1/asks", "state"),
                                            ("/v1/operations", "bbox")])
def test_a_query_parameter_has_no_control_characters(client: httpx.Client, path: str, name: str) -> None:
    for character in "\0", "\n", "\x7f":
        answer = client.get(path, params={name: f"a{character}b"})
        assert (answer.status_code, answer.json()["code"], answer.json()["at"]) == (422, "bad_field", name)


@pytest.mark.parametrize("said", ["yesterday", "2017-03-07", "2017-03-07T06:00", "1488866400"])
def test_a_time_that_is_none_is_told_what_one_looks_like(client: httpx.Client, said: str) -> None:
    answer = client.get("/v1/operations", params={"from": said})
    assert (answer.status_code, answer.json()["code"], answer.json()["at"]) == (422, "bad_field", "from")
    assert "2017-03-07T06:00:00Z" in answer.json()["detail"]
