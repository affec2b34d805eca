"""The stream of what concerns the caller (server-sent events); Last-Event-ID resumes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from anyio import to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from antalya.entry.http import shapes
from antalya.entry.http.call import Call, Cursor
from antalya.entry.http.endpoint import Endpoint, Query
from antalya.exchange import settling, viewing
from antalya.model.errors import error

_LOOK_S = 2.0
"""How often to look, without a ring, whether a stream is to go on."""

_HEAD = {"cache-control": "no-store"}


async def events(call: Call) -> Response:
    after, known = await _start(call)
    call.desk.streams.check_room(call.token.party, call.hub.limits.streams)
    if call.request.method == "HEAD":
        return Response(headers=_HEAD, media_type="text/event-stream")
    return _Streamed(call, after, known)


class _Streamed(EventSourceResponse):
    """A stream, which counts from its first byte until it ends, however it ends."""

    def __init__(self, call: Call, after: int, known: int) -> None:
        self._call, self._rung = call, asyncio.Event()
        super().__init__(_stream(call, after, known, self._rung), ping=15, headers=_HEAD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._call.desk.streams.one(self._call.hub, self._call.token.party, self._rung):
            await super().__call__(scope, receive, send)


async def _start(call: Call) -> tuple[int, int]:
    """After which event to begin (`viewing.begin_after`): the caller may name one; and after which it is delivered then. Who says
    what it had last has what came before; who begins later by `after` was not given what it leaves out."""
    had, told = _had(call), call.query("after", Cursor)
    begin = await to_thread.run_sync(viewing.begin_after, call.hub, call.viewer, told if had is None else had)
    return begin, begin if had is None and told is not None else 0


def _had(call: Call) -> int | None:
    """The event that the caller says it had last."""
    named = call.request.headers.get("last-event-id")
    if named is None:
        return None
    if not (named.isascii() and named.isdigit()) or len(named) > 15:
        raise error("bad_field", "not an event id of this exchange", at="Last-Event-ID")
    return int(named)


async def _stream(call: Call, after: int, known: int, rung: asyncio.Event) -> AsyncIterator[ServerSentEvent]:
    while _goes_on(call):
        rung.clear()
        page = await call.desk.streams.look(call.hub, call.viewer, after)
        for event in page:
            yield ServerSentEvent(msgspec.json.encode(event).decode(), event=event["type"], id=str(event["id"]), sep="\n")
        if page:
            after = page[-1]["id"]
            if not call.viewer.broker:
                await _note(call, known, after)
            continue
        while not rung.is_set() and _goes_on(call):
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), _LOOK_S)


def _goes_on(call: Call) -> bool:
    """Whether the token still holds, and the server goes on."""
    return call.token.expires_at > call.hub.clock() and not call.desk.stopping.is_set()


async def _note(call: Call, after: int, up_to: int) -> None:
    if call.desk.keeper is not None:
        call.desk.keeper.delivered(call.token.party, after, up_to)
    else:
        await to_thread.run_sync(settling.delivered, call.hub, call.token.party, after, up_to)


ENDPOINTS = (
    Endpoint("GET", "/v1/events", "What concerns you, as it happens (server-sent events)", ("antalya.read",), events, None,
             shapes.Told, headers=("Last-Event-ID",), media_type="text/event-stream",
             query=(Query("after", int, "begin after this event; unless told, with what was not yet delivered to you"),)),
)
