"""Durable, signed filings a second through real HTTP: `antalya serve` in one process, or with a door before it, and 1 or 8
clients."""

import itertools
import selectors
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.postgres import PostgresServer, programs

from antalya.store.system import clock
from antalya.wire.canonical import canonical
from antalya.wire.notice import sign
from benchmarks import bare, least
from benchmarks.exchanges import SIGNER, made, plans_of, served
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row

ALL_ROWS = "bare script inserting all rows that a filing leaves into the same tables, one commit each"
LEAST = "the same HTTP server verifying the signature and inserting the bytes, and nothing more"


def _requests(url: str, token: str, first: int, count: int) -> list[bytes]:
    """Signed filings as HTTP requests, ready to be sent."""
    made = []
    for plan in plans_of(first, count, tomorrow()):
        body = sign(canonical(plan), SIGNER, "POST /v1/operations", clock())
        made.append(f"POST /v1/operations HTTP/1.1\r\nhost: {url.removeprefix('http://')}\r\nauthorization: Bearer {token}\r\n"
                    f"content-type: application/jose\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    return made


class _Client:
    """A connection, on which each request waits for the answer to the one before."""

    def __init__(self, url: str, requests: list[bytes]) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests, self._came = iter(requests), b""

    def ask(self) -> bool:
        """Sends the next request; False: there is none."""
        request = next(self._requests, None)
        if request is not None:
            self.socket.sendall(request)
        return request is not None

    def hear(self) -> bool:
        """Takes what came; whether the answer is complete. Raises AssertionError where it is a refusal."""
        came = self.socket.recv(1 << 18)
        if not came:
            raise AssertionError("the exchange ended the connection")
        self._came += came
        head, whole, body = self._came.partition(b"\r\n\r\n")
        if not whole or len(body) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            return False
        if not head.startswith(b"HTTP/1.1 201"):
            raise AssertionError(f"a filing was refused: {self._came!r}")
        self._came = b""
        return True


def rate(url: str, token: str, clients: int, each: int, first: int) -> float:
    """Filings answered 201 a second, by so many clients at once: connections of this process, with ready-made requests, so that
    the load takes little of the machine that the exchange is measured on. Raises AssertionError where one was refused."""
    made = _requests(url, token, first, clients * each)
    with selectors.DefaultSelector() as waiting, ExitStack() as until_done:
        for n in range(clients):
            client = _Client(url, made[n::clients])
            until_done.callback(client.socket.close)
            waiting.register(client.socket, selectors.EVENT_READ, client)
        began = time.perf_counter()
        busy = sum(key.data.ask() for key in waiting.get_map().values())
        while busy:
            for key, _ in waiting.select():
                busy -= key.data.hear() and not key.data.ask()
        return clients * each / (time.perf_counter() - began)


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


@dataclass(frozen=True)
class Load:
    """So many clients that file so many `each`, after `warm` filings; as many `tries` of the bare scripts; all of it in so many
    `rounds`."""

    clients: int
    each: int
    warm: int
    tries: int
    rounds: int


@dataclass(frozen=True)
class Measured:
    """Filings a second of the exchange and of its peers, the best of some rounds in which each had its turn; and the CPU for each
    filing in ms, all processes together, start and end included, spread over all. `inserts`: a script's; `rows` and `least`: a
    script's that inserts all rows, and those of `benchmarks.least` (0 where the store is another)."""

    ours: float
    cpu_ms: float
    inserts: float
    rows: float
    least: float


def measured(scratch: Path, directory: Path, token: str, doors: int, load: Load, first: int, *, rows: bool) -> Measured:
    """Measures once the exchange has had `load.warm` filings (it loads its compiled code then)."""
    ours, inserts, all_rows, little = list[float](), list[float](), [0.0], [0.0]
    with served(directory, doors) as server, least.served(scratch) as plain:
        rate(server.url, token, 8, max(1, load.warm // 8), first + 5_000_000)
        for n in range(load.rounds):
            inserts.append(1_000 / bare.insert_ms(scratch, load.tries)[0])
            begin = first + n * load.clients * load.each
            if rows:
                all_rows.append(1_000 / bare.rows_ms(scratch, load.tries)[0])
                little.append(rate(plain, token, load.clients, load.each, begin))
            ours.append(rate(server.url, token, load.clients, load.each, begin))
    cpu_ms = server.cpu_s * 1_000 / (load.rounds * load.clients * load.each + load.warm)
    return Measured(max(ours), cpu_ms, max(inserts), max(all_rows), max(little))


def part(quick: bool) -> Part:
    """1 and 8 clients, without and with a door, on SQLite and on PostgreSQL, against a bare script's commits a second."""
    found, first = list[Row](), 0
    loads = (Load(2, 5, 2, 30, 1),) if quick else (Load(1, 200, 3_000, 200, 5), Load(8, 200, 3_000, 200, 5))
    with tempfile.TemporaryDirectory() as scratch, postgres() as database:
        for store, address in (("SQLite", None), ("PostgreSQL", database)):
            if store != "SQLite" and address is None:
                found.append(Row("filings a second over HTTP, PostgreSQL", "–", "no server is installed", "–", None))
                continue
            directory = Path(scratch) / store
            token = made(directory, address)
            for doors, load in itertools.product((0, 1), loads):
                if quick and (doors == 0) != (store == "SQLite"):
                    continue
                first += 10_000_000
                got = measured(Path(scratch), directory, token, doors, load, first, rows=address is None)
                what = f"{store}, {load.clients} client{'s' * (load.clients > 1)}, {('1 process', '1 door')[doors]}"
                found.append(Row(f"filings a second over HTTP, signed: {what}", f"{got.ours:.0f}/s ({got.cpu_ms:.1f} ms CPU)",
                                 "bare script inserting the same bytes into SQLite, one commit each", f"{got.inserts:.0f}/s",
                                 got.ours / got.inserts))
                if address is None:
                    found += [Row(f"the same: {what}", f"{got.ours:.0f}/s", peer, f"{theirs:.0f}/s", got.ours / theirs)
                              for peer, theirs in ((ALL_ROWS, got.rows), (LEAST, got.least))]
    return Part(found, [])
