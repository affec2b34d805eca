"""Driving an exchange from many parties at a set rate, and measuring it.

The rate is kept whatever the exchange does (an open loop): request number k is due k/rate seconds after the start, whether or not
those before it were answered, and its latency counts from when it was due. So a server that stands still for a second can't hide
it by being asked less meanwhile (coordinated omission).
"""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import perf_counter

import httpx
import msgspec

from antalya.entry.client import address
from antalya.entry.etags import version_in
from antalya.model import Circle, Operation, Volume
from antalya.store.system import ids
from antalya.wire.canonical import canonical

KINDS = ("file", "change", "withdraw", "read")
PERCENTILES = (50.0, 90.0, 99.0, 99.9)
NO_ANSWER = "no_answer"
"""What a request is counted as that got no answer at all: refused, cut off, or too late."""

_ACTIVITIES = ("drone", "patrol", "convoy", "survey")
_GONE = ("", "not_found", "wrong_state")
"""What is no longer filed: withdrawn just now, never kept, withdrawn or over before."""

_AGAIN = ("rate_exceeded", "store_busy", "not_ready", "stale_etag")
_KEEP_ALIVE_S = 4.0
"""How long an idle connection is used again: less than the server's own 5 s, so that it isn't closed just then."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be done: `count` requests, `rate` a second, in turn by the holders of `tokens` (party and token). `box` is west,
    south, east, north in degrees; `shares` those of changes, withdrawals and reads, the rest files. `timeout_s` for one
    answer; at most `connections` at once."""

    url: str
    tokens: Sequence[tuple[str, str]]
    count: int
    rate: float
    box: tuple[float, float, float, float]
    shares: tuple[float, float, float] = (0.0, 0.0, 0.0)
    seed: int = 0
    within_h: float = 24.0
    timeout_s: float = 30.0
    connections: int = 64
    near: bool = True


@dataclass
class Measured:
    """What came of it. `sent`: how many requests of each kind. `latency_s` by kind, from when each was due: not of those that
    were refused, which may be quick, and of those that got no answer not less than they would have been waited for. `errors` by
    kind and code; `late_s`: how long after it was due each was begun, which is the generator's own lag. `left`: operations that
    are still filed, their versions (0: perhaps) and whose they are (their place among the tokens)."""

    sent: Counter[str] = field(default_factory=Counter)
    latency_s: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    errors: dict[str, Counter[str]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})
    late_s: list[float] = field(default_factory=list)
    took_s: float = 0.0
    withdrawn: int = 0
    left: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many were sent, of all kinds."""
        return self.sent.total()


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of the values do not exceed (nearest rank); NaN of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent * len(ordered) / 100 - 1e-9) - 1)] if ordered else math.nan


def plan(chance: random.Random, party: str, box: Sequence[float], start: datetime, within_h: float) -> Operation:
    """An operation of a party: a circle of 0.2 to 2 km in a box, 100 to 500 m high, ten minutes to three hours long, that begins
    within so many hours from `start`. Its id is new, all else is the chance's."""
    west, south, east, north = box
    begins = start + timedelta(hours=chance.uniform(0, within_h))
    across = east - west if east >= west else east - west + 360
    lower = float(round(chance.uniform(0, 5_000)))
    return Operation(id=ids(), party=party, activity=chance.choice(_ACTIVITIES), title="antalya load", volumes=(Volume(  # type: ignore[arg-type]
        outline=Circle(center=((west + chance.uniform(0, across) + 180) % 360 - 180, chance.uniform(south, north)),
                       radius_m=float(round(chance.uniform(200, 2_000)))),
        lower_m=lower, upper_m=lower + round(chance.uniform(100, 500)), starts_at=begins,
        ends_at=begins + timedelta(minutes=chance.uniform(10, 180))),))


class Driver:
    """One run. `stop` (from the loop's own thread) ends it early: what is under way is waited for, no more is begun."""

    def __init__(self, load: Load, step: Callable[[], None] = lambda: None) -> None:
        self.load, self.measured, self._step = load, Measured(), step
        self._chance = random.Random(load.seed)
        self._free: list[dict[str, Operation]] = [{} for _ in load.tokens]
        self.interrupted, self._stopped = False, asyncio.Event()

    def stop(self) -> None:
        """Begins no more requests; `run` and `undo` return once those under way are answered."""
        self.interrupted = True
        self._stopped.set()

    def client(self) -> httpx.AsyncClient:
        """The connections of a run; the caller closes them."""
        load = self.load
        return httpx.AsyncClient(base_url=load.url, trust_env=not load.near, timeout=httpx.Timeout(load.timeout_s, pool=None),
                                 limits=httpx.Limits(max_connections=load.connections, keepalive_expiry=_KEEP_ALIVE_S,
                                                     max_keepalive_connections=load.connections))

    async def run(self, http: httpx.AsyncClient) -> None:
        """Sends all requests, each when it is due, and waits for their answers."""
        begun, under_way = perf_counter(), set[asyncio.Task[None]]()
        try:
            for number in range(self.load.count):
                due = begun + number / self.load.rate
                if await self._until(due):
                    break
                task = asyncio.create_task(self._one(http, number % len(self.load.tokens), due))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.gather(*under_way)
        finally:
            self.measured.took_s = perf_counter() - begun

    async def _until(self, due: float) -> bool:
        """Waits for an instant; whether it was stopped meanwhile."""
        wait = due - perf_counter()
        if wait <= 0:
            await asyncio.sleep(0)
            return self._stopped.is_set()
        try:
            await asyncio.wait_for(self._stopped.wait(), wait)
        except TimeoutError:
            return False
        return True

    async def _one(self, http: httpx.AsyncClient, who: int, due: float) -> None:
        """One request, whatever comes of it."""
        self.measured.late_s.append(max(0.0, perf_counter() - due))
        kind = self._kind(who)
        code = await getattr(self, f"_{kind}")(http, who)
        took = perf_counter() - due
        self.measured.sent[kind] += 1
        if code:
            self.measured.errors[kind][code] += 1
        if code in ("", NO_ANSWER):
            self.measured.latency_s[kind].append(max(took, self.load.timeout_s) if code else took)
        self._step()

    def _kind(self, who: int) -> str:
        """What is next; where there is nothing to change or withdraw, it is filed."""
        chosen, sum_ = self._chance.random(), 0.0
        for kind, share in zip(KINDS[1:], self.load.shares, strict=True):
            sum_ += share
            if chosen < sum_:
                return kind if kind == "read" or self._free[who] else "file"
        return "file"

    async def _file(self, http: httpx.AsyncClient, who: int) -> str:
        operation = plan(self._chance, self.load.tokens[who][0], self.load.box, datetime.now(UTC) + timedelta(minutes=10),
                         self.load.within_h)
        self.measured.left[operation.id] = 0, who  # it may be filed although no answer comes
        code, _ = await self._send(http, who, "POST", "/v1/operations", operation)
        if not code:
            self.measured.left[operation.id] = 1, who
            self._free[who][operation.id] = operation
        elif code != NO_ANSWER:
            del self.measured.left[operation.id]
        return code

    async def _change(self, http: httpx.AsyncClient, who: int) -> str:
        operation, version = self._take(who)
        changed = msgspec.structs.replace(operation, volumes=plan(self._chance, operation.party, self.load.box, datetime.now(
            UTC) + timedelta(minutes=10), self.load.within_h).volumes)
        self.measured.left[operation.id] = 0, who
        code, _ = await self._send(http, who, "PUT", address("operations", operation.id), changed, version)
        if code != NO_ANSWER:
            self.measured.left[operation.id] = version + (not code), who
            self._free[who][operation.id] = operation if code else changed
        return code

    async def _withdraw(self, http: httpx.AsyncClient, who: int) -> str:
        operation, version = self._take(who)
        code, _ = await self._send(http, who, "DELETE", address("operations", operation.id), None, version)
        if not code:
            del self.measured.left[operation.id]
        elif code != NO_ANSWER:
            self._free[who][operation.id] = operation
        return code

    async def _read(self, http: httpx.AsyncClient, who: int) -> str:
        start = datetime.now(UTC) + timedelta(hours=self._chance.uniform(0, self.load.within_h))
        code, _ = await self._send(http, who, "GET", "/v1/operations?" + str(httpx.QueryParams({
            "from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat(), "limit": 100})))
        return code

    def _take(self, who: int) -> tuple[Operation, int]:
        """An operation that no other request is about, and its version."""
        id_, operation = self._free[who].popitem()
        return operation, self.measured.left[id_][0]

    async def _send(self, http: httpx.AsyncClient, who: int, method: str, path: str, body: Operation | None = None,
                    version: int | None = None) -> tuple[str, httpx.Response | None]:
        """The code of the error, empty where there is none, and the answer."""
        head = {"authorization": f"Bearer {self.load.tokens[who][1]}"} | ({"content-type": "application/json"} if body else {})
        head |= {} if version is None else {"if-match": f'"{version}"'}
        try:
            answer = await http.request(method, path, content=canonical(body) if body else None, headers=head)
        except httpx.HTTPError:
            return NO_ANSWER, None
        return "" if answer.is_success else _code(answer), answer

    # afterwards

    async def undo(self, http: httpx.AsyncClient, step: Callable[[], None] = lambda: None) -> None:
        """Withdraws what is still filed, a few at once and no quicker than the exchange allows. What can't be withdrawn stays
        in `left`."""
        waiting = list(self.measured.left.items())
        self._stopped.clear()

        async def some() -> None:
            while waiting and not self._stopped.is_set():
                id_, (version, who) = waiting.pop()
                code = await self._undo_one(http, id_, version, who)
                if code in _GONE:
                    del self.measured.left[id_]
                    self.measured.withdrawn += not code
                step()
        await asyncio.gather(*(some() for _ in range(min(8, len(waiting)))))

    async def _undo_one(self, http: httpx.AsyncClient, id_: str, version: int, who: int) -> str:
        """Empty: it is withdrawn. Otherwise the code of the error that was the last one."""
        path, code = address("operations", id_), ""
        for tries in range(100):
            if not version or code == "stale_etag":
                code, answer = await self._send(http, who, "GET", path)
                version = _version(answer) if answer is not None and not code else 0
            if version:
                code, _ = await self._send(http, who, "DELETE", path, None, version)
            if self._stopped.is_set() or code not in _AGAIN:
                break
            await asyncio.sleep(min(1.0, 0.05 * 1.3**tries))
        return code


def _version(answer: httpx.Response) -> int:
    """The version in an answer's ETag; 0 where there is none."""
    return version_in(answer.headers.get("etag", "")) or 0


def _code(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
