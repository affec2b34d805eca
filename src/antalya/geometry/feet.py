"""`nearest` for shapes of few corners, compiled: every corner against every piece in space, and the feet on the ellipsoid.

The same sums in the same order (`ellipsoid.dot`), so the same to the last bit.
"""

import math

from antalya.geometry import ellipsoid
from antalya.geometry.compiled import compiled

A2, B2 = ellipsoid.A * ellipsoid.A, ellipsoid.B * ellipsoid.B


@compiled
def feet(a, a_ends, b, b_ends, a_slack, b_slack, room):  # type: ignore[no-untyped-def]
    """Corners of each of two shapes and their feet on the other's pieces, as far as they may be nearest: how many, or -1 where
    there is no room.

    `a`, `b`: points in space; `a_ends`, `b_ends`: where each ring begins, and the end; `room` (n, 7): then the corner and its
    foot, and their distance in space."""
    found = _one_way(a, a_ends, b, b_ends, b_slack, room, 0)
    return found if found < 0 else _one_way(b, b_ends, a, a_ends, a_slack, room, found)


@compiled
def _one_way(a, a_ends, b, b_ends, slack, room, begin):  # type: ignore[no-untyped-def]
    """The same of the corners of one; `begin`: how many rows of `room` are taken."""
    least, many = math.inf, begin
    for ring in range(len(a_ends) - 1):
        for i in range(a_ends[ring], max(a_ends[ring] + 1, a_ends[ring + 1] - 1)):
            x, y, z = a[i, 0], a[i, 1], a[i, 2]
            for other in range(len(b_ends) - 1):
                for j in range(b_ends[other], max(b_ends[other] + 1, b_ends[other + 1] - 1)):
                    k = min(j + 1, len(b) - 1)
                    dx, dy, dz = b[k, 0] - b[j, 0], b[k, 1] - b[j, 1], b[k, 2] - b[j, 2]
                    fx, fy, fz = x - b[j, 0], y - b[j, 1], z - b[j, 2]
                    share = min(1.0, max(0.0, _dot(fx, fy, fz, dx, dy, dz) / max(_dot(dx, dy, dz, dx, dy, dz), 1e-12)))
                    fx, fy, fz = fx - share * dx, fy - share * dy, fz - share * dz
                    away = math.sqrt(_dot(fx, fy, fz, fx, fy, fz))
                    if away > least * (1 + 1e-5) + slack:
                        continue
                    least = min(least, away)
                    if many == len(room):
                        many = _kept(room, begin, many, least * (1 + 1e-5) + slack)
                        if many == len(room):
                            return -1
                    room[many, 0], room[many, 1], room[many, 6] = i, j, away
                    many += 1
    many, least = _kept(room, begin, many, least * (1 + 1e-5) + slack), math.inf
    for row in range(begin, many):
        least = min(least, _foot(a, b, room[row]))
    return _kept(room, begin, many, least * (1 + 1e-4) + 1e-4)


@compiled
def _kept(room, begin, many, most):  # type: ignore[no-untyped-def]
    """Leaves those rows that are no farther; where they end."""
    kept = begin
    for row in range(begin, many):
        if room[row, 6] <= most:
            room[kept] = room[row]
            kept += 1
    return kept


@compiled
def _foot(a, b, row):  # type: ignore[no-untyped-def]
    """A corner and its foot on a piece, in place of their numbers; their distance in space."""
    i, j = int(row[0]), int(row[1])
    k = min(j + 1, len(b) - 1)
    x, y, z, u, v, w = a[i, 0], a[i, 1], a[i, 2], b[j, 0], b[j, 1], b[j, 2]
    dx, dy, dz = b[k, 0] - u, b[k, 1] - v, b[k, 2] - w
    squares, share, fx, fy, fz = max(_dot(dx, dy, dz, dx, dy, dz), 1e-12), 0.0, u, v, w
    for _ in range(3):
        share = min(1.0, max(0.0, share + _dot(x - fx, y - fy, z - fz, dx, dy, dz) / squares))
        fx, fy, fz = u + share * dx, v + share * dy, w + share * dz
        gx, gy, gz = fx / A2, fy / A2, fz / B2
        down = (_dot(fx, fy, fz, gx, gy, gz) - 1) / (2 * _dot(gx, gy, gz, gx, gy, gz))
        fx, fy, fz = fx - down * gx, fy - down * gy, fz - down * gz
    row[0], row[1], row[2], row[3], row[4], row[5] = x, y, z, fx, fy, fz
    row[6] = math.sqrt((x - fx) * (x - fx) + (y - fy) * (y - fy) + (z - fz) * (z - fz))
    return row[6]


@compiled
def _dot(x, y, z, u, v, w):  # type: ignore[no-untyped-def]
    return (x * u + z * w) + y * v
