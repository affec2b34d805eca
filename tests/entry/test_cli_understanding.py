"""`antalya understanding`: agreed by those who sign, from JSON and TOML, seen in the clearance of what it touches."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.served import ExchangeServer, plan, typed

PACT: dict[str, Any] = {
    "id": "pact", "title": "Patrols at Manbij", "signatories": ["TR", "RU"], "since": "2017-01-01T00:00:00Z",
    "rules": [{"kind": "consent", "id": "ask", "of": ["RU"], "activities": ["patrol"]}]}


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def status_of(exchange: ExchangeServer, id_: str) -> str:
    found = {u["id"]: u["status"] for u in json.loads(exchange.run("TR", "understanding", "list", "--json").stdout)}
    return found[id_]


def test_an_understanding_from_proposal_to_end(new_exchange_server: Any, tmp_path: Path) -> None:
    exchange = new_exchange_server()
    run = exchange.run
    said = run("TR", "understanding", "propose", written(tmp_path / "pact.json", PACT)).stdout
    assert "pact: proposed; not yet signed by TR, RU" in said
    content = said.split("--content ")[1].strip()
    row = run("RU", "understanding", "list").stdout.splitlines()[1]
    assert row.split()[:6] == ["pact", "proposed", "TR,", "RU", "TR,", "RU"]
    assert "No understandings." in run("US", "understanding", "list").stdout
    assert "not yet signed by RU" in run("TR", "understanding", "sign", "pact").stdout
    assert "CLEAR" in run("TR", "file", plan(tmp_path / "before.geojson")).stdout
    wrong = run("RU", "understanding", "sign", "pact", "--content", "0" * 64, "--json", code=2)
    assert json.loads(wrong.stderr)["code"] == "stale_etag"
    assert "pact: in-force" in run("RU", "understanding", "sign", "pact", "--content", content).stdout
    operation = json.loads(run("TR", "show", "operations", "--json").stdout)[0]
    assert operation["clearance"] == "held"
    assert "pact: suspended" in run("RU", "understanding", "suspend", "pact").stdout
    assert json.loads(run("TR", "show", operation["id"], "--json").stdout)["clearance"] == "clear"
    assert "not_yours" in run("TR", "understanding", "resume", "pact", code=4).stderr
    assert "pact: in-force" in run("RU", "understanding", "resume", "pact").stdout
    assert json.loads(run("TR", "understanding", "end", "pact", "--json").stdout)["status"] == "ended"
    assert status_of(exchange, "pact") == "ended"
    assert "wrong_state" in run("TR", "understanding", "sign", "pact", code=2).stderr
    for words in (("sign", "pact"), ("suspend", "pact"), ("end", "nothing")):
        assert "not_found" in run("US", "understanding", *words, code=2).stderr


def test_proposals_from_files_of_every_kind(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run = exchange_server.run
    toml = written(tmp_path / "two.toml", """
        [[understandings]]
        id = "t-1"
        signatories = ["TR", "US"]
        [[understandings.rules]]
        kind = "lead-time"
        notice_s = 86400
        [[understandings]]
        id = "t-2"
        signatories = ["TR", "RU"]
        [[understandings.rules]]
        kind = "lead-time"
        notice_s = 86400
        """)
    assert [u["status"] for u in json.loads(run("TR", "understanding", "propose", toml, "--json").stdout)] == ["proposed"] * 2
    assert "precondition_required" in run("TR", "understanding", "propose", toml, code=2).stderr
    listed = written(tmp_path / "list.json", [PACT | {"id": f"j-{i}", "status": "in-force"} for i in range(2)])
    run("TR", "understanding", "propose", listed)
    assert (status_of(exchange_server, "j-1"), status_of(exchange_server, "t-2")) == ("proposed", "proposed")
    changed = written(tmp_path / "changed.json", PACT | {"id": "j-1", "title": "Other"})
    run("RU", "understanding", "sign", "j-1")
    said = json.loads(run("TR", "understanding", "propose", changed, "--update", "--json").stdout)
    assert (said[0]["title"], said[0]["status"]) == ("Other", "proposed")
    assert "not yet signed by RU" in run("TR", "understanding", "sign", "j-1").stdout, "the signature to the other text is void"
    new = written(tmp_path / "new.json", PACT | {"id": "n"})
    assert "n: proposed" in run("TR", "understanding", "propose", new, "--update").stdout


@pytest.mark.parametrize(("name", "content", "expected"), [
    ("none.json", None, "bad_input_file"), ("broken.json", "{", "bad_json"), ("empty.json", "[]", "bad_input_file"),
    ("empty.toml", "", "bad_input_file"), ("broken.toml", "[[", "bad_input_file"),
    ("unknown.json", PACT | {"colour": "red"}, "bad_field"), ("list.json", [PACT, PACT | {"title": "a\u202eb"}], "bad_text"),
    ("area.json", PACT | {"id": "a", "rules": [PACT["rules"][0] | {"area": "atlantis"}]}, "unknown_reference"),
    ("foreign.json", PACT | {"id": "f", "signatories": ["RU", "US"]}, "not_yours"),
])
def test_what_can_not_be_proposed(exchange_server: ExchangeServer, tmp_path: Path, name: str, content: object,
                                  expected: str) -> None:
    file = tmp_path / name
    if content is not None:
        written(file, content)
    refused = exchange_server.run("TR", "understanding", "propose", file, "--json", code=None)
    assert (refused.exit_code, json.loads(refused.stderr)["code"]) == (4 if expected == "not_yours" else 2, expected)


@pytest.mark.parametrize("words", [
    ("check",), ("nothing",), ("--nothing",), ("token",), ("answer", "ask", "perhaps"), ("party", "nothing"), ("party", "add", "X"),
    ("demo", "--port", "99999999"), ("understanding", "sign"), ("check", "--separatio", "0,0,0", "a"),
])
def test_wrong_usage_is_a_problem_document_where_json_is_asked_for(words: tuple[str, ...]) -> None:
    said = typed(*words, "--json", code=2)
    problem = json.loads(said.stderr)
    assert (said.stdout, problem["code"], problem["usage"].split()[0]) == ("", "bad_usage", "antalya")
    assert problem["detail"]
    assert "Usage: antalya" in typed(*words, code=2).stderr
