"""Several filings in one request: what comes of each is what would have come of it alone."""

import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.http.conftest import Door
from tests.http.test_door import box, check_shape, operation, problem

from antalya.entry.http.filings import ALONE, WITH_KEEPER
from antalya.exchange import ahead
from antalya.ledger.receipt import Receipt, verify_receipt
from antalya.model import Party
from antalya.model.limits import Limits
from antalya.wire.canonical import canonical
from antalya.wire.notice import public_key, sign

FILINGS = "/v1/filings"
Part = dict[str, Any]


def notice(door: Door, body: dict[str, Any], by: str = "US", act: str = "POST /v1/operations") -> str:
    return sign(canonical(body), door.world.party_keys[by], act, door.world.clock()).decode()


def at(lon: float, **fields: Any) -> list[dict[str, Any]]:
    """A box of 0.1 degrees somewhere else."""
    ring = [[lon, 35], [lon + 0.1, 35], [lon + 0.1, 35.1], [lon, 35.1], [lon, 35]]
    return box(outline={"type": "Polygon", "coordinates": [ring]}, **fields)


def entries(door: Door) -> list[tuple[object, ...]]:
    """What the log says, but when and in which order."""
    leaves = door.client("broker", "antalya.read", "antalya.broker").get("/v1/log/leaves", params={"limit": 1_000}).json()["items"]
    said = [leaf["entry"] for leaf in leaves if "entry" in leaf]
    return sorted(((e["kind"], e["actor"], e["subject"], e["version"], e["signed"] is None, e["outcome"], e["code"] or "")
                   for e in said), key=str)


def sent_alone(client: httpx.Client, part: Part) -> httpx.Response:
    """One of several, sent alone."""
    head = {"idempotency-key": part["idempotency_key"]} if "idempotency_key" in part else {}
    if "notice" in part:
        return client.post("/v1/operations", content=part["notice"], headers=head | {"content-type": "application/jose"})
    return client.post("/v1/operations", content=json.dumps(part["operation"]), headers=head | {"content-type": "application/json"})


def essence(status: int, body: dict[str, Any]) -> tuple[object, ...]:
    """What an answer says that does not depend on what else is in the log."""
    if status != 201:
        return status, body["code"], body["detail"], body.get("at"), body["next_step"]
    shown = body["operation"]
    return (status, shown["operation"], shown["version"], shown["signed"], body["clearance"],
            [(f["id"], f["kind"], f["text"], f["met"]) for f in body["findings"]], len(body["asks"]))


def of_each_kind(door: Door) -> list[Part]:
    """Filings that come to something else each; the same ones at another door whose world is alike."""
    plain = [operation(door, volumes=at(30 + n / 2)) for n in range(4)]
    wide = operation(door, volumes=box(outline={"type": "Circle", "center": [38, 36], "radius_m": 90_000}))  # no light one
    return [{"operation": plain[0]},
            {"notice": notice(door, operation(door, volumes=at(33)))},
            {"operation": operation(door, volumes=box(lower_m=500, upper_m=100))},
            {"notice": notice(door, operation(door, volumes=at(33.5)), by="TR")},
            {"notice": notice(door, operation(door, volumes=at(33.5)), act="PUT /v1/operations")},
            {"notice": "not a notice"},
            {"operation": plain[0]},  # the same id again
            {"operation": wide},
            {"operation": operation(door, "TR", volumes=at(34))},
            {"operation": {"party": "US"}},
            {"operation": plain[1], "idempotency_key": "one"},
            {"operation": plain[2], "idempotency_key": "one"},  # another filing under that key
            {"operation": operation(door, volumes=at(34.5, ends_at="2017-03-07T03:00:00Z", starts_at="2017-03-07T02:00:00Z"))},
            {"operation": plain[3], "idempotency_key": "two"},
            {"operation": "text"}, {"operation": None}]


@pytest.mark.parametrize("kept", [False, True], ids=["alone", "kept"])
def test_each_is_answered_kept_and_logged_as_if_it_had_come_alone(tmp_path: Path, kept: bool) -> None:
    doors = [Door(tmp_path / name, kept=kept) for name in ("together", "alone") if not (tmp_path / name).mkdir()]
    try:
        for door in doors:
            assert door.client("RU").post("/v1/operations", json=operation(door, "RU", volumes=at(31))).status_code == 201
        together, alone = doors
        answer = together.client("US").post(FILINGS, json={"filings": of_each_kind(together)})
        assert answer.status_code == 200
        check_shape(together, "POST", FILINGS, answer)
        came = [essence(item["status"], item.get("outcome") or item["problem"]) for item in answer.json()["items"]]
        us = alone.client("US")
        assert came == [essence(one.status_code, one.json()) for one in (sent_alone(us, part) for part in of_each_kind(alone))]
        assert {one[0] for one in came} == {201, 401, 403, 409, 422}
        assert entries(together) == entries(alone)
        for item in answer.json()["items"]:
            if item["status"] == 201:
                verify_receipt(msgspec.convert(item["outcome"]["receipt"], Receipt), [together.world.hub.signer.verifier()])
            else:
                assert item["problem"]["instance"].startswith("urn:uuid:")
    finally:
        for door in doors:
            door.close()


def test_more_than_go_on_together_are_kept_in_their_order_and_sent_again_get_the_same_answers(door: Door) -> None:
    us, count = door.client("US"), ALONE[0] + 21
    parts = [{"notice": notice(door, operation(door, volumes=at(20 + n / 5))), "idempotency_key": f"plan/{n}"} for n in range(count)]
    first, again = (us.post(FILINGS, json={"filings": parts}).json()["items"] for _ in range(2))
    assert [item["status"] for item in first] == [201] * count
    together, _ = WITH_KEEPER if door.facing.keeper else ALONE
    for begin in range(0, count, together):
        leaves = [item["outcome"]["leaf"] for item in first[begin:begin + together]]
        assert leaves == sorted(leaves)
    assert [item["outcome"]["leaf"] for item in again] == [item["outcome"]["leaf"] for item in first]
    assert len(us.get("/v1/operations").json()["items"]) == count
    assert door.facing.turns.there("US") == 0


@pytest.mark.parametrize("apart", [1, WITH_KEEPER[0], ALONE[0]], ids=["in one part", "in two of a door's", "in two"])
def test_of_two_with_one_id_the_first_is_kept_though_it_takes_its_time(door: Door, apart: int) -> None:
    much = operation(door, volumes=box(outline={"type": "Circle", "center": [38, 36], "radius_m": 90_000}))
    later = operation(door, volumes=at(20)) | {"id": much["id"]}
    between = [operation(door, volumes=at(21 + n / 5)) for n in range(apart - 1)]
    came = door.client("US").post(FILINGS, json={"filings": [{"operation": one} for one in (much, *between, later)]}).json()["items"]
    assert [item["status"] for item in came] == [201] * apart + [409]
    assert came[-1]["problem"]["code"] == "duplicate_id"
    assert door.client("US").get(f"/v1/operations/{much['id']}").json()["operation"]["volumes"][0]["outline"]["type"] == "Circle"


def test_what_is_refused_at_a_look_is_not_made_ready(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    made, prepare = list[str](), ahead.prepare
    monkeypatch.setattr(ahead, "prepare", lambda *given: made.append(given[0].id) or prepare(*given))
    good = operation(door, volumes=at(20))
    bad = [operation(door, volumes=at(21)) | {"id": "no-uuid"}, operation(door, volumes=at(22)) | {"state": "active"}]
    parts = [{"operation": one} for one in (*bad, good)]
    us = door.client("US")
    came = [item["problem"]["code"] for item in us.post(FILINGS, json={"filings": parts}).json()["items"][:2]]
    assert came == [sent_alone(us, part).json()["code"] for part in parts[:2]] == ["bad_id", "wrong_state"]
    assert made == [good["id"]]


def test_what_clashes_is_found_among_them_too(door: Door) -> None:
    ours = [{"operation": operation(door)}, {"operation": operation(door)}]
    said = door.client("US").post(FILINGS, json={"filings": ours}).json()["items"]
    assert [len(item["outcome"]["findings"]) for item in said] == [0, 0]  # one party's own do not clash
    [theirs] = door.client("TR").post(FILINGS, json={"filings": [{"operation": operation(door, "TR")}]}).json()["items"]
    assert (theirs["outcome"]["clearance"], len(theirs["outcome"]["findings"])) == ("held", 2)


@pytest.mark.parametrize(("body", "code", "where"), [
    ({"filings": []}, "bad_field", "filings"), ({}, "bad_field", "filings"), ({"filings": [{}]}, "bad_field", "filings[0]"),
    ({"filings": [{"operation": {}}, {"operation": {}, "notice": "x"}]}, "bad_field", "filings[1]"),
    ({"filings": [{"notice": 1}]}, "bad_field", "filings[0].notice"),
    ({"filings": [{"notice": "x", "idempotency_key": ""}]}, "bad_field", "filings[0].idempotency_key"),
    ({"filings": [{"notice": "x", "idempotency_key": "\u00e9"}]}, "bad_field", "filings[0].idempotency_key"),
    ({"filings": [{"notice": "x"}] * 101}, "too_large", "filings"), ({"filings": [{"notice": "x"}], "more": 1}, "bad_field", "more")])
def test_a_body_that_can_not_be_read_files_nothing(door: Door, body: Part, code: str, where: str) -> None:
    assert problem(door.client("US").post(FILINGS, json=body), code)["at"] == where


def test_one_key_twice_in_one_of_them_refuses_all(door: Door) -> None:
    good, us = json.dumps(operation(door)), door.client("US")
    twice = good.replace('"party"', '"party": "TR", "party"', 1)
    head = {"content-type": "application/json"}
    answer = us.post(FILINGS, content=f'{{"filings": [{{"operation": {good}}}, {{"operation": {twice}}}]}}', headers=head)
    assert problem(answer, "bad_json")["detail"] == "a key stands twice in one object"
    assert us.get("/v1/operations").json()["items"] == []


def test_all_of_them_signed_as_one_are_refused(door: Door) -> None:
    body = canonical({"filings": [{"operation": operation(door)}]})
    signed = sign(body, door.world.party_keys["US"], f"POST {FILINGS}", door.world.clock())
    problem(door.client("US").post(FILINGS, content=signed, headers={"content-type": "application/jose"}), "bad_media_type")


def test_each_counts_as_a_request_and_all_are_refused_where_they_are_too_many(tmp_path: Path) -> None:
    door = Door(tmp_path, limits=Limits(requests_per_s=0.001, burst=8))
    try:
        door.desk.rates.take("party US", 100_000 - 8)  # whose burst is larger than the limits of the test
        parts = [{"operation": operation(door, volumes=at(20 + n / 5))} for n in range(9)]
        us = door.client("US")
        assert problem(us.post(FILINGS, json={"filings": parts}), "too_large")["detail"] == "9 filings, at most 8"
        answer = us.post(FILINGS, json={"filings": parts[:8]})
        assert (problem(answer, "rate_exceeded")["retry_after_s"] > 0, int(answer.headers["retry-after"]) > 0) == (True, True)
        assert us.post(FILINGS, json={"filings": parts[:7]}).status_code == 200
        assert us.post("/v1/operations", json=parts[7]["operation"]).status_code == 429
    finally:
        door.close()


def test_who_must_sign_signs_each(door: Door) -> None:
    known = public_key(door.world.party_keys["US"])
    door.world.put(Party(id="US", name="United States", keys=(known,), must_sign=True), version=1)
    plain = operation(door)
    said = door.client("US").post(FILINGS, json={"filings": [{"operation": plain}, {"notice": notice(door, plain)}]}).json()["items"]
    assert [item["status"] for item in said] == [401, 201]
    assert said[0]["problem"]["code"] == "signature_required"
