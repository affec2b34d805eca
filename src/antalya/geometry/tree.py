"""A packed tree of boxes over columns, compiled (numba): in space, altitude and time at once, for any spread of sizes.

Rows are put in the order of a curve (`curve`) and boxed `FAN` by `FAN`. Boxes hold caps; what they let through is decided by
`kernel`. The sides of a block's boxes stand side by side as short numbers of steps (`frame`), so that a processor compares all
of them at once and reads little memory. Source: Kamel and Faloutsos 1993 (packed R-trees, by a curve).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from antalya.geometry import making
from antalya.geometry.columns import CORE, LOWER, ORIGIN, RADIUS, UPPER, Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.curve import along
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.machine import ask_ahead

FAN = 16
DEPTH = 12
LINE = 64
"""Bytes of a line of a processor's cache: a block of boxes is five of them, its rows' numbers are one."""
SLACK = 1.0
"""Metres or seconds by which boxes are wider than need be."""
LEAST, MOST, EIGHTH = -32_767, 32_766, 8_192
"""Between the first two are the steps, so many of them below what is usual and above it. Beyond these is what nothing touches."""
SOME, USUAL = 2_000, (1, 99)
"""Of so many rows what lies between these per cent is usual."""
FAR = ((-3e8, 3e8), (-7e6, 7e6), (-7e6, 7e6), (-7e6, 7e6), (-1e3, 1e5))
"""To where there are steps: seconds from what is usual (ten years), x, y, z, altitude; a side beyond stands at the last one."""


class Tree(NamedTuple):
    """`boxes` (k, 10, FAN), block by block: least and greatest time, x, y, z, altitude of the rows in `order`, `FAN` in a block;
    then of each block, and so on up to a single one. `levels`: where the blocks of each level begin, and the end. `frame` (5, 5):
    of time (seconds since 1970), x, y, z, altitude (metres), between what it is usual, and how many steps are one of it below
    that, there, and above."""

    boxes: NDArray[np.int16]
    order: NDArray[np.int32]
    levels: Ints
    frame: Floats

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
    frame, blocks = _frame(columns, order), int(levels[-1])
    boxes = _aligned(blocks * 10 * FAN * 2).view(np.int16).reshape(blocks, 10, FAN)
    making.run(_row_blocks, sizes[0], columns, order, frame, boxes)
    for level in range(1, len(sizes)):
        _block_blocks(boxes, int(levels[level - 1]), int(levels[level]), int(levels[level + 1]))
    rows = _aligned(len(order) * 4).view(np.int32)
    rows[:] = order
    return Tree(boxes, rows, levels, frame)


def _frame(columns: Columns, order: Ints) -> Floats:
    """Steps that are short where nearly all of the rows are, and longer for the few that may be anywhere."""
    some = order[::max(1, len(order) // SOME)]
    sides = np.empty((len(some), 10))
    _sides(0, len(some), columns, some, sides)
    frame = np.empty((5, 5))
    for axis, (least, most) in enumerate(FAR):
        low, high = np.percentile(sides[:, 2 * axis:2 * axis + 2], USUAL)
        high = max(high, low + 1)
        below, above = (-least, most) if axis == 0 else (max(low - least, 1.0), max(most - high, 1.0))
        frame[axis] = low, high, EIGHTH / below, (MOST - LEAST - 2 * EIGHTH) / (high - low), EIGHTH / above
    return frame


def _aligned(count: int) -> NDArray[np.uint8]:
    """Room for so many bytes that begins with a line of the cache."""
    more = np.empty(count + LINE, np.uint8)
    begin = -more.ctypes.data % LINE
    return more[begin:begin + count]


@compiled
def _sides(begin, end, c, rows, out):  # type: ignore[no-untyped-def]
    for k in range(begin, end):
        row_sides(c, rows[k], out[k])


@compiled
def _row_blocks(begin, end, c, order, frame, boxes):  # type: ignore[no-untyped-def]
    sides, box = np.empty(10), np.empty(10, np.int16)
    for block in range(begin, end):
        for lane in range(FAN):
            at = block * FAN + lane
            if at + FAN < len(order):
                ask_ahead(c.windows, (order[at + FAN], 0))
                ask_ahead(c.numbers, (order[at + FAN], 0))
                ask_ahead(c.numbers, (order[at + FAN], CORE))
            if at < len(order):
                row_sides(c, order[at], sides)
                steps_of(sides, frame, box)
            else:
                _nothing(box)
            for side in range(10):
                boxes[block, side, lane] = box[side]


@compiled
def row_sides(c, k, sides):  # type: ignore[no-untyped-def]
    """Into `sides` (10): least and greatest time (seconds since 1970), x, y, z, altitude (metres) of a row."""
    sides[0], sides[1] = c.windows[k, 0] / 1e6, c.windows[k, 1] / 1e6
    for axis in range(3):
        sides[2 + 2 * axis] = c.numbers[k, ORIGIN + axis] - c.numbers[k, RADIUS]
        sides[3 + 2 * axis] = c.numbers[k, ORIGIN + axis] + c.numbers[k, RADIUS]
    sides[8], sides[9] = c.numbers[k, LOWER], c.numbers[k, UPPER]
    for side in range(0, 10, 2):
        sides[side] -= SLACK
        sides[side + 1] += SLACK


@compiled
def steps_of(sides, frame, box):  # type: ignore[no-untyped-def]
    """Sides as steps. What is not less is never so as steps, by the same reckoning of all: so boxes that touch still do."""
    for axis in range(5):
        low, high = frame[axis, 0], frame[axis, 1]
        for side in range(2 * axis, 2 * axis + 2):
            value = sides[side]
            if value > high:
                steps = MOST - EIGHTH + (value - high) * frame[axis, 4]
            else:
                steps = LEAST + EIGHTH + (value - low) * frame[axis, 3 if value >= low else 2]
            box[side] = np.int16(min(max(steps, float(LEAST)), float(MOST)))


@compiled
def _nothing(box):  # type: ignore[no-untyped-def]
    """A box that touches none."""
    for side in range(0, 10, 2):
        box[side], box[side + 1] = np.int16(MOST + 1), np.int16(LEAST - 1)


@compiled
def _block_blocks(boxes, below, begin, end):  # type: ignore[no-untyped-def]
    box = np.empty(10, np.int16)
    for block in range(begin, end):
        for lane in range(FAN):
            child = below + (block - begin) * FAN + lane
            if child < begin:
                hull(boxes, child, box)
            else:
                _nothing(box)
            for side in range(10):
                boxes[block, side, lane] = box[side]


@compiled
def hull(boxes, block, box):  # type: ignore[no-untyped-def]
    """The box about all of a block."""
    for side in range(0, 10, 2):
        low, high = np.int16(MOST + 1), np.int16(LEAST - 1)
        for lane in range(FAN):
            low, high = min(low, boxes[block, side, lane]), max(high, boxes[block, side + 1, lane])
        box[side], box[side + 1] = low, high


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
def room(frame, most, by):  # type: ignore[no-untyped-def]
    """Into `by` (5): how many steps are never less than `most`: metres across, metres up, seconds."""
    for axis in range(5):
        steps = max(frame[axis, 2], frame[axis, 3], frame[axis, 4])
        by[axis] = np.int64(min(minimum(most, axis) * steps + 2, float(MOST - LEAST)))


@compiled
def widen(box, by):  # type: ignore[no-untyped-def]
    """Widens a box by `room`."""
    for side in range(0, 10, 2):
        box[side] = np.int16(max(np.int64(box[side]) - by[side // 2], LEAST))
        box[side + 1] = np.int16(min(np.int64(box[side + 1]) + by[side // 2], MOST))


@compiled
def minimum(most, axis):  # type: ignore[no-untyped-def]
    """Of metres across, metres up, seconds, what an axis of a box is widened by."""
    return most[2] if axis == 0 else most[1] if axis == 4 else most[0]
