"""What other USSs put into the DSS is an operation for liaison cells: at once as far as the DSS was told, exactly once its manager
was asked, and under their stances and consents."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from tests.f3548.conftest import Uss, altitude, circle, logged, moment, new_id, volume
from tests.f3548.peer import Peer, Plain
from tests.http.conftest import Door
from tests.world import DAWN, World, hours
from tests.world import volume as box

from antalya.exchange.bridge.fetching import fetch
from antalya.exchange.bridge.syncing import sync
from antalya.exchange.bridge.talking import Said
from antalya.exchange.coordination import reading
from antalya.exchange.hub import Hub
from antalya.model import Understanding
from antalya.model.bridging import Uss as Own
from antalya.model.limits import Limits
from antalya.model.rules import Consent
from antalya.wiring import exchange

PEERS = Plain()
HERE = circle(37.95, 36.55, 300)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path, limits=Limits(plain_http_uss=True), uss=True)
    yield made
    made.close()


@pytest.fixture
def peer(uss1: Uss) -> Iterator[Peer]:
    """US's own door."""
    made = Peer()
    uss1.url = made.url
    yield made
    made.close()


def planned(uss1: Uss, peer: Peer, *volumes: dict[str, Any], priority: int = 0, **fields: Any) -> dict[str, Any]:
    """An intent in the DSS, whose manager answers for it; its reference."""
    wanted = list(volumes) or [volume(HERE, start=2, end=3, lower=100, upper=200)]
    reference = uss1.create(*wanted, **fields)
    peer.intents[reference["id"]] = {"reference": reference, "details": {"volumes": wanted, "off_nominal_volumes": [],
                                                                         "priority": priority}}
    return reference


def seen(door: Door, viewer: str) -> list[dict[str, Any]]:
    """The drones and constraints that a party sees at /v1."""
    items = door.client(viewer).get("/v1/operations").json()["items"]
    found = [each["operation"] | {"version": each["version"]} for each in items]
    return [each for each in found if each["activity"] in ("drone", "constraint")]


def test_an_intent_is_an_operation_at_once_and_clashes_with_a_patrol(door: Door, uss1: Uss, peer: Peer) -> None:
    patrol = door.world.file("TR", box(37.94, 36.54, 0.02, start=DAWN + hours(1), end=DAWN + hours(4)))["operation"]["id"]
    reference = planned(uss1, peer)
    [drone] = seen(door, "RU")
    assert (drone["party"], drone["activity"], drone["state"], drone["priority"]) == ("US", "drone", "accepted", 0)
    assert drone["source"] == f"ASTM F3548-21 operational intent {reference['id']}"
    assert drone["id"] != reference["id"]
    [space] = drone["volumes"]
    assert space["outline"] == {"type": "Circle", "center": [37.95, 36.55], "radius_m": 300.0}
    assert (space["lower_m"], space["upper_m"]) == (100.0, 200.0)
    [finding] = door.client("TR").get("/v1/findings").json()["items"]
    assert (finding["kind"], {finding["operation"], finding["other"]}) == ("clash", {drone["id"], patrol})


def test_what_its_manager_says_replaces_what_the_dss_was_told(door: Door, uss1: Uss, peer: Peer) -> None:
    rough = volume(circle(37.95, 36.55, 900), start=2, end=3, lower=100, upper=200)
    reference = planned(uss1, peer, rough, priority=40)
    exact = [volume(circle(37.95, 36.55, 200), start=2, end=2.5, lower=120, upper=150),
             volume(circle(37.952, 36.55, 200), start=2.5, end=3, lower=120, upper=150)]
    peer.intents[reference["id"]]["details"]["volumes"] = exact
    assert fetch(door.world.hub, PEERS) == 1
    assert fetch(door.world.hub, PEERS) == 0
    [drone] = seen(door, "RU")
    assert [v["outline"]["radius_m"] for v in drone["volumes"]] == [200.0, 200.0]
    assert (drone["version"], drone["priority"]) == (2, 9)
    [leaf] = logged(door, "US", "utm.fetched")
    assert (leaf["subject"], leaf["outcome"]) == ("US", "accepted")


def test_the_states_follow_whatever_the_clearance(door: Door, uss1: Uss, peer: Peer) -> None:
    """A patrol was there first: the drone is held, and flies all the same. That is what liaison cells must see."""
    door.world.file("TR", box(37.94, 36.54, 0.02, start=DAWN + hours(1), end=DAWN + hours(4)))
    reference = planned(uss1, peer)
    for state, stage in (("Activated", "active"), ("Nonconforming", "nonconforming"), ("Contingent", "contingent")):
        answer = uss1.change(reference, volume(HERE, start=2, end=3, lower=100, upper=200), state=state,
                             key=[reference["ovn"]], new_subscription={"uss_base_url": uss1.url})
        assert answer.status_code == 200, answer.text
        reference = answer.json()["operational_intent_reference"]
        [drone] = seen(door, "TR")
        assert drone["state"] == stage
    assert uss1.delete(reference).status_code == 200
    assert [each["state"] for each in seen(door, "TR") if each["state"] != "ended"] == []
    assert door.client("TR").get("/v1/findings").json()["items"] == []


def test_an_intent_that_was_never_flown_is_withdrawn_and_may_come_again(door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    [first] = seen(door, "US")
    uss1.delete(reference)
    planned(uss1, peer, id_=reference["id"])
    states = {each["id"]: each["state"] for each in seen(door, "US")}
    assert len(states) == 2 or first["id"] not in states
    assert "accepted" in states.values()
    assert door.client("US").get(f"/v1/operations/{first['id']}").json()["operation"]["state"] == "withdrawn"


def test_nobody_changes_it_but_where_it_was_made(door: Door, uss1: Uss, peer: Peer) -> None:
    planned(uss1, peer)
    [drone] = seen(door, "US")
    client = door.client("US")
    refused = client.delete(f"/v1/operations/{drone['id']}", headers={"if-match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "is_reference")
    assert client.post(f"/v1/operations/{drone['id']}/check").status_code == 200


def test_consents_hold_for_drones_too(door: Door, uss1: Uss, peer: Peer) -> None:
    """Whoever wants to be over Manbij needs Russia's yes (understanding of the day): a drone as well."""
    door.world.agree(Understanding(id="manbij", title="Manbij", signatories=("RU", "US"), since=DAWN,
                                   rules=(Consent(id="yes", area="manbij", of=("RU",)),)))
    planned(uss1, peer)
    [drone] = seen(door, "US")
    [ask] = door.client("RU").get("/v1/asks?state=open").json()["items"]
    assert (ask["operation"], ask["of"]) == (drone["id"], "RU")
    assert door.client("US").get(f"/v1/operations/{drone['id']}").json()["clearance"] == "held"


def test_a_constraint_is_seen_and_findings_say_who_flies_into_it(door: Door, uss1: Uss, peer: Peer) -> None:
    answer = uss1.constrain(volume(circle(37.95, 36.55, 2_000), start=1, end=5, lower=None, upper=None))
    assert answer.status_code == 201
    reference = answer.json()["constraint_reference"]
    [shown] = seen(door, "RU")
    assert (shown["activity"], shown["party"], shown["volumes"][0]["lower_m"]) == ("constraint", "US", -8_000.0)
    door.world.file("TR", box(37.94, 36.54, 0.02, start=DAWN + hours(1), end=DAWN + hours(4)), activity="flight")
    [finding] = door.client("TR").get("/v1/findings").json()["items"]
    assert finding["kind"] == "clash"
    peer.constraints[reference["id"]] = {"reference": reference, "details": {
        "volumes": [volume(circle(37.95, 36.55, 500), start=1, end=5, lower=2_000, upper=3_000)], "type": "fire"}}
    assert fetch(door.world.hub, PEERS) == 1
    assert door.client("TR").get("/v1/findings").json()["items"] == []


ZONE: dict[str, Any] = {
    "identifier": "LEMD1", "country": "ESP", "name": "Madrid", "type": "REQ_AUTHORISATION", "restriction": "CONDITIONAL",
    "restriction_conditions": ["PERMITTED/OPERATOR=POLICE"], "region": 7, "reason": ["AIR_TRAFFIC", "NOISE"],
    "other_reason_info": "none", "regulation_exemption": False, "u_space_class": "Y", "message": "strong winds",
    "zone_authority": [{"name": "AESA", "service": "drones", "contact_name": "duty officer", "site_url": "https://aesa.example",
                        "email": "duty@aesa.example", "phone": "+34 1", "purpose": "AUTHORIZATION", "interval_before": "P1D"}]}
MINIMAL = {name: ZONE[name] for name in ("identifier", "country", "type", "restriction")} | {"zone_authority": [{"email": "e"}]}


def limited(uss1: Uss, peer: Peer, **details: Any) -> dict[str, Any]:
    """A constraint in the DSS, whose manager answers for it; its details."""
    where = volume(circle(37.95, 36.55, 500), start=1, end=5, lower=0, upper=300)
    reference = uss1.constrain(where).json()["constraint_reference"]
    peer.constraints[reference["id"]] = {"reference": reference, "details": {"volumes": [where]} | details}
    return peer.constraints[reference["id"]]


def test_what_kind_of_constraint_it_is_stands_in_its_note(door: Door, uss1: Uss, peer: Peer) -> None:
    kept = limited(uss1, peer, type="com.example.fair", geozone=ZONE)
    fetch(door.world.hub, PEERS)
    note = seen(door, "RU")[0]["note"]
    said = [ZONE[name] for name in ZONE if name not in ("zone_authority", "reason", "restriction_conditions", "regulation_exemption")]
    for text in ("com.example.fair", *said, *ZONE["reason"], *ZONE["restriction_conditions"], "regulation exemption: NO",
                 *ZONE["zone_authority"][0].values()):
        assert str(text) in note
    answer = uss1.constrain(*kept["details"]["volumes"], id_=kept["reference"]["id"], ovn=kept["reference"]["ovn"])
    assert seen(door, "RU")[0]["note"] == note  # until its manager says more
    told = {"constraint_id": kept["reference"]["id"], "subscriptions": [{"subscription_id": new_id(), "notification_index": 1}],
            "constraint": {"reference": answer.json()["constraint_reference"], "details": kept["details"] | {"geozone": MINIMAL}}}
    assert uss1.call("POST", "/uss/v1/constraints", json=told).status_code == 204
    assert "email e" in seen(door, "RU")[0]["note"]
    assert "Madrid" not in seen(door, "RU")[0]["note"]


def test_a_note_that_would_be_too_long_ends_with_a_mark(door: Door, uss1: Uss, peer: Peer) -> None:
    limited(uss1, peer, geozone=MINIMAL | {"restriction_conditions": ["x" * 10_000]})
    fetch(door.world.hub, PEERS)
    note = seen(door, "RU")[0]["note"]
    assert (len(note), note[-2:]) == (4_000, "x…")


@pytest.mark.parametrize("wrong", [{"country": "ES"}, {"type": "OTHER"}, {"zone_authority": []}, {"reason": ["WHY"]}, {"region": -1},
                                   {"identifier": "12345678"}, {"name": "\u202enoitaN"}])
def test_a_geo_zone_that_is_none_is_refused(door: Door, uss1: Uss, peer: Peer, wrong: dict[str, Any]) -> None:
    kept = limited(uss1, peer)
    told = {"constraint_id": kept["reference"]["id"], "subscriptions": [{"subscription_id": new_id(), "notification_index": 1}],
            "constraint": {"reference": kept["reference"], "details": kept["details"] | {"geozone": MINIMAL | wrong}}}
    assert uss1.call("POST", "/uss/v1/constraints", json=told).status_code == 400


def test_what_is_shown_to_drones_is_not_taken_in_again(door: Door) -> None:
    door.world.file("TR", box(37.94, 36.52, 0.02), disclosure={"*": "details"}, activity="convoy")
    with door.world.hub.store.read() as tx:
        assert (tx.fetches(10), tx.all_adopted(), len(tx.bridged())) == ([], [], 1)


# a USS that can't be reached, or says something else


def waited(door: Door, *seconds: float) -> None:
    for each in seconds:
        assert fetch(door.world.hub, PEERS) == 1
        assert fetch(door.world.hub, PEERS) == 0
        door.world.later(seconds=each)


def test_a_uss_that_answers_late_is_asked_again(door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer, priority=3)
    late = peer.intents.pop(reference["id"])
    waited(door, 2.1, 4.1)
    peer.intents[reference["id"]] = late
    assert fetch(door.world.hub, PEERS) == 1
    assert seen(door, "RU")[0]["priority"] == 3
    assert peer.asked == [reference["id"]] * 3
    assert logged(door, "US", "utm.fetched")[0]["outcome"] == "accepted"


def test_a_uss_whose_details_do_not_match_is_reported_and_both_are_kept_clear_of(door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    told = peer.intents[reference["id"]]
    told["details"]["volumes"] = [volume(circle(38.3, 36.55, 300), start=2, end=3, lower=100, upper=900)]
    waited(door, 2.1, 4.1, 8.1, 0)
    [drone] = seen(door, "RU")
    assert [v["outline"]["center"][0] for v in drone["volumes"]] == [37.95, 38.3]
    [report] = [body for what, body, _ in peer.told if what == "reports"]
    assert report["exchange"]["url"].endswith(f"/uss/v1/operational_intents/{reference['id']}")
    assert report["exchange"]["problem"].startswith(
        "details: outside the reference's cells by 2; details: outside the reference's heights; its body is not kept: ")
    [leaf] = logged(door, "US", "utm.fetched")
    assert (leaf["outcome"], leaf["code"]) == ("refused", "mismatch")
    door.world.later(seconds=16.1)
    told["details"]["volumes"] = [volume(HERE, start=2, end=3, lower=100, upper=200)]
    assert fetch(door.world.hub, PEERS) == 1
    assert [v["outline"]["center"][0] for v in seen(door, "RU")[0]["volumes"]] == [37.95]


def farther(lon: float) -> list[dict[str, Any]]:
    """Volumes that are not where the reference is."""
    return [volume(circle(lon, 36.55, 300), start=2, end=3, lower=100, upper=200)]


def lons(door: Door) -> list[float]:
    return [v["outline"]["center"][0] for v in seen(door, "RU")[0]["volumes"]]


def test_what_does_not_match_is_kept_clear_of_whenever_it_comes_and_each_kind_of_problem_is_reported_once(
        door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    told = peer.intents.pop(reference["id"])
    waited(door, 2.1, 4.1, 8.1, 16.1)
    assert lons(door) == [37.95]
    peer.intents[reference["id"]] = told
    told["details"]["volumes"] = farther(38.3)
    waited(door, 32.1)
    assert lons(door) == [37.95, 38.3]
    told["details"]["volumes"] = farther(38.4)
    waited(door, 64.1)
    assert lons(door) == [37.95, 38.3, 38.4]
    peer.intents.clear()
    waited(door, 0)
    assert [leaf["code"] for leaf in logged(door, "US", "utm.fetched")] == ["unreachable", "mismatch"]
    assert [body["exchange"]["response_code"] for what, body, _ in peer.told if what == "reports"] == [404, 200]


def test_on_the_last_try_what_does_not_match_is_kept_clear_of_however_few_there_were(door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    peer.intents[reference["id"]]["details"]["volumes"] = farther(38.3)
    door.world.later(minutes=60)  # nobody served for an hour
    waited(door, 600)
    assert lons(door) == [37.95, 38.3]
    assert [leaf["code"] for leaf in logged(door, "US", "utm.fetched")] == ["mismatch"]
    with door.world.hub.store.read() as tx:
        assert tx.fetches(10) == []


def test_a_process_that_died_at_the_fourth_try_leaves_nothing_out(door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    peer.intents[reference["id"]]["details"]["volumes"] = farther(38.3)
    waited(door, 2.1, 4.1, 8.1)

    class Dying(Plain):
        def ask(self, question: Any) -> Any:
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        fetch(door.world.hub, Dying())
    door.world.later(seconds=61)
    assert fetch(door.world.hub, PEERS) == 1
    assert lons(door) == [37.95, 38.3]
    assert [leaf["code"] for leaf in logged(door, "US", "utm.fetched")] == ["mismatch"]


@pytest.mark.parametrize(("spoil", "problem"), [
    (lambda told: told["reference"].update(version=7), "reference.version: 7 and not 1"),
    (lambda told: told["reference"].update(ovn="x" * 20), "reference.ovn: not the current one"),
    (lambda told: told["reference"].update(state="Activated"), "reference.state: Activated and not Accepted"),
    (lambda told: told["reference"].update(time_end=moment(9)), "reference.time_end: 2017-03-07 13:00:00+00:00 and not "
                                                                "2017-03-07 07:00:00+00:00"),
    (lambda told: told["details"].update(volumes=[]), "details: there are no volumes"),
    (lambda told: told["details"].update(off_nominal_volumes=told["details"]["volumes"]),
     "details.off_nominal_volumes: some in the state Accepted"),
    (lambda told: told["details"]["volumes"][0].pop("time_end"), "details: bad_field: time_start and time_end are required"),
    (lambda told: told["details"]["volumes"][0]["volume"].update(altitude_lower=altitude(99.9)),
     "details: outside the reference's heights"),
    (lambda told: told.pop("details"), "operational_intent.details: bad_field: Object missing required field `details`"),
])
def test_each_difference_is_named(door: Door, uss1: Uss, peer: Peer, spoil: Any, problem: str) -> None:
    reference = planned(uss1, peer)
    told = peer.intents[reference["id"]] = deepcopy(peer.intents[reference["id"]])
    spoil(told)
    assert fetch(door.world.hub, PEERS) == 1
    with door.world.hub.store.read() as tx:
        [talk] = tx.talks(reference["id"], 10)
    assert f'"problem":"{problem}; its body is not kept: ' in talk.record


@pytest.mark.parametrize("told", [
    {"users": ["admin"], "password": "s3cret"},
    {"reference": {"manager": "AID"}},
    {"reference": {"id": "00000000-0000-4000-8000-000000000001"}},
])
def test_what_was_told_to_the_exchange_only_is_read_and_taken_in_by_nobody(door: Door, uss1: Uss, peer: Peer,
                                                                          told: dict[str, Any]) -> None:
    """A USS gives the address of somebody else, who answers the exchange: with what is none of the USS's."""
    reference = planned(uss1, peer)
    where = {"volumes": [volume(circle(38.3, 36.55, 300), start=2, end=7, lower=100, upper=200)], "priority": 77}
    peer.intents[reference["id"]] = {"reference": reference | told["reference"], "details": where} if "reference" in told else told
    waited(door, 2.1, 4.1, 8.1, 0)
    [drone] = seen(door, "US")
    assert ([v["outline"]["center"][0] for v in drone["volumes"]], drone["priority"]) == ([37.95], 0)
    own = uss1.call("GET", f"/uss/v1/log_sets/{reference['id']}").json()["messages"]
    reports = [body["exchange"] for what, body, _ in peer.told if what == "reports"]
    asked = [each for each in own if each["method"] == "GET"]
    assert (len(asked), len(reports)) == (4, 1)
    for each in (*asked, *reports):
        assert (each["response_body"], "bytes, SHA-256 " in each["problem"]) == ("", True)
        assert not [text for text in ("s3cret", "time_end", "cells") if text in each["problem"]]


def test_a_uss_that_never_answers_is_given_up_after_an_hour(door: Door, uss1: Uss, peer: Peer) -> None:
    uss1.url = "http://127.0.0.1:9"  # discard: nobody listens
    uss1.create(volume(HERE, start=20, end=21))
    tries = 0
    while fetch(door.world.hub, PEERS):
        tries += 1
        door.world.later(seconds=300)
        assert tries < 30
    assert tries == 13
    assert [leaf["code"] for leaf in logged(door, "US", "utm.fetched")] == ["unreachable"]
    assert len(seen(door, "RU")) == 1


def test_one_with_many_slow_addresses_keeps_nobody_else_from_being_asked(door: Door, uss1: Uss, uss2: Uss) -> None:
    for n in range(12):
        uss1.url = f"https://us.example/{n}"
        uss1.create(volume(circle(37.0 + n / 5, 36.55), start=2, end=3))
    uss2.create(volume(circle(37.1, 36.2), start=2, end=3))
    asked, late = threading.Event(), []

    class Some(Plain):
        def tell(self, message: Any) -> int:
            return 204

        def ask(self, question: Any) -> Any:
            if question.manager == "US":
                late.append(not asked.wait(5))
            else:
                asked.set()
            return Said(503)
    assert fetch(door.world.hub, Some()) == 13
    assert late == [False] * 12


def test_a_change_that_came_meanwhile_is_what_counts(door: Door, uss1: Uss, peer: Peer) -> None:
    """The USS answers with what it was asked for; in the same moment it has changed it."""
    reference = planned(uss1, peer)
    before = deepcopy(peer.intents[reference["id"]])

    class Changing(Plain):
        def ask(self, question: Any) -> Any:
            said = super().ask(question)
            if reference["version"] == 1:
                reference.update(uss1.change(reference, volume(HERE, start=5, end=6), key=[reference["ovn"]])
                                 .json()["operational_intent_reference"])
            return said
    assert fetch(door.world.hub, Changing()) == 2  # what came meanwhile too, which its USS does not tell yet
    assert before["reference"]["version"] == 1
    [drone] = seen(door, "RU")
    assert drone["volumes"][0]["starts_at"] == "2017-03-07T09:00:00Z"
    peer.intents[reference["id"]] = {"reference": reference, "details": {"volumes": [volume(HERE, start=5, end=6)], "priority": 2}}
    door.world.later(seconds=2.1)
    assert fetch(door.world.hub, PEERS) == 1
    assert seen(door, "RU")[0]["priority"] == 2


# what USSs tell


def notice(reference: dict[str, Any], *volumes: dict[str, Any], priority: int = 5) -> dict[str, Any]:
    return {"operational_intent_id": reference["id"], "subscriptions": [{"subscription_id": new_id(), "notification_index": 1}],
            "operational_intent": {"reference": reference, "details": {"volumes": list(volumes), "priority": priority}}}


def test_a_uss_may_tell_before_it_is_asked(door: Door, uss1: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    told = notice(reference, volume(HERE, start=2, end=3, lower=100, upper=150))
    answer = uss1.call("POST", "/uss/v1/operational_intents", json=told)
    assert answer.status_code == 204, answer.text
    [drone] = seen(door, "RU")
    assert (drone["volumes"][0]["upper_m"], drone["priority"]) == (150.0, 5)
    assert fetch(door.world.hub, PEERS) == 0
    assert logged(door, "US", "utm.heard")[0]["subject"] == reference["id"]


def test_what_is_wrong_old_or_of_another_uss_is_refused(door: Door, uss1: Uss, uss2: Uss, peer: Peer) -> None:
    first = planned(uss1, peer)
    second = uss1.change(first, volume(HERE, start=2, end=3), key=[first["ovn"]]).json()["operational_intent_reference"]
    for sender, body, status in ((uss2, notice(second, volume(HERE, start=2, end=3)), 403),
                                 (uss1, notice(first, volume(HERE, start=2, end=3)), 409),
                                 (uss1, notice(second, volume(circle(38.9, 36.5), start=2, end=3)), 400),
                                 (uss1, notice(second | {"id": new_id()}, volume(HERE, start=2, end=3)), 400),
                                 (uss1, {k: v for k, v in notice(second).items() if k != "operational_intent"}, 409)):
        answer = sender.call("POST", "/uss/v1/operational_intents", json=body)
        assert answer.status_code == status, answer.text
    assert seen(door, "RU")[0]["volumes"][0]["upper_m"] == 100.0
    unknown = notice(first | {"id": new_id()}, volume())
    assert uss1.call("POST", "/uss/v1/operational_intents", json=unknown).status_code == 400
    gone = {k: v for k, v in unknown.items() if k != "operational_intent"}
    assert uss1.call("POST", "/uss/v1/operational_intents", json=gone).status_code == 204


def test_log_sets_hold_what_was_said_with_the_caller(door: Door, uss1: Uss, uss2: Uss, peer: Peer) -> None:
    reference = planned(uss1, peer)
    fetch(door.world.hub, PEERS)
    told = notice(reference, volume(HERE, start=2, end=3, lower=100, upper=200))
    assert uss1.call("POST", "/uss/v1/operational_intents", json=told).status_code == 204
    own = uss1.call("GET", f"/uss/v1/log_sets/{reference['id']}").json()["messages"]
    assert [(m["method"], m["recorder_role"], m["response_code"]) for m in own] == [("GET", "Client", 200), ("POST", "Server", 204)]
    assert uss2.call("GET", f"/uss/v1/log_sets/{reference['id']}").json() == {"messages": []}
    assert uss1.call("GET", "/uss/v1/log_sets/never-heard-of").json() == {"messages": []}


def test_a_log_set_is_whole_or_none_and_nobody_crowds_another_out_of_it(door: Door, uss1: Uss, uss2: Uss,
                                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_RESULTS", 3)
    gone = {"operational_intent_id": new_id(), "subscriptions": [{"subscription_id": new_id(), "notification_index": 1}]}
    for sender in (*[uss2] * 4, uss1):
        assert sender.call("POST", "/uss/v1/operational_intents", json=gone).status_code == 204
    path = f"/uss/v1/log_sets/{gone['operational_intent_id']}"
    assert len(uss1.call("GET", path).json()["messages"]) == 1
    assert uss2.raw("GET", path).status_code == 413
    assert door.client("broker", "antalya.broker").get(path).status_code == 413


def test_reports_are_kept(uss1: Uss) -> None:
    report = {"exchange": {"url": "https://exchange.example", "method": "GET", "recorder_role": "Client",
                           "request_time": moment(0), "request_source": "US"}}
    answer = uss1.call("POST", "/uss/v1/reports", json=report)
    assert (answer.status_code, bool(answer.json()["report_id"])) == (201, True)


# settings that change


@pytest.fixture
def before(tmp_path: Path) -> Iterator[tuple[Door, Uss, Peer]]:
    """An exchange that is no USS, and a USS with what it serves."""
    door, peer = Door(tmp_path, limits=Limits(plain_http_uss=True)), Peer()
    own = Uss(door.url, lambda party, *scopes: door.token(party, *scopes, life_s=3_600), "US")
    own.url = peer.url
    yield door, own, peer
    own.close()
    peer.close()
    door.close()


@contextmanager
def as_uss(door: Door) -> Iterator[Hub]:
    """The same exchange as it becomes a USS."""
    hub = door.world.hub
    made = exchange(door.world.path, door.world.keys, hub.origin, hub.limits, clock=door.world.clock,
                    uss=Own("exchange", "https://exchange.example"))
    try:
        sync(made)
        yield made
    finally:
        made.store.close()


def test_an_exchange_that_becomes_a_uss_keeps_clear_of_those_whose_uss_is_silent(before: tuple[Door, Uss, Peer]) -> None:
    """Only the cells, heights and times of what was there before are known, until its USS answers."""
    door, own, peer = before
    reference = planned(own, peer)
    told = peer.intents.pop(reference["id"])
    own.constrain(volume(circle(40), start=2, end=3, lower=None, upper=None))
    patrol = door.world.file("TR", box(37.949, 36.549, 0.002, start=DAWN + hours(1), end=DAWN + hours(4)))["operation"]["id"]
    with as_uss(door) as hub:
        assert fetch(hub, PEERS) == 2
        [drone], [constraint] = ([each for each in seen(door, "RU") if each["activity"] == a] for a in ("drone", "constraint"))
        assert (drone["party"], {(v["lower_m"], v["upper_m"], v["starts_at"], v["ends_at"]) for v in drone["volumes"]}) == (
            "US", {(100, 200, "2017-03-07T06:00:00Z", "2017-03-07T07:00:00Z")})
        assert {(v["lower_m"], v["upper_m"]) for v in constraint["volumes"]} == {(-8_000, 100_000)}
        [finding] = door.client("TR").get("/v1/findings").json()["items"]
        assert {finding["operation"], finding["other"]} == {drone["id"], patrol}
        peer.intents[reference["id"]] = told
        door.world.later(seconds=2.1)
        fetch(hub, PEERS)
        [drone] = [each for each in seen(door, "RU") if each["activity"] == "drone"]
        assert drone["volumes"][0]["outline"]["radius_m"] == 300.0


def test_an_exchange_that_changes_its_name_does_not_ask_itself(tmp_path: Path) -> None:
    world = World(tmp_path, uss=Own("exchange", "https://exchange.example"))
    world.file("TR", box(), activity="flight", disclosure={"*": "details"})
    world.close()
    renamed = exchange(world.path, world.keys, world.hub.origin, world.hub.limits, clock=world.clock,
                       uss=Own("other", "https://exchange.example"))
    try:
        sync(renamed)
        with renamed.store.read() as tx:
            assert (tx.fetches(10), tx.all_adopted()) == ([], [])
    finally:
        renamed.store.close()


def test_an_exchange_that_becomes_a_uss_takes_in_what_is_there_and_lets_go_again(before: tuple[Door, Uss, Peer]) -> None:
    door, own, peer = before
    reference = planned(own, peer)
    assert seen(door, "RU") == []
    with as_uss(door) as hub:
        assert fetch(hub, PEERS) == 1
        [drone] = seen(door, "RU")
        assert drone["volumes"][0]["outline"]["radius_m"] == 300.0
    sync(door.world.hub)
    assert [each["state"] for each in seen(door, "RU") if each["state"] != "withdrawn"] == []
    assert own.get(reference["id"]).status_code == 200
