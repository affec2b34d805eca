"""What drone operators see of the others: operations, keep-outs and sites as references whose manager is the exchange."""

from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace
from tests.f3548.conftest import NO_OVN, NULL_ID, Uss, altitude, circle, logged, moment, new_id, volume
from tests.http.conftest import Door
from tests.world import DAWN, World, hours, square
from tests.world import volume as box

from antalya.exchange import agreeing, viewing
from antalya.exchange.hub import Evidence
from antalya.model import Area, Circle, Operation, Understanding
from antalya.model.errors import AntalyaError
from antalya.model.rules import Consent, Exceptions, KeepOut
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content

NEAR, FAR = volume(circle(), start=1, end=3), volume(circle(40), start=1, end=3)
EVERYWHERE = volume(circle(37.95, 36.55, 20_000), start=None, end=None, lower=None, upper=None)
INTENTS, CONSTRAINTS = "operational_intent_references", "constraint_references"


@pytest.fixture
def world(door: Door) -> World:
    return door.world


def filed(world: World, level: str | None = "details", **fields: Any) -> Operation:
    """An operation of Turkey's near Manbij, released to everybody at a level."""
    made = world.operation("TR", box(37.9401, 36.5201, 0.02, lower_m=10, upper_m=1_210, start=DAWN + hours(1.25),
                                     end=DAWN + hours(3.5)), disclosure={"*": level} if level else {}, **fields)
    return operation_of(world, world.file("TR", *made.volumes, activity=made.activity, disclosure=made.disclosure,
                                          priority=made.priority, state=made.state)["operation"]["id"])


def operation_of(world: World, id_: str) -> Operation:
    with world.hub.store.read() as tx:
        stored = tx.operation(id_)
    assert stored is not None
    return stored.operation


def shown(uss: Uss) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The intents and the constraints of the exchange that a USS finds."""
    return tuple([r for r in uss.search(EVERYWHERE, what) if r["manager"] == "exchange"]  # type: ignore[return-value]
                 for what in (INTENTS, CONSTRAINTS))


def details(uss: Uss, reference: dict[str, Any]) -> dict[str, Any]:
    kind = "operational_intent" if "state" in reference else "constraint"
    answer = uss.call("GET", f"/uss/v1/{kind}s/{reference['id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()[kind])


def corners(found: dict[str, Any]) -> list[set[tuple[float, float]]]:
    return [{(round(v["lng"], 6), round(v["lat"], 6)) for v in each["volume"]["outline_polygon"]["vertices"]} for each in found["volumes"]]


def test_nothing_is_shown_unless_its_owner_releases_it(world: World, uss1: Uss) -> None:
    filed(world, None)
    filed(world, "overlap", activity="flight")
    world.file("TR", box(), disclosure={"US": "details"})
    world.protect()
    world.agree(keep_out(None))
    assert shown(uss1) == ([], [])


@pytest.mark.parametrize(("activity", "intent"), [("flight", True), ("drone", True), ("patrol", False), ("convoy", False)])
def test_what_flies_is_an_intent_and_what_stays_on_the_ground_a_constraint(world: World, uss1: Uss, activity: str,
                                                                             intent: bool) -> None:
    operation = filed(world, activity=activity, priority=5)
    intents, constraints = shown(uss1)
    [reference] = intents if intent else constraints
    assert (len(intents), len(constraints)) == ((1, 0) if intent else (0, 1))
    assert reference["id"] != operation.id
    assert (reference["version"], reference["ovn"], reference["uss_base_url"]) == (1, NO_OVN, world.hub.uss.base_url)  # type: ignore[union-attr]
    assert reference["time_start"]["value"] == "2017-03-07T05:15:00Z"
    if intent:
        assert (reference["state"], reference["subscription_id"]) == ("Accepted", NULL_ID)
    found = details(uss1, reference)
    assert found["reference"] | {"ovn": NO_OVN} == reference
    [space] = found["details"]["volumes"]
    assert corners(found["details"]) == [{(37.9401, 36.5201), (37.9601, 36.5201), (37.9601, 36.5401), (37.9401, 36.5401)}]
    assert space["volume"]["altitude_upper"]["value"] == 1_210
    assert found["details"].get("priority") == (5 if intent else None)
    assert found["details"].get("type") == (None if intent else f"antalya.{activity}")


@pytest.mark.parametrize("activity", ["flight", "patrol"])
def test_an_envelope_is_coarse_in_all_dimensions(world: World, uss1: Uss, activity: str) -> None:
    operation = filed(world, "envelope", activity=activity)
    [reference] = [r for found in shown(uss1) for r in found]
    assert [reference[end]["value"] for end in ("time_start", "time_end")] == ["2017-03-07T05:00:00Z", "2017-03-07T08:00:00Z"]
    found = details(uss1, reference)["details"]
    exact = {round(x, 6) for ring in operation.volumes[0].outline.coordinates for p in ring for x in p}  # type: ignore[union-attr, misc]
    assert not {x for ring in corners(found) for p in ring for x in p} & exact
    for each in found["volumes"]:
        assert (each["volume"]["altitude_lower"]["value"], each["volume"]["altitude_upper"]["value"]) == (0, 1_500)
        assert each["time_start"]["value"] == "2017-03-07T05:00:00Z"
    assert found.get("priority", 0) == 0
    far = volume(circle(37.87, 36.53, 50), start=None, end=None, lower=None, upper=None)  # in a coarse cell, 5 km away
    assert {r["id"] for what in (INTENTS, CONSTRAINTS) for r in uss1.search(far, what)} <= {reference["id"]}


def test_a_named_party_sees_more_than_everybody(world: World, uss1: Uss, uss2: Uss, uss: Any) -> None:
    world.file("RU", box(37.9401, 36.5201, 0.02), disclosure={"*": "envelope", "US": "details"}, activity="flight", priority=4)
    [reference], _ = shown(uss2)
    assert details(uss1, reference)["details"]["priority"] == 4
    coarse = details(uss2, reference)["details"]
    assert coarse["priority"] == 0
    assert len(coarse["volumes"]) >= 1
    assert corners(coarse) != corners(details(uss1, reference)["details"])
    assert details(uss("RU"), reference)["details"]["priority"] == 4


def test_who_sees_the_plan_elsewhere_sees_here_what_its_ovn_vouches_for(world: World, uss1: Uss) -> None:
    """US is asked for its consent and reads the plan at /v1. Here an OVN stays while the plan moves within its envelope, and who
    had the plan under it would fly into the new one."""
    world.agree(Understanding(id="m", title="Manbij", signatories=("TR", "US"), since=DAWN, disclosure=Disclosure(consent="details"),
                              rules=(Consent(id="c", of=("US",), area="manbij"),)))
    operation = filed(world, "envelope", activity="flight", priority=4)
    [reference], _ = shown(uss1)
    before = details(uss1, reference)
    assert viewing.operation(world.hub, Viewer("US"), operation.id)["level"] == "details"
    assert (before["details"]["priority"], before["details"]["volumes"][0]["time_start"]) == (0, moment(1))
    world.change(replace(operation, volumes=(replace(operation.volumes[0], starts_at=DAWN + hours(1.1)),)), 1)
    assert details(uss1, reference) == before


def test_a_drone_needs_the_ovn_of_a_constraint_where_it_processes_constraints(world: World, uss1: Uss) -> None:
    filed(world, "details")
    with_constraints = {"uss_base_url": uss1.url, "notify_for_constraints": True}
    uss1.create(NEAR, new_subscription={"uss_base_url": uss1.url})
    refused = uss1.put(new_id(), uss1.intent(NEAR, new_subscription=with_constraints))
    assert refused.status_code == 409
    [missing] = refused.json()["missing_constraints"]
    assert missing["manager"] == "exchange"
    mine = [r["ovn"] for r in uss1.search(NEAR)]
    ovn = details(uss1, missing)["reference"]["ovn"]
    assert uss1.put(new_id(), uss1.intent(NEAR, key=[*mine, ovn], new_subscription=with_constraints)).status_code == 201
    assert uss1.put(new_id(), uss1.intent(FAR, new_subscription=with_constraints)).status_code == 201


def test_a_drone_needs_the_ovn_of_a_flight(world: World, uss1: Uss) -> None:
    filed(world, "envelope", activity="flight")
    refused = uss1.put(new_id(), uss1.intent(NEAR))
    [missing] = refused.json()["missing_operational_intents"]
    assert (refused.status_code, missing["manager"], missing["ovn"]) == (409, "exchange", NO_OVN)
    assert uss1.put(new_id(), uss1.intent(NEAR, key=[details(uss1, missing)["reference"]["ovn"]])).status_code == 201


def test_a_change_gives_another_ovn_and_a_withdrawal_takes_it_away(world: World, uss1: Uss) -> None:
    operation = filed(world, "details")
    [first] = shown(uss1)[1]
    before = details(uss1, first)["reference"]["ovn"]
    world.change(replace(operation, note="nothing that shows"), 1)
    assert details(uss1, first)["reference"]["ovn"] == before
    moved = replace(operation, volumes=(box(37.9, 36.5, 0.01, start=DAWN + hours(2), end=DAWN + hours(5)),))
    world.change(moved, 2)
    [second] = shown(uss1)[1]
    assert (second["id"], second["version"]) == (first["id"], 2)
    assert details(uss1, second)["reference"]["ovn"] != before
    world.change(replace(moved, disclosure={}), 3)
    assert shown(uss1) == ([], [])
    assert uss1.call("GET", f"/uss/v1/constraints/{first['id']}").status_code == 404
    world.change(moved, 4)
    [third] = shown(uss1)[1]
    assert third["id"] != first["id"]
    world.withdraw("TR", operation.id, 5)
    assert shown(uss1) == ([], [])


def test_an_envelope_stays_as_it_is_while_it_holds_the_plan(world: World, uss1: Uss) -> None:
    operation = filed(world, "envelope")
    [before] = shown(uss1)[1]
    small = replace(operation.volumes[0], starts_at=DAWN + hours(1.5))
    world.change(replace(operation, volumes=(small,)), 1)
    assert shown(uss1)[1] == [before]


def test_a_patrol_that_takes_off_becomes_an_intent(world: World, uss1: Uss) -> None:
    operation = filed(world, "details")
    [before] = shown(uss1)[1]
    world.change(replace(operation, activity="drone"), 1)
    [intent], constraints = shown(uss1)
    assert constraints == []
    assert intent["id"] != before["id"]


def test_states_follow_and_off_nominal_volumes_with_them(world: World, uss1: Uss) -> None:
    operation = filed(world, "details", activity="flight")
    [reference], _ = shown(uss1)
    asked = f"/uss/v1/operational_intents/{reference['id']}/telemetry"
    seen = []
    for version, state in enumerate(("accepted", "active", "nonconforming", "contingent"), 1):
        world.change(replace(operation, state=state), version)
        [reference], _ = shown(uss1)
        found = details(uss1, reference)["details"]
        seen.append((reference["state"], len(found["volumes"]), len(found["off_nominal_volumes"]),
                     uss1.call("GET", asked).status_code))
    assert seen == [("Accepted", 1, 0, 409), ("Activated", 1, 0, 409), ("Nonconforming", 1, 1, 412), ("Contingent", 0, 1, 412)]
    world.change(replace(operation, state="ended"), 5)
    assert shown(uss1) == ([], [])
    assert uss1.call("GET", asked).status_code == 404


@pytest.mark.parametrize("level", ["details", "envelope"])
def test_where_a_flight_that_strayed_is_goes_to_who_sees_all_of_it(door: Door, world: World, uss1: Uss, uss2: Uss, level: str) -> None:
    operation = filed(world, level, activity="flight")
    client, where = door.client("TR"), f"/v1/operations/{operation.id}/fix"
    fix = {"at": "2017-03-07T04:00:00Z", "position": [37.95, 36.53], "altitude_m": 812.5}
    assert client.put(where, json=fix).json()["code"] == "wrong_state"
    for version, state in enumerate(("accepted", "active", "nonconforming"), 1):
        world.change(replace(operation, state=state), version)
    [reference], _ = shown(uss1)
    asked = f"/uss/v1/operational_intents/{reference['id']}/telemetry"
    assert uss1.call("GET", asked).status_code == 412
    for given, code in ((fix | {"at": "2017-03-07T04:01:00Z"}, "bad_field"), (fix | {"position": [200, 36.5]}, "not_a_position"),
                        (fix | {"at": "2017-03-07T04:00:00"}, "naive_time")):
        assert client.put(where, json=given).json()["code"] == code
    assert door.client("RU").put(where, json=fix).status_code in (403, 404)
    for given in (fix, fix | {"at": "2017-03-07T03:59:00Z", "altitude_m": 0}):  # what is older comes late
        assert client.put(where, json=given).status_code == 204
    answers = [each.call("GET", asked) for each in (uss1, uss2)]
    assert [a.status_code for a in answers] == ([200, 200] if level == "details" else [412, 200])  # Turkey's own is uss2
    assert answers[1].json()["telemetry"] == {
        "time_measured": moment(0), "position": {"longitude": 37.95, "latitude": 36.53, "altitude": altitude(812.5)}}
    assert "812.5" not in client.get("/v1/log/leaves").text
    world.change(replace(operation, state="ended"), 4)
    with world.hub.store.read() as tx:
        assert tx.fix(operation.id) is None


STRAYED = {"at": "2017-03-07T04:00:00Z", "position": [37.95, 36.53]}
AT = {"longitude": 37.95, "latitude": 36.53}


@pytest.mark.parametrize(("told", "position", "others"), [
    ({}, {}, {}),
    ({"speed_m_s": 21.5, "track_deg": 359.5}, {}, {"velocity": {"speed": 21.5, "units_speed": "MetersPerSecond", "track": 359.5}}),
    ({"speed_m_s": 0}, {}, {"velocity": {"speed": 0, "units_speed": "MetersPerSecond", "track": 360}}),
    ({"error_across_m": 0, "error_up_m": 0}, {"accuracy_h": "HA1m", "accuracy_v": "VA1m"}, {}),
    ({"error_across_m": 10, "error_up_m": 10}, {"accuracy_h": "HA30m", "accuracy_v": "VA25m"}, {}),
    ({"error_across_m": 1_851, "error_up_m": 149}, {"accuracy_h": "HA1NM", "accuracy_v": "VA150m"}, {}),
    ({"error_across_m": 18_520, "error_up_m": 150}, {"accuracy_h": "HA10NMPlus", "accuracy_v": "VA150mPlus"}, {}),
    ({"extrapolated": True}, {"extrapolated": True, "accuracy_h": "HAUnknown", "accuracy_v": "VAUnknown"}, {}),
    ({"extrapolated": True, "error_across_m": 2}, {"extrapolated": True, "accuracy_h": "HA3m", "accuracy_v": "VAUnknown"}, {}),
])
def test_all_that_its_owner_says_of_a_fix_is_in_the_telemetry(door: Door, world: World, uss1: Uss, told: dict[str, Any],
                                                              position: dict[str, Any], others: dict[str, Any]) -> None:
    operation = filed(world, "details", activity="drone")
    for version, state in enumerate(("accepted", "active", "nonconforming"), 1):
        world.change(replace(operation, state=state), version)
    client, where = door.client("TR"), f"/v1/operations/{operation.id}/fix"
    assert client.put(where, json=STRAYED | told | {"next_at": "2017-03-07T04:00:30Z"}).status_code == 204
    [reference], _ = shown(uss1)
    found = uss1.call("GET", f"/uss/v1/operational_intents/{reference['id']}/telemetry").json()
    assert found["telemetry"] == {"time_measured": moment(0), "position": AT | position} | others
    assert found["next_telemetry_opportunity"] == moment(1 / 120)
    for wrong in ({"track_deg": 90}, {"next_at": "2017-03-07T03:59:59Z"}, {"speed_m_s": 1, "track_deg": 360}, {"speed_m_s": -1},
                  {"error_up_m": -1}):
        assert client.put(where, json=STRAYED | wrong).json()["code"] == "bad_field"


def test_nobody_else_can_change_it_nor_write_under_its_name(world: World, uss1: Uss, uss: Any) -> None:
    filed(world, "details", activity="flight")
    filed(world, "details")
    [intent], [constraint] = shown(uss1)
    for client, status in ((uss1, 403), (uss("exchange"), 403)):
        ovn = details(uss1, intent)["reference"]["ovn"]
        assert client.put(intent["id"], client.intent(NEAR), ovn=ovn).status_code == status
        assert client.call("DELETE", f"{INTENTS}/{intent['id']}/{ovn}").status_code == status
        ovn = details(uss1, constraint)["reference"]["ovn"]
        assert client.constrain(NEAR, id_=constraint["id"], ovn=ovn).status_code == status
    assert shown(uss1) == ([intent], [constraint])


def test_what_is_over_goes(world: World, uss1: Uss) -> None:
    filed(world, "details", activity="flight")
    world.protect(disclosure={"*": "details"}, expires_at=DAWN + hours(2))
    assert [len(each) for each in shown(uss1)] == [1, 1]
    world.later(hours=3.2)
    assert [len(each) for each in shown(uss1)] == [1, 0]
    world.later(hours=2)
    assert [len(each) for each in shown(uss1)] == [0, 0]


# sites and keep-outs

def keep_out(level: str | None, **fields: Any) -> Understanding:
    rule = KeepOut(**({"id": "zone", "outline": square(37.94, 36.52, 0.02), "upper_m": 600.0} | fields))
    chosen = Disclosure(everybody=level) if level else Disclosure()  # type: ignore[arg-type]
    return Understanding(id="m", title="Manbij", signatories=("TR", "RU"), since=DAWN, rules=(rule,), disclosure=chosen)


def test_a_protected_site_is_shown_with_its_room(world: World, uss1: Uss) -> None:
    site = world.protect(disclosure={"*": "details"})
    [reference] = shown(uss1)[1]
    found = details(uss1, reference)["details"]
    space = found["volumes"][0]["volume"]
    assert found["type"] == "antalya.protected-site"
    assert space["outline_circle"]["radius"]["value"] == 600
    assert (space["altitude_lower"]["value"], space["altitude_upper"]["value"]) == (-800, 3_300)
    assert site.name not in uss1.call("GET", f"/uss/v1/constraints/{reference['id']}").text
    world.put(replace(site, disclosure={"*": "envelope"}), "AID", 1)
    [coarse] = shown(uss1)[1]
    assert coarse["id"] == reference["id"]
    assert "outline_circle" not in str(details(uss1, coarse))
    world.put(replace(site, disclosure={}), "AID", 2)
    assert shown(uss1) == ([], [])


def test_whom_its_owner_shows_a_site_reads_it_at_the_other_door_too(door: Door) -> None:
    site = door.world.protect(disclosure={"US": "details", "RU": "envelope"})
    seen = {party: [s["name"] for s in door.client(party).get("/v1/sites").json()["items"]] for party in ("AID", "US", "RU", "TR")}
    assert seen == {"AID": [site.name], "US": [site.name], "RU": [], "TR": []}


def test_what_was_signed_before_there_was_a_release_stays_signed() -> None:
    agreed = keep_out(None)
    assert agreed.disclosure is not None
    assert to_builtins(agreed.disclosure) == {"clash": "overlap", "consent": "envelope"}
    assert signed_content(agreed) != signed_content(keep_out("envelope"))


def test_a_polygon_s_room_holds_its_stand_off(world: World, uss1: Uss) -> None:
    world.protect(disclosure={"*": "details"}, outline=square(37.94, 36.52, 0.02), stand_off_m=1_000)
    inside, outside = (volume(circle(lon, 36.53, 5), start=None, end=None, lower=None, upper=None) for lon in (37.9296, 37.90))
    assert len(uss1.search(inside, CONSTRAINTS)) == 1
    assert uss1.search(outside, CONSTRAINTS) == []


def test_a_keep_out_is_shown_while_it_is_in_force(world: World, uss1: Uss) -> None:
    agreed = keep_out("details", stand_off_m=100.0)
    world.put(agreed)
    assert shown(uss1) == ([], [])
    for party in agreed.signatories:
        sign(world, party, agreed)
    [reference] = shown(uss1)[1]
    found = details(uss1, reference)["details"]
    assert found["type"] == "antalya.keep-out"
    assert reference["time_end"]["value"].startswith("9999-12-31")
    assert "time_end" not in found["volumes"][0]
    set_status(world, "TR", "suspended")
    assert shown(uss1) == ([], [])
    set_status(world, "TR", "in-force")
    assert len(shown(uss1)[1]) == 1
    set_status(world, "RU", "ended")
    assert shown(uss1) == ([], [])


def sign(world: World, party: str, agreed: Understanding) -> None:
    agreeing.sign(world.hub, Viewer(party), agreed.id, signed_content(agreed), Evidence(b"sign"))


def set_status(world: World, party: str, status: Any) -> None:
    agreeing.set_status(world.hub, Viewer(party), "m", status, Evidence(b"status"))


@pytest.mark.parametrize("fields", [{"forces": ("SDF",)}, {"parties": ("RU",)}, {"activities": ("patrol",)},
                                    {"exceptions": Exceptions(activities=("drone",))}])
def test_a_keep_out_that_binds_no_stranger_s_drone_is_not_shown(world: World, uss1: Uss, fields: dict[str, Any]) -> None:
    world.agree(keep_out("details", **fields))
    assert shown(uss1) == ([], [])


def test_at_envelope_only_coarse_cells_of_a_keep_out(world: World, uss1: Uss) -> None:
    world.agree(keep_out("envelope"))
    [reference] = shown(uss1)[1]
    assert "37.94" not in str(corners(details(uss1, reference)["details"]))


def test_a_signatory_too_sees_here_what_the_ovn_of_a_keep_out_vouches_for(world: World, uss2: Uss) -> None:
    """Its area moves within the coarse cells without a new OVN: whoever had the area would not learn that it is another."""
    world.put(Area(id="zone", name="Zone", outline=square(37.94, 36.52, 0.02)))
    world.agree(keep_out("envelope", outline=None, area="zone"))
    _, [reference] = shown(uss2)
    before = details(uss2, reference)
    assert corners(before["details"]) != [{(x, y) for x in (37.94, 37.96) for y in (36.52, 36.54)}]
    world.put(Area(id="zone", name="Zone", outline=square(37.945, 36.52, 0.02)), version=1)
    assert details(uss2, reference) == before


def test_the_area_of_a_keep_out_may_move(world: World, uss1: Uss) -> None:
    world.put(Area(id="zone", name="Zone", outline=square(37.94, 36.52, 0.02)))
    world.agree(keep_out("details", outline=None, area="zone"))
    [before] = shown(uss1)[1]
    world.put(Area(id="zone", name="Zone", outline=square(37.90, 36.52, 0.01)), version=1)
    [after] = shown(uss1)[1]
    assert (after["id"], after["version"]) == (before["id"], 2)
    assert corners(details(uss1, after)["details"])[0] == {(37.90, 36.52), (37.91, 36.52), (37.91, 36.53), (37.90, 36.53)}


def test_what_is_too_large_to_show_is_said_when_it_is_filed_or_proposed(world: World) -> None:
    wide = Circle(center=(37.95, 36.53), radius_m=110_000)
    for job in (lambda: world.file("TR", replace(box(), outline=wide), disclosure={"*": "details"}),
                lambda: world.put(keep_out("details", outline=wide))):
        with pytest.raises(AntalyaError) as refused:
            job()
        assert (refused.value.code.name, refused.value.at) == ("area_too_large", "disclosure")
    world.file("TR", replace(box(), outline=wide))


def test_the_log_says_what_was_shown_at_which_level(door: Door) -> None:
    operation = filed(door.world, "envelope")
    broker = door.client("broker", "antalya.read", "antalya.broker").get("/v1/log/leaves").json()["items"]
    [leaf] = [item for item in broker if item["entry"]["kind"] == "utm.constraint"]
    assert leaf["content"] == f'["operation","{operation.id}","","envelope"]'
    assert leaf["entry"]["actor"] == "exchange"
    assert logged(door, "US", "utm.constraint") == []


def test_without_an_address_of_its_own_it_shows_nothing(tmp_path: Any) -> None:
    alone = World(tmp_path)
    try:
        alone.file("TR", box(), disclosure={"*": "details"})
        alone.later(hours=1)
        with alone.hub.store.read() as tx:
            assert tx.bridged() == []
    finally:
        alone.close()
