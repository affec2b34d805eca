"""Compiled: where a straight leg of a path is within polygons, or near to them.

About the middle of the leg an azimuthal equidistant plane is laid, as `ellipsoid.lay` does, whose x-axis is the path itself,
without any error. There, inside is between crossings of the axis, polygon by polygon; nearer than a distance to a piece of a
ring is an interval of the axis too.
"""

import math

import numpy as np

from antalya.geometry.compiled import compiled
from antalya.geometry.flight import C

SAME_M = 1e-6
"""Stays that end and begin as near as that are one; the half of a leg that has no length."""


@compiled
def leg(place, points, rings, polygons, half, across, spans, found):  # type: ignore[no-untyped-def]
    """Appends where on the x-axis, in [-half, half], the path is within or nearer than `across`; how many there are then."""
    frame, begun = _plane(place), found
    crossings = np.empty(rings[polygons[-1]] - rings[polygons[0]])
    for polygon in range(len(polygons) - 1):
        crossed = 0
        for ring in range(polygons[polygon], polygons[polygon + 1]):
            x, y = _laid(frame, points[rings[ring]])
            for k in range(rings[ring] + 1, rings[ring + 1]):
                u, v = _laid(frame, points[k])
                if (y < 0) != (v < 0):
                    crossings[crossed] = x - y * (u - x) / (v - y)
                    crossed += 1
                if across > 0:
                    found = _beside(x, y, u - x, v - y, half, across, spans, found)
                x, y = u, v
        crossings[:crossed].sort()
        for k in range(0, crossed, 2):
            found = _kept(crossings[k], crossings[k + 1], half, spans, found)
    return joined(spans, begun, found, SAME_M)


@compiled
def _beside(x, y, dx, dy, half, across, spans, found):  # type: ignore[no-untyped-def]
    """Appends where the x-axis is nearer than `across` to a piece: to its first end, or square to it."""
    if (y >= across and y + dy >= across) or (y <= -across and y + dy <= -across):
        return found
    if abs(y) < across:
        chord = math.sqrt(across * across - y * y)
        found = _kept(x - chord, x + chord, half, spans, found)
    length = math.sqrt(dx * dx + dy * dy)
    if length == 0:
        return found
    dx, dy = dx / length, dy / length
    low, high = -half, half
    # square to it: 0 <= (s - x) dx - y dy <= length; beside it: -across < -(s - x) dy - y dx < across
    for slope, level, least, most in ((dx, y * dy, 0.0, length), (-dy, y * dx, -across, across)):
        if slope != 0:
            one, other = x + (least + level) / slope, x + (most + level) / slope
            low, high = max(low, min(one, other)), min(high, max(one, other))
        elif not least <= -level <= most:
            return found
    return _kept(low, high, half, spans, found)


@compiled
def _kept(low, high, half, spans, found):  # type: ignore[no-untyped-def]
    """Appends what of [low, high] is in [-half, half]."""
    low, high = max(low, -half), min(high, half)
    if low < high:
        spans[found, 0], spans[found, 1] = low, high
        found += 1
    return found


@compiled
def joined(spans, begun, found, same):  # type: ignore[no-untyped-def]
    """Sorts the spans from `begun` on, and joins those that overlap or are nearer than `same`; how many are left."""
    order = np.argsort(spans[begun:found, 0])
    sorted_, kept = spans[begun:found][order], begun
    for f in range(len(sorted_)):
        if kept > begun and sorted_[f, 0] <= spans[kept - 1, 1] + same:
            spans[kept - 1, 1] = max(spans[kept - 1, 1], sorted_[f, 1])
        else:
            spans[kept, 0], spans[kept, 1] = sorted_[f, 0], sorted_[f, 1]
            kept += 1
    return kept


@compiled
def _plane(place):  # type: ignore[no-untyped-def]
    """The plane about a moving point: its place, the way it goes, to the left of that, and the length of its bent normal."""
    x, y, z, u, v, w = place
    g, h, i = x, y, C * z
    steep = math.sqrt(g * g + h * h + i * i)
    if u * u + v * v + w * w == 0:
        u, v, w = (-y, x, 0.0) if abs(x) + abs(y) > 1 else (1.0, 0.0, 0.0)
    speed = math.sqrt(u * u + v * v + w * w)
    u, v, w = u / speed, v / speed, w / speed
    return x, y, z, u, v, w, (h * w - i * v) / steep, (i * u - g * w) / steep, (g * v - h * u) / steep, steep


@compiled
def _laid(frame, point):  # type: ignore[no-untyped-def]
    """A point in the plane, as `ellipsoid.lay` puts it: along the normal section, at its distance."""
    x, y, z, u, v, w, a, b, c, steep = frame
    dx, dy, dz = point[0] - x, point[1] - y, point[2] - z
    along, left = dx * u + dy * v + dz * w, dx * a + dy * b + dz * c
    flat = along * along + left * left
    if flat == 0:
        return 0.0, 0.0
    rise = along * w + left * c
    curved = (flat + (C - 1) * rise * rise) / (flat * steep)
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    away = 2 * math.asin(min(chord * curved / 2, 1.0)) / (curved * math.sqrt(flat))
    return along * away, left * away
