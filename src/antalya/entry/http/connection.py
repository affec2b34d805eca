"""One connection: uvicorn's own protocol, over a `Joined` transport; whoever does not say a request to its end holds neither
memory nor a place.

uvicorn keeps what of a head has come, however much that is, and waits for the rest as long as the connection lasts.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from antalya.entry.http.joined import Joined

MOST_BYTES = 64_000
"""So much may come of a head, or between two pieces of a body, before that is whole; and what one reading brings."""
PATIENCE_S = 30.0
"""How long nothing may come of a request that is awaited; at most twice that."""
MOST_STILL = 4
"""So many times that long nothing may leave of an answer: a slow network takes much at once, and then nothing for a while."""


class Protocol(HttpToolsProtocol):
    """Closes the connection of whoever sends a head without end, stops before a request is whole, or does not read the answer."""

    _pending, _pieces, _seen, _left, _still = 0, 0, 0, 0, 0
    _next: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Joined(transport))  # type: ignore[arg-type]
        self._look_later()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next is not None:
            self._next.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._pending += len(data)
        super().data_received(data)
        if self._pending > MOST_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_headers_complete(self) -> None:
        self._came()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._came()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._came()
        super().on_message_complete()

    def _came(self) -> None:
        self._pending = 0
        self._pieces += 1

    def _look_later(self) -> None:
        self._seen, self._next = self._pieces, self.loop.call_later(PATIENCE_S, self._look)

    def _look(self) -> None:
        before, self._left = self._left, self.transport.get_write_buffer_size()
        self._still = self._still + 1 if self._left and self._left == before else 0
        if self._still == MOST_STILL:
            self.transport.abort()
        elif self._pieces != self._seen or self._is_answered() or self.timeout_keep_alive_task is not None:
            self._look_later()
        else:
            self.transport.close()

    def _is_answered(self) -> bool:
        """Whether the caller waits, and not we for the rest of a request."""
        return self.flow.read_paused or not (self.cycle is None or self.cycle.response_complete or self.cycle.more_body)
