"""Columns made, compiled: corners to points in space, and the caps that hold them."""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from antalya.geometry import ellipsoid
from antalya.geometry.columns import BASIS, BEND, BENT, CORE, DISC, LOWER, ORIGIN, RADIUS, STEP, UPPER
from antalya.geometry.compiled import compiled
from antalya.geometry.densify import WIDEST_M

A, E2, LEAST, R = ellipsoid.A, ellipsoid.E2, ellipsoid.LEAST_RADIUS, ellipsoid.RADIUS
THREADS = min(8, os.cpu_count() or 1)
SMALL_RAD = 0.01
"""Up to so much, the series of `_turned` are true to the last bit."""
MARGIN_M = 0.05
TOGETHER = 32
"""Volumes made at a time: so few that their corners are still in the processor's cache from one step to the next."""
LANES = 8
"""Numbers a processor reckons with at once."""
_FEW = 5_000


@cache
def pool() -> ThreadPoolExecutor:
    """The threads that share work, kept: to start them takes longer than some of it."""
    return ThreadPoolExecutor(THREADS, "antalya-share")


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=pool.cache_clear)


def run(function: Callable[..., Any], count: int, *arrays: Any) -> Any:
    """Calls `function(begin, end, *arrays)` for 0 … count, on all cores where it is much; the last of the arrays."""
    if count <= _FEW or THREADS == 1:
        function(0, count, *arrays)
    else:
        edges = np.linspace(0, count, 4 * THREADS + 1).astype(np.int64).tolist()
        for done in [pool().submit(function, i, j, *arrays) for i, j in pairwise(edges)]:
            done.result()
    return arrays[-1]


@compiled
def rows(begin, end, lon, lat, disc, lower, upper, c):  # type: ignore[no-untyped-def]
    """Makes columns of degrees: their points and numbers."""
    for at in range(begin, end, TOGETHER):
        past = min(at + TOGETHER, end)
        to_space(at, past, lon, lat, c.first, c.points)
        shaped(at, past, disc, lower, upper, c)


@compiled
def shaped(begin, end, disc, lower, upper, c):  # type: ignore[no-untyped-def]
    """Makes columns of points: their numbers."""
    for at in range(begin, end, TOGETHER):
        past = min(at + TOGETHER, end)
        for k in range(at, past):
            row = c.numbers[k]
            row[DISC], row[LOWER], row[UPPER], row[CORE] = disc[k], lower[k], upper[k], 0.0
        longest(at, past, c)
        caps(at, past, c)
        cores(at, past, c)


@compiled
def _turned(sine, cosine, by):  # type: ignore[no-untyped-def]
    """Sine and cosine of an angle grown by a little. Without divisions, which take longer than all the rest."""
    q = by * by
    s = by * (1 - q * (1 / 6) * (1 - q * (1 / 20) * (1 - q * (1 / 42))))
    c = 1 - q * (1 / 2) * (1 - q * (1 / 12) * (1 - q * (1 / 30) * (1 - q * (1 / 56))))
    return sine * c + cosine * s, cosine * c - sine * s


@compiled
def to_space(begin, end, lon, lat, first, out):  # type: ignore[no-untyped-def]
    """`ellipsoid.to_space`, volume by volume: near its first corner the sines are turned from that one's. Each position is
    written in one way first, as by `densify.densified`."""
    most = LANES
    for k in range(begin, end):
        most = max(most, first[k + 1] - first[k] + LANES)
    place, angle = np.empty((3, most)), np.zeros((2, most))
    for k in range(begin, end):
        i, count, far = first[k], first[k + 1] - first[k], 0.0
        for n in range(count):
            angle[0, n] = math.radians(0.0 if abs(lat[i + n]) == 90 else 180.0 if lon[i + n] == -180 else lon[i + n])
            angle[1, n] = math.radians(lat[i + n])
            far = max(far, max(abs(angle[0, n] - angle[0, 0]), abs(angle[1, n] - angle[1, 0])))
        lam, phi = angle[0, 0], angle[1, 0]
        sl, cl, sp, cp = math.sin(lam), math.cos(lam), math.sin(phi), math.cos(phi)
        if far < SMALL_RAD:  # no branch within, each coordinate by itself, and none left over: several corners at a time
            for n in range((count + LANES - 1) // LANES * LANES):
                sine_lam, cosine_lam = _turned(sl, cl, angle[0, n] - lam)
                sine_phi, cosine_phi = _turned(sp, cp, angle[1, n] - phi)
                _put(sine_lam, cosine_lam, sine_phi, cosine_phi, n, place)
        else:
            for n in range(count):
                lam, phi = angle[0, n], angle[1, n]
                _put(math.sin(lam), math.cos(lam), math.sin(phi), math.cos(phi), n, place)
        for n in range(count):
            out[i + n, 0], out[i + n, 1], out[i + n, 2] = place[0, n], place[1, n], place[2, n]


@compiled
def _put(sine_lam, cosine_lam, sine_phi, cosine_phi, n, place):  # type: ignore[no-untyped-def]
    q = E2 * sine_phi * sine_phi  # at most 0.0067: the series of the root is true to the last bit
    grown = 35 / 128 + q * (63 / 256 + q * (231 / 1024 + q * 429 / 2048))
    normal = A * (1 + q * (1 / 2 + q * (3 / 8 + q * (5 / 16 + q * grown))))
    place[0, n] = normal * cosine_phi * cosine_lam
    place[1, n] = normal * cosine_phi * sine_lam
    place[2, n] = normal * (1 - E2) * sine_phi


@compiled
def longest(begin, end, c):  # type: ignore[no-untyped-def]
    """The longest piece of each volume, at most."""
    points = c.points
    for k in range(begin, end):
        most = 0.0
        for n in range(c.first[k], c.first[k + 1]):
            if c.codes[n] == 1:
                x, y, z = points[n + 1, 0] - points[n, 0], points[n + 1, 1] - points[n, 1], points[n + 1, 2] - points[n, 2]
                most = max(most, x * x + y * y + z * z)
        c.numbers[k, STEP] = math.sqrt(most) * BENT


@compiled
def caps(begin, end, c):  # type: ignore[no-untyped-def]
    """Planes about the middles, as `densify.caps`, and radii with their room (`densify.room_m`); circles keep theirs."""
    points = c.points
    for k in range(begin, end):
        i, j = c.first[k], c.first[k + 1]
        x0 = x1 = points[i, 0]
        y0 = y1 = points[i, 1]
        z0 = z1 = points[i, 2]
        for n in range(i + 1, j):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            x0, x1, y0, y1, z0, z1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y), min(z0, z), max(z1, z)
        sp, cp, sl, cl = _upwards(x0 + x1, y0 + y1, z0 + z1)
        w = math.sqrt(1 - E2 * sp * sp)
        x, y, z = A / w * cp * cl, A / w * cp * sl, A / w * (1 - E2) * sp
        row = c.numbers[k]
        row[ORIGIN], row[ORIGIN + 1], row[ORIGIN + 2] = x, y, z
        _lie(row, sp, cp, sl, cl)
        most = 0.0
        for n in range(i, j):
            most = max(most, (points[n, 0] - x) ** 2 + (points[n, 1] - y) ** 2 + (points[n, 2] - z) ** 2)
        chord = math.sqrt(most)
        # an arc of the sharpest curve there is, for its chord
        away = 2 * LEAST * math.asin(chord / (2 * LEAST)) if chord < LEAST else math.inf
        reach = min(away, WIDEST_M)
        row[RADIUS] = row[DISC] if row[DISC] > 0 else away + (1 + 2e-6 + 1e-6 * reach + 2e-3 * reach * (reach / R) ** 3)


@compiled
def _upwards(x, y, z):  # type: ignore[no-untyped-def]
    """Sines and cosines of the latitude and the longitude of what lies on or near the ellipsoid."""
    across = math.sqrt(x * x + y * y)
    height = math.sqrt(z * z + (across * (1 - E2)) ** 2)
    sl, cl = (y / across, x / across) if across > 0 else (0.0, 1.0)
    return z / height, across * (1 - E2) / height, sl, cl


@compiled
def _lie(row, sp, cp, sl, cl):  # type: ignore[no-untyped-def]
    """Writes the plane at a row's origin (`ellipsoid.Frame`): east and north, and how much the ground bends along them."""
    w = math.sqrt(1 - E2 * sp * sp)
    row[BASIS], row[BASIS + 2], row[BASIS + 4] = -sl, cl, 0.0
    row[BASIS + 1], row[BASIS + 3], row[BASIS + 5] = -sp * cl, -sp * sl, cp
    row[BEND], row[BEND + 1] = w / A, w * w * w / (A * (1 - E2))


@compiled
def lie(row):  # type: ignore[no-untyped-def]
    """Makes a row's plane anew out of its origin."""
    sp, cp, sl, cl = _upwards(row[ORIGIN], row[ORIGIN + 1], row[ORIGIN + 2])
    _lie(row, sp, cp, sl, cl)


@compiled
def cores(begin, end, c):  # type: ignore[no-untyped-def]
    """How deep the middle of each cap lies in its volume, at least: a disc of that radius about it is part of it. Those
    that are known already stay."""
    for k in range(begin, end):
        if not c.numbers[k, CORE] > 0:
            c.numbers[k, CORE] = core(c, k)


@compiled
def core(c, k):  # type: ignore[no-untyped-def]
    """How deep the middle of a cap lies in its volume, at least; 0 where it is outside."""
    row = c.numbers[k]
    if row[DISC] > 0:
        return row[DISC]
    ox, oy, oz = row[ORIGIN], row[ORIGIN + 1], row[ORIGIN + 2]
    xu, xv, yu, yv, zu, zv = row[BASIS], row[BASIS + 1], row[BASIS + 2], row[BASIS + 3], row[BASIS + 4], row[BASIS + 5]
    least, inside = np.inf, False
    u = v = 0.0
    for n in range(c.first[k], c.first[k + 1]):
        x, y, z = c.points[n, 0] - ox, c.points[n, 1] - oy, c.points[n, 2] - oz
        p, q = x * xu + y * yu + z * zu, x * xv + y * yv + z * zv  # seen from above: never farther than it is
        if n > c.first[k] and c.codes[n - 1] == 1:
            du, dv = p - u, q - v
            along = du * du + dv * dv
            share = min(1.0, max(0.0, -(u * du + v * dv) / along)) if along > 0 else 0.0
            least = min(least, (u + share * du) ** 2 + (v + share * dv) ** 2)
            if (v > 0) != (q > 0) and (u * dv - v * du > 0) == (dv > 0):
                inside = not inside
        u, v = p, q
    sag = row[STEP] * row[STEP] * row[RADIUS] / (6 * LEAST * LEAST)
    return max(0.0, math.sqrt(least) - sag - MARGIN_M) if inside else 0.0
