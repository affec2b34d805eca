"""An outline prepared once: its rings as points in space, close enough to each other for exact work, and a cap round it.

Edges are geodesics; each is divided into equal pieces of at most `STEP_M`, always from the same end, so two outlines that
share an edge share every point of it bit for bit. Circles stay circles.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid, rings
from antalya.geometry.ellipsoid import GEOD, Floats, Frame, Ints
from antalya.model.errors import error
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position, Ring

STEP_M = 5_000.0
WIDEST_M = 5_000_000.0
TOUCH_M = 1e-3
"""What overlaps by less than this touches: the noise of a shared boundary stays far below it."""
RIM = 128
BENT = 1.15
"""An edge of 10,000 km is this much longer than its chord at most."""


@dataclass(frozen=True, eq=False)
class Shape:
    """A prepared outline; make it with `shape`, keep it as long as its outline.

    `points` (n, 3): closed rings one after the other, in metres in space; of a circle, its centre alone.
    `ring_ends`: where each ring begins, and the end. `polygon_ends`: the same in rings, polygon by polygon.
    `centre`, `radius_m`: a cap that holds the outline. `disc_m`: a circle's radius, 0 for polygons.
    `step_m`: the longest piece between two points.
    """

    outline: Outline
    points: Floats
    ring_ends: Ints
    polygon_ends: Ints
    centre: Position
    radius_m: float
    disc_m: float
    step_m: float

    @property
    def is_circle(self) -> bool:
        """Whether it is a disc, and `points` its centre."""
        return self.disc_m > 0

    @cached_property
    def frame(self) -> Frame:
        """The plane about its centre."""
        return ellipsoid.frame(self.centre)

    @cached_property
    def middle(self) -> tuple[float, float, float]:
        """Its centre in space."""
        x, y, z = self.frame.origin.tolist()
        return x, y, z

    @cached_property
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

    @cached_property
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

    @cached_property
    def flat(self) -> BaseGeometry:
        """Itself in the plane about its centre."""
        return self.plane(self.frame)

    def with_points(self, points: Floats, ring_ends: Ints) -> "Shape":
        """Itself with more points on its rings."""
        return replace(self, points=points, ring_ends=ring_ends)

    def plane(self, frame: Frame) -> BaseGeometry:
        """Itself in a plane: a polygon, several, or a circle's centre as a point."""
        flat = frame.plane(self.points)
        if self.disc_m:
            return shapely.points(flat[0])
        if len(self.ring_ends) == 2:
            return shapely.polygons(flat)
        return shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, flat,
            (self.ring_ends, self.polygon_ends, np.array([0, len(self.polygon_ends) - 1])),
        )[0]


def shape(outline: Outline) -> Shape:
    """The outline, prepared.

    Raises outline_too_wide (it doesn't fit into a cap of 5,000 km radius), ring_crosses_itself (a ring that crosses itself
    or another ring of its polygon), ring_too_short (a ring that encloses nothing, its corners being on one line). A ring
    that touches itself or another one is taken as what it encloses. The inside of a ring is its smaller side. Polygons of
    one MultiPolygon may overlap; they count once.
    """
    match outline:
        case Circle(center=(lon, lat), radius_m=radius):
            centre = 0.0 if abs(lat) == 90 else 180.0 if lon == -180 else lon + 0.0, lat
            points = ellipsoid.frame(centre).origin[None]
            return Shape(outline, points, np.array([0, 1]), np.array([0, 1]), centre, radius, radius, 0.0)
        case Polygon(coordinates=coordinates):
            polygons: Sequence[Sequence[Ring]] = (coordinates,)
        case MultiPolygon(coordinates=several):
            polygons = several
    points, ring_ends, step = _densified(polygons)
    polygon_ends = np.cumsum([0, *map(len, polygons)])
    frame, radius = _cap(points)
    rough = Shape(outline, points, ring_ends, polygon_ends, frame.centre, radius, 0.0, step)
    rough.__dict__["frame"] = frame  # the cached one
    noise = TOUCH_M + float(ellipsoid.sag_m(step, radius))
    if shapely.is_valid(rough.flat) and rings.width_m(rough.flat) > noise / 4:
        return rough
    return _cleaned(rough, noise)


def _densified(polygons: Sequence[Sequence[Ring]]) -> tuple[Floats, Ints, float]:
    """Rings as points in space at most `STEP_M` apart along their geodesics, the ring ends, the longest piece.

    Each position is written in one way first: longitude 180, never −180; longitude 0 at the poles.
    """
    ends = np.cumsum([0, *(len(ring) for polygon in polygons for ring in polygon)])
    flat = [p for polygon in polygons for ring in polygon for p in ring]
    both = np.fromiter(chain.from_iterable(flat), np.float64, 2 * len(flat)).reshape(-1, 2)
    lon, lat = both[:, 0], both[:, 1]
    lon[lon == -180] = 180
    lon[np.abs(lat) == 90] = 0
    points = ellipsoid.to_space(lon, lat)
    between = points[1:] - points[:-1]
    chord = np.sqrt(np.einsum("ni,ni->n", between, between))
    chord[ends[1:-1] - 1] = 0
    longest = float(chord.max())
    if longest <= STEP_M:
        return points, ends, longest * BENT
    if longest > 2 * ellipsoid.A * np.sin(WIDEST_M / ellipsoid.B):
        raise error("outline_too_wide", "an edge is longer than 10,000 km", at="outline")
    pieces = np.maximum(np.ceil(chord / STEP_M), 1).astype(np.int64)
    at = np.concatenate([[0], np.cumsum(pieces)])
    out = np.empty((at[-1] + 1, 3))
    out[at] = points
    inside = np.ones(len(out), dtype=np.bool_)
    inside[at] = False
    out[inside] = _between(lon, lat, np.flatnonzero(pieces > 1), pieces[pieces > 1])
    return out, np.append(at[ends[:-1]], len(out)), float((chord / pieces).max()) * BENT


def _between(lon: Floats, lat: Floats, edge: Ints, pieces: Ints) -> Floats:
    """The points between the ends of the edges that begin at `edge`, in the ring's order, each reckoned from the one end."""
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


def _cap(points: Floats) -> tuple[Frame, float]:
    """A cap that holds the points and the pieces between them: its frame and radius. Raises outline_too_wide."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    if float(np.linalg.norm(middle)) < 1e5:
        raise error("outline_too_wide", "the outline goes round the globe", at="outline")
    frame = ellipsoid.frame(_position(middle))
    flat = frame.plane(points)
    radius = float(np.sqrt(np.einsum("ni,ni->n", flat, flat).max()))
    if radius > 0.8 * WIDEST_M:
        frame, radius = _least_cap(points, frame)
        if radius > WIDEST_M:
            raise error("outline_too_wide", "the outline does not fit into a cap of 5,000 km radius", at="outline")
    return frame, radius * 1.000001 + 1.0 + float(ellipsoid.radial_m(radius))


def _least_cap(points: Floats, frame: Frame) -> tuple[Frame, float]:
    """The least cap round wide-spread points, to 1 %: steps towards the farthest point (Badoiu and Clarkson 2003)."""
    lon, lat = ellipsoid.to_degrees(points)
    best, least = frame, np.inf
    for step in range(1, 100):
        east, north = np.full_like(lon, frame.centre[0]), np.full_like(lon, frame.centre[1])
        bearing, _, away = GEOD.inv(east, north, lon, lat)
        far = int(np.argmax(away))
        if away[far] < least:
            best, least = frame, float(away[far])
        to = GEOD.fwd(*frame.centre, bearing[far], away[far] / (step + 1))
        frame = ellipsoid.frame((float(to[0]), float(to[1])))
    return best, least


def _position(point: Floats) -> Position:
    lon, lat = ellipsoid.to_degrees(point)
    return float(lon), float(lat)


def _cleaned(rough: Shape, noise: float) -> Shape:
    """A shape whose rings touch, made of valid rings. Raises ring_crosses_itself, ring_too_short."""
    flat = rough.frame.plane(rough.points)
    nested = isinstance(rough.outline, MultiPolygon)
    polygons = []
    for p, (i, j) in enumerate(zip(rough.polygon_ends[:-1], rough.polygon_ends[1:], strict=True)):
        each = [flat[rough.ring_ends[r]:rough.ring_ends[r + 1]] for r in range(i, j)]
        polygons.append(rings.polygon(each, noise, f"coordinates[{p}]" if nested else "coordinates"))
    area = shapely.union_all(polygons) if nested else polygons[0]
    parts = [p for p in shapely.get_parts(area) if rings.width_m(p) > noise / 4]
    _, clean, (ring_ends, polygon_ends, _) = shapely.to_ragged_array([shapely.multipolygons(parts)])
    known = {xy.tobytes(): point for xy, point in zip(flat, rough.points, strict=True)}
    lon, lat = rough.frame.degrees(clean)
    points = ellipsoid.to_space(lon, lat)
    for i, xy in enumerate(clean):
        points[i] = known.get(xy.tobytes(), points[i])
    return replace(rough, points=points, ring_ends=ring_ends.astype(np.int64), polygon_ends=polygon_ends.astype(np.int64))
