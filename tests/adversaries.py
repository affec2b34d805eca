"""Pairs of outlines made to be hard: every kind anywhere on the globe, often at a pole or on the antimeridian.

Each maker gives two outlines and a position inside each (for the oracle). Sizes are 300 m to 10 km unless said otherwise.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from pyproj import Geod

from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position

GEOD = Geod(ellps="WGS84")
Random = np.random.Generator


class Duel(NamedTuple):
    """Two outlines, and a position inside each."""

    a: Outline
    b: Outline
    in_a: Position
    in_b: Position


def go(start: Position, bearing: float, metres: float) -> Position:
    lon, lat, _ = GEOD.fwd(*start, bearing, metres)
    return float(lon), float(lat)


def place(rng: Random) -> Position:
    """A position: one in five at a pole, one in five on the antimeridian, some with round numbers."""
    kind = rng.integers(10)
    if kind < 2:
        return float(rng.uniform(-180, 180)), float(rng.choice([-1, 1]) * rng.uniform(89.9, 90))
    if kind < 4:
        return float(rng.choice([-1, 1]) * rng.uniform(179.95, 180)), float(rng.uniform(-80, 80))
    lon, lat = float(rng.uniform(-180, 180)), float(np.degrees(np.arcsin(rng.uniform(-0.98, 0.98))))
    return (float(round(lon)), float(round(lat))) if kind == 4 else (lon, lat)


def size(rng: Random) -> float:
    return float(10 ** rng.uniform(2.5, 4))


def ring(*corners: Position) -> tuple[Position, ...]:
    return (*corners, corners[0])


def star(rng: Random, centre: Position, reach: float, corners: int | None = None, least: float = 0.4) -> Polygon:
    """A polygon that its centre sees whole; its corners are `least` to 1 of `reach` away (at 1 it is convex)."""
    n = corners or int(rng.integers(3, 9))
    bearings = (np.arange(n) + rng.uniform(0, 0.4, n)) * 360 / n
    lon, lat, _ = GEOD.fwd(np.full(n, centre[0]), np.full(n, centre[1]), bearings, reach * rng.uniform(least, 1, n))
    return Polygon(coordinates=(ring(*zip(lon.tolist(), lat.tolist(), strict=True)),))


def centre(*corners: Position) -> Position:
    """A position between others."""
    lam, phi = np.radians(np.array(corners)).T
    x, y, z = (np.cos(phi) * np.cos(lam)).mean(), (np.cos(phi) * np.sin(lam)).mean(), np.sin(phi).mean()
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))


def edge(polygon: Polygon, rng: Random) -> tuple[Position, Position, float, float]:
    """One edge: its ends in the ring's order, the bearing from the first to the second, the length."""
    corners = polygon.coordinates[0]
    k = int(rng.integers(len(corners) - 1))
    bearing, _, length = GEOD.inv(*corners[k], *corners[k + 1])
    return corners[k], corners[k + 1], float(bearing), float(length)


def strangers(rng: Random, scale: float = 1.0) -> Duel:
    """Two stars, near or over each other."""
    c, s = place(rng), size(rng) * scale
    d = go(c, rng.uniform(0, 360), s * rng.uniform(0, 3))
    return Duel(star(rng, c, s), star(rng, d, s * rng.uniform(0.1, 1.5)), c, d)


def wide(rng: Random) -> Duel:
    """Stars with edges of up to 100 km."""
    return strangers(rng, 10.0)


def discs(rng: Random) -> Duel:
    """A circle and a star, or two circles."""
    c, s = place(rng), size(rng)
    d = go(c, rng.uniform(0, 360), s * rng.uniform(0, 3))
    other = star(rng, d, s) if rng.random() < 0.7 else Circle(center=d, radius_m=s * rng.uniform(0.01, 1))
    return Duel(Circle(center=c, radius_m=s * rng.uniform(0.01, 1.5)), other, c, d)


def wide_discs(rng: Random) -> Duel:
    """Circles of up to 300 km against stars."""
    c, s = place(rng), float(10 ** rng.uniform(4, 5.5))
    d = go(c, rng.uniform(0, 360), s * rng.uniform(0.9, 1.6))
    return Duel(Circle(center=c, radius_m=s), star(rng, d, s * rng.uniform(0.05, 0.3)), c, d)


def neighbours(rng: Random) -> Duel:
    """Two polygons that share an edge, one on each side of it, in either direction."""
    c = place(rng)
    a = star(rng, c, size(rng), least=1)
    p, q, bearing, length = edge(a, rng)  # the ring runs clockwise: outside is to the left
    on = go(p, bearing, length * rng.uniform(0.2, 0.8))
    r = go(on, GEOD.inv(*on, *q)[0] - 90, length * rng.uniform(0.1, 1))
    corners = (p, q, r) if rng.random() < 0.5 else (q, p, r)
    return Duel(a, Polygon(coordinates=(ring(*corners),)), c, centre(p, q, r))


def cornered(rng: Random) -> Duel:
    """Two polygons that share a corner only."""
    c, s = place(rng), size(rng)
    a = star(rng, c, s, least=1)
    p = a.coordinates[0][0]
    out = GEOD.inv(*c, *p)[1] + 180
    q, r = go(p, out - rng.uniform(2, 20), s), go(p, out + rng.uniform(2, 20), s)
    return Duel(a, Polygon(coordinates=(ring(p, q, r),)), c, centre(p, q, r))


def junction(rng: Random, deeper_m: float = 0.0) -> Duel:
    """A corner of B on an edge of A, or `deeper_m` past it."""
    c = place(rng)
    a = star(rng, c, size(rng), least=1)
    p, _, bearing, length = edge(a, rng)
    share = rng.uniform(0.2, 0.8)
    on = go(p, bearing, length * share)
    along = GEOD.inv(*on, *go(p, bearing, length))[0]
    tip = go(on, along + 90, deeper_m)
    q, r = go(on, along - 90 - rng.uniform(5, 60), length / 2), go(on, along - 90 + rng.uniform(5, 60), length / 2)
    return Duel(a, Polygon(coordinates=(ring(tip, q, r),)), c, centre(tip, q, r))


def dented(rng: Random) -> Duel:
    """A corner of B 3 cm inside A."""
    return junction(rng, 0.03)


def missed(rng: Random) -> Duel:
    """A corner of B 3 cm short of A."""
    return junction(rng, -0.03)


def nested(rng: Random) -> Duel:
    """B well within A, or A again."""
    c, s = place(rng), size(rng)
    a = star(rng, c, s)
    b = a if rng.random() < 0.1 else star(rng, c, s * rng.uniform(0.01, 0.2))
    return Duel(a, b, c, c)


def holed(rng: Random) -> Duel:
    """A with a hole, and B in the hole, filling it, or reaching over its edge."""
    c, s = place(rng), size(rng)
    bearings = (0, 90, 180, 270)
    outer = ring(*(go(c, b, s) for b in bearings))
    inner = ring(*(go(c, b, s * 0.5) for b in bearings))
    kind = rng.integers(3)
    if kind == 0:
        b: Outline = star(rng, c, s * rng.uniform(0.05, 0.34))
    elif kind == 1:
        b = Polygon(coordinates=(inner[::-1],))
    else:
        b = star(rng, c, s * rng.uniform(0.9, 1.4), 7)
    solid = centre(outer[0], inner[0])
    return Duel(Polygon(coordinates=(outer, inner)), b, solid, c)


def slivers(rng: Random) -> Duel:
    """A triangle 1 cm to 10 m wide and up to 10 km long, against a star."""
    c, s = place(rng), size(rng)
    far = go(c, bearing := rng.uniform(0, 360), s)
    aside = go(c, bearing + 90, float(10 ** rng.uniform(-2, 1)))
    d = go(c, rng.uniform(0, 360), s * rng.uniform(0, 1.5))
    return Duel(Polygon(coordinates=(ring(c, far, aside),)), star(rng, d, s * 0.7), centre(c, far, aside), d)


def torn(rng: Random) -> Duel:
    """Two islands of one MultiPolygon on both sides of a star."""
    c, s = place(rng), size(rng)
    west, east = go(c, 270, s * 1.1), go(c, 90, s * 1.1)
    islands = tuple(star(rng, where, s * 0.5).coordinates for where in (west, east))
    return Duel(MultiPolygon(coordinates=islands), star(rng, c, s * rng.uniform(0.2, 1.2)), west, c)


OPEN: tuple[Callable[[Random], Duel], ...] = (
    strangers, wide, discs, wide_discs, nested, holed, slivers, torn, dented, missed,
)
TOUCHING: tuple[Callable[[Random], Duel], ...] = (neighbours, cornered, junction)


def duels(make: Callable[[Random], Duel], count: int, seed: int = 2017) -> list[Duel]:
    """So many of one kind, the same every time."""
    rng: Any = np.random.default_rng([seed, *make.__name__.encode()])
    return [make(rng) for _ in range(count)]
