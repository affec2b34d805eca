"""Areas in a plane, made into outlines: positions in degrees, rounded to 1e-7 (5 mm), cut at the antimeridian (RFC 7946,
section 3.1.9). Many at once, for each takes some twenty calls whatever its size."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import Floats, Frame
from antalya.geometry.overlay import areas, parts
from antalya.model.volume import MultiPolygon, Outline, Polygon, Ring

DIGITS = 7
FINE_DEG = 2.0**-34
"""The grid for cutting in degrees, 6 µm: see `overlay`."""
ROUNDED_M = 0.01
QUARTER = 16
"""Pieces in a quarter of a widened corner."""
_PLAIN_DEG = 20.0
"""Longitudes nearer than that to each other don't run about a pole."""
_LEAST_M = 1e-5
"""Polygons whose area is less than that times their length are none."""
_POLYGON = int(shapely.GeometryType.POLYGON)
Areas = NDArray[np.object_]


def widened(area: Any, by_m: Floats | float) -> Any:
    """The area and all that is within `by_m` of it in the plane, erring outwards by at most 0.12 % of that; row by row for
    arrays."""
    return shapely.buffer(area, by_m / np.cos(np.pi / (4 * QUARTER)), quad_segs=QUARTER)


def to_outline(area: BaseGeometry, frame: Frame) -> Outline | None:
    """The polygons of a plane area as an outline; None where none is left. See `outlines`."""
    return outlines([area], [frame])[0]


def outlines(plane: Sequence[BaseGeometry], frames: Sequence[Frame]) -> list[Outline | None]:
    """The polygons of plane areas as outlines; None where none is left.

    A polygon that rounding would break or efface is widened by 2 cm first. Touching lines and points are left out.
    """
    each, owner = _polygons(plane)
    found: list[list[BaseGeometry]] = [[] for _ in plane]
    for part, rounded, of in zip(each, _rounded(each, [frames[k] for k in owner]), owner, strict=True):
        found[of] += rounded or _rounded(np.array([widened(part, 2 * ROUNDED_M)]), [frames[of]])[0]
    for k, several in enumerate(found):
        if len(several) > 1 and not shapely.is_valid(shapely.multipolygons(np.array(several, dtype=np.object_))):
            found[k] = parts(shapely.union_all(several, grid_size=10.0**-DIGITS))
    return _outlines(found)


def outline_of(degrees: BaseGeometry) -> Outline | None:
    """Valid polygons in degrees as an outline, outer rings counter-clockwise; None where there are none."""
    return _outlines([parts(degrees)])[0]


def _polygons(plane: Sequence[BaseGeometry]) -> tuple[Areas, list[int]]:
    """The polygons of areas that are more than a sliver, and of each which area it is from."""
    several = np.empty(len(plane), dtype=np.object_)
    several[:] = plane
    each, owner = several, np.arange(len(plane))
    while (shapely.get_type_id(each) > _POLYGON).any():  # in a collection there may be several again
        each, inner = shapely.get_parts(each, return_index=True)
        owner = owner[inner]
    length = shapely.length(each)
    kept = (shapely.area(each) > _LEAST_M * length) & (length > 0)  # lines and points have no area
    return each[kept], owner[kept].tolist()


def _outlines(found: Sequence[list[BaseGeometry]]) -> list[Outline | None]:
    """Lists of polygons in degrees as outlines."""
    every = np.array([polygon for several in found for polygon in several], dtype=np.object_)
    if not len(every):
        return [None] * len(found)
    lines, of = shapely.get_rings(shapely.orient_polygons(every), return_index=True)
    positions = list(map(tuple, shapely.get_coordinates(lines).tolist()))
    ends = np.cumsum([0, *shapely.get_num_coordinates(lines)]).tolist()
    rings: list[Ring] = [tuple(positions[i:j]) for i, j in pairwise(ends)]
    polygons = iter([tuple(rings[i:j]) for i, j in pairwise(np.searchsorted(of, np.arange(len(every) + 1)).tolist())])
    made: list[Outline | None] = []
    for several in found:
        coordinates = tuple(next(polygons) for _ in several)
        made.append(MultiPolygon(coordinates=coordinates) if len(several) > 1 else
                    Polygon(coordinates=coordinates[0]) if several else None)
    return made


def _rounded(each: Areas, frames: Sequence[Frame]) -> list[list[BaseGeometry]]:
    """Plane polygons as valid polygons of rounded degrees; empty where rounding leaves nothing of one or changes its form."""
    if not len(each):
        return []
    places, owner = shapely.get_coordinates(each, return_index=True)
    lon, lat = ellipsoid.degrees(places, frames, owner)
    first = np.searchsorted(owner, np.arange(len(each)))
    plain = np.maximum.reduceat(lon, first) - np.minimum.reduceat(lon, first) < _PLAIN_DEG  # no antimeridian, no pole
    flat = shapely.set_coordinates(each.copy(), _round(np.array([lon, lat]).T))
    flat = shapely.remove_repeated_points(flat)
    good = plain & shapely.is_valid(flat)
    out: list[list[BaseGeometry]] = [[polygon] if yes else [] for polygon, yes in zip(flat, good.tolist(), strict=True)]
    for k in np.flatnonzero(~plain).tolist():
        out[k] = _turned(each[k], frames[k])
    return out


def _round(degrees: Floats) -> Floats:
    rounded: Floats = np.round(degrees, DIGITS) + 0.0  # no -0
    return rounded


def _turned(part: BaseGeometry, frame: Frame) -> list[BaseGeometry]:
    """`_rounded` of one polygon that the antimeridian or a pole may be in."""
    flat = _degrees(part, frame)
    found = [shapely.remove_repeated_points(p)
             for p in parts(shapely.set_coordinates(flat, _round(shapely.get_coordinates(flat))))]
    return found if found and all(shapely.is_valid(p) for p in found) else []


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
