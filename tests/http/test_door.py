"""The native API through real HTTP: every endpoint's answer fits openapi.json, every bad input gets its catalogue error."""

import json
import socket
import threading
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jsonschema import Draft202012Validator
from tests.http.conftest import Door
from tests.world import DAWN, hours

from antalya.ledger.receipt import Receipt, verify_receipt
from antalya.model import Party
from antalya.model.errors import CATALOGUE
from antalya.store.sqlite import SqliteStore
from antalya.wire.canonical import canonical
from antalya.wire.decode import decode
from antalya.wire.notice import public_key, sign


def operation(door: Door, party: str = "US", **fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(msgspec.json.encode(door.world.operation(party)))
    return plain | fields


def box(**fields: Any) -> list[dict[str, Any]]:
    plain = {"outline": {"type": "Polygon", "coordinates": [[[37.9, 36.5], [38, 36.5], [38, 36.6], [37.9, 36.6], [37.9, 36.5]]]},
             "lower_m": 0, "upper_m": 1000, "starts_at": "2017-03-07T06:00:00Z", "ends_at": "2017-03-07T08:00:00Z"}
    return [plain | fields]


def outline(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def check_shape(door: Door, method: str, path: str, answer: httpx.Response) -> None:
    """Holds an answer against what openapi.json says of it."""
    document = httpx.get(f"{door.url}/openapi.json").json()
    described = document["paths"][path][method.lower()]["responses"][str(answer.status_code)]
    said = described["content"]
    assert {h for h in ("etag", "location") if h in answer.headers} <= {h.lower() for h in described.get("headers", {})}
    kind = answer.headers["content-type"].partition(";")[0]
    if kind.endswith("json"):
        Draft202012Validator(said[kind]["schema"] | {"components": document["components"]}).validate(answer.json())
    else:
        assert kind in said


def problem(answer: httpx.Response, name: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert (answer.headers["content-type"], body["code"], answer.status_code) == (
        "application/problem+json", name, CATALOGUE[name].status), body
    assert body["next_step"] == CATALOGUE[name].next_step
    return body


def test_the_story_of_a_pair_through_the_door(door: Door) -> None:
    us, tr, broker = door.client("US"), door.client("TR"), door.client("broker", "antalya.read", "antalya.broker")
    first = us.post("/v1/operations", json=operation(door))
    assert first.status_code == 201
    assert (first.headers["etag"], first.headers["location"]) == ('"1"', f"/v1/operations/{first.json()['operation']['id']}")
    check_shape(door, "POST", "/v1/operations", first)
    second = tr.post("/v1/operations", json=operation(door, "TR"))
    check_shape(door, "POST", "/v1/operations", second)
    assert second.json()["clearance"] == "held"
    id_ = second.json()["operation"]["id"]
    [ask] = us.get("/v1/asks", params={"state": "open"}).json()["items"]
    assert ask["operation"] is None  # at the overlap nobody learns whose it is
    assert ask["text"].endswith("Here the other one gives way, not yours.")
    for client, words in ((us, "Here the other one gives way, not yours."), (tr, "Here yours gives way."), (broker, "filed later.")):
        [found] = client.get("/v1/findings").json()["items"]
        assert found["text"].endswith(words)
    [waited_for] = tr.get("/v1/asks").json()["items"]
    assert waited_for["text"].endswith("Here yours gives way.")
    granted = us.post(f"/v1/asks/{ask['id']}/answers", json={"decision": "grant"})
    assert granted.status_code == 201
    check_shape(door, "POST", "/v1/asks/{id}/answers", granted)
    assert tr.get(f"/v1/operations/{id_}").json()["clearance"] == "clear"
    for path, template in (("/v1/me", None), ("/v1/limits", None), ("/v1/picture", None), ("/v1/operations", None),
                           (f"/v1/operations/{id_}", "/v1/operations/{id}"), ("/v1/findings", None), ("/v1/asks", None),
                           (f"/v1/asks/{ask['id']}", "/v1/asks/{id}"), ("/v1/parties", None), ("/v1/forces", None),
                           ("/v1/areas", None), ("/v1/areas/manbij", "/v1/areas/{id}"), ("/v1/log/leaves", None),
                           ("/v1/log/checkpoint", None), ("/v1/log/leaves/3", "/v1/log/leaves/{leaf}"),
                           ("/v1/log/proofs/inclusion?leaf=2", "/v1/log/proofs/inclusion"),
                           ("/v1/log/proofs/consistency?from=2", "/v1/log/proofs/consistency"),
                           (f"/v1/operations/{id_}/versions", "/v1/operations/{id}/versions"),
                           (f"/v1/operations/{id_}/versions/1", "/v1/operations/{id}/versions/{n}"),
                           (f"/v1/findings/{ask['finding']}", "/v1/findings/{id}"),
                           (f"/v1/receipts/{second.json()['leaf']}", "/v1/receipts/{leaf}")):
        for client in (broker, tr):
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.text)
            check_shape(door, "GET", template or path, answer)
    gone = tr.delete(f"/v1/operations/{id_}", headers={"if-match": '"1"'})
    check_shape(door, "DELETE", "/v1/operations/{id}", gone)
    assert gone.json()["operation"]["operation"]["state"] == "withdrawn"


def test_a_signed_filing_is_marked_so_and_its_receipt_verifies_offline(door: Door) -> None:
    body = operation(door)
    signed = sign(canonical(body), door.world.party_keys["US"], "POST /v1/operations", door.world.clock())
    answer = door.client("US").post("/v1/operations", content=signed, headers={"content-type": "application/jose"})
    assert answer.status_code == 201
    assert answer.json()["operation"]["signed"] is True
    receipt = msgspec.convert(answer.json()["receipt"], Receipt)
    assert receipt.entry.signed is not None
    verify_receipt(receipt, [door.world.hub.signer.verifier()])


def test_a_signature_for_another_purpose_or_by_another_key_is_refused(door: Door) -> None:
    body, now = canonical(operation(door)), door.world.clock()
    head = {"content-type": "application/jose"}
    us = door.client("US")
    other_act = sign(body, door.world.party_keys["US"], "PUT /v1/operations", now)
    problem(us.post("/v1/operations", content=other_act, headers=head), "bad_signature")
    other_key = sign(body, door.world.party_keys["TR"], "POST /v1/operations", now)
    problem(us.post("/v1/operations", content=other_key, headers=head), "bad_signature")
    good = sign(body, door.world.party_keys["US"], "POST /v1/operations", now)
    first, payload, signature = good.split(b".")
    flipped = first + b"." + payload + b"." + (b"A" if signature[:1] != b"A" else b"B") + signature[1:]
    problem(us.post("/v1/operations", content=flipped, headers=head), "bad_signature")
    old = sign(body, door.world.party_keys["US"], "POST /v1/operations", now - hours(1))
    problem(us.post("/v1/operations", content=old, headers=head), "bad_signature")


def test_a_key_taken_back_is_refused_at_once_and_its_successor_is_good_at_once(door: Door) -> None:
    world, us, head = door.world, door.client("US"), {"content-type": "application/jose"}

    def filed(key: Ed25519PrivateKey) -> httpx.Response:
        return us.post("/v1/operations", headers=head,
                       content=sign(canonical(operation(door)), key, "POST /v1/operations", world.clock()))
    assert filed(world.party_keys["US"]).status_code == 201
    successor = Ed25519PrivateKey.generate()
    problem(filed(successor), "bad_signature")
    world.put(Party(id="US", name="United States", keys=(public_key(successor),)), version=1)
    problem(filed(world.party_keys["US"]), "bad_signature")
    assert filed(successor).status_code == 201
    assert filed(successor).status_code == 201


RING = [[37.9, 36.5], [38, 36.5], [38, 36.6], [37.9, 36.6], [37.9, 36.5]]
BAD_OPERATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "unclosed ring": ({"volumes": box(outline=outline(RING[:-1]))}, "ring_not_closed"),
    "self-crossing ring": ({"volumes": box(outline=outline([RING[0], RING[2], RING[1], RING[3], RING[0]]))}, "ring_crosses_itself"),
    "two corners": ({"volumes": box(outline=outline([RING[0], RING[1], RING[0]]))}, "ring_too_short"),
    "impossible latitude": ({"volumes": box(outline={"type": "Circle", "center": [37.9, 136.5], "radius_m": 10})}, "swapped_position"),
    "off the globe": ({"volumes": box(outline={"type": "Circle", "center": [237.9, 36.5], "radius_m": 10})}, "not_a_position"),
    "end before start": ({"volumes": box(ends_at="2017-03-07T05:00:00Z")}, "bad_window"),
    "naive time": ({"volumes": box(starts_at="2017-03-07T05:00:00")}, "naive_time"),
    "upside-down band": ({"volumes": box(lower_m=2000)}, "bad_band"),
    "empty band": ({"volumes": box(lower_m=1000)}, "bad_band"),
    "unknown field": ({"colour": "red"}, "bad_field"),
    "unknown field inside": ({"volumes": box(datum="AGL")}, "bad_field"),
    "unknown activity": ({"activity": "strike"}, "bad_field"),
    "wrong type": ({"priority": "high"}, "bad_field"),
    "out of range": ({"priority": 10}, "bad_field"),
    "no volumes": ({"volumes": []}, "bad_field"),
    "NUL in a title": ({"title": "a\u0000b"}, "bad_text"),
    "right-to-left override": ({"title": "patrol \u202egnp.exe"}, "bad_text"),
    "somebody else's": ({"party": "TR"}, "not_yours"),
    "unknown force": ({"forces": ["GHOST"]}, "unknown_reference"),
    "not a UUID": ({"id": "1"}, "bad_id"),
    "UUID in capitals": ({"id": "6BA7B810-9DAD-41D1-80B4-00C04FD430C8"}, "bad_id"),
    "UUID of version 1": ({"id": "c232ab00-9414-11ec-b3c8-9f6bdeced846"}, "bad_id"),
}


@pytest.mark.parametrize("name", BAD_OPERATIONS)
def test_bad_operations_get_a_clear_error_and_nothing_is_stored(door: Door, name: str) -> None:
    fields, expected = BAD_OPERATIONS[name]
    us = door.client("US")
    body = problem(us.post("/v1/operations", json=operation(door) | fields), expected)
    assert "detail" in body
    assert us.get("/v1/operations").json()["items"] == []
    log = us.get("/v1/log/leaves").json()["items"]
    assert [leaf["entry"]["code"] for leaf in log if leaf.get("entry", {}).get("outcome") == "refused"] == [expected]


@pytest.mark.parametrize(("raw", "expected"), [
    (b"", "bad_json"), (b"{", "bad_json"), (b'{"id": NaN}', "bad_json"), (b"\xff\xfe", "bad_json"),
    (b'{"id":"a","id":"b"}', "bad_json"), (b"[" * 50_000, "bad_json"), (b"[]", "bad_field"), (b'{"volumes":[{"lower_m": 1e999}]}', "bad_field"),
])
def test_broken_bodies(door: Door, raw: bytes, expected: str) -> None:
    problem(door.client("US").post("/v1/operations", content=raw, headers={"content-type": "application/json"}), expected)


def test_the_place_in_the_input_is_named(door: Door) -> None:
    answer = door.client("US").post("/v1/operations", json=operation(door) | {"volumes": [*box(), *box(ends_at="x")]})
    assert problem(answer, "bad_field")["at"] == "volumes[1].ends_at"
    answer = door.client("US").post("/v1/operations", json=operation(door) | {"volumes": [*box(), *box(lower_m=5000)]})
    assert problem(answer, "bad_band")["at"] == "volumes[1].upper_m"
    crossing = outline([RING[0], RING[2], RING[1], RING[3], RING[0]])
    answer = door.client("US").post("/v1/operations", json=operation(door) | {"volumes": [*box(), *box(outline=crossing)]})
    assert problem(answer, "ring_crosses_itself")["at"] == "volumes[1].outline.coordinates[0]"


def test_a_body_of_400_megabytes_is_refused_before_it_is_read(door: Door) -> None:
    us = door.client("US")
    with socket.create_connection((us.base_url.host, us.base_url.port), timeout=10) as wire:
        wire.sendall(f"POST /v1/operations HTTP/1.1\r\nhost: x\r\nauthorization: {us.headers['authorization']}\r\n"
                     "content-type: application/json\r\ncontent-length: 400000000\r\n\r\n{".encode())
        assert b"413" in wire.recv(64)

    def endless() -> Any:
        for _ in range(4_000):
            yield b" " * 100_000
    try:
        answer = us.post("/v1/operations", content=endless(), headers={"content-type": "application/json"})
    except (httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadError):
        return  # the door hung up on it: as good
    problem(answer, "too_large")


def test_a_wrong_content_type(door: Door) -> None:
    problem(door.client("US").post("/v1/operations", content=b"a=b", headers={"content-type": "text/plain"}), "bad_media_type")


def test_who_has_no_right_token_gets_nothing(door: Door) -> None:
    get = lambda token: httpx.get(f"{door.url}/v1/picture", headers={"authorization": f"Bearer {token}"})  # noqa: E731
    problem(httpx.get(f"{door.url}/v1/picture"), "no_token")
    good = door.token("US")
    assert get(good).status_code == 200
    for bad in ("x", "a.b.c", good[:-4] + "AAAA", door.token("US", audience="elsewhere"), door.token("US", issuer="nobody"),
                door.token("US", now=DAWN - hours(48)), door.token("US", now=DAWN + hours(1)),
                door.token("US", life_s=86_400 * 400)):
        problem(get(bad), "bad_token")
    problem(httpx.post(f"{door.url}/v1/operations", json={}, headers={
        "authorization": f"Bearer {door.token('US', 'antalya.read')}"}), "no_scope")


def test_changes_need_the_current_etag(door: Door) -> None:
    us = door.client("US")
    body = operation(door)
    us.post("/v1/operations", json=body)
    path = f"/v1/operations/{body['id']}"
    problem(us.put(path, json=body), "precondition_required")
    problem(us.put(path, json=body, headers={"if-match": '"7"'}), "stale_etag")
    problem(us.put(path, json=body, headers={"if-match": '"x"'}), "stale_etag")
    problem(us.put(path, json=body, headers={"if-match": 'W/"7"'}), "stale_etag")
    changed = us.put(path, json=body | {"title": "new"}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    problem(us.put("/v1/operations/other", json=body, headers={"if-match": '"2"'}), "bad_field")
    problem(door.client("TR").put(path, json=body | {"party": "TR"}, headers={"if-match": '"2"'}), "not_found")
    problem(us.post("/v1/operations", json=body), "duplicate_id")
    weak = us.put(path, json=body, headers={"if-match": 'W/"2"'})  # as a proxy that packs answers hands it on
    assert (weak.status_code, weak.headers["etag"]) == (200, '"3"')
    for version, way in enumerate(("-gzip", "-br", "-zstd", "--gzip"), start=3):
        packed = us.put(path, json=body, headers={"if-match": f'"{version}{way}"'})
        assert (packed.status_code, packed.headers["etag"]) == (200, f'"{version + 1}"')
    problem(us.put(path, json=body, headers={"if-match": '"7-other"'}), "stale_etag")


def test_a_retry_under_the_same_key_files_once(door: Door) -> None:
    us, body = door.client("US"), operation(door)
    head = {"idempotency-key": "retry-1"}
    first, again = (us.post("/v1/operations", json=body, headers=head) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["operation"] == again.json()["operation"]
    problem(us.post("/v1/operations", json=operation(door), headers=head), "idempotency_conflict")


def test_what_is_filed_again_is_answered_as_it_is_now_not_as_it_was(door: Door) -> None:
    us, body, head = door.client("US"), operation(door), {"idempotency-key": "again"}
    first = us.post("/v1/operations", json=body, headers=head)
    assert (first.json()["clearance"], first.headers["etag"]) == ("clear", '"1"')
    gone = us.delete(f"/v1/operations/{body['id']}", headers={"if-match": '"1"'}).json()
    again = us.post("/v1/operations", json=body, headers=head)
    assert (again.status_code, again.json()["leaf"], again.headers["etag"]) == (201, first.json()["leaf"], '"2"')
    assert again.json()["receipt"]["leaf"] == first.json()["leaf"]  # of the filing, not of the withdrawal
    assert (again.json()["clearance"], again.json()["operation"]) == (None, gone["operation"])


def test_a_retry_that_is_signed_again_files_once(door: Door) -> None:
    us, body, head = door.client("US"), canonical(operation(door)), {"content-type": "application/jose", "idempotency-key": "k"}
    first, again = (us.post("/v1/operations", headers=head, content=sign(
        body, door.world.party_keys["US"], "POST /v1/operations", door.world.clock() + hours(later / 3_600))) for later in (0, 7))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["leaf"] == again.json()["leaf"]


def test_the_registry_through_the_door(door: Door) -> None:
    operator, tr, ru = door.client("operator", "antalya.read", "antalya.operate"), door.client("TR"), door.client("RU")
    problem(tr.put("/v1/forces/X", json={"id": "X", "name": "X", "answers": "TR"}), "no_scope")
    made = operator.put("/v1/forces/X", json={"id": "X", "name": "X", "answers": "TR"})
    assert made.status_code == 201
    check_shape(door, "PUT", "/v1/forces/{id}", made)
    problem(operator.put("/v1/forces/X", json={"id": "X", "name": "Y", "answers": "TR"}), "precondition_required")
    assert operator.put("/v1/forces/X", json={"id": "X", "name": "Y", "answers": "TR"},
                        headers={"if-match": '"1"'}).status_code == 200
    problem(operator.put("/v1/forces/Z", json={"id": "Z", "name": "Z", "answers": "NOBODY"}), "unknown_reference")
    stance = {"id": "s", "holder": "TR", "towards": "SDF", "stance": "adversary", "since": "2015-01-01T00:00:00Z"}
    assert tr.put("/v1/stances/s", json=stance).status_code == 201
    problem(ru.put("/v1/stances/t", json=stance | {"id": "t"}), "not_yours")
    assert ru.get("/v1/stances").json()["items"] == []
    problem(ru.get("/v1/stances/s"), "not_found")
    agreed = {"id": "u", "title": "U", "signatories": ["TR", "RU"], "since": "2017-01-01T00:00:00Z",
              "rules": [{"kind": "consent", "id": "c", "area": "manbij", "of": ["RU"]}]}
    for alone in (["TR"], ["TR", "TR"]):  # it would bind others who agreed to nothing
        refused = tr.put("/v1/understandings/u", json=agreed | {"signatories": alone})
        assert problem(refused, "bad_field")["at"] == "signatories"
    assert operator.put("/v1/understandings/law", json=agreed | {"id": "law", "signatories": ["TR"]}).status_code == 201
    assert tr.put("/v1/understandings/u", json=agreed).status_code == 201
    shown = ru.get("/v1/understandings/u")
    check_shape(door, "GET", "/v1/understandings/{id}", shown)
    for party in (tr, ru):
        signed = party.post("/v1/understandings/u/signatures", json={"content_sha256": shown.json()["content_sha256"]})
        assert signed.status_code == 200, signed.text
    assert ru.get("/v1/understandings/u").json()["status"] == "in-force"
    problem(door.client("US").get("/v1/understandings/u"), "not_found")
    assert ru.post("/v1/understandings/u/status", json={"status": "suspended"}).status_code == 200


def test_a_picture_that_did_not_change_is_not_sent_again(door: Door) -> None:
    tr, ru = door.client("TR"), door.client("RU")
    first = tr.get("/v1/picture")
    check_shape(door, "GET", "/v1/picture", first)
    tag = {"if-none-match": first.headers["etag"]}
    door.world.later(seconds=1)
    same = tr.get("/v1/picture", headers=tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert first.headers["antalya-now"] == first.json()["now"] < same.headers["antalya-now"]
    for proxied in (f"W/{first.headers['etag']}", f'"{first.headers["etag"][1:-1]}-gzip"'):
        assert tr.get("/v1/picture", headers={"if-none-match": proxied}).status_code == 304
    assert ru.get("/v1/picture", headers=tag).json()["viewer"]["party"] == "RU"
    tr.post("/v1/operations", json=operation(door, "TR")).raise_for_status()
    new = tr.get("/v1/picture", headers=tag)
    assert (new.status_code, len(new.json()["operations"])) == (200, 1)
    assert new.headers["etag"] != first.headers["etag"]


def test_events_stream_resumes_after_the_last_one_seen(door: Door) -> None:
    us = door.client("US")
    us.post("/v1/operations", json=operation(door))
    door.client("TR").post("/v1/operations", json=operation(door, "TR"))
    events = read_events(us, 3, {})
    types = [e["type"] for e in events]
    assert types[0] == "operation.filed"
    assert {"finding.opened", "ask.opened"} <= set(types)
    resumed = read_events(us, 1, {"last-event-id": str(events[0]["id"])})
    assert resumed[0]["id"] == events[1]["id"]
    told = door.client("broker", "antalya.read", "antalya.broker").get("/v1/picture").json()["told"]
    assert any(t["party"] == "US" and t["delivered_at"] for t in told)


@pytest.mark.parametrize("beyond", [{"headers": {"last-event-id": "900"}}, {"params": {"after": "900"}}])
def test_who_names_an_event_of_before_a_backup_was_restored_misses_none(door: Door, beyond: dict[str, dict[str, str]]) -> None:
    us = door.client("US")
    us.post("/v1/operations", json=operation(door))
    [filed] = read_events(us, 1, **beyond)
    assert filed["type"] == "operation.filed"


def test_the_picture_has_the_latest_that_was_told(door: Door) -> None:
    at = door.world.clock()
    door.world.hub.store.write(lambda tx: [tx.add_event("TR" if n % 2 else "RU", "operation.filed", str(n), at)
                                           for n in range(2_500)])
    broker, party = door.client("broker", "antalya.read", "antalya.broker"), door.client("RU")
    told = [client.get("/v1/picture").json()["told"] for client in (broker, party)]
    assert [int(each["subject"]) for each in told[0]] == [*range(1_500, 2_500)]
    assert [int(each["subject"]) for each in told[1]] == [*range(500, 2_500, 2)]


def read_events(client: httpx.Client, count: int, headers: dict[str, str] | None = None,
                params: dict[str, str] | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with client.stream("GET", "/v1/events", headers=headers, params=params) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == count:
                    return found
    raise AssertionError("the stream ended early")


def test_health_metrics_and_unknown_addresses(door: Door) -> None:
    assert httpx.get(f"{door.url}/healthz").json() == {"status": "alive"}
    assert httpx.get(f"{door.url}/readyz").json() == {"status": "ready"}
    door.client("US").get("/v1/me")
    assert 'antalya_requests_total{route="/v1/me",status="200"}' in httpx.get(f"{door.url}/metrics").text
    problem(httpx.get(f"{door.url}/nowhere"), "not_found")
    problem(httpx.post(f"{door.url}/v1/me"), "method_not_allowed")
    refused = door.client("US").patch("/v1/operations")
    problem(refused, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, POST"
    problem(httpx.get(f"{door.url}/demo/viewers"), "not_found")


def test_the_thread_of_the_event_loop_reads_no_store(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    readers, read = set[int | None](), SqliteStore.read

    def seen(store: SqliteStore) -> Any:
        readers.add(threading.get_ident())
        return read(store)
    monkeypatch.setattr(SqliteStore, "read", seen)
    us = door.client("US")
    assert us.get("/v1/me").json()["name"] == "United States"
    for path in ("picture", "operations", "findings", "asks", "parties", "log/leaves", "log/checkpoint"):
        assert us.get(f"/v1/{path}").status_code == 200
    assert readers
    assert not readers & {thread.ident for thread in door._threads}


def test_the_rate_is_bounded_for_each_party(door: Door) -> None:
    door.desk.rates._burst, door.desk.rates._per_s = 3, 0.01
    us = door.client("US")
    answers = [us.get("/v1/me") for _ in range(6)]
    limited = [a for a in answers if a.status_code == 429]
    assert limited
    problem(limited[0], "rate_exceeded")
    assert int(limited[0].headers["retry-after"]) >= 1


def test_openapi_describes_every_route_with_an_example_that_decodes(door: Door) -> None:
    from antalya.entry.http.app import ENDPOINTS
    document = httpx.get(f"{door.url}/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    for row in ENDPOINTS:
        said = document["paths"][row.path][row.method.lower()]
        assert said["summary"]
        if row.body is not None:
            decode(canonical(said["requestBody"]["content"]["application/json"]["example"]), row.body)
        for parameter in said["parameters"]:
            assert parameter["in"] == "path" or parameter["description"]
        for media_type, content in (said["responses"][str(row.status)].get("content") or {}).items():
            if media_type == "text/event-stream":
                fields = dict(line.split(": ", 1) for line in content["example"].splitlines() if line)
                assert fields["event"] == json.loads(fields["data"])["type"]
                content["example"] = json.loads(fields["data"])
            Draft202012Validator(content["schema"] | {"components": document["components"]}).validate(content["example"])
            if media_type != "text/plain":
                msgspec.convert(content["example"], row.answer)  # the schema lets pass what the types do not
        assert "Retry-After" in said["responses"]["429"]["headers"]
        for answer in (a for status, a in said["responses"].items() if status >= "400"):
            described = answer["content"]["application/problem+json"]
            schema = described["schema"] | {"components": document["components"]}
            assert {e["value"]["code"] for e in described["examples"].values()} == set(answer["description"].split(", "))
            for example in described["examples"].values():
                Draft202012Validator(schema).validate(example["value"])


def test_operations_are_searched_by_window_and_box(door: Door) -> None:
    us = door.client("US")
    assert us.post("/v1/operations", json=operation(door)).status_code == 201

    def found(**query: str) -> int:
        answer = us.get("/v1/operations", params=query)
        check_shape(door, "GET", "/v1/operations", answer)
        return len(answer.json()["items"])
    assert found(bbox="37,36,39,37") == 1
    assert found(bbox="37,36,39,37", to="2017-03-07T07:00:00Z") == 1
    assert found(bbox="170,-10,-170,10") == 0
    assert found(to="2017-03-07T05:00:00Z") == 0
    for bad in ("", "1,2,3", "nan,nan,nan,nan", "36,37,37,36", "200,0,201,1"):
        assert problem(us.get("/v1/operations", params={"bbox": bad}), "bad_field")["at"] == "bbox"
