"""The DSS as `antalya serve` serves it: two processes on one store are one DSS; what was accepted survives kill -9."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.f3548.conftest import Uss, circle, new_id, volume
from tests.served import ExchangeServer


def soon(where: dict[str, Any] | None = None) -> dict[str, Any]:
    """A volume from now, by the machine's clock."""
    now = datetime.now(UTC)
    made = volume(where or circle())
    for name, hours in (("time_start", 1), ("time_end", 2)):
        made[name]["value"] = (now + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
    return made


PLACE = soon(circle(40.0))


@pytest.fixture
def served(new_exchange_server: Callable[..., ExchangeServer]) -> Iterator[Callable[..., tuple[ExchangeServer, Uss]]]:
    made: list[Uss] = []

    def serve(name: str, server: ExchangeServer | None = None, **options: Any) -> tuple[ExchangeServer, Uss]:
        at = server or new_exchange_server(**options)
        made.append(Uss(at.url, lambda party, *scopes: at.token(party, *scopes, life_s=3_600), name))
        return at, made[-1]
    yield serve
    for uss in made:
        uss.close()


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_two_processes_on_one_store_are_one_dss(served: Callable[..., tuple[ExchangeServer, Uss]], store: str,
                                                request: pytest.FixtureRequest) -> None:
    where = {"store": request.getfixturevalue("postgres_url")} if store == "postgres" else {}
    first, uss1 = served("US", **where)
    second = first.beside()
    try:
        _, uss2 = served("TR", second)
        made = uss1.create(soon())
        assert [r["id"] for r in uss2.search(volume(start=None, end=None))] == [made["id"]]
        refused = uss2.put(new_id(), uss2.intent(soon()))
        assert [r["id"] for r in refused.json()["missing_operational_intents"]] == [made["id"]]
        uss2.subscribe(soon())
        changed = uss1.change(made, soon())
        assert [s["uss_base_url"] for s in changed.json()["subscribers"]] == [uss2.url]
        assert len({made["ovn"], *enter_by_turns(uss1, uss2)}) == 9
    finally:
        second.stop()
        first.stop()


def enter_by_turns(*usses: Uss) -> list[str]:
    """Eight intents race in through all doors; each comes in once it knows all that are in. Their OVNs."""
    known: dict[str, str] = {}

    def enter(uss: Uss) -> str:
        id_ = new_id()
        while (answer := uss.put(id_, uss.intent(PLACE, key=list(known.values())))).status_code == 409:
            assert answer.json()["missing_operational_intents"]
        known[id_] = answer.json()["operational_intent_reference"]["ovn"]
        return known[id_]

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(enter, [uss for uss in usses for _ in range(8 // len(usses))]))


def test_what_was_accepted_survives_kill_9(served: Callable[..., tuple[ExchangeServer, Uss]]) -> None:
    server, uss = served("US")
    made = uss.create(soon(), new_subscription={"uss_base_url": "https://us.example/uss"})
    server.kill()
    server.start()
    _, again = served("US", server)
    assert again.get(made["id"]).json()["operational_intent_reference"] == made
    assert again.call("GET", f"subscriptions/{made['subscription_id']}").status_code == 200
