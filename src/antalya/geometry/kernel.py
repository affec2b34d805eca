"""Compiled (numba): columns made, and pairs of volumes decided in the plane about one of them, as `touch.closer` does.

`meets` says yes, no, or unsure: the last wherever the plane's error (`touch.errors_m`) or a touch could decide, and shapes
decide then. Nothing here is `fastmath`. Imported only where there is much to do: it takes a moment to load, the first time
some seconds to compile.
"""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numba
import numpy as np

from antalya.geometry import ellipsoid

A, E2, R = ellipsoid.A, ellipsoid.E2, ellipsoid.RADIUS
TOUCH_M = 1e-3
SAME_HEIGHT_M = 1e-6
MANY = 2_000_000
"""Pairs of pieces beyond which shapely's index is quicker."""
NO, YES, UNSURE = 0, 1, 2
TRIES = 6
SCRATCH = 12
THREADS = min(8, os.cpu_count() or 1)
_SMALL = 20_000


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled at first use and kept beside the source, or in the user's cache, where one of them can be written."""
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # nowhere to keep it
        return numba.njit(nogil=True)(function)


def run(function: Callable[..., Any], count: int, *arrays: Any) -> Any:
    """Calls `function(begin, end, *arrays)` for 0 … count, on all cores where it is much; the last of the arrays."""
    if count <= _SMALL or THREADS == 1:
        function(0, count, *arrays)
    else:
        edges = np.linspace(0, count, 4 * THREADS + 1).astype(np.int64).tolist()
        with ThreadPoolExecutor(THREADS) as pool:
            for done in [pool.submit(function, i, j, *arrays) for i, j in pairwise(edges)]:
                done.result()
    return arrays[-1]


@compiled
def to_space(begin, end, lon, lat, out):  # type: ignore[no-untyped-def]
    """`ellipsoid.to_space`."""
    for k in range(begin, end):
        lam, phi = math.radians(lon[k]), math.radians(lat[k])
        sin_phi, cos_phi = math.sin(phi), math.cos(phi)
        normal = A / math.sqrt(1 - E2 * sin_phi * sin_phi)
        out[k, 0] = normal * cos_phi * math.cos(lam)
        out[k, 1] = normal * cos_phi * math.sin(lam)
        out[k, 2] = normal * (1 - E2) * sin_phi


@compiled
def pieces(begin, end, points, codes, longest, out):  # type: ignore[no-untyped-def]
    """Into how many each piece must be divided; 1 where none begins."""
    for k in range(begin, end):
        out[k] = 1
        if codes[k] == 1:
            x, y, z = points[k + 1, 0] - points[k, 0], points[k + 1, 1] - points[k, 1], points[k + 1, 2] - points[k, 2]
            out[k] = max(1, math.ceil(math.sqrt(x * x + y * y + z * z) / longest))


@compiled
def caps(begin, end, points, codes, first, origin, basis, bend, cap):  # type: ignore[no-untyped-def]
    """`densify.caps`: planes about the middles, and in `cap` their radii and the longest chord."""
    for k in range(begin, end):
        i, j = first[k], first[k + 1]
        middle = np.empty(3)
        for axis in range(3):
            low = high = points[i, axis]
            for n in range(i, j):
                low, high = min(low, points[n, axis]), max(high, points[n, axis])
            middle[axis] = low + high
        across = math.hypot(middle[0], middle[1])
        lam, phi = math.atan2(middle[1], middle[0]), math.atan2(middle[2], across * (1 - E2))
        sl, cl, sp, cp = math.sin(lam), math.cos(lam), math.sin(phi), math.cos(phi)
        w = math.sqrt(1 - E2 * sp * sp)
        origin[k, 0], origin[k, 1], origin[k, 2] = A / w * cp * cl, A / w * cp * sl, A / w * (1 - E2) * sp
        basis[k, 0], basis[k, 2], basis[k, 4] = -sl, cl, 0.0
        basis[k, 1], basis[k, 3], basis[k, 5] = -sp * cl, -sp * sl, cp
        bend[k, 0], bend[k, 1] = w / A, w * w * w / (A * (1 - E2))
        widest, longest = 0.0, 0.0
        for n in range(i, j):
            u, v = _laid(points, n, origin, basis, bend, k)
            widest = max(widest, u * u + v * v)
            if codes[n] == 1:
                x, y, z = points[n + 1, 0] - points[n, 0], points[n + 1, 1] - points[n, 1], points[n + 1, 2] - points[n, 2]
                longest = max(longest, x * x + y * y + z * z)
        cap[k, 0], cap[k, 1] = math.sqrt(widest), math.sqrt(longest)


@compiled
def _laid(points, n, origin, basis, bend, k):  # type: ignore[no-untyped-def]
    """`ellipsoid.lay` of one point."""
    return _flat(points[n, 0] - origin[k, 0], points[n, 1] - origin[k, 1], points[n, 2] - origin[k, 2], basis[k, 0], basis[k, 1],
                 basis[k, 2], basis[k, 3], basis[k, 4], basis[k, 5], bend[k, 0], bend[k, 1])


@compiled
def _flat(x, y, z, xu, xv, yu, yv, zu, zv, bend_u, bend_v):  # type: ignore[no-untyped-def]
    """`ellipsoid.lay` of one offset, by a plane's numbers."""
    u, v = x * xu + y * yu + z * zu, x * xv + y * yv + z * zv
    uu, vv = u * u, v * v
    share = 1 / (uu + vv + 1e-200)
    curvature = (uu * bend_u + vv * bend_v) * share
    square = x * x + y * y + z * z
    h = 0.25 * square * curvature * curvature
    if h < 4e-4:  # the series is true to 1e-16 there
        grown = 1 + h * (1 / 6 + h * (3 / 40 + h * (15 / 336 + h * 105 / 3456)))
    else:
        half = math.sqrt(h)
        grown = math.asin(min(half, 1.0)) / half
    scale = math.sqrt(square * share) * grown
    return u * scale, v * scale


@compiled
def near(a, b, c, d, across, up, seconds):  # type: ignore[no-untyped-def]
    """Whether caps, windows and bands of rows `b` of `a` and `d` of `c` come nearer than minima."""
    start, end = max(a.starts[b], c.starts[d]), min(a.ends[b], c.ends[d])
    if seconds > 0:
        if max(start - end, 0) / 1e6 >= seconds:
            return False
    elif start >= end:
        return False
    low, high = max(a.lower[b], c.lower[d]), min(a.upper[b], c.upper[d])
    if up > 0:
        if not low - high < up - SAME_HEIGHT_M:
            return False
    elif not low < high - SAME_HEIGHT_M:
        return False
    x, y, z = (a.origin[b, 0] - c.origin[d, 0], a.origin[b, 1] - c.origin[d, 1], a.origin[b, 2] - c.origin[d, 2])
    reach = a.radius[b] + c.radius[d] + across
    return x * x + y * y + z * z <= reach * reach


@compiled
def _error(radius, disc, step, limit):  # type: ignore[no-untyped-def]
    """`touch.errors_m`."""
    reach = limit if disc else radius + limit
    bent = 0.0 if disc else limit * 0.2 * (reach / R) ** 2
    return bent + 2 * step * step * reach / (12 * R * R) + 1e-6 + 2e-3 * reach * (reach / R) ** 3 + 1e-5


@compiled
def meets(a, b, c, d, across, scratch, marks, box):  # type: ignore[no-untyped-def]
    """Whether row `b` of the columns `a` and row `d` of `c` come nearer than `across` metres (0: their interiors meet).

    `scratch` (SCRATCH, n) floats and `marks` (2, n) integers, n at least the corners of the greatest; `box` (2, 4).
    """
    disc_a, disc_c = a.disc[b] > 0, c.disc[d] > 0
    if (disc_c and not disc_a) or (disc_a == disc_c and a.radius[b] > c.radius[d]):
        a, b, c, d, disc_a, disc_c = c, d, a, b, disc_c, disc_a
    touch = TOUCH_M
    if disc_a:
        touch = min(touch, a.disc[b] / 2)
    if disc_c:
        touch = min(touch, c.disc[d] / 2)
    if disc_a:
        limit = a.disc[b] + c.disc[d] + (across if across > 0 else -touch)
        error = _error(a.radius[b], True, c.step[d], limit)
        if disc_c:
            u, v = _laid(c.points, c.first[d], a.origin, a.basis, a.bend, b)
            off = math.sqrt(u * u + v * v)
        else:
            off = _from_centre(a, b, c, d)
        return UNSURE if abs(off - limit) <= error else YES if off < limit else NO
    i, m = a.first[b], a.first[b + 1] - a.first[b]
    j, n = c.first[d], c.first[d + 1] - c.first[d]
    limit = across
    error = _error(a.radius[b], False, max(a.step[b], c.step[d]), limit)
    room = limit + error + 4 * TOUCH_M
    _lay(a, b, a.points, i, m, scratch[0], scratch[1], box[0])
    _lay(a, b, c.points, j, n, scratch[2], scratch[3], box[1])
    if (box[0, 0] > box[1, 2] + room or box[1, 0] > box[0, 2] + room or box[0, 1] > box[1, 3] + room
            or box[1, 1] > box[0, 3] + room):
        return NO
    first = _beside(scratch[0], scratch[1], a.codes, i, m, box[1], room, marks[0], scratch[4:8])
    second = _beside(scratch[2], scratch[3], c.codes, j, n, box[0], room, marks[1], scratch[8:12])
    if first * second > MANY:
        return UNSURE
    if across > 0:
        return _closer(a.codes, i, m, c.codes, j, n, limit, error, first, second, scratch, marks)
    return _overlap(a.codes, i, m, c.codes, j, n, error, first, second, scratch, marks)


@compiled
def _lay(a, b, points, i, m, x, y, box):  # type: ignore[no-untyped-def]
    """Lays points into the plane about row `b` of `a`, and finds the box round them."""
    ox, oy, oz = a.origin[b, 0], a.origin[b, 1], a.origin[b, 2]
    xu, xv, yu, yv, zu, zv = a.basis[b, 0], a.basis[b, 1], a.basis[b, 2], a.basis[b, 3], a.basis[b, 4], a.basis[b, 5]
    bend_u, bend_v = a.bend[b, 0], a.bend[b, 1]
    west = south = np.inf
    east = north = -np.inf
    for k in range(m):
        n = i + k
        u, v = _flat(points[n, 0] - ox, points[n, 1] - oy, points[n, 2] - oz, xu, xv, yu, yv, zu, zv, bend_u, bend_v)
        x[k], y[k] = u, v
        west, south, east, north = min(west, u), min(south, v), max(east, u), max(north, v)
    box[0], box[1], box[2], box[3] = west, south, east, north


@compiled
def _beside(x, y, codes, i, m, box, room, marks, boxes):  # type: ignore[no-untyped-def]
    """Marks the pieces that come within `room` of a box, with their own boxes; how many."""
    count = 0
    box_w, box_s, box_e, box_n = box[0] - room, box[1] - room, box[2] + room, box[3] + room
    for k in range(m - 1):
        w, e = min(x[k], x[k + 1]), max(x[k], x[k + 1])
        s, n = min(y[k], y[k + 1]), max(y[k], y[k + 1])
        if codes[i + k] == 1 and not (e < box_w or w > box_e or n < box_s or s > box_n):
            marks[count] = k
            boxes[0, count], boxes[1, count], boxes[2, count], boxes[3, count] = w, s, e, n
            count += 1
    return count


@compiled
def _from_centre(a, b, c, d):  # type: ignore[no-untyped-def]
    """How far row `d` of `c` is from the centre of row `b` of `a`; 0 where it holds it."""
    least, inside = np.inf, False
    x = y = 0.0
    for k in range(c.first[d], c.first[d + 1]):
        u, v = _laid(c.points, k, a.origin, a.basis, a.bend, b)
        if k > c.first[d] and c.codes[k - 1] == 1:
            least = min(least, _off(0.0, 0.0, x, y, u, v))
            if (y > 0) != (v > 0) and (u - x) * (0 - y) / (v - y) + x > 0:
                inside = not inside
        x, y = u, v
    return 0.0 if inside else math.sqrt(least)


@compiled
def _off(px, py, x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """The squared distance of a point from a piece."""
    dx, dy = x1 - x0, y1 - y0
    along = dx * dx + dy * dy
    share = 0.0
    if along > 0:
        share = min(1.0, max(0.0, ((px - x0) * dx + (py - y0) * dy) / along))
    ex, ey = x0 + share * dx - px, y0 + share * dy - py
    return ex * ex + ey * ey


@compiled
def _holds(px, py, x, y, codes, i, m):  # type: ignore[no-untyped-def]
    """Whether rings hold a point: an odd number of pieces lies to its east."""
    inside = False
    for k in range(m - 1):
        side = (x[k + 1] - x[k]) * (py - y[k]) - (px - x[k]) * (y[k + 1] - y[k])
        if codes[i + k] == 1 and (y[k] > py) != (y[k + 1] > py) and (side > 0) == (y[k + 1] > y[k]):
            inside = not inside
    return inside


@compiled
def _depth(px, py, x, y, codes, i, m):  # type: ignore[no-untyped-def]
    """How far a point is from rings, squared."""
    least = np.inf
    for k in range(m - 1):
        if codes[i + k] == 1:
            least = min(least, _off(px, py, x[k], y[k], x[k + 1], y[k + 1]))
    return least


@compiled
def _one_holds(codes_a, i, m, codes_c, j, n, scratch):  # type: ignore[no-untyped-def]
    """Whether a ring of one begins in the other; the rings don't come near each other."""
    for k in range(m):
        if (k == 0 or codes_a[i + k - 1] != 1) and _holds(scratch[0, k], scratch[1, k], scratch[2], scratch[3], codes_c, j, n):
            return YES
    for k in range(n):
        if (k == 0 or codes_c[j + k - 1] != 1) and _holds(scratch[2, k], scratch[3, k], scratch[0], scratch[1], codes_a, i, m):
            return YES
    return NO


@compiled
def _closer(codes_a, i, m, codes_c, j, n, limit, error, first, second, scratch, marks):  # type: ignore[no-untyped-def]
    """Whether two polygons are nearer than a limit."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    surely, maybe, wide = max(0.0, limit - error) ** 2, (limit + error) ** 2, limit + error
    least = np.inf
    for p in range(first):
        k, w, e = marks[0, p], scratch[4, p] - wide, scratch[6, p] + wide
        south, north = scratch[5, p] - wide, scratch[7, p] + wide
        for q in range(second):
            if scratch[8, q] > e or scratch[10, q] < w or scratch[9, q] > north or scratch[11, q] < south:
                continue
            h = marks[1, q]
            if _cross(x, y, k, u, v, h, error) == YES:
                return YES
            off = _between(x, y, k, u, v, h)
            if off < surely:
                return YES
            least = min(least, off)
    return UNSURE if least <= maybe else _one_holds(codes_a, i, m, codes_c, j, n, scratch)


@compiled
def _between(x, y, k, u, v, h):  # type: ignore[no-untyped-def]
    """The squared distance of two pieces that don't cross."""
    return min(min(_off(x[k], y[k], u[h], v[h], u[h + 1], v[h + 1]), _off(x[k + 1], y[k + 1], u[h], v[h], u[h + 1], v[h + 1])),
               min(_off(u[h], v[h], x[k], y[k], x[k + 1], y[k + 1]), _off(u[h + 1], v[h + 1], x[k], y[k], x[k + 1], y[k + 1])))


@compiled
def _cross(x, y, k, u, v, h, room):  # type: ignore[no-untyped-def]
    """Whether two pieces cross, each end more than `room` beside the other's line; unsure if that is all that is wanting."""
    dx, dy = x[k + 1] - x[k], y[k + 1] - y[k]
    one, two = (u[h] - x[k]) * dy - (v[h] - y[k]) * dx, (u[h + 1] - x[k]) * dy - (v[h + 1] - y[k]) * dx
    if (one > 0 and two > 0) or (one < 0 and two < 0):
        return NO
    ex, ey = u[h + 1] - u[h], v[h + 1] - v[h]
    three, four = (x[k] - u[h]) * ey - (y[k] - v[h]) * ex, (x[k + 1] - u[h]) * ey - (y[k + 1] - v[h]) * ex
    if (three > 0 and four > 0) or (three < 0 and four < 0):
        return NO
    long, other = room * math.sqrt(dx * dx + dy * dy), room * math.sqrt(ex * ex + ey * ey)
    return YES if min(abs(one), abs(two)) > long and min(abs(three), abs(four)) > other else UNSURE


@compiled
def _overlap(codes_a, i, m, codes_c, j, n, error, first, second, scratch, marks):  # type: ignore[no-untyped-def]
    """Whether the interiors of two polygons meet by more than a touch."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    room, tries, close = error + TOUCH_M, 0, False
    if _both_hold(0.0, 0.0, codes_a, i, m, codes_c, j, n, room, scratch):
        return YES
    for p in range(first):
        k, w, e = marks[0, p], scratch[4, p] - room, scratch[6, p] + room
        south, north = scratch[5, p] - room, scratch[7, p] + room
        for q in range(second):
            if scratch[8, q] > e or scratch[10, q] < w or scratch[9, q] > north or scratch[11, q] < south:
                continue
            h = marks[1, q]
            crossing = _cross(x, y, k, u, v, h, 4 * room)
            if crossing == YES and tries < TRIES:
                tries += 1
                if _disc_fits(codes_a, i, m, codes_c, j, n, k, h, room, scratch):
                    return YES
            if crossing != NO:
                close = True
            elif not close:
                close = _between(x, y, k, u, v, h) <= room * room
    if not close:
        return _one_holds(codes_a, i, m, codes_c, j, n, scratch)
    for k in range(1, min(m, TRIES)):  # the same area twice, or nearly
        if codes_a[i + k] == 1 and codes_a[i + k - 1] == 1 and _both_hold(
                (x[k - 1] + x[k] + x[k + 1]) / 3, (y[k - 1] + y[k] + y[k + 1]) / 3, codes_a, i, m, codes_c, j, n, room, scratch):
            return YES
    return UNSURE


@compiled
def _both_hold(px, py, codes_a, i, m, codes_c, j, n, room, scratch):  # type: ignore[no-untyped-def]
    """Whether a disc of `room` about a point lies in both polygons: then they surely share it."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    return (_holds(px, py, x, y, codes_a, i, m) and _holds(px, py, u, v, codes_c, j, n)
            and _depth(px, py, x, y, codes_a, i, m) > room * room and _depth(px, py, u, v, codes_c, j, n) > room * room)


@compiled
def _disc_fits(codes_a, i, m, codes_c, j, n, k, h, room, scratch):  # type: ignore[no-untyped-def]
    """`_both_hold` of a point beside the crossing of two pieces, in one of the four angles between them."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    dx, dy = x[k + 1] - x[k], y[k + 1] - y[k]
    ex, ey = u[h + 1] - u[h], v[h + 1] - v[h]
    cross = dx * ey - dy * ex
    share = ((u[h] - x[k]) * ey - (v[h] - y[k]) * ex) / cross
    px, py = x[k] + share * dx, y[k] + share * dy
    long, other = math.hypot(dx, dy), math.hypot(ex, ey)
    dx, dy, ex, ey = dx / long, dy / long, ex / other, ey / other
    for turn in range(4):
        sx, sy = (dx if turn < 2 else -dx) + (ex if turn % 2 else -ex), (dy if turn < 2 else -dy) + (ey if turn % 2 else -ey)
        far = math.hypot(sx, sy)
        if far < 1e-9:
            continue
        sine = abs(sx * dy - sy * dx) / far  # of the angle between the direction and either piece
        if sine < 1e-6:
            continue
        away = 1.1 * room / sine
        cx, cy = px + sx / far * away, py + sy / far * away
        if _both_hold(cx, cy, codes_a, i, m, codes_c, j, n, room, scratch):
            return True
    return False


@compiled
def decide(begin, end, c, left, right, across, out):  # type: ignore[no-untyped-def]
    """`meets` for pairs of rows, looking at outlines alone."""
    most = 0
    for k in range(len(c.first) - 1):
        most = max(most, c.first[k + 1] - c.first[k])
    scratch, marks, box = np.empty((SCRATCH, most)), np.empty((2, most), np.int64), np.empty((2, 4))
    for k in range(begin, end):
        i, j = left[k], right[k]
        x, y, z = c.origin[i, 0] - c.origin[j, 0], c.origin[i, 1] - c.origin[j, 1], c.origin[i, 2] - c.origin[j, 2]
        reach = c.radius[i] + c.radius[j] + across[k]
        out[k] = NO if x * x + y * y + z * z > reach * reach else meets(c, i, c, j, across[k], scratch, marks, box)
