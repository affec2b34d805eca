"""Answers that leave whole: uvicorn writes their head and then their body, and whoever waits would be woken twice."""

import asyncio
from typing import Any


class Joined:
    """A connection's transport, on which the first of two things that are written waits for the second, but no longer than until
    the event loop's next turn."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._loop, self._waits = transport, asyncio.get_running_loop(), b""

    def write(self, data: bytes) -> None:
        """Writes it, or keeps it for what comes next."""
        if self._waits:
            waited, self._waits = self._waits, b""
            self._transport.writelines((waited, data))
        else:
            self._waits = data
            self._loop.call_soon(self._go)

    def _go(self) -> None:
        waited, self._waits = self._waits, b""
        if waited and not self._transport.is_closing():  # nobody may be there any more
            self._transport.write(waited)

    def close(self) -> None:
        """Closes the connection once all that was written has left."""
        self._go()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
