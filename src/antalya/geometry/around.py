"""One volume against a tree's rows, compiled (numba): a walk through boxes, then what they let through, weighed together.

What is looked at next is asked for ahead (`machine`), for most of it lies anywhere in memory.
"""

import numpy as np

from antalya.geometry import making
from antalya.geometry.columns import CORE, ORIGIN
from antalya.geometry.compiled import compiled
from antalya.geometry.glance import glance
from antalya.geometry.held import KEY, STATE
from antalya.geometry.kernel import cores_near, meets, near
from antalya.geometry.machine import ask_ahead, lowest
from antalya.geometry.opening import ask, off, opened, step
from antalya.geometry.plane import NO, UNSURE, YES
from antalya.geometry.sectors import SECTORS, afar, sectors
from antalya.geometry.tree import DEPTH, FAN, LINE, minimum, row_sides, steps_of, touching

FEW = 100
WAITING = 64
"""Blocks of rows gathered before they are looked into, so that all of them are in the processor's cache by then."""
CORNERS = 32
"""So many held corners, of eight bytes each, are asked for ahead: few volumes have more."""


@compiled
def around(boxes, order, levels, frame, begin, end, c, words, row, q, which, most, table, pair, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Keys of those held rows `c`, or `words`, of a tree, and from `begin` to `end` behind it, that count and come within minima
    of one of other columns `q`, or may, into `out`, sorted; how many; more than fit: nothing is in it, but so many would do.

    A row's kind is its row in `table` (k, 3), its minima; `most`: as wide as any of them. The one asked for is written to `row`,
    where there is room for it, and to the columns `pair`, which have room for two.
    """
    ask(c, row, q, which, pair)
    sides, box, found = np.empty(10), np.empty(10, np.int16), 0
    stack, leaves = np.empty(DEPTH * FAN, np.int64), np.empty(WAITING, np.int64)
    row_sides(c, row, sides)
    for side in range(0, 10, 2):
        sides[side] -= minimum(most, side // 2)
        sides[side + 1] += minimum(most, side // 2)
    steps_of(sides, frame, box)
    top, waiting = len(levels) - 2, 0
    stack[0], deep = levels[top] * 16 + top, 1 if len(order) else 0
    while deep:
        deep -= 1
        block, level = stack[deep] // 16, stack[deep] % 16
        if level:
            first, touched = (block - levels[level]) * FAN + levels[level - 1], touching(boxes, block, box)
            while touched:
                child = first + lowest(touched)
                touched &= touched - 1
                for side in range(0, 10, LINE // (2 * FAN)):
                    ask_ahead(boxes, (child, side, 0))
                stack[deep] = child * 16 + level - 1
                deep += 1
            continue
        leaves[waiting] = block
        waiting += 1
        if waiting == len(leaves):
            found, waiting = _rows(boxes, order, leaves, waiting, box, c, out, found), 0
    found = _rows(boxes, order, leaves, waiting, box, c, out, found)
    for other in range(begin, end):
        if _counts_near(c, words, row, other, table):
            if found < len(out):
                out[found] = other
            found += 1
    return found if found > len(out) else _weighed(c, words, row, found, table, pair, scratch, marks, out)


@compiled
def _rows(boxes, order, blocks, many, box, c, out, found):  # type: ignore[no-untyped-def]
    """Adds the rows of blocks whose boxes touch one; how many are found then. What `_weighed` looks at first is asked for."""
    touched = np.empty(many, np.int32)
    for k in range(many):
        touched[k] = touching(boxes, blocks[k], box)
        if touched[k]:
            ask_ahead(order, (blocks[k] * FAN,))
    for k in range(many):
        lanes = touched[k]
        while lanes:
            if found < len(out):
                out[found] = order[blocks[k] * FAN + lowest(lanes)]
                ask_ahead(c.numbers, (out[found], 0))
                ask_ahead(c.numbers, (out[found], CORE))
            found += 1
            lanes &= lanes - 1
    return found


@compiled
def _counts_near(c, words, row, other, table):  # type: ignore[no-untyped-def]
    kind = words[other, STATE]
    return kind >= 0 and near(c, row, other, table[kind, 0], table[kind, 1], table[kind, 2])


@compiled
def _weighed(c, words, row, found, table, pair, scratch, marks, out):  # type: ignore[no-untyped-def]
    """Puts the keys of those of the rows in `out` that come within minima of one, or may, in their place, sorted, each once; how
    many. What all of them need is asked for first, for then the processor fetches it at once, instead of waiting for one after
    the other."""
    small, kept, unsure = np.empty((2, 4)), 0, 0
    for k in range(found):  # without branches: which way they go is as good as chance
        other = out[k]
        kind = max(words[other, STATE], 0)
        here = (words[other, STATE] >= 0) & near(c, row, other, table[kind, 0], table[kind, 1], table[kind, 2])
        surely = here & cores_near(c, row, other, table[kind, 0])  # these first, then those to be looked at more closely
        out[kept + unsure] = out[kept] if surely else other
        out[kept] = other if surely else out[kept]
        kept += 1 if surely else 0
        unsure += 1 if here & (not surely) else 0
    kept, unsure = _by_direction(c, words, kept, unsure, table, pair, out)
    for k in range(kept, kept + unsure):
        other = out[k]
        across = table[words[other, STATE], 0]
        wide = across + off(c, other)
        verdict = glance(pair, 0, c, other, step(c, other), wide) if across > 0 else UNSURE
        if verdict == UNSURE:
            opened(c, other, pair)
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
def _by_direction(c, words, kept, unsure, table, pair, out):  # type: ignore[no-untyped-def]
    """Of the unsure rows, which stand behind the kept ones in `out`, keeps those that come near by their sectors, and drops those
    that don't; how many are kept then, and how many unsure still, whose corners are asked for."""
    if not unsure:
        return kept, unsure
    begin, end, unsure, one = kept, kept + unsure, 0, pair.numbers[0]
    deep, far = np.empty(SECTORS), np.empty(SECTORS)
    sectors(pair, 0, 1.0, -one[ORIGIN], -one[ORIGIN + 1], -one[ORIGIN + 2], one, deep, far)
    for k in range(begin, end):
        other = out[k]
        across = table[words[other, STATE], 0]
        seen = afar(pair.numbers, 0, deep, far, c.numbers, words, other, across + off(c, other)) if across > 0 else UNSURE
        out[kept + unsure] = out[kept] if seen == YES else other
        out[kept] = other if seen == YES else out[kept]
        kept += 1 if seen == YES else 0
        if seen == UNSURE:
            unsure += 1
            ask_ahead(c.first, (other + 1,))
            for corner in range(0, CORNERS, LINE // 8):
                ask_ahead(c.points, (c.first[other] + corner, 0))
    return kept, unsure


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
