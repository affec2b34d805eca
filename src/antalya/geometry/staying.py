"""Compiled: when movers are within outlines.

A path is cut into legs of at most `LEG_M`, which meet polygons in a plane (`leg`). Circles are movers that stand.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from antalya.geometry.approach import States
from antalya.geometry.compiled import compiled
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.flight import fly, near, plain, set_out
from antalya.geometry.leg import SAME_M, joined, leg
from antalya.geometry.shape import TOUCH_M, Shape

LEG_M = 10_000.0
MANY = 100_000
THREADS = min(8, os.cpu_count() or 1)


class Outlines(NamedTuple):
    """Shapes end to end: `caps` (n, 5): middle, radius, a circle's radius or 0; `points`; where rings begin in them, where
    polygons in the rings, where shapes in the polygons, each with the end."""

    caps: Floats
    points: Floats
    rings: Ints
    polygons: Ints
    shapes: Ints


def stays(
    states: States, shapes: Sequence[Shape], windows: Floats, bands: Floats, across: float, end: float
) -> tuple[Ints, Floats]:
    """(mover, shape) and (t_in, t_out), k rows of each, in no order. `windows`, `bands`: half-open, a row for each shape."""
    movers, balls = np.empty((len(states), 9)), np.empty((len(states), 6))
    set_out(states.lon_deg, states.lat_deg, states.altitude_m, states.track_deg, states.speed_m_s, states.rate_m_s,
            end, 0.0, 1e6, movers, balls, np.empty(len(states), np.int64))
    laid = _end_to_end(shapes)
    parts = 1 if len(states) * len(shapes) < MANY else 4 * THREADS
    edges = np.linspace(0, len(states), parts + 1).astype(np.int64).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        jobs = [pool.submit(_worked, i, j, movers, balls, laid, windows, bands, across, end) for i, j in pairwise(edges)]
        done = [job.result() for job in jobs]
    return np.concatenate([rows for rows, _ in done]), np.concatenate([moments for _, moments in done])


def _end_to_end(shapes: Sequence[Shape]) -> Outlines:
    rings = np.cumsum([0, *(n for s in shapes for n in np.diff(s.ring_ends).tolist())])
    polygons = np.cumsum([0, *(n for s in shapes for n in np.diff(s.polygon_ends).tolist())])
    return Outlines(
        np.array([(*s.middle, s.radius_m, s.disc_m) for s in shapes]), np.concatenate([s.points for s in shapes]),
        rings, polygons, np.cumsum([0, *(len(s.polygon_ends) - 1 for s in shapes)]),
    )


def _worked(
    first: int, last: int, movers: Floats, balls: Floats, laid: Outlines, windows: Floats, bands: Floats, across: float,
    end: float,
) -> tuple[Ints, Floats]:
    """The stays of the movers first … last; once more where there was no room for all."""
    room = 1_024
    while True:
        rows, moments = np.empty((room, 2), np.int64), np.empty((room, 2))
        count = _stayed(first, last, movers, balls, *laid, windows, bands, across, end, rows, moments)
        if count <= room:
            return rows[:count], moments[:count]
        room = count


@compiled
def _stayed(  # type: ignore[no-untyped-def]
    first, last, movers, balls, caps, points, rings, polygons, shapes, windows, bands, across, end, rows, moments
):
    """How many stays there are; those beyond the room are not kept."""
    count = 0
    spans = np.empty((64, 2))
    for k in range(first, last):
        for q in range(len(caps)):
            x, y, z = balls[k, 0] - caps[q, 0], balls[k, 1] - caps[q, 1], balls[k, 2] - caps[q, 2]
            reach = balls[k, 3] + caps[q, 3] + across
            if x * x + y * y + z * z > reach * reach:
                continue
            begin, stop = _between(movers[k, 6], movers[k, 7], bands[q, 0], bands[q, 1], end)
            begin, stop = max(begin, windows[q, 0]), min(stop, windows[q, 1])
            if begin >= stop:
                continue
            if caps[q, 4] > 0:
                found = _round(movers[k], caps[q], begin, stop, across, end, spans)
            else:
                own = polygons[shapes[q]:shapes[q + 1] + 1]
                most = 3 * (rings[own[-1]] - rings[own[0]]) * (2 + int(movers[k, 8] * (stop - begin) / LEG_M))
                if len(spans) < most:
                    spans = np.empty((most, 2))
                found = _along(movers[k], caps[q], points, rings, own, begin, stop, across, spans)
            for f in range(found):
                if count < len(rows):
                    rows[count, 0], rows[count, 1] = k, q
                    moments[count, 0], moments[count, 1] = spans[f, 0], spans[f, 1]
                count += 1
    return count


@compiled
def _between(height, rate, lower, upper, end):  # type: ignore[no-untyped-def]
    """The part of [0, end] in which a height is in [lower, upper); nothing as (0, 0)."""
    if rate == 0:
        return (0.0, end) if lower <= height < upper else (0.0, 0.0)
    one, other = (lower - height) / rate, (upper - height) / rate
    return max(0.0, min(one, other)), min(end, max(one, other))


@compiled
def _round(mover, cap, begin, stop, across, end, spans):  # type: ignore[no-untyped-def]
    """The one stay near a circle."""
    still = np.zeros(9)
    still[:3] = cap[:3]
    limit = cap[4] + (across if across > 0 else -min(TOUCH_M, cap[4] / 2))
    guess, _gap, _reach = plain(mover, still, begin, stop)
    t_in, t_out, _cpa, _least = near(mover, still, guess, begin, stop, limit, end)
    spans[0, 0], spans[0, 1] = t_in, t_out
    return 1 if t_in < t_out and _counts(t_in, t_out, begin, stop, mover[8]) else 0


@compiled
def _counts(t_in, t_out, begin, stop, speed):  # type: ignore[no-untyped-def]
    """Whether a stay is more than a touch: a millimetre of way, or cut short by band or window."""
    return (t_out - t_in) * speed >= TOUCH_M or t_in <= begin or t_out >= stop


@compiled
def _along(mover, cap, points, rings, polygons, begin, stop, across, spans):  # type: ignore[no-untyped-def]
    """Stays in the polygons in [begin, stop], in `spans` as (t_in, t_out); how many they are."""
    speed = mover[8]
    legs = 1 + int(speed * (stop - begin) / LEG_M)
    half, found = (stop - begin) / legs / 2, 0
    for number in range(legs):
        when = begin + (2 * number + 1) * half
        place = fly(mover[0], mover[1], mover[2], mover[3], mover[4], mover[5], when)
        x, y, z, reach = place[0] - cap[0], place[1] - cap[1], place[2] - cap[2], cap[3] + across + speed * half
        if x * x + y * y + z * z <= reach * reach:
            before, ends = found, max(speed * half, SAME_M)
            found = leg(place, points, rings, polygons, ends, across, spans, found)
            for f in range(before, found):  # what lasts to an end of the leg lasts to it exactly
                first, last = begin + 2 * number * half, stop if number == legs - 1 else begin + 2 * (number + 1) * half
                spans[f, 0] = first if spans[f, 0] <= -ends else when + spans[f, 0] / max(speed, SAME_M)
                spans[f, 1] = last if spans[f, 1] >= ends else when + spans[f, 1] / max(speed, SAME_M)
    if speed == 0:  # who stands still is within all the time
        spans[0, 0], spans[0, 1] = begin, stop
        return min(found, 1)
    found = joined(spans, 0, found, SAME_M / speed)
    kept = 0
    for f in range(found):
        if _counts(spans[f, 0], spans[f, 1], begin, stop, speed):
            spans[kept, 0], spans[kept, 1] = spans[f, 0], spans[f, 1]
            kept += 1
    return kept
