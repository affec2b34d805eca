"""All pairs that meet among many volumes: candidates from a packed tree, decided by the compiled kernel, and exactly by
shapes wherever that is unsure. A few volumes are compared one by one."""

import threading
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from antalya.geometry import touch
from antalya.geometry.columns import Columns
from antalya.geometry.ellipsoid import Bools, Floats, Ints
from antalya.geometry.shape import Shape, shape

Pairs: TypeAlias = NDArray[np.int64]
"""(k, 2): two rows, the least first; sorted."""

FEW = 150
"""Up to so many volumes, or …"""
FEW_PAIRS = 2_000
"""… so many pairs near each other, the compiled code takes longer to load than it saves."""
SAME_HEIGHT_M = 1e-6
ROOM = 200_000
"""Pairs found at a time by a thread."""
SPAN = 125
"""Blocks of rows looked at by a thread at a time."""


def join(columns: Columns, table: Floats, kind: Ints | None = None, group: Ints | None = None, *,
         shape_of: Callable[[int], Shape] | None = None, progress: Callable[[int, int], None] | None = None,
         few: int = FEW) -> Pairs:
    """Every pair of volumes that meet, as `overlap.meet` finds them one by one.

    `table` (k, k, 3): metres across, metres up and seconds between volumes of each two kinds; `kind` (m): each volume's (0
    for all, unless given). Volumes of the same `group` (m) are of no interest to each other. `shape_of`: the prepared shape
    of a row, if the caller has it; else it is made of the columns. `progress(done, total)` is called as the work goes on.
    `few`: up to so many volumes are compared one by one.
    """
    if columns.size < 2:
        return np.empty((0, 2), np.int64)
    kind, table = np.zeros(columns.size, np.int64) if kind is None else kind, np.asarray(table, dtype=np.float64)
    group = np.arange(columns.size) if group is None else group
    found = _compared(columns, table, kind, group) if columns.size <= few else None
    if found is None:
        found = np.concatenate(list(_found(columns, table, kind, group, progress or (lambda done, total: None))))
    elif progress:
        progress(columns.size, columns.size)
    return decided(found, columns, table, kind, shape_of)


def decided(found: Pairs, columns: Columns, table: Floats, kind: Ints, shape_of: Callable[[int], Shape] | None = None) -> Pairs:
    """The pairs that meet, of those with a verdict (k, 3): two rows, the least first, then 1 for sure or 2 for unsure (see
    `plane`), which shapes decide."""
    made: dict[int, Shape] = {}

    def prepared(row: int) -> Shape:
        if row not in made:
            made[row] = shape_of(row) if shape_of else shape(columns.outline(row))
        return made[row]
    keep = found[:, 2] == 1
    for k in np.flatnonzero(found[:, 2] == 2).tolist():
        i, j = found[k, 0], found[k, 1]
        keep[k] = touch.closer(prepared(int(i)), prepared(int(j)), float(table[kind[i], kind[j], 0]))
    return _sorted(found[keep, :2])


def _sorted(pairs: Pairs) -> Pairs:
    """By the first row, then the second."""
    keys = np.sort(pairs[:, 0] << 32 | pairs[:, 1])
    return np.column_stack([keys >> 32, keys & 0xFFFFFFFF])


def _compared(columns: Columns, table: Floats, kind: Ints, group: Ints) -> Pairs | None:
    """Pairs near each other by windows, bands and caps, all to be looked at; None where they are many."""
    i, j = np.triu_indices(columns.size, 1)
    keep = group[i] != group[j]
    i, j = i[keep], j[keep]
    keep = near_rows(columns, i, j, table[kind[i], kind[j]])
    if keep.sum() > FEW_PAIRS:
        return None
    return np.column_stack([i[keep], j[keep], np.full(int(keep.sum()), 2)])


def near_rows(c: Columns, i: Ints, j: Ints, minima: Floats) -> Bools:
    """As `kernel.near`, row by row; `minima` (n, 3) or (1, 3)."""
    across, up, seconds = minima.T
    first, last = np.maximum(c.starts[i], c.starts[j]), np.minimum(c.ends[i], c.ends[j])
    low, high = np.maximum(c.lower[i], c.lower[j]), np.minimum(c.upper[i], c.upper[j])
    near: Bools = np.where(seconds > 0, np.maximum(first - last, 0) / 1e6 < seconds, first < last)
    same = np.minimum(SAME_HEIGHT_M, np.minimum(c.upper[i] - c.lower[i], c.upper[j] - c.lower[j]) / 2)
    near &= np.where(up > 0, low - high < up - SAME_HEIGHT_M, high - low > same)
    between = c.origin[i] - c.origin[j]
    near &= np.einsum("ni,ni->n", between, between) <= (c.radius[i] + c.radius[j] + across) ** 2
    return near


def _found(columns: Columns, table: Floats, kind: Ints, group: Ints, progress: Callable[[int, int], None]) -> Iterator[Pairs]:
    """Pairs and verdicts, some at a time, on all cores."""
    from antalya.geometry import kernel, making, pairing, tree
    boxed = tree.tree(columns)
    making.run(making.cores, columns.size, columns)
    most = table.reshape(-1, 3).max(axis=0)
    corners = int(np.diff(columns.first).max())
    mine = threading.local()

    def work(begin: int, end: int) -> list[Pairs]:
        if not hasattr(mine, "out"):
            mine.scratch, mine.marks = np.empty((kernel.SCRATCH, corners)), np.empty((2, corners), np.int64)
            mine.out = np.empty((ROOM, 3), np.int64)
        parts, out = [], mine.out
        while begin < end:
            begin, count = pairing.pairs(begin, end, *boxed, columns, kind, table, group, most, mine.scratch, mine.marks, out)
            parts.append(out[:count].copy())
            if begin < end and count < len(out) // 2:  # one volume alone meets more than fit
                out = mine.out = np.empty((2 * len(out), 3), np.int64)
        return parts

    spans = range(0, boxed.blocks, SPAN)
    for begin, parts in zip(spans, making.pool().map(work, spans, [min(b + SPAN, boxed.blocks) for b in spans]), strict=True):
        yield from parts
        progress(columns.size * min(begin + SPAN, boxed.blocks) // boxed.blocks, columns.size)
