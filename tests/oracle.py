"""An independent answer to whether two outlines meet, slow and by another road than `antalya.geometry`.

No planes, no GEOS, no points in space beyond a first sieve: only pyproj's geodesics. Inside is told by how often the
bearing to a ring's corners turns about a point; crossing by which side of a geodesic its ends lie on; distance by golden
section along every edge that the sieve leaves. All pairs are worked through together, which is what makes it bearable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyproj import Geod

from antalya.model.volume import Circle, MultiPolygon, Outline, Volume

GEOD = Geod(ellps="WGS84")
GOLDEN = (np.sqrt(5) - 1) / 2
SAMPLES = 8
EARTH = 6_400_000.0
DEEP_M = 0.01

Array = np.ndarray[Any, Any]


def inv(a: Array, b: Array) -> tuple[Array, Array]:
    """Bearings and lengths of the geodesics from positions (n, 2) to positions (n, 2)."""
    bearing, _, length = GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])
    return np.asarray(bearing), np.asarray(length)


def ahead(a: Array, bearing: Array, length: Array) -> Array:
    lon, lat, _ = GEOD.fwd(a[:, 0], a[:, 1], bearing, length)
    return np.stack([lon, lat], axis=1)


def xyz(p: Array) -> Array:
    """Points on a sphere: good to 0.6 %, for the sieve only."""
    lam, phi = np.radians(p[:, 0]), np.radians(p[:, 1])
    return EARTH * np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


@dataclass
class Figures:
    """Outlines end to end: corners of all rings, each with the corner its edge leads to; a circle is one corner."""

    corner: Array
    next: Array
    ring: Array
    starts: Array
    counts: Array
    radius: Array
    bearing: Array
    length: Array

    @staticmethod
    def of(outlines: Sequence[Outline]) -> "Figures":
        corner: list[tuple[float, float]] = []
        nexts: list[tuple[float, float]] = []
        ring_of, counts, radius, number = [], [], [], 0
        for outline in outlines:
            before = len(corner)
            if isinstance(outline, Circle):
                corner.append(outline.center)
                nexts.append(outline.center)
                ring_of.append(number)
                number += 1
                radius.append(outline.radius_m)
            else:
                several = outline.coordinates if isinstance(outline, MultiPolygon) else (outline.coordinates,)
                for ring in (ring for polygon in several for ring in polygon):
                    corner += ring[:-1]
                    nexts += ring[1:]
                    ring_of += [number] * (len(ring) - 1)
                    number += 1
                radius.append(0.0)
            counts.append(len(corner) - before)
        a, b = np.array(corner), np.array(nexts)
        bearing, length = inv(a, b)
        n = np.array(counts)
        return Figures(a, b, np.array(ring_of), np.cumsum(n) - n, n, np.array(radius), bearing, length)


def spread(start: Array, count: Array) -> tuple[Array, Array]:
    """For runs of indices, all of them one after the other, and the run of each."""
    total = np.cumsum(count)
    run = np.repeat(np.arange(len(count)), count)
    return start[run] + np.arange(len(run)) - (total - count)[run], run


def least(values: Array, run: Array, runs: int) -> Array:
    out = np.full(runs, np.inf)
    np.minimum.at(out, run, values)
    return out


def gaps(points: Array, owner: Array, figures: Figures, index: Array, runs: int) -> Array:
    """The least distance from each run's points to the edges of the figure `index[run]`; `owner` is each point's run."""
    edge, of = spread(figures.starts[index[owner]], figures.counts[index[owner]])
    run, here = owner[of], xyz(points)[of]
    shares = (np.arange(SAMPLES) + 0.5) / SAMPLES
    lower, upper = np.full(len(edge), np.inf), np.full(len(edge), np.inf)
    for share in shares:
        there = xyz(ahead(figures.corner, figures.bearing, figures.length * share))[edge]
        away = np.linalg.norm(here - there, axis=1)
        upper = np.minimum(upper, away)
        lower = np.minimum(lower, away - figures.length[edge] / SAMPLES / 2 * 1.02)
    keep = lower * 0.99 <= least(upper * 1.02, run, runs)[run] + 1
    edge, of, run = edge[keep], of[keep], run[keep]
    start, bearing, length = figures.corner[edge], figures.bearing[edge], figures.length[edge]
    low, high = np.zeros(len(edge)), length

    def away_at(s: Array) -> Array:
        return inv(points[of], ahead(start, bearing, s))[1]

    one, two = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_one, at_two = away_at(one), away_at(two)
    found = np.minimum(np.minimum(away_at(low), away_at(high)), np.minimum(at_one, at_two))
    for _ in range(32):
        left = at_one < at_two
        low, high = np.where(left, low, one), np.where(left, two, high)
        new = np.where(left, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        at_new = away_at(new)
        one, two = np.where(left, new, two), np.where(left, one, new)
        at_one, at_two = np.where(left, at_new, at_two), np.where(left, at_one, at_new)
        found = np.minimum(found, at_new)
    return least(found, run, runs)


def inside(points: Array, owner: Array, figures: Figures, index: Array) -> Array:
    """Whether each point lies in the figure `index[owner]`: bearings to a ring's corners turn once about it."""
    edge, of = spread(figures.starts[index[owner]], figures.counts[index[owner]])
    first, _ = inv(points[of], figures.corner[edge])
    second, _ = inv(points[of], figures.next[edge])
    turn = (second - first + 180) % 360 - 180
    ring = figures.ring[edge]
    label = of * (figures.ring.max() + 1) + ring
    names, place = np.unique(label, return_inverse=True)
    sums = np.zeros(len(names))
    np.add.at(sums, place, turn)
    around = np.abs(np.round(sums / 360)).astype(int) % 2
    odd = np.zeros(len(points), dtype=int)
    np.add.at(odd, names // (figures.ring.max() + 1), around)
    return odd % 2 == 1


def crossing(a: Figures, i: Array, b: Figures, j: Array) -> Array:
    """By pair: 1 where edges cross and their ends are off the other by more than `DEEP_M`, −1 where that is unclear, else 0."""
    first, run = spread(a.starts[i], a.counts[i])
    second, of = spread(b.starts[j[run]], b.counts[j[run]])
    first, run = first[of], run[of]
    middle = np.linalg.norm(xyz(ahead(a.corner, a.bearing, a.length / 2))[first]
                            - xyz(ahead(b.corner, b.bearing, b.length / 2))[second], axis=1)
    keep = (middle <= (a.length[first] + b.length[second]) * 0.51 + 10) & (a.length[first] > 0) & (b.length[second] > 0)
    first, second, run = first[keep], second[keep], run[keep]
    sides = []
    for f, x, g, y in ((a, first, b, second), (b, second, a, first)):
        for end in (g.corner[y], g.next[y]):
            bearing, length = inv(f.corner[x], end)
            sides.append(length * np.sin(np.radians(bearing - f.bearing[x])))
    c, d, e, f_ = sides
    opposite = (c * d < 0) & (e * f_ < 0)
    small = np.min(np.abs(sides), axis=0) < DEEP_M
    out = np.zeros(len(i), dtype=int)
    unclear = (np.minimum(c, d) < DEEP_M) & (np.maximum(c, d) > -DEEP_M) & (np.minimum(e, f_) < DEEP_M) & (
        np.maximum(e, f_) > -DEEP_M)
    np.minimum.at(out, run[unclear & small], -1)
    out[run[opposite & ~small]] = 1
    return out


def clear(pairs: Sequence[tuple[Outline, Outline]], within: Array) -> tuple[Array, Array]:
    """By pair: the distance of the outlines, 0 where they overlap; and whether they overlap: 1, 0, or −1 where touching.

    `within` (n, 2, 2): a position well inside of each outline.
    """
    a, b = Figures.of([p for p, _ in pairs]), Figures.of([q for _, q in pairs])
    n = len(pairs)
    every = np.arange(n)
    between = np.full(n, np.inf)
    for f, g in ((a, b), (b, a)):
        points, owner = spread(f.starts, f.counts)
        between = np.minimum(between, gaps(f.corner[points], owner, g, every, n))
    between = between - a.radius - b.radius
    meets = np.zeros(n, dtype=int)
    polygons = np.flatnonzero((a.radius == 0) & (b.radius == 0))
    if len(polygons):
        meets[polygons] = crossing(a, polygons, b, polygons)
    for f, g, own in ((a, b, within[:, 0]), (b, a, within[:, 1])):
        points, owner = spread(f.starts, f.counts)
        points, owner = np.concatenate([f.corner[points], own]), np.concatenate([owner, every])
        fit = g.radius[owner] == 0
        points, owner = points[fit], owner[fit]
        hit = inside(points, owner, g, every)
        points, owner = points[hit], owner[hit]
        if not len(points):
            continue
        deep = gaps(points, np.arange(len(points)), g, owner, len(points)) + f.radius[owner]
        meets[owner[deep > DEEP_M]] = 1
        shallow = owner[deep <= DEEP_M]
        meets[shallow[meets[shallow] == 0]] = -1
    discs = (a.radius > 0) | (b.radius > 0)
    meets[discs & (between < -DEEP_M)] = 1
    meets[discs & (np.abs(between) <= DEEP_M) & (meets == 0)] = -1
    return np.where(meets == 1, 0.0, np.maximum(between, 0.0)), meets


def near_in_time_and_height(a: Volume, b: Volume, up_m: float, seconds: float) -> bool:
    """The rule of the design, in plain words of intervals."""
    starts, ends = max(a.starts_at, b.starts_at), min(a.ends_at, b.ends_at)
    low, high = max(a.lower_m, b.lower_m), min(a.upper_m, b.upper_m)
    in_time = starts < ends if seconds == 0 else (starts - ends).total_seconds() < seconds
    in_height = low < high if up_m == 0 else low - high < up_m
    return in_time and in_height
