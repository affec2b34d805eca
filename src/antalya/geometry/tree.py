"""A packed tree of boxes over columns, compiled (numba): in space, altitude and time at once, for any spread of sizes.

Rows are put in the order of a Morton curve over place and time, the widest ones apart, and boxed `FAN` by `FAN`. Boxes
hold caps; what they let through is decided by `kernel`. Source: Kamel and Faloutsos 1993 (packed R-trees, by a curve).
"""

import math
from typing import NamedTuple

import numpy as np

from antalya.geometry import making
from antalya.geometry.columns import LOWER, NUMBERS, RADIUS, UPPER, Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.kernel import cores_near, meets, near
from antalya.geometry.plane import NO, YES

FAN = 8
DEPTH = 12
SLACK_M = 1.0
SLACK_US = 100.0
"""Microseconds beyond the year 2255 are no exact doubles: they are off by 32 at most."""


class Tree(NamedTuple):
    """`boxes` (k, 10): least and greatest time, x, y, z, altitude; of the rows in `order`, then of each level above them.
    `levels`: where each begins, and the end."""

    boxes: Floats
    order: Ints
    levels: Ints


def tree(columns: Columns, begin: int = 0, end: int | None = None) -> Tree:
    """The tree over the rows from `begin` to `end` (all), at least one."""
    end = columns.size if end is None else end
    count = end - begin
    rows = Columns(columns.points, columns.codes, columns.first[begin:end + 1], columns.numbers[begin:end],
                   columns.windows[begin:end])
    return boxed(columns, np.argsort(making.run(_keys, count, rows, _scales(rows), np.empty(count, np.uint64))) + begin)


def boxed(columns: Columns, order: Ints) -> Tree:
    """The tree over rows in an order that is given, at least one."""
    sizes = [len(order)]
    while sizes[-1] > 1:
        sizes.append(-(-sizes[-1] // FAN))
    levels = np.cumsum([0, *sizes])
    boxes = np.empty((int(levels[-1]), 10))
    making.run(_item_boxes, len(order), columns, order, boxes)
    for level in range(1, len(sizes)):
        _node_boxes(boxes, int(levels[level - 1]), int(levels[level]), int(levels[level + 1]))
    return Tree(boxes, order, levels)


def _scales(columns: Columns) -> Floats:
    """Least value and unit of each dimension of the curve (time, altitude, longitude, latitude): a unit is a quarter of a
    row's usual extent, or what makes 65,535 of them. Then beyond which radius a row counts as wide."""
    some = slice(0, None, max(1, columns.size // 10_000))
    wide = float(np.median(columns.radius[some])) + 1
    degrees = np.degrees(wide / 2 / 6_371_000)
    lon, lat = np.arctan2(columns.origin[:, 1], columns.origin[:, 0]), np.arcsin(columns.origin[:, 2] / 6_378_137)
    units = [(columns.starts, float(np.median((columns.ends - columns.starts)[some])) / 4 + 1),
             (columns.lower, float(np.median((columns.upper - columns.lower)[some])) / 4 + 1),
             (np.degrees(lon), degrees / max(0.01, float(np.cos(np.median(lat[some]))))), (np.degrees(lat), degrees)]
    out = np.empty((5, 2))
    for row, (values, unit) in enumerate(units):
        least, most = float(values.min()), float(values.max())
        out[row] = least, max(unit, (most - least) / 65_535)
    out[4] = wide * 32, 0
    return out


@compiled
def _keys(begin, end, c, scales, out):  # type: ignore[no-untyped-def]
    for k in range(begin, end):
        key = np.uint64(0)
        x, y, z = c.numbers[k, 0], c.numbers[k, 1], c.numbers[k, 2]
        lon, lat = math.degrees(math.atan2(y, x)), math.degrees(math.asin(z / 6_378_137))
        for axis in range(4):
            value = float(c.windows[k, 0]) if axis == 0 else c.numbers[k, LOWER] if axis == 1 else lon if axis == 2 else lat
            place = np.uint64(min(65_535.0, max(0.0, (value - scales[axis, 0]) / scales[axis, 1])))
            for bit in range(16):
                key |= ((place >> np.uint64(bit)) & np.uint64(1)) << np.uint64(4 * bit + axis)
        if c.numbers[k, RADIUS] > scales[4, 0]:  # the widest among themselves, at the end
            key = np.uint64(0xFFFFFFFFFFFFFFFF) - (key >> np.uint64(32))
        out[k] = key


@compiled
def _item_boxes(begin, end, c, order, boxes):  # type: ignore[no-untyped-def]
    for at in range(begin, end):
        _item_box(c, order[at], boxes[at])


@compiled
def _item_box(c, k, box):  # type: ignore[no-untyped-def]
    box[0], box[1] = c.windows[k, 0] - SLACK_US, c.windows[k, 1] + SLACK_US
    room = c.numbers[k, RADIUS] + SLACK_M
    for axis in range(3):
        box[2 + 2 * axis], box[3 + 2 * axis] = c.numbers[k, axis] - room, c.numbers[k, axis] + room
    box[8], box[9] = c.numbers[k, LOWER], c.numbers[k, UPPER]


@compiled
def _node_boxes(boxes, below, begin, end):  # type: ignore[no-untyped-def]
    for node in range(begin, end):
        i = below + (node - begin) * FAN
        j = min(i + FAN, begin)
        for side in range(10):
            value = boxes[i, side]
            for k in range(i + 1, j):
                value = max(value, boxes[k, side]) if side % 2 else min(value, boxes[k, side])
            boxes[node, side] = value


@compiled
def _touch(boxes, node, box):  # type: ignore[no-untyped-def]
    return ((boxes[node, 0] <= box[1]) & (boxes[node, 1] >= box[0]) & (boxes[node, 2] <= box[3]) & (boxes[node, 3] >= box[2])
            & (boxes[node, 4] <= box[5]) & (boxes[node, 5] >= box[4]) & (boxes[node, 6] <= box[7]) & (boxes[node, 7] >= box[6])
            & (boxes[node, 8] <= box[9]) & (boxes[node, 9] >= box[8]))


@compiled
def _widened(box, across, up, seconds, out):  # type: ignore[no-untyped-def]
    out[0], out[1] = box[0] - seconds * 1e6, box[1] + seconds * 1e6
    for side in range(2, 8, 2):
        out[side], out[side + 1] = box[side] - across, box[side + 1] + across
    out[8], out[9] = box[8] - up, box[9] + up


@compiled
def pairs(begin, end, boxes, order, levels, c, kind, table, group, most, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Pairs of rows that meet, or may (`kernel.UNSURE`), one of them in the lowest nodes `begin` … `end`, the other there or
    later; until `out` (n, 3: two rows, least first, and the verdict) is full. The node reached, and how many pairs.

    The columns' cores are reckoned. `kind`: a row's row in `table` (k, k, 3), the minima of each two kinds; `most`: as wide
    as any of them. Rows of the same `group` are no pairs.
    """
    box, wide, small, stack = np.empty(10), np.empty(10), np.empty((2, 4)), np.empty(DEPTH * FAN, np.int64)
    height, found = len(levels) - 2, 0
    for at in range(begin, end):
        begun, one = found, levels[1] + at
        _widened(boxes[one], most[0], most[1], most[2], box)
        stack[0], deep = levels[height] * 16 + height, 1
        while deep:
            deep -= 1
            node, level = stack[deep] // 16, stack[deep] % 16
            if level > 1:
                first = levels[level - 1] + (node - levels[level]) * FAN
                last, span = min(first + FAN, levels[level]), FAN ** (level - 2)
                for child in range(first, last):
                    if (child - levels[level - 1] + 1) * span > at and _touch(boxes, child, box):
                        stack[deep] = child * 16 + level - 1
                        deep += 1
                continue
            for p in range(at * FAN, min((at + 1) * FAN, levels[1])):
                _widened(boxes[p], most[0], most[1], most[2], wide)
                if not _touch(boxes, node, wide):
                    continue
                first = (node - levels[1]) * FAN
                i = order[p]
                for q in range(max(first, p + 1), min(first + FAN, levels[1])):
                    if boxes[q, 0] > wide[1] or boxes[q, 1] < wide[0] or boxes[q, 8] > wide[9] or boxes[q, 9] < wide[8]:
                        continue
                    if not _touch(boxes, q, wide):
                        continue
                    j = order[q]
                    if group[i] == group[j]:
                        continue
                    across, up, seconds = table[kind[i], kind[j], 0], table[kind[i], kind[j], 1], table[kind[i], kind[j], 2]
                    if not near(c, i, j, across, up, seconds):
                        continue
                    verdict = YES if cores_near(c, i, j, across) else meets(c, i, j, across, scratch, marks, small)
                    if verdict != NO:
                        if found == len(out):
                            return at, begun
                        out[found, 0], out[found, 1], out[found, 2] = min(i, j), max(i, j), verdict
                        found += 1
    return end, found


@compiled
def around(boxes, order, levels, begin, end, c, row, q, which, most, table, kind, alive, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Rows of a tree, and those from `begin` to `end`, that are `alive` and come within minima of one of other columns `q`, or
    may, into `out`; how many; more than fit: nothing is in it, but so many would do. `kind`: a row's row in `table` (k, 3), its
    minima; `most`: as wide as any of them. The one asked for is written to `row`, where there is room for it."""
    at, i, j = c.first[row], q.first[which], q.first[which + 1]
    for k in range(i, j):
        for axis in range(3):
            c.points[at + k - i, axis] = q.points[k, axis]
        c.codes[at + k - i] = q.codes[k]
    c.first[row + 1] = at + j - i
    for k in range(NUMBERS):
        c.numbers[row, k] = q.numbers[which, k]
    c.windows[row, 0], c.windows[row, 1] = q.windows[which, 0], q.windows[which, 1]
    box, small, stack, found = np.empty(10), np.empty((2, 4)), np.empty(DEPTH * FAN, np.int64), 0
    _item_box(c, row, box)
    _widened(box, most[0], most[1], most[2], box)
    height = len(levels) - 2
    stack[0], deep = levels[height] * 16 + height, 1 if len(order) else 0
    while deep:
        deep -= 1
        node, level = stack[deep] // 16, stack[deep] % 16
        if level == 0:
            other = order[node]
            if alive[other] and near(c, row, other, table[kind[other], 0], table[kind[other], 1], table[kind[other], 2]):
                if found < len(out):
                    out[found] = other
                found += 1
            continue
        first = levels[level - 1] + (node - levels[level]) * FAN
        for child in range(first, min(first + FAN, levels[level])):
            if _touch(boxes, child, box):
                stack[deep] = child * 16 + level - 1
                deep += 1
    for other in range(begin, end):
        if alive[other] and near(c, row, other, table[kind[other], 0], table[kind[other], 1], table[kind[other], 2]):
            if found < len(out):
                out[found] = other
            found += 1
    if found > len(out):
        return found
    kept = 0
    for k in range(found):
        across = table[kind[out[k]], 0]
        if cores_near(c, row, out[k], across) or meets(c, row, out[k], across, scratch, marks, small) != NO:
            out[kept] = out[k]
            kept += 1
    return kept
