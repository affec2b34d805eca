"""Pairs of volumes decided, compiled (numba): in the plane about one of them, as `touch.closer` does.

`meets` says yes, no, or unsure: the last wherever the plane's error (`touch.error_m`) or a touch could decide, and shapes
decide then. Imported only where there is much to do: it takes a moment to load, the first time some seconds to compile.
"""

import math

import numpy as np

from antalya.geometry import ellipsoid
from antalya.geometry.columns import BASIS, BEND, CORE, DISC, LOWER, ORIGIN, RADIUS, STEP, UPPER
from antalya.geometry.compiled import compiled
from antalya.geometry.making import MARGIN_M
from antalya.geometry.plane import MEAN, NO, UNSURE, YES, beside, between, cross, depth, flat, holds, lay, off

R = ellipsoid.RADIUS
TOUCH_M = 1e-3
SAME_HEIGHT_M = 1e-6
MANY = 2_000_000
"""Pairs of pieces beyond which shapely's index is quicker."""
TRIES = 6
SCRATCH = 12


@compiled
def near(c, i, j, across, up, seconds):  # type: ignore[no-untyped-def]
    """Whether caps, windows and bands of two rows come nearer than minima. All of it is always reckoned: a processor that
    guesses wrong where to go on loses more than that."""
    start, end = max(c.windows[i, 0], c.windows[j, 0]), min(c.windows[i, 1], c.windows[j, 1])
    in_time = max(start - end, 0) / 1e6 < seconds if seconds > 0 else start < end
    low, high = max(c.numbers[i, LOWER], c.numbers[j, LOWER]), min(c.numbers[i, UPPER], c.numbers[j, UPPER])
    thin = min(c.numbers[i, UPPER] - c.numbers[i, LOWER], c.numbers[j, UPPER] - c.numbers[j, LOWER])
    in_height = low - high < up - SAME_HEIGHT_M if up > 0 else high - low > min(SAME_HEIGHT_M, thin / 2)
    return in_time & in_height & caps_near(c, i, j, across)


@compiled
def caps_near(c, i, j, across):  # type: ignore[no-untyped-def]
    """Whether caps come within `across`."""
    n = c.numbers
    x, y, z = n[i, ORIGIN] - n[j, ORIGIN], n[i, ORIGIN + 1] - n[j, ORIGIN + 1], n[i, ORIGIN + 2] - n[j, ORIGIN + 2]
    reach = c.numbers[i, RADIUS] + c.numbers[j, RADIUS] + across
    return x * x + y * y + z * z <= reach * reach


@compiled
def cores_near(c, i, j, across):  # type: ignore[no-untyped-def]
    """Whether discs that are part of two rows come within `across` already."""
    n = c.numbers
    x, y, z = n[i, ORIGIN] - n[j, ORIGIN], n[i, ORIGIN + 1] - n[j, ORIGIN + 1], n[i, ORIGIN + 2] - n[j, ORIGIN + 2]
    square = x * x + y * y + z * z
    reach = n[i, CORE] + n[j, CORE] + across - MARGIN_M
    # a geodesic is longer than its chord by less than this, up to 1,000 km
    return ((n[i, CORE] > 0) & (n[j, CORE] > 0) & (reach > 0) & (square < 1e12)
            & (square * (1 + square / (11 * R * R)) < reach * reach))


@compiled
def _error(radius, disc, step, limit):  # type: ignore[no-untyped-def]
    """`touch.error_m`, and what `lay` adds."""
    reach = limit if disc else radius + limit
    bent = 0.0 if disc else limit * 0.2 * (reach / R) ** 2 + 2 * MEAN * reach * (reach / R) ** 2
    return bent + 2 * step * step * reach / (12 * R * R) + 1e-6 + 2e-3 * reach * (reach / R) ** 3 + 1e-5


@compiled
def meets(c, i, j, across, scratch, marks, box):  # type: ignore[no-untyped-def]
    """Whether two rows come nearer than `across` metres (0: their interiors meet).

    `scratch` (SCRATCH, n) floats and `marks` (2, n) integers, n at least the corners of the greatest; `box` (2, 4).
    """
    disc_i, disc_j = c.numbers[i, DISC] > 0, c.numbers[j, DISC] > 0
    if (disc_j and not disc_i) or (disc_i == disc_j and c.numbers[i, RADIUS] > c.numbers[j, RADIUS]):
        i, j, disc_i, disc_j = j, i, disc_j, disc_i
    if disc_i:
        touch = min(TOUCH_M, c.numbers[i, DISC] / 2)
        if disc_j:
            touch = min(touch, c.numbers[j, DISC] / 2)
        limit = c.numbers[i, DISC] + c.numbers[j, DISC] + (across if across > 0 else -touch)
        error = _error(c.numbers[i, RADIUS], True, c.numbers[j, STEP], limit)
        away = _from_centre(c, i, j)
        return UNSURE if abs(away - limit) <= error else YES if away < limit else NO
    lay(c, i, i, scratch[0], scratch[1], box[0])
    lay(c, i, j, scratch[2], scratch[3], box[1])
    error = _error(c.numbers[i, RADIUS], False, max(c.numbers[i, STEP], c.numbers[j, STEP]), across)
    room = across + error + 4 * TOUCH_M
    if (box[0, 0] > box[1, 2] + room or box[1, 0] > box[0, 2] + room or box[0, 1] > box[1, 3] + room
            or box[1, 1] > box[0, 3] + room):
        return NO
    a, b = c.codes[c.first[i]:c.first[i + 1]], c.codes[c.first[j]:c.first[j + 1]]
    first = beside(scratch[0], scratch[1], a, box[1], room, marks[0], scratch[4:8])
    second = beside(scratch[2], scratch[3], b, box[0], room, marks[1], scratch[8:12])
    if first * second > MANY:
        return UNSURE
    if across > 0:
        return _closer(a, b, across, error, first, second, scratch, marks)
    return _overlap(a, b, error, first, second, scratch, marks)


@compiled
def _from_centre(c, i, j):  # type: ignore[no-untyped-def]
    """How far row j is from the centre of row i; 0 where it holds it. Of a circle, its centre."""
    row = c.numbers[i]
    ox, oy, oz = row[ORIGIN], row[ORIGIN + 1], row[ORIGIN + 2]
    xu, xv, yu, yv, zu, zv = row[BASIS], row[BASIS + 1], row[BASIS + 2], row[BASIS + 3], row[BASIS + 4], row[BASIS + 5]
    least, inside = np.inf, False
    x = y = 0.0
    for k in range(c.first[j], c.first[j + 1]):
        u, v = flat(c.points[k, 0] - ox, c.points[k, 1] - oy, c.points[k, 2] - oz, xu, xv, yu, yv, zu, zv, row[BEND],
                    row[BEND + 1])
        if c.numbers[j, DISC] > 0:
            return math.sqrt(u * u + v * v)
        if k > c.first[j] and c.codes[k - 1] == 1:
            least = min(least, off(0.0, 0.0, x, y, u, v))
            if (y > 0) != (v > 0) and (u - x) * (0 - y) / (v - y) + x > 0:
                inside = not inside
        x, y = u, v
    return 0.0 if inside else math.sqrt(least)


@compiled
def _closer(a, b, limit, error, first, second, scratch, marks):  # type: ignore[no-untyped-def]
    """Whether two polygons are nearer than a limit."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    surely, maybe, wide = max(0.0, limit - error) ** 2, (limit + error) ** 2, limit + error
    if surely > 0 and holds(0.0, 0.0, u, v, b) and holds(0.0, 0.0, x, y, a):
        return YES
    least = np.inf
    for p in range(first):
        k, w, e = marks[0, p], scratch[4, p] - wide, scratch[6, p] + wide
        south, north = scratch[5, p] - wide, scratch[7, p] + wide
        for q in range(second):
            if scratch[8, q] > e or scratch[10, q] < w or scratch[9, q] > north or scratch[11, q] < south:
                continue
            h = marks[1, q]
            if cross(x[k], y[k], x[k + 1], y[k + 1], u[h], v[h], u[h + 1], v[h + 1], error) == YES:
                return YES
            apart = between(x[k], y[k], x[k + 1], y[k + 1], u[h], v[h], u[h + 1], v[h + 1])
            if apart < surely:
                return YES
            least = min(least, apart)
    return UNSURE if least <= maybe else _one_holds(a, b, scratch)


@compiled
def _one_holds(a, b, scratch):  # type: ignore[no-untyped-def]
    """Whether a ring of one begins in the other; the rings don't come near each other."""
    for k in range(len(a)):
        if (k == 0 or a[k - 1] != 1) and holds(scratch[0, k], scratch[1, k], scratch[2], scratch[3], b):
            return YES
    for k in range(len(b)):
        if (k == 0 or b[k - 1] != 1) and holds(scratch[2, k], scratch[3, k], scratch[0], scratch[1], a):
            return YES
    return NO


@compiled
def _overlap(a, b, error, first, second, scratch, marks):  # type: ignore[no-untyped-def]
    """Whether the interiors of two polygons meet by more than a touch."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    room, tries, close = error + TOUCH_M, 0, False
    if _both_hold(0.0, 0.0, a, b, room, scratch):
        return YES
    for p in range(first):
        k, w, e = marks[0, p], scratch[4, p] - room, scratch[6, p] + room
        south, north = scratch[5, p] - room, scratch[7, p] + room
        for q in range(second):
            if scratch[8, q] > e or scratch[10, q] < w or scratch[9, q] > north or scratch[11, q] < south:
                continue
            h = marks[1, q]
            crossing = cross(x[k], y[k], x[k + 1], y[k + 1], u[h], v[h], u[h + 1], v[h + 1], 4 * room)
            if crossing == YES and tries < TRIES:
                tries += 1
                if _disc_fits(a, b, k, h, room, scratch):
                    return YES
            close = close or crossing != NO or between(
                x[k], y[k], x[k + 1], y[k + 1], u[h], v[h], u[h + 1], v[h + 1]) <= room * room
    if not close:
        return _one_holds(a, b, scratch)
    for k in range(1, min(len(a), TRIES)):  # the same area twice, or nearly
        if a[k] == 1 and a[k - 1] == 1 and _both_hold(
                (x[k - 1] + x[k] + x[k + 1]) / 3, (y[k - 1] + y[k] + y[k + 1]) / 3, a, b, room, scratch):
            return YES
    return UNSURE


@compiled
def _both_hold(px, py, a, b, room, scratch):  # type: ignore[no-untyped-def]
    """Whether a disc of `room` about a point lies in both polygons: then they surely share it."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    return (holds(px, py, x, y, a) and holds(px, py, u, v, b)
            and depth(px, py, x, y, a) > room * room and depth(px, py, u, v, b) > room * room)


@compiled
def _disc_fits(a, b, k, h, room, scratch):  # type: ignore[no-untyped-def]
    """`_both_hold` of a point beside the crossing of two pieces, in one of the four angles between them."""
    x, y, u, v = scratch[0], scratch[1], scratch[2], scratch[3]
    dx, dy = x[k + 1] - x[k], y[k + 1] - y[k]
    ex, ey = u[h + 1] - u[h], v[h + 1] - v[h]
    share = ((u[h] - x[k]) * ey - (v[h] - y[k]) * ex) / (dx * ey - dy * ex)
    px, py = x[k] + share * dx, y[k] + share * dy
    long, other = math.sqrt(dx * dx + dy * dy), math.sqrt(ex * ex + ey * ey)
    dx, dy, ex, ey = dx / long, dy / long, ex / other, ey / other
    for turn in range(4):
        sx, sy = (dx if turn < 2 else -dx) + (ex if turn % 2 else -ex), (dy if turn < 2 else -dy) + (ey if turn % 2 else -ey)
        far = math.sqrt(sx * sx + sy * sy)
        sine = abs(sx * dy - sy * dx)  # times `far`: of the angle between the direction and either piece
        if far < 1e-9 or sine < 1e-6 * far:
            continue
        away = 1.1 * room / sine
        if _both_hold(px + sx * away, py + sy * away, a, b, room, scratch):
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
        out[k] = meets(c, i, j, across[k], scratch, marks, box) if caps_near(c, i, j, across[k]) else NO
