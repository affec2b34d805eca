"""The DSS of F3548-21 through real HTTP: writes into one cell and into cells of their own, reads and searches, by one client.

There is no peer to run beside it (the open reference wants CockroachDB or YugabyteDB); what each costs with 100,000 intents
stored is held against the same with 10. Stored ones lie all over the world, put there by the store's own functions; each is an
hour long.
"""

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from antalya.entry.cli_admin import LOCAL
from antalya.model.coordination import Extent, Reference
from antalya.ports import Transaction
from antalya.store import keys as key_files
from antalya.store.system import clock
from antalya.wire.tokens import mint
from benchmarks.exchanges import HOST, PARTIES, made, opened, served
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row

_SCOPE = "utm.strategic_coordination"
_TOGETHER = 5_000
WARM = 10
Ask = Callable[[int], tuple[str, str, object]]


class Figures(NamedTuple):
    """Requests a second, one after the other, and milliseconds."""

    rate: float
    p50: float
    p99: float

    def __str__(self) -> str:
        return f"{self.rate:.0f}/s, p50 {self.p50:.1f} ms, p99 {self.p99:.1f} ms"


def fill(directory: Path, count: int, start: datetime) -> None:
    """Intents of another USS, each with four level-13 cells of its own."""
    dice = np.random.default_rng(5)
    hub = opened(directory)
    with closing(hub.store):
        for at in range(0, count, _TOGETHER):
            some = [_stored(dice, start + timedelta(hours=k % 24)) for k in range(at, min(at + _TOGETHER, count))]
            hub.store.write(lambda tx, some=some: _keep(tx, some))  # type: ignore[misc]


def _stored(dice: np.random.Generator, starts: datetime) -> tuple[Reference, Extent]:
    id_, ends = str(uuid.UUID(bytes=dice.bytes(16), version=4)), starts + timedelta(hours=1)
    first = (int(dice.integers(0, 6 << 26)) << 35) + (1 << 34)  # a random cell of level 13, and its neighbours along the curve
    cells = frozenset(c - (1 << 64) if c >= 1 << 63 else c for c in range(first, first + (4 << 35), 1 << 35))
    reference = Reference("intent", id_, "other-uss", 1, dice.bytes(24).hex(), "Accepted", starts, ends, 50.0, 120.0,
                          "https://other.example/uss", None)
    return reference, Extent(cells, starts, ends, 50.0, 120.0)


def _keep(tx: Transaction, some: list[tuple[Reference, Extent]]) -> None:
    for reference, extent in some:
        tx.utm_put_reference(reference, extent)


def extent(lon: float, lat: float, lower: float, starts: datetime) -> dict[str, Any]:
    """A square of 200 m, 40 m high, for ten minutes."""
    half = 0.0009
    corners = [(lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half), (lon - half, lat + half)]
    return {"volume": {"outline_polygon": {"vertices": [{"lng": x, "lat": y} for x, y in corners]},
                       "altitude_lower": {"value": lower, "reference": "W84", "units": "M"},
                       "altitude_upper": {"value": lower + 40, "reference": "W84", "units": "M"}},
            "time_start": {"value": _text(starts), "format": "RFC3339"},
            "time_end": {"value": _text(starts + timedelta(minutes=10)), "format": "RFC3339"}}


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def asked(url: str, token: str, tries: int, ask: Ask) -> Figures:
    """Sends requests one after the other. Raises AssertionError where one fails."""
    took, headers = [], {"authorization": f"Bearer {token}", "content-type": "application/json"}
    with closing(HTTPConnection(url.removeprefix("http://"), timeout=60)) as client:
        for k in range(WARM + tries):
            method, path, body = ask(k)
            data = None if body is None else json.dumps(body)
            began = time.perf_counter()
            client.request(method, path, data, headers)
            with client.getresponse() as answer:
                said = answer.read()
            took.append(time.perf_counter() - began)
            assert answer.status in (200, 201), said
    p50, p99 = np.percentile(np.array(took[WARM:]) * 1e3, [50, 99])
    return Figures(tries / sum(took[WARM:]), float(p50), float(p99))


def figures(url: str, token: str, tries: int, start: datetime, ids: Iterator[str]) -> dict[str, Figures]:
    """All four kinds at one exchange."""
    door, kept = "/dss/v1/operational_intent_references", list[str]()

    def write(lon: float, lat: float, lower: float, starts: datetime) -> tuple[str, str, object]:
        kept.append(next(ids))
        body = {"extents": [extent(lon, lat, lower, starts)], "state": "Accepted", "key": [], "uss_base_url": "https://uss.example"}
        return "PUT", f"{door}/{kept[-1]}", body

    def slot(k: int) -> tuple[float, float, float, datetime]:  # of its own in height or time, so that no key is needed
        return 37.5, 36.5, 50 * (k % 20), start + timedelta(minutes=11 * (k // 20))
    asks: dict[str, Ask] = {
        "writes into one cell": lambda k: write(*slot(k)),
        "writes into cells of their own": lambda k: write(30 + 0.1 * (k % 50), 10 + 0.1 * (k // 50), 60, start),
        "reads": lambda k: ("GET", f"{door}/{kept[k % len(kept)]}", None),
        "searches of one cell": lambda k: ("POST", f"{door}/query", {"area_of_interest": extent(*slot(k))}),
    }
    return {what: asked(url, token, tries, ask) for what, ask in asks.items()}


def part(quick: bool) -> Part:
    """At 10 stored intents, and at 100,000."""
    sizes, tries = ((10, 100), 20) if quick else ((10, 100_000), 500)
    start, found = tomorrow(), list[dict[str, Figures]]()
    dice = np.random.default_rng(9)
    ids = (str(uuid.UUID(bytes=dice.bytes(16), version=4)) for _ in iter(int, 1))
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            directory = Path(scratch) / "exchange"
            made(directory)
            fill(directory, size, start)
            token = mint(LOCAL, key_files.load(directory / "keys").issuer, PARTIES[0], [_SCOPE], HOST, clock(), 3_000)
            with served(directory) as server:
                found.append(figures(server.url, token, tries, start, ids))
    few, many = found
    return Part([Row(f"DSS, {what}, {sizes[1]:,} intents stored", str(many[what]), f"the same with {sizes[0]} stored",
                     str(few[what]), few[what].p50 / many[what].p50) for what in few], [])
