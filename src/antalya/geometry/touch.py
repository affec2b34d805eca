"""Whether two shapes come nearer than a distance, and whether their interiors meet.

First a look in the plane about the smaller one; only where the answer is within that plane's error, the exact way.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import Bools, Floats, Frame
from antalya.geometry.nearest import gap_m
from antalya.geometry.overlay import common, width_m
from antalya.geometry.shape import TOUCH_M, Shape
from antalya.geometry.tracing import off_m

MANY = 50_000
FINE_M = 2e-4
"""How far chords may leave their geodesics where it is decided whether shapes touch or overlap."""


def apart(a: Shape, b: Shape, across_m: float) -> bool:
    """Whether the caps alone show that no two points of the shapes are within `across_m`."""
    reach = a.radius_m + b.radius_m + across_m
    (x, y, z), (u, v, w) = a.middle, b.middle
    return (x - u) ** 2 + (y - v) ** 2 + (z - w) ** 2 > reach * reach


def closer(a: Shape, b: Shape, across_m: float) -> bool:
    """Whether the geodesic distance of two shapes is less than `across_m`; at 0, whether their interiors meet."""
    if apart(a, b, across_m):
        return False
    if a.disc_m and b.disc_m:
        limit = a.disc_m + b.disc_m + (across_m or -touch_m(a, b))
        return ellipsoid.geodesic_m(a.centre, b.centre) < limit
    if not across_m and not a.disc_m and not b.disc_m:
        return _interiors_meet(*placed(a, b))
    place, other = placed(a, b)
    limit = place.disc_m + (across_m or -touch_m(a, b))
    error = error_m(place, other, limit)
    off = off_m(place, other)
    if off is None:
        first, second = place.flat, other.plane(place.frame)
        if many(place, other):
            shapely.prepare(first)
            if shapely.dwithin(first, second, max(0.0, limit - error)) and limit > error:
                return True
            if not shapely.dwithin(first, second, limit + error):
                return False
            off = 0.0 if shapely.intersects(first, second) else limit
        else:
            off = float(shapely.distance(first, second))
    if abs(off - limit) > error:
        return off < limit
    return exactly_closer(place, other, off, limit, error)


def many(a: Shape, b: Shape) -> bool:
    """Whether two shapes have so many corners that to compare each with each is slower than an index."""
    return len(a.points) * len(b.points) > MANY


def exactly_closer(place: Shape, other: Shape, off_m: float, limit_m: float, error_m: float) -> bool:
    """The same decided without a plane's distances, where in the plane theirs, `off_m`, is too near to the limit."""
    gap = gap_m(place, other)
    if gap < limit_m or (off_m == 0 and gap > error_m):
        return True
    # of wide shapes a boundary may be farther than the limit from the other's, but not farther than the plane's error, though one
    # lies in the other: what overlaps in a plane overlaps, however wrong its distances are
    return not place.disc_m and off_m <= error_m and _interiors_meet(place, other)


def overlaps(a: Shape, b: Shape) -> bool:
    """Whether the interiors of two shapes meet; an overlap of less than a millimetre is a touch and doesn't count."""
    return closer(a, b, 0.0)


def distance_m(a: Shape, b: Shape, meet: bool | None = None) -> float:
    """The geodesic distance between two outlines in metres; 0 where they touch or overlap. `meet`: whether two polygons do in the
    plane about the smaller one, where it is known already."""
    place, other = placed(a, b)
    if a.disc_m and b.disc_m:
        between = ellipsoid.geodesic_m(a.centre, b.centre)
    elif shapely.intersects(place.flat, other.plane(place.frame)) if meet is None else meet:
        between = 0.0
    else:
        between = gap_m(a, b)
    return max(0.0, between - a.disc_m - b.disc_m)


def touch_m(a: Shape, b: Shape) -> float:
    """By how much a circle must overlap to meet: a millimetre, or half its radius where it is as small as that."""
    return min([TOUCH_M, *(s.disc_m / 2 for s in (a, b) if s.disc_m)])


def error_m(place: Shape, other: Shape, limit_m: float) -> float:
    """How wrong a distance near `limit_m` may be in the plane about `place`."""
    reach, bent = limit_m, 0.0
    if not place.disc_m:
        reach = place.radius_m + limit_m
        bent = limit_m * ellipsoid.stretch(reach)
    step = max(place.step_m, other.step_m)
    return bent + 2 * ellipsoid.sag_m(step, reach) + ellipsoid.radial_m(reach) + 1e-5


def placed(a: Shape, b: Shape) -> tuple[Shape, Shape]:
    """The shape whose centre makes the better plane, and the other: a circle, or the smaller one."""
    if bool(a.disc_m) != bool(b.disc_m):
        return (a, b) if a.disc_m else (b, a)
    return (a, b) if a.radius_m <= b.radius_m else (b, a)


def _interiors_meet(place: Shape, other: Shape) -> bool:
    """For two polygons."""
    first, second = place.flat, other.plane(place.frame)
    error = error_m(place, other, 0.0)
    if many(place, other):
        shapely.prepare(first)
    if not shapely.dwithin(first, second, error):
        return False
    if shapely.distance(second, shapely.points(0.0, 0.0)) < place.core_m - 2 * error - TOUCH_M:
        return True  # it comes well into the disc at the core: the cheap way to see a plain overlap
    return finely_meet(place, other, first, second, error)


def finely_meet(place: Shape, other: Shape, first: BaseGeometry, second: BaseGeometry, error: float) -> bool:
    """Whether two polygons overlap by more than `TOUCH_M`, with chords made fine where the two come together.

    They do if a disc of a millimetre fits into what they share, if a corner of that lies deeper than a millimetre in
    either of them, or if it is more than half of one of them (for polygons thinner than that).
    """
    if error > 0.8 * TOUCH_M:
        if width_m(common(first, second)) > error + TOUCH_M:
            return True
        x0, y0, x1, y1 = shapely.bounds(first)
        u0, v0, u1, v1 = shapely.bounds(second)
        box = np.array([max(x0, u0), max(y0, v0), min(x1, u1), min(y1, v1)]) + error * np.array([-1, -1, 1, 1])
        step = ellipsoid.step_for(FINE_M, place.radius_m)
        first = _refined(place, place.frame, box, step)
        second = _refined(other, place.frame, box, step)
    parts = shapely.get_parts(common(first, second))
    parts = parts[shapely.area(parts) > 0]  # the rest are touching lines and points
    if not len(parts):
        return False
    if (shapely.area(parts) > shapely.length(parts) * TOUCH_M / 2).any():
        return True
    if not shapely.is_empty(shapely.buffer(parts, -TOUCH_M / 2)).all():
        return True
    corners = shapely.points(shapely.get_coordinates(parts))
    for area in (first, second):
        edge = shapely.boundary(area)
        shapely.prepare(edge)
        if not shapely.dwithin(edge, corners, TOUCH_M).all():
            return True
    return bool(shapely.area(parts).sum() > min(shapely.area(first), shapely.area(second)) / 2)


def _refined(of: Shape, frame: Frame, box: Floats, step: float) -> BaseGeometry:
    """A polygon in the plane, its pieces within the box (x0, y0, x1, y1) divided into ones of at most `step`.

    Points are reckoned from the same end whatever the ring's direction, so shared edges stay shared.
    """
    flat = frame.plane(of.points)
    low, high = np.minimum(flat[:-1], flat[1:]), np.maximum(flat[:-1], flat[1:])
    inside = np.all((low <= box[2:]) & (high >= box[:2]), axis=1)
    inside[of.ring_ends[1:-1] - 1] = False
    along = np.linalg.norm(of.points[1:] - of.points[:-1], axis=1)
    count = np.where(inside, np.ceil(along / step), 1).astype(np.int64).clip(1)
    at = np.concatenate([[0], np.cumsum(count)])
    start = np.repeat(np.arange(len(count)), count)
    rank = np.arange(len(start)) - at[start]
    one, two = of.points[start], of.points[start + 1]
    swap = _later(one, two)
    share = np.where(swap, count[start] - rank, rank) / count[start]
    one, two = np.where(swap[:, None], two, one), np.where(swap[:, None], one, two)
    points = ellipsoid.onto_surface(one + share[:, None] * (two - one))
    points[rank == 0] = of.points[:-1]
    return of.with_points(np.vstack([points, of.points[-1:]]), np.append(at[of.ring_ends[:-1]], at[-1] + 1)).plane(frame)


def _later(one: Floats, two: Floats) -> Bools:
    """Row by row, whether `one` comes after `two` in the order of their coordinates."""
    (x, y, z), (u, v, w) = one.T, two.T
    later: Bools = (x > u) | ((x == u) & ((y > v) | ((y == v) & (z > w))))
    return later
