"""Batch check: every pair of volumes that meets, against shapely's STRtree per hour with a vectorised exact filter.

Each engine runs in a process of its own, so that its peak memory is its own. Both start from the same list of volumes and make
what they need of it (shapes, boxes, trees) within the measured time. The peer works in one plane (equirectangular at the
middle latitude, in which an edge is a chord in longitude and latitude): the best a user would put together. Antalya's edges are
geodesics. The pairs are compared before any time is printed; they may differ only where less than 1 m decides.
"""

import multiprocessing
import time
from multiprocessing.connection import Connection

import numpy as np
import shapely
from numpy.typing import NDArray

from antalya.geometry.batch import join
from antalya.model import Minima, Volume
from benchmarks.plans import START, volumes
from benchmarks.table import Part, Row, peak_mb, times

NONE = Minima()
WITHIN_M = 1.0
"""A chord in longitude and latitude leaves the geodesic by 1.4 m on an edge of 10 km; edges here are shorter."""


def areas_of(plans: list[Volume]) -> NDArray[np.object_]:
    """Their outlines as polygons in the plane, metres."""
    rings = [v.outline.coordinates[0] for v in plans]  # type: ignore[union-attr]
    points = np.array([p for ring in rings for p in ring]) * (111_320 * np.cos(np.radians(35.75)), 110_990.0)
    ends = np.cumsum([0, *map(len, rings)])
    one_each = np.arange(len(plans) + 1)
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (ends, one_each)))


def peer(plans: list[Volume]) -> NDArray[np.int64]:
    """STRtree per 1 h slab; windows and bands first, then vectorised intersection."""
    areas = areas_of(plans)
    starts = np.array([(v.starts_at - START).total_seconds() for v in plans])
    ends = np.array([(v.ends_at - START).total_seconds() for v in plans])
    lower, upper = np.array([v.lower_m for v in plans]), np.array([v.upper_m for v in plans])
    found = []
    for hour in range(int(ends.max() // 3_600) + 1):
        here = np.flatnonzero((starts < (hour + 1) * 3_600) & (ends > hour * 3_600))
        left, right = shapely.STRtree(areas[here]).query(areas[here])
        i, j = here[left], here[right]
        first = np.maximum(starts[i], starts[j])
        near = (i < j) & (first // 3_600 == hour) & (first < np.minimum(ends[i], ends[j]))
        i, j = i[near], j[near]
        near = np.maximum(lower[i], lower[j]) < np.minimum(upper[i], upper[j])
        i, j = i[near], j[near]
        meet = shapely.intersects(areas[i], areas[j])
        found.append(np.column_stack([i[meet], j[meet]]))
    return np.concatenate(found)


def ours(plans: list[Volume]) -> NDArray[np.int64]:
    """Antalya's join, as `antalya check` uses it."""
    return np.array(join(plans, lambda _i, _j: NONE, NONE), dtype=np.int64).reshape(-1, 2)


ENGINES = {"ours": ours, "peer": peer}


def _child(engine: str, count: int, clustered: bool, answer: Connection) -> None:
    plans, work = volumes(count, clustered=clustered), ENGINES[engine]
    work(plans[:100])  # imports and first calls
    before, began = peak_mb(), time.perf_counter()
    pairs = work(plans)
    answer.send((time.perf_counter() - began, peak_mb() - before, pairs))
    answer.close()


def run(engine: str, count: int, clustered: bool) -> tuple[float, float, set[tuple[int, int]]]:
    """(seconds, MB on top of the volumes, pairs) of an engine in a process of its own."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(engine, count, clustered, sender))
    child.start()
    sender.close()
    try:
        seconds, megabytes, pairs = receiver.recv()
    except EOFError:
        raise RuntimeError(f"the engine {engine!r} failed") from None
    finally:
        child.join()
    return seconds, megabytes, {(i, j) for i, j in pairs.tolist()}


def decided_by_little(plans: list[Volume], pairs: list[tuple[int, int]]) -> bool:
    """Whether each pair is at the very limit: in the plane nearer than 1 m, and apart once one is made 1 m narrower."""
    areas = areas_of([plans[k] for pair in pairs for k in pair])
    one, other = areas[0::2], areas[1::2]
    touching = shapely.dwithin(one, other, WITHIN_M)
    deep = shapely.intersects(shapely.buffer(one, -WITHIN_M), other)
    return bool(np.all(touching & ~deep))


def compared(count: int, clustered: bool, ours: set[tuple[int, int]], theirs: set[tuple[int, int]]) -> int:
    """How many pairs only one engine has. Raises AssertionError if one of them is not decided by less than 1 m."""
    differ = sorted(ours ^ theirs)
    if differ and not decided_by_little(volumes(count, clustered=clustered), differ):
        raise AssertionError(f"{len(differ)} of {len(theirs)} pairs differ by more than {WITHIN_M} m: no time is worth printing")
    return len(differ)


def part(quick: bool) -> Part:
    """Uniform at two sizes, and clustered."""
    small, large = (2_000, 4_000) if quick else (10_000, 100_000)
    made, seconds, found = [], list[tuple[float, float]](), list[int]()
    for count, clustered in ((small, False), (large, False), (large, True)):
        theirs_s, theirs_mb, theirs = run("peer", count, clustered)
        ours_s, ours_mb, mine = run("ours", count, clustered)
        differ = compared(count, clustered, mine, theirs)
        kind = "clustered" if clustered else "uniform"
        made.append(Row(f"batch check, {count:,} volumes, {kind}: {len(mine):,} pairs ({differ} differ, by less than 1 m)",
                        f"{ours_s:.2f} s, {ours_mb:.0f} MB", "shapely STRtree an hour, in a plane",
                        f"{theirs_s:.2f} s, {theirs_mb:.0f} MB", theirs_s / ours_s))
        seconds.append((ours_s, theirs_s))
        found.append(len(mine))
    (a, b), (c, d), (e, f) = seconds
    return Part(made, [
        f"Batch, uniform, from {small:,} to {large:,} volumes ({times(large / small)}): pairs {times(found[1] / found[0])}, "
        f"Antalya's time {times(c / a)}, STRtree's {times(d / b)}.",
        f"Batch, {large:,} volumes, clustered instead of uniform: pairs {times(found[2] / found[1])}, Antalya's time "
        f"{times(e / c)}, STRtree's {times(f / d)}."])
