"""Answers leave whole, and all of them: with and without a body, large, several at once, and before the connection closes."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import closing

import pytest
from tests.http.conftest import Door

from antalya.entry.http.joined import Joined
from antalya.entry.serving import loop_factory

PLAIN = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
Ask = Callable[[bytes], socket.socket]


@pytest.fixture
def connected(door: Door) -> Ask:
    """Sends bytes on a connection of its own."""
    def ask(request: bytes) -> socket.socket:
        host, port = door.url.removeprefix("http://").split(":")
        way = socket.create_connection((host, int(port)), timeout=30)
        way.sendall(request)
        return way
    return ask


def everything(way: socket.socket, size: int = 1 << 16) -> bytes:
    came = b""
    while part := way.recv(size):
        came += part
    return came


def test_head_and_body_come_in_one_piece(connected: Ask) -> None:
    with closing(connected(PLAIN)) as way:
        for _ in range(20):
            head, _, body = way.recv(1 << 16).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert body == b'{"status":"alive"}'
            way.sendall(PLAIN)
        way.recv(1 << 16)


@pytest.mark.parametrize(("request_", "status"), [
    (b"GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b"404"),
    (b"HEAD / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b"200"),
    (b"GET /healthz HTTP/1.0\r\n\r\n", b"200"), (b"nonsense\r\n\r\n", b"400")])
def test_an_answer_comes_before_the_connection_closes(connected: Ask, request_: bytes, status: bytes) -> None:
    with closing(connected(request_)) as way:
        head, blank, body = everything(way).partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == status
    assert blank
    assert bool(body) != request_.startswith(b"HEAD")


def test_several_answers_come_in_the_order_of_their_requests(connected: Ask) -> None:
    last = b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    with closing(connected(PLAIN * 5 + last)) as way:
        came = everything(way)
    assert came.count(b"HTTP/1.1 200") == 6
    assert came.endswith(b'{"status":"ready"}')


def test_a_large_answer_comes_whole_to_who_reads_slowly(connected: Ask) -> None:
    with closing(connected(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) as way:
        head, _, body = everything(way, 500).partition(b"\r\n\r\n")
    assert len(body) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]) > 50_000


def test_nothing_is_written_to_who_has_gone() -> None:
    failures = list[object]()

    async def gone() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context))
        ours, theirs = socket.socketpair()
        with theirs:
            transport, _ = await loop.create_unix_connection(asyncio.Protocol, sock=ours)
            joined = Joined(transport)
            joined.write(b"head")
            transport.abort()
            for _ in range(20):
                await asyncio.sleep(0)
            joined.write(b"late")
            await asyncio.sleep(0)
            joined.close()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(gone())
    assert not failures
