"""How often somebody may ask."""

import time

from antalya.model.errors import error

MOST_CALLERS = 2_000
"""So many callers are known at once: how often each asked, and tokens that were verified, for a signature costs a quarter of a
millisecond and callers call again."""


class Rates:
    """A token bucket for each party: `per_s` requests a second, `burst` at once. Kept in memory, per process."""

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s, self._burst = per_s, burst
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, who: str, count: int = 1, *, had: int = 0) -> None:
        """Takes so many, with those that it `had` taken before; or none, and gives those back. Raises rate_exceeded with
        `retry_after_s`."""
        now = time.monotonic()
        if len(self._left) >= MOST_CALLERS and who not in self._left:
            self._forget(now)
        left, since = self._left.get(who, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._per_s)
        left += had
        if left < count:
            self._left[who] = (left, now)
            wait = (count - left) / self._per_s
            raise error("rate_exceeded", f"more than {self._per_s:g} requests a second", retry_after_s=round(wait, 3))
        self._left[who] = (left - count, now)

    def _forget(self, now: float) -> None:
        """Drops who has not called for so long that the bucket is full again."""
        full_s = self._burst / self._per_s
        self._left = {who: (left, since) for who, (left, since) in self._left.items() if now - since < full_s}
