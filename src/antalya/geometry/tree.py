"""A packed tree of boxes over columns, compiled (numba): in space, altitude and time at once, for any spread of sizes.

Rows are put in the order of a curve (`curve`) and boxed `FAN` by `FAN`. Boxes hold caps; what they let through is decided by
`kernel`. The boxes of a block stand side by side in short floats, rounded outwards, so that a processor compares all of them
at once. Source: Kamel and Faloutsos 1993 (packed R-trees, by a curve).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from antalya.geometry import making
from antalya.geometry.columns import CORE, LOWER, ORIGIN, RADIUS, UPPER, Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.curve import along, every
from antalya.geometry.ellipsoid import Ints
from antalya.geometry.glance import fetched, glance
from antalya.geometry.held import KEY, STATE
from antalya.geometry.kernel import cores_near, meets, near
from antalya.geometry.opening import ask, opened
from antalya.geometry.plane import NO, UNSURE

FAN = 16
DEPTH = 12
FEW = 100
SLACK = 1.0
"""Metres or seconds by which boxes are wider than need be, and …"""
LOSS = 3e-7
"""… the part of a number: five times what a short float loses of it."""


class Tree(NamedTuple):
    """`boxes` (k, 10, FAN), block by block: least and greatest time, x, y, z, altitude of the rows in `order`, `FAN` in a block;
    then of each block, and so on up to a single one. `levels`: where the blocks of each level begin, and the end. `since`:
    the microseconds since 1970 from which the boxes' seconds are counted."""

    boxes: NDArray[np.float32]
    order: Ints
    levels: Ints
    since: int

    @property
    def nbytes(self) -> int:
        """Bytes it takes."""
        return self.boxes.nbytes + self.order.nbytes + self.levels.nbytes

    @property
    def blocks(self) -> int:
        """Blocks of rows."""
        return int(self.levels[1])


def tree(columns: Columns, begin: int = 0, end: int | None = None) -> Tree:
    """The tree over the rows from `begin` to `end` (all), at least one."""
    end = columns.size if end is None else end
    rows = Columns(columns.points, columns.codes, columns.first[begin:end + 1], columns.numbers[begin:end],
                   columns.windows[begin:end])
    return boxed(columns, along(rows) + begin)


def boxed(columns: Columns, order: Ints) -> Tree:
    """The tree over rows in an order that is given, at least one."""
    sizes = [-(-len(order) // FAN)]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // FAN))
    levels = np.cumsum([0, *sizes])
    since = int(np.median(columns.starts[order[::every(len(order))]]))
    boxes = np.empty((int(levels[-1]), 10, FAN), np.float32)
    making.run(_row_blocks, sizes[0], columns, order, since, boxes)
    for level in range(1, len(sizes)):
        _block_blocks(boxes, int(levels[level - 1]), int(levels[level]), int(levels[level + 1]))
    return Tree(boxes, order, levels, since)


@compiled
def _row_blocks(begin, end, c, order, since, boxes):  # type: ignore[no-untyped-def]
    box = np.empty(10)
    for block in range(begin, end):
        for lane in range(FAN):
            at = block * FAN + lane
            if at < len(order):
                _row_box(c, order[at], since, box)
            for side in range(10):
                boxes[block, side, lane] = box[side] if at < len(order) else np.inf if side % 2 == 0 else -np.inf


@compiled
def _row_box(c, k, since, box):  # type: ignore[no-untyped-def]
    box[0], box[1] = (c.windows[k, 0] - since) / 1e6, (c.windows[k, 1] - since) / 1e6
    for axis in range(3):
        box[2 + 2 * axis] = c.numbers[k, ORIGIN + axis] - c.numbers[k, RADIUS]
        box[3 + 2 * axis] = c.numbers[k, ORIGIN + axis] + c.numbers[k, RADIUS]
    box[8], box[9] = c.numbers[k, LOWER], c.numbers[k, UPPER]
    for side in range(0, 10, 2):
        box[side] -= SLACK + LOSS * abs(box[side])
        box[side + 1] += SLACK + LOSS * abs(box[side + 1])


@compiled
def _block_blocks(boxes, below, begin, end):  # type: ignore[no-untyped-def]
    box = np.empty(10, np.float32)
    for block in range(begin, end):
        for lane in range(FAN):
            child = below + (block - begin) * FAN + lane
            hull(boxes, child, box, child < begin)
            for side in range(10):
                boxes[block, side, lane] = box[side]


@compiled
def hull(boxes, block, box, there):  # type: ignore[no-untyped-def]
    """The box about all of a block; an empty one if it is not there."""
    for side in range(10):
        value = np.float32(np.inf if side % 2 == 0 else -np.inf)
        if there:
            for lane in range(FAN):
                value = max(value, boxes[block, side, lane]) if side % 2 else min(value, boxes[block, side, lane])
        box[side] = value


@compiled
def touching(boxes, block, box):  # type: ignore[no-untyped-def]
    """Which boxes of a block touch another one, a bit each. The loop's end is not known when this is compiled, for only so are
    the boxes compared at once."""
    t0, t1, x0, x1, y0, y1, z0, z1, h0, h1 = box[0], box[1], box[2], box[3], box[4], box[5], box[6], box[7], box[8], box[9]
    found = np.int32(0)
    for k in range(boxes.shape[2]):
        touch = ((boxes[block, 0, k] <= t1) & (boxes[block, 1, k] >= t0) & (boxes[block, 2, k] <= x1) & (boxes[block, 3, k] >= x0)
                 & (boxes[block, 4, k] <= y1) & (boxes[block, 5, k] >= y0) & (boxes[block, 6, k] <= z1)
                 & (boxes[block, 7, k] >= z0) & (boxes[block, 8, k] <= h1) & (boxes[block, 9, k] >= h0))
        found |= (np.int32(1) << np.int32(k)) if touch else np.int32(0)
    return found


@compiled
def widen(box, most):  # type: ignore[no-untyped-def]
    """`most`: metres across, metres up, seconds."""
    for side in range(0, 10, 2):
        by = most[2] if side == 0 else most[1] if side == 8 else most[0]
        box[side] -= by + LOSS * by
        box[side + 1] += by + LOSS * by


@compiled
def around(boxes, order, levels, since, begin, end, c, words, row, q, which, most, table, pair, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Keys of those held rows `c`, or `words`, of a tree, and from `begin` to `end` behind it, that count and come within minima
    of one of other columns `q`, or may, into `out`, sorted; how many; more than fit: nothing is in it, but so many would do.

    A row's kind is its row in `table` (k, 3), its minima; `most`: as wide as any of them. The one asked for is written to `row`,
    where there is room for it, and to the columns `pair`, which have room for two.
    """
    ask(c, row, q, which, pair)
    box, stack, found, seen = np.empty(10, np.float32), np.empty(DEPTH * FAN, np.int64), 0, np.float32(0)
    _row_box(c, row, since, box)
    widen(box, most)
    top = len(levels) - 2
    stack[0], deep = levels[top] * 16 + top, 1 if len(order) else 0
    while deep:
        deep -= 1
        block, level = stack[deep] // 16, stack[deep] % 16
        child, touched = (block - levels[level]) * FAN, touching(boxes, block, box)
        while touched:
            if touched & 1 and level:
                below = levels[level - 1] + child
                stack[deep] = below * 16 + level - 1
                deep += 1
                for side in range(10):  # so that it is in the processor's cache when its turn comes
                    seen += boxes[below, side, 0]
            elif touched & 1:
                if found < len(out):
                    out[found] = order[child]
                    seen += np.float32(c.numbers[out[found], 0] + c.numbers[out[found], CORE])  # so is what `_weighed` looks at
                found += 1
            touched >>= 1
            child += 1
    for other in range(begin, end):
        if _counts_near(c, words, row, other, table):
            if found < len(out):
                out[found] = other
            found += 1
    scratch[0, 0] = seen
    return found if found > len(out) else _weighed(c, words, row, found, table, pair, scratch, marks, out)


@compiled
def _counts_near(c, words, row, other, table):  # type: ignore[no-untyped-def]
    kind = words[other, STATE]
    return kind >= 0 and near(c, row, other, table[kind, 0], table[kind, 1], table[kind, 2])


@compiled
def _weighed(c, words, row, found, table, pair, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Puts the keys of those of the rows in `out` that come within minima of one, or may, in their place, sorted, each once; how
    many. What all of them need is read first, for then the processor fetches it at once, instead of waiting for one after the
    other."""
    small, seen, kept, unsure = np.empty((2, 4)), 0.0, 0, 0
    for k in range(found):
        other = out[k]
        if not _counts_near(c, words, row, other, table):
            continue
        if cores_near(c, row, other, table[words[other, STATE], 0]):  # before those that are to be looked at more closely
            out[kept + unsure], out[kept] = out[kept], other
            kept += 1
        else:
            out[kept + unsure] = other
            unsure += 1
    for k in range(kept, kept + unsure):
        seen += fetched(c, out[k], 8)
    scratch[0, 0] = seen
    for k in range(kept, kept + unsure):
        other = out[k]
        across = table[words[other, STATE], 0]
        wide = across + opened(c, other, pair)
        verdict = glance(pair, 0, 1, wide) if across > 0 else UNSURE
        if verdict == UNSURE:
            making.lie(pair.numbers[1])
            verdict = meets(pair, 0, 1, wide, scratch, marks, small)
        if verdict != NO:
            out[kept] = other
            kept += 1
    _sorted(out, kept)  # keys grow with rows
    keys = 0
    for k in range(kept):
        key = words[out[k], KEY]
        if keys == 0 or key != out[keys - 1]:
            out[keys] = key
            keys += 1
    return keys


@compiled
def _sorted(values, count):  # type: ignore[no-untyped-def]
    """Puts the first of some values in order: few by insertion, which is quicker than what sorts many."""
    if count > FEW:
        values[:count].sort()
        return
    for k in range(1, count):
        value, at = values[k], k
        while at > 0 and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value
