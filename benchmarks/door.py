"""Durable filings a second through real HTTP (`antalya serve` in a process of its own), with 1 and 8 client processes."""

import multiprocessing
import tempfile
import time
from datetime import datetime
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from antalya.wire.canonical import canonical
from benchmarks import bare
from benchmarks.exchanges import made, plans_of, served
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row


def _client(url: str, token: str, first: int, count: int, start: datetime, go: Event, to: Connection) -> None:
    """Makes its bodies, connects, says so, waits for the start, files, and says how many were accepted."""
    bodies = [canonical(plan) for plan in plans_of(first, count, start)]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
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


def rate(url: str, token: str, clients: int, each: int, first: int) -> float:
    """Filings answered 201 a second, by so many client processes at once. Raises AssertionError where one was refused."""
    context, start = multiprocessing.get_context("spawn"), tomorrow()
    go, pipes, workers = context.Event(), [], []
    for n in range(clients):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        worker = context.Process(target=_client, args=(url, token, first + 100_000 * n, each, start, go, sender))
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


def part(quick: bool) -> Part:
    """1 and 8 clients at one exchange, against a bare script's commits a second."""
    rows, said = [], []
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "exchange"
        token = made(directory)
        with served(directory) as idle:
            pass  # what starting and stopping takes
        for clients, each in ((1, 20), (2, 10)) if quick else ((1, 1_000), (8, 250)):
            mean_ms, _, _ = bare.insert_ms(Path(scratch), 30 if quick else 500)
            with served(directory) as server:
                got = rate(server.url, token, clients, each, clients * 10_000_000)
            of_clients = f"{clients} client{'s' * (clients > 1)}"
            cpu_ms = (server.cpu_s - idle.cpu_s) * 1_000 / (clients * each)
            rows.append(Row(f"filings a second over HTTP, durable, {of_clients}", f"{got:.0f}/s",
                            "bare script inserting the same bytes, one commit each", f"{1_000 / mean_ms:.0f}/s",
                            got * mean_ms / 1_000))
            said.append(f"Over HTTP, {of_clients}: {cpu_ms:.1f} ms of the server's CPU a filing.")
    return Part(rows, said)
