"""WGS84 in numpy: points in space, plane frames about a point, and how far a frame may lie.

All work is done on points in space (ECEF metres), where neither the poles nor the antimeridian are special. A `Frame` is
the azimuthal equidistant plane about one point: bearing of the normal section, distance along it. Distances from the
frame's centre are true (0.2 mm at 100 km, 0.1 m at 500 km); all others are stretched, never shrunk, by `stretch`.
Source: Karney 2013 (geodesics, through pyproj); Rapp 1991 section 3.5 (Euler's radius, normal section against geodesic).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from antalya.model.volume import Position

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Number = TypeVar("Number", float, Floats)
"""One, or many at once: numpy takes long over a single one."""

GEOD = Geod(ellps="WGS84")
A = 6_378_137.0
B = 6_356_752.314245179
E2 = 1 - (B / A) ** 2
RADIUS = 6_371_008.8
LEAST_RADIUS = A * (1 - E2)
"""The least radius of curvature anywhere: the meridian's at the equator, 6,335,439 m."""


def to_space(lon: Floats, lat: Floats) -> Floats:
    """Points on the ellipsoid, shape (n, 3) in metres, of longitudes and latitudes in degrees."""
    lam, phi = np.radians(lon), np.radians(lat)
    sin_phi, cos_phi = np.sin(phi), np.cos(phi)
    normal = A / np.sqrt(1 - E2 * sin_phi * sin_phi)
    out = np.empty((*lam.shape, 3))
    out[..., 0] = normal * cos_phi * np.cos(lam)
    out[..., 1] = normal * cos_phi * np.sin(lam)
    out[..., 2] = normal * (1 - E2) * sin_phi
    return out


def to_degrees(points: Floats) -> tuple[Floats, Floats]:
    """Longitudes and latitudes in degrees of points on the ellipsoid."""
    across = np.hypot(points[..., 0], points[..., 1])
    lon = np.degrees(np.arctan2(points[..., 1], points[..., 0]))
    return lon, np.degrees(np.arctan2(points[..., 2], across * (1 - E2)))


def dot(a: Floats, b: Floats) -> Floats:
    """The products of vectors (..., 3), row by row: summed in one order, so that compiled code can say the same (`feet`)."""
    out: Floats = (a[..., 0] * b[..., 0] + a[..., 2] * b[..., 2]) + a[..., 1] * b[..., 1]
    return out


def onto_surface(points: Floats) -> Floats:
    """Points a little off the ellipsoid, put onto it along its normal (one Newton step, true to 1 µm at 20 m off)."""
    scaled = points / np.array([A * A, A * A, B * B])
    excess, steep = dot(points, scaled) - 1, 2 * dot(scaled, scaled)
    out: Floats = points - (excess / steep)[..., None] * scaled
    return out


def arc(chord: Floats | float) -> Floats:
    """An upper bound of the geodesic distance of points whose distance in space is `chord` metres."""
    return 2 * A * 1.007 * np.arcsin(np.minimum(np.asarray(chord) / (2 * B), 1.0))


def geodesic_m(a: Position, b: Position) -> float:
    """The geodesic distance of two positions in metres."""
    return float(GEOD.inv(a[0], a[1], b[0], b[1])[2])


def geodesics_m(lon_a: Floats, lat_a: Floats, lon_b: Floats, lat_b: Floats) -> Floats:
    """Geodesic distances in metres, pair by pair."""
    return np.asarray(GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2], dtype=np.float64)


def stretch(reach_m: Number) -> Number:
    """By which share a distance between points within `reach_m` of a frame's centre is overdrawn at most."""
    share: Number = 0.2 * (reach_m / RADIUS) ** 2
    return share


def sag_m(step_m: Number, reach_m: Number) -> Number:
    """How far the chord of a geodesic piece of `step_m` leaves it, in a frame whose centre is `reach_m` away, at most.

    A geodesic at distance d of the centre is bent by 2 d / 3 R² at most.
    """
    sag: Number = step_m ** 2 * reach_m / (12 * RADIUS**2)
    return sag


def step_for(sag_m: float, reach_m: float) -> float:
    """The longest piece whose chord stays within `sag_m` of it."""
    return math.sqrt(12 * RADIUS**2 * sag_m / reach_m)


def radial_m(reach_m: Number) -> Number:
    """How wrong a frame's distance from its centre is at most, at `reach_m` metres."""
    wrong: Number = 1e-6 + 2e-3 * reach_m * (reach_m / RADIUS) ** 3
    return wrong


def axes(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """What `lay` needs of frames about positions in degrees, shapes (..., 3, 2) and (..., 2, 2).

    The first has the directions east and north as columns, the second turns squared offsets east and north into the
    squared offset and that times the curvature of the normal section in its direction (Euler's formula).
    """
    lam, phi = np.radians(lon), np.radians(lat)
    sl, cl, sp, cp = np.sin(lam), np.cos(lam), np.sin(phi), np.cos(phi)
    w = np.sqrt(1 - E2 * sp * sp)
    basis, bend = np.empty((*np.shape(sl), 3, 2)), np.ones((*np.shape(sl), 2, 2))
    basis[..., 0, 0], basis[..., 1, 0], basis[..., 2, 0] = -sl, cl, 0
    basis[..., 0, 1], basis[..., 1, 1], basis[..., 2, 1] = -sp * cl, -sp * sl, cp
    bend[..., 0, 1], bend[..., 1, 1] = w / A, w * w * w / (A * (1 - E2))
    return basis, bend


def lay(offset: Floats, basis: Floats, bend: Floats) -> Floats:
    """Offsets in space (n, 3) from frame centres, laid into the plane: (n, 2) metres east and north.

    `basis` and `bend` are those of `axes`: one frame, or a frame for each row.
    """
    rows = basis.ndim == 3
    plane: Floats = np.einsum("ni,nij->nj", offset, basis) if rows else offset @ basis
    squares = plane * plane
    both = np.einsum("ni,nij->nj", squares, bend) if rows else squares @ bend
    both += 1e-200  # the centre itself
    curvature = both[:, 1] / both[:, 0]
    half = np.sqrt(np.einsum("ni,ni->n", offset, offset)) * curvature
    half *= 0.5
    away = np.arcsin(np.minimum(half, 1.0))
    away /= curvature * np.sqrt(both[:, 0])
    away *= 2
    plane *= away[:, None]
    return plane


@dataclass(slots=True, eq=False)  # nobody changes it; a frozen one takes three times as long to make
class Frame:
    """A plane about one position; make it with `frame`."""

    centre: Position
    origin: Floats
    basis: Floats
    bend: Floats

    def plane(self, points: Floats) -> Floats:
        """Points in space (n, 3), laid into the plane (n, 2)."""
        return lay(points - self.origin, self.basis, self.bend)

    def degrees(self, plane: Floats) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of points in the plane; `plane` of them gives the points back to 1 µm."""
        return degrees(plane, [self], np.zeros(len(plane), np.int64))


def into_planes(points: Floats, frames: Sequence[Frame], owner: Ints) -> Floats:
    """Points in space (n, 3), each laid into the plane of `frames[owner]`: (n, 2)."""
    _, origin, basis, bend = _by_row(frames, owner)
    return lay(points - origin, basis, bend)


def degrees(plane: Floats, frames: Sequence[Frame], owner: Ints) -> tuple[Floats, Floats]:
    """Longitudes and latitudes of points, each in the plane of `frames[owner]`: true to 1 µm there, and for each point the same
    whatever others it is with."""
    return _aimed(plane, plane, frames, owner, 4)


def _aimed(plane: Floats, aim: Floats, frames: Sequence[Frame], owner: Ints, tries: int) -> tuple[Floats, Floats]:
    """`degrees`, by aiming at points in the plane and correcting the aim by what it misses."""
    if not len(plane):
        return np.empty(0), np.empty(0)
    centre, origin, basis, bend = _by_row(frames, owner)
    east, north = np.broadcast_to(centre, plane.shape).T
    lon, lat, _ = GEOD.fwd(east, north, np.degrees(np.arctan2(aim[:, 0], aim[:, 1])), np.hypot(aim[:, 0], aim[:, 1]))
    off = plane - lay(to_space(lon, lat) - origin, basis, bend)
    far = np.abs(off).max(axis=1) >= 1e-6
    if tries > 1 and far.any():
        lon[far], lat[far] = _aimed(plane[far], (aim + off)[far], frames, owner[far], tries - 1)
    return lon, lat


def _by_row(frames: Sequence[Frame], owner: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Centre, origin, basis and bend of each row's frame; of a single frame, its own."""
    if len(frames) == 1:
        (one,) = frames
        return np.array(one.centre), one.origin, one.basis, one.bend
    centre, origin, basis, bend = (np.array([getattr(f, name) for f in frames])[owner]
                                   for name in ("centre", "origin", "basis", "bend"))
    return centre, origin, basis, bend


def frame(centre: Position) -> Frame:
    """The frame about a position (degrees)."""
    lam, phi = math.radians(centre[0]), math.radians(centre[1])
    sl, cl, sp, cp = math.sin(lam), math.cos(lam), math.sin(phi), math.cos(phi)
    w = math.sqrt(1 - E2 * sp * sp)
    return Frame(
        centre=centre,
        origin=np.array([A / w * cp * cl, A / w * cp * sl, A / w * (1 - E2) * sp]),
        basis=np.array([[-sl, -sp * cl], [cl, -sp * sl], [0.0, cp]]),
        bend=np.array([[1.0, w / A], [1.0, w**3 / (A * (1 - E2))]]),
    )
