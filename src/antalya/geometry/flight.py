"""Compiled: movers along geodesics as points in space, and when two of them are nearer than a distance.

A point that moves on the ellipsoid at constant speed along a geodesic is bent towards the surface's normal and nowhere else;
that law is followed in steps of `STEP_M` (Runge–Kutta–Nyström of order 4), true to 0.1 mm at 1,000 km (docs/tracks.md).
Everything is written so that to swap two movers changes signs only, and no bit of what comes out. It is one file because
what is kept of compiled code is not made anew when another file changes.
"""

import math

from antalya.geometry import ellipsoid
from antalya.geometry.compiled import compiled

A2 = ellipsoid.A**2
C = A2 / ellipsoid.B**2
LEAST_RADIUS = ellipsoid.LEAST_RADIUS
STEP_M = 80_000.0
ROW = 2**20
"""Cells in a row of the grid: more than the globe needs."""
INSTANT_S = 1e-7
TRIES = 100


@compiled
def start(lon, lat, track):  # type: ignore[no-untyped-def]
    """Where a mover is, in metres in space, and the direction in which it goes; from degrees."""
    lam, phi, course = math.radians(lon), math.radians(lat), math.radians(track)
    sl, cl, sp, cp = math.sin(lam), math.cos(lam), math.sin(phi), math.cos(phi)
    east, north = math.sin(course), math.cos(course)
    normal = math.sqrt(A2 / (1 - ellipsoid.E2 * sp * sp))
    return (normal * cp * cl, normal * cp * sl, normal * sp / C,
            -sl * east - sp * cl * north, cl * east - sp * sl * north, cp * north)


@compiled
def bend(x, y, z, u, v, w):  # type: ignore[no-untyped-def]
    """The acceleration of a point at (x, y, z) with velocity (u, v, w) that keeps to a geodesic."""
    share = -(u * u + v * v + C * w * w) / (x * x + y * y + C * C * z * z)
    return share * x, share * y, share * C * z


@compiled
def fly(x, y, z, u, v, w, seconds):  # type: ignore[no-untyped-def]
    """Where a mover is after some seconds, and its velocity then."""
    steps = 1 + int(math.sqrt(u * u + v * v + w * w) * seconds / STEP_M)
    h = seconds / steps
    half, quarter, sixth = h / 2, h * h / 4, h / 6
    for _ in range(steps):
        a, b, c = bend(x, y, z, u, v, w)
        d, e, f = bend(x + half * u, y + half * v, z + half * w, u + half * a, v + half * b, w + half * c)
        k, m, n = bend(x + half * u + quarter * a, y + half * v + quarter * b, z + half * w + quarter * c,
                       u + half * d, v + half * e, w + half * f)
        p, q, r = bend(x + h * u + 2 * quarter * d, y + h * v + 2 * quarter * e, z + h * w + 2 * quarter * f,
                       u + h * k, v + h * m, w + h * n)
        x, y, z = x + h * (u + sixth * (a + d + k)), y + h * (v + sixth * (b + e + m)), z + h * (w + sixth * (c + f + n))
        u, v, w = u + sixth * (a + 2 * (d + k) + p), v + sixth * (b + 2 * (e + m) + q), w + sixth * (c + 2 * (f + n) + r)
    return x, y, z, u, v, w


@compiled
def between(x, y, z, dx, dy, dz):  # type: ignore[no-untyped-def]
    """The geodesic distance of two points that are (dx, dy, dz) apart, (x, y, z) being their sum: true to 1 mm at 500 km.

    The chord is taken as that of a circle with the curvature of the ellipsoid halfway, in the chord's direction.
    """
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    if chord == 0:
        return 0.0
    level = math.sqrt((x * x + y * y + C * z * z) / A2)
    round_ = (dx * dx + dy * dy + C * dz * dz) / (chord * chord)
    radius = math.sqrt(x * x + y * y + C * C * z * z) / (level * round_)
    return 2 * radius * math.asin(chord / (2 * radius))


@compiled
def apart(one, two, seconds):  # type: ignore[no-untyped-def]
    """How far apart two movers are after some seconds (geodesic), half the rate of the chord's square, and half its rate."""
    x, y, z, u, v, w = fly(one[0], one[1], one[2], one[3], one[4], one[5], seconds)
    a, b, c, d, e, f = fly(two[0], two[1], two[2], two[3], two[4], two[5], seconds)
    dx, dy, dz, du, dv, dw = a - x, b - y, c - z, d - u, e - v, f - w
    g, h, i = bend(x, y, z, u, v, w)
    k, m, n = bend(a, b, c, d, e, f)
    rate = dx * du + dy * dv + dz * dw
    growth = du * du + dv * dv + dw * dw + dx * (k - g) + dy * (m - h) + dz * (n - i)
    return between(x + a, y + b, z + c, dx, dy, dz), rate, growth


@compiled
def plain(one, two, begin, end):  # type: ignore[no-untyped-def]
    """When in [begin, end] two movers are nearest in the plane halfway between them, how near, and how wrong that may be.

    The plane is square to the sum of their normals, and they go straight on in it. Nearest over all time comes first.
    """
    dx, dy, dz = two[0] - one[0], two[1] - one[1], two[2] - one[2]
    du, dv, dw = two[3] - one[3], two[4] - one[4], two[5] - one[5]
    x, y, z = one[0] + two[0], one[1] + two[1], C * (one[2] + two[2])
    square = x * x + y * y + z * z
    up, rising = dx * x + dy * y + dz * z, du * x + dv * y + dw * z
    speed = max(du * du + dv * dv + dw * dw - rising * rising / square, 0.0)
    closing = dx * du + dy * dv + dz * dw - up * rising / square
    off = dx * dx + dy * dy + dz * dz
    ever = -closing / speed if speed > 0 else 0.0
    when = min(max(ever, begin), end)
    gap = math.sqrt(max(off - up * up / square + when * (2 * closing + when * speed), 0.0))
    reach = math.sqrt(off) / 2 + max(one[8], two[8]) * end
    return ever, gap, reach


@compiled
def level(off, rate, up, end):  # type: ignore[no-untyped-def]
    """The part of [0, end] in which a difference of altitudes, now `off`, is less than `up`; nothing as (0, 0)."""
    if rate == 0:
        return (0.0, end) if abs(off) < up else (0.0, 0.0)
    hither, thither = (-up - off) / rate, (up - off) / rate
    return max(0.0, min(hither, thither)), min(end, max(hither, thither))


@compiled
def near(one, two, guess, begin, stop, across, end):  # type: ignore[no-untyped-def]
    """From when to when in [begin, stop] two movers are nearer than `across` (nothing as (0, 0)); when in [0, end] nearest, and
    their distance then.

    The distance falls, then rises; only where it hardly changes may it do otherwise, by far less than itself. So the least
    in a part of the time is at the end of it nearer to the least of all, or at either end.
    """
    cpa, least, growth = nearest(one, two, guess, end)
    now, gap = cpa, least
    if now < begin or now > stop:
        now = begin if now < begin else stop
        gap = apart(one, two, now)[0]
    at_begin = gap if now == begin else apart(one, two, begin)[0]
    at_stop = gap if now == stop else apart(one, two, stop)[0]
    if at_begin < gap:
        now, gap = begin, at_begin
    if at_stop < gap:
        now, gap = stop, at_stop
    if gap >= across:
        return 0.0, 0.0, cpa, least
    ago = math.sqrt((across * across - least * least) / growth) if growth > 0 else end
    t_in = begin if at_begin < across else crossing(one, two, now, begin, cpa - ago, across)
    t_out = stop if at_stop < across else crossing(one, two, now, stop, cpa + ago, across)
    return t_in, t_out, cpa, least


@compiled
def nearest(one, two, guess, end):  # type: ignore[no-untyped-def]
    """When in [0, end] two movers are nearest, the earliest such moment; their distance, and half the growth of its square."""
    when = min(max(guess, 0.0), end)
    best, least, most = when, math.inf, 0.0
    for _ in range(TRIES):
        gap, rate, growth = apart(one, two, when)
        if gap < least:
            best, least, most = when, gap, growth
        if growth <= 0:
            break
        then = min(max(when - rate / growth, 0.0), end)
        if abs(then - when) <= INSTANT_S:
            break
        when = then
    for when in (0.0, end):
        gap, rate, growth = apart(one, two, when)
        if gap < least or (gap == least and when < best):
            best, least, most = when, gap, growth
    return best, least, most


@compiled
def crossing(one, two, within, beyond, guess, across):  # type: ignore[no-untyped-def]
    """The moment between `within` (nearer than `across`) and `beyond` (not nearer) at which the distance is `across`.

    Newton's steps from a guess, halving where one leaves the bracket.
    """
    when = guess
    for _ in range(TRIES):
        if not min(within, beyond) < when < max(within, beyond):
            when = (within + beyond) / 2
        gap, rate, _growth = apart(one, two, when)
        if gap < across:
            within = when
        else:
            beyond = when
        then = when - (gap * gap - across * across) / (2 * rate) if rate != 0 else within
        if abs(then - when) <= INSTANT_S or abs(beyond - within) <= INSTANT_S:
            break
        when = then
    return when


@compiled
def set_out(lon, lat, altitude, track, speed, rate, end, up, width, movers, balls, cells):  # type: ignore[no-untyped-def]
    """Fills `movers`, `balls` and the number of each one's cell."""
    for k in range(len(lon)):
        x, y, z, u, v, w = start(lon[k], lat[k], track[k])
        u, v, w = u * speed[k], v * speed[k], w * speed[k]
        movers[k, 0], movers[k, 1], movers[k, 2], movers[k, 3], movers[k, 4], movers[k, 5] = x, y, z, u, v, w
        movers[k, 6], movers[k, 7], movers[k, 8] = altitude[k], rate[k], speed[k]
        x, y, z, u, v, w = fly(x, y, z, u, v, w, end / 2)
        balls[k, 0], balls[k, 1], balls[k, 2], balls[k, 3] = x, y, z, speed[k] * end / 2
        balls[k, 4] = min(altitude[k], altitude[k] + rate[k] * end)
        balls[k, 5] = max(altitude[k], altitude[k] + rate[k] * end) + up
        cells[k] = ((int(x // width) + ROW // 2) * ROW + int(y // width) + ROW // 2) * ROW + int(z // width) + ROW // 2


@compiled
def met(movers, some, across, up, end, found, moments):  # type: ignore[no-untyped-def]
    """Which of some pairs come too near, and when; how many they are."""
    count = 0
    for k in range(len(some)):
        i, j = some[k, 0], some[k, 1]
        begin, stop = level(movers[j, 6] - movers[i, 6], movers[j, 7] - movers[i, 7], up, end)
        if begin < stop:
            one, two = movers[i], movers[j]
            guess, gap, reach = plain(one, two, begin, stop)
            if gap - across <= (reach + across) ** 3 / LEAST_RADIUS**2:
                t_in, t_out, cpa, least = near(one, two, guess, begin, stop, across, end)
                if t_in < t_out:
                    found[count, 0], found[count, 1] = min(i, j), max(i, j)
                    moments[count, 0], moments[count, 1], moments[count, 2], moments[count, 3] = t_in, t_out, cpa, least
                    moments[count, 4] = abs(movers[j, 6] - movers[i, 6] + (movers[j, 7] - movers[i, 7]) * cpa)
                    count += 1
    return count
