"""The stream of what concerns the caller (server-sent events); Last-Event-ID resumes it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from msgspec import Meta
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from antalya.entry.http import shapes
from antalya.entry.http.call import Call
from antalya.entry.http.endpoint import Endpoint, Query
from antalya.exchange import settling, viewing
from antalya.model.errors import error

_LOOK_S = 2.0
"""How often to look without a ring: whether the token still holds, and the server still goes on."""


async def events(call: Call) -> Response:
    after = await _start(call)
    return EventSourceResponse(_stream(call, after), ping=15, headers={"cache-control": "no-store"})


async def _start(call: Call) -> int:
    """After which event to begin: what the caller names, or everything not yet delivered to it."""
    named = call.request.headers.get("last-event-id")
    if named is not None:
        if not (named.isascii() and named.isdigit()) or len(named) > 15:
            raise error("bad_field", "not an event id of this exchange", at="Last-Event-ID")
        return int(named)
    told = call.query("after", Annotated[int, Meta(ge=0)])
    if told is not None:
        return int(told)
    return await to_thread.run_sync(viewing.first_undelivered, call.hub, call.viewer)


async def _stream(call: Call, after: int) -> AsyncIterator[ServerSentEvent]:
    rung, loop = asyncio.Event(), asyncio.get_running_loop()

    def ring() -> None:
        loop.call_soon_threadsafe(rung.set)
    stop = call.hub.bell.listen(ring)
    try:
        while call.token.expires_at > call.hub.clock() and not call.desk.stopping.is_set():
            rung.clear()
            page: list[dict[str, Any]] = await to_thread.run_sync(viewing.events, call.hub, call.viewer, after)
            for event in page:
                yield ServerSentEvent(msgspec.json.encode(event).decode(), event=event["type"], id=str(event["id"]), sep="\n")
            if page:
                after = page[-1]["id"]
                if not call.viewer.broker:
                    await _note(call, after)
                continue
            try:
                await asyncio.wait_for(rung.wait(), _LOOK_S)
            except TimeoutError:
                continue
    finally:
        stop()


async def _note(call: Call, up_to: int) -> None:
    if call.desk.keeper is not None:
        call.desk.keeper.delivered(call.token.party, up_to)
    else:
        await to_thread.run_sync(settling.delivered, call.hub, call.token.party, up_to)


ENDPOINTS = (
    Endpoint("GET", "/v1/events", "What concerns you, as it happens (server-sent events)", ("antalya.read",), events, None,
             shapes.Told, headers=("Last-Event-ID",), media_type="text/event-stream",
             query=(Query("after", int, "begin after this event; unless told, with what was not yet delivered to you"),)),
)
