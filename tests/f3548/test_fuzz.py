"""Requests made from the interface's own schemas, and spoiled ones: whatever comes, the answer is one the interface lists."""

import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.f3548.conftest import AA, ALL, CM, CMSA, CP, INTERFACE, SC, Uss, altitude, circle, moment, new_id, volume

from antalya.entry.f3548 import ENDPOINTS

SERVED = {(row.method.lower(), row.path) for row in ENDPOINTS}
OPERATIONS = [(method, path) for path, row in INTERFACE["paths"].items() for method in row if (method, path) in SERVED]
ID = "00000000-0000-4000-8000-00000000000a"

junk = st.recursive(st.none() | st.booleans() | st.integers(-2**40, 2**40) | st.floats(allow_nan=False) | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                    max_leaves=5)
numbers = st.floats(-200, 200) | st.sampled_from([0, -0.0, 90, -90, 180, -180, 1e308, 5e-324])
points = st.fixed_dictionaries({"lat": numbers, "lng": numbers})
spaces = st.one_of(
    st.builds(circle, st.floats(-180, 180), st.floats(-90, 90), st.floats(0.001, 40_000)),
    st.fixed_dictionaries({"outline_polygon": st.fixed_dictionaries({"vertices": st.lists(points, min_size=2, max_size=6)})}),
    st.builds(dict))
volumes = st.builds(volume, spaces, start=st.none() | st.floats(-1, 30), end=st.none() | st.floats(-1, 30),
                    lower=st.none() | st.floats(-9_000, 110_000), upper=st.none() | st.floats(-9_000, 110_000))
states = st.sampled_from(["Accepted", "Activated", "Nonconforming", "Contingent", "Ended"])
urls = st.sampled_from(["https://us.example", "http://us.example", "", "https://us.example/\u202e"]) | st.text(max_size=10)
SUBSCRIPTIONS = st.lists(st.fixed_dictionaries({"subscription_id": st.just(ID), "notification_index": st.integers(-1, 9)}),
                         max_size=2)
BODIES: dict[str, st.SearchStrategy[Any]] = {
    "PutOperationalIntentReferenceParameters": st.fixed_dictionaries(
        {"extents": st.lists(volumes, min_size=1, max_size=3), "state": states, "uss_base_url": urls},
        optional={"key": st.lists(st.text(string.ascii_letters, min_size=14, max_size=20), max_size=3),
                  "subscription_id": st.sampled_from([ID, "", "x"]), "requested_ovn_suffix": st.text(max_size=40),
                  "new_subscription": st.fixed_dictionaries({"uss_base_url": urls}, optional={"notify_for_constraints": junk})}),
    "PutConstraintReferenceParameters": st.fixed_dictionaries({"extents": st.lists(volumes, max_size=2), "uss_base_url": urls}),
    "PutSubscriptionParameters": st.fixed_dictionaries(
        {"extents": volumes, "uss_base_url": urls, "notify_for_operational_intents": st.booleans(),
         "notify_for_constraints": st.booleans()}),
    "ErrorReport": st.fixed_dictionaries({"exchange": st.fixed_dictionaries(
        {"url": st.text(max_size=9), "method": st.text(max_size=9), "recorder_role": st.sampled_from(["Client", "Server", ""]),
         "request_time": st.just(moment(0))}, optional={"response_code": st.integers(-2**40, 2**40), "problem": junk})}),
    "PutOperationalIntentDetailsParameters": st.fixed_dictionaries(
        {"operational_intent_id": st.sampled_from([ID, "x"]), "subscriptions": SUBSCRIPTIONS},
        optional={"operational_intent": st.fixed_dictionaries(
            {"reference": junk, "details": st.fixed_dictionaries({"volumes": st.lists(volumes, max_size=2)})}) | junk}),
    "PutConstraintDetailsParameters": st.fixed_dictionaries(
        {"constraint_id": st.sampled_from([ID, "x"]), "subscriptions": SUBSCRIPTIONS}, optional={"constraint": junk}),
    "SetUssAvailabilityStatusParameters": st.fixed_dictionaries(
        {"old_version": st.text(max_size=5), "availability": st.sampled_from(["Normal", "Down", "Unknown", "?"])}),
}
QUERY = st.fixed_dictionaries({"area_of_interest": volumes})


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_whatever_comes_the_answer_is_one_of_the_interface_s(uss1: Uss, method: str, path: str) -> None:
    schema = INTERFACE["paths"][path][method]["body"]
    good = BODIES.get(schema or "", QUERY)
    raw = (st.builds(json.dumps, good | junk).map(str.encode) | st.binary(max_size=30)) if schema else st.just(b"")
    parts = st.sampled_from([ID, ID.upper(), "x", "x" * 16, "%00", "%2F", "ü", "x" * 200])
    scopes = st.sets(st.sampled_from([*ALL, "antalya.read", "utm.unheard_of"]), min_size=1)

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(raw, parts, parts, st.just(set(ALL)) | scopes)
    def check(body: bytes, first: str, second: str, held: set[str]) -> None:
        filled = path
        for part in (first, second):
            filled = filled if "{" not in filled else filled[:filled.index("{")] + part + filled[filled.index("}") + 1:]
        head = {"content-type": "application/json"}
        answer = uss1.raw(method, filled, *sorted(held), headers=head, content=body)
        assert answer.status_code < 500
        if "%2F" not in filled:  # which is another address
            uss1.check(method, path, answer)
    check()


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_each_operation_opens_to_its_scopes_and_no_others(uss1: Uss, method: str, path: str) -> None:
    if path == "/uss/v1/log_sets/{log_set_id}":
        assert uss1.raw(method, path, "antalya.operate").status_code == 403  # the interface leaves it open to everybody
        return
    enough = [set(each) for each in INTERFACE["paths"][path][method]["scopes"]]
    for scope in (SC, CMSA, CM, CP, AA, "antalya.operate", "utm.*"):
        filled = path.replace("{ovn}", "x" * 16).replace("{version}", "v").replace("{uss_id}", "US")
        for name in ("{entityid}", "{subscriptionid}"):
            filled = filled.replace(name, new_id())
        answer = uss1.raw(method, filled, scope, json={})
        uss1.check(method, path, answer)
        assert (answer.status_code == 403) == ({scope} not in enough), (scope, answer.text)


def test_no_such_address_and_no_such_method(uss1: Uss) -> None:
    for method, path, status in (("GET", "/dss/v1/nothing", 404), ("PATCH", "/dss/v1/reports", 405)):
        answer = uss1.raw(method, path)
        assert (answer.status_code, set(answer.json())) == (status, {"message"})


def test_altitudes_are_w84_metres(uss1: Uss) -> None:
    for wrong in ({"reference": "AGL"}, {"units": "FT"}, {"value": "50"}, {"value": 100_001}, {"value": -8_001}):
        extent = volume()
        extent["volume"]["altitude_lower"] = altitude(50) | wrong
        assert uss1.put(new_id(), uss1.intent(extent)).status_code == 400
