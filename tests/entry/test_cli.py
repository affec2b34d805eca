"""The command line as a user has it: real processes, a real server, a new directory."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

ANTALYA = [sys.executable, "-m", "antalya"]


def run(*words: str | Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*ANTALYA, *map(str, words)], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "COLUMNS": "200"} | environment)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    return done


class Running:
    """An exchange that `antalya init` made and `antalya serve` serves."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.made: dict[str, str] = json.loads(run("init", directory, "--json").stdout)
        self.process = subprocess.Popen([*ANTALYA, "serve", "--dir", str(directory), "--port", "0"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = line.split(" at ")[1].split()[0]

    def as_(self, party: str, *words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        token = self.made["operator_token"] if party == "operator" else self.token(party)
        return run(*words, code=code, ANTALYA_TOKEN=token, ANTALYA_URL=self.url)

    def token(self, party: str) -> str:
        return run("token", party, "--dir", self.directory).stdout.strip()

    def stop(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=20)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("cli") / "exchange")
    running.as_("operator", "party", "add", "TR", "Turkey", "--force", "TAF=Turkish Armed Forces")
    running.as_("operator", "party", "add", "US", "United States", "--force", "USF")
    yield running
    running.stop()


def plan(path: Path, lon: float = 37.95, **properties: Any) -> Path:
    start = datetime.now(UTC) + timedelta(hours=2)
    feature = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [lon, 36.53]},
               "properties": {"radius_m": 2000, "operation": path.stem, "activity": "patrol", "lower_m": 0,
                              "upper_m": 900, "starts_at": start.isoformat(),
                              "ends_at": (start + timedelta(hours=2)).isoformat()} | properties}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def test_a_clash_filed_settled_and_proved_from_the_command_line(exchange: Running, tmp_path: Path) -> None:
    exchange.as_("operator", "party", "key", tmp_path / "tr.pem", "--register", "TR")
    assert (tmp_path / "tr.pem").stat().st_mode & 0o777 == 0o600
    assert "CLEAR" in exchange.as_("US", "file", plan(tmp_path / "a.geojson")).stdout
    held = exchange.as_("TR", "file", plan(tmp_path / "b.geojson"), "--sign", tmp_path / "tr.pem", "--receipt",
                        tmp_path / "receipts.jsonl", "--json", code=1)
    [outcome] = json.loads(held.stdout)
    assert (outcome["clearance"], outcome["operation"]["signed"]) == ("held", True)
    id_ = outcome["operation"]["id"]
    [ask] = json.loads(exchange.as_("US", "show", "asks", "--json").stdout)
    assert ask["id"] in exchange.as_("US", "show", "asks").stdout
    exchange.as_("US", "answer", ask["id"], "grant")
    assert json.loads(exchange.as_("TR", "show", id_, "--json").stdout)["clearance"] == "clear"
    key = exchange.made["log_key"]
    assert "signed" in run("verify", tmp_path / "receipts.jsonl", "--key", key).stdout
    exchange.as_("TR", "log", "--export", tmp_path / "log.jsonl")
    assert "verified" in run("verify", tmp_path / "log.jsonl", "--key", key).stdout
    *lines, last = (tmp_path / "log.jsonl").read_text().splitlines()
    changed = {"leaf": json.loads(last)["leaf"], "hash": "0" * 64}
    (tmp_path / "bad.jsonl").write_text("\n".join([*lines, json.dumps(changed)]))
    (tmp_path / "bad.checkpoint").write_text((tmp_path / "log.checkpoint").read_text())
    assert "log_broken" in run("verify", tmp_path / "bad.jsonl", "--key", key, code=7).stderr
    gone = exchange.as_("TR", "file", "--withdraw", id_, "--json")
    assert json.loads(gone.stdout)[0]["operation"]["operation"]["state"] == "withdrawn"


def test_what_is_not_allowed_or_wrong_has_its_exit_code(exchange: Running, tmp_path: Path) -> None:
    assert "no_scope" in exchange.as_("TR", "party", "add", "RU", "Russia", code=4).stderr
    assert "no_token" in run("show", code=4, ANTALYA_TOKEN="", ANTALYA_URL=exchange.url).stderr
    assert "bad_token" in run("show", code=4, ANTALYA_TOKEN="x.y.z", ANTALYA_URL=exchange.url).stderr
    assert "not_found" in exchange.as_("TR", "show", "nothing-of-that-name", code=2).stderr
    assert "not_ready" in run("show", code=6, ANTALYA_TOKEN="x", ANTALYA_URL="http://127.0.0.1:9").stderr
    assert "bad_input_file" in exchange.as_("TR", "file", tmp_path / "none.geojson", code=2).stderr
    said = exchange.as_("TR", "show", "nothing-of-that-name", "--json", code=2).stderr
    assert json.loads(said)["code"] == "not_found"
    assert "bad_setting" in run("init", exchange.directory, code=2).stderr
    assert "bad_field" in run("token", "TR", "--dir", exchange.directory, "--life", "soon", code=2).stderr


def test_a_port_in_use_gets_clear_words(exchange: Running) -> None:
    port = exchange.url.rpartition(":")[2]
    assert "port_in_use" in run("serve", "--dir", exchange.directory, "--port", port, code=3).stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "port_in_use" in run("demo", "--port", str(taken.getsockname()[1]), code=3).stderr


def test_settings_say_where_they_come_from(exchange: Running) -> None:
    shown = run("config", "show", "--origin", "--dir", exchange.directory, ANTALYA_PORT="9123", ANTALYA_LIMITS__VERTICES="77").stdout
    assert "port = 9123   # ANTALYA_PORT" in shown
    assert "limits.vertices = 77   # ANTALYA_LIMITS__VERTICES" in shown
    assert 'audience = "antalya.local"   # antalya.toml' in shown
    assert 'host = "127.0.0.1"   # default' in shown
    assert "bad_setting" in run("config", "show", "--dir", exchange.directory, code=2, ANTALYA_PORT="high").stderr
    assert "bad_setting" in run("config", "show", "--dir", exchange.directory, code=2, ANTALYA_COLOUR="red").stderr


def test_the_doctor_finds_a_key_that_others_can_read(exchange: Running, tmp_path: Path) -> None:
    made = tmp_path / "ward"
    run("init", made)
    assert "fail" not in {row["state"] for row in json.loads(run("doctor", "--dir", made, "--json", ANTALYA_PORT="0").stdout)}
    (made / "keys" / "log.pem").chmod(0o644)
    assert "chmod 600" in run("doctor", "--dir", made, code=1).stdout


def test_the_demo_prints_everything_as_json_and_exits() -> None:
    shown = json.loads(run("demo", "--no-serve", "--json").stdout)
    by_title = {c["title"]: c["clearance"] for c in shown["clearances"].values()}
    assert by_title["Move on Manbij"] == "held"
    assert by_title["Joint plan for Raqqa"] == "blocked"
    assert shown["findings"]
    views = shown["views"]
    assert {"TR", "RU", "US", "broker"} <= set(views)
    assert len({json.dumps(views[v]["operations"]) for v in ("TR", "RU", "US")}) == 3


def test_the_demo_prints_a_table_that_a_person_can_read() -> None:
    shown = run("demo", "--no-serve").stdout
    for words in ("Move on Manbij", "HELD", "BLOCKED", "Interposition patrol", "of Manbij"):
        assert words in shown


def test_the_demo_serves_its_page(tmp_path: Path) -> None:
    process = subprocess.Popen([*ANTALYA, "demo", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        url = next(line.split(" at ")[1].split()[0] for line in process.stdout if "Serving" in line)
        assert "<title>" in httpx.get(url).text
        viewers = httpx.get(f"{url}/demo/viewers").json()
        token = viewers[0]["token"]
        picture = httpx.get(f"{url}/v1/picture", headers={"authorization": f"Bearer {token}"}).json()
        assert picture["operations"]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode in (0, 130, -2)


def test_the_server_stops_at_once_with_a_stream_open_and_logs_no_plan(tmp_path: Path) -> None:
    running = Running(tmp_path / "exchange")
    running.as_("operator", "party", "add", "TR", "Turkey")
    running.as_("TR", "file", plan(tmp_path / "p.geojson", title="secret-title"))
    head = {"authorization": f"Bearer {running.token('TR')}"}
    with httpx.stream("GET", f"{running.url}/v1/events", headers=head, timeout=20) as stream:
        next(stream.iter_lines())
        _, log = running.stop()
    assert running.process.returncode in (0, -15, 143)
    lines = [json.loads(line) for line in log.splitlines()]
    assert any(line.get("route") == "/v1/operations" for line in lines)
    assert "secret-title" not in log
    assert "37.95" not in log


def test_help_names_every_command() -> None:
    shown = run("--help").stdout
    for name in ("init", "party", "token", "serve", "file", "check", "show", "answer", "log", "verify", "demo", "doctor", "config"):
        assert f"  {name} " in shown
        run(name, "--help")
