"""The command line as a user has it: real processes, a real server, a new directory."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.served import ANTALYA, ExchangeServer, antalya, heeds_ctrl_c, plan, typed

from antalya.entry import founding
from antalya.entry.terminal import minutes, short
from antalya.model.errors import error
from antalya.store.system import clock, ids

ROOT = Path(__file__).parents[2]


def shown(exchange: ExchangeServer, party: str, *words: object) -> Any:
    return json.loads(exchange.run(party, "show", *words, "--json").stdout)


@pytest.mark.slow
def test_a_clash_filed_settled_and_proved(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    """As everybody types it, each command in its own process."""
    def run(party: str, *words: object, code: int = 0) -> Any:
        return antalya(*words, code=code, **exchange_server.environment(party))
    key = exchange_server.made["log_key"]
    run("operator", "party", "key", tmp_path / "tr.pem", "--register", "TR")
    assert (tmp_path / "tr.pem").stat().st_mode & 0o777 == 0o600
    assert "CLEAR" in run("US", "file", plan(tmp_path / "a.geojson")).stdout
    receipts = tmp_path / "receipts.jsonl"
    held = run("TR", "file", plan(tmp_path / "b.geojson"), "--sign", tmp_path / "tr.pem", "--receipt", receipts, "--json", code=1)
    [outcome] = json.loads(held.stdout)
    assert (outcome["clearance"], outcome["operation"]["signed"]) == ("held", True)
    id_ = outcome["operation"]["id"]
    [ask] = shown(exchange_server, "US", "asks")
    assert ask["id"] in run("US", "show", "asks").stdout
    assert "granted" in run("US", "answer", ask["id"], "grant", "--note", "Go on.").stdout
    assert shown(exchange_server, "TR", id_)["clearance"] == "clear"
    assert "clearance: clear" in run("TR", "show", id_).stdout
    assert "signed" in antalya("verify", receipts, "--key", key).stdout
    run("TR", "log", "--export", tmp_path / "log.jsonl")
    assert "verified" in antalya("verify", tmp_path / "log.jsonl", receipts, "--key", key).stdout
    gone = json.loads(run("TR", "file", "--withdraw", id_, "--sign", tmp_path / "tr.pem", "--json").stdout)[0]
    assert (gone["operation"]["operation"]["state"], gone["operation"]["signed"]) == ("withdrawn", True)


def test_a_file_filed_again_is_the_same_filing(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    exchange_server.run("operator", "party", "key", tmp_path / "ru.pem", "--register", "RU")
    file = plan(tmp_path / "again.geojson", lon=30.5)
    words = ("file", file, "--sign", tmp_path / "ru.pem", "--json")
    first, second, other = (json.loads(exchange_server.run("RU", *words, *more).stdout)[0] for more in ((), (), ("--anew",)))
    assert first["leaf"] == second["leaf"]
    assert first["operation"]["id"] == second["operation"]["id"] != other["operation"]["id"]


def test_a_change_keeps_its_id_and_needs_nothing_but_the_file(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    id_ = "0195712c-5f3a-4cc2-9d0e-2f6a5f6c1a01"
    exchange_server.run("US", "file", plan(tmp_path / "one.geojson", lon=31.5, operation=id_, title="First"))
    second = plan(tmp_path / "two.geojson", lon=31.6, operation=id_, title="Second")
    changed = exchange_server.run("US", "file", "--update", second)
    assert "Second: CLEAR" in changed.stdout
    view = shown(exchange_server, "US", id_)
    assert (view["version"], view["operation"]["title"]) == (2, "Second")
    (tmp_path / "api.json").write_text(json.dumps(view["operation"] | {"title": "Third"}))
    assert "Third: CLEAR" in exchange_server.run("US", "file", "--update", tmp_path / "api.json").stdout
    refused = exchange_server.run("TR", "file", "--update", tmp_path / "api.json", code=2)
    assert "not_found" in refused.stderr


def test_what_is_refused_does_not_stop_the_rest(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    good = [plan(tmp_path / f"good{i}.geojson", lon=32 + i) for i in range(2)]
    late = plan(tmp_path / "late.geojson", lon=35, starts_at="2190-01-01T00:00:00Z", ends_at="2190-01-02T00:00:00Z")
    done = exchange_server.run("US", "file", good[0], late, good[1], "--json", "--receipt", tmp_path / "r.jsonl", code=2)
    assert len(json.loads(done.stdout)) == 2
    assert json.loads(done.stderr)["code"] == "beyond_horizon"
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 2
    foreign = exchange_server.run("US", "file", plan(tmp_path / "foreign.geojson", party="TR"), code=4)
    assert "not_yours" in foreign.stderr


def test_lists_are_tables_that_show_titles_as_they_are(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run = exchange_server.run
    run("US", "file", plan(tmp_path / "t.geojson", lon=28, title="[/red] [bold]Devriye"))
    table = run("US", "show", "operations").stdout
    assert "[/red] [bold]Devriye" in table
    assert table.splitlines()[0].split() == ["Id", "Party", "Activity", "Starts", "(UTC)", "Ends", "State", "Clearance", "Title"]
    narrow = typed("show", **exchange_server.environment("US") | {"COLUMNS": "70"}).stdout
    assert "  Title        [/red] [bold]Devriye" in narrow.splitlines()
    for what, words in (("parties", "Relief agency"), ("forces", "SAA"), ("findings", ""), ("asks", ""), ("areas", "No areas."),
                        ("sites", "No sites."), ("understandings", "No understandings."), ("stances", ""), ("controls", ""),
                        ("picture", "Seen by United States"), ("me", "party: US"), ("limits", "vertices: 5000"),
                        ("SDF", "answers: US")):
        assert words in run("US", "show", what).stdout, what
    assert "SDF" in run("US", "party", "list").stdout
    assert "force SDF" in run("US", "party", "show", "US").stdout


def test_what_is_over_is_neither_held_nor_clear_and_a_yes_says_until_when(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run = exchange_server.run
    first = json.loads(run("US", "file", plan(tmp_path / "stays.geojson", lon=24), "--json").stdout)[0]["operation"]["id"]
    moves = json.loads(run("TR", "file", plan(tmp_path / "moves.geojson", lon=24), "--json", code=1).stdout)[0]
    [ask], [finding] = ([thing["id"] for thing in moves[what]] for what in ("asks", "findings"))

    def row(party: str, what: str, id: str, *more: str) -> list[str]:
        return next(line for line in run(party, "show", what, *more).stdout.splitlines() if id in line).split("  ")
    due = short(moves["asks"][0]["deadline"])
    assert {due, finding} <= {*row("TR", "asks", ask)}
    assert f"consent of US: open until {due} UTC, {ask}" in run("US", "show", "findings").stdout
    until = clock().replace(microsecond=0) + timedelta(hours=1)
    assert f"until {minutes(until)} UTC" in run("US", "answer", ask, "grant", "--until", until.isoformat()).stdout
    assert minutes(until) in row("TR", "asks", ask)  # not when the answer was due
    assert due not in row("TR", "asks", ask)
    run("US", "answer", ask, "withdraw")
    again = f"consent of another party: withdrawn, {ask}; `antalya file --update` by the operation's owner asks again"
    assert again in run("TR", "show", "findings").stdout
    run("TR", "file", "--update", tmp_path / "moves.geojson", code=1)
    assert "asks again" not in run("TR", "show", "findings").stdout
    run("US", "file", "--withdraw", first)
    assert "clear" not in row("US", "operations", first)
    assert f"{first} stays: WITHDRAWN" in run("US", "file", tmp_path / "stays.geojson").stdout  # it was CLEAR when it was filed
    assert shown(exchange_server, "US", first)["clearance"] is None
    assert finding not in run("TR", "show", "findings").stdout
    closed = next(line for line in run("TR", "show", "findings", "--past").stdout.splitlines() if finding in line)
    assert re.fullmatch(rf"CLOSED  {finding}  since \d{{4}}-\d\d-\d\d \d\d:\d\d(:\d\d)? UTC", closed)


def test_as_many_leaves_are_shown_as_were_asked_for_however_much_they_say(exchange_server: ExchangeServer) -> None:
    client, start = exchange_server.client("TR"), clock() + timedelta(hours=2)
    for n in range(4):
        operation = {"id": ids(), "party": "TR", "activity": "patrol", "volumes": [
            {"outline": {"type": "Circle", "center": [20 + n, 36.53], "radius_m": 2_000}, "lower_m": 0, "upper_m": 900,
             "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}]}
        assert client.post("/v1/operations", content=json.dumps(operation) + " " * 1_500_000,
                           headers={"content-type": "application/json"}).status_code == 201
    size = json.loads(exchange_server.run("TR", "log", "--checkpoint", "--json").stdout)["size"]
    shown = json.loads(exchange_server.run("TR", "log", "--limit", size, "--json").stdout)
    assert [leaf["leaf"] for leaf in shown] == [*range(size)]
    assert len(json.loads(exchange_server.run("TR", "log", "--limit", size - 1, "--json").stdout)) == size - 1


@pytest.mark.parametrize(("count", "warned"), [(4_999, False), (5_000, True)])
def test_findings_that_are_cut_off_are_said_to_be(monkeypatch: pytest.MonkeyPatch, count: int, warned: bool) -> None:
    def get(self: Any, path: str, **query: Any) -> httpx.Response:
        assert (path, query["limit"]) == ("/v1/findings", 5_000)
        return httpx.Response(200, json={"items": [{"id": str(i)} for i in range(count)]})
    monkeypatch.setattr("antalya.entry.cli_show.Exchange.get", get)
    done = typed("show", "findings", "--json", "--token", "x", "--url", "http://127.0.0.1:9")
    assert len(json.loads(done.stdout)) == count
    assert ("the newest 5,000" in done.stderr) is warned


def test_the_log_is_read_exported_and_verified(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run, key = exchange_server.run, exchange_server.made["log_key"]
    (tmp_path / "key").write_text(key + "\n")
    old = tmp_path / "old.checkpoint"
    old.write_text(run("US", "log", "--checkpoint").stdout)
    [outcome] = json.loads(run("US", "file", plan(tmp_path / "l.geojson", lon=27), "--json").stdout)
    leaf = outcome["receipt"]["leaf"]
    (tmp_path / "receipt.json").write_text(run("US", "log", "--receipt", leaf).stdout)
    (tmp_path / "outcome.json").write_text(json.dumps(outcome))
    facts = json.loads(run("US", "log", "--export", tmp_path / "log.jsonl", "--json").stdout)
    assert facts["size"] > leaf
    said = json.loads(typed("verify", tmp_path / "log.jsonl", tmp_path / "receipt.json", tmp_path / "outcome.json", "--key",
                              tmp_path / "key", "--checkpoint", old, "--json").stdout)
    assert [fact["verified"] for fact in said] == [True, True, True]
    assert said[0]["checkpoints"] == 2, "the old one and its own, which is the receipts' as well"
    assert said[0]["opened"] >= 1
    page = run("US", "log", "--from", leaf, "--limit", 1).stdout
    assert "operation" in page
    assert json.loads(run("US", "log", "--checkpoint", "--json").stdout)["size"] > leaf


def test_what_is_not_allowed_or_wrong_has_its_exit_code(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    run, url = exchange_server.run, exchange_server.url
    assert "no_scope" in run("TR", "party", "add", "NEW", "New", code=4).stderr
    assert "no_token" in typed("show", code=4, ANTALYA_URL=url).stderr
    assert "bad_token" in typed("show", code=4, ANTALYA_TOKEN="x.y.z", ANTALYA_URL=url).stderr
    assert "not_found" in run("TR", "show", "nothing-of-that-name", code=2).stderr
    assert "not_ready" in typed("show", code=6, ANTALYA_TOKEN="x", ANTALYA_URL="http://127.0.0.1:9").stderr
    assert "bad_input_file" in run("TR", "file", tmp_path / "none.geojson", code=2).stderr
    assert "bad_json" in run("TR", "file", _written(tmp_path / "broken.json", "{"), code=2).stderr
    assert json.loads(run("TR", "show", "nothing-of-that-name", "--json", code=2).stderr)["code"] == "not_found"
    assert "precondition_required" in run("operator", "party", "add", "TR", "Turkey", code=2).stderr
    assert "Usage" in run("TR", "answer", "some-ask", "perhaps", code=2).stderr
    assert "bad_field" in typed("token", "TR", "--dir", exchange_server.dir, "--life", "soon", code=2).stderr
    assert "bad_field" in typed("token", "TR", "--dir", exchange_server.dir, "--life", "400d", code=2).stderr
    assert "bad_field" in typed("token", "TR", "--dir", exchange_server.dir, "--scope", "all", code=2).stderr
    assert "bad_text" in typed("token", "T\u202eR", "--dir", exchange_server.dir, code=2).stderr


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("url", ["nowhere", "ftp://x", "http://", "http://[::1", "http://a b", "http://a:port"])
def test_what_is_no_address_is_said_so(url: str) -> None:
    assert "bad_setting" in typed("show", "--url", url, "--token", "x", code=2).stderr


def test_folders_and_files_that_can_not_be_made(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "bad_setting" in typed("init", tmp_path / "file" / "x", code=2).stderr
    assert "bad_setting" in typed("demo", "--no-serve", "--dir", tmp_path, code=2).stderr
    assert "not_found" in typed("demo", "--no-serve", "--scenario", "nowhere-1900", code=2).stderr
    assert "bad_setting" in exchange_server.run("US", "log", "--export", tmp_path / "no" / "log", code=2).stderr
    assert "bad_setting" in exchange_server.run("US", "log", "--export", tmp_path / "x.checkpoint", code=2).stderr
    (tmp_path / "folder").mkdir()
    assert "bad_setting" in exchange_server.run("US", "log", "--export", tmp_path / "folder", code=2).stderr
    assert not (tmp_path / "folder.checkpoint").exists()
    file = plan(tmp_path / "p.geojson", lon=26)
    assert "bad_setting" in exchange_server.run("US", "file", file, "--receipt", tmp_path / "no" / "r", code=2).stderr
    assert list(tmp_path.glob(".*")) == []


def test_commands_wait_their_turn_but_not_for_ever(new_exchange_server: Callable[..., ExchangeServer]) -> None:
    quick = new_exchange_server(limits={"burst": 2, "requests_per_s": 20.0}, parties=False)
    for _ in range(6):
        assert "No operations." in quick.run("TR", "show").stdout
    slow = new_exchange_server(limits={"burst": 2, "requests_per_s": 0.001}, parties=False)
    codes = [slow.run("TR", "show", code=None).exit_code for _ in range(3)]
    assert codes == [0, 0, 5]


def test_a_token_from_a_file_and_from_the_command(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    made = json.loads(typed("token", "US", "--dir", exchange_server.dir, "--life", "1h", "--json").stdout)
    assert made["scopes"] == ["antalya.read", "antalya.file", "antalya.answer"]
    file = _written(tmp_path / "token", made["token"] + "\n")
    me = json.loads(typed("show", "me", "--json", "--token-file", file, "--url", exchange_server.url, ANTALYA_TOKEN="x").stdout)
    assert me["party"] == "US"
    assert "US" in typed("show", "me", ANTALYA_URL=exchange_server.url, ANTALYA_TOKEN_FILE=str(file)).stdout
    broker = typed("token", "UN", "--broker", "--dir", exchange_server.dir).stdout.strip()
    assert json.loads(typed("show", "me", "--json", "--token", broker, "--url", exchange_server.url).stdout)["broker"] is True


def test_init_overwrites_nothing_and_force_moves_aside(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = json.loads(typed("init", home, "--json").stdout)
    assert home.stat().st_mode & 0o777 == 0o700
    assert "bad_setting" in typed("init", home, code=2).stderr
    second = json.loads(typed("init", home, "--json", "--force", "--origin", "example.org/log").stdout)
    assert second["log_key"].startswith("example.org/log+")
    aside = Path(second["moved_to"])
    assert sorted(p.name for p in aside.iterdir()) == ["antalya.sqlite", "antalya.toml", "keys"]
    assert first["operator_token"] not in "".join(p.read_text(errors="replace") for p in home.rglob("*") if p.is_file())
    typed("init", tmp_path / "bad", "--origin", "has spaces", code=2)
    assert not (tmp_path / "bad").exists()


def test_a_port_in_use_gets_clear_words(exchange_server: ExchangeServer) -> None:
    port = exchange_server.url.rpartition(":")[2]
    said = antalya("serve", "--dir", exchange_server.dir, "--port", port, code=3).stderr
    assert f"127.0.0.1:{port} is taken" in said
    assert "--port" in said
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "port_in_use" in antalya("demo", "--port", taken.getsockname()[1], code=3).stderr
    assert "bad_setting" in antalya("serve", "--dir", exchange_server.dir, "--host", "198.51.100.7", "--port", 0, code=2).stderr


def test_settings_say_where_they_come_from(exchange_server: ExchangeServer) -> None:
    words = ("config", "show", "--dir", exchange_server.dir)
    said = typed(*words, "--origin", ANTALYA_PORT="9123", ANTALYA_LIMITS__VERTICES="77", ANTALYA_DEBUG="1").stdout
    assert "port = 9123   # ANTALYA_PORT" in said
    assert "limits.vertices = 77   # ANTALYA_LIMITS__VERTICES" in said
    assert 'audience = "antalya.local"   # antalya.toml' in said
    assert 'host = "127.0.0.1"   # default' in said
    assert json.loads(typed(*words, "--json").stdout)["limits.burst"] == {"value": 1_000_000, "origin": "antalya.toml"}
    assert "bad_setting" in typed(*words, code=2, ANTALYA_PORT="high").stderr
    assert "colour" in typed(*words, code=2, ANTALYA_COLOUR="red").stderr


def test_the_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    def look(code: int) -> dict[str, Any]:
        said = json.loads(typed("doctor", "--dir", home, "--json", code=code, ANTALYA_PORT="0").stdout)
        return {row["what"]: row for row in said}
    home = tmp_path / "ward"
    assert look(0)["Settings"]["state"] == "warn"
    typed("init", home)
    assert {row["state"] for what, row in look(0).items() if what not in ("Chromium", "Disk", "fsync")} == {"ok"}
    (home / "keys" / "log.pem").chmod(0o644)
    assert "chmod 600" in look(1)["Keys"]["detail"]
    (home / "keys" / "log.pem").chmod(0o600)
    with sqlite3.connect(home / "antalya.sqlite") as db:
        db.execute("UPDATE meta SET value = ? WHERE key = 'last_at'", (str(10**15 * 4),))
    db.close()
    assert look(1)["Clock"]["state"] == "fail"
    (home / "antalya.sqlite").rename(home / "gone")
    assert look(1)["Store"]["state"] == "fail"
    (home / "antalya.sqlite").write_bytes(b"not a database" * 1_000)
    assert look(1)["Store"]["state"] == "fail"
    (home / "antalya.toml").write_text("colour = 'red'")
    assert look(1)["Settings"]["state"] == "fail"


def test_the_demo_prints_everything_as_json_and_exits() -> None:
    said = json.loads(antalya("demo", "--no-serve", "--json").stdout)
    by_title = {c["title"]: c["clearance"] for c in said["clearances"].values()}
    assert by_title["Move on Manbij"] == "held"
    assert by_title["Joint plan for Raqqa"] == "blocked"
    assert said["findings"]
    views = said["views"]
    assert {"TR", "RU", "US", "broker"} <= set(views)
    assert len({json.dumps(views[v]["operations"]) for v in ("TR", "RU", "US")}) == 3


def test_the_demo_prints_a_table_that_a_person_can_read() -> None:
    done = antalya("demo", "--no-serve")
    said = done.stdout
    assert done.stderr == "", "a bar is only for who looks"
    for words in ("Move on Manbij", "HELD", "BLOCKED", "Interposition patrol", "of Manbij", "gives way"):
        assert words in said


@pytest.mark.parametrize("sentence", [
    "HELD who Turkey: Move on Manbij what Breach, consent rule .* remedy Obtain the consent of RU, US. .* "
    "Russia: envelope, asked \\(open\\), .* United States: envelope, asked \\(open\\)",
    "HELD who Turkey: Move on Manbij \\(gives way\\) United States: Interposition patrol west of Manbij what Clash ",
    "BLOCKED who United States: Joint plan for Raqqa what Breach, incompatible rule ",
    "BLOCKED who Turkey: Patrol along the Sajur what Breach, corridor rule .* reserved for others until 2017-03-08T13:00:00Z",
    "what Breach, lead-time rule .* remedy Begin at 2017-03-09T11:00:00Z or later: .* so file it by 2017-03-07T11:00:00Z",
    "BLOCKED who Turkey: Clearing of explosive remnants north of Al-Bab Hospital in Al-Bab .* nearer than 1,000 m "])
def test_the_printed_demo_shows_what_the_day_is_about(printed_demo: str, sentence: str) -> None:
    assert re.search(sentence, " ".join(printed_demo.split())), printed_demo


def test_the_printed_demo_shows_three_views_of_the_same_day(printed_demo: str) -> None:
    _, _, sight = printed_demo.partition("The same day as each party sees it")
    for operation, levels in {"Move on Manbij": ["details", "envelope", "envelope", "nothing"],
                              "Interposition patrol": ["overlap", "nothing", "details", "nothing"],
                              "Joint plan for Raqqa": ["envelope", "nothing", "details", "nothing"]}.items():
        assert re.findall("details|envelope|overlap|nothing", sight[sight.index(operation):])[:4] == levels


@pytest.fixture(scope="module")
def printed_demo() -> str:
    return antalya("demo", "--no-serve", COLUMNS="110").stdout


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_the_demo_serves_its_page_and_leaves_nothing_behind(tmp_path: Path, how: signal.Signals) -> None:
    process = subprocess.Popen([*ANTALYA, "demo", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env=os.environ | {"TMPDIR": str(tmp_path)}, preexec_fn=heeds_ctrl_c)
    assert process.stdout is not None
    try:
        url = next(line.split(" at ")[1].split()[0] for line in process.stdout if "Serving" in line)
        assert list(tmp_path.iterdir())
        assert "<title>" in httpx.get(url).text
        token = httpx.get(f"{url}/demo/viewers").json()[0]["token"]
        assert httpx.get(f"{url}/v1/picture", headers={"authorization": f"Bearer {token}"}).json()["operations"]
    finally:
        process.send_signal(how)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_what_serves_says_its_address_as_json_too(tmp_path: Path) -> None:
    typed("init", tmp_path / "home")
    process = subprocess.Popen([*ANTALYA, "serve", "--dir", tmp_path / "home", "--port", "0", "--json"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True, preexec_fn=heeds_ctrl_c)
    assert process.stdout is not None
    lines = list(takewhile(lambda line: line != "}\n", process.stdout))
    process.send_signal(signal.SIGTERM)
    assert json.loads("".join(lines) + "}" + process.communicate(timeout=30)[0])["address"].startswith("http://127.0.0.1:")
    with (tmp_path / "demo.json").open("w+") as out:
        process = subprocess.Popen([*ANTALYA, "demo", "--port", "0", "--json"], stdout=out, stderr=subprocess.PIPE, text=True,
                                   preexec_fn=heeds_ctrl_c)
        assert process.stderr is not None
        assert any("Serving the page and the API at http://127.0.0.1:" in line for line in process.stderr)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        out.seek(0)
        assert json.load(out)["findings"]


@pytest.mark.parametrize("doors", [0, 1])
def test_a_request_that_is_cut_off_as_the_server_stops_is_no_defect(new_exchange_server: Callable[..., ExchangeServer],
                                                                    doors: int) -> None:
    exchange = new_exchange_server(doors=doors)
    host, port = exchange.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as half:
        half.sendall(f"POST /v1/operations HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {exchange.token('TR')}\r\nContent-Length: 99\r\n"
                     "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n{".encode())
        assert half.recv(100).startswith(b"HTTP/1.1 100")  # it waits for the rest
        assert exchange.stop() == 0
    assert "cancel" in exchange.log.lower()
    assert "Traceback" not in exchange.log


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_server_stops_at_once_with_a_stream_open_and_logs_no_plan(new_exchange_server: Callable[..., ExchangeServer],
                                                                      tmp_path: Path, how: signal.Signals) -> None:
    exchange = new_exchange_server()
    lon = 37.9537186  # no second of a minute, and no time that something took
    exchange.run("TR", "file", plan(tmp_path / "p.geojson", lon, title="secret-title"))
    with exchange.client("TR").stream("GET", "/v1/events") as stream:
        next(stream.iter_lines())
        begun = datetime.now(UTC)
        exchange.process.send_signal(how)
        assert exchange.process.wait(timeout=30) == 0
        took = (datetime.now(UTC) - begun).total_seconds()
    assert took < 5, "a second on an idle machine"
    lines = [json.loads(line) for line in exchange.log.splitlines()]
    assert any(line.get("route") == "/v1/operations" and line["status"] == 201 for line in lines)
    assert not any(secret in exchange.log for secret in ("secret-title", str(lon)))
    assert not list(exchange.dir.glob("*-wal")), "the store was closed"


def test_help_names_every_command_and_version_is_told() -> None:
    from antalya import __version__
    from antalya.entry.cli import COMMANDS
    said = antalya("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in said
    assert antalya("--version").stdout == f"antalya {__version__}\n"
    assert "No such command" in antalya("fly", code=2).stderr


def test_help_and_version_import_nothing_heavy() -> None:
    script = ("import sys; sys.argv = ['antalya', '--help']\nfrom antalya.entry.cli import main\ntry: main()\n"
              "except SystemExit: print(*(m for m in ('shapely', 'numpy', 'starlette', 'httpx', 'rich') if m in sys.modules))")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1].strip() == ""


def test_completion_knows_commands_and_what_can_be_shown() -> None:
    def complete(line: str) -> list[str]:
        words = {"_ANTALYA_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
        return antalya(**words).stdout.split()
    assert complete("antalya ver") == ["verify"]
    assert complete("antalya show under") == ["understandings"]


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    line = f"{sys.executable} -m antalya errors | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


def stopped(process: subprocess.Popen[str], how: signal.Signals) -> str:
    """What a process wrote to its standard error that is told to end, once more if need be: Python does not hear a signal that
    comes between its last look and a call that waits, until that returns."""
    process.send_signal(how)
    try:
        return process.communicate(timeout=15)[1]
    except subprocess.TimeoutExpired:
        process.send_signal(how)
        return process.communicate(timeout=15)[1]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_is_stopped_ends_with_130_and_no_traceback(how: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen([*ANTALYA, "show", "--url", url, "--token", "x"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, preexec_fn=heeds_ctrl_c)
        called, _ = silent.accept()
        with called:
            called.recv(10)
            said = stopped(process, how)
    assert process.returncode == 130
    assert "Traceback" not in said


def old_python() -> str | None:
    """A Python 3 older than 3.11 that runs here."""
    names = [shutil.which(f"python3.{minor}") for minor in range(6, 11)]
    for path in (*names, *map(str, Path.home().glob(".pyenv/versions/3.[6-9].*/bin/python3"))):
        if path and subprocess.run([path, "-c", "import sys; sys.exit(sys.version_info >= (3, 11))"], check=False,
                                   capture_output=True).returncode == 0:
            return path
    return None


def test_an_old_python_gets_clear_words() -> None:
    python = old_python()
    if python is None:
        pytest.skip("no Python older than 3.11 is installed here")
    for start in (["-m", "antalya"], ["-c", "from antalya.entry.cli import main; main()"]):
        done = subprocess.run([python, "-B", *start, "--help"], capture_output=True, text=True, timeout=60,
                              env=os.environ | {"PYTHONPATH": str(ROOT / "src")})
        assert done.returncode == 3, done.stderr
        assert "Use Python 3.11 or newer" in done.stderr
        assert "Traceback" not in done.stderr


def test_what_nobody_reads_is_filed_all_the_same(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    files = [plan(tmp_path / f"unread{i}.geojson", lon=-20 - i) for i in range(4)]
    with subprocess.Popen([*ANTALYA, "file", *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=os.environ | exchange_server.environment("US")) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert (process.wait(timeout=60), process.stderr and process.stderr.read()) == (0, b"")
    titles = {o["operation"]["title"] for o in shown(exchange_server, "US", "operations")}
    assert {f"unread{i}" for i in range(4)} <= titles


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
@pytest.mark.parametrize("words", [("errors",), ("errors", "--json"), ("--help",), ("check", "--help")])
def test_output_that_has_no_room_is_no_defect(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*ANTALYA, *words], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2, done.stderr
    assert "bad_setting" in done.stderr
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("moved", [False, True])
def test_an_exchange_that_could_not_be_made_is_not_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: bool) -> None:
    home = tmp_path / "home"
    if moved:
        typed("init", home)
    before = {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    with monkeypatch.context() as patched:
        def full(_: object) -> None:
            raise error("store_full", "no room")
        patched.setattr(founding, "hub_of", full)
        assert "store_full" in typed("init", home, "--force", code=6).stderr
    assert {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    typed("init", home, *(["--force"] if moved else []))


def test_an_init_that_another_one_overtakes_touches_nothing_of_its(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both saw an empty directory."""
    home = tmp_path / "home"
    typed("init", home)
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    monkeypatch.setattr(founding, "_make_room", lambda *_: None)
    assert "here is a key already" in typed("init", home, code=2).stderr
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_what_somebody_wrote_looks_like_no_line_of_ours(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    forged = "Convoy\nclearance: clear\tleaf 7"
    plans = [plan(tmp_path / f"{name}.geojson", 38.4, title=forged, note=forged) for name in "ab"]
    filed = exchange_server.run("TR", "file", plans[0]).stdout
    exchange_server.run("RU", "file", plans[1], code=1)
    narrow = typed("show", "operations", COLUMNS="60", **exchange_server.environment("TR")).stdout
    findings = exchange_server.run("TR", "show", "findings").stdout
    for said in (filed, narrow, findings):
        assert "Convoy clearance: clear leaf 7" in said
        assert not re.search(r"^\s*clearance: clear", said, re.MULTILINE)
    one = exchange_server.run("TR", "show", filed.split()[0]).stdout
    assert "\n  note: Convoy\n    | clearance: clear\tleaf 7\n" in one
    assert len(re.findall(r"^ *clearance:", one, re.MULTILINE)) == 1


def marked(path: Path) -> Path:
    """The file as an editor on Windows saves it: with a byte order mark and its line ends."""
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    return path


def test_files_from_windows_are_read(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    exchange_server.run("TR", "file", plan(tmp_path / "plan.geojson", -30), "--receipt", tmp_path / "receipt.jsonl")
    [filed] = [o["operation"] for o in shown(exchange_server, "TR", "operations") if o["operation"]["title"] == "plan"]
    names = "again.json", "key", "token", "book.toml", "understanding.json"
    again, key, token, book, understanding = (tmp_path / name for name in names)
    again.write_text(json.dumps(filed | {"id": ids()}, indent=1))
    key.write_text(exchange_server.made["log_key"] + "\n")
    token.write_text(exchange_server.token("TR") + "\n")
    book.write_text('[[parties]]\nid = "TR"\nname = "Turkey"\n')
    understanding.write_text('{"id": "u",\n"unknown": 1}\n')
    assert "CLEAR" in typed("file", marked(again), "--token-file", marked(token), "--url", exchange_server.url).stdout
    assert "verified: leaf" in typed("verify", marked(tmp_path / "receipt.jsonl"), "--key", marked(key)).stdout
    assert "Clear" in typed("check", marked(tmp_path / "plan.geojson"), "--understandings", marked(book)).stdout
    assert "bad_field" in exchange_server.run("TR", "understanding", "propose", marked(understanding), code=2).stderr
    shutil.copytree(exchange_server.dir, tmp_path / "exchange")
    settings = marked(tmp_path / "exchange" / "antalya.toml")
    assert "audience" in typed("config", "show", "--dir", settings.parent).stdout


@pytest.mark.parametrize("columns", ["0", "00"])
def test_a_terminal_without_a_width_is_written_to_all_the_same(tmp_path: Path, columns: str) -> None:
    two = [plan(tmp_path / f"{name}.geojson", party=name) for name in ("TR", "RU")]
    assert "HELD" in antalya("check", *two, code=1, COLUMNS=columns).stdout


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)], ids=str)
def test_without_a_standard_stream_everything_is_done_all_the_same(exchange_server: ExchangeServer, tmp_path: Path,
                                                                  closed: tuple[int, ...]) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)
    words = "file", plan(tmp_path / f"closed{len(closed)}{closed[0]}.geojson", lon=-40 - len(closed) - closed[0])
    done = subprocess.run([*ANTALYA, *words, "--receipt", tmp_path / "receipt.jsonl"], capture_output=True, text=True, timeout=60,
                          env=os.environ | exchange_server.environment("US"), preexec_fn=close)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((tmp_path / "receipt.jsonl").read_text())["leaf"]
