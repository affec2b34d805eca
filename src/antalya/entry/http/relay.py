"""Requests handed on by a door (HTTP, tokens, signatures) to the process that keeps the store, over a socket of their own.

A door is a process of its own, so that two processors are used: Python runs one thread of a process at a time. Both sides are of
one program and one machine; a message is its length (4 bytes, big-endian) and MessagePack.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

import msgspec
from starlette.responses import Response

from antalya.entry.http.call import Call
from antalya.entry.http.endpoint import Awaited
from antalya.model.errors import CATALOGUE, AntalyaError, error
from antalya.wire.tokens import Caller

PASSED_ON = frozenset({b"content-type", b"idempotency-key", b"if-match"})
"""Headers that handlers look at."""


class Asked(msgspec.Struct, frozen=True, array_like=True, tag="asked"):
    """A request whose caller is known and whose body is open (`Call`). `row`: which endpoint; `path`: the words in its address;
    `payload`: None where it is `raw`; `sent`: see `Call`."""

    number: int
    row: int
    target: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    path: dict[str, str]
    caller: Caller
    raw: bytes
    kid: str | None
    payload: bytes | None
    sent: bytes


class Given(msgspec.Struct, frozen=True, array_like=True, tag="given"):
    """The answer; where it is `awaited`, `Arrived` is to follow."""

    number: int
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    awaited: bool


class Refused(msgspec.Struct, frozen=True, array_like=True, tag="refused"):
    """An error of the catalogue instead of an answer."""

    number: int
    code: str
    detail: str
    at: str
    extra: dict[str, Any]


class Arrived(msgspec.Struct, frozen=True, array_like=True, tag="arrived"):
    """Whether the caller was there for an answer (`Awaited`)."""

    number: int
    was: bool


class Delivered(msgspec.Struct, frozen=True, array_like=True, tag="delivered"):
    """A party was given its events after one and up to one."""

    party: str
    after: int
    up_to: int


class Rung(msgspec.Struct, frozen=True, array_like=True, tag="rung"):
    """Somebody was told something (`Bell`)."""


class Listening(msgspec.Struct, frozen=True, array_like=True, tag="listening"):
    """The door takes requests."""


Message = Asked | Given | Refused | Arrived | Delivered | Rung | Listening
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Message)
_LENGTH = 4
BUSY = 200
"""Requests after which a door is one that is asked often."""


class Channel(asyncio.Protocol):
    """One side of the socket. `on_message` gets what comes, `on_end` is called when the other side is gone. What is sent within
    one turn of the event loop leaves together, unless it is to leave at once."""

    def __init__(self, on_message: Callable[[Message], None], on_end: Callable[[], None]) -> None:
        self._on_message, self._on_end = on_message, on_end
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._came, self._leaving, self._full = bytearray(), list[bytes](), False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(0)  # so that it says when it has something left to send
        with suppress(OSError):  # without it the transport sends, which in uvloop waits until all that is ready has been called
            self._socket = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
            self._socket.setblocking(False)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False

    def data_received(self, data: bytes) -> None:
        self._came += data
        at, held = 0, len(self._came)
        with memoryview(self._came) as view:
            while held - at >= _LENGTH:
                end = at + _LENGTH + int.from_bytes(view[at:at + _LENGTH], "big")
                if end > held:
                    break
                self._on_message(_DECODER.decode(view[at + _LENGTH:end]))
                at = end
        del self._came[:at]

    def connection_lost(self, failure: Exception | None) -> None:
        self._transport = None
        if self._socket is not None:
            self._socket.close()
        self._on_end()

    def send(self, message: Message, *, at_once: bool = False) -> None:
        """Sends a message soon, or `at_once`, so that the other side has it while this one goes on; once that is gone,
        nothing."""
        if not (self._leaving or at_once):
            self._loop.call_soon(self._leave)
        body = _ENCODER.encode(message)
        self._leaving += len(body).to_bytes(_LENGTH, "big"), body
        if at_once:
            self._leave()

    def close(self) -> None:
        """Ends it, for both sides."""
        if self._transport is not None:
            self._transport.close()

    def _leave(self) -> None:
        data, self._leaving = b"".join(self._leaving), []
        if self._transport is None or not data:
            return
        sent = 0
        if self._socket is not None and not self._full:
            with suppress(OSError):  # there is no room now, or nobody: the transport sees to it
                sent = self._socket.send(data)
        if sent < len(data):
            self._transport.write(data[sent:])


class Keeper:
    """The process that keeps the store, as a door sees it."""

    def __init__(self, on_ring: Callable[[], None], on_end: Callable[[], None], on_busy: Callable[[], None]) -> None:
        self._on_ring, self._on_end, self._on_busy = on_ring, on_end, on_busy
        self._last, self._waiting, self._gone = 0, dict[int, asyncio.Future[Given]](), False
        self.channel = Channel(self._hear, self._end)

    async def ask(self, row: int, call: Call) -> Response:
        """The answer to a request. Raises what the handler raises, and not_ready where the keeper is gone."""
        if self._gone:
            raise error("not_ready", "the process that keeps the store is gone")
        self._last = number = self._last + 1
        if number == BUSY:
            self._on_busy()
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        request = call.request
        self.channel.send(Asked(
            number, row, request.scope["path"], request.scope["query_string"],
            [header for header in request.scope["headers"] if header[0] in PASSED_ON],
            dict(call.path), call.token, call.raw, call.kid, None if call.payload is call.raw else call.payload, call.sent),
            at_once=True)  # the keeper takes it while this process reads the next
        try:
            return self._response(await answer)
        finally:
            self._waiting.pop(number, None)

    def listening(self) -> None:
        """Says that this door takes requests."""
        self.channel.send(Listening())

    def delivered(self, party: str, after: int, up_to: int) -> None:
        """As `settling.delivered`, soon."""
        self.channel.send(Delivered(party, after, up_to))

    def _response(self, given: Given) -> Response:
        if given.awaited:
            response: Response = Awaited(given.body, given.status,
                                         arrived=lambda was: self.channel.send(Arrived(given.number, was)))
        else:
            response = Response(given.body, given.status)
        response.raw_headers = given.headers
        return response

    def _hear(self, message: Message) -> None:
        if isinstance(message, Rung):
            self._on_ring()
        elif isinstance(message, Given | Refused):
            answer = self._waiting.get(message.number)
            if answer is None or answer.done():
                if isinstance(message, Given) and message.awaited:
                    self.channel.send(Arrived(message.number, was=False))
            elif isinstance(message, Given):
                answer.set_result(message)
            else:
                answer.set_exception(AntalyaError(CATALOGUE[message.code], message.detail, at=message.at, **message.extra))

    def _end(self) -> None:
        self._gone = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error("not_ready", "the process that keeps the store went away: look whether it was kept"))
        self._on_end()


def scope_of(asked: Asked, method: str) -> Mapping[str, Any]:
    """The ASGI scope of a request that was handed on, as far as handlers look."""
    return {"type": "http", "method": method, "path": asked.target, "query_string": asked.query, "headers": asked.headers,
            "scheme": "http", "server": None}
