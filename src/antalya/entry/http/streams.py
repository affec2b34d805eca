"""The event streams of one process: how many a party may have, and what they look for in the store together."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from anyio import to_thread

from antalya.exchange import viewing
from antalya.exchange.hub import Hub
from antalya.model.errors import error
from antalya.steps.disclose import Viewer

Events = list[dict[str, Any]]
_AGAIN_S = 5.0
"""After how many seconds to ask again for a stream that was one too many."""


class Streams:
    """What the thread of the event loop, and no other, knows of its streams."""

    def __init__(self) -> None:
        self._of, self._rung, self._rings = dict[str, int](), set[asyncio.Event](), 0
        self._looks = dict[tuple[Viewer, int, int], asyncio.Task[Events]]()
        self._deaf: Callable[[], None] = lambda: None

    def check_room(self, party: str, most: int) -> None:
        """Raises rate_exceeded where a party has `most` streams."""
        if self._of.get(party, 0) >= most:
            raise error("rate_exceeded", f"{most} event streams of this party are open: close one", retry_after_s=_AGAIN_S)

    @contextmanager
    def one(self, hub: Hub, party: str, rung: asyncio.Event) -> Iterator[None]:
        """A stream of a party's, while it lasts; every ring sets `rung`."""
        if not self._rung:
            self._listen(hub)
        self._rung.add(rung)
        self._of[party] = self._of.get(party, 0) + 1
        try:
            yield
        finally:
            self._rung.discard(rung)
            self._of[party] -= 1
            if not self._of[party]:
                del self._of[party]
            if not self._rung:
                self._deaf()

    def _listen(self, hub: Hub) -> None:
        loop = asyncio.get_running_loop()

        def ring() -> None:
            loop.call_soon_threadsafe(self._ring)
        self._deaf = hub.bell.listen(ring)
        self._rings += 1  # nobody listened: a look that is under way may have missed a ring

    def _ring(self) -> None:
        self._rings += 1
        for rung in self._rung:
            rung.set()

    async def look(self, hub: Hub, viewer: Viewer, after: int) -> Events:
        """As `viewing.events`. Streams that want the same after the same ring share one look; one that began before the ring
        would not do, for it may not see what was rung for."""
        key = viewer, after, self._rings
        look = self._looks.get(key)
        if look is None:
            look = self._looks[key] = asyncio.create_task(_look(hub, viewer, after))
            look.add_done_callback(lambda _: self._looks.pop(key))
        return await asyncio.shield(look)  # a stream that ends does not end it for the others


async def _look(hub: Hub, viewer: Viewer, after: int) -> Events:
    return await to_thread.run_sync(viewing.events, hub, viewer, after)
