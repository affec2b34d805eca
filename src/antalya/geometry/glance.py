"""Pairs of volumes at a glance, compiled (numba): most are decided by their corners alone, before `kernel` lays them
into a plane."""

import math

import numpy as np

from antalya.geometry import ellipsoid
from antalya.geometry.columns import CORE, DISC, ORIGIN, RADIUS, STEP
from antalya.geometry.compiled import compiled
from antalya.geometry.making import LEAST, MARGIN_M
from antalya.geometry.plane import NO, UNSURE, YES

R = ellipsoid.RADIUS
WIDE_M = 100_000.0
"""Up to so far from one end to the other, the ground bends as little as `bulge` says."""


@compiled
def glance(c, i, q, j, step, across):  # type: ignore[no-untyped-def]
    """Whether a row of columns and one of others, whose cores are reckoned, come nearer than `across` metres (above 0): yes where
    a corner of one is so near to the other's core, or the one nearest to the other's centre so near to a corner of it; no where a
    plane across the line of their centres parts them; else unsure. `step`: the metres of a step, where the others' corners are
    steps from their row's origin (`held`); else 0."""
    one, other = c.numbers[i], q.numbers[j]
    dx, dy, dz = other[ORIGIN] - one[ORIGIN], other[ORIGIN + 1] - one[ORIGIN + 1], other[ORIGIN + 2] - one[ORIGIN + 2]
    away = math.sqrt(dx * dx + dy * dy + dz * dz)
    if away == 0 or away + one[RADIUS] + other[RADIUS] > WIDE_M:
        return UNSURE
    ex, ey, ez = dx / away, dy / away, dz / away
    x, y, z, u, v, w = one[ORIGIN], one[ORIGIN + 1], one[ORIGIN + 2], other[ORIGIN], other[ORIGIN + 1], other[ORIGIN + 2]
    scale, x0, y0, z0 = (step, u, v, w) if step > 0 else (1.0, 0.0, 0.0, 0.0)
    first, least = _seen(q, j, scale, x0 - x, y0 - y, z0 - z, ex, ey, ez)
    if _reached(least, one[CORE], across):
        return YES
    last, least = _seen(c, i, 1.0, -u, -v, -w, -ex, -ey, -ez)
    if _reached(least, other[CORE], across):
        return YES
    if first + last - away > across + bulge(one[STEP], one[RADIUS], away) + bulge(other[STEP], other[RADIUS], away):
        return NO
    at, least = _nearest(q, j, scale, x0 - x, y0 - y, z0 - z)
    px, py, pz = x0 + q.points[at, 0] * scale, y0 + q.points[at, 1] * scale, z0 + q.points[at, 2] * scale
    at, least = _nearest(c, i, 1.0, -px, -py, -pz)
    if within(least, across - MARGIN_M):
        return YES
    at, least = _nearest(c, i, 1.0, -u, -v, -w)
    at, least = _nearest(q, j, scale, x0 - c.points[at, 0], y0 - c.points[at, 1], z0 - c.points[at, 2])
    return YES if within(least, across - MARGIN_M) else UNSURE


@compiled
def _seen(c, row, step, x0, y0, z0, ex, ey, ez):  # type: ignore[no-untyped-def]
    """From the centre of another: how far along a direction a row's corners begin, or its circle, and how far off the nearest
    corner is, squared. A corner is its steps from a place as seen from there."""
    begin = least = np.inf
    for k in range(c.first[row], c.first[row + 1]):
        x, y, z = x0 + c.points[k, 0] * step, y0 + c.points[k, 1] * step, z0 + c.points[k, 2] * step
        begin, least = min(begin, x * ex + y * ey + z * ez), min(least, x * x + y * y + z * z)
    return begin - c.numbers[row, DISC], least


@compiled
def _nearest(c, row, step, x0, y0, z0):  # type: ignore[no-untyped-def]
    """The corner of a row that is nearest to where its steps are seen from, and how far off it is, squared."""
    least, nearest = np.inf, c.first[row]
    for k in range(c.first[row], c.first[row + 1]):
        x, y, z = x0 + c.points[k, 0] * step, y0 + c.points[k, 1] * step, z0 + c.points[k, 2] * step
        square = x * x + y * y + z * z
        if square < least:
            least, nearest = square, k
    return nearest, least


@compiled
def _reached(square, core, across):  # type: ignore[no-untyped-def]
    """Whether a chord, squared, ends within `across` of a core."""
    return core > 0 and within(square, core + across - MARGIN_M)


@compiled
def within(square, reach):  # type: ignore[no-untyped-def]
    """Whether a geodesic is shorter than a reach: it is longer than its chord, squared, by less than this, up to 1,000 km."""
    return reach > 0 and square * (1 + square * (1 / (11 * R * R))) < reach * reach


@compiled
def bulge(step, radius, away):  # type: ignore[no-untyped-def]
    """How far a volume reaches beyond its corners along the line to another's centre, at most: its pieces bend sideways, and the
    ground between rises towards that line."""
    return MARGIN_M + (step * step + 2 * radius * away) * radius * (1 / (6 * LEAST * LEAST))
