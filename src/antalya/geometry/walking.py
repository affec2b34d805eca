# mypy: disallow-untyped-calls=False
"""The region of two plain polygons traced along their boundaries: which pieces of four curves bound it, and how they follow.

With A' all that is within the minimum of A, and B' of B, the region is (A and B') or (B and A'). What bounds it is the boundary
of A in B' outside B, that of B in A' outside A, that of B' in A and that of A' in B; no other crossing of the four matters. The
boundary of A' is that part of the convolution of A's with a circle whose right side it winds round 0 times: the number of
times is the number of parts of A in the circle about a point, for a polygon without holes.

Each curve is walked once, counting at its crossings; where it begins and stops to bound the region, another one stops and begins.
Whatever is not plain (an end nearer than `TOL_M` to another piece, counts that don't come out) is said to be so: -1. Then GEOS
decides (`region`).
"""

import math

from antalya.geometry.curves import DIGITS, RUN, boxed, crossings, degrees, grown, lay, ordered, turned, winding

CORNERS, ROUND = 140, 500
"""Corners there is room for in a ring, and in a curve round one."""
ROOM = 2 * (CORNERS + 1) + 3 * (ROUND + 1)
RINGS = 40
FLOATS, INTS = 11, 10
BOXES = 7
LON, LAT, ENDS, SHELLS = 5, 6, 8, 9
"""Rows of either, `ROOM` long: see `traced`."""
LEAST_M = 0.05
"""Where a region's area over its length is less than that, rounding may break it."""
WIDEST_DEG = 20.0
"""Longitudes farther from each other run over the antimeridian, or about a pole."""


def prepared(points, many, frame, by, x, y, starts, counts, piece, share, sense, boxes):  # type: ignore[no-untyped-def]
    """The four curves of two rings, and where they cross; how often, or -1. See `traced`."""
    starts[0], starts[1], starts[2] = 0, CORNERS + 1, 2 * (CORNERS + 1)
    starts[3] = starts[2] + ROUND + 1
    end = len(points) // 3
    if many > CORNERS or end - many > CORNERS:
        return -1
    counts[0] = lay(points, 0, many, frame, x, y, starts[0])
    counts[1] = lay(points, many, end, frame, x, y, starts[1])
    counts[2] = counts[3] = 0
    if counts[0] < 0 or counts[1] < 0:
        return -1
    found = crossings(x, y, starts[0], counts[0], starts[1], counts[1], 0, piece, share, sense, boxes)
    for of in range(2 if by > 0 else 0):
        curve, other = 2 + of, 1 - of
        counts[curve], bent = grown(x, y, starts[of], counts[of], by, starts[curve], ROUND)
        if counts[curve] < 0 or found < 0:
            return -1
        turned(x, y, starts[curve], counts[curve], starts[3] + ROUND + 1)
        found = crossings(x, y, starts[other], counts[other], starts[curve], counts[curve], found, piece, share, sense, boxes)
        if bent and found >= 0:
            found = crossings(x, y, starts[curve], counts[curve], starts[curve], counts[curve], found, piece, share, sense, boxes)
    return found


def walked(curve, x, y, starts, counts, found, piece, share, sense, order, at, runs, begun, begins):  # type: ignore[no-untyped-def]
    """Walks a curve and notes its runs that bound the region: crossing and piece where each begins, and where it ends.

    `at`: the curve's first place in `order`. The number of runs by then, or -1 where the counts don't come out; and the
    next curve's first place. A run that goes on past the curve's first corner begins, and another ends, at `found + curve`.
    """
    first, last = starts[curve], starts[curve] + counts[curve]
    polygon, ring = curve < 2, 1 - curve % 2
    around = 3 - curve if polygon else curve  # 0 in 3, 1 in 2
    touching = counts[2] == 0
    inside = winding(x[first], y[first], x, y, starts[ring], counts[ring])
    within = 0 if not polygon or touching else winding(x[first], y[first], x, y, starts[around], counts[around])
    bounds = (inside == 1 if touching else within > 0 and inside == 0) if polygon else within == 0 and inside == 1
    was, before = inside, within
    if bounds:
        runs[4 * begun], runs[4 * begun + 1] = found + curve, first - 1
        begins[found + curve] = begun
    while at < 2 * found and piece[order[at]] < last:
        visit = order[at]
        crossing, other = visit // 2, piece[visit + 1 if visit % 2 == 0 else visit - 1]
        step = sense[crossing] if visit % 2 == 0 else -sense[crossing]
        if starts[ring] <= other < starts[ring] + counts[ring]:
            inside += step
        else:
            within += step
        if within < 0 or inside < 0 or inside > 1:
            return -1, at
        now = (inside == 1 if touching else within > 0 and inside == 0) if polygon else within == 0 and inside == 1
        if bounds and not now:
            runs[4 * begun + 2], runs[4 * begun + 3] = crossing, piece[visit]
            begun += 1
        elif now and not bounds:
            if begins[crossing] >= 0:
                return -1, at
            runs[4 * begun], runs[4 * begun + 1] = crossing, piece[visit]
            begins[crossing] = begun
        bounds = now
        at += 1
    if bounds:
        runs[4 * begun + 2], runs[4 * begun + 3] = found + curve, last - 1
        begun += 1
    return (begun if (inside, within) == (was, before) else -1), at


def linked(run, x, y, found, piece, share, runs, begins, used, u, v):  # type: ignore[no-untyped-def]
    """Follows runs from one on until it comes back; how many corners the ring has, or -1."""
    here, made = run, 0
    while True:
        used[here] = 1
        crossing = runs[4 * here]
        if made + runs[4 * here + 3] - runs[4 * here + 1] + 2 > ROOM:
            return -1
        if crossing < found:
            k, s = piece[2 * crossing], share[2 * crossing]
            u[made], v[made] = x[k] + s * (x[k + 1] - x[k]), y[k] + s * (y[k + 1] - y[k])
            made += 1
        for k in range(runs[4 * here + 1] + 1, runs[4 * here + 3] + 1):
            u[made], v[made] = x[k], y[k]
            made += 1
        here = begins[runs[4 * here + 2]]
        if here == run:
            return made
        if here < 0 or used[here] == 1:
            return -1


def told(made, u, v, frame, lon, lat, at):  # type: ignore[no-untyped-def]
    """Writes a ring in rounded degrees, closed; where it ends, or -1 where rounding may break it; and twice its area."""
    area, long = 0.0, 0.0
    for k in range(made):
        n = (k + 1) % made
        area += u[k] * v[n] - u[n] * v[k]
        long += math.sqrt((u[n] - u[k]) ** 2 + (v[n] - v[k]) ** 2)
    if abs(area) < 2 * LEAST_M * long or at + made + 1 > ROOM:
        return -1, area
    first, west, east = at, 180 * DIGITS, -180 * DIGITS
    for k in range(made):
        a, b = degrees(u[k], v[k], frame)
        west, east = min(west, a), max(east, a)
        if at == first or a != lon[at - 1] or b != lat[at - 1]:
            lon[at], lat[at] = a, b
            at += 1
    while at > first + 1 and lon[at - 1] == lon[first] and lat[at - 1] == lat[first]:
        at -= 1
    lon[at], lat[at] = lon[first], lat[first]
    return at + 1 if east - west < WIDEST_DEG * DIGITS else -1, area


def good(lon, lat, ends, rings, boxes):  # type: ignore[no-untyped-def]
    """Whether closed rings of whole numbers touch neither themselves nor each other. Exact: what is compared is below 2**53."""
    wests, souths, easts, norths = boxes[0], boxes[1], boxes[2], boxes[3]
    for one in range(rings):
        first, last = ends[one - 1] if one > 0 else 0, ends[one] - 1
        boxed(lon, lat, first, last - first, wests, souths, easts, norths)
        for i in range(first, last):
            w, e = min(lon[i], lon[i + 1]), max(lon[i], lon[i + 1])
            s, n = min(lat[i], lat[i + 1]), max(lat[i], lat[i + 1])
            after = i + 1 if i + 1 < last else first
            dx, dy, du, dv = lon[i + 1] - lon[i], lat[i + 1] - lat[i], lon[after + 1] - lon[after], lat[after + 1] - lat[after]
            if dx * dv == dy * du and dx * du + dy * dv <= 0:
                return False
            begin, end = i + 2, last - (1 if i == first else 0)
            for run in range((begin - first) // RUN, (end - first + RUN - 1) // RUN):
                if (wests[run] <= e and easts[run] >= w and souths[run] <= n and norths[run] >= s and not clear(
                        lon, lat, i, max(begin, first + run * RUN), min(end, first + (run + 1) * RUN))):
                    return False
            for other in range(one + 1, rings):
                if not clear(lon, lat, i, ends[other - 1], ends[other] - 1):
                    return False
    return True


def clear(lon, lat, i, begin, end):  # type: ignore[no-untyped-def]
    """Whether a piece touches none of some others."""
    x0, y0, x1, y1 = lon[i], lat[i], lon[i + 1], lat[i + 1]
    w, e, s, n, dx, dy = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1), x1 - x0, y1 - y0
    for j in range(begin, end):
        u0, v0, u1, v1 = lon[j], lat[j], lon[j + 1], lat[j + 1]
        if (u0 < w and u1 < w) or (u0 > e and u1 > e) or (v0 < s and v1 < s) or (v0 > n and v1 > n):
            continue
        a, b = dx * (v0 - y0) - dy * (u0 - x0), dx * (v1 - y0) - dy * (u1 - x0)
        if (a > 0 and b > 0) or (a < 0 and b < 0):
            continue
        du, dv = u1 - u0, v1 - v0
        a, b = du * (y0 - v0) - dv * (x0 - u0), du * (y1 - v0) - dv * (x1 - u0)
        if not ((a > 0 and b > 0) or (a < 0 and b < 0)):
            return False
    return True


def met(found, x, y, starts, counts, piece):  # type: ignore[no-untyped-def]
    """Whether two rings cross, or one lies in the other."""
    for n in range(found):
        if piece[2 * n + 1] < starts[2]:
            return True
    a, b = starts[0], starts[1]
    return winding(x[a], y[a], x, y, b, counts[1]) != 0 or winding(x[b], y[b], x, y, a, counts[0]) != 0


def traced(points, many, frame, by, floats, ints):  # type: ignore[no-untyped-def]
    """The region of two closed rings in space, the first with `many` corners, `by` wide (0: what they share), as rings in whole
    `DIGITS` of degrees, in the rows `LON` and `LAT` of `floats`.

    In `ints`, row `ENDS`: where each ring ends. Row `SHELLS`: 1 for outer rings, which run counter-clockwise, 0 for holes. How
    many rings, or -1 where it is not plain; and whether the two meet.
    """
    x, y, u, v, share, lon, lat = floats[0], floats[1], floats[2], floats[3], floats[4], floats[LON], floats[LAT]
    starts, counts, piece, sense, order, runs, begins, used, ends, shells = (
        ints[0], ints[1], ints[2], ints[3], ints[4], ints[5], ints[6], ints[7], ints[ENDS], ints[SHELLS])
    found = prepared(points, many, frame, by, x, y, starts, counts, piece, share, sense, floats[BOXES:])
    if found < 0:
        return -1, False
    ordered(order, found, piece, share)
    for k in range(found + 4):
        begins[k] = -1
    begun, visit = 0, 0
    for curve in range(4 if by > 0 else 2):
        begun, visit = walked(curve, x, y, starts, counts, found, piece, share, sense, order, visit, runs, begun, begins)
        if begun < 0:
            return -1, False
    for run in range(begun):
        used[run] = 0
    at, rings = 0, 0
    for run in range(begun):
        if used[run] == 1:
            continue
        made = linked(run, x, y, found, piece, share, runs, begins, used, u, v)
        if made < 3 or rings == RINGS:
            return -1, False
        at, area = told(made, u, v, frame, lon, lat, at)
        if at < 0:
            return -1, False
        ends[rings], shells[rings] = at, 1 if area > 0 else 0
        rings += 1
    plain = rings > 0 and good(lon, lat, ends, rings, floats[BOXES:])
    return (rings if plain else -1), met(found, x, y, starts, counts, piece)
