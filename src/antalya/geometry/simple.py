"""One small ring alone, compiled: its points in space, the cap round it, whether it plainly encloses something, and its cells.

Sines and the like come from numpy, which reckons them otherwise in the last bit: what is made here is what is made elsewhere.
"""

import math

import numpy as np

from antalya.geometry import ellipsoid, faces
from antalya.geometry.compiled import compiled

A, E2, EARTH = ellipsoid.A, ellipsoid.E2, ellipsoid.RADIUS
box, divided = compiled(faces.box), compiled(faces.divided)


@compiled
def spaced(degrees, sines, cosines, points):  # type: ignore[no-untyped-def]
    """`ellipsoid.to_space` of positions; the longest chord between two, and the sum of the least and the greatest corner of
    the box round them. The chord is infinite where a position could be written in two ways."""
    longest = 0.0
    x0 = y0 = z0 = math.inf
    x1 = y1 = z1 = -math.inf
    for n in range(len(degrees)):
        if degrees[n, 0] == -180 or abs(degrees[n, 1]) == 90:
            return math.inf, 0.0, 0.0, 0.0
        normal = A / math.sqrt(1 - E2 * sines[n, 1] * sines[n, 1])
        x, y = normal * cosines[n, 1] * cosines[n, 0], normal * cosines[n, 1] * sines[n, 0]
        z = normal * (1 - E2) * sines[n, 1]
        points[n, 0], points[n, 1], points[n, 2] = x, y, z
        x0, x1, y0, y1, z0, z1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y), min(z0, z), max(z1, z)
        if n:
            x, y, z = x - points[n - 1, 0], y - points[n - 1, 1], z - points[n - 1, 2]
            longest = max(longest, x * x + y * y + z * z)
    return math.sqrt(longest), x0 + x1, y0 + y1, z0 + z1


@compiled
def axes(sines, cosines, origin, basis, bend):  # type: ignore[no-untyped-def]
    """`ellipsoid.to_space` and `ellipsoid.axes` of one position."""
    sl, sp, cl, cp = sines[0], sines[1], cosines[0], cosines[1]
    w = math.sqrt(1 - E2 * sp * sp)
    normal = A / w
    origin[0], origin[1], origin[2] = normal * cp * cl, normal * cp * sl, normal * (1 - E2) * sp
    basis[0, 0], basis[1, 0], basis[2, 0] = -sl, cl, 0.0
    basis[0, 1], basis[1, 1], basis[2, 1] = -sp * cl, -sp * sl, cp
    bend[0, 0], bend[1, 0], bend[0, 1], bend[1, 1] = 1.0, 1.0, w / A, w * w * w / (A * (1 - E2))


@compiled
def reach(points, origin, basis, bend, step_m, touch_m):  # type: ignore[no-untyped-def]
    """How far in its plane a ring reaches from the centre, if it is simple and encloses more than noise with so much room that
    GEOS would say the same of it; else infinity."""
    flat = np.empty((len(points), 2))
    most = 0.0
    for n in range(len(points)):
        x, y, z = points[n, 0] - origin[0], points[n, 1] - origin[1], points[n, 2] - origin[2]
        u, v = x * basis[0, 0] + y * basis[1, 0] + z * basis[2, 0], x * basis[0, 1] + y * basis[1, 1] + z * basis[2, 1]
        across = u * u + v * v + 1e-200
        bent = (u * u * bend[0, 1] + v * v * bend[1, 1] + 1e-200) / across
        away = 2 * math.asin(min(0.5 * bent * math.sqrt(x * x + y * y + z * z), 1.0)) / (bent * math.sqrt(across))
        flat[n, 0], flat[n, 1] = u * away, v * away
        most = max(most, flat[n, 0] ** 2 + flat[n, 1] ** 2)
    radius = math.sqrt(most)
    noise = touch_m + step_m * step_m * radius / (12 * EARTH * EARTH)
    area = length = 0.0
    for n in range(len(flat) - 1):
        area += flat[n, 0] * flat[n + 1, 1] - flat[n + 1, 0] * flat[n, 1]
        length += math.hypot(flat[n + 1, 0] - flat[n, 0], flat[n + 1, 1] - flat[n, 1])
    return radius if abs(area) / 2 > length * noise and _is_simple(flat, noise) else math.inf


@compiled
def _is_simple(ring, margin):  # type: ignore[no-untyped-def]
    """Whether edges are longer than a margin, and those that don't follow each other farther apart. Of those that do and go back
    along each other, the shorter one's other neighbour is near the longer one; three alone enclose nothing."""
    edges = len(ring) - 1
    for i in range(edges):
        if math.hypot(ring[i + 1, 0] - ring[i, 0], ring[i + 1, 1] - ring[i, 1]) <= margin:
            return False
    for i in range(edges):
        west, east = min(ring[i, 0], ring[i + 1, 0]) - margin, max(ring[i, 0], ring[i + 1, 0]) + margin
        south, north = min(ring[i, 1], ring[i + 1, 1]) - margin, max(ring[i, 1], ring[i + 1, 1]) + margin
        for j in range(i + 2, edges - (i == 0)):
            if max(ring[j, 0], ring[j + 1, 0]) < west or min(ring[j, 0], ring[j + 1, 0]) > east:
                continue
            if max(ring[j, 1], ring[j + 1, 1]) < south or min(ring[j, 1], ring[j + 1, 1]) > north:
                continue
            if _are_near(ring[i], ring[i + 1], ring[j], ring[j + 1], margin):
                return False
    return True


@compiled
def _are_near(a, b, c, d, margin):  # type: ignore[no-untyped-def]
    """Whether the edges a-b and c-d cross, or come within a margin of each other."""
    if _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0:
        return True
    return min(_square(a, b, c), _square(a, b, d), _square(c, d, a), _square(c, d, b)) <= margin * margin


@compiled
def _side(a, b, p):  # type: ignore[no-untyped-def]
    """Above 0 where p lies to the left of a-b."""
    return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])


@compiled
def _square(a, b, p):  # type: ignore[no-untyped-def]
    """The squared distance of p from the edge a-b, which is not a point."""
    x, y = b[0] - a[0], b[1] - a[1]
    share = min(1.0, max(0.0, ((p[0] - a[0]) * x + (p[1] - a[1]) * y) / (x * x + y * y)))
    return (p[0] - a[0] - share * x) ** 2 + (p[1] - a[1] - share * y) ** 2
