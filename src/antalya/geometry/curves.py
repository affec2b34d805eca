# mypy: disallow-untyped-calls=False
"""Closed curves in a plane: rings laid into it and grown, where they cross, how often they wind round a point.

For `walking`, which traces regions along them. Every function here and there is ordinary Python over sequences of numbers, and
the same compiled: the same to the last bit either way, as far as sines are (what is made of them is rounded to 5 mm).
"""

import math

from antalya.geometry import ellipsoid

A2, B2, E2 = ellipsoid.A ** 2, ellipsoid.B ** 2, ellipsoid.E2
TOL_M = 1e-5
NEAR_M = 200_000.0
"""Farther from the plane's centre, the series are not true to the last bit."""
MOST = 400
"""Crossings there is room for."""
RUN = 8
"""Pieces of a curve that are passed over together where their box is not touched."""
GRID = 2.0**20
STEP_RAD = math.pi / 32
HALF_TURN_RAD = math.pi - 0.01
"""Half a turn, less some room for rounding."""
DIGITS = 1e7


def lay(points, first, last, frame, x, y, to):  # type: ignore[no-untyped-def]
    """Lays a closed ring into a plane, on the grid, counter-clockwise and without repeats; how many corners, or -1."""
    ox, oy, oz, xu, xv, yu, yv, zu, zv, bend_u, bend_v = (
        frame[0], frame[1], frame[2], frame[3], frame[4], frame[5], frame[6],
        frame[7], frame[8], frame[9], frame[10])
    count, area = 0, 0.0
    for k in range(first, last - 1):
        px, py, pz = points[3 * k] - ox, points[3 * k + 1] - oy, points[3 * k + 2] - oz
        u, v = px * xu + py * yu + pz * zu, px * xv + py * yv + pz * zv
        square, uu, vv = px * px + py * py + pz * pz, u * u, v * v
        if square > NEAR_M * NEAR_M:
            return -1
        share = 1 / (uu + vv + 1e-200)
        curvature = (uu * bend_u + vv * bend_v) * share
        h = 0.25 * square * curvature * curvature
        scale = math.sqrt(square * share) * (1 + h * (1 / 6 + h * (3 / 40 + h * (15 / 336 + h * 105 / 3456))))
        u, v = math.floor(u * scale * GRID + 0.5) / GRID, math.floor(v * scale * GRID + 0.5) / GRID
        if count == 0 or u != x[to + count - 1] or v != y[to + count - 1]:
            x[to + count], y[to + count] = u, v
            count += 1
    while count > 1 and x[to] == x[to + count - 1] and y[to] == y[to + count - 1]:
        count -= 1
    for k in range(count):
        n = to + (k + 1) % count
        area += x[to + k] * y[n] - x[n] * y[to + k]
    if count < 3:
        return -1
    if area < 0:
        for k in range(count // 2):
            i, j = to + k, to + count - 1 - k
            x[i], y[i], x[j], y[j] = x[j], y[j], x[i], y[i]
    x[to + count], y[to + count] = x[to], y[to]
    return count


def degrees(u, v, frame):  # type: ignore[no-untyped-def]
    """A point of the plane in degrees times `DIGITS`, rounded: what `ellipsoid.lay` laid there.

    Its direction is that of the point's offset along the plane, its distance that along an arc of that direction's curvature, so
    the chord is known; how far the point lies below the plane, a step of Newton's finds on the ellipsoid, to 1 µm.
    """
    away = math.sqrt(u * u + v * v) + 1e-200
    e, n = u / away, v / away
    curvature = e * e * frame[9] + n * n * frame[10]
    h = (away * curvature / 2) ** 2
    chord = away * (1 - h / 6 * (1 - h / 20 * (1 - h / 42)))
    xu, xv, yu, yv, zu, zv = (frame[3], frame[4], frame[5], frame[6], frame[7],
                              frame[8])
    dx, dy, dz = e * xu + n * xv, e * yu + n * yv, e * zu + n * zv
    ux, uy, uz = yu * zv - zu * yv, zu * xv - xu * zv, xu * yv - yu * xv
    up, x, y, z = -chord * chord * curvature / 2, 0.0, 0.0, 0.0
    for step in range(2):
        along = math.sqrt(chord * chord - up * up)
        x, y, z = (frame[0] + along * dx + up * ux, frame[1] + along * dy + up * uy,
                   frame[2] + along * dz + up * uz)
        if step < 1:
            lean = up / (along + 1e-200)
            off = (x * x + y * y) / A2 + z * z / B2 - 1
            up -= off / (2 * ((x * (ux - lean * dx) + y * (uy - lean * dy)) / A2 + z * (uz - lean * dz) / B2))
    lon, lat = math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.sqrt(x * x + y * y) * (1 - E2)))
    return math.floor(lon * DIGITS + 0.5) + 0.0, math.floor(lat * DIGITS + 0.5) + 0.0


def grown(x, y, first, count, by, to, room):  # type: ignore[no-untyped-def]
    """The curve that bounds all within `by` of a ring, and may cross itself; how many corners, or -1; and whether it may.

    Round a corner it is drawn outside the arc, in steps of `STEP_RAD` at most. It may cross itself where a corner is cut off with
    two points, or where it turns right by half a turn on the whole, somewhere: growing, it first touches itself where it closes
    a bay, and goes round that clockwise, from one shore to the other.
    """
    made, bent = 0, False
    right, left, most_right, most_left = 0.0, 0.0, 0.0, 0.0
    px, py = x[first + count - 1], y[first + count - 1]
    ex, ey = x[first] - px, y[first] - py
    long = math.sqrt(ex * ex + ey * ey)
    ex, ey = ex / long, ey / long
    for k in range(first, first + count):
        dx, dy = x[k + 1] - x[k], y[k + 1] - y[k]
        after = math.sqrt(dx * dx + dy * dy)
        dx, dy = dx / after, dy / after
        sine, cosine = ex * dy - ey * dx, ex * dx + ey * dy
        if made + 34 > room:
            return -1, bent
        if sine < 0 and by * -sine > 0.4 * min(long, after) * (1 + cosine):
            x[to + made], y[to + made] = x[k] + by * ey, y[k] - by * ex
            x[to + made + 1], y[to + made + 1] = x[k] + by * dy, y[k] - by * dx
            made, bent = made + 2, True
        else:
            turn = math.atan2(sine + 0.0, cosine)  # no -0
            right, left = max(0.0, right - turn), max(0.0, left + turn)
            most_right, most_left = max(most_right, right), max(most_left, left)
            steps = max(1, math.ceil(turn / STEP_RAD))
            half = turn / (2 * steps)
            s, c = math.sin(half), math.cos(half)
            away, twice, u, v = by / c, 2 * s * c, ey * c + ex * s, ey * s - ex * c  # half a step on from square to the piece
            for _ in range(steps):
                x[to + made], y[to + made] = x[k] + away * u, y[k] + away * v
                u, v = u - 2 * s * s * u - twice * v, v - 2 * s * s * v + twice * u
                made += 1
        ex, ey, long = dx, dy, after
    # the most over where the ring begins: all of it turns left by 2 pi
    return made, bent or most_right > HALF_TURN_RAD or most_left - 2 * math.pi > HALF_TURN_RAD


def turned(x, y, to, count, spare):  # type: ignore[no-untyped-def]
    """Lets a curve begin at its westernmost corner, outside of which there is nothing; closes it."""
    west = to
    for k in range(to, to + count):
        if x[k] < x[west]:
            west = k
    for k in range(count):
        x[spare + k], y[spare + k] = x[to + k], y[to + k]
    for k in range(count + 1):
        n = spare + west - to + k
        n -= count if n >= spare + count else 0
        x[to + k], y[to + k] = x[n], y[n]


def winding(px, py, x, y, first, count):  # type: ignore[no-untyped-def]
    """How often a curve winds round a point."""
    times = 0
    for k in range(first, first + count):
        if (y[k] <= py) != (y[k + 1] <= py):
            side = (x[k + 1] - x[k]) * (py - y[k]) - (px - x[k]) * (y[k + 1] - y[k])
            if y[k] <= py and side > 0:
                times += 1
            elif y[k] > py and side < 0:
                times -= 1
    return times


def crossings(x, y, first, count, second, many, found, piece, share, sense, boxes):  # type: ignore[no-untyped-def]
    """The crossings of two curves, or of one with itself; how many there are in all by then, or -1 where one is not plain.

    At 2n and 2n + 1 of `piece` and `share`: where on either. At n of `sense`: 1 where the first comes from the second's right.
    In `boxes`, four rows: those of each `RUN` pieces of the second.
    """
    own = first == second
    wests, souths, easts, norths = boxes[0], boxes[1], boxes[2], boxes[3]
    west, south, east, north = boxed(x, y, second, many, wests, souths, easts, norths)
    for i in range(first, first + count):
        x0, y0, x1, y1 = x[i], y[i], x[i + 1], y[i + 1]
        w, e, s, n = min(x0, x1) - TOL_M, max(x0, x1) + TOL_M, min(y0, y1) - TOL_M, max(y0, y1) + TOL_M
        if e < west or w > east or n < south or s > north:
            continue
        dx, dy = x1 - x0, y1 - y0
        near = TOL_M * math.sqrt(dx * dx + dy * dy)
        begin, end = i + 2 if own else second, second + many - (1 if own and i == first else 0)
        for run in range((begin - second) // RUN, (end - second + RUN - 1) // RUN):
            if e < wests[run] or w > easts[run] or n < souths[run] or s > norths[run]:
                continue
            for j in range(max(begin, second + run * RUN), min(end, second + (run + 1) * RUN)):
                u0, v0, u1, v1 = x[j], y[j], x[j + 1], y[j + 1]
                if (u0 < w and u1 < w) or (u0 > e and u1 > e) or (v0 < s and v1 < s) or (v0 > n and v1 > n):
                    continue
                one, two = dx * (v0 - y0) - dy * (u0 - x0), dx * (v1 - y0) - dy * (u1 - x0)
                if (one > near and two > near) or (one < -near and two < -near):
                    continue
                du, dv = u1 - u0, v1 - v0
                close = TOL_M * math.sqrt(du * du + dv * dv)
                three, four = du * (y0 - v0) - dv * (x0 - u0), du * (y1 - v0) - dv * (x1 - u0)
                if (three > close and four > close) or (three < -close and four < -close):
                    continue
                if min(abs(one), abs(two)) <= near or min(abs(three), abs(four)) <= close or found == MOST:
                    return -1
                piece[2 * found], piece[2 * found + 1] = i, j
                share[2 * found], share[2 * found + 1] = three / (three - four), one / (one - two)
                sense[found] = 1 if three < 0 else -1
                found += 1
    return found


def boxed(x, y, first, count, wests, souths, easts, norths):  # type: ignore[no-untyped-def]
    """Writes down the boxes of each `RUN` pieces of a closed curve; the box of all of it."""
    west, south, east, north = x[first], y[first], x[first], y[first]
    for run in range((count + RUN - 1) // RUN):
        begin, end = first + run * RUN, first + min(count, (run + 1) * RUN)
        w, s, e, n = x[end], y[end], x[end], y[end]
        for k in range(begin, end):
            w, s, e, n = min(w, x[k]), min(s, y[k]), max(e, x[k]), max(n, y[k])
        wests[run], souths[run], easts[run], norths[run] = w, s, e, n
        west, south, east, north = min(west, w), min(south, s), max(east, e), max(north, n)
    return west, south, east, north


def ordered(order, found, piece, share):  # type: ignore[no-untyped-def]
    """Puts both ends of the crossings into the order in which the curves are walked."""
    for n in range(2 * found):
        k = n
        while k > 0 and (piece[order[k - 1]] > piece[n] or (piece[order[k - 1]] == piece[n] and share[order[k - 1]] > share[n])):
            order[k] = order[k - 1]
            k -= 1
        order[k] = n


def beside(px, py, x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    """The squared distance of a point from a piece."""
    dx, dy = x1 - x0, y1 - y0
    share = min(1.0, max(0.0, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy)))
    ex, ey = x0 + share * dx - px, y0 + share * dy - py
    return ex * ex + ey * ey


def off(points, many, frame, x, y):  # type: ignore[no-untyped-def]
    """How far two closed rings in space, the first with `many` corners, are from each other in a plane: 0 where they cross or one
    lies in the other; -1 where `lay` cannot tell."""
    first, second = lay(points, 0, many, frame, x, y, 0), lay(points, many, len(points) // 3, frame, x, y, many)
    if first < 0 or second < 0:
        return -1.0
    if winding(x[0], y[0], x, y, many, second) != 0 or winding(x[many], y[many], x, y, 0, first) != 0:
        return 0.0
    least = math.inf
    for i in range(first):
        x0, y0, x1, y1 = x[i], y[i], x[i + 1], y[i + 1]
        w, e, s, n = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        dx, dy = x1 - x0, y1 - y0
        for j in range(many, many + second):
            u0, v0, u1, v1 = x[j], y[j], x[j + 1], y[j + 1]
            across = max(0.0, max(w - max(u0, u1), min(u0, u1) - e))
            up = max(0.0, max(s - max(v0, v1), min(v0, v1) - n))
            if across * across + up * up >= least:
                continue
            one, two = dx * (v0 - y0) - dy * (u0 - x0), dx * (v1 - y0) - dy * (u1 - x0)
            du, dv = u1 - u0, v1 - v0
            three, four = du * (y0 - v0) - dv * (x0 - u0), du * (y1 - v0) - dv * (x1 - u0)
            if (one > 0) != (two > 0) and (three > 0) != (four > 0):
                return 0.0
            least = min(least, min(min(beside(x0, y0, u0, v0, u1, v1), beside(x1, y1, u0, v0, u1, v1)),
                                   min(beside(u0, v0, x0, y0, x1, y1), beside(u1, v1, x0, y0, x1, y1))))
    return math.sqrt(least)
