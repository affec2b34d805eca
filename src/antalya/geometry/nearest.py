"""The exact distance between boundaries: every corner against every piece, as points in space, no plane between.

Two geodesics that don't cross come nearest at an end of one of them, so corner against piece is enough. The foot on a piece
is found in space; what counts in the end is pyproj's geodesic between the two points. The result is true to 0.1 mm for
pieces of up to 5 km at any distance.
"""

import numpy as np

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import Floats, Ints, dot
from antalya.geometry.loaded import LOADED
from antalya.geometry.shape import Shape

BLOCK = 64
FEW = 64
"""Nearest corners and pieces that compiled code has room for."""


def gap_m(a: Shape, b: Shape) -> float:
    """The least geodesic distance in metres between the rings of two shapes; a circle counts as its centre."""
    quick = _feet(a, b) if LOADED.is_set() and len(a.points) * len(b.points) <= 64 * BLOCK else None
    if quick is None:
        return min(_corners_to_pieces(a, b), _corners_to_pieces(b, a))
    return float(_geodesics(quick[:, :3], quick[:, 3:6]).min())


def _feet(a: Shape, b: Shape) -> Floats | None:
    """Corners of either and their feet on the other, among which are the nearest (n, 7): `feet.feet`; None: too many."""
    from antalya.geometry.feet import feet
    room = np.empty((FEW, 7))
    count = feet(a.points, a.ring_ends, b.points, b.ring_ends, _slack_m(a), _slack_m(b), room)
    return None if count < 0 else room[:count]


def pieces(of: Shape) -> Ints:
    """The indices of the points at which a piece begins; a circle's centre is a piece of no length."""
    if len(of.points) == 1:
        return np.array([0])
    keep = np.ones(len(of.points), dtype=np.bool_)
    keep[of.ring_ends[1:] - 1] = False
    return np.flatnonzero(keep)


def _corners_to_pieces(a: Shape, b: Shape) -> float:
    corners = a.points[pieces(a)]
    index = pieces(b)
    start = b.points[index]
    along = b.points[np.minimum(index + 1, len(b.points) - 1)] - start
    slack = _slack_m(b)
    if len(corners) * len(start) <= 64 * BLOCK:
        rows, columns, _ = _near(corners, start, along, np.inf, slack)
    else:
        rows, columns = _near_blocks(corners, start, along, slack)
    return _geodesic(corners[rows], start[columns], along[columns])


def _slack_m(of: Shape) -> float:
    """Twice what its pieces may lie below the surface."""
    return of.step_m * of.step_m / (4 * ellipsoid.RADIUS) + 1e-3


def _near(corners: Floats, start: Floats, along: Floats, best: float, slack: float) -> tuple[Ints, Ints, float]:
    """Pairs of corner and piece that may be nearest, and the least distance in space."""
    from_start = corners[:, None] - start[None]
    squares = np.maximum(dot(along, along), 1e-12)
    share = np.clip(dot(from_start, along) / squares, 0, 1)
    off = from_start - share[..., None] * along
    away = np.sqrt(dot(off, off))
    best = min(best, float(away.min()))
    rows, columns = np.nonzero(away <= best * (1 + 1e-5) + slack)
    return rows, columns, best


def _near_blocks(corners: Floats, start: Floats, along: Floats, slack: float) -> tuple[Ints, Ints]:
    """The same for many: blocks of neighbours first, the promising ones of them in full."""
    mid_a, wide_a = _blocks(corners, corners)
    mid_b, wide_b = _blocks(start, start + along)
    least = np.linalg.norm(mid_a[:, None] - mid_b[None], axis=2) - wide_a[:, None] - wide_b[None]
    best, rows, columns = np.inf, [], []
    for flat in np.argsort(least, axis=None):
        i, j = divmod(int(flat), len(mid_b))
        if least[i, j] > best * (1 + 1e-5) + slack:
            break
        first, second = i * BLOCK, j * BLOCK
        here = slice(second, second + BLOCK)
        row, column, best = _near(corners[first:first + BLOCK], start[here], along[here], best, slack)
        rows.append(row + first)
        columns.append(column + second)
    return np.concatenate(rows), np.concatenate(columns)


def _blocks(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Middle and radius of balls that hold each run of `BLOCK` pieces."""
    first = np.arange(0, len(low), BLOCK)
    least = np.minimum.reduceat(np.minimum(low, high), first)
    most = np.maximum.reduceat(np.maximum(low, high), first)
    return (least + most) / 2, np.linalg.norm(most - least, axis=1) / 2


def _geodesic(corners: Floats, start: Floats, along: Floats) -> float:
    """The least geodesic distance of corners to their pieces, row by row."""
    squares = np.maximum(dot(along, along), 1e-12)
    share = np.zeros(len(corners))
    foot = start
    for _ in range(3):
        share = np.clip(share + dot(corners - foot, along) / squares, 0, 1)
        foot = ellipsoid.onto_surface(start + share[:, None] * along)
    chord = np.linalg.norm(corners - foot, axis=1)
    near = chord <= chord.min() * (1 + 1e-4) + 1e-4
    return float(_geodesics(corners[near], foot[near]).min())


def _geodesics(one: Floats, other: Floats) -> Floats:
    """Geodesic distances of points in space, row by row."""
    return ellipsoid.geodesics_m(*ellipsoid.to_degrees(one), *ellipsoid.to_degrees(other))
