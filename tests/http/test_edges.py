"""The door at its edges: what is odd but allowed works, what is not gets its code, and the log stays verifiable."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, get_args

import httpx
import msgspec
import pytest
from tests.http.conftest import Door
from tests.world import DAWN, hours, volume

from antalya.entry.http.app import ENDPOINTS
from antalya.exchange import proving, viewing
from antalya.ledger.entry import Entry, opens
from antalya.model.asks import AskState
from antalya.model.errors import CATALOGUE
from antalya.model.limits import Limits
from antalya.model.operations import ACTIVITIES, State
from antalya.model.parties import Level
from antalya.store.sqlite.reader import SqliteReader
from antalya.wire.canonical import canonical
from antalya.wire.tokens import SCOPES


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b'{"a":1,"a":2}'])
def test_a_withdrawal_s_body_is_json_or_nothing_since_the_log_keeps_it(door, body: bytes) -> None:
    client = door.client("TR")
    operation = door.world.operation("TR")
    assert client.post("/v1/operations", content=canonical(operation)).status_code == 201
    answer = client.request("DELETE", f"/v1/operations/{operation.id}", content=body, headers={"if-match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    for body_ in (b"", b'{"why":"rain"}'):
        number = door.world.operation("TR")
        client.post("/v1/operations", content=canonical(number))
        gone = client.request("DELETE", f"/v1/operations/{number.id}", content=body_, headers={"if-match": '"1"'})
        assert gone.status_code == 200


def test_every_content_that_the_log_shows_opens_its_leaf(door) -> None:
    client = door.client("TR")
    operation = door.world.operation("TR", title="Kâmışlı · القامشلي")
    client.post("/v1/operations", content=canonical(operation))
    client.request("DELETE", f"/v1/operations/{operation.id}", content=b'{"why":"rain"}', headers={"if-match": '"1"'})
    shown = [leaf for leaf in client.get("/v1/log/leaves").json()["items"] if leaf.get("content") is not None]
    assert shown
    for leaf in shown:
        assert opens(msgspec.convert(leaf["entry"], Entry), bytes.fromhex(leaf["salt"]), leaf["content"].encode())


def test_an_operation_that_began_in_the_year_1_is_checked_like_any_other(door) -> None:
    door.world.file("RU")
    door.world.later(seconds=1)
    old = door.world.operation("TR", volume(start=datetime(1, 1, 1, tzinfo=UTC), end=DAWN + hours(3)))
    answer = door.client("TR").post("/v1/operations", content=canonical(old))
    assert (answer.status_code, answer.json()["clearance"]) == (201, "held")
    last = door.world.operation("TR", volume(end=datetime.max.replace(tzinfo=UTC)))
    answer = door.client("TR").post("/v1/operations", content=canonical(last))
    assert answer.json()["code"] == "beyond_horizon"


def test_an_answer_s_id_that_another_answer_has_is_refused(door) -> None:
    world = door.world
    first = world.file("TR")["operation"]["id"]
    for party in ("RU", "US"):
        world.file(party)
    asks = [ask for party in ("TR", "RU") for ask in world.asks(party)]
    assert len(asks) >= 2
    assert first
    codes = [door.client(ask["of"]).post(f"/v1/asks/{ask['id']}/answers", json={"id": "same", "decision": "refuse"})
             for ask in asks[:2]]
    assert codes[0].is_success
    assert (codes[1].status_code, codes[1].json()["code"]) == (409, "duplicate_id")
    assert proving.checkpoint(world.hub)


def test_asks_come_in_pages_that_go_back_in_time(door) -> None:
    for party in ("TR", "RU", "US", "TR"):
        door.world.file(party)
    client = door.client("RU")
    whole = client.get("/v1/asks").json()
    pages, after = list[list[str]](), None
    while True:
        page = client.get("/v1/asks", params={"limit": 2} | ({} if after is None else {"after": after})).json()
        pages.append([ask["id"] for ask in page["items"]])
        after = page["next"]
        if after is None:
            break
    assert len(pages) > 1
    assert [id_ for page in reversed(pages) for id_ in page] == [ask["id"] for ask in whole["items"]]
    assert whole["next"] is None


def pages(client: httpx.Client, path: str, cursor: str, **query: int) -> list[dict[str, Any]]:
    """A list, page by page."""
    found = [client.get(path, params=query).json()]
    while found[-1]["next"] is not None:
        assert found[-1]["items"]
        found.append(client.get(path, params=query | {cursor: found[-1]["next"]}).json())
    return found


def test_a_page_of_the_log_ends_where_contents_come_to_much_and_those_of_others_are_not_read(door, monkeypatch) -> None:
    client = door.client("TR")
    bodies = [canonical(door.world.operation("TR")) + b" " * 1_500_000 for _ in range(5)]
    for body in bodies:
        assert client.post("/v1/operations", content=body).status_code == 201
    read, contents = list[int](), SqliteReader.contents

    def seen(self: SqliteReader, indexes: Iterable[int]) -> dict[int, bytes]:
        read.extend(wanted := list(indexes))
        return contents(self, wanted)
    monkeypatch.setattr(SqliteReader, "contents", seen, raising=False)
    mine = pages(client, "/v1/log/leaves", "from", limit=5_000)
    leaves = [leaf for page in mine for leaf in page["items"]]
    assert len(mine) > 2
    assert [leaf["leaf"] for leaf in leaves] == [*range(len(leaves))]
    assert [leaf["content"].encode() for leaf in leaves if leaf.get("entry", {}).get("kind") == "operation"] == bodies
    assert all(sum(len(leaf.get("content") or "") for leaf in page["items"]) <= proving.PAGE_BYTES for page in mine)
    read.clear()
    [theirs] = pages(door.client("RU"), "/v1/log/leaves", "from", limit=5_000)
    assert [leaf["hash"] for leaf in theirs["items"]] == [leaf["hash"] for leaf in leaves]
    assert not set(read) & {leaf["leaf"] for leaf in leaves if leaf.get("entry", {}).get("actor") == "TR"}


def test_versions_come_in_pages(door, monkeypatch) -> None:
    client, operation = door.client("TR"), door.world.operation("TR")
    client.post("/v1/operations", content=canonical(operation))
    path = f"/v1/operations/{operation.id}"
    for version in range(1, 7):
        changed = msgspec.structs.replace(operation, title=f"version {version + 1}")
        assert client.put(path, content=canonical(changed), headers={"if-match": f'"{version}"'}).status_code == 200

    def numbers(**query: int) -> list[list[int]]:
        return [[view["version"] for view in page["items"]] for page in pages(client, f"{path}/versions", "after", **query)]
    assert numbers() == [[1, 2, 3, 4, 5, 6, 7]]
    assert numbers(limit=3) == [[1, 2, 3], [4, 5, 6], [7]]
    assert numbers(limit=7, after=5) == [[6, 7]]
    assert numbers(after=7) == [[]]
    monkeypatch.setattr(viewing, "PAGE_BYTES", 1)
    assert numbers() == [[n] for n in range(1, 8)]
    assert door.client("RU").get(f"{path}/versions", params={"after": 7}).json()["code"] == "not_found"


@pytest.mark.parametrize("version", [None, '"1"', '"7"'])
def test_a_hidden_thing_s_id_is_taken_and_no_more_is_said_of_it(door, version: str | None) -> None:
    site = {"id": "s-1", "owner": "RU", "name": "Clinic", "kind": "hospital", "stand_off_m": 500,
            "outline": {"type": "Circle", "center": [38.0, 36.5], "radius_m": 50},
            "valid_from": "2017-03-01T00:00:00Z", "expires_at": "2017-04-01T00:00:00Z"}
    assert door.client("RU").put("/v1/sites/s-1", json=site).status_code == 201
    answer = door.client("TR").put("/v1/sites/s-1", json=site | {"owner": "TR"}, headers={"if-match": version} if version else {})
    body = answer.json()
    assert (answer.status_code, body["code"], body["detail"]) == (409, "duplicate_id", "a site with that id exists")
    assert door.client("RU").put("/v1/sites/s-1", json=site).json()["code"] == "precondition_required"


@pytest.mark.parametrize(("change", "at", "words"), [
    ({"activity": "bombing"}, "activity", ACTIVITIES), ({"state": "gone"}, "state", get_args(State)),
    ({"disclosure": {"TR": "all"}}, "disclosure[...]", get_args(Level))])
def test_an_unknown_word_is_refused_with_the_words_there_are(door, change: dict, at: str, words: tuple[str, ...]) -> None:
    operation = msgspec.to_builtins(door.world.operation("TR")) | change
    answer = door.client("TR").post("/v1/operations", json=operation)
    assert (answer.status_code, answer.json()["code"], answer.json()["at"]) == (422, "bad_field", at)
    assert answer.json()["detail"].endswith(f"one of {', '.join(words)} is wanted")


@pytest.mark.parametrize(("path", "known"), [
    ("/v1/operations?limt=3", "known here: from, to, bbox, after, limit"), ("/v1/events?afer=3", "known here: after"),
    ("/v1/picture?limt=3", "no query parameter is known here")])
def test_an_unknown_query_parameter_is_refused_with_those_there_are(door, path: str, known: str) -> None:
    answer = door.client("TR").get(path)
    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]) == (422, "bad_field", known)
    assert answer.json()["at"] == path.partition("?")[2].partition("=")[0]


def test_an_unknown_state_of_asks_is_refused(door) -> None:
    answer = door.client("TR").get("/v1/asks", params={"state": "opened"})
    assert (answer.status_code, answer.json()["code"], answer.json()["at"]) == (422, "bad_field", "state")
    assert answer.json()["detail"] == f"one of {', '.join(get_args(AskState))} is wanted"


def test_a_position_that_fits_the_theatre_only_when_swapped_is_refused_and_says_so(tmp_path) -> None:
    door = Door(tmp_path, limits=Limits(theatre=(36.0, 34.6, 41.6, 37.4)))
    try:
        right = msgspec.to_builtins(door.world.operation("TR"))
        [ring] = right["volumes"][0]["outline"]["coordinates"]
        swapped = right | {"volumes": [right["volumes"][0] | {"outline": {
            "type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in reversed(ring)]]}}]}
        refused = door.client("TR").post("/v1/operations", json=swapped)
        said = refused.json()
        assert (refused.status_code, said["code"]) == (CATALOGUE["swapped_position"].status, "swapped_position")
        assert said["at"] == "volumes[0].outline"
        assert said["detail"] == "outside the theatre; with longitude and latitude swapped it would be inside"
        assert door.client("TR").get("/v1/operations").json()["items"] == []
        assert door.client("TR").post("/v1/operations", json=right).status_code == 201
    finally:
        door.close()


@pytest.mark.parametrize(("body", "kind", "codes"), [
    (b"{", "application/json", {"bad_json", "not_found"}),  # of a body that is not read: that there is no such thing
    (b"{}", "text/plain", {"bad_media_type", "not_found"}), (b" " * 2_000_001, "application/json", {"too_large"})])
def test_what_is_wrong_with_a_body_is_described_wherever_one_is_read(door, body: bytes, kind: str, codes: set[str]) -> None:
    client = door.client("TR", *SCOPES)
    document = client.get("/openapi.json").json()
    for row in (row for row in ENDPOINTS if row.method != "GET"):
        path = row.path.replace("{id}", "0195712c-5f3a-4cc2-9d0e-2f6a5f6c1a01")
        answer = client.request(row.method, path, content=body, headers={"content-type": kind, "if-match": '"1"'})
        described = document["paths"][row.path][row.method.lower()]["responses"][str(answer.status_code)]["description"]
        assert answer.json()["code"] in codes & set(described.split(", ")), (row.method, row.path)
