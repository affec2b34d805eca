"""A DSS as its clients have it: a USS with a client of its own, each of whose answers must fit the published interface."""

import json
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from tests.http.conftest import Door
from tests.world import DAWN

INTERFACE: dict[str, Any] = json.loads((Path(__file__).parent / "interface.json").read_text())
SC, CMSA = "utm.strategic_coordination", "utm.conformance_monitoring_sa"
CM, CP, AA = "utm.constraint_management", "utm.constraint_processing", "utm.availability_arbitration"
ALL = (SC, CMSA, CM, CP, AA)
NO_OVN, NULL_ID = "Available from USS", "00000000-0000-4000-8000-000000000000"
PRACTICE = {("put", "/dss/v1/uss_availability/{uss_id}", 409), ("get", "/uss/v1/log_sets/{log_set_id}", 403),
            ("get", "/uss/v1/log_sets/{log_set_id}", 400)}
"""Statuses that the interface does not list: one that the reference gives (docs/adr/0008), one for who may not read (0011), one
for control characters."""
_PATHS = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$") for path in INTERFACE["paths"]}


def new_id() -> str:
    return str(uuid.uuid4())


def check_fits(method: str, path: str, answer: httpx.Response) -> None:
    """The answer's status is one the interface lists for the operation, and its body fits the schema there. `path` as the
    interface has it."""
    row = INTERFACE["paths"][path][method]
    status = str(answer.status_code)
    known = status in row["responses"] or (method, path, answer.status_code) in PRACTICE
    assert known, (method, path, answer.status_code, answer.text)
    schema = row["responses"].get(status, "ErrorResponse")
    if schema is None:
        assert not answer.content
        return
    Draft202012Validator({"$ref": f"#/schemas/{schema}", "schemas": INTERFACE["schemas"]}).validate(answer.json())
    if answer.status_code >= 400:
        assert answer.json()["message"]


def operation(method: str, path: str) -> str:
    """The interface's path of an operation."""
    named = [p for p, pattern in sorted(_PATHS.items(), key=lambda item: item[0].count("{")) if pattern.fullmatch(path)]
    return next(p for p in named if method in INTERFACE["paths"][p])


class Uss:
    """A USS that talks to the DSS. Its methods return what was answered, checked against the interface.

    `token` makes it a token for some scopes; every call has a new one."""

    def __init__(self, url: str, token: Callable[..., str], name: str) -> None:
        self._token, self.name, self.url = token, name, f"https://{name.lower()}.example/uss"
        self._client = httpx.Client(base_url=url, timeout=30)

    def raw(self, method: str, path: str, *scopes: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Whatever is answered to whatever is asked."""
        head = {"authorization": f"Bearer {self._token(self.name, *(scopes or ALL))}"} | (headers or {})
        return self._client.request(method, path, headers=head, **fields)

    def call(self, method: str, path: str, *scopes: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        full = path if path.startswith("/") else f"/dss/v1/{path}"
        answer = self.raw(method, full, *scopes, headers=headers, **fields)
        check_fits(method.lower(), operation(method.lower(), full), answer)
        return answer

    def check(self, method: str, path: str, answer: httpx.Response) -> None:
        """See `check_fits`."""
        check_fits(method, path, answer)

    def close(self) -> None:
        self._client.close()

    # operational intents

    def intent(self, *extents: dict[str, Any], state: str = "Accepted", **fields: Any) -> dict[str, Any]:
        """The body of an intent."""
        return {"extents": list(extents) or [volume()], "state": state, "uss_base_url": self.url, "key": []} | fields

    def put(self, id_: str, body: dict[str, Any], *scopes: str, ovn: str | None = None, **fields: Any) -> httpx.Response:
        path = f"operational_intent_references/{id_}" + ("" if ovn is None else f"/{ovn}")
        return self.call("PUT", path, *scopes, json=body, **fields)

    def create(self, *extents: dict[str, Any], id_: str | None = None, **fields: Any) -> dict[str, Any]:
        """A new Accepted intent; its reference."""
        answer = self.put(id_ or new_id(), self.intent(*extents, **fields))
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["operational_intent_reference"])

    def change(self, reference: dict[str, Any], *extents: dict[str, Any], **fields: Any) -> httpx.Response:
        return self.put(reference["id"], self.intent(*extents, **fields), ovn=reference["ovn"])

    def get(self, id_: str, *scopes: str) -> httpx.Response:
        return self.call("GET", f"operational_intent_references/{id_}", *scopes)

    def delete(self, reference: dict[str, Any], *scopes: str) -> httpx.Response:
        return self.call("DELETE", f"operational_intent_references/{reference['id']}/{reference['ovn']}", *scopes)

    def search(self, area: dict[str, Any], what: str = "operational_intent_references") -> list[dict[str, Any]]:
        answer = self.call("POST", f"{what}/query", json={"area_of_interest": area})
        assert answer.status_code == 200, answer.text
        return list(answer.json()[what])

    # subscriptions and constraints

    def subscribe(self, extent: dict[str, Any] | None = None, *scopes: str, id_: str | None = None, version: str | None = None,
                  **fields: Any) -> httpx.Response:
        body = {"extents": extent or volume(), "uss_base_url": self.url, "notify_for_operational_intents": True} | fields
        path = f"subscriptions/{id_ or new_id()}" + ("" if version is None else f"/{version}")
        return self.call("PUT", path, *scopes, json=body)

    def constrain(self, *extents: dict[str, Any], id_: str | None = None, ovn: str | None = None) -> httpx.Response:
        path = f"constraint_references/{id_ or new_id()}" + ("" if ovn is None else f"/{ovn}")
        return self.call("PUT", path, json={"extents": list(extents) or [volume()], "uss_base_url": self.url})


def moment(hours: float) -> dict[str, str]:
    """So many hours after dawn."""
    return {"value": (DAWN + timedelta(hours=hours)).isoformat().replace("+00:00", "Z"), "format": "RFC3339"}


def instant(time: dict[str, str]) -> datetime:
    return datetime.fromisoformat(time["value"])


def altitude(metres: float) -> dict[str, Any]:
    return {"value": metres, "reference": "W84", "units": "M"}


def circle(lon: float = 37.95, lat: float = 36.53, radius_m: float = 200) -> dict[str, Any]:
    return {"outline_circle": {"center": {"lng": lon, "lat": lat}, "radius": {"value": radius_m, "units": "M"}}}


def polygon(*corners: tuple[float, float]) -> dict[str, Any]:
    """A polygon of (longitude, latitude)."""
    return {"outline_polygon": {"vertices": [{"lng": lon, "lat": lat} for lon, lat in corners]}}


def volume(outline: dict[str, Any] | None = None, *, start: float | None = 1, end: float | None = 2, lower: float | None = 50,
           upper: float | None = 100) -> dict[str, Any]:
    """A volume: hours after dawn, metres; None leaves a bound out."""
    space = dict(circle() if outline is None else outline)
    bounds = {"altitude_lower": lower, "altitude_upper": upper}
    space |= {name: altitude(metres) for name, metres in bounds.items() if metres is not None}
    times = {"time_start": start, "time_end": end}
    return {"volume": space} | {name: moment(hours) for name, hours in times.items() if hours is not None}


def logged(door: Door, viewer: str, kind: str) -> list[dict[str, Any]]:
    """The entries of a kind in the log that a party may read."""
    items = door.client(viewer).get("/v1/log/leaves").json()["items"]
    return [item["entry"] | {"content": item["content"]} for item in items if item.get("entry", {}).get("kind") == kind]


@pytest.fixture
def trickling() -> Iterator[str]:
    """A server that never comes to the end of the head of its answer, but always sends more of it; its address."""
    over = threading.Event()

    def trickle(line: socket.socket) -> None:
        with line, suppress(OSError):
            line.recv(65_536)
            line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not over.wait(0.01):
                line.sendall(b"x")

    def serve() -> None:
        while not over.is_set():
            with suppress(OSError):
                trickle(listener.accept()[0])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        thread.join()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path, uss=True)
    yield made
    made.close()


@pytest.fixture
def uss(door: Door) -> Iterator[Callable[[str], Uss]]:
    """Makes USSs by name."""
    made: list[Uss] = []

    def token(party: str, *scopes: str) -> str:
        return door.token(party, *scopes, life_s=3_600)

    def make(name: str) -> Uss:
        made.append(Uss(door.url, token, name))
        return made[-1]
    yield make
    for each in made:
        each.close()


@pytest.fixture
def uss1(uss: Callable[[str], Uss]) -> Uss:
    return uss("US")


@pytest.fixture
def uss2(uss: Callable[[str], Uss]) -> Uss:
    return uss("TR")
