"""So many requests of one party are answered at once, so that others find a thread, and the line of writers short."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext


class Turns:
    """What the thread of the event loop, and no other, knows of who is being answered: of each party at most `most`, and `in_all`
    of all parties; more wait, first come, first served."""

    def __init__(self, most: int, in_all: int | None = None) -> None:
        self._most = most
        self._all = None if in_all is None else asyncio.Semaphore(in_all)
        self._free: dict[str, asyncio.Semaphore] = {}
        self._there: dict[str, int] = {}

    def there(self, party: str) -> int:
        """How many of a party's requests are answered or wait."""
        return self._there.get(party, 0)

    @asynccontextmanager
    async def one(self, party: str) -> AsyncIterator[None]:
        """A request of a party's, from when it is its turn."""
        free = self._free.setdefault(party, asyncio.Semaphore(self._most))
        self._there[party] = self.there(party) + 1
        try:
            async with free, self._all or nullcontext():
                yield
        finally:
            self._there[party] -= 1
            if not self._there[party]:
                del self._there[party], self._free[party]
