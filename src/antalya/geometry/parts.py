"""A batch join in parts, for several processes or machines: each pair belongs to exactly one part, by construction.

Rows are put in the order of the tree's curve over cells of place and time (`tree`), and cut into runs. A part is one run, its
own rows, with every later row that may come near one of them: its guests. Its pairs are those of an own row and any row
after it; so a pair belongs to the part of whichever row is first along the curve. Wide volumes come last along the curve: they
are guests wherever they reach, and a pair of two of them still belongs to one part. Boxes are in space, so that nothing is
special about the antimeridian and the poles.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from antalya.geometry import kernel, making, pairing, tree
from antalya.geometry.columns import Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.tree import DEPTH, FAN, Tree, hull, room, touching, widen

ROOM = 20_000


class Part(NamedTuple):
    """`rows`: of the columns, along the curve; the first `own` of them are its own, the others guests."""

    rows: Ints
    own: int


def parts(columns: Columns, table: Floats, size: int) -> Iterator[Part]:
    """The parts of a join by the minima of `table`, with about `size` own rows each (a multiple of `FAN` is made of it)."""
    if columns.size < 2:
        return
    whole = tree.tree(columns)
    most = table.reshape(-1, 3).max(axis=0)
    size = max(1, round(size / FAN)) * FAN
    for begin in range(0, columns.size, size):
        end = min(begin + size, columns.size)
        marks = _guests(begin, end, *whole, most, np.zeros(columns.size, np.bool_))
        mine = whole.order[np.concatenate([np.arange(begin, end), np.flatnonzero(marks)])]
        yield Part(mine.astype(np.int64), end - begin)


@compiled
def _guests(begin, end, boxes, order, levels, frame, most, marks):  # type: ignore[no-untyped-def]
    """Marks the places along the curve from `end` on that may come within `most` of one from `begin` to `end`."""
    box, by, stack, top = np.empty(10, np.int16), np.empty(5, np.int64), np.empty(DEPTH * FAN, np.int64), len(levels) - 2
    room(frame, most, by)
    for at in range(begin // FAN, -(-end // FAN)):
        hull(boxes, at, box)
        widen(box, by)
        stack[0], deep = levels[top] * 16 + top, 1
        while deep:
            deep -= 1
            block, level = stack[deep] // 16, stack[deep] % 16
            child, span, touched = (block - levels[level]) * FAN, FAN ** level, touching(boxes, block, box)
            while touched:
                if touched & 1 and level == 0 and child >= end:
                    marks[child] = True
                elif touched & 1 and level > 0 and (child + 1) * span > end:
                    stack[deep] = (levels[level - 1] + child) * 16 + level - 1
                    deep += 1
                touched >>= 1
                child += 1
    return marks


def found(columns: Columns, own: int, table: Floats, kind: Ints, group: Ints) -> Ints:
    """The pairs of a part whose rows `columns` are, and their verdicts, for `batch.decided`: (k, 3); single-threaded."""
    if columns.size < 2:
        return np.empty((0, 3), np.int64)
    columns = columns._replace(numbers=columns.numbers.copy())  # what came through a network may be read-only
    making.cores(0, columns.size, columns)
    boxed: Tree = tree.boxed(columns, np.arange(columns.size))
    corners = int(np.diff(columns.first).max())
    scratch, marks = np.empty((kernel.SCRATCH, corners)), np.empty((2, corners), np.int64)
    most, out, some = table.reshape(-1, 3).max(axis=0), np.empty((ROOM, 3), np.int64), list[Ints]()
    begin, end = 0, -(-own // FAN)
    while begin < end:
        begin, count = pairing.pairs(begin, end, *boxed, columns, kind, table, group, most, scratch, marks, out)
        some.append(out[:count].copy())
        if begin < end and count < len(out) // 2:  # one volume alone meets more than fit
            out = np.empty((2 * len(out), 3), np.int64)
    return np.concatenate(some)
