"""Durable, signed filings a second through real HTTP: `antalya serve` in one process, or with a door before it, and 1 or 8 client
processes."""

import itertools
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from tests.postgres import PostgresServer, programs

from antalya.store.system import clock
from antalya.wire.canonical import canonical
from antalya.wire.notice import sign
from benchmarks import bare
from benchmarks.exchanges import SIGNER, made, plans_of, served
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row


def _client(url: str, token: str, first: int, count: int, start: datetime, go: Event, to: Connection) -> None:
    """Signs its notices, connects, says so, waits for the start, files, and says how many were accepted."""
    bodies = [sign(canonical(plan), SIGNER, "POST /v1/operations", clock()) for plan in plans_of(first, count, start)]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/jose"}
    client = HTTPConnection(url.removeprefix("http://"), timeout=60)

    def post(body: bytes) -> int:
        client.request("POST", "/v1/operations", body, headers)
        with client.getresponse() as answer:
            answer.read()
            return answer.status
    client.connect()
    to.send(0)
    go.wait()
    to.send(sum(post(body) == 201 for body in bodies))
    to.close()


def rate(urls: Sequence[str], token: str, clients: int, each: int, first: int) -> float:
    """Filings answered 201 a second, by so many client processes at once, spread over the addresses. Raises AssertionError where
    one was refused."""
    context, start = multiprocessing.get_context("spawn"), tomorrow()
    go, pipes, workers = context.Event(), [], []
    for n in range(clients):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        worker = context.Process(target=_client, args=(urls[n % len(urls)], token, first + 100_000 * n, each, start, go, sender))
        worker.start()
        sender.close()
        pipes.append(receiver)
        workers.append(worker)
    for pipe in pipes:
        pipe.recv()
    began = time.perf_counter()
    go.set()
    accepted = sum(pipe.recv() for pipe in pipes)
    took = time.perf_counter() - began
    for worker in workers:
        worker.join()
    if accepted != clients * each:
        raise AssertionError(f"only {accepted} of {clients * each} filings were accepted")
    return float(accepted / took)


@contextmanager
def postgres() -> Iterator[str | None]:
    """The address of an empty database of a PostgreSQL server of its own (fsync on); None where no server is installed."""
    where = programs()
    if where is None:
        yield None
        return
    server = PostgresServer(where, shared_buffers="256MB")
    try:
        yield server.new_database()
    finally:
        server.end()


def measured(directory: Path, token: str, doors: int, clients: int, each: int, first: int, warm: int) -> tuple[float, float]:
    """Filings a second, once the exchange has had `warm` of them (it loads its compiled code then); and its CPU for each in ms,
    all its processes together, its start and end included, spread over all."""
    with served(directory, doors) as server:
        rate([server.url], token, 1, warm, first + 5_000_000)
        got = rate([server.url], token, clients, each, first)
    return got, server.cpu_s * 1_000 / (clients * each + warm)


def part(quick: bool) -> Part:
    """1 and 8 clients, without and with a door, on SQLite and on PostgreSQL, against a bare script's commits a second."""
    rows, first = list[Row](), 0
    loads = ((2, 5),) if quick else ((1, 500), (8, 400))
    with tempfile.TemporaryDirectory() as scratch, postgres() as database:
        for store, address in (("SQLite", None), ("PostgreSQL", database)):
            if store != "SQLite" and address is None:
                rows.append(Row("filings a second over HTTP, PostgreSQL", "–", "no server is installed", "–", None))
                continue
            directory = Path(scratch) / store
            token = made(directory, address)
            for doors, (clients, each) in itertools.product((0, 1), loads):
                if quick and (doors == 0) != (store == "SQLite"):
                    continue
                mean_ms, _, _ = bare.insert_ms(Path(scratch), 30 if quick else 500)
                first += 10_000_000
                got, cpu_ms = measured(directory, token, doors, clients, each, first, 2 if quick else 1_500)
                what = f"{store}, {clients} client{'s' * (clients > 1)}, {('1 process', '1 door')[doors]}"
                rows.append(Row(f"filings a second over HTTP, signed: {what}", f"{got:.0f}/s ({cpu_ms:.1f} ms CPU)",
                                "bare script inserting the same bytes into SQLite, one commit each", f"{1_000 / mean_ms:.0f}/s",
                                got * mean_ms / 1_000))
    return Part(rows, [])
