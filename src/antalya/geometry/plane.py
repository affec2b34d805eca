"""Rings in a plane, compiled: corners laid into it, pieces compared, points looked for.

What is called for each of many pairs takes numbers, not arrays: a call with an array costs ten words and two counts."""

import math

import numpy as np

from antalya.geometry.columns import BASIS, BEND, ORIGIN, RADIUS
from antalya.geometry.compiled import compiled

NO, YES, UNSURE = 0, 1, 2
SMALL_M = 100_000.0
"""So near the centre, `lay` is off by `MEAN` of the cube of the distance over R² at most: mean curvature for the direction's."""
MEAN = 1e-3


@compiled
def flat(x, y, z, xu, xv, yu, yv, zu, zv, bend_u, bend_v):  # type: ignore[no-untyped-def]
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
def lay(c, place, row, x, y, box):  # type: ignore[no-untyped-def]
    """Lays the corners of a row of columns into the plane about another's centre, and finds the box round them."""
    about, own = c.numbers[place], c.numbers[row]
    ox, oy, oz = about[ORIGIN], about[ORIGIN + 1], about[ORIGIN + 2]
    xu, xv, yu = about[BASIS], about[BASIS + 1], about[BASIS + 2]
    yv, zu, zv = about[BASIS + 3], about[BASIS + 4], about[BASIS + 5]
    bend_u, bend_v = about[BEND], about[BEND + 1]
    i, count = c.first[row], c.first[row + 1] - c.first[row]
    dx, dy, dz = own[ORIGIN] - ox, own[ORIGIN + 1] - oy, own[ORIGIN + 2] - oz
    if math.sqrt(dx * dx + dy * dy + dz * dz) + own[RADIUS] > SMALL_M:
        for k in range(count):
            x[k], y[k] = flat(c.points[i + k, 0] - ox, c.points[i + k, 1] - oy, c.points[i + k, 2] - oz, xu, xv, yu, yv, zu, zv,
                              bend_u, bend_v)
    else:  # the arc sine's series, by the mean curvature
        mean = (bend_u + bend_v) / 2
        for k in range(count):
            px, py, pz = c.points[i + k, 0] - ox, c.points[i + k, 1] - oy, c.points[i + k, 2] - oz
            u, v = px * xu + py * yu + pz * zu, px * xv + py * yv + pz * zv
            q = (u * u * bend_u + v * v * bend_v) * mean
            scale = 1 + q * (1 / 6 + q * (3 / 40))
            x[k], y[k] = u * scale, v * scale
    west = south = np.inf
    east = north = -np.inf
    for k in range(count):  # apart from the others, which are several at a time
        west, south, east, north = min(west, x[k]), min(south, y[k]), max(east, x[k]), max(north, y[k])
    box[0], box[1], box[2], box[3] = west, south, east, north


@compiled
def beside(x, y, codes, box, room, marks, boxes):  # type: ignore[no-untyped-def]
    """Marks the pieces that come within `room` of a box, with their own boxes; how many."""
    count = 0
    box_w, box_s, box_e, box_n = box[0] - room, box[1] - room, box[2] + room, box[3] + room
    for k in range(len(codes) - 1):
        w, e = min(x[k], x[k + 1]), max(x[k], x[k + 1])
        s, n = min(y[k], y[k + 1]), max(y[k], y[k + 1])
        marks[count] = k  # written over if it is not to stay: a branch would often be guessed wrong
        boxes[0, count], boxes[1, count], boxes[2, count], boxes[3, count] = w, s, e, n
        count += (codes[k] == 1) & (e >= box_w) & (w <= box_e) & (n >= box_s) & (s <= box_n)
    return count


@compiled
def off(px, py, x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """The squared distance of a point from a piece."""
    dx, dy = x1 - x0, y1 - y0
    along = dx * dx + dy * dy
    share = 0.0
    if along > 0:
        share = min(1.0, max(0.0, ((px - x0) * dx + (py - y0) * dy) / along))
    ex, ey = x0 + share * dx - px, y0 + share * dy - py
    return ex * ex + ey * ey


@compiled
def holds(px, py, x, y, codes):  # type: ignore[no-untyped-def]
    """Whether rings hold a point: an odd number of pieces lies to its east."""
    inside = False
    for k in range(len(codes) - 1):
        side = (x[k + 1] - x[k]) * (py - y[k]) - (px - x[k]) * (y[k + 1] - y[k])
        if codes[k] == 1 and (y[k] > py) != (y[k + 1] > py) and (side > 0) == (y[k + 1] > y[k]):
            inside = not inside
    return inside


@compiled
def depth(px, py, x, y, codes):  # type: ignore[no-untyped-def]
    """How far a point is from rings, squared."""
    least = np.inf
    for k in range(len(codes) - 1):
        if codes[k] == 1:
            least = min(least, off(px, py, x[k], y[k], x[k + 1], y[k + 1]))
    return least


@compiled
def between(x0, y0, x1, y1, u0, v0, u1, v1):  # type: ignore[no-untyped-def]
    """The squared distance of two pieces that don't cross."""
    return min(min(off(x0, y0, u0, v0, u1, v1), off(x1, y1, u0, v0, u1, v1)),
               min(off(u0, v0, x0, y0, x1, y1), off(u1, v1, x0, y0, x1, y1)))


@compiled
def cross(x0, y0, x1, y1, u0, v0, u1, v1, room):  # type: ignore[no-untyped-def]
    """Whether two pieces cross, each end more than `room` beside the other's line; unsure if that is all that is wanting."""
    dx, dy = x1 - x0, y1 - y0
    one, two = (u0 - x0) * dy - (v0 - y0) * dx, (u1 - x0) * dy - (v1 - y0) * dx
    if (one > 0 and two > 0) or (one < 0 and two < 0):
        return NO
    ex, ey = u1 - u0, v1 - v0
    three, four = (x0 - u0) * ey - (y0 - v0) * ex, (x1 - u0) * ey - (y1 - v0) * ex
    if (three > 0 and four > 0) or (three < 0 and four < 0):
        return NO
    long, other = room * math.sqrt(dx * dx + dy * dy), room * math.sqrt(ex * ex + ey * ey)
    return YES if min(abs(one), abs(two)) > long and min(abs(three), abs(four)) > other else UNSURE
