"""Durable filings a second through real HTTP (`antalya serve` in a process of its own), with 1 and 8 client processes."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import msgspec

from antalya.wire.canonical import canonical
from benchmarks.filing import bare_insert_ms
from benchmarks.plans import operation, volumes
from benchmarks.table import Row


def _file(url: str, token: str, first: int, count: int, ready: object, go: object, done: object) -> None:
    bodies = [canonical(operation(first + k, _later(v))) for k, v in enumerate(volumes(count, seed=first))]
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
                      timeout=60) as client:
        client.get("/v1/me")
        ready.release()  # type: ignore[attr-defined]
        go.wait()  # type: ignore[attr-defined]
        done.put(sum(client.post("/v1/operations", content=body).status_code == 201 for body in bodies))  # type: ignore[attr-defined]


def _later(volume: object) -> object:
    """The same volume a day from now: the served exchange has the real clock."""
    from datetime import UTC, datetime, timedelta

    from benchmarks.plans import START
    by = datetime.now(UTC) - START + timedelta(days=1)
    return msgspec.structs.replace(volume, starts_at=volume.starts_at + by, ends_at=volume.ends_at + by)  # type: ignore[attr-defined, type-var]


def rate(url: str, token: str, clients: int, each: int, first: int) -> float:
    """Filings answered 201 a second, by so many client processes at once."""
    context = multiprocessing.get_context("spawn")
    ready, go, done = context.Semaphore(0), context.Event(), context.Queue()
    workers = [context.Process(target=_file, args=(url, token, first + 100_000 * n, each, ready, go, done))
               for n in range(clients)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.acquire()
    began = time.perf_counter()
    go.set()
    accepted = sum(done.get() for _ in workers)
    took = time.perf_counter() - began
    for worker in workers:
        worker.join()
    if accepted != clients * each:
        raise AssertionError(f"only {accepted} of {clients * each} filings were accepted")
    return accepted / took


def rows(quick: bool) -> list[Row]:
    """1 and 8 clients against a bare script's commits a second."""
    antalya = [sys.executable, "-m", "antalya"]
    wide = {**os.environ, "ANTALYA_LIMITS__AREA_BUDGET_KM2_PER_DAY": "1e12", "ANTALYA_LIMITS__REQUESTS_PER_S": "1e9",
            "ANTALYA_LIMITS__BURST": "1000000000"}
    with tempfile.TemporaryDirectory() as scratch:
        made = msgspec.json.decode(subprocess.run([*antalya, "init", f"{scratch}/x", "--json"], check=True,
                                                  capture_output=True).stdout)
        server = subprocess.Popen([*antalya, "serve", "--dir", f"{scratch}/x", "--port", "0", "--log-level", "error"],
                                  stdout=subprocess.PIPE, text=True, env=wide)
        assert server.stdout is not None
        url = server.stdout.readline().split(" at ")[1].split()[0]
        try:
            client = {"ANTALYA_URL": url, "ANTALYA_TOKEN": made["operator_token"]}
            subprocess.run([*antalya, "party", "add", "TR", "Turkey"], check=True, env=os.environ | client, capture_output=True)
            token = subprocess.run([*antalya, "token", "TR", "--dir", f"{scratch}/x"], check=True, capture_output=True,
                                   text=True).stdout.strip()
            bare = 1_000 / bare_insert_ms(Path(scratch), 30 if quick else 500)
            each = {1: 20, 2: 10} if quick else {1: 1_000, 8: 250}
            found = []
            for clients, count in each.items():
                got = rate(url, token, clients, count, clients * 10_000_000)
                found.append(Row(f"filings a second over HTTP, durable, {clients} client{'s' * (clients > 1)}", f"{got:.0f}/s",
                                 "a bare script inserting the same bytes, one commit each", f"{bare:.0f}/s", got / bare))
            return found
        finally:
            server.terminate()
            server.wait()
