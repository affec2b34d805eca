"""Compiled: all pairs of movers that come too near, by a grid in space and a sweep by altitude.

A mover's path lies in a ball about its middle; balls farther apart than `across` can't meet. The grid's cells are so wide
that two such balls lie in neighbouring ones; within two cells, movers are compared whose bands of altitude overlap. What is
left is looked at in a plane between the two, and where that can't rule it out, exactly (`flight`).
"""

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from antalya.geometry.compiled import compiled
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.flight import ROW, met, set_out

if TYPE_CHECKING:
    from antalya.geometry.approach import States

LEAST_CELL_M = 100.0
ROOM = 16
"""Candidates a mover for which there is room at first."""
SLACK_M = 1e-3
MANY = 4_000
THREADS = min(8, os.cpu_count() or 1)


class Grid(NamedTuple):
    """Movers, and their balls by cell, then by the lower end of the band their altitude stays in.

    `movers` (n, 9), as the states: place and velocity in space, altitude, rate, speed. `balls` (n, 6), sorted: the middle of the
    path, half its length, the band with the minimum added on top. `rows`: which row of the states each ball is.
    `keys`, `begins`: the cells, and where in the balls each begins, and the end.
    """

    movers: Floats
    balls: Floats
    rows: Ints
    keys: Ints
    begins: Ints


def pairs(states: "States", across: float, up: float, end: float) -> tuple[Ints, Floats]:
    """Pairs of rows (k, 2), and (k, 5): t_in, t_out, t_cpa, distance and height then. In no order."""
    if len(states) < 2:
        return np.empty((0, 2), np.int64), np.empty((0, 5))
    grid = gridded(states, across, up, end)
    if len(states) < MANY:
        return _worked(grid, 0, len(grid.keys), across, up, end)
    edges = np.searchsorted(grid.begins, np.linspace(0, len(states), 4 * THREADS + 1)).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(_worked, grid, i, j, across, up, end) for i, j in pairwise(edges)]
        done = [job.result() for job in jobs]
    return np.concatenate([found for found, _ in done]), np.concatenate([moments for _, moments in done])


def gridded(states: "States", across: float, up: float, end: float) -> Grid:
    """The movers, sorted into cells."""
    count = len(states)
    movers, balls, cells = np.empty((count, 9)), np.empty((count, 6)), np.empty(count, np.int64)
    width = max(across + float(states.speed_m_s.max()) * end, LEAST_CELL_M) * (1 + 1e-9)
    set_out(states.lon_deg, states.lat_deg, states.altitude_m, states.track_deg, states.speed_m_s, states.rate_m_s,
             end, up, width, movers, balls, cells)
    rows = np.lexsort((balls[:, 4], cells))
    cells = cells[rows]
    begins = np.flatnonzero(np.diff(cells, prepend=cells[0] - 1))
    return Grid(movers, balls[rows], rows, cells[begins], np.append(begins, count))


def _worked(grid: Grid, first: int, last: int, across: float, up: float, end: float) -> tuple[Ints, Floats]:
    """The pairs of which one's cell is of first … last, and the other's the same or a later one."""
    room = ROOM * (1 + int(grid.begins[last] - grid.begins[first]))
    while True:
        some = np.empty((room, 2), np.int64)
        count = _candidates(grid.keys, grid.begins, grid.balls, grid.rows, first, last, across, some)
        if count <= room:
            break
        room = count  # once more, with room for all
    found, moments = np.empty((count, 2), np.int64), np.empty((count, 5))
    count = met(grid.movers, some[:count], across, up, end, found, moments)
    return found[:count], moments[:count]


@compiled
def _candidates(keys, begins, balls, rows, first, last, across, found):  # type: ignore[no-untyped-def]
    """Each cell with itself and half of its neighbours; how many pairs there are, those beyond the room not kept."""
    count = 0
    for cell in range(first, last):
        here, stop = begins[cell], begins[cell + 1]
        for step in (0, ROW, ROW * (ROW - 1), ROW * ROW, ROW * (ROW + 1)):
            other = np.searchsorted(keys, keys[cell] + step - 1) if step else cell
            while other < len(keys) and keys[other] <= keys[cell] + step + 1:
                there, over = begins[other], begins[other + 1]
                count = _swept(balls, rows, here, stop, there, over, True, across, found, count)
                if other != cell:
                    count = _swept(balls, rows, there, over, here, stop, False, across, found, count)
                other += 1
    return count


@compiled
def _swept(balls, rows, i, stop, there, over, same, across, found, count):  # type: ignore[no-untyped-def]
    """Movers i … stop with those of there … over whose band begins in theirs; at the same height too only if `same`."""
    while i < stop:
        x, y, z, half, low, high = balls[i, 0], balls[i, 1], balls[i, 2], balls[i, 3] + across + SLACK_M, balls[i, 4], balls[i, 5]
        if there <= i < over:
            there = i + 1  # within one cell: each pair once
        while there < over and (balls[there, 4] < low or (not same and balls[there, 4] == low)):
            there += 1
        j = there
        while j < over and balls[j, 4] <= high:
            dx, dy, dz, reach = balls[j, 0] - x, balls[j, 1] - y, balls[j, 2] - z, balls[j, 3] + half
            if dx * dx + dy * dy + dz * dz <= reach * reach:
                if count < len(found):
                    found[count, 0], found[count, 1] = rows[i], rows[j]
                count += 1
            j += 1
        i += 1
    return count
