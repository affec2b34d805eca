"""An outline prepared once: its rings as points in space, close enough to each other for exact work, and a cap round it.

Edges are geodesics; each is divided into equal pieces of at most `STEP_M`, always from the same end, so two outlines that
share an edge share every point of it bit for bit. Circles stay circles.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid, rings
from antalya.geometry.densify import BENT, STEP_M, WIDEST_M, caps, densified, least_cap, room_m
from antalya.geometry.ellipsoid import GEOD, Floats, Frame, Ints
from antalya.geometry.loaded import LOADED
from antalya.geometry.once import once
from antalya.geometry.overlay import joined, snapped, width_m
from antalya.model.errors import AntalyaError, error
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position

TOUCH_M = 1e-3
"""What overlaps by less than this touches: the noise of a shared boundary stays far below it."""
RIM = 128
FEW = 4
"""So many shapes are laid into planes one by one."""
SMALL = 128
"""A ring of so many points is prepared by compiled code (`simple`)."""
_ONE = np.array([0, 1])


@dataclass(eq=False)  # nobody changes it; a frozen one takes three times as long to make
class Shape:
    """A prepared outline; make it with `shape`, keep it as long as its outline.

    `points` (n, 3): closed rings one after the other, in metres in space; of a circle, its centre alone.
    `ring_ends`: where each ring begins, and the end. `polygon_ends`: the same in rings, polygon by polygon.
    `frame`, `radius_m`: the plane about the centre of a cap that holds the outline, and the cap's radius.
    `disc_m`: a circle's radius, 0 for polygons. `step_m`: the longest piece between two points.
    """

    outline: Outline
    points: Floats
    ring_ends: Ints
    polygon_ends: Ints
    frame: Frame
    radius_m: float
    disc_m: float
    step_m: float

    @property
    def is_circle(self) -> bool:
        """Whether it is a disc, and `points` its centre."""
        return self.disc_m > 0

    @property
    def centre(self) -> Position:
        """The centre of the cap that holds it, in degrees."""
        return self.frame.centre

    @once
    def middle(self) -> tuple[float, float, float]:
        """Its centre in space."""
        x, y, z = self.frame.origin.tolist()
        return x, y, z

    @once
    def laying(self) -> Floats:
        """Its plane as `curves.lay` takes it: the origin, the directions east and north, the two curvatures, (11)."""
        return np.concatenate((self.frame.origin, self.frame.basis.ravel(), self.frame.bend[:, 1]))

    @once
    def area_m2(self) -> float:
        """Its area on the ellipsoid; of a circle, that of a cap on the osculating sphere (true to 0.1 %)."""
        if self.disc_m:
            sphere = 1 / float(np.prod(self.frame.bend[:, 1]))
            return 2 * np.pi * sphere * (1 - float(np.cos(self.disc_m / np.sqrt(sphere))))
        lon, lat = ellipsoid.to_degrees(self.points)
        areas = [
            abs(GEOD.polygon_area_perimeter(lon[i:j - 1], lat[i:j - 1])[0])
            for i, j in zip(self.ring_ends[:-1], self.ring_ends[1:], strict=True)
        ]
        shells = set(self.polygon_ends[:-1].tolist())
        return float(sum(a if i in shells else -a for i, a in enumerate(areas)))

    @once
    def rim(self) -> "Shape":
        """Itself if it has corners; a circle as the polygon drawn round it (0.03 % wider at its corners)."""
        if not self.disc_m:
            return self
        bearing = np.linspace(0, 360, RIM, endpoint=False)
        away = np.full(RIM, self.disc_m / np.cos(np.pi / RIM))
        lon, lat, _ = GEOD.fwd(np.full(RIM, self.centre[0]), np.full(RIM, self.centre[1]), bearing, away)
        points = ellipsoid.to_space(np.append(lon, lon[0]), np.append(lat, lat[0]))
        return replace(
            self, points=points, ring_ends=np.array([0, RIM + 1]), polygon_ends=np.array([0, 1]),
            radius_m=float(away[0]) + 1, disc_m=0.0, step_m=float(2 * np.pi * away[0] / RIM),
        )

    @once
    def flat(self) -> BaseGeometry:
        """Itself in the plane about its centre."""
        return self.plane(self.frame)

    @once
    def core_m(self) -> float:
        """How deep its centre lies in it, if it is a polygon: a disc of that radius about the centre is part of it."""
        return float(cores_m(np.array([self.flat]))[0])

    def with_points(self, points: Floats, ring_ends: Ints) -> "Shape":
        """Itself with more points on its rings."""
        return replace(self, points=points, ring_ends=ring_ends)

    def plane(self, frame: Frame) -> BaseGeometry:
        """Itself in a plane: a polygon, several, or a circle's centre as a point. See `plane_of`."""
        flat = snapped(frame.plane(self.points))
        if self.disc_m:
            return shapely.points(flat[0])
        if len(self.ring_ends) == 2:
            return shapely.polygons(flat)
        return shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, flat,
            (self.ring_ends, self.polygon_ends, np.array([0, len(self.polygon_ends) - 1])),
        )[0]


def plane_of(shapes: Sequence[Shape], frames: Sequence[Frame]) -> NDArray[np.object_]:
    """Shapes with corners, each in a plane of its own."""
    if len(shapes) < FEW:
        few = np.empty(len(shapes), dtype=np.object_)
        few[:] = [s.plane(frame) for s, frame in zip(shapes, frames, strict=True)]
        return few
    points_at, rings_at, polygons_at = (np.cumsum([0, *(len(ends) - less for ends in each)]) for each, less in (
        ([s.points for s in shapes], 0), ([s.ring_ends for s in shapes], 1), ([s.polygon_ends for s in shapes], 1)))
    owner = np.repeat(np.arange(len(shapes)), np.diff(points_at))
    flat = ellipsoid.into_planes(np.concatenate([s.points for s in shapes]), frames, owner)
    ring_ends = [s.ring_ends[:-1] + at for s, at in zip(shapes, points_at[:-1], strict=True)]
    polygon_ends = [s.polygon_ends[:-1] + at for s, at in zip(shapes, rings_at[:-1], strict=True)]
    areas = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, snapped(flat), (
        np.append(np.concatenate(ring_ends), points_at[-1]), np.append(np.concatenate(polygon_ends), rings_at[-1]), polygons_at))
    out: NDArray[np.object_] = np.where(np.diff(polygons_at) == 1, shapely.get_geometry(areas, 0), areas)
    return out


def cores_m(flat: NDArray[np.object_]) -> Floats:
    """How deep the origin lies in each plane area; 0 where it is outside, or the area is a point."""
    origin = shapely.points(0.0, 0.0)
    deep = shapely.distance(shapely.boundary(flat), origin)
    out: Floats = np.where(shapely.intersects(flat, origin) & np.isfinite(deep), deep, 0.0)
    return out


def shape(outline: Outline) -> Shape:
    """The outline, prepared.

    Raises outline_too_wide (it doesn't fit into a cap of 5,000 km radius), too_many_vertices (its long edges would be divided by
    more than `densify.MOST_ADDED` points), ring_crosses_itself (a ring that crosses itself or another ring of its polygon),
    ring_too_short (a ring that encloses nothing, its corners being on one line). A ring that touches itself or another one is
    taken as what it encloses. The inside of a ring is its smaller side. Polygons of one MultiPolygon may overlap; they count
    once.
    """
    if isinstance(outline, Circle):
        return _round(outline)
    quick = _alone(outline) if LOADED.is_set() and isinstance(outline, Polygon) else None
    return quick or _cornered([outline])[0]


def shapes(outlines: Sequence[Outline]) -> list[Shape]:
    """`shape` of each, prepared together: many times faster for many. An error's `at` begins with the outline's index."""
    cornered = [(i, o) for i, o in enumerate(outlines) if not isinstance(o, Circle)]
    if not cornered:
        return [_round(o) for o in outlines if isinstance(o, Circle)]
    try:
        prepared = iter(_cornered([o for _, o in cornered]))
    except AntalyaError:
        for i, outline in cornered:
            try:
                _cornered([outline])
            except AntalyaError as refusal:
                refusal.at = f"[{i}].{refusal.at}"
                raise
        raise
    return [_round(o) if isinstance(o, Circle) else next(prepared) for o in outlines]


def _round(circle: Circle) -> Shape:
    lon, lat = circle.center
    frame = ellipsoid.frame((0.0 if abs(lat) == 90 else 180.0 if lon == -180 else lon + 0.0, lat))
    return Shape(circle, frame.origin[None], _ONE, _ONE, frame, circle.radius_m, circle.radius_m, 0.0)


def _alone(polygon: Polygon) -> Shape | None:
    """What `_cornered` makes of one small ring that is plainly simple: the same points; None of any other outline."""
    ring = polygon.coordinates[0]
    if len(polygon.coordinates) > 1 or len(ring) > SMALL:
        return None
    from antalya.geometry.simple import reach, spaced
    degrees = np.fromiter(chain.from_iterable(ring), np.float64, 2 * len(ring)).reshape(-1, 2)
    angles, points = np.radians(degrees), np.empty((len(ring), 3))
    chord, x, y, z = spaced(degrees, np.sin(angles), np.cos(angles), points)
    step, inside = chord * BENT, (x, y, z)
    if not chord < STEP_M - 1e-3:  # it may have to be divided
        if not chord < SMALL * STEP_M:
            return None
        points, _, steps = densified([ring])
        step, inside = float(steps.max()), tuple((points.min(axis=0) + points.max(axis=0)).tolist())
    frame = _about(*inside)
    radius = reach(points, frame.origin, frame.basis, frame.bend, step, TOUCH_M) if len(points) <= SMALL else np.inf
    if radius == np.inf:
        return None
    return Shape(polygon, points, np.array([0, len(points)]), _ONE, frame, radius + room_m(radius), 0.0, step)


def _about(x: float, y: float, z: float) -> Frame:
    """The frame about the position below a point in space, as `densify.caps` makes it, to the last bit."""
    from antalya.geometry.simple import axes
    down = np.hypot(x, y) * (1 - ellipsoid.E2)
    centre = np.degrees(np.arctan2((y, z), (x, down)))
    angles = np.radians(centre)
    lon, lat = centre.tolist()
    frame = Frame((lon, lat), np.empty(3), np.empty((3, 2)), np.empty((2, 2)))
    axes(np.sin(angles), np.cos(angles), frame.origin, frame.basis, frame.bend)
    return frame


def _cornered(outlines: Sequence[Polygon | MultiPolygon]) -> list[Shape]:
    several = [o.coordinates if isinstance(o, MultiPolygon) else (o.coordinates,) for o in outlines]
    polygons = [polygon for each in several for polygon in each]
    polygon_ends = np.cumsum([0, *map(len, polygons)])  # in rings
    outline_ends = np.cumsum([0, *map(len, several)])  # in polygons
    rings_at = polygon_ends[outline_ends]
    points, ring_ends, steps = densified([ring for polygon in polygons for ring in polygon], rings_at[:-1])
    points_at = ring_ends[rings_at]
    frames, radii, flat = caps(points, points_at[:-1])
    step = np.maximum.reduceat(steps, points_at[:-1])
    areas = shapely.from_ragged_array(
        shapely.GeometryType.MULTIPOLYGON, snapped(flat), (ring_ends, polygon_ends, outline_ends)
    )
    areas = np.where(np.diff(outline_ends) == 1, shapely.get_geometry(areas, 0), areas)
    noise = TOUCH_M + ellipsoid.sag_m(step, radii)
    good = shapely.is_valid(areas) & (shapely.area(areas) > shapely.length(areas) * noise / 4)
    good &= radii < 0.8 * WIDEST_M
    radii += room_m(radii)
    out = []
    for k, outline in enumerate(outlines):
        i, j = rings_at[k], rings_at[k + 1]
        first, last = outline_ends[k], outline_ends[k + 1] + 1
        made = Shape(
            outline, points[points_at[k]:points_at[k + 1]], ring_ends[i:j + 1] - points_at[k], polygon_ends[first:last] - i,
            frames[k], float(radii[k]), 0.0, float(step[k]),
        )
        made.__dict__["flat"] = areas[k]  # the cached one
        out.append(made if good[k] else _cleaned(_fitted(made)))
    return out


def _fitted(wide: Shape) -> Shape:
    """A shape with the least cap round it. Raises outline_too_wide."""
    if wide.radius_m < 0.8 * WIDEST_M:
        return wide
    frame, radius = least_cap(wide.points, wide.frame)
    if radius > WIDEST_M:
        raise error("outline_too_wide", "the outline does not fit into a cap of 5,000 km radius", at="outline")
    return replace(wide, frame=frame, radius_m=radius + room_m(radius))


def _cleaned(rough: Shape) -> Shape:
    """A shape whose rings touch, made of valid rings. Raises ring_crosses_itself, ring_too_short."""
    noise = TOUCH_M + ellipsoid.sag_m(rough.step_m, rough.radius_m)
    if shapely.is_valid(rough.flat) and width_m(rough.flat) > noise / 4:
        return rough
    flat = snapped(rough.frame.plane(rough.points))
    nested = isinstance(rough.outline, MultiPolygon)
    polygons = []
    for p, (i, j) in enumerate(zip(rough.polygon_ends[:-1], rough.polygon_ends[1:], strict=True)):
        each = [flat[rough.ring_ends[r]:rough.ring_ends[r + 1]] for r in range(i, j)]
        polygons.append(rings.polygon(each, noise, f"coordinates[{p}]" if nested else "coordinates"))
    area = joined(polygons) if nested else polygons[0]
    parts = [p for p in shapely.get_parts(area) if width_m(p) > noise / 4]
    _, clean, (ring_ends, polygon_ends, _) = shapely.to_ragged_array([shapely.multipolygons(parts)])
    known = {xy.tobytes(): point for xy, point in zip(flat, rough.points, strict=True)}
    lon, lat = rough.frame.degrees(clean)
    points = ellipsoid.to_space(lon, lat)
    for i, xy in enumerate(clean):
        points[i] = known.get(xy.tobytes(), points[i])
    return replace(rough, points=points, ring_ends=ring_ends.astype(np.int64), polygon_ends=polygon_ends.astype(np.int64))
