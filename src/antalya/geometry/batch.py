"""All pairs that meet among many volumes: candidates from a tree of boxes per slab of time, then the exact test.

Boxes are in degrees, widened by half the widest minimum (the midpoint of two points nearer than that lies in both boxes);
one that crosses the antimeridian stands twice, one near a pole spans all longitudes. Altitude and time are compared before
any geometry. A pair is looked at in the slab where the later of the two begins, so none is found twice or missed.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import shapely

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import Bools, Floats, Ints
from antalya.geometry.overlap import SAME_HEIGHT_M
from antalya.geometry.pairs import Pack, closer_of
from antalya.geometry.shape import Shape
from antalya.geometry.shape import shapes as prepared
from antalya.model.volume import Minima, Volume

QUERY = 4_000
"""Boxes looked up at once: bounds the memory where everything lies over everything."""
EXACT = 200_000
POLAR_DEG = 89.0
BULGE_M = 10.0
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Spans(NamedTuple):
    """Windows in microseconds since 1970 and altitude bands, row by row."""

    starts: Ints
    ends: Ints
    lower: Floats
    upper: Floats


def join(
    volumes: Sequence[Volume],
    minima_of: Callable[[int, int], Minima],
    widest: Minima,
    skip: Callable[[Ints, Ints], Bools] | None = None,
    progress: Callable[[int, int], None] | None = None,
    shapes: Sequence[Shape] | None = None,
) -> list[tuple[int, int]]:
    """Every pair (i, j), i < j, of volumes that meet: what `meet(volumes[i], volumes[j], minima_of(i, j))` finds; sorted.

    `widest` must be at least as wide as anything `minima_of` gives. `skip(i, j)` marks the pairs (by index arrays) that are
    of no interest, such as those of one party. `progress(done, total)` is called as the work goes on. `shapes`: the
    outlines prepared, if the caller has them; else raises what `shape` raises, `at` beginning with the volume's index.
    """
    if len(volumes) < 2:
        return []
    shapes = prepared([v.outline for v in volumes]) if shapes is None else shapes
    spans = _Spans(
        np.array([_microseconds(v.starts_at) for v in volumes]), np.array([_microseconds(v.ends_at) for v in volumes]),
        np.array([v.lower_m for v in volumes], dtype=np.float64), np.array([v.upper_m for v in volumes], dtype=np.float64),
    )
    pack = Pack(shapes)
    found: set[tuple[int, int]] = set()
    for i, j, done in _candidates(pack, spans, widest):
        if skip is not None and len(i):
            keep = ~skip(i, j)
            i, j = i[keep], j[keep]
        for k in range(0, len(i), EXACT):
            found.update(_exact(pack, spans, i[k:k + EXACT], j[k:k + EXACT], minima_of))
        if progress:
            progress(done, len(volumes))
    return sorted(found)


def _microseconds(moment: datetime) -> int:
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _exact(
    pack: Pack, spans: _Spans, i: Ints, j: Ints, minima_of: Callable[[int, int], Minima]
) -> list[tuple[int, int]]:
    """The pairs among (i, j) that meet by their own minima."""
    each = [minima_of(a, b) for a, b in zip(i.tolist(), j.tolist(), strict=True)]
    across, up, seconds = np.array([(m.across_m, m.up_m, m.seconds) for m in each]).reshape(-1, 3).T
    keep = _near(spans, i, j, up, seconds)
    i, j = i[keep], j[keep]
    keep = closer_of(pack, i, j, across[keep])
    return list(zip(i[keep].tolist(), j[keep].tolist(), strict=True))


def _near(spans: _Spans, i: Ints, j: Ints, up: Floats, seconds: Floats) -> Bools:
    """Where windows and bands are nearer than the minima: as `overlap.near_in_time_and_height`."""
    first, last = np.maximum(spans.starts[i], spans.starts[j]), np.minimum(spans.ends[i], spans.ends[j])
    low, high = np.maximum(spans.lower[i], spans.lower[j]), np.minimum(spans.upper[i], spans.upper[j])
    near: Bools = np.where(seconds > 0, np.maximum(first - last, 0) / 1e6 < seconds, first < last)
    near &= np.where(up > 0, low - high < up - SAME_HEIGHT_M, low < high - SAME_HEIGHT_M)
    return near


def _candidates(pack: Pack, spans: _Spans, widest: Minima) -> Iterator[tuple[Ints, Ints, int]]:
    """Pairs i < j whose boxes, windows and bands come within the widest minima, and how many volumes are done with."""
    boxes, owner = _boxes(pack, widest.across_m)
    room = int(np.ceil(widest.seconds * 1e6))
    length = spans.ends - spans.starts + room
    slab = max(int(length.mean()), int(np.ptp(spans.starts) / max(1, len(length) / 64)), 1)
    origin = spans.starts.min()
    first = (spans.starts - origin) // slab
    last = (spans.starts + length - origin) // slab
    row = np.repeat(np.arange(len(owner)), (last - first + 1)[owner])
    count = (last - first + 1)[owner]
    which = first[owner[row]] + np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    order = np.argsort(which, kind="stable")
    row, which = row[order], which[order]
    edges = np.flatnonzero(np.diff(which)) + 1
    done = 0
    for rows, number in zip(np.split(row, edges), which[np.append(0, edges)], strict=True):
        mine = owner[rows]
        done += int(np.unique(mine[last[mine] == number]).size)
        for i, j in _pairs(boxes[rows], mine):
            near = np.maximum(first[i], first[j]) == number
            i, j = i[near], j[near]
            near = _near(spans, i, j, np.full(len(i), widest.up_m), np.full(len(i), widest.seconds))
            yield i[near], j[near], done
        yield np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), done


def _pairs(boxes: Floats, owner: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of owners i < j whose boxes (west, south, east, north) touch."""
    if len(boxes) < 2:
        return
    areas = shapely.box(*boxes.T)
    tree = shapely.STRtree(areas)
    for k in range(0, len(areas), QUERY):
        left, right = tree.query(areas[k:k + QUERY])
        i, j = owner[left + k], owner[right]
        yield i[i < j], j[i < j]


def _boxes(pack: Pack, across_m: float) -> tuple[Floats, Ints]:
    """Boxes (west, south, east, north) in degrees that hold all points within half of `across_m`, and whose they are."""
    owner = np.repeat(np.arange(len(pack.shapes)), pack.counts[0])
    lon, lat = ellipsoid.to_degrees(pack.points)
    off = (lon - pack.lon[owner] + 180) % 360 - 180
    start = pack.starts[0]
    room = (pack.disc + across_m / 2 + BULGE_M) / ellipsoid.LEAST_RADIUS
    south = np.minimum.reduceat(lat, start) - np.degrees(room)
    north = np.maximum.reduceat(lat, start) + np.degrees(room)
    high = np.maximum(np.abs(south), np.abs(north))  # its own room within: on the safe side
    polar = high > POLAR_DEG
    polar |= np.abs(pack.lat) + np.degrees((pack.radius + across_m) / ellipsoid.LEAST_RADIUS) > POLAR_DEG
    beside = np.degrees(np.arcsin(np.minimum(np.sin(room) / np.cos(np.radians(np.minimum(high, POLAR_DEG))), 1.0)))
    west = np.where(polar, -180.0, pack.lon + np.minimum.reduceat(off, start) - beside)
    east = np.where(polar, 180.0, pack.lon + np.maximum.reduceat(off, start) + beside)
    south = np.where(polar & (pack.lat < 0), -90.0, south)
    north = np.where(polar & (pack.lat > 0), 90.0, north)
    boxes = np.stack([west, south, east, north], axis=1)
    index = np.arange(len(boxes))
    over, under = np.flatnonzero(east > 180), np.flatnonzero(west < -180)
    turn = np.array([360.0, 0.0, 360.0, 0.0])
    return np.concatenate([boxes, boxes[over] - turn, boxes[under] + turn]), np.concatenate([index, over, under])
