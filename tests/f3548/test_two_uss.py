"""Two drone operators and a convoy, from first plan to last notice, over real HTTP: an exchange that `antalya serve` serves, and
two USSs with doors of their own."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx
import pytest
from msgspec import to_builtins
from tests.f3548.conftest import Uss, altitude, circle, new_id
from tests.f3548.peer import Peer
from tests.served import ExchangeServer

from antalya.model import Circle, Operation, Volume
from antalya.store.sqlite import SqliteStore

BASE = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
ALL = ("utm.strategic_coordination", "utm.constraint_processing", "utm.conformance_monitoring_sa")


def extent(start_h: float, end_h: float, lower_m: float, upper_m: float, radius_m: float = 800) -> dict[str, Any]:
    """A volume beside the convoy's road, hours after BASE."""
    def time(hours: float) -> dict[str, str]:
        return {"value": (BASE + timedelta(hours=hours)).isoformat().replace("+00:00", "Z"), "format": "RFC3339"}
    space = circle(37.95, 36.53, radius_m) | {"altitude_lower": altitude(lower_m), "altitude_upper": altitude(upper_m)}
    return {"volume": space, "time_start": time(start_h), "time_end": time(end_h)}


class Operator:
    """A drone operator's USS as the standard wants it: it asks managers for what its key lacks, and tells subscribers of what it
    changes."""

    def __init__(self, server: ExchangeServer, name: str, peer: Peer) -> None:
        self.name, self.peer, self._server = name, peer, server
        self.uss = Uss(server.url, lambda party, *scopes: server.token(party, *scopes, life_s=3_600), name)
        self.uss.url = peer.url

    def write(self, id_: str, volumes: list[dict[str, Any]], state: str, reference: dict[str, Any] | None = None,
              key: list[str] | None = None) -> httpx.Response:
        """A write of an intent's reference; where it is accepted, the details are kept and the subscribers told."""
        resting = {"subscription_id": reference["subscription_id"]} if reference else \
            {"new_subscription": {"uss_base_url": self.peer.url, "notify_for_constraints": True}}
        answer = self.uss.put(id_, self.uss.intent(*volumes, state=state, key=key or [], **resting), *ALL,
                              ovn=reference["ovn"] if reference else None)
        if answer.is_success:
            made = answer.json()
            off = volumes if state == "Nonconforming" else []
            self.peer.intents[id_] = {"reference": made["operational_intent_reference"],
                                      "details": {"volumes": volumes, "off_nominal_volumes": off, "priority": 0}}
            self.tell(made["subscribers"], id_, self.peer.intents[id_])
        return answer

    def end(self, reference: dict[str, Any]) -> None:
        answer = self.uss.delete(reference, *ALL)
        assert answer.status_code == 200, answer.text
        del self.peer.intents[reference["id"]]
        self.tell(answer.json()["subscribers"], reference["id"], None)

    def tell(self, subscribers: list[dict[str, Any]], id_: str, intent: dict[str, Any] | None) -> None:
        for each in subscribers:
            if each["uss_base_url"] != self.peer.url:
                body = {"operational_intent_id": id_, "subscriptions": each["subscriptions"]}
                body |= {} if intent is None else {"operational_intent": intent}
                httpx.post(f"{each['uss_base_url']}/uss/v1/operational_intents", json=body, timeout=30).raise_for_status()

    def learn(self, refused: httpx.Response) -> dict[str, str]:
        """The OVNs of what a refusal lists, from who manages it, by id."""
        known = {}
        for kind, missing in (("operational_intent", "missing_operational_intents"), ("constraint", "missing_constraints")):
            for reference in refused.json().get(missing, ()):
                token = self._server.token(self.name, *ALL, life_s=3_600)
                answer = httpx.get(f"{reference['uss_base_url']}/uss/v1/{kind}s/{reference['id']}", timeout=30,
                                   headers={"authorization": f"Bearer {token}"})
                answer.raise_for_status()
                known[reference["id"]] = answer.json()[kind]["reference"]["ovn"]
        return known

    def reference(self, answer: httpx.Response) -> dict[str, Any]:
        assert answer.is_success, answer.text
        return dict(answer.json()["operational_intent_reference"])


@pytest.fixture(params=["sqlite"])
def server(new_exchange_server: Callable[..., ExchangeServer], request: pytest.FixtureRequest) -> Iterator[ExchangeServer]:
    """An exchange that has an address as a USS, its own."""
    where = {"store": request.getfixturevalue("postgres_url")} if request.param == "postgres" else {}
    made = new_exchange_server(limits={"plain_http_uss": True}, **where)
    made.stop()
    with (made.dir / "antalya.toml").open("a") as settings:
        settings.write(f'\n[uss]\nid = "antalya"\nbase_url = "{made.url}"\n')
    made.start(int(made.url.rsplit(":", 1)[1]))
    yield made
    made.stop()


@pytest.fixture
def operators(server: ExchangeServer) -> Iterator[list[Operator]]:
    made = [Operator(server, name, Peer()) for name in ("US", "AID")]
    yield made
    for each in made:
        each.uss.close()
        each.peer.close()


def convoy(lower_m: float = 300, **fields: Any) -> dict[str, Any]:
    """A convoy of Turkey's liaison cell, through Manbij; anybody may see its envelope."""
    volumes = (Volume(outline=Circle(center=(37.95, 36.53), radius_m=1_500), lower_m=lower_m, upper_m=lower_m + 400,
                      starts_at=BASE, ends_at=BASE + timedelta(hours=3)),)
    made: dict[str, Any] = to_builtins(Operation(**({"id": new_id(), "party": "TR", "activity": "convoy", "volumes": volumes,
                                                     "disclosure": {"*": "envelope"}} | fields)))
    return made


def constraints_told(operator: Operator, count: int) -> list[dict[str, Any]]:
    """What the exchange told an operator, once it told so much; with tokens of its own, made out to the one it told."""
    operator.peer.heard(count, 30, what="constraints")
    told = [(body, token) for what, body, token in operator.peer.told if what == "constraints"]
    for _, token in told:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (claims["sub"], claims["aud"], claims["scope"]) == ("antalya", "127.0.0.1", "utm.constraint_management")
    return [body for body, _ in told]


def test_two_operators_beside_a_convoy(server: ExchangeServer, operators: list[Operator]) -> None:
    one, two = operators
    cell = server.client("TR")
    plan = convoy()
    cell.post("/v1/operations", json=plan).raise_for_status()

    # The first operator plans beside it: it lacks the convoy's OVN, learns it from the exchange, and comes in.
    first, low = new_id(), [extent(0.5, 1.5, 350, 450)]
    refused = one.write(first, low, "Accepted")
    assert refused.status_code == 409
    assert "OVNs of 1 constraint" in refused.json()["message"]
    [shown] = refused.json()["missing_constraints"]
    assert (shown["manager"], shown["uss_base_url"]) == ("antalya", server.url)
    key = one.learn(refused)
    mine = one.reference(one.write(first, low, "Accepted", key=list(key.values())))

    # For the convoy's cell it is an operation, which comes near; the exchange asks its operator for the details.
    assert [drone["activity"] for drone in drones(cell)] == ["drone"]
    [finding] = cell.get("/v1/findings").json()["items"]
    assert {finding["operation"], finding["other"]} == {plan["id"], drones(cell)[0]["id"]}
    one.peer.was_asked(first)

    # The second plans through the first: it lacks both OVNs, asks both managers, moves above, and comes in; the first hears.
    second, high = new_id(), [extent(0.5, 1.5, 400, 500)]
    refused = two.write(second, high, "Accepted")
    assert "OVNs of 1 operational intent and 1 constraint" in refused.json()["message"]
    known = two.learn(refused)
    assert known == {shown["id"]: key[shown["id"]], first: mine["ovn"]}
    high = [extent(0.5, 1.5, 450, 550)]
    theirs = two.reference(two.write(second, high, "Accepted", key=list(known.values())))
    [heard] = one.peer.heard(1, what="operational_intents")
    assert heard["operational_intent"]["reference"]["ovn"] == theirs["ovn"]
    assert heard["operational_intent"]["details"]["volumes"] == high
    assert heard["subscriptions"] == [{"subscription_id": mine["subscription_id"], "notification_index": 2}]

    # The first takes off, with what it was told in its key, then strays: the second hears of each.
    mine = one.reference(one.write(first, low, "Activated", mine, [*key.values(), theirs["ovn"]]))
    wide = [extent(0.5, 1.5, 300, 600, 2_000)]
    mine = one.reference(one.write(first, wide, "Nonconforming", mine))
    states = [body["operational_intent"]["reference"]["state"] for body in two.peer.heard(2, what="operational_intents")]
    assert states == ["Activated", "Nonconforming"]
    assert sorted(drone["state"] for drone in drones(cell)) == ["accepted", "nonconforming"]
    [strayed] = [body["operational_intent"]["details"] for body in two.peer.heard(2, what="operational_intents")][1:]
    assert strayed["off_nominal_volumes"] == wide

    # The convoy climbs: both are told by the exchange, and with the old OVN nobody takes off.
    etag = cell.get(f"/v1/operations/{plan['id']}").headers["etag"]
    cell.put(f"/v1/operations/{plan['id']}", json=convoy(600, id=plan["id"]), headers={"if-match": etag}).raise_for_status()
    for operator in operators:
        [climbed] = constraints_told(operator, 1)
        assert climbed["constraint"]["reference"]["version"] == 2
        assert {v["volume"]["altitude_upper"]["value"] for v in climbed["constraint"]["details"]["volumes"]} == {1_000}
        assert "37.95" not in str(climbed["constraint"]["details"])
    new = climbed["constraint"]["reference"]["ovn"]
    assert two.write(second, high, "Activated", theirs, [mine["ovn"], key[shown["id"]]]).status_code == 409
    theirs = two.reference(two.write(second, high, "Activated", theirs, [mine["ovn"], new]))

    # All of it ends, and everybody hears that.
    one.end(mine)
    assert "operational_intent" not in two.peer.heard(3, what="operational_intents")[-1]
    etag = cell.get(f"/v1/operations/{plan['id']}").headers["etag"]
    cell.delete(f"/v1/operations/{plan['id']}", headers={"if-match": etag}).raise_for_status()
    assert "constraint" not in constraints_told(two, 2)[-1]
    two.end(theirs)
    everything = circle(37.95, 36.53, 5_000)
    for what in ("operational_intent_references", "constraint_references"):
        assert one.uss.search({"volume": everything}, what) == []
    assert drones(cell) == []
    told = notified(server)
    assert [entry["subject"] for entry in told].count("AID") == 2
    assert {entry["outcome"] for entry in told} == {"accepted"}


def drones(cell: httpx.Client) -> list[dict[str, Any]]:
    """The drones that a liaison cell sees in the air or about to be."""
    items = [each["operation"] for each in cell.get("/v1/operations").json()["items"]]
    return [each for each in items if each["party"] in ("US", "AID") and each["state"] not in ("ended", "withdrawn")]


def notified(server: ExchangeServer) -> list[dict[str, Any]]:
    """Whom the exchange told what, as the broker reads it in the log."""
    items = server.client("broker", "antalya.read", "antalya.broker").get("/v1/log/leaves", params={"limit": 5_000}).json()["items"]
    return [item["entry"] for item in items if item["entry"]["kind"] == "utm.notified"]


def test_what_is_to_be_told_survives_kill_9(server: ExchangeServer, operators: list[Operator]) -> None:
    one, _ = operators
    wide = extent(0, 3, 0, 3_000, 3_000)
    one.uss.subscribe(wide, *ALL, notify_for_operational_intents=True, notify_for_constraints=True)
    one.peer.answers += [503]
    server.client("TR").post("/v1/operations", json=convoy()).raise_for_status()
    assert one.peer.refused.wait(20)
    put_off(server)
    server.kill()
    assert one.peer.told == []
    server.start(int(server.url.rsplit(":", 1)[1]))
    [told] = constraints_told(one, 1)
    assert told["subscriptions"][0]["notification_index"] == 1


@pytest.mark.parametrize("server", ["sqlite", "postgres"], indirect=True)
def test_two_processes_on_one_store_tell_each_thing_once_and_in_order(server: ExchangeServer, operators: list[Operator]) -> None:
    one, _ = operators
    one.uss.subscribe(extent(0, 3, 0, 3_000, 3_000), *ALL, notify_for_operational_intents=True, notify_for_constraints=True)
    second = server.beside()
    try:
        for n in range(6):
            (server, second)[n % 2].client("TR").post("/v1/operations", json=convoy(50.0 * n)).raise_for_status()
        told = constraints_told(one, 6)
        assert [body["subscriptions"][0]["notification_index"] for body in told] == [1, 2, 3, 4, 5, 6]
    finally:
        second.stop()
    assert len(constraints_told(one, 6)) == 6


def put_off(server: ExchangeServer) -> None:
    """Returns once the server has put off what it could not deliver."""
    store = SqliteStore(server.dir / "antalya.sqlite")
    try:
        until = monotonic() + 20
        while monotonic() < until:
            with store.read() as tx:
                if [notice.until for notice in tx.notices(10)] == [0]:
                    return
        raise AssertionError("nothing was put off")
    finally:
        store.close()
