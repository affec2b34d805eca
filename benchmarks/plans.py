"""Seeded plans: polygons of 1–10 km with 5–30 corners, altitude bands, windows of 10 min to 3 h in 48 h, northern Syria."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from antalya.geometry.columns import EDGE, POLYGON_ENDS, microseconds
from antalya.model import Operation, Polygon, Volume

START = datetime(2017, 3, 8, tzinfo=UTC)


class Plans(NamedTuple):
    """Volumes as arrays: corners in degrees, what follows each (`columns`), where each one's begin, and the end; circles'
    radii (none here), altitudes in metres, windows in microseconds since 1970."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    codes: NDArray[np.uint8]
    first: NDArray[np.int64]
    disc: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def tomorrow() -> datetime:
    """The next midnight (UTC): for plans filed with a served exchange, which has the real clock."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def plans(count: int, *, clustered: bool = False, seed: int = 7, start: datetime = START) -> Plans:
    """`count` volumes in the 48 h from `start`, uniform over 36–41°E 34.5–37°N, or in ten clusters of 25 km."""
    rng = np.random.default_rng(seed)
    if clustered:
        centres = np.column_stack([rng.uniform(36.5, 40.5, 10), rng.uniform(35, 36.5, 10)])
        at = centres[rng.integers(0, 10, count)] + rng.normal(0, 0.25, (count, 2))
    else:
        at = np.column_stack([rng.uniform(36, 41, count), rng.uniform(34.5, 37, count)])
    corners = rng.integers(5, 31, count)
    first = np.concatenate([[0], np.cumsum(corners + 1)])
    owner = np.repeat(np.arange(count), corners + 1)
    rank = np.arange(first[-1]) - first[owner]
    angle = (rank + rng.uniform(0, 0.9, first[-1])) * (2 * np.pi / corners[owner])
    away = (rng.uniform(0.5, 5, count) / 111.2)[owner] * rng.uniform(0.6, 1, first[-1])
    lat = at[owner, 1] + away * np.sin(angle)
    lon = at[owner, 0] + away * np.cos(angle) / np.cos(np.radians(at[owner, 1]))
    codes = np.full(first[-1], EDGE, dtype=np.uint8)
    closing = first[1:] - 1
    lon[closing], lat[closing], codes[closing] = lon[first[:-1]], lat[first[:-1]], POLYGON_ENDS
    lower = rng.uniform(0, 9_000, count)
    starts = microseconds(start) + rng.integers(0, 45 * 3_600_000_000, count)
    return Plans(lon, lat, codes, first, np.zeros(count), lower, lower + rng.uniform(100, 1_000, count), starts,
                 starts + rng.integers(600_000_000, 10_800_000_000, count))


def volumes(count: int, *, clustered: bool = False, seed: int = 7, start: datetime = START) -> list[Volume]:
    """The same as the model's volumes."""
    made = plans(count, clustered=clustered, seed=seed, start=start)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    points = list(zip(made.lon.tolist(), made.lat.tolist(), strict=True))
    first = made.first.tolist()
    return [Volume(outline=Polygon(coordinates=(tuple(points[first[k]:first[k + 1]]),)), lower_m=float(made.lower[k]),
                   upper_m=float(made.upper[k]), starts_at=epoch + timedelta(microseconds=int(made.starts[k])),
                   ends_at=epoch + timedelta(microseconds=int(made.ends[k]))) for k in range(count)]


def operation(number: int, volume: Volume, party: str = "TR") -> Operation:
    """An operation of one volume with an id of its own."""
    return Operation(id=f"0195712c-5f3a-7cc2-9d0e-{number:012x}", party=party, activity="drone", volumes=(volume,))
