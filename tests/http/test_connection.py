"""Who does not say a request to its end holds neither memory nor a place, and nobody else loses his for that."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.http.conftest import Door

from antalya.entry.http import app, connection

HEAD = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"
CHUNKED = b"POST /v1/operations HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.fixture
def in_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.02)


@pytest.fixture
def way(door: Door) -> Iterator[socket.socket]:
    host, port = door.url.removeprefix("http://").split(":")
    with closing(socket.create_connection((host, int(port)), timeout=30)) as made:
        yield made


def sent_until_refused(way: socket.socket, part: bytes, most: int = 50_000_000) -> int:
    sent = 0
    try:
        while sent < most:
            way.sendall(part)
            sent += len(part)
    except OSError:
        pass
    return sent


@pytest.mark.parametrize(("begin", "part"), [
    (HEAD, b"x-more: 1\r\n" * 1_000), (HEAD + b"x-more: ", b"1" * 10_000), (b"GET /", b"a" * 10_000),
    (CHUNKED + b"0\r\n", b"x-more: 1\r\n" * 1_000), (CHUNKED + b"1;", b"a" * 10_000)],
    ids=["headers", "one header", "address", "trailers", "chunk extension"])
def test_what_has_no_end_is_not_kept(way: socket.socket, begin: bytes, part: bytes) -> None:
    way.sendall(begin)
    assert sent_until_refused(way, part) < 50_000_000


def test_a_long_head_is_read(way: socket.socket) -> None:
    way.sendall(HEAD + b"x-more: " + b"1" * 30_000 + b"\r\nconnection: close\r\n\r\n")
    assert way.recv(100).startswith(b"HTTP/1.1 200")


def heard(way: socket.socket) -> bytes:
    """All that comes until the connection ends. Raises TimeoutError where it does not."""
    return b"".join(iter(lambda: way.recv(1 << 16), b""))


@pytest.mark.usefixtures("in_haste")
@pytest.mark.parametrize("begin", [b"", HEAD, HEAD + b"\r\n" + HEAD])
def test_who_stops_before_a_request_is_whole_loses_the_connection(way: socket.socket, begin: bytes) -> None:
    way.sendall(begin)
    assert heard(way).count(b"HTTP/1.1 ") == begin.count(b"\r\n\r\n")  # what was whole is answered, and nothing else said


@pytest.mark.usefixtures("in_haste")
def test_who_stops_within_a_body_loses_the_connection(way: socket.socket, door: Door) -> None:
    token = door.token("TR").encode()
    way.sendall(b"POST /v1/operations HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + token + b"\r\ncontent-length: 9\r\n\r\n{")
    assert heard(way) == b""


@pytest.mark.usefixtures("in_haste")
def test_who_does_not_read_the_answer_loses_the_connection(way: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, losing = threading.Event(), connection.Protocol.connection_lost

    def noted(self: connection.Protocol, exc: Exception | None) -> None:
        losing(self, exc)
        lost.set()
    monkeypatch.setattr(connection.Protocol, "connection_lost", noted)
    way.sendall(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 100)
    assert lost.wait(30)


@pytest.mark.usefixtures("in_haste")
def test_who_waits_for_an_answer_gets_it(way: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, slow, looks = threading.Event(), app.proving.checkpoint, iter(range(4))
    look = connection.Protocol._look

    def counted(self: connection.Protocol) -> None:
        look(self)
        if next(looks, None) is None:
            looked.set()
    monkeypatch.setattr(connection.Protocol, "_look", counted)
    monkeypatch.setattr(app.proving, "checkpoint", lambda hub: looked.wait(30) and slow(hub))
    way.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert way.recv(100).startswith(b"HTTP/1.1 200")
