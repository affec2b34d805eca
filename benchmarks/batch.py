"""Batch join: every pair of volumes nearer than 500 m, 100 m of height and 5 minutes, by geodesic distance.

The peer is the best a user would put together of shapely: an STRtree for each hour, windows and bands compared first, then
vectorised `dwithin`, on all cores. Mercator makes the distance rule right for it: its scale at a pair's latitude is the
pair's own. Both start from the same arrays of degrees and make what they need of them within the measured time; each runs in
a process of its own, so that its peak memory is its own. The pairs are compared before any time is printed; they may differ
only where less than 2 m decides (the peer's edges are rhumb lines, its scale is that of a pair's middle).
"""

import itertools
import multiprocessing
import os
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

import numpy as np
import shapely
from numpy.typing import NDArray

from antalya.geometry import ellipsoid
from antalya.geometry.batch import join
from antalya.geometry.columns import of_degrees
from antalya.geometry.shape import shape
from antalya.geometry.touch import distance_m
from antalya.model import Minima
from benchmarks.plans import Plans, plans
from benchmarks.table import Part, Row, peak_mb, times

RULE = Minima(across_m=500, up_m=100, seconds=300)
WITHIN_M = 2.0
HOUR = 3_600_000_000


def ours(made: Plans) -> NDArray[np.int64]:
    """Antalya's join."""
    return join(of_degrees(*made), np.array([[[RULE.across_m, RULE.up_m, RULE.seconds]]]))


def mercator(made: Plans) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Polygons in Mercator's plane, and the scale at each one's middle latitude."""
    eccentric, phi = np.sqrt(ellipsoid.E2), np.radians(made.lat)
    sine = np.sin(phi)
    north = np.arctanh(sine) - eccentric * np.arctanh(eccentric * sine)
    points = np.column_stack([ellipsoid.A * np.radians(made.lon), ellipsoid.A * north])
    areas = shapely.from_ragged_array(shapely.GeometryType.POLYGON, points, (made.first, np.arange(len(made.first))))
    middle = np.add.reduceat(phi, made.first[:-1]) / np.diff(made.first)
    scale = np.asarray(np.sqrt(1 - ellipsoid.E2 * np.sin(middle) ** 2) / np.cos(middle))
    return np.asarray(areas), scale


def peer(made: Plans) -> NDArray[np.int64]:
    """STRtree an hour in Mercator, then `dwithin`."""
    areas, scale = mercator(made)
    boxes = shapely.bounds(areas)
    room = RULE.across_m * scale * 1.01
    wide = shapely.box(boxes[:, 0] - room, boxes[:, 1] - room, boxes[:, 2] + room, boxes[:, 3] + room)
    starts, ends = made.starts - made.starts.min(), made.ends - made.starts.min() + int(RULE.seconds * 1e6)

    def hour(number: int) -> NDArray[np.int64]:
        here = np.flatnonzero((starts < (number + 1) * HOUR) & (ends > number * HOUR))
        left, right = shapely.STRtree(areas[here]).query(wide[here])
        i, j = here[left], here[right]
        first = np.maximum(starts[i], starts[j])
        near = (i < j) & (first // HOUR == number) & (first < np.minimum(ends[i], ends[j]))
        i, j = i[near], j[near]
        near = np.maximum(made.lower[i], made.lower[j]) - np.minimum(made.upper[i], made.upper[j]) < RULE.up_m
        i, j = i[near], j[near]
        meet = shapely.dwithin(areas[i], areas[j], RULE.across_m * (scale[i] + scale[j]) / 2)
        return np.column_stack([i[meet], j[meet]])
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(hour, range(int(ends.max() // HOUR) + 1))))


ENGINES = {"ours": ours, "peer": peer}


def _child(engine: str, count: int, clustered: bool, answer: Connection) -> None:
    made, work = plans(count, clustered=clustered), ENGINES[engine]
    work(plans(2_000))  # imports and first calls
    before, took = peak_mb(), []
    for _ in range(3 if count <= 100_000 else 1):
        began = time.perf_counter()
        pairs = work(made)
        took.append(time.perf_counter() - began)
    keys = np.sort(np.minimum(pairs[:, 0], pairs[:, 1]) << 32 | np.maximum(pairs[:, 0], pairs[:, 1]))
    answer.send((min(took), peak_mb() - before))
    answer.send_bytes(keys.tobytes())
    answer.close()


def run(engine: str, count: int, clustered: bool) -> tuple[float, float, NDArray[np.int64]]:
    """(seconds: the best of three up to 100,000 volumes; MB on top of the arrays; pairs as sorted keys) of an engine in a
    process of its own."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(engine, count, clustered, sender))
    child.start()
    sender.close()
    try:
        seconds, megabytes = receiver.recv()
        keys = np.frombuffer(receiver.recv_bytes(), dtype=np.int64)
    except EOFError:
        raise RuntimeError(f"the engine {engine!r} failed") from None
    finally:
        child.join()
    return seconds, megabytes, keys


def compared(count: int, clustered: bool, ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> int:
    """How many pairs only one engine has. Raises AssertionError if one of them is not decided by less than 2 m."""
    differ = np.setxor1d(ours, theirs)
    columns = of_degrees(*plans(count, clustered=clustered))
    for i, j in zip((differ >> 32).tolist(), (differ & 0xFFFFFFFF).tolist(), strict=True):
        off = distance_m(shape(columns.outline(i)), shape(columns.outline(j)))
        if abs(off - RULE.across_m) > WITHIN_M:
            raise AssertionError(f"the volumes {i} and {j} are {off:.2f} m apart: no time is worth printing")
    return len(differ)


def part(quick: bool) -> Part:
    """Uniform and clustered, at two sizes."""
    sizes = (2_000,) if quick else (100_000, 1_000_000)
    small, large = sizes[0], sizes[-1]
    made, seconds = [], dict[tuple[int, bool], tuple[float, float, int]]()
    kinds = (True,) if quick else (False, True)
    for count, clustered in itertools.product(sizes, kinds):
        theirs_s, theirs_mb, theirs = run("peer", count, clustered)
        ours_s, ours_mb, mine = run("ours", count, clustered)
        differ = compared(count, clustered, mine, theirs)
        kind = "clustered" if clustered else "uniform"
        made.append(Row(f"batch join, {count:,} volumes, {kind}: {len(mine):,} pairs ({differ} differ, by less than 2 m)",
                        f"{ours_s:.2f} s, {ours_mb:,.0f} MB", "shapely STRtree an hour, dwithin, all cores",
                        f"{theirs_s:.2f} s, {theirs_mb:,.0f} MB", theirs_s / ours_s))
        seconds[count, clustered] = ours_s, theirs_s, len(mine)
    said = []
    for clustered in kinds:
        (a, b, c), (d, e, f) = seconds[small, clustered], seconds[large, clustered]
        said.append(f"Batch, {'clustered' if clustered else 'uniform'}, from {small:,} to {large:,} volumes "
                    f"({times(large / small)}): pairs {times(f / c)}, Antalya's time {times(d / a)}, STRtree's {times(e / b)}.")
    return Part(made, said)
