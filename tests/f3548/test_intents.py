"""Operational intent references over real HTTP: life, key, versions, states, who may see and change what."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.f3548.conftest import ALL, CMSA, CP, NO_OVN, NULL_ID, SC, Uss, circle, instant, moment, new_id, polygon, volume
from tests.http.conftest import Door
from tests.world import DAWN, hours

from antalya.exchange.coordination import extents


def missing(answer: Any) -> list[str]:
    assert answer.status_code == 409, answer.text
    return [reference["id"] for reference in answer.json().get("missing_operational_intents", [])]


def test_an_intent_is_created_read_changed_and_deleted(uss1: Uss, uss2: Uss) -> None:
    made = uss1.create(volume(), volume(circle(37.99), start=1.5, end=3))
    assert made["manager"] == "US"
    assert made["state"] == "Accepted"
    assert made["version"] == 1
    assert made["subscription_id"] == NULL_ID
    assert made["uss_availability"] == "Unknown"
    assert (made["time_start"], made["time_end"]) == (moment(1), moment(3))
    assert uss1.get(made["id"]).json()["operational_intent_reference"] == made
    seen = uss2.get(made["id"]).json()["operational_intent_reference"]
    assert seen == made | {"ovn": NO_OVN}
    changed = uss1.change(made, volume(end=4)).json()["operational_intent_reference"]
    assert changed["version"] == 2
    assert changed["ovn"] != made["ovn"]
    assert changed["time_end"] == moment(4)
    gone = uss1.delete(changed)
    assert gone.status_code == 200
    assert gone.json()["operational_intent_reference"] == changed
    assert uss1.get(made["id"]).status_code == 404
    assert uss1.delete(changed | {"ovn": "x" * 16}).status_code == 404


@pytest.mark.parametrize("url", [
    "https://internal.example/admin/config#", "https://internal.example/admin/config?x=", "https://us.example@internal.example",
    "https://internal.example\\@us.example", "https://", "https:///admin", "https://:443/", "https://us.example:0/",
    "https://us.example:x/", "https://[::1/", "http://us.example", "ftp://us.example", "https://us.example/a b",
])
def test_an_address_that_hides_where_it_leads_is_refused(uss1: Uss, url: str) -> None:
    uss1.url = url
    for answer in (uss1.put(new_id(), uss1.intent()), uss1.constrain(), uss1.subscribe()):
        assert (answer.status_code, "(at uss_base_url)" in answer.text) == (400, True), answer.text
    uss1.url = "https://us.example"
    resting = uss1.put(new_id(), uss1.intent(new_subscription={"uss_base_url": url}))
    assert (resting.status_code, "(at new_subscription.uss_base_url)" in resting.text) == (400, True), resting.text
    uss1.url = "https://[2001:db8::1]:8443/some/where"
    assert uss1.put(new_id(), uss1.intent()).status_code == 201


def test_the_key_must_prove_knowledge_of_what_meets_the_intent(uss1: Uss, uss2: Uss) -> None:
    near, far = uss1.create(), uss1.create(volume(circle(39.0)))
    id_ = new_id()
    refused = uss2.put(id_, uss2.intent())
    assert missing(refused) == [near["id"]]
    assert refused.json()["missing_operational_intents"][0]["ovn"] == NO_OVN
    assert "1 operational intent " in refused.json()["message"]
    assert "uss_base_url" in refused.json()["message"]
    assert missing(uss2.put(id_, uss2.intent(key=[far["ovn"]]))) == [near["id"]]
    assert uss2.put(id_, uss2.intent(key=[near["ovn"]])).status_code == 201
    again = uss1.change(near, key=[])
    assert missing(again) == [id_]


def test_the_own_ovn_is_not_required_and_ones_own_other_intents_are(uss1: Uss) -> None:
    first = uss1.create()
    assert uss1.change(first).status_code == 200
    refused = uss1.put(new_id(), uss1.intent())
    assert missing(refused) == [first["id"]]
    assert refused.json()["missing_operational_intents"][0]["ovn"] not in (NO_OVN, first["ovn"])


@pytest.mark.parametrize(("fields", "meets"), [
    ({}, True), ({"lower": 100, "upper": 200}, True), ({"lower": 100.001, "upper": 200}, False),
    ({"start": 2, "end": 3}, True), ({"start": 2.001, "end": 3}, False), ({"start": 0.5, "end": 1}, True),
])
def test_cells_heights_and_times_decide_with_their_ends(uss1: Uss, uss2: Uss, fields: dict[str, Any], meets: bool) -> None:
    first = uss1.create()
    answer = uss2.put(new_id(), uss2.intent(volume(**fields)))
    assert answer.status_code == (409 if meets else 201)
    assert not meets or missing(answer) == [first["id"]]


def test_what_shares_a_cell_is_relevant_without_touching(uss1: Uss, uss2: Uss) -> None:
    first = uss1.create(volume(circle(37.95, 36.53, 5)))
    assert missing(uss2.put(new_id(), uss2.intent(volume(circle(37.9501, 36.5301, 5))))) == [first["id"]]


def test_a_stale_or_foreign_version_changes_nothing(uss1: Uss, uss2: Uss) -> None:
    made = uss1.create()
    second = uss1.change(made).json()["operational_intent_reference"]
    assert uss1.change(made, volume(end=5)).status_code == 409
    assert uss1.put(made["id"], uss1.intent()).status_code == 409
    assert uss1.delete(made).status_code == 409
    assert uss2.change(second).status_code == 403
    assert uss2.delete(second).status_code == 403
    assert uss2.put(made["id"], uss2.intent()).status_code == 403
    assert uss1.change(second | {"id": new_id()}).status_code == 400
    assert uss1.get(made["id"]).json()["operational_intent_reference"] == second


@pytest.mark.parametrize("state", ["Activated", "Nonconforming", "Contingent"])
def test_an_intent_begins_accepted(uss1: Uss, state: str) -> None:
    body = uss1.intent(state=state, new_subscription={"uss_base_url": uss1.url})
    assert uss1.put(new_id(), body).status_code == 400


ALLOWED = {("Accepted", s) for s in ("Accepted", "Activated", "Nonconforming", "Contingent")} | {
    (one, other) for one in ("Activated", "Nonconforming") for other in ("Activated", "Nonconforming", "Contingent")} | {
    ("Contingent", "Contingent")}


def test_states_follow_each_other_as_the_standard_says(uss1: Uss) -> None:
    states = ("Accepted", "Activated", "Nonconforming", "Contingent")
    lon = 20.0
    for one in states:
        for other in states:
            lon += 0.2
            where = volume(circle(lon))
            watch = {"new_subscription": {"uss_base_url": uss1.url}}
            made = uss1.create(where)
            if one != "Accepted":
                made = uss1.change(made, where, state=one, **watch).json()["operational_intent_reference"]
            answer = uss1.change(made, where, state=other, **watch)
            assert answer.status_code == (200 if (one, other) in ALLOWED else 400), (one, other)


def test_off_nominal_states_need_their_scope_and_no_key(uss1: Uss, uss2: Uss) -> None:
    made = uss1.create()
    other = uss2.create(key=[made["ovn"]])
    flying = uss1.intent(state="Nonconforming", new_subscription={"uss_base_url": uss1.url})
    assert uss1.put(made["id"], flying, SC, ovn=made["ovn"]).status_code == 403
    changed = uss1.put(made["id"], flying, CMSA, ovn=made["ovn"])
    assert changed.status_code == 200
    made = changed.json()["operational_intent_reference"]
    assert uss1.put(made["id"], uss1.intent(state="Activated", key=[other["ovn"]]), CMSA, ovn=made["ovn"]).status_code == 403
    assert uss1.delete(made, CMSA).status_code == 200


def test_wrong_scopes_open_nothing(uss1: Uss) -> None:
    made = uss1.create()
    for scope in (CP, "utm.unheard_of", "antalya.read"):
        assert uss1.get(made["id"], scope).status_code == 403
        assert uss1.put(new_id(), uss1.intent(), scope).status_code == 403
        assert uss1.delete(made, scope).status_code == 403
        answer = uss1.call("POST", "operational_intent_references/query", scope, json={"area_of_interest": volume()})
        assert answer.status_code == 403


def test_activation_needs_a_subscription(uss1: Uss) -> None:
    made = uss1.create()
    assert uss1.change(made, state="Activated").status_code == 400
    assert uss1.change(made, state="Activated", new_subscription={"uss_base_url": uss1.url}).status_code == 200


@pytest.mark.parametrize("extent", [
    volume(start=2, end=1), volume(start=None), volume(end=None), volume(lower=None),
    volume(upper=None), volume(lower=200, upper=100), volume(circle(radius_m=0)), volume(circle(radius_m=28_300)),
    volume({}), volume(circle() | {"outline_polygon": {"vertices": []}}), {"time_start": moment(1)}, {},
    {"volume": circle() | {"altitude_lower": {"value": 1, "reference": "SFC", "units": "M"}}},
    volume({"outline_polygon": {"vertices": [{"lng": 1, "lat": 91}, {"lng": 1, "lat": 1}, {"lng": 2, "lat": 1}]}}),
    volume({"outline_polygon": {"vertices": [{"lng": 1, "lat": 1}, {"lng": 2, "lat": 2}]}}),
    volume({"outline_polygon": {"vertices": [{"lng": 1, "lat": 1}, {"lng": 1.1, "lat": 1.1}, {"lng": 1.1, "lat": 1},
                                             {"lng": 1, "lat": 1.1}]}}),
])
def test_bad_extents_are_refused(uss1: Uss, extent: dict[str, Any]) -> None:
    good = volume()
    assert uss1.put(new_id(), uss1.intent(good, extent)).status_code == 400


def test_extents_with_too_many_long_edges_are_refused_before_shapes_are_made(uss1: Uss, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    monkeypatch.setattr(extents, "shape", made.append)
    long = [volume(polygon((0, 0), (80, 0), (80, 0.001 * k))) for k in range(1, 33)]
    refused = uss1.put(new_id(), uss1.intent(*long))
    assert (refused.status_code, "too_many_vertices" in refused.json()["message"], made) == (400, True, [])


@pytest.mark.parametrize("fields", [
    {"extents": []}, {"extents": volume()}, {"state": "Ended"}, {"uss_base_url": "http://us.example"}, {"uss_base_url": ""},
    {"subscription_id": "x"}, {"subscription_id": new_id()}, {"key": ["short"]},
    {"subscription_id": new_id(), "new_subscription": {"uss_base_url": "https://us.example"}},
    {"new_subscription": {"uss_base_url": ""}}, {"new_subscription": {}}, {"requested_ovn_suffix": new_id()},
])
def test_bad_fields_are_refused(uss1: Uss, fields: dict[str, Any]) -> None:
    assert uss1.put(new_id(), uss1.intent() | fields).status_code == 400


def test_unknown_fields_and_nulls_are_as_if_they_were_not_there(uss1: Uss) -> None:
    body = uss1.intent(old_version=0, key=None, subscription_id=None, new_subscription=None, requested_ovn_suffix=None)
    assert uss1.put(new_id(), body).status_code == 201


@pytest.mark.parametrize("id_", ["x", "0195712c-5f3a-7cc2-9d0e-000000000001", "2f8343bec6b4472ea3a5a6d1c0b2b7a4",
                                 "2f8343be-c6b4-472e-a3a5-a6d1c0b2b7a40"])
def test_ids_are_uuids_of_version_4(uss1: Uss, id_: str) -> None:
    assert uss1.put(id_, uss1.intent()).status_code == 400
    assert uss1.get(id_).status_code == 400


def test_an_id_is_the_same_in_capitals(uss1: Uss) -> None:
    made = uss1.create(id_=new_id().upper())
    assert made["id"] == made["id"].lower()
    assert uss1.get(made["id"].upper()).status_code == 200


def test_times_are_true_to_the_microsecond(uss1: Uss) -> None:
    extent = volume() | {"time_start": {"value": "2017-03-07T06:00:00.123456Z", "format": "RFC3339"},
                         "time_end": {"value": "2017-03-07T09:00:00.000001+02:00", "format": "RFC3339"}}
    made = uss1.create(extent)
    assert made["time_start"]["value"] == "2017-03-07T06:00:00.123456Z"
    assert made["time_end"]["value"] == "2017-03-07T07:00:00.000001Z"
    assert instant(uss1.get(made["id"]).json()["operational_intent_reference"]["time_start"]).microsecond == 123456


def test_a_query_finds_what_meets_it(uss1: Uss, uss2: Uss) -> None:
    low, high = uss1.create(), uss1.create(volume(lower=500, upper=600), key=[])
    assert [r["id"] for r in uss2.search(volume(start=None, end=None, lower=None, upper=None))] == [low["id"], high["id"]]
    assert [r["id"] for r in uss2.search(volume(lower=550, upper=None))] == [high["id"]]
    assert uss2.search(volume(start=5, end=6)) == []
    assert {r["ovn"] for r in uss2.search(volume(lower=None, upper=None))} == {NO_OVN}
    assert {r["ovn"] for r in uss1.search(volume(lower=None, upper=None))} == {low["ovn"], high["ovn"]}
    for body in ({}, {"area_of_interest": None}, {"area_of_interest": volume({})}):
        assert uss1.call("POST", "operational_intent_references/query", json=body).status_code == 400


def test_volumes_may_be_past_as_long_as_one_is_not(door: Door, uss1: Uss) -> None:
    legs = [volume(circle(20 + n / 10), start=n, end=n + 1) for n in range(1, 4)]
    watching = {"new_subscription": {"uss_base_url": uss1.url}}
    flying = uss1.create(*legs)
    for hour, state in ((2.5, "Activated"), (3.5, "Nonconforming")):
        door.world.clock.now = DAWN + hours(hour)
        flying = uss1.change(flying, *legs, state=state, **watching).json()["operational_intent_reference"]
        assert (flying["state"], flying["time_start"], flying["time_end"]) == (state, moment(1), moment(4))
    door.world.clock.now = DAWN + hours(4.01)
    assert uss1.change(flying, *legs, state="Contingent", **watching).status_code == 400
    assert uss1.put(new_id(), uss1.intent(volume(start=1, end=2), volume(start=2, end=3))).status_code == 400
    assert uss1.delete(flying).status_code == 200


def test_past_intents_are_found_until_they_are_deleted(door: Door, uss1: Uss) -> None:
    made = uss1.create()
    door.world.clock.now += hours(3)
    assert [r["id"] for r in uss1.search(volume())] == [made["id"]]


def test_without_a_token_or_with_a_bad_one_nothing_opens(door: Door, uss: Callable[[str], Uss]) -> None:
    tokens = {"": "", "x": "Bearer x", "for another": f"Bearer {door.token('US', *ALL, audience='other.example', life_s=60)}",
              "too long": f"Bearer {door.token('US', *ALL, life_s=3_700)}"}
    for header in tokens.values():
        answer = uss("US").call("GET", f"operational_intent_references/{new_id()}", headers={"authorization": header})
        assert answer.status_code == 401
        assert set(answer.json()) == {"message"}
    assert uss("nobody").get(new_id()).status_code == 403
