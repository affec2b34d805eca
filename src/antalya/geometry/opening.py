"""Rows of the index written and opened again, compiled (numba): see `held`."""

import numpy as np

from antalya.geometry import making
from antalya.geometry.columns import CORE, NUMBERS, ORIGIN, RADIUS
from antalya.geometry.compiled import compiled
from antalya.geometry.held import DEEP, FIRST, LEAST_M, OFF, SECTORED, SHORT, STATE, STEPS, WIDTH
from antalya.geometry.sectors import SECTORS, packed, sectors


@compiled
def hold(held, words, row, q):  # type: ignore[no-untyped-def]
    """Writes columns to held rows from one on, with their cores and sectors; there is room for them."""
    at, laid, deep, far = held.first[row], np.empty(NUMBERS), np.empty(SECTORS), np.empty(SECTORS)
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
        for n in range(NUMBERS):
            laid[n] = numbers[n] if n < SHORT else 0.0
        making.lie(laid)
        sectors(q, k, 1.0, -laid[ORIGIN], -laid[ORIGIN + 1], -laid[ORIGIN + 2], laid, deep, far)
        packed(laid, deep, far, words[row + k])


@compiled
def counted(words, kinds):  # type: ignore[no-untyped-def]
    """How many rows and corners there are in stored bytes (`Held.stored`); -1 rows where they are something else, or of no kind
    among so many: `around.around` reads a kind's row of a table, and does not look whether there is one."""
    rows = corners = place = 0
    while place + FIRST < len(words):
        count, width = _sizes(words[place + FIRST])
        if not (1 <= count <= len(words) - place - width and 0 <= words[place + STATE] < kinds):
            return -1, 0
        rows, corners, place = rows + 1, corners + count, place + width + count
    return (rows if place == len(words) else -1), corners


@compiled
def _sizes(count):  # type: ignore[no-untyped-def]
    """How many corners a stored row has, and how many words stand before them."""
    return (count - SECTORED, WIDTH) if count > SECTORED else (count, DEEP)


@compiled
def take(words, row, rows, corners):  # type: ignore[no-untyped-def]
    """Writes stored bytes (`Held.stored`) to held rows from one on, for which there is room, all of it as words; how many corners
    the greatest has."""
    place, at, most = 0, rows[row, FIRST], 0
    while place < len(words):
        count, width = _sizes(words[place + FIRST])
        begin = place + width
        for n in range(WIDTH):
            rows[row, n] = words[place + n] if n < width else 0
        rows[row, FIRST] = at
        for n in range(count):
            corners[at + n] = words[begin + n]
        row, at, place, most = row + 1, at + count, begin + count, max(most, count)
        rows[row, FIRST] = at
    return most


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
def step(held, row):  # type: ignore[no-untyped-def]
    """The metres of a step of a held row's corners."""
    return max(held.numbers[row, RADIUS], LEAST_M) / STEPS


@compiled
def off(held, row):  # type: ignore[no-untyped-def]
    """By how much a held row's corners, and what is between them, may be off, in metres."""
    return OFF * max(held.numbers[row, RADIUS], LEAST_M)


@compiled
def opened(held, row, pair):  # type: ignore[no-untyped-def]
    """Writes a held row to the second of a pair, but for its plane."""
    numbers, metres = pair.numbers[1], step(held, row)
    for n in range(SHORT):
        numbers[n] = held.numbers[row, n]
    steps = held.points[held.first[row]:held.first[row + 1]]
    at = pair.first[1]
    for n in range(len(steps)):
        for axis in range(3):
            pair.points[at + n, axis] = numbers[ORIGIN + axis] + steps[n, axis] * metres
        pair.codes[at + n] = steps[n, 3]
    pair.first[2] = at + len(steps)
