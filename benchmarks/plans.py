"""Seeded plans: polygons of 1–10 km with 5–30 corners, altitude bands, windows of 10 min to 3 h in 48 h, northern Syria."""

from datetime import UTC, datetime, timedelta

import numpy as np

from antalya.model import Operation, Polygon, Volume

START = datetime(2017, 3, 8, tzinfo=UTC)


def tomorrow() -> datetime:
    """The next midnight (UTC): for plans filed with a served exchange, which has the real clock."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def volumes(count: int, *, clustered: bool = False, seed: int = 7, start: datetime = START) -> list[Volume]:
    """`count` volumes in the 48 h from `start`, uniform over 36–41°E 34.5–37°N, or in ten clusters of 25 km."""
    rng = np.random.default_rng(seed)
    if clustered:
        centres = np.column_stack([rng.uniform(36.5, 40.5, 10), rng.uniform(35, 36.5, 10)])
        at = centres[rng.integers(0, 10, count)] + rng.normal(0, 0.25, (count, 2))
    else:
        at = np.column_stack([rng.uniform(36, 41, count), rng.uniform(34.5, 37, count)])
    made = []
    for lon, lat in at.tolist():
        corners = int(rng.integers(5, 31))
        angles = (np.arange(corners) + rng.uniform(0, 0.9, corners)) * (2 * np.pi / corners)
        radius_deg = rng.uniform(0.5, 5) / 111.2
        away = radius_deg * rng.uniform(0.6, 1, corners)
        ring = [(lon + a * float(np.cos(t)) / float(np.cos(np.radians(lat))), lat + a * float(np.sin(t)))
                for a, t in zip(away.tolist(), angles.tolist(), strict=True)]
        lower = float(rng.uniform(0, 9_000))
        begins = start + timedelta(seconds=float(rng.uniform(0, 45 * 3_600)))
        made.append(Volume(outline=Polygon(coordinates=((*ring, ring[0]),),), lower_m=lower,
                           upper_m=lower + float(rng.uniform(100, 1_000)), starts_at=begins,
                           ends_at=begins + timedelta(seconds=float(rng.uniform(600, 10_800)))))
    return made


def operation(number: int, volume: Volume, party: str = "TR") -> Operation:
    """An operation of one volume with an id of its own."""
    return Operation(id=f"0195712c-5f3a-7cc2-9d0e-{number:012x}", party=party, activity="drone", volumes=(volume,))
