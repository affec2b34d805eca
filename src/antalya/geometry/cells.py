"""S2 cells for coarse disclosure, for budgets of area and for the DSS.

None that a shape touches is missed. S2 works on a sphere; geodetic latitudes are taken as its latitudes, and metres are turned
into angles by the least radius of curvature of the ellipsoid, which makes every angle too large, never too small. Cells are
never verdicts.

Ids are S2's, as signed 64-bit integers (what SQLite and PostgreSQL keep); a cell never straddles the sign, so
`cell_range` stays contiguous. Source: s2geometry.io, "S2 Cells".
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import s2geometry as s2
import shapely

from antalya.geometry import ellipsoid, faces
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.loaded import LOADED
from antalya.geometry.outlining import outline_of
from antalya.geometry.shape import Shape
from antalya.model.errors import error
from antalya.model.volume import Outline, Polygon, Ring

COARSEST, STEP_DOWN = 4, 4
MOST_CELLS = 20_000
FEW = 64
RECT_WITHIN_DEG = 80.0
RECT_RADIUS_M = 1_500_000.0
BULGE_M = 10.0
"""Pieces of 5 km leave the parallels and meridians through their ends by less than this, up to 80 degrees; and S2's great circles
through their ends by centimetres."""


def cell_range(cell: int) -> tuple[int, int]:
    """The least and the greatest id among all cells within this one, itself included."""
    each = _cell(cell)
    return _signed(each.range_min().id()), _signed(each.range_max().id())


def coarse(shape: Shape, level: int = 9) -> tuple[int, ...]:
    """The cells of one level (9: about 15 km across) that the shape touches, sorted.

    Raises area_too_large where there might be more than 20,000.
    """
    bound = _bound(shape)
    if _room(shape, bound, level) > MOST_CELLS:
        raise error("area_too_large", f"the outline covers more than {MOST_CELLS} cells of level {level}", at="outline")
    coverer = s2.S2RegionCoverer()
    coverer.set_fixed_level(level)
    coverer.set_max_cells(MOST_CELLS)
    found = coverer.GetCovering(bound)
    return _ids(found if len(found) == 1 else _touched(shape, found))  # one cell alone must be the shape's


def roughly(shape: Shape, level: int) -> tuple[int, ...]:
    """As `coarse`; of a small shape the cells of its box, at most four, which may be one or two more."""
    if (placed := _placed(shape)) is not None:
        i0, i1, j0, j1 = (limit >> faces.LEAVES - level for limit in placed[1].tolist())
        if (i1 - i0 + 1) * (j1 - j0 + 1) <= 4:
            return _divided(*placed, level)
    return coarse(shape, level)


def footprint(shape: Shape, level: int) -> tuple[int, ...]:
    """As `coarse`, but however much the outline's box covers, if the outline itself does not: a long, narrow or slanting one is
    looked for from coarser cells down. Raises area_too_large."""
    if _room(shape, _bound(shape), level) < MOST_CELLS / 4:
        return coarse(shape, level)
    return _stepped(shape, level)


def parents(cells: Iterable[int], most: int) -> tuple[int, ...]:
    """Cells of one level, or where they are more than `most` the coarser ones that hold them; sorted. None is coarser than of
    level 4, of which there may be more."""
    found = sorted(_cell(cell) for cell in set(cells))
    while len(found) > most and found[0].level() > COARSEST:
        found = sorted({cell.parent().id(): cell.parent() for cell in found}.values())
    return _ids(found)


def within(cell: int, level: int) -> tuple[int, ...]:
    """The cells of a finer level, or the same, that a cell is made of, sorted."""
    step = 1 << 2 * (30 - level)
    first, last = cell_range(cell)
    return tuple(range(first - 1 + step, last + 1, 2 * step))


def _stepped(shape: Shape, level: int) -> tuple[int, ...]:
    """The cells of a level that the shape touches, from coarser ones down."""
    cells = [_cell(cell) for cell in coarse(shape, max(level - STEP_DOWN, COARSEST))]
    while cells and cells[0].level() < level:
        cells = _touched(shape, [child for cell in cells for child in _children(cell, level)])
        if len(cells) > MOST_CELLS:
            raise error("area_too_large", f"the outline covers more than {MOST_CELLS} cells of level {level}", at="outline")
    return _ids(cells)


def _children(cell: s2.S2CellId, level: int) -> list[s2.S2CellId]:
    """The cells within one, two levels down, or one where that is enough."""
    inner = [cell.child(k) for k in range(4)]
    return inner if cell.level() + 1 == level else [child.child(k) for child in inner for k in range(4)]


def _touched(shape: Shape, cells: Sequence[s2.S2CellId]) -> list[s2.S2CellId]:
    """Those of some cells of one level that the shape touches."""
    if not len(cells):
        return []
    rings = np.stack([_ring(c.id()) for c in cells]) if len(cells) <= FEW else _in_space(cells)
    flat = shape.frame.plane(rings.reshape(-1, 3)).reshape(len(cells), 5, 2)
    wide = float(np.linalg.norm(np.diff(flat, axis=1), axis=2).max())
    slack = shape.disc_m + 2 * ellipsoid.sag_m(wide, shape.radius_m + 2 * wide) + 0.01 * wide**2 / ellipsoid.RADIUS
    shapely.prepare(shape.flat)
    touched = shapely.dwithin(shape.flat, shapely.polygons(flat), slack)
    return [c for c, yes in zip(cells, touched.tolist(), strict=True) if yes]


@lru_cache(maxsize=100_000)
def _ring(cell: int) -> Floats:
    """The ring of one cell in space; kept, since the cells of a theatre come again and again."""
    whole = s2.S2Cell(_cell(cell))
    x, y, z = np.array([(p.x(), p.y(), p.z()) for p in map(whole.GetVertex, (0, 1, 2, 3, 0))]).T
    ring: Floats = ellipsoid.to_space(np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y))))
    return ring


def _in_space(cells: Sequence[s2.S2CellId]) -> Floats:
    """The closed rings of cells in space, (n, 5, 3) in metres."""
    rings: Floats = ellipsoid.to_space(*_corners(cells).reshape(-1, 2).T).reshape(len(cells), 5, 3)
    return rings


def cell_outline(cell: int) -> Polygon:
    """A cell as a polygon of its four corners."""
    ring: Ring = tuple((x, y) for x, y in np.round(_corners([_cell(cell)])[0], 7).tolist())
    return Polygon(coordinates=(ring,))


def cells_outline(cells: Sequence[int]) -> Outline | None:
    """Cells together as one outline; None of no cells."""
    if not len(cells):
        return None
    rings = np.round(_corners([_cell(c) for c in cells]), 7)
    return outline_of(shapely.union_all([shapely.polygons(_over_pole(ring)) for ring in rings], grid_size=1e-7))


def _placed(shape: Shape) -> tuple[int, Ints] | None:
    """The face, and the box on it, that hold every point of the shape; None where it is on several faces."""
    limits = np.empty(4, np.int64)
    angle = (shape.disc_m + BULGE_M) / ellipsoid.LEAST_RADIUS
    face = _tools().box(shape.points, angle, limits)
    return None if face < 0 else (face, limits)


def _divided(face: int, limits: Ints, level: int) -> tuple[int, ...]:
    """The cells of a level that hold a box on a face, at most four, sorted."""
    out = np.empty(4, np.int64)
    size = _tools().divided(face, limits, level, out)
    return tuple(out[:size].tolist())


def _tools() -> Any:
    """The functions of `faces`, compiled where they are."""
    if not LOADED.is_set():
        return faces
    from antalya.geometry import simple
    return simple


@lru_cache(maxsize=256)
def _bound(shape: Shape) -> s2.S2LatLngRect | s2.S2Cap:
    """A rectangle or a cap on S2's sphere that holds every point of the shape."""
    lon, lat = shape.centre
    reach = shape.radius_m
    if shape.is_circle or reach > RECT_RADIUS_M or abs(lat) + np.degrees(reach / ellipsoid.LEAST_RADIUS) > RECT_WITHIN_DEG:
        angle = s2.S1Angle.Radians((reach + BULGE_M) / ellipsoid.LEAST_RADIUS)
        return s2.S2Cap(s2.S2LatLng.FromDegrees(lat, lon).ToPoint(), angle)
    lons, lats = ellipsoid.to_degrees(shape.points)
    off = (lons - lon + 180) % 360 - 180
    west, east = (float((lon + x + 180) % 360 - 180) for x in (off.min(), off.max()))
    rect = s2.S2LatLngRect(
        s2.S2LatLng.FromDegrees(float(lats.min()), west), s2.S2LatLng.FromDegrees(float(lats.max()), east)
    )
    return rect.ExpandedByDistance(s2.S1Angle.Radians(BULGE_M / ellipsoid.LEAST_RADIUS))


def _room(shape: Shape, bound: s2.S2LatLngRect | s2.S2Cap, level: int) -> float:
    """About how many cells of a level its bound covers."""
    area = min(bound.Area() if isinstance(bound, s2.S2LatLngRect) else np.inf, _cap_area(shape))
    return float(area / (4 * np.pi / (6 * 4**level)))


def _cap_area(shape: Shape) -> float:
    """The area of its cap on the unit sphere."""
    return float(2 * np.pi * (1 - np.cos((shape.radius_m + BULGE_M) / ellipsoid.LEAST_RADIUS)))


def _corners(cells: Sequence[s2.S2CellId]) -> Floats:
    """The closed rings of cells in degrees, (n, 5, 2), counter-clockwise; longitude 180 or −180 by the side each lies on.

    Vectorised; S2's own `S2Cell.GetVertex` gives the same (s2/s2coords.h, quadratic projection).
    """
    places = np.array([c.ToFaceIJOrientation()[:3] for c in cells])
    levels = np.array([c.level() for c in cells])
    ij = (places[:, None, 1:] >> (30 - levels)[:, None, None]) + np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)])
    st = ij / (1 << levels)[:, None, None]
    uv = np.where(st >= 0.5, 4 * st * st - 1, 1 - 4 * (1 - st) ** 2) / 3
    u, v, one = uv[..., 0], uv[..., 1], np.ones(uv.shape[:2])
    faces = [(one, u, v), (-u, one, v), (-u, -v, one), (-one, -v, -u), (v, -one, -u), (v, u, -one)]
    x, y, z = np.moveaxis(np.stack([np.stack(f, axis=-1) for f in faces])[places[:, 0], np.arange(len(cells))], -1, 0)
    lon, lat = np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))
    side = np.copysign(180.0, y[:, :4].mean(axis=1, keepdims=True))
    return np.stack([np.where(np.abs(lon) > 180 - 1e-9, side, lon), lat], axis=-1)


def _over_pole(ring: Floats) -> Floats:
    """The same ring in the plane of degrees: a corner at a pole becomes the stretch of the pole's edge beside the cell."""
    at = np.flatnonzero(np.abs(ring[:-1, 1]) > 90 - 1e-6)
    if not len(at):
        return ring
    k = int(at[0])
    turned = np.roll(ring[:-1], -k, axis=0)
    pole = float(np.copysign(90.0, turned[0, 1]))
    rest = turned[1:]
    return np.vstack([rest, [[rest[-1, 0], pole], [rest[0, 0], pole]], rest[:1]])


def _ids(cells: Iterable[s2.S2CellId]) -> tuple[int, ...]:
    return tuple(sorted(_signed(c.id()) for c in cells))


def _signed(cell: int) -> int:
    return cell - (1 << 64) if cell >= 1 << 63 else cell


def _cell(cell: int) -> s2.S2CellId:
    return s2.S2CellId(cell & (1 << 64) - 1)
