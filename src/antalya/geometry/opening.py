"""Rows of the index written and opened again, compiled (numba): see `held`."""

import numpy as np

from antalya.geometry import making
from antalya.geometry.columns import CORE, NUMBERS, ORIGIN, RADIUS, UNPACKED, WORDS, Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.held import LEAST_M, OFF, SHORT, STEPS


@compiled
def hold(held, row, q):  # type: ignore[no-untyped-def]
    """Writes columns to held rows from one on, with their cores; there is room for them."""
    at = held.first[row]
    for k in range(len(q.first) - 1):
        numbers = held.numbers[row + k]
        for n in range(SHORT):
            numbers[n] = q.numbers[k, n]
        if not numbers[CORE] > 0:
            numbers[CORE] = making.core(q, k)
        held.windows[row + k, 0], held.windows[row + k, 1] = q.windows[k, 0], q.windows[k, 1]
        a_metre = STEPS / max(numbers[RADIUS], LEAST_M)
        for n in range(q.first[k], q.first[k + 1]):
            for axis in range(3):
                steps = np.rint((q.points[n, axis] - numbers[ORIGIN + axis]) * a_metre)
                held.points[at, axis] = np.int16(min(max(steps, -STEPS), STEPS))
            held.points[at, 3] = q.codes[n]
            at += 1
        held.first[row + k + 1] = at


@compiled
def counted(words, ends):  # type: ignore[no-untyped-def]
    """How many rows and corners there are in packed bytes (`columns.packed`), and how many corners the greatest has. Each part
    ends at one of `ends`, the first of which is 0."""
    rows = corners = most = 0
    place = 0
    while place < ends[-1]:
        count = int(words[place])
        rows, corners, most = rows + 1, corners + count, max(most, count)
        place += WORDS + 3 * count + (count + 7) // 8
    return rows, corners, most


@compiled
def unpack(words, ends, keys, kinds, held, row, key, kind):  # type: ignore[no-untyped-def]
    """Writes what is in packed bytes to held rows from one on, for which there is room, and each part's key and kind to those
    of its rows."""
    follows, whole = words.view(np.uint8), words.view(np.int64)
    first, numbers, windows = np.zeros(2, np.int64), np.empty((1, NUMBERS)), np.empty((1, 2), np.int64)
    for k in range(len(ends) - 1):
        place = ends[k]
        while place < ends[k + 1]:
            count, begin = int(words[place]), place + WORDS
            for n in range(NUMBERS):
                numbers[0, n] = words[place + 1 + UNPACKED[n]]
            windows[0, 0], windows[0, 1], last, first[1] = whole[begin - 2], whole[begin - 1], begin + 3 * count, count
            points, codes = words[begin:last].reshape(count, 3), follows[8 * last:8 * last + count]
            hold(held, row, Columns(points, codes, first, numbers, windows))
            key[row], kind[row] = keys[k], kinds[k]
            row += 1
            place = last + (count + 7) // 8


@compiled
def ask(held, row, q, which, pair):  # type: ignore[no-untyped-def]
    """Writes the one that is asked for, a row of columns, to the first of a pair of rows (columns with room), with its core, and
    what is looked at first to a held row."""
    begin, count = q.first[which], q.first[which + 1] - q.first[which]
    for n in range(count):
        for axis in range(3):
            pair.points[n, axis] = q.points[begin + n, axis]
        pair.codes[n] = q.codes[begin + n]
    pair.first[0], pair.first[1] = 0, count
    for n in range(NUMBERS):
        pair.numbers[0, n] = q.numbers[which, n]
    making.cores(0, 1, pair)
    for n in range(SHORT):
        held.numbers[row, n] = pair.numbers[0, n]
    held.windows[row, 0], held.windows[row, 1] = q.windows[which, 0], q.windows[which, 1]


@compiled
def opened(held, row, pair):  # type: ignore[no-untyped-def]
    """Writes a held row to the second of a pair; by how much corners, and what is between them, may be off, in metres."""
    begin, count, at, numbers = held.first[row], held.first[row + 1] - held.first[row], pair.first[1], pair.numbers[1]
    for n in range(SHORT):
        numbers[n] = held.numbers[row, n]
    making.lie(numbers)
    step = max(numbers[RADIUS], LEAST_M) / STEPS
    for n in range(count):
        for axis in range(3):
            pair.points[at + n, axis] = numbers[ORIGIN + axis] + held.points[begin + n, axis] * step
        pair.codes[at + n] = held.points[begin + n, 3]
    pair.first[2] = at + count
    return OFF * max(numbers[RADIUS], LEAST_M)
