"""Constraint references, USS availability and reports over real HTTP."""

from typing import Any

import pytest
from tests.f3548.conftest import AA, CM, CMSA, CP, NO_OVN, SC, Uss, circle, logged, moment, new_id, volume
from tests.f3548.test_subscriptions import told, watch
from tests.http.conftest import Door


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json()["constraint_reference"])


def test_a_constraint_is_created_read_changed_and_deleted(uss1: Uss, uss2: Uss) -> None:
    first = made(uss1.constrain())
    assert (first["version"], first["manager"], first["uss_availability"]) == (1, "US", "Unknown")
    assert uss2.call("GET", f"constraint_references/{first['id']}").json() == {
        "constraint_reference": first | {"ovn": NO_OVN}}
    second = made(uss1.constrain(volume(lower=None, upper=None, end=4), id_=first["id"], ovn=first["ovn"]))
    assert (second["version"], second["time_end"]) == (2, moment(4))
    assert [r["id"] for r in uss2.search(volume(lower=10_000, upper=None), "constraint_references")] == [first["id"]]
    assert uss1.constrain(id_=first["id"], ovn=first["ovn"]).status_code == 409
    assert uss1.constrain(id_=first["id"]).status_code == 409
    assert uss1.constrain(id_=new_id(), ovn=first["ovn"]).status_code == 409
    assert uss2.constrain(id_=first["id"], ovn=second["ovn"]).status_code == 403
    path = f"constraint_references/{first['id']}"
    assert uss2.call("DELETE", f"{path}/{second['ovn']}").status_code == 403
    assert uss1.call("DELETE", f"{path}/{first['ovn']}").status_code == 409
    assert made(uss1.call("DELETE", f"{path}/{second['ovn']}")) == second
    assert uss1.call("GET", path).status_code == 404
    assert uss1.call("DELETE", f"{path}/{'x' * 16}").status_code == 404


def test_constraints_notify_those_who_want_to_hear_of_them(uss1: Uss, uss2: Uss) -> None:
    watch(uss1.subscribe())
    wants = watch(uss1.subscribe(notify_for_operational_intents=False, notify_for_constraints=True))
    first = uss2.constrain()
    assert told(first) == {uss1.url: [(wants["id"], 1)]}
    reference = made(first)
    moved = uss2.constrain(volume(circle(39.0)), id_=reference["id"], ovn=reference["ovn"])
    assert told(moved) == {uss1.url: [(wants["id"], 2)]}
    assert told(uss2.call("DELETE", f"constraint_references/{reference['id']}/{made(moved)['ovn']}")) == {}


def test_constraints_count_in_the_key_of_who_processes_them(uss1: Uss, uss2: Uss) -> None:
    reference = made(uss2.constrain())
    processing = {"new_subscription": {"uss_base_url": uss1.url, "notify_for_constraints": True}}
    id_ = new_id()
    refused = uss1.put(id_, uss1.intent(**processing))
    assert refused.status_code == 409
    assert [(r["id"], r["ovn"]) for r in refused.json()["missing_constraints"]] == [(reference["id"], NO_OVN)]
    assert "missing_operational_intents" not in refused.json()
    assert "1 constraint " in refused.json()["message"]
    assert uss1.put(id_, uss1.intent(key=[reference["ovn"]], **processing)).status_code == 201
    assert uss1.put(new_id(), uss1.intent(volume(lower=500, upper=600), **processing)).status_code == 201
    assert uss2.put(new_id(), uss2.intent(volume(circle(37.952), lower=300, upper=400))).status_code == 201


def test_constraints_need_their_scopes(uss1: Uss) -> None:
    body = {"extents": [volume()], "uss_base_url": uss1.url}
    path = f"constraint_references/{new_id()}"
    for scope in (SC, CP, CMSA, AA):
        assert uss1.call("PUT", path, scope, json=body).status_code == 403
    assert uss1.call("PUT", path, CM, json=body).status_code == 201
    for scope, status in ((CP, 200), (CM, 200), (SC, 403)):
        assert uss1.call("GET", path, scope).status_code == status


@pytest.mark.parametrize("extent", [volume(start=None), volume(end=None), volume(start=-2, end=-1), volume({})])
def test_bad_constraints_are_refused(uss1: Uss, extent: dict[str, Any]) -> None:
    assert uss1.constrain(extent).status_code == 400


# availability


def available(uss: Uss, name: str, state: str, version: str) -> Any:
    return uss.call("PUT", f"uss_availability/{name}", AA, json={"old_version": version, "availability": state})


def test_availability_is_unknown_until_an_arbitrator_says_otherwise(uss1: Uss, uss2: Uss) -> None:
    unknown = uss2.call("GET", "uss_availability/US", SC).json()
    assert unknown == {"version": "", "status": {"uss": "US", "availability": "Unknown"}}
    down = available(uss1, "US", "Down", "").json()
    assert down["status"] == {"uss": "US", "availability": "Down"}
    assert uss2.call("GET", "uss_availability/US", CMSA).json() == down
    assert available(uss1, "US", "Normal", "").status_code == 409
    assert available(uss1, "never.heard.of", "Normal", "x").status_code == 409
    assert available(uss1, "US", "Asleep", down["version"]).status_code == 400
    normal = available(uss1, "US", "Normal", down["version"]).json()
    assert normal["version"] not in ("", down["version"])
    for scope in (SC, CMSA, CM, CP):
        body = {"old_version": normal["version"], "availability": "Down"}
        assert uss1.call("PUT", "uss_availability/US", scope, json=body).status_code == 403


def test_a_uss_that_is_down_can_t_plan_and_others_need_not_ask_it(uss1: Uss, uss2: Uss) -> None:
    watching = {"new_subscription": {"uss_base_url": uss1.url}}
    planned, flying = uss1.create(), uss1.create(volume(circle(39.0)), **watching)
    flying = uss1.change(flying, volume(circle(39.0)), state="Activated", **watching).json()["operational_intent_reference"]
    version = available(uss2, "US", "Down", "").json()["version"]
    assert uss2.get(planned["id"]).json()["operational_intent_reference"]["uss_availability"] == "Down"
    assert uss1.put(new_id(), uss1.intent(volume(circle(40.0)))).status_code == 412
    assert uss1.change(planned).status_code == 412
    assert uss1.change(flying, volume(circle(39.0)), state="Activated", **watching).status_code == 412
    assert uss1.delete(planned).status_code == 412
    off = uss1.change(flying, volume(circle(39.0)), state="Nonconforming", **watching)
    assert off.status_code == 200
    assert uss2.put(new_id(), uss2.intent()).status_code == 201
    assert uss2.put(new_id(), uss2.intent(volume(circle(39.0)))).status_code == 409
    available(uss2, "US", "Normal", version)
    assert uss1.delete(planned).status_code == 200


# reports


def report(**fields: Any) -> dict[str, Any]:
    return {"exchange": {"url": "https://tr.example/uss/v1/x", "method": "GET", "recorder_role": "Client",
                         "request_time": moment(0), "response_code": 500, "problem": "no answer"} | fields}


def test_a_report_is_archived_under_an_id(door: Door, uss1: Uss) -> None:
    answer = uss1.call("POST", "reports", json=report())
    assert answer.status_code == 201
    assert answer.json()["report_id"]
    assert answer.json()["exchange"] == report()["exchange"] | {"request_source": "US"}
    assert [leaf["subject"] for leaf in logged(door, "US", "utm.report")] == [answer.json()["report_id"]]


@pytest.mark.parametrize("body", [{}, {"exchange": {}}, report(method=None), report(recorder_role="Witness"),
                                  report(response_code=2**31), report() | {"report_id": "mine"}])
def test_bad_reports_are_refused(uss1: Uss, body: dict[str, Any]) -> None:
    assert uss1.call("POST", "reports", json=body).status_code == 400
