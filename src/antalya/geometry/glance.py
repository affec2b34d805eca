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
"""Up to so far from one end to the other, the ground bends as little as `_bulge` says."""


@compiled
def fetched(c, row, every):  # type: ignore[no-untyped-def]
    """Reads a row's corners, every so many, so that they are in the processor's cache; a number that says nothing."""
    seen = float(c.codes[c.first[row]])
    for k in range(c.first[row], c.first[row + 1], every):
        seen += c.points[k, 0]
    return seen


@compiled
def glance(c, i, j, across):  # type: ignore[no-untyped-def]
    """Whether two rows, whose cores are reckoned, come nearer than `across` metres (above 0): yes where a corner of one is so
    near to the other's core, no where a plane across the line of their centres parts them, else unsure."""
    one, other = c.numbers[i], c.numbers[j]
    dx, dy, dz = other[ORIGIN] - one[ORIGIN], other[ORIGIN + 1] - one[ORIGIN + 1], other[ORIGIN + 2] - one[ORIGIN + 2]
    away = math.sqrt(dx * dx + dy * dy + dz * dz)
    if away == 0 or away + one[RADIUS] + other[RADIUS] > WIDE_M:
        return UNSURE
    ex, ey, ez = dx / away, dy / away, dz / away
    first, least = _seen(c, j, one, ex, ey, ez)
    if _reached(least, one[CORE], across):
        return YES
    last, least = _seen(c, i, other, -ex, -ey, -ez)
    if _reached(least, other[CORE], across):
        return YES
    return NO if first + last - away > across + _bulge(one, away) + _bulge(other, away) else UNSURE


@compiled
def _seen(c, row, of, ex, ey, ez):  # type: ignore[no-untyped-def]
    """From the centre of another: how far along a direction a row's corners begin, or its circle, and how far off the nearest
    corner is, squared."""
    first = least = np.inf
    for k in range(c.first[row], c.first[row + 1]):
        x, y, z = c.points[k, 0] - of[ORIGIN], c.points[k, 1] - of[ORIGIN + 1], c.points[k, 2] - of[ORIGIN + 2]
        first, least = min(first, x * ex + y * ey + z * ez), min(least, x * x + y * y + z * z)
    return first - c.numbers[row, DISC], least


@compiled
def _reached(square, core, across):  # type: ignore[no-untyped-def]
    """Whether a chord, squared, ends within `across` of a core; a geodesic is longer by less than this, up to 1,000 km."""
    reach = core + across - MARGIN_M
    return core > 0 and reach > 0 and square * (1 + square / (11 * R * R)) < reach * reach


@compiled
def _bulge(row, away):  # type: ignore[no-untyped-def]
    """How far a volume reaches beyond its corners along the line to another's centre, at most: its pieces bend sideways, and the
    ground between rises towards that line."""
    return MARGIN_M + (row[STEP] * row[STEP] + 2 * row[RADIUS] * away) * row[RADIUS] / (6 * LEAST * LEAST)
