"""Pairs among a tree's rows, compiled (numba): each block of rows against those that may come near it.

What the boxes let through is gathered first and weighed together, for then the processor fetches what many pairs need at
once, instead of waiting for one pair after the other.
"""

import numpy as np

from antalya.geometry.columns import NUMBERS
from antalya.geometry.compiled import compiled
from antalya.geometry.glance import glance
from antalya.geometry.kernel import cores_near, meets, near
from antalya.geometry.machine import ask_ahead
from antalya.geometry.plane import NO, UNSURE, YES
from antalya.geometry.tree import DEPTH, FAN, hull, room, touching, widen

MANY = 512
"""Pairs gathered before they are weighed."""


@compiled
def pairs(begin, end, boxes, order, levels, frame, c, kind, table, group, most, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Pairs of rows that meet, or may (`kernel.UNSURE`), one of them in the blocks `begin` … `end` of rows, the other there or
    later; until `out` (n, 3: two rows, least first, and the verdict) is full. The block reached, and how many pairs.

    The columns' cores are reckoned. `kind`: a row's row in `table` (k, k, 3), the minima of each two kinds; `most`: as wide
    as any of them. Rows of the same `group` are no pairs.
    """
    box, box_there, wide = np.empty(10, np.int16), np.empty(10, np.int16), np.empty((FAN, 10), np.int16)
    by = np.empty(5, np.int64)
    room(frame, most, by)
    small, stack, pending = np.empty((2, 4)), np.empty(DEPTH * FAN, np.int64), np.empty((MANY, 2), np.int64)
    top, found, count = len(levels) - 2, 0, 0
    for at in range(begin, end):
        begun = found
        for lane in range(FAN):
            for side in range(10):
                wide[lane, side] = boxes[at, side, lane]
            widen(wide[lane], by)
        hull(boxes, at, box)
        widen(box, by)
        stack[0], deep = levels[top] * 16 + top, 1
        while deep:
            deep -= 1
            block, level = stack[deep] // 16, stack[deep] % 16
            if level > 0:
                child, span = (block - levels[level]) * FAN, FAN ** (level - 1)
                touched = touching(boxes, block, box)
                while touched:
                    if touched & 1 and (child + 1) * span > at:
                        stack[deep] = (levels[level - 1] + child) * 16 + level - 1
                        deep += 1
                    touched >>= 1
                    child += 1
                continue
            for side in range(10 if top else 0):
                box_there[side] = boxes[levels[1] + block // FAN, side, block % FAN]
            widen(box_there, by)
            lanes = touching(boxes, at, box_there) if top else (1 << min(FAN, len(order))) - 1  # of one block, those there are
            for lane in range(FAN):
                if not lanes >> lane & 1:
                    continue
                q, i = block * FAN, order[at * FAN + lane]
                touched = touching(boxes, block, wide[lane])
                while touched:
                    j, yes = order[q] if touched & 1 else 0, touched & 1 and q > at * FAN + lane
                    touched >>= 1
                    q += 1
                    if not yes or group[i] == group[j]:
                        continue
                    if count == MANY:
                        found, count = weighed(c, kind, table, pending, count, scratch, marks, small, out, found), 0
                        if found > len(out):
                            return at, begun
                    pending[count, 0], pending[count, 1] = i, j
                    count += 1
        found, count = weighed(c, kind, table, pending, count, scratch, marks, small, out, found), 0
        if found > len(out):
            return at, begun
    return end, found


@compiled
def weighed(c, kind, table, pending, count, scratch, marks, small, out, found):  # type: ignore[no-untyped-def]
    """Writes those of `count` pending pairs that meet, or may, to `out` from `found` on; how many are found then. Where they are
    more than fit, the rest is counted only."""
    kept = 0
    for k in range(count):
        j = pending[k, 1]
        for number in range(0, NUMBERS, 8):
            ask_ahead(c.numbers, (j, number))
        ask_ahead(c.windows, (j, 0))
        ask_ahead(c.first, (j,))
    for k in range(count):
        i, j = pending[k, 0], pending[k, 1]
        across, up, seconds = table[kind[i], kind[j], 0], table[kind[i], kind[j], 1], table[kind[i], kind[j], 2]
        if not near(c, i, j, across, up, seconds):
            continue
        if cores_near(c, i, j, across):
            found = _noted(i, j, YES, out, found)
            continue
        pending[kept, 0], pending[kept, 1] = i, j
        kept += 1
        _ask_for_corners(c, i)
        _ask_for_corners(c, j)
    for k in range(kept):
        i, j = pending[k, 0], pending[k, 1]
        across = table[kind[i], kind[j], 0]
        verdict = glance(c, i, c, j, 0.0, across) if across > 0 else UNSURE
        if verdict == UNSURE:
            verdict = meets(c, i, j, across, scratch, marks, small)
        if verdict != NO:
            found = _noted(i, j, verdict, out, found)
    return found


@compiled
def _ask_for_corners(c, row):  # type: ignore[no-untyped-def]
    ask_ahead(c.codes, (c.first[row],))
    for corner in range(c.first[row], c.first[row + 1], 2):
        ask_ahead(c.points, (corner, 0))


@compiled
def _noted(i, j, verdict, out, found):  # type: ignore[no-untyped-def]
    if found < len(out):
        out[found, 0], out[found, 1], out[found, 2] = min(i, j), max(i, j), verdict
    return found + 1
