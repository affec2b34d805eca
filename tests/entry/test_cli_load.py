"""`antalya load`: at its rate, from several parties, over real HTTP; everything undone; never by accident."""

import asyncio
import json
import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import httpx
import pytest
from tests.served import ANTALYA, ExchangeServer, antalya, heeds_ctrl_c, typed

from antalya.entry.cli_load import _facts, _print
from antalya.entry.load import Driver, Load, Measured, percentile, plan

BOX = "37,36,39,37"


@pytest.fixture
def tokens(exchange_server: ExchangeServer, tmp_path: Path) -> Path:
    file = tmp_path / "tokens"
    file.write_text("".join(exchange_server.token(party) + "\n" for party in ("TR", "RU", "US")))
    return file


def live(server: ExchangeServer) -> list[str]:
    """The titles of operations that are filed."""
    found = server.client("broker", "antalya.read", "antalya.broker").get("/v1/operations?limit=5000").json()["items"]
    return [v["operation"]["title"] for v in found if v["operation"]["state"] not in ("withdrawn", "ended")]


def test_it_files_from_all_parties_measures_and_withdraws(exchange_server: ExchangeServer, tokens: Path) -> None:
    done = typed("load", "--url", exchange_server.url, "--token-file", tokens, "--count", 60, "--rate", 200, "--bbox", BOX,
                 "--changes", 0.3, "--withdrawals", 0.2, "--reads", 0.1, "--yes", "--json")
    said = json.loads(done.stdout)
    assert (said["requests"], said["parties"], said["errors"], said["left"], said["stopped"]) == (60, 3, {}, [], False)
    assert set(said["kinds"]) == {"file", "change", "withdraw", "read"}
    assert sum(row["requests"] for row in said["kinds"].values()) == 60
    for row in said["kinds"].values():
        assert 0 < row["p50_ms"] <= row["p90_ms"] <= row["p99_ms"] <= row["p99.9_ms"] <= row["max_ms"]
    assert said["withdrawn"] == said["kinds"]["file"]["requests"] - said["kinds"]["withdraw"]["requests"] > 0
    assert said["seconds"] >= 59 / 200
    assert live(exchange_server) == []


def test_what_it_keeps_stays_and_the_table_says_so(exchange_server: ExchangeServer, tokens: Path) -> None:
    done = typed("load", "--url", exchange_server.url, "--token-file", tokens, "--count", 5, "--rate", 100, "--keep", "--yes")
    assert "p99.9 ms" in done.stdout
    assert "Withdrawn again: 0. Still filed: 5." in done.stdout
    assert live(exchange_server) == ["antalya load"] * 5


@pytest.mark.parametrize("packed", ['W/"{}"', '"{}-gzip"'])
def test_what_was_filed_is_withdrawn_behind_a_proxy_that_packs_answers(exchange_server: ExchangeServer, packed: str) -> None:
    before = live(exchange_server)

    async def weaken(answer: httpx.Response) -> None:
        if "etag" in answer.headers:
            answer.headers["etag"] = packed.format(answer.headers["etag"].strip('"'))

    async def drive() -> Driver:
        driver = Driver(Load(exchange_server.url, [("TR", exchange_server.token("TR"))], 4, 100, (37, 36, 39, 37)))
        async with driver.client() as http:
            http.event_hooks["response"].append(weaken)
            await driver.run(http)
            driver.measured.left = {id_: (0, who) for id_, (_, who) in driver.measured.left.items()}  # as if no answer had come
            await driver.undo(http)
        return driver
    measured = asyncio.run(drive()).measured
    assert (measured.withdrawn, measured.left) == (4, {})
    assert live(exchange_server) == before


@pytest.mark.parametrize(("words", "why"), [
    ((), "If the exchange is yours and nobody relies on it: --yes"), (("--yes", "--origin", "other.example/log"), "that is not other.example"),
    (("--yes", "--changes", 0.9, "--reads", 0.2), "more than 1 together"), (("--yes", "--bbox", "1,2,3"), "four numbers"),
])
def test_it_refuses_before_anything_is_filed(exchange_server: ExchangeServer, words: tuple[object, ...], why: str) -> None:
    before = exchange_server.client("TR").get("/v1/log/checkpoint").text
    done = typed("load", "--url", exchange_server.url, "--token", exchange_server.token("TR"), "--count", 3, *words, code=2)
    assert why in " ".join(done.stderr.split())
    assert exchange_server.client("TR").get("/v1/log/checkpoint").text == before


def test_an_exchange_elsewhere_has_to_be_named(exchange_server: ExchangeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("antalya.entry.cli_load.is_near", lambda _: False)
    words = ("load", "--url", exchange_server.url, "--token", exchange_server.token("TR"), "--count", 2, "--rate", 100, "--yes")
    refused = typed(*words, code=2)
    assert "If it is yours: --origin antalya.local/log" in " ".join(refused.stderr.split())
    typed(*words, "--origin", "antalya.local/log")


def test_a_token_that_may_not_file_is_refused(exchange_server: ExchangeServer) -> None:
    typed("load", "--url", exchange_server.url, "--token", exchange_server.token("TR", "antalya.read"), "--yes", code=4)
    typed("load", "--url", exchange_server.url, "--yes", "--token-file", "nowhere", code=2)
    typed("load", "--url", "http://127.0.0.1:9", "--yes", "--token", "x", code=6)


def test_errors_are_counted_by_their_codes(new_exchange_server: object) -> None:
    server: ExchangeServer = new_exchange_server(limits={"requests_per_s": 20.0, "burst": 20})  # type: ignore[operator]
    done = typed("load", "--url", server.url, "--token", server.token("TR"), "--count", 60, "--rate", 400, "--yes", "--json", code=1)
    said = json.loads(done.stdout)
    assert set(said["errors"]) == {"rate_exceeded"}
    assert 0 < said["errors"]["rate_exceeded"] < 60
    assert (said["left"], said["withdrawn"]) == ([], 60 - said["errors"]["rate_exceeded"])
    assert live(server) == []


def test_ctrl_c_ends_it_with_the_report_so_far(exchange_server: ExchangeServer) -> None:
    running = subprocess.Popen([*ANTALYA, "load", "--url", exchange_server.url, "--token", exchange_server.token("AID"), "--rate", "50",
                                "--duration", "600", "--yes", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               preexec_fn=heeds_ctrl_c, env=os.environ | {"ANTALYA_TOKEN": ""})
    seen = exchange_server.client("AID")
    while not seen.get("/v1/operations").json()["items"]:
        pass
    running.send_signal(signal.SIGINT)
    out, errors = running.communicate(timeout=60)
    said = json.loads(out)
    assert (running.returncode, said["stopped"], said["left"], errors) == (130, True, [], "")
    assert 0 < said["requests"] == said["withdrawn"] < 30_000


# what is measured


class _Slow(BaseHTTPRequestHandler):
    """Stands still for 0.3 s at its first request; answers the others at once, one connection after the other."""

    protocol_version = "HTTP/1.1"
    first = True
    then = 201

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        status = 201 if _Slow.first else _Slow.then
        if _Slow.first:
            _Slow.first = False
            sleep(0.3)
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def slow() -> Iterator[str]:
    _Slow.first, _Slow.then = True, 201
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_that_stands_still_can_t_hide_it(slow: str) -> None:
    async def drive() -> Driver:
        driver = Driver(Load(slow, [("TR", "x")], 20, 100, (37, 36, 39, 37), connections=1))
        async with driver.client() as http:
            await driver.run(http)
        return driver
    latency = sorted(asyncio.run(drive()).measured.latency_s["file"])
    assert latency[-1] >= 0.3
    assert latency[10] >= 0.1  # asked one after the other, nineteen of twenty would have been quick


def test_quick_refusals_don_t_make_what_was_answered_look_quick(slow: str) -> None:
    """One of twenty is taken, after 0.3 s; the others are refused at once."""
    _Slow.then = 429
    job = Load(slow, [("TR", "x")], 20, 100, (37, 36, 39, 37), connections=1)

    async def drive(job: Load) -> Driver:
        driver = Driver(job)
        async with driver.client() as http:
            await driver.run(http)
        return driver
    measured = asyncio.run(drive(job)).measured
    assert (measured.requests, measured.errors["file"]["429"]) == (20, 19)
    [took] = measured.latency_s["file"]
    assert took >= 0.3
    facts = _facts(measured, job, "x")
    assert (facts["kinds"]["file"]["requests"], facts["kinds"]["file"]["p50_ms"]) == (20, round(1_000 * took, 2))
    gone = replace(job, url="http://127.0.0.1:9", count=1, timeout_s=7.0)
    assert asyncio.run(drive(gone)).measured.latency_s["file"] == [7.0]
    _print(_facts(Measured(sent=Counter(read=1)), job, "x"))  # where nothing was answered, there is no latency


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 1_001)]
    assert [percentile(values, p) for p in (0, 50, 90, 99, 99.9, 100)] == [1, 500, 900, 990, 999, 1_000]
    assert percentile([7.0], 50) == 7
    assert percentile([], 50) != percentile([], 50)


def test_the_same_seed_plans_the_same_in_its_box_even_across_the_antimeridian() -> None:
    start = datetime(2017, 3, 7, tzinfo=UTC)
    for box in ((37.0, 36.0, 39.0, 37.0), (179.0, -1.0, -179.0, 1.0)):
        one, other = ([plan(random.Random(3), "TR", box, start, 24) for _ in range(50)] for _ in range(2))
        assert [o.volumes for o in one] == [o.volumes for o in other]
        for operation in one:
            lon, lat = operation.volumes[0].outline.center  # type: ignore[union-attr]
            assert box[1] <= lat <= box[3]
            assert box[0] <= lon <= box[2] or (box[0] > box[2] and (lon >= box[0] or lon <= box[2]))


def test_the_command_line_s_help_warns() -> None:
    assert "NOT for an exchange that somebody relies on" in " ".join(antalya("load", "--help").stdout.split())
