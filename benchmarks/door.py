"""Durable, signed filings a second through real HTTP: `antalya serve` in one process, or with a door before it; 1 or 8 clients,
and one that sends many in a request."""

import itertools
import selectors
import socket
import tempfile
import time
from collections import defaultdict
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

BYTES = "bare script inserting the same bytes into {store}, one commit each"
ALL_ROWS = "bare script inserting all rows that a filing leaves into the same tables, one commit each"
LEAST = "the same HTTP server verifying the signature and inserting the bytes, and nothing more"


def _requests(url: str, token: str, first: int, count: int, together: int) -> list[bytes]:
    """Signed filings as HTTP requests, ready to be sent, with so many in each."""
    notices = [sign(canonical(plan), SIGNER, "POST /v1/operations", clock()) for plan in plans_of(first, count, tomorrow())]
    if together == 1:
        return [_request(url, token, "/v1/operations", "application/jose", notice) for notice in notices]
    return [_request(url, token, "/v1/filings", "application/json", canonical(
                {"filings": [{"notice": notice.decode()} for notice in notices[begin:begin + together]]}))
            for begin in range(0, count, together)]


def _request(url: str, token: str, path: str, kind: str, body: bytes) -> bytes:
    return (f"POST {path} HTTP/1.1\r\nhost: {url.removeprefix('http://')}\r\nauthorization: Bearer {token}\r\n"
            f"content-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)


class _Client:
    """A connection, on which each request, of so many filings, waits for the answer to the one before."""

    def __init__(self, url: str, requests: list[bytes], together: int) -> None:
        host, port = url.removeprefix("http://").split(":")
        self.socket = socket.create_connection((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests, self._together, self._came, self._needed = iter(requests), together, b"", 0

    def ask(self) -> bool:
        """Sends the next request; False: there is none."""
        request = next(self._requests, None)
        if request is not None:
            self.socket.sendall(request)
        return request is not None

    def hear(self) -> bool:
        """Takes what came; whether the answer is complete. Raises AssertionError where it is a refusal."""
        came = self.socket.recv(1 << 20)
        if not came:
            raise AssertionError("the exchange ended the connection")
        self._came += came
        head, whole, _ = self._came.partition(b"\r\n\r\n") if not self._needed else (b"", b"", b"")
        if whole:
            told = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            self._needed = len(head) + len(whole) + int(told)
        if not self._needed or len(self._came) < self._needed:
            return False
        kept = (self._came.startswith(b"HTTP/1.1 201") if self._together == 1
                else self._came.count(b'"status":201') == self._together)
        if not kept:
            raise AssertionError(f"a filing was refused: {self._came!r}")
        self._came, self._needed = b"", 0
        return True


def rate(url: str, token: str, clients: int, each: int, first: int, together: int = 1) -> float:
    """Filings kept a second, by so many clients at once, each with so many in a request: connections of this process, with
    ready-made requests, so that the load takes little of the machine that the exchange is measured on. Raises AssertionError
    where one was refused."""
    made = _requests(url, token, first, clients * each, together)
    with selectors.DefaultSelector() as waiting, ExitStack() as until_done:
        for n in range(clients):
            client = _Client(url, made[n::clients], together)
            until_done.callback(client.socket.close)
            waiting.register(client.socket, selectors.EVENT_READ, client)
        began = time.perf_counter()
        busy = sum(key.data.ask() for key in waiting.get_map().values())
        while busy:
            for key, _ in waiting.select():
                busy -= key.data.hear() and not key.data.ask()
        return clients * each / (time.perf_counter() - began)


@contextmanager
def postgres() -> Iterator[tuple[str, str] | tuple[None, None]]:
    """The addresses of two empty databases of a PostgreSQL server of its own (fsync on); None where no server is installed."""
    where = programs()
    if where is None:
        yield None, None
        return
    server = PostgresServer(where, shared_buffers="256MB")
    try:
        yield server.new_database(), server.new_database()
    finally:
        server.end()


@dataclass(frozen=True)
class Load:
    """So many clients that file so many `each`, `together` in each request, after `warm` filings; as many `tries` of the bare
    scripts; all of it in so many `rounds`."""

    clients: int
    each: int
    warm: int
    tries: int
    rounds: int
    together: int = 1

    @property
    def words(self) -> str:
        return f"{self.clients} client{'s' * (self.clients > 1)}" + f", {self.together} in a request" * (self.together > 1)


@dataclass(frozen=True)
class Measured:
    """Filings a second of the exchange and, by what they do, of its peers, the best of some rounds in which each had its turn;
    and the CPU for each filing in ms, all processes together, start and end included, spread over all."""

    ours: float
    cpu_ms: float
    peers: dict[str, float]


def measured(scratch: Path, directory: Path, token: str, doors: int, load: Load, first: int, database: str | None) -> Measured:
    """Measures once the exchange has had `load.warm` filings (it loads its compiled code then). `database`: an empty one of the
    server that keeps the exchange's."""
    ours, peers = list[float](), defaultdict[str, float](float)

    def compare(peer: str, a_second: float) -> None:
        peers[peer] = max(peers[peer], a_second)
    with served(directory, doors) as server, least.served(scratch) as plain:
        rate(server.url, token, 8, max(1, load.warm // 8), first + 5_000_000)
        for n in range(load.rounds):
            begin = first + n * load.clients * load.each
            compare(BYTES.format(store="SQLite"), 1_000 / bare.insert_ms(scratch, load.tries)[0])
            if database is not None:
                compare(BYTES.format(store="the same server"), 1_000 / bare.insert_ms(scratch, load.tries, database)[0])
            compare(ALL_ROWS, 1_000 / bare.rows_ms(scratch, load.tries, database)[0])
            if database is None and load.together == 1:
                compare(LEAST, rate(plain, token, load.clients, load.each, begin))
            ours.append(rate(server.url, token, load.clients, load.each, begin, load.together))
    cpu_ms = server.cpu_s * 1_000 / (load.rounds * load.clients * load.each + load.warm)
    return Measured(max(ours), cpu_ms, dict(peers))


def part(quick: bool) -> Part:
    """1 and 8 clients, without and with a door, on SQLite and on PostgreSQL, against a bare script's commits a second."""
    found, first = list[Row](), 0
    loads = (Load(2, 5, 2, 30, 1), Load(2, 6, 2, 30, 1, 3)) if quick else (
        Load(1, 200, 3_000, 200, 5), Load(8, 200, 3_000, 200, 5), Load(1, 1_000, 3_000, 200, 5, 100),
        Load(8, 500, 3_000, 200, 5, 100))
    with tempfile.TemporaryDirectory() as scratch, postgres() as (database, empty):
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
                got = measured(Path(scratch), directory, token, doors, load, first, empty if address else None)
                what = f"{store}, {load.words}, {('1 process', '1 door')[doors]}"
                ours = f"{got.ours:.0f}/s ({got.cpu_ms:.1f} ms CPU)"
                for n, (peer, theirs) in enumerate(got.peers.items()):
                    measure = "the same" if n else "filings a second over HTTP, signed"
                    found.append(Row(f"{measure}: {what}", ours, peer, f"{theirs:.0f}/s", got.ours / theirs))
    return Part(found, [])
