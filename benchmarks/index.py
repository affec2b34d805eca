"""One volume asked against all that stand: candidates and exact meeting, in process.

The peer is shapely's STRtree over the same volumes in Mercator, asked with a widened box, its answers filtered by windows and
bands, then by vectorised `dwithin`: the same rule as `batch`. Both are asked with volumes that are prepared (columns here, a
polygon and its scale there), one after the other, in three turns; of each volume's three times the middle one counts, so that a
moment in which the machine did something else is nobody's. The answers are compared before any time is printed.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from antalya.geometry.columns import of_degrees
from antalya.geometry.index import Index, warm
from antalya.geometry.shape import shape
from antalya.geometry.touch import distance_m
from benchmarks.batch import RULE, WITHIN_M, mercator
from benchmarks.plans import Plans, plans
from benchmarks.table import Part, Row, times

TURNS = 3


def turns(ask: Callable[[int], object], count: int) -> NDArray[np.float64]:
    """Seconds that each of so many took, the middle one of its turns."""
    took = np.empty((TURNS, count))
    for turn in range(TURNS):
        for k in range(count):
            began = time.perf_counter()
            ask(k)
            took[turn, k] = time.perf_counter() - began
    middle: NDArray[np.float64] = np.median(took, axis=0)
    return middle


def ours(made: Plans, asked: Plans) -> tuple[NDArray[np.float64], list[set[int]], float]:
    """Seconds and answers of each, and MB of the index."""
    warm()
    index = Index()
    index.load(np.arange(len(made.disc)), np.zeros(len(made.disc), np.uint8), of_degrees(*made))
    columns = of_degrees(*asked)
    ones = [columns.rows(np.array([k])) for k in range(columns.size)]
    took = turns(lambda k: index.near(ones[k], (RULE,)), len(ones))
    return took, [set(index.near(one, (RULE,))) for one in ones], index.nbytes / 1e6


def peer(made: Plans, asked: Plans) -> tuple[NDArray[np.float64], list[set[int]]]:
    """The same with shapely."""
    areas, scale = mercator(made)
    wanted, scales = mercator(asked)
    tree, room = shapely.STRtree(areas), int(RULE.seconds * 1e6)

    def ask(k: int) -> NDArray[np.int64]:
        one: Any = wanted[k]
        limit = RULE.across_m * scales[k]
        west, south, east, north = one.bounds
        j = tree.query(shapely.box(west - 1.01 * limit, south - 1.01 * limit, east + 1.01 * limit, north + 1.01 * limit))
        j = j[(made.starts[j] < asked.ends[k] + room) & (made.ends[j] > asked.starts[k] - room)
              & (made.lower[j] < asked.upper[k] + RULE.up_m) & (made.upper[j] > asked.lower[k] - RULE.up_m)]
        found: NDArray[np.int64] = j[shapely.dwithin(areas[j], one, RULE.across_m * (scale[j] + scales[k]) / 2)]
        return found

    return turns(ask, len(wanted)), [set(ask(k).tolist()) for k in range(len(wanted))]


def compared(made: Plans, asked: Plans, mine: list[set[int]], theirs: list[set[int]]) -> int:
    """How many answers only one has. Raises AssertionError if one of them is not decided by less than 2 m."""
    first, second, differ = of_degrees(*made), of_degrees(*asked), 0
    for k, (a, b) in enumerate(zip(mine, theirs, strict=True)):
        for j in a ^ b:
            differ += 1
            off = distance_m(shape(second.outline(k)), shape(first.outline(j)))
            if abs(off - RULE.across_m) > WITHIN_M:
                raise AssertionError(f"volumes {off:.2f} m apart: no time is worth printing")
    return differ


def part(quick: bool) -> Part:
    """At two sizes, uniform and clustered."""
    sizes, tries = ((2_000, 4_000), 60) if quick else ((100_000, 1_000_000), 3_000)
    rows, seen = [], dict[tuple[int, bool], tuple[float, float]]()
    for count in sizes:
        for clustered in (False, True):
            made, asked = plans(count, clustered=clustered), plans(tries, clustered=clustered, seed=99)
            gc.disable()
            mine_s, mine, megabytes = ours(made, asked)
            theirs_s, theirs = peer(made, asked)
            gc.enable()
            differ = compared(made, asked, mine, theirs)
            (a, b), (c, d) = (np.percentile(s * 1e6, [50, 99]) for s in (mine_s, theirs_s))
            kind, found = "clustered" if clustered else "uniform", sum(map(len, mine))
            rows.append(Row(f"one volume against {count:,}, {kind}, {tries:,} times: {found:,} met ({differ} differ, by less "
                            f"than 2 m)", f"p50 {a:.0f} µs, p99 {b:.0f} µs; {megabytes:,.0f} MB",
                            "shapely STRtree, dwithin", f"p50 {c:.0f} µs, p99 {d:.0f} µs", d / b))
            seen[count, clustered] = a, b
    small, large = sizes
    said = [f"One volume, {'clustered' if c else 'uniform'}, against {large:,} instead of {small:,}: p50 "
            f"{times(seen[large, c][0] / seen[small, c][0])}, p99 {times(seen[large, c][1] / seen[small, c][1])}."
            for c in (False, True)]
    return Part(rows, said)
