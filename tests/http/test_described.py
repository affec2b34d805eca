"""What a request may be refused with stands in openapi.json; what does not stand there, an address does not do."""

from typing import Any

import httpx
import pytest
from tests.http.conftest import Door

from antalya.entry.http import app
from antalya.entry.http.app import ENDPOINTS
from antalya.entry.http.examples import ANSWER, FIX, SITE
from antalya.store.system import ids

FAR = {"outline": {"type": "Circle", "center": [200.0, 0.0], "radius_m": 120}}
JOSE = {"content-type": "application/jose"}


def described(door: Door, method: str, path: str, status: int) -> dict[str, Any]:
    """Problems with a status, by their codes, as openapi.json has them."""
    said = httpx.get(f"{door.url}/openapi.json").json()["paths"][path][method.lower()]["responses"]
    found: dict[str, Any] = said[str(status)]["content"]["application/problem+json"]["examples"]
    return found


@pytest.mark.parametrize(("method", "path", "body", "head", "code"), [
    ("POST", "/v1/filings", {}, JOSE, "bad_signature"),
    ("POST", "/v1/asks/{id}/answers", ANSWER | {"conditions": ["\x00"]}, {}, "bad_text"),
    ("PUT", "/v1/operations/{id}/fix", FIX, JOSE, "bad_signature"),
    ("PUT", "/v1/operations/{id}/fix", FIX | {"at": "2017-03-08T06:20:00"}, {}, "naive_time"),
    ("PUT", "/v1/sites/{id}", SITE | FAR, {}, "not_a_position")])
def test_a_refusal_stands_in_the_document(door: Door, method: str, path: str, body: Any, head: dict[str, str], code: str) -> None:
    refused = door.client("US").request(method, path.replace("{id}", body.get("id", ids())), json=body, headers=head)
    assert refused.json()["code"] == code, refused.text
    assert code in described(door, method, path, refused.status_code)


def test_every_request_may_be_refused_with_what_is_nobody_s_fault(door: Door) -> None:
    for row in ENDPOINTS:
        assert {"foreign_party"} <= described(door, row.method, row.path, 403).keys()
        assert {"not_ready", "store_busy"} <= described(door, row.method, row.path, 503).keys()
    assert "clock_unsure" in described(door, "POST", "/v1/operations", 503)
    assert "is_reference" in described(door, "DELETE", "/v1/operations/{id}", 409)


@pytest.mark.parametrize("path", ["/v1/operations/", "/v1/me/", "/dss/v1/reports/"])
def test_an_address_with_a_slash_too_many_is_none_and_leads_nowhere(door: Door, path: str) -> None:
    for method in ("GET", "POST"):
        answer = door.client("US").request(method, path)
        assert (answer.status_code, "location" in answer.headers) == (404, False)


def test_of_an_event_stream_the_head_alone_may_be_asked(door: Door) -> None:
    client = door.client("US")
    answer = client.head("/v1/events")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    assert client.get("/v1/me").status_code == 200
    assert not door.facing.streams._of


def test_what_nobody_foresaw_is_a_problem_too_where_no_token_is_needed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(hub: object) -> None:
        raise OSError("nobody foresaw this")
    monkeypatch.setattr(app.proving, "checkpoint", fails)
    answer = httpx.get(f"{door.url}/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "internal"
    assert "foresaw" not in answer.text
