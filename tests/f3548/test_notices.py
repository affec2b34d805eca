"""USSs are told of changes of the exchange's references: in order, again until it works, each once, whatever dies."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from tests.f3548.conftest import Uss, circle, logged, volume
from tests.f3548.peer import Peer, Plain
from tests.http.conftest import Door
from tests.world import DAWN, World, hours
from tests.world import volume as box

from antalya.exchange.bridge.delivering import deliver
from antalya.exchange.bridge.syncing import sync
from antalya.exchange.bridge.talking import Message
from antalya.exchange.hub import Hub
from antalya.model import Circle, Operation
from antalya.model.bridging import Uss as Own
from antalya.model.limits import Limits
from antalya.wiring import exchange

PEERS = Plain()
AROUND = volume(circle(37.95, 36.55, 15_000), start=0, end=20)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path, limits=Limits(plain_http_uss=True), uss=True)
    yield made
    made.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


@pytest.fixture
def watching(uss1: Uss, peer: Peer) -> str:
    """A subscription of US's to everything near Manbij; its id."""
    uss1.url = peer.url
    answer = uss1.subscribe(AROUND, notify_for_operational_intents=True, notify_for_constraints=True)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["subscription"]["id"])


def filed(door: Door, level: str = "envelope", **fields: Any) -> Operation:
    id_ = door.world.file("TR", box(37.94, 36.52, 0.02, start=DAWN + hours(1), end=DAWN + hours(3)),
                          **({"disclosure": {"*": level}, "activity": "convoy"} | fields))["operation"]["id"]
    with door.world.hub.store.read() as tx:
        stored = tx.operation(id_)
    assert stored is not None
    return stored.operation


def outbox(hub: Hub) -> list[Any]:
    with hub.store.read() as tx:
        return tx.notices(100)


def test_a_subscriber_is_told_of_a_convoy_its_change_and_its_end(door: Door, peer: Peer, watching: str, uss1: Uss) -> None:
    hub, operation = door.world.hub, filed(door)
    assert deliver(hub, PEERS) == 1
    door.world.change(replace(operation, volumes=(replace(operation.volumes[0], outline=Circle(center=(37.8, 36.5),
                                                                                              radius_m=500)),)), 1)
    deliver(hub, PEERS)
    door.world.withdraw("TR", operation.id, 2)
    deliver(hub, PEERS)
    first, second, gone = peer.heard(3)
    assert [n["subscriptions"] for n in (first, second, gone)] == [[{"subscription_id": watching, "notification_index": n}]
                                                                    for n in (1, 2, 3)]
    assert [first["constraint"]["reference"]["version"], second["constraint"]["reference"]["version"]] == [1, 2]
    assert first["constraint"]["reference"]["ovn"] != second["constraint"]["reference"]["ovn"]
    assert first["constraint_id"] == gone["constraint_id"]
    assert "constraint" not in gone
    assert {(what, token) for what, _, token in peer.told} == {("constraints", "utm.constraint_management")}
    assert outbox(hub) == []


def test_a_flight_goes_to_the_door_for_operational_intents(door: Door, peer: Peer, watching: str) -> None:
    filed(door, "details", activity="flight", priority=2)
    deliver(door.world.hub, PEERS)
    [notice] = peer.heard(1)
    assert notice["operational_intent"]["details"]["priority"] == 2
    assert (peer.told[0][0], peer.told[0][2]) == ("operational_intents", "utm.strategic_coordination")


def test_each_uss_is_told_what_it_may_see(door: Door, peer: Peer, watching: str, uss2: Uss, uss: Callable[[str], Uss]) -> None:
    for each in (uss2, uss("AID")):
        each.url = peer.url
        each.subscribe(AROUND, notify_for_operational_intents=True, notify_for_constraints=True)
    when = box(37.94, 36.52, 0.02, start=DAWN + hours(4 / 3), end=DAWN + hours(3))
    door.world.file("TR", when, disclosure={"*": "envelope", "US": "details"}, activity="convoy")
    assert deliver(door.world.hub, PEERS) == 3
    starts = sorted(body["constraint"]["details"]["volumes"][0]["time_start"]["value"] for body in peer.heard(3))
    assert starts == ["2017-03-07T05:00:00Z", "2017-03-07T05:20:00Z", "2017-03-07T05:20:00Z"]  # AID; US and Turkey, whose it is


def test_what_cannot_be_delivered_is_tried_again_later_and_later(door: Door, peer: Peer, watching: str) -> None:
    hub = door.world.hub
    filed(door)
    peer.answers += [500, 503]
    for wait_s in (2, 4):
        assert deliver(hub, PEERS) == 1
        assert deliver(hub, PEERS) == 0
        door.world.later(seconds=wait_s - 0.1)
        assert deliver(hub, PEERS) == 0
        door.world.later(seconds=0.2)
    assert deliver(hub, PEERS) == 1
    [notice] = peer.heard(1)
    assert notice["subscriptions"][0]["notification_index"] == 1
    [told] = told_leaves(door)
    assert (told["subject"], told["outcome"]) == ("US", "accepted")
    assert '"tries":3' in told["content"]


def test_after_an_hour_it_is_given_up_and_the_log_says_so(door: Door, watching: str, peer: Peer) -> None:
    hub = door.world.hub
    filed(door)
    peer.answers += [500] * 50
    for _ in range(30):
        deliver(hub, PEERS)
        door.world.later(minutes=5)
    assert outbox(hub) == []
    [told] = told_leaves(door)
    assert (told["outcome"], told["code"]) == ("refused", "undelivered")
    assert '"status":500' in told["content"]
    assert len(peer.answers) > 30


def told_leaves(door: Door) -> list[dict[str, Any]]:
    """What the broker reads of deliveries; the one who was told reads the same, and nobody else does."""
    broker = door.client("broker", "antalya.read", "antalya.broker").get("/v1/log/leaves").json()["items"]
    found = [i["entry"] | {"content": i["content"]} for i in broker if i["entry"]["kind"] == "utm.notified"]
    assert logged(door, "US", "utm.notified") == found
    assert logged(door, "RU", "utm.notified") == []
    return found


def test_a_uss_that_knows_more_already_counts_as_told(door: Door, peer: Peer, watching: str) -> None:
    filed(door)
    peer.answers.append(409)
    deliver(door.world.hub, PEERS)
    assert outbox(door.world.hub) == []


def test_what_was_taken_back_before_it_was_sent_is_not_told(door: Door, peer: Peer, watching: str) -> None:
    operation = filed(door)
    door.world.change(replace(operation, disclosure={}), 1)
    while deliver(door.world.hub, PEERS):
        pass
    assert all("constraint" not in body for body in peer.heard(2))


def test_what_was_in_the_outbox_when_everything_died_is_delivered(door: Door, peer: Peer, watching: str) -> None:
    """A process takes a notice and dies before it is sent: after the lease another one sends it."""
    hub = door.world.hub
    filed(door)
    with pytest.raises(KeyboardInterrupt):
        deliver(hub, Dying())
    again = exchange(door.world.path, door.world.keys, hub.origin, hub.limits, clock=door.world.clock, uss=hub.uss)
    try:
        assert deliver(again, PEERS) == 0
        door.world.later(seconds=61)
        assert deliver(again, PEERS) == 1
    finally:
        again.store.close()
    assert len(peer.heard(1)) == 1


class Dying(Plain):
    def tell(self, message: Message) -> int:
        raise KeyboardInterrupt


def test_two_processes_tell_each_thing_once(door: Door, peer: Peer, watching: str) -> None:
    hub = door.world.hub
    other = exchange(door.world.path, door.world.keys, hub.origin, hub.limits, clock=door.world.clock, uss=hub.uss)
    for n in range(6):
        filed(door, title=f"convoy {n}")

    def drain(mine: Hub) -> None:
        while outbox(mine):
            deliver(mine, PEERS)
    try:
        threads = [threading.Thread(target=drain, args=(each,)) for each in (hub, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        other.store.close()
    indices = [body["subscriptions"][0]["notification_index"] for body in peer.heard(6)]
    assert indices == [1, 2, 3, 4, 5, 6]


def test_one_that_is_down_does_not_hold_up_the_others(door: Door, peer: Peer, watching: str, uss2: Uss) -> None:
    uss2.url = "http://127.0.0.1:9"  # discard: nobody listens
    uss2.subscribe(AROUND, notify_for_operational_intents=True, notify_for_constraints=True)
    filed(door, activity="flight")
    assert deliver(door.world.hub, PEERS) == 2
    peer.heard(1)
    assert [n.manager for n in outbox(door.world.hub)] == ["TR"]


def test_one_with_many_slow_addresses_holds_up_nobody_else(door: Door, uss1: Uss, uss2: Uss, uss: Callable[[str], Uss]) -> None:
    """AID does not answer until Turkey was told twice, the second time of what came while AID was being told."""
    slow, hub, twice, late = uss("AID"), door.world.hub, threading.Event(), []
    for n in range(12):
        slow.url = f"https://aid.example/{n}"
        assert slow.subscribe(AROUND, notify_for_operational_intents=True, notify_for_constraints=True).status_code == 200
    uss2.subscribe(AROUND, notify_for_operational_intents=True, notify_for_constraints=True)
    filed(door)

    class Some(Plain):
        told = 0

        def tell(self, message: Message) -> int:
            if message.manager == "AID":
                late.append(not twice.wait(5))
                return 204
            self.told += 1
            if self.told == 1:
                filed(door, title="another")
            else:
                twice.set()
            return 204
    assert deliver(hub, Some()) == 2 * 13
    assert late == [False] * 24
    assert outbox(hub) == []


def test_an_exchange_that_gets_an_address_as_a_uss_shows_what_was_released_before(door: Door, uss1: Uss) -> None:
    hub = door.world.hub
    other = exchange(door.world.path, door.world.keys, hub.origin, hub.limits, clock=door.world.clock)
    try:
        door.world.hub = other
        filed(door)
        door.world.protect(disclosure={"*": "details"})
        filed(door, "overlap")
        door.world.hub = hub
        sync(hub)  # the server does so too as it begins, perhaps only now
        sync(hub)
        assert [r["version"] for r in uss1.search(AROUND, "constraint_references")] == [1, 1]
    finally:
        door.world.hub = hub
        other.store.close()


def test_an_exchange_that_loses_it_shows_nothing_any_more(tmp_path: Path) -> None:
    """Without a door, which would show all of it anew as it begins, perhaps only afterwards."""
    world = World(tmp_path, uss=Own("exchange", "https://exchange.example"))
    world.file("TR", box(), activity="flight", disclosure={"*": "details"})
    world.protect(disclosure={"*": "details"})
    with world.hub.store.read() as tx:
        before = [(shown.kind, shown.reference) for shown in tx.bridged()]
        assert all(tx.utm_reference(kind, id_) for kind, id_ in before)
    world.close()
    other = exchange(world.path, world.keys, world.hub.origin, world.hub.limits, clock=world.clock)
    try:
        sync(other)
        with other.store.read() as tx:
            assert len(before) == 2
            assert tx.bridged() == []
            assert [tx.utm_reference(kind, id_) for kind, id_ in before] == [None, None]
    finally:
        other.store.close()
