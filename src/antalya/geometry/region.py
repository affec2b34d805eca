"""Areas in a plane, made into outlines again, and the areas where two shapes come together.

What is widened is widened round corners by polygons drawn outside the true arc (0.12 %) and by the plane's own stretch, so
nothing of the true region is missing; it is too wide by less than 1 % where the shapes meet within 1,000 km of the smaller
one's centre. Positions are rounded to 1e-7 degrees (5 mm).
"""

from typing import TypeAlias

import numpy as np
import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import Floats, Frame
from antalya.geometry.overlay import areas, joined, parts, shared, width_m
from antalya.geometry.shape import Shape
from antalya.model.volume import MultiPolygon, Outline, Polygon, Ring

QUARTER = 16
"""Pieces in a quarter of a widened corner."""
MUCH = 20
"""So many times as wide as a region may be, an area is cut before it is widened."""
ROUNDED_M = 0.01
DIGITS = 7
_PLAIN_DEG = 20.0
"""Longitudes nearer than that to each other don't run about a pole."""
Planes: TypeAlias = tuple[Frame, BaseGeometry, BaseGeometry, float]
FINE_DEG = 2.0**-34
"""The grid for cutting in degrees, 6 µm: see `overlay`."""


def widened(area: BaseGeometry, by_m: float) -> BaseGeometry:
    """The area and all that is within `by_m` of it in the plane, erring outwards by at most 0.12 % of that."""
    return shapely.buffer(area, by_m / np.cos(np.pi / (4 * QUARTER)), quad_segs=QUARTER)


def planes(a: Shape, b: Shape) -> Planes:
    """The plane about the smaller of two shapes, both in it as polygons, and that one's radius."""
    if a.radius_m <= b.radius_m:
        return a.frame, a.rim.flat, b.rim.plane(a.frame), a.rim.radius_m
    return b.frame, a.rim.plane(b.frame), b.rim.flat, b.rim.radius_m


def near(area: BaseGeometry, other: BaseGeometry, across_m: float, reach_m: float) -> BaseGeometry:
    """The part of `area` within `across_m` of `other`; `reach_m` from the plane's centre to the smaller one's end."""
    if not across_m:
        return shared(area, other)
    far = reach_m + across_m
    grow = across_m * (1 + float(ellipsoid.stretch(far))) + ROUNDED_M
    if np.abs(shapely.bounds(other)).max() > MUCH * far:  # nothing beyond 1.1 of it can be in the result
        other = shared(other, shapely.box(-far, -far, far, far).buffer(far * 0.1 + 1_000))
    return shared(area, widened(other, grow))


def meeting_region(a: Shape, b: Shape, across_m: float, laid: Planes | None = None) -> Outline:
    """{p in A nearer than across_m to B} and {q in B nearer than across_m to A}; at 0 what they share. Never empty. `laid`: both
    in the plane, by `planes`, where they are there already."""
    frame, first, second, reach = laid or planes(a, b)
    area = near(first, second, across_m, reach)
    if across_m:
        area = joined([area, near(second, first, across_m, reach)])
    return to_outline(area, frame) or spot(first, second, frame)


def spot(first: BaseGeometry, second: BaseGeometry, frame: Frame) -> Outline:
    """Where two plane areas come nearest, 2 cm wide: for what is smaller than rounding shows."""
    outline = to_outline(widened(shapely.shortest_line(first, second), 2 * ROUNDED_M), frame)
    if outline is None:
        raise AssertionError("a spot of 2 cm has an outline")
    return outline


def to_outline(area: BaseGeometry, frame: Frame) -> Outline | None:
    """The polygons of a plane area as an outline, cut at the antimeridian (RFC 7946 section 3.1.9); None where none is left.

    A polygon that rounding would break or efface is widened by 2 cm first. Touching lines and points are left out.
    """
    found: list[BaseGeometry] = []
    for part in parts(area):
        if width_m(part) > 1e-5:
            exact = _rounded(part, frame)
            found += exact or _rounded(widened(part, 2 * ROUNDED_M), frame)
    if len(found) > 1 and not shapely.is_valid(shapely.multipolygons(np.array(found, dtype=np.object_))):
        found = parts(shapely.union_all(found, grid_size=10.0**-DIGITS))
    return _outline(found)


def outline_of(degrees: BaseGeometry) -> Outline | None:
    """Valid polygons in degrees as an outline, outer rings counter-clockwise; None where there are none."""
    return _outline(parts(degrees))


def _outline(polygons: list[BaseGeometry]) -> Outline | None:
    coordinates = [_coordinates(p) for p in polygons]
    if not coordinates:
        return None
    return Polygon(coordinates=coordinates[0]) if len(coordinates) == 1 else MultiPolygon(coordinates=tuple(coordinates))


def _rounded(part: BaseGeometry, frame: Frame) -> list[BaseGeometry]:
    """One plane polygon as valid polygons of rounded degrees; empty where rounding leaves nothing of it or changes its form."""
    lon, lat = frame.degrees(shapely.get_coordinates(part))
    if np.ptp(lon) < _PLAIN_DEG:  # neither the antimeridian nor a pole is near
        flat, coordinates = part, np.column_stack([lon, lat])
    else:
        flat = _degrees(part, frame)
        coordinates = shapely.get_coordinates(flat)
    found = [shapely.remove_repeated_points(p) for p in parts(shapely.set_coordinates(flat, np.round(coordinates, DIGITS) + 0.0))]
    return found if found and all(shapely.is_valid(p) for p in found) else []


def _coordinates(polygon: BaseGeometry) -> tuple[Ring, ...]:
    oriented = shapely.orient_polygons(polygon)
    each = [shapely.get_exterior_ring(oriented), *(shapely.get_interior_ring(oriented, i)
            for i in range(shapely.get_num_interior_rings(oriented)))]
    return tuple(tuple((x, y) for x, y in shapely.get_coordinates(ring).tolist()) for ring in each)


def _degrees(part: BaseGeometry, frame: Frame) -> BaseGeometry:
    """A plane polygon in degrees, within longitudes ±180."""
    each = [shapely.get_exterior_ring(part), *(shapely.get_interior_ring(part, i)
            for i in range(shapely.get_num_interior_rings(part)))]
    turned = [_unwound(shapely.get_coordinates(ring), frame) for ring in each]
    if all(not closed and np.abs(ring).max() <= 180 for ring, closed in turned):
        return shapely.polygons(turned[0][0], [shapely.linearrings(ring) for ring, _ in turned[1:]] or None)
    filled = [_polar(ring) if closed else _folded(ring) for ring, closed in turned]
    return shapely.difference(filled[0], shapely.union_all(filled[1:], grid_size=FINE_DEG), grid_size=FINE_DEG)


def _unwound(plane: Floats, frame: Frame) -> tuple[Floats, bool]:
    """A ring in degrees whose longitudes never jump; where it goes round a pole, also True.

    Such a ring is led along the pole's edge of the plane of degrees, four times round, so that what lies within ±180 is far
    from either end.
    """
    lon, lat = frame.degrees(plane)
    for _ in range(40):  # near a pole longitudes run: divide there
        wide = np.abs((np.diff(lon) + 180) % 360 - 180) > 20
        wide &= np.linalg.norm(np.diff(plane, axis=0), axis=1) > 1e-3
        if not wide.any():
            break
        after = np.flatnonzero(wide) + 1
        plane = np.insert(plane, after, (plane[after - 1] + plane[after]) / 2, axis=0)
        lon, lat = frame.degrees(plane)
    jumps = (np.diff(lon) + 180) % 360 - 180
    lon = np.concatenate([lon[:1], lon[0] + np.cumsum(jumps)])
    ring = _crossed(np.stack([lon, lat], axis=1), plane, frame)
    lon = ring[:, 0]
    if abs(lon[-1] - lon[0]) < 180:
        ring[-1] = ring[0]
        return ring, False
    north = frame.plane(np.array([[0.0, 0.0, ellipsoid.B]]))[0]
    inside = shapely.distance(shapely.polygons(plane), shapely.points(north)) < 1
    pole = 90.0 if inside else -90.0
    once = np.sign(lon[-1] - lon[0]) * np.array([360.0, 0.0])
    rounds = np.vstack([ring[:-1] + k * once for k in (-2, -1, 0, 1)])
    return np.vstack([rounds, [[rounds[-1, 0], pole], [rounds[0, 0], pole], rounds[0]]]), True


def _crossed(ring: Floats, plane: Floats, frame: Frame) -> Floats:
    """The ring with a position wherever it crosses the antimeridian: a straight line in degrees would cross elsewhere."""
    turn = np.floor((ring[:, 0] + 180) / 360)
    at = np.flatnonzero(turn[1:] != turn[:-1])
    if not len(at):
        return ring
    low, high, side = plane[at], plane[at + 1], ring[at, 0] < ring[at + 1, 0]
    for _ in range(48):
        middle = (low + high) / 2
        beyond = (frame.degrees(middle)[0] % 360 > 180) == side
        low, high = np.where(beyond[:, None], low, middle), np.where(beyond[:, None], middle, high)
    lat = frame.degrees(high)[1]
    edge = 360 * np.maximum(turn[at], turn[at + 1]) - 180
    return np.insert(ring, at + 1, np.stack([edge, lat], axis=1), axis=0)


def _folded(ring: Floats) -> BaseGeometry:
    """A ring of running longitudes, filled, cut at the antimeridian and laid over each other within ±180."""
    area = areas(shapely.make_valid(shapely.polygons(ring)))
    low, high = (int(np.floor((x + 180) / 360)) for x in (ring[:, 0].min(), ring[:, 0].max()))
    turns = range(low, high + 1)
    pieces = [shapely.intersection(area, shapely.box(360 * k - 180, -90, 360 * k + 180, 90), grid_size=FINE_DEG)
              for k in turns]
    moved = [translate(areas(p), -360 * k) for p, k in zip(pieces, turns, strict=True)]
    return areas(shapely.union_all(moved, grid_size=FINE_DEG))


def _polar(ring: Floats) -> BaseGeometry:
    """A ring that goes round a pole, filled, within ±180."""
    area = areas(shapely.make_valid(shapely.polygons(ring)))
    return areas(shapely.intersection(area, shapely.box(-180, -90, 180, 90), grid_size=FINE_DEG))
