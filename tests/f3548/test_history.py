"""What stays: the log of every write and refusal, the same answer for a retry, OVNs that never come twice, exact races."""

import json
import secrets
import socket
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from tests.f3548.conftest import ALL, Uss, circle, logged, new_id, volume
from tests.http.conftest import Door

from antalya.exchange.coordination import constraints, extents, intents, reading, subscriptions
from antalya.exchange.coordination.writing import Request
from antalya.exchange.hub import Evidence
from antalya.geometry.cells import footprint
from antalya.model import f3548
from antalya.model.errors import AntalyaError
from antalya.model.limits import Limits
from antalya.wire.decode import decode
from antalya.wiring import exchange


@pytest.fixture(params=[False, True], ids=["alone", "kept"])
def door(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    """All of this also through a door with another process behind it: whether an answer arrived is known there only."""
    made = Door(tmp_path, uss=True, kept=request.param)
    yield made
    made.close()


def uuid7(now: datetime) -> str:
    """A UUIDv7 of a moment (RFC 9562, 5.7)."""
    return str(uuid.UUID(int=int(now.timestamp() * 1_000) << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62
                         | secrets.randbits(62)))


def test_every_write_and_refusal_leaves_its_leaf_and_deletion_its_history(door: Door, uss1: Uss, uss2: Uss) -> None:
    made = uss1.create()
    changed = uss1.change(made, volume(end=3)).json()["operational_intent_reference"]
    uss2.delete(changed)
    uss1.delete(changed)
    mine = logged(door, "US", "utm.intent")
    assert [(leaf["subject"], leaf["version"], leaf["outcome"]) for leaf in mine] == [
        (made["id"], 1, "accepted"), (made["id"], 2, "accepted"), (made["id"], 2, "accepted")]
    assert json.loads(mine[1]["content"])["extents"] == [volume(end=3)]
    assert mine[2]["content"] == f"DELETE /dss/v1/operational_intent_references/{made['id']}/{changed['ovn']}"
    refused = logged(door, "TR", "utm.intent")
    assert [(leaf["outcome"], leaf["code"]) for leaf in refused] == [("refused", "not_yours")]


# the same answer for a retry


def test_a_repeated_change_or_deletion_gets_the_first_answer_again(door: Door, uss1: Uss) -> None:
    uss1.subscribe()
    made = uss1.create()
    first = uss1.change(made, volume(end=3))
    again = uss1.change(made, volume(end=3))
    assert (again.status_code, again.json()) == (200, first.json())
    assert uss1.change(made, volume(end=4)).status_code == 409
    reference = first.json()["operational_intent_reference"]
    assert uss1.delete(reference).json() == uss1.delete(reference).json()
    assert uss1.change(made, volume(end=3)).status_code == 400
    assert len(logged(door, "US", "utm.intent")) == 3 + 2


def test_a_repeated_change_of_a_subscription_is_not_answered_with_what_it_was(uss1: Uss) -> None:
    """An intent that rests on an implicit subscription widens it, or takes it away with itself."""
    made = uss1.create(new_subscription={"uss_base_url": uss1.url})
    before = uss1.call("GET", f"subscriptions/{made['subscription_id']}").json()["subscription"]
    change = {"extent": volume(end=3), "id_": before["id"], "version": before["version"]}
    assert uss1.subscribe(**change).json() == uss1.subscribe(**change).json()
    made = uss1.change(made, volume(circle(38.2), end=9), subscription_id=before["id"]).json()["operational_intent_reference"]
    assert uss1.subscribe(**change).status_code == 409
    now = uss1.call("GET", f"subscriptions/{before['id']}").json()["subscription"]
    again = {"extent": volume(circle(38.2, radius_m=900), end=9), "id_": before["id"], "version": now["version"]}
    assert uss1.subscribe(**again).status_code == 200
    uss1.delete(made)
    assert uss1.subscribe(**again).status_code == 400


def test_a_creation_is_repeated_under_its_key_only(uss1: Uss, uss2: Uss) -> None:
    id_, body = new_id(), uss1.intent()
    key = {"idempotency-key": "k-1"}
    first = uss1.put(id_, body, headers=key)
    again = uss1.put(id_, body, headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert uss1.put(id_, body).status_code == 409
    assert uss1.put(id_, uss1.intent(volume(end=3)), headers=key).status_code == 409
    assert uss2.put(new_id(), uss2.intent(volume(circle(39.0))), headers=key).status_code == 201


def test_who_went_away_before_the_answer_gets_it_the_next_time(door: Door, uss1: Uss) -> None:
    id_, body, store = new_id(), json.dumps(uss1.intent()).encode(), door.world.hub.store
    holding, let_go = Event(), Event()

    def hold(_: Any) -> None:
        holding.set()
        let_go.wait(30)

    def turn() -> None:
        """Some turns of the server's loop."""
        for _ in range(10):
            assert httpx.get(f"{door.url}/healthz").status_code == 200

    def written() -> bool:
        with store.read() as tx:
            return tx.utm_answered("intent", id_) is not None

    with ThreadPoolExecutor(1) as pool:
        pool.submit(store.write, hold)
        assert holding.wait(30)
        host, port = door.url.removeprefix("http://").split(":")
        head = (f"PUT /dss/v1/operational_intent_references/{id_} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
                f"Authorization: Bearer {door.token('US', *ALL, life_s=3_600)}", f"Content-Length: {len(body)}", "", "")
        with socket.create_connection((host, int(port))) as line:
            line.sendall("\r\n".join(head).encode() + body)
            turn()
        turn()
        let_go.set()
    while not written():
        turn()
    turn()
    door.world.later(seconds=2)
    answer = uss1.call("PUT", f"operational_intent_references/{id_}", content=body)
    assert answer.status_code == 201
    assert answer.json()["operational_intent_reference"]["version"] == 1
    assert [leaf["outcome"] for leaf in logged(door, "US", "utm.intent")] == ["accepted"]


WRITES: dict[str, tuple[str, Callable[..., bytes], type]] = {
    "operational_intent_references": ("intent", intents.put, f3548.PutIntent),
    "constraint_references": ("constraint", constraints.put, f3548.PutConstraint),
    "subscriptions": ("subscription", subscriptions.put, f3548.PutSubscription)}


def body_of(what: str, uss: Uss) -> bytes:
    bodies = {"operational_intent_references": uss.intent(), "constraint_references": {"extents": [volume()]},
              "subscriptions": {"extents": volume(), "notify_for_operational_intents": True}}
    return json.dumps({"uss_base_url": uss.url} | bodies[what]).encode()


def at_another(door: Door, what: str, id_: str, body: bytes) -> dict[str, Any]:
    """Creates something at another process on the store, which is gone before it has answered; what it would have."""
    hub = exchange(door.world.path, door.world.keys, "antalya.test/log", Limits(), clock=door.world.clock, uss=door.world.hub.uss)
    try:
        request = Request("US", frozenset(ALL), f"PUT /dss/v1/{what}/{id_}", Evidence(body, None, body))
        return dict(json.loads(WRITES[what][1](hub, request, id_, decode(body, WRITES[what][2]))))
    finally:
        hub.store.close()


@pytest.mark.parametrize("what", WRITES)
def test_a_process_that_ends_between_commit_and_answer_leaves_the_answer_to_the_others(door: Door, uss1: Uss, what: str) -> None:
    id_, body = new_id(), body_of(what, uss1)
    lost = at_another(door, what, id_, body)
    answer = uss1.call("PUT", f"{what}/{id_}", content=body)
    assert (answer.status_code, answer.json()) == (200 if what == "subscriptions" else 201, lost)
    assert len(logged(door, "US", f"utm.{WRITES[what][0]}")) == 1
    assert uss1.call("PUT", f"{what}/{id_}", content=body).status_code == 409


@pytest.mark.parametrize("what", WRITES)
def test_what_was_handed_over_is_so_at_every_process_after_a_tick(door: Door, uss1: Uss, what: str) -> None:
    id_, body = new_id(), body_of(what, uss1)
    first = uss1.call("PUT", f"{what}/{id_}", content=body).json()
    assert at_another(door, what, id_, body) == first
    door.world.later(seconds=2)
    with pytest.raises(AntalyaError, match="stale_ovn"):
        at_another(door, what, id_, body)


def test_a_lost_answer_is_not_given_once_it_is_not_so_any_more(door: Door, uss1: Uss, uss2: Uss) -> None:
    what = "operational_intent_references"
    id_, body = new_id(), body_of(what, uss1)
    made = at_another(door, what, id_, body)["operational_intent_reference"]
    changed = uss1.change(made, volume(end=3)).json()["operational_intent_reference"]
    assert uss1.call("PUT", f"{what}/{id_}", content=body).status_code == 409
    uss1.delete(changed)
    anew = uss1.call("PUT", f"{what}/{id_}", content=body).json()["operational_intent_reference"]
    assert anew["ovn"] != made["ovn"]
    watched = new_id(), body_of("subscriptions", uss1)
    at_another(door, "subscriptions", *watched)
    uss2.create(key=[anew["ovn"]])
    assert uss1.call("PUT", f"subscriptions/{watched[0]}", content=watched[1]).status_code == 409


# OVNs


def test_a_uss_may_say_what_its_ovn_will_be(door: Door, uss1: Uss, uss2: Uss) -> None:
    suffix = uuid7(door.world.clock())
    made = uss1.create(requested_ovn_suffix=suffix)
    assert made["ovn"] == f"{made['id']}_{suffix}"
    assert uss2.put(new_id(), uss2.intent(key=[made["ovn"]])).status_code == 201
    other = [r["id"] for r in uss1.search(volume()) if r["manager"] == "TR"]
    assert len(other) == 1


def test_a_requested_ovn_is_of_now_and_new(door: Door, uss1: Uss) -> None:
    now = door.world.clock()
    made = uss1.create(requested_ovn_suffix=uuid7(now))
    assert uss1.change(made, requested_ovn_suffix=made["ovn"][37:]).status_code == 400
    second = uss1.change(made, requested_ovn_suffix=uuid7(now)).json()["operational_intent_reference"]
    assert uss1.change(second, requested_ovn_suffix=made["ovn"][37:]).status_code == 400
    uss1.delete(second)
    again = uss1.intent(requested_ovn_suffix=second["ovn"][37:])
    assert uss1.put(second["id"], again).status_code == 400
    for bad in (uuid7(now - timedelta(seconds=301)), uuid7(now + timedelta(seconds=301)), str(uuid.uuid4()), "x",
                uuid7(now).replace("-", ""), "", "ffffffff-ffff-7fff-bfff-ffffffffffff"):
        assert uss1.put(new_id(), uss1.intent(volume(circle(39.0)), requested_ovn_suffix=bad)).status_code == 400
    for lon, seconds in ((40.0, -299), (41.0, 299)):
        uss1.create(volume(circle(lon)), requested_ovn_suffix=uuid7(now + timedelta(seconds=seconds)))


def test_an_off_nominal_flight_that_keeps_changing_starves_nobody(door: Door, uss1: Uss, uss2: Uss) -> None:
    watching = {"new_subscription": {"uss_base_url": uss1.url}}
    flying = uss1.change(uss1.create(), state="Contingent", **watching).json()["operational_intent_reference"]
    seen, id_ = flying["ovn"], new_id()
    for _ in range(3):
        door.world.clock.now += timedelta(seconds=2)
        flying = uss1.change(flying, state="Contingent", **watching).json()["operational_intent_reference"]
    assert uss2.put(new_id(), uss2.intent()).status_code == 409
    mine = uss2.create(id_=id_, key=[seen])
    door.world.clock.now += timedelta(seconds=20)
    stale = uss2.change(mine, key=[seen])
    assert [r["id"] for r in stale.json()["missing_operational_intents"]] == [flying["id"]]
    assert uss2.change(mine, key=[flying["ovn"]]).status_code == 200


def test_that_a_flight_strays_must_be_known_at_once(door: Door, uss1: Uss, uss2: Uss) -> None:
    watching = {"new_subscription": {"uss_base_url": uss1.url}}
    flying = uss1.change(uss1.create(**watching), state="Activated", **watching).json()["operational_intent_reference"]
    strayed = uss1.change(flying, state="Nonconforming", **watching).json()["operational_intent_reference"]
    stale = uss2.put(new_id(), uss2.intent(key=[flying["ovn"]]))
    assert [r["id"] for r in stale.json()["missing_operational_intents"]] == [flying["id"]]
    uss1.change(strayed, state="Nonconforming", **watching)
    assert uss2.put(new_id(), uss2.intent(key=[strayed["ovn"]])).status_code == 201


def test_of_eight_at_once_each_knows_of_those_before_it(uss: Callable[[str], Uss]) -> None:
    """Eight clients race into one place: with keys that lag, exactly those come through that knew of all before them."""
    clients = [uss(("US", "TR", "RU", "AID")[n % 4]) for n in range(8)]
    known: dict[str, str] = {}

    def enter(client: Uss) -> int:
        tries, id_ = 0, new_id()
        while True:
            tries += 1
            answer = client.put(id_, client.intent(key=list(known.values())))
            if answer.status_code == 201:
                known[id_] = answer.json()["operational_intent_reference"]["ovn"]
                return tries
            assert answer.status_code == 409
            assert answer.json()["missing_operational_intents"]

    with ThreadPoolExecutor(8) as pool:
        tries = list(pool.map(enter, clients))
    assert len(known) == 8
    assert sum(tries) >= 8
    assert len(clients[0].search(volume())) == 8


def test_of_eight_changes_of_one_version_one_comes_through(uss1: Uss) -> None:
    made = uss1.create()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: uss1.change(made, volume(end=2 + n / 10)).status_code, range(1, 9)))
    assert sorted(answers) == [200] + [409] * 7


# limits


def test_more_than_an_answer_may_hold_is_an_error_and_no_short_list(uss1: Uss, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        uss1.create(volume(lower=100 * n, upper=100 * n + 10))
    monkeypatch.setattr(reading, "MOST_RESULTS", 3)
    whole = volume(lower=None, upper=None)
    answer = uss1.call("POST", "operational_intent_references/query", json={"area_of_interest": whole})
    assert answer.status_code == 413
    assert len(uss1.search(volume(lower=0, upper=250))) == 3
    refused = uss1.subscribe()
    assert refused.status_code == 400
    assert "more than 3 match: subscribe to less" in refused.json()["message"]


def test_what_work_one_message_makes_is_bounded(uss1: Uss, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are found for each outline once, and for no more than a message may have, however they lie over each other."""
    found: list[int] = []

    def counted(made: Any, level: int) -> tuple[int, ...]:
        cells = footprint(made, level)
        found.append(len(cells))
        return cells
    monkeypatch.setattr(extents, "footprint", counted)
    large = circle(20.0, radius_m=25_000)
    assert uss1.put(new_id(), uss1.intent(*[volume(large, lower=n, upper=n + 1) for n in range(100)])).status_code == 201
    assert len(found) == 1
    over = [volume(circle(30.0 + n / 1e5, radius_m=25_000)) for n in range(100)]
    refused = uss1.put(new_id(), uss1.intent(*over))
    assert (refused.status_code, "area_too_large" in refused.json()["message"]) == (400, True)
    assert sum(found[1:-1]) <= extents.MOST_CELLS < sum(found[1:])


def test_bodies_volumes_and_vertices_have_their_limits(uss1: Uss) -> None:
    assert uss1.put(new_id(), uss1.intent(*[volume()] * 501)).status_code == 400
    many: dict[str, Any] = {"outline_polygon": {"vertices": [{"lng": 1, "lat": 1}] * 5_001}}
    assert uss1.put(new_id(), uss1.intent(volume(many))).status_code == 400
    assert uss1.put(new_id(), uss1.intent(key=["x" * 128] * 20_000)).status_code == 413
