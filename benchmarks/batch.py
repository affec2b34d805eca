"""Batch check: every pair of volumes that meets, against shapely's STRtree per hour with a vectorised exact filter.

The peer works in one plane (equirectangular at the middle latitude), the best a user would put together; Antalya's join keeps
geodesics. Pairs are compared first: they may differ only where the plane is wrong, by the touch of a corner.
"""

import time
from collections.abc import Callable

import numpy as np
import shapely

from antalya.geometry.batch import join
from antalya.model import Minima, Volume
from benchmarks.plans import START, volumes
from benchmarks.table import Row

NONE = Minima()


def peer(plans: list[Volume]) -> set[tuple[int, int]]:
    """STRtree per 1 h slab; windows and bands first, then vectorised intersection."""
    scale = np.array([111_320 * np.cos(np.radians(35.75)), 110_990.0])
    areas = shapely.polygons([shapely.linearrings(np.array(v.outline.coordinates[0]) * scale) for v in plans])  # type: ignore[union-attr]
    starts = np.array([(v.starts_at - START).total_seconds() for v in plans])
    ends = np.array([(v.ends_at - START).total_seconds() for v in plans])
    lower, upper = np.array([v.lower_m for v in plans]), np.array([v.upper_m for v in plans])
    found: set[tuple[int, int]] = set()
    for hour in range(int(ends.max() // 3_600) + 1):
        here = np.flatnonzero((starts < (hour + 1) * 3_600) & (ends > hour * 3_600))
        left, right = shapely.STRtree(areas[here]).query(areas[here])
        i, j = here[left], here[right]
        near = (i < j) & (np.maximum(starts[i], starts[j]) // 3_600 == hour) & (np.maximum(starts[i], starts[j]) <
                np.minimum(ends[i], ends[j])) & (np.maximum(lower[i], lower[j]) < np.minimum(upper[i], upper[j]))
        i, j = i[near], j[near]
        meet = shapely.relate_pattern(areas[i], areas[j], "T********")
        found.update(zip(i[meet].tolist(), j[meet].tolist(), strict=True))
    return found


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """(seconds, result)."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def rows(quick: bool) -> list[Row]:
    """Uniform and clustered."""
    count = 2_000 if quick else 100_000
    made = []
    for clustered in (False, True):
        plans = volumes(count, clustered=clustered)
        theirs_s, theirs = timed(lambda plans=plans: peer(plans))  # type: ignore[misc]
        ours_s, ours = timed(lambda plans=plans: set(join(plans, lambda _i, _j: NONE, NONE)))  # type: ignore[misc]
        assert isinstance(ours, set)
        assert isinstance(theirs, set)
        differ = len(ours ^ theirs)
        if differ > max(3, len(theirs) // 1_000):
            raise AssertionError(f"{differ} of {len(theirs)} pairs differ: no time is worth printing")
        kind = "clustered" if clustered else "uniform"
        made.append(Row(f"batch check, {count:,} volumes, {kind}, {len(ours):,} pairs ({differ} differ)", f"{ours_s:.2f} s",
                        "shapely STRtree per hour, in a plane", f"{theirs_s:.2f} s", theirs_s / ours_s))
    return made
