"""Filings a second through real HTTP while three parties look at a crowded picture again and again, as pages do where much
happens; the peer is the same with nobody looking."""

import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import numpy as np

from antalya.exchange import filing
from antalya.exchange.hub import Evidence
from antalya.model import Circle, Operation, Volume
from antalya.steps.disclose import Viewer
from antalya.wire.canonical import canonical
from benchmarks.door import rate
from benchmarks.exchanges import PARTIES, made, opened, served, token_of
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row

CLIENTS, ROUNDS = 8, 2


def crowd(directory: Path, count: int) -> int:
    """Files operations of three parties that clash a lot, away from what the clients file; how many findings there are."""
    dice, hub = np.random.default_rng(5), opened(directory)
    with closing(hub.store):
        for k in range(count):
            lower_m, starts_at = dice.uniform(0, 4_000), tomorrow() + timedelta(minutes=dice.uniform(0, 540))
            area = Circle(center=(48 + dice.uniform(0, 0.35), 36 + dice.uniform(0, 0.35)), radius_m=dice.uniform(4_000, 12_000))
            one = Operation(id=f"0195712c-5f3a-7cc2-9d0f-{k:012x}", party=PARTIES[k % 3], activity="drone", volumes=(Volume(
                outline=area, lower_m=lower_m, upper_m=lower_m + dice.uniform(300, 1_500), starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=3)),))
            filing.file(hub, Viewer(one.party), one, Evidence(canonical(one)))
        with hub.store.read() as tx:
            return len(tx.findings())


@contextmanager
def looked_at(url: str, tokens: list[str]) -> Iterator[list[float]]:
    """Meanwhile each of these fetches the picture again and again; how long each picture took, in seconds."""
    took, over = list[float](), threading.Event()

    def look(token: str) -> None:
        with closing(HTTPConnection(url.removeprefix("http://"))) as line:
            while not over.is_set():
                began = time.perf_counter()
                line.request("GET", "/v1/picture", headers={"authorization": f"Bearer {token}"})
                answer = line.getresponse()
                if not answer.read() or answer.status != 200:
                    raise AssertionError(f"no picture: {answer.status}")
                took.append(time.perf_counter() - began)
    with ThreadPoolExecutor(len(tokens)) as pool:
        looking = [pool.submit(look, token) for token in tokens]
        try:
            yield took
        finally:
            over.set()
        for each in looking:
            each.result()


def part(quick: bool) -> Part:
    """In one process, and through a door."""
    count, clients, each, rounds = (30, 2, 10, 1) if quick else (200, CLIENTS, 100, ROUNDS)
    rows, first = list[Row](), 50_000_000
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "looks"
        mine = made(directory)
        found, tokens = crowd(directory, count), [token_of(directory, party) for party in PARTIES]
        for doors in (0, 1):
            alone, beside, took = 0.0, 0.0, list[float]()
            with served(directory, doors) as server:
                for n in range(-1, rounds):
                    first += 2 * clients * each
                    quiet = rate(server.url, mine, clients, each, first)
                    with looked_at(server.url, tokens) as pictures:
                        crowded = rate(server.url, mine, clients, each, first + clients * each)
                    if n >= 0:  # the first turn is for what is loaded then
                        alone, beside, took = max(alone, quiet), max(beside, crowded), took + pictures
            rows.append(Row(
                f"{len(tokens)} parties look at {count} operations with {found:,} findings all the time, and filings a second "
                f"over HTTP: SQLite, {clients} clients, {('1 process', '1 door')[doors]}",
                f"{beside:.0f}/s, a picture p50 {np.median(took):.2f} s", "the same while nobody looks", f"{alone:.0f}/s",
                beside / alone))
    return Part(rows, [])
