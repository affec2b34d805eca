"""Rings as points in space close enough to each other for exact work, and the caps that hold them."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import GEOD, Floats, Frame, Ints, Number
from antalya.model.errors import error
from antalya.model.volume import Ring

STEP_M = 5_000.0
WIDEST_M = 5_000_000.0
BENT = 1.15
"""An edge of 10,000 km is this much longer than its chord at most."""
MOST_ADDED = 100_000
"""Points that dividing long edges may add to one outline, or at a door to all of one operation: edges of 500,000 km together,
many times the boundary of a country or of a flight information region."""
DEGREE_M = 111_700.0
"""No degree of latitude or longitude is longer."""
FIRST = np.zeros(1, np.int64)
"""Of one outline: all rings are its own."""


def densified(rings: Sequence[Ring], first: Ints = FIRST) -> tuple[Floats, Ints, Floats]:
    """Rings one after the other as points in space at most `STEP_M` apart along their geodesics. `first`: the first ring of each
    outline.

    Returns the points (n, 3); where each ring begins, and the end; for each point the length of the piece that begins
    there, at most (0 at a ring's end). Each position is written in one way first: longitude 180, never −180; longitude
    0 at the poles. Raises outline_too_wide where an edge is longer than 10,000 km, and what `divided` raises.
    """
    lon, lat, points, ends, chord = _corners(rings)
    longest = float(chord.max())
    if longest <= STEP_M:
        return points, ends, chord * BENT
    if longest > 2 * ellipsoid.A * np.sin(WIDEST_M / ellipsoid.B):
        raise error("outline_too_wide", "an edge is longer than 10,000 km", at="outline")
    pieces = divided(chord, STEP_M, ends[first])
    at = np.concatenate([[0], np.cumsum(pieces[:-1])])
    out = np.empty((at[-1] + 1, 3))
    out[at] = points
    inside = np.ones(len(out), dtype=np.bool_)
    inside[at] = False
    long = np.flatnonzero(pieces > 1)
    out[inside] = between(lon, lat, long, pieces[long])
    return out, np.append(at[ends[:-1]], len(out)), np.repeat(chord / pieces, pieces) * BENT


def check_added(rings: Sequence[Ring], at: str) -> None:
    """Whether `densified` adds no more than `MOST_ADDED` points to the rings of several outlines together. It takes a microsecond
    a ring where they are plainly fewer. Raises too_many_vertices."""
    edges_m = 0.0
    for ring in rings:
        lon, lat = zip(*ring, strict=True)
        edges_m += len(ring) * (max(lon) - min(lon) + max(lat) - min(lat)) * DEGREE_M  # together they are no longer than that
    if edges_m <= MOST_ADDED * STEP_M:
        return
    chord = _corners(rings)[-1]
    if np.ceil(chord[chord > STEP_M] / STEP_M - 1).sum() > MOST_ADDED:
        raise error("too_many_vertices", f"their long edges would be divided by more than {MOST_ADDED:,} points", at=at)


def divided(chord: Floats, longest_m: float, first: Ints) -> Ints:
    """Into how many pieces of about `longest_m` at most each edge is divided, by its chord in metres: at least one.

    `first`: where the edges of each outline begin. Raises too_many_vertices where that adds more than `MOST_ADDED` points to one
    of them, before there is any room for these; `at` has the outline's index if there are several."""
    pieces = np.maximum(np.ceil(chord / longest_m), 1).astype(np.int64)
    more = np.add.reduceat(pieces - 1, first)
    if (more > MOST_ADDED).any():
        raise error("too_many_vertices", f"its long edges would be divided by more than {MOST_ADDED:,} points",
                    at="outline" if len(first) == 1 else f"[{int(np.argmax(more > MOST_ADDED))}].outline")
    return pieces


def _corners(rings: Sequence[Ring]) -> tuple[Floats, Floats, Floats, Ints, Floats]:
    """Longitudes, latitudes and points in space of the positions; where each ring begins, and the end; and for each position the
    chord of the edge that begins there, 0 at a ring's end."""
    ends = np.cumsum([0, *map(len, rings)])
    both = np.fromiter(chain.from_iterable(chain.from_iterable(rings)), np.float64, 2 * int(ends[-1])).reshape(-1, 2)
    lon, lat = both[:, 0], both[:, 1]
    lon[lon == -180] = 180
    lon[np.abs(lat) == 90] = 0
    points = ellipsoid.to_space(lon, lat)
    chord = np.zeros(len(points))
    step = points[1:] - points[:-1]
    chord[:-1] = np.sqrt(np.einsum("ni,ni->n", step, step))
    chord[ends[1:] - 1] = 0
    return lon, lat, points, ends, chord


def between(lon: Floats, lat: Floats, edge: Ints, pieces: Ints) -> Floats:
    """The points between the ends of the edges that begin at `edge`, each divided into so many pieces: in the ring's order, each
    reckoned from the same end whatever that order is."""
    swap = (lon[edge] > lon[edge + 1]) | ((lon[edge] == lon[edge + 1]) & (lat[edge] > lat[edge + 1]))
    start, end = np.where(swap, edge + 1, edge), np.where(swap, edge, edge + 1)
    bearing, _, length = GEOD.inv(lon[start], lat[start], lon[end], lat[end])
    inner = pieces - 1
    row = np.repeat(np.arange(len(edge)), inner)
    step = np.arange(len(row)) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    step = np.where(swap[row], pieces[row] - step, step)
    away = length[row] * step / pieces[row]
    lons, lats, _ = GEOD.fwd(lon[start][row], lat[start][row], bearing[row], away)
    return ellipsoid.to_space(lons, lats)


def caps(points: Floats, starts: Ints) -> tuple[list[Frame], Floats, Floats]:
    """Caps round each run of points that begins at `starts`: their frames, radii in metres, and the points in them (n, 2).

    Where a radius is more than 0.8 of `WIDEST_M`, `least_cap` finds a better one.
    """
    lon, lat = ellipsoid.to_degrees(np.minimum.reduceat(points, starts) + np.maximum.reduceat(points, starts))
    origin = ellipsoid.to_space(lon, lat)
    basis, bend = ellipsoid.axes(lon, lat)
    if len(starts) == 1:
        flat = ellipsoid.lay(points - origin, basis[0], bend[0])
    else:
        owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(points))))
        flat = ellipsoid.lay(points - origin[owner], basis[owner], bend[owner])
    away = np.maximum.reduceat(np.einsum("ni,ni->n", flat, flat), starts)
    centres = zip(lon.tolist(), lat.tolist(), strict=True)
    return list(map(Frame, centres, origin, basis, bend)), np.sqrt(away), flat


def room_m(radius: Number) -> Number:
    """How much a cap found in the plane must be wider to hold what is between its points, and the plane's own error."""
    room: Number = 1.0 + 1e-6 * radius + ellipsoid.radial_m(radius)
    return room


def least_cap(points: Floats, frame: Frame) -> tuple[Frame, float]:
    """The least cap round wide-spread points, to 1 %: steps towards the farthest point (Badoiu and Clarkson 2003)."""
    every = ellipsoid.to_degrees(points)
    lon, lat = ellipsoid.to_degrees(points[::max(1, len(points) // 500)])
    best, least = frame, np.inf
    for step in range(1, 100):
        east, north = np.full_like(lon, frame.centre[0]), np.full_like(lon, frame.centre[1])
        bearing, _, away = GEOD.inv(east, north, lon, lat)
        far = int(np.argmax(away))
        if away[far] < least:
            best, least = frame, float(away[far])
        to = GEOD.fwd(*frame.centre, bearing[far], away[far] / (step + 1))
        frame = ellipsoid.frame((float(to[0]), float(to[1])))
    east, north = np.full_like(every[0], best.centre[0]), np.full_like(every[0], best.centre[1])
    return best, float(ellipsoid.geodesics_m(east, north, *every).max())
