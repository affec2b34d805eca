"""`antalya file` with many operations: they go together, and what comes of each is said as if they had gone one by one."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.served import ExchangeServer, plan, typed

from antalya.entry import cli_file
from antalya.entry.client import Exchange
from antalya.model.errors import error
from antalya.model.limits import Limits

COUNT = 23


def many(path: Path, count: int = COUNT, **properties: Any) -> Path:
    """A GeoJSON file of patrols far from each other; the third ends in more than a hundred years."""
    features = [json.loads(plan(path, lon=10 + n, operation=f"{path.stem}-{n}", **properties).read_text())["features"][0]
                for n in range(count)]
    features[2]["properties"] |= {"starts_at": "2190-01-01T00:00:00Z", "ends_at": "2190-01-02T00:00:00Z"}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize(("limits", "posts"), [({}, 1), ({"filings": 5}, 5), ({"body_bytes": 8_000}, 5),
                                               ({"burst": 12, "requests_per_s": 20.0}, 2)], ids=["whole", "few", "small", "slow"])
def test_many_go_together_and_are_answered_in_their_order(
        new_exchange_server: Callable[..., ExchangeServer], tmp_path: Path, limits: dict[str, Any], posts: int) -> None:
    exchange = new_exchange_server(limits=limits)
    exchange.run("operator", "party", "key", tmp_path / "us.pem", "--register", "US")
    words = ("file", many(tmp_path / "plan.geojson"), "--sign", tmp_path / "us.pem", "--json", "--receipt", tmp_path / "r.jsonl")
    first, again = (exchange.run("US", *words, code=2) for _ in range(2))
    outcomes = json.loads(first.stdout)
    titles = [outcome["operation"]["operation"]["title"] for outcome in outcomes]
    assert titles == [f"plan-{n}" for n in range(COUNT) if n != 2]
    assert {outcome["operation"]["signed"] for outcome in outcomes} == {True}
    assert [outcome["leaf"] for outcome in json.loads(again.stdout)] == [outcome["leaf"] for outcome in outcomes]
    assert json.loads(first.stderr)["code"] == "beyond_horizon"
    kept = [json.loads(line)["leaf"] for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert kept == [outcome["leaf"] for outcome in outcomes] * 2
    exchange.run("operator", "verify", tmp_path / "r.jsonl", "--key", exchange.made["log_key"])
    metrics = exchange.client("US").get("/metrics").text
    [sent] = [line for line in metrics.splitlines() if line.startswith("antalya_requests_total{") and "/v1/filings" in line
              and 'status="200"' in line]
    assert posts <= float(sent.split()[-1]) / 2 <= posts + 3


def test_many_are_printed_as_one_would_be(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    done = exchange_server.run("US", "file", many(tmp_path / "shown.geojson", 4), code=2)
    assert [line.split(": ")[0].split()[-1] for line in done.stdout.splitlines()] == ["shown-0", "shown-1", "shown-3"]
    assert "beyond_horizon" in done.stderr
    foreign = exchange_server.run("US", "file", many(tmp_path / "theirs.geojson", 3, party="TR"), code=4)
    assert "not_yours" in foreign.stderr


class _Busy(BaseHTTPRequestHandler):
    """An exchange whose store is busy for the second of several filings, and no more once it comes alone."""

    asked: list[str]

    def do_GET(self) -> None:
        self._say({"/v1/limits": {"filings": 100, "burst": 400, "body_bytes": 100_000}, "/v1/me": {"party": "US"}}[self.path])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.asked.append(self.path)
        if self.path == "/v1/operations":
            self._say(_outcome(body), 201)
        else:
            answers: list[dict[str, Any]] = [{"status": 201, "outcome": _outcome(part["operation"])} for part in body["filings"]]
            answers[1] = {"status": 503, "problem": error("store_busy", "another process has it").problem()}
            self._say({"items": answers})

    def _say(self, body: object, status: int = 200) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def _outcome(operation: dict[str, Any]) -> dict[str, Any]:
    return {"operation": {"id": operation["id"], "operation": operation}, "clearance": "clear", "findings": [], "asks": [],
            "receipt": {"leaf": 1}}


def test_one_for_which_the_store_was_busy_is_sent_again_alone(tmp_path: Path) -> None:
    _Busy.asked = []
    with HTTPServer(("127.0.0.1", 0), _Busy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            said = typed("file", many(tmp_path / "busy.geojson", 4), "--url", f"http://127.0.0.1:{server.server_port}",
                         "--token", "t", "--json", code=0)
        finally:
            server.shutdown()
            thread.join()
    assert [outcome["operation"]["operation"]["title"] for outcome in json.loads(said.stdout)] == [f"busy-{n}" for n in range(4)]
    assert _Busy.asked == ["/v1/filings", "/v1/operations"]
    assert Limits().filings == 100


def test_a_refusal_says_of_which_operation_it_is(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    file = many(tmp_path / "which.geojson", 4)
    assert f"{file}: features[2]: volumes[0].ends_at" in exchange_server.run("US", "file", file, code=2).stderr
    said = json.loads(exchange_server.run("US", "file", file, "--json", code=2).stderr)
    assert said["at"] == f"{file}: features[2]: volumes[0].ends_at"
    changed = json.loads(exchange_server.run("US", "file", file, "--json", "--update", code=2).stderr)
    assert (changed["code"], changed["operation"], changed["at"]) == ("not_found", said["operation"], f"{file}: features[2]")
    assert "\n  nope\n" in exchange_server.run("US", "file", "--withdraw", "nope", code=2).stderr


def test_a_request_that_is_refused_names_what_was_in_it(exchange_server: ExchangeServer, tmp_path: Path,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise error("too_large", "that is too much")
    monkeypatch.setattr(Exchange, "send_several", refuse)
    file = many(tmp_path / "whole.geojson", 4)
    assert f"\n  {file}: features[0] and 3 more\n" in exchange_server.run("US", "file", file, code=2).stderr


def test_what_was_filed_before_it_was_stopped_is_printed_as_json_too(exchange_server: ExchangeServer, tmp_path: Path,
                                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_file, "_TOGETHER", 2)
    sent, asked = Exchange.send_several, list[object]()

    def stopped(exchange: Exchange, path: str, parts: list[dict[str, object]]) -> Any:
        asked.append(parts)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return sent(exchange, path, parts)
    monkeypatch.setattr(Exchange, "send_several", stopped)
    done = exchange_server.run("US", "file", many(tmp_path / "stopped.geojson", 5), "--json", code=None)
    assert done.exit_code == 130
    assert [o["operation"]["operation"]["title"] for o in json.loads(done.stdout)] == ["stopped-0", "stopped-1"]
