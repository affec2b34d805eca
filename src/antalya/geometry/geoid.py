"""EGM96: how high the geoid (mean sea level) lies above the WGS84 ellipsoid.

The grid `egm96_15.npz` holds EGM96 to degree and order 360 every 15′, whole centimetres, from 90° S and 180° W
(docs/reference/altitude.md says where it came from). Between nodes it is interpolated bilinearly; against the 5′ grid of
the same model the largest difference at any of its 9.3 million nodes is `INTERPOLATION_M`.
Source: Lemoine et al. 1998, NASA/TP-1998-206861 (public domain).
"""

import math
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from antalya.geometry.ellipsoid import GEOD
from antalya.model.volume import Circle, MultiPolygon, Outline, Position

Floats: TypeAlias = NDArray[np.float64]
Box: TypeAlias = tuple[float, float, float, float]
"""(west, south, east, north) in degrees; east is up to 360 more than west, so it may exceed 180."""

INTERPOLATION_M = 1.07
_PER_DEGREE = 4
_ROWS, _COLUMNS = 180 * _PER_DEGREE, 360 * _PER_DEGREE


@lru_cache(maxsize=1)
def _grid() -> Floats:
    """The nodes in metres, (721, 1440): from 90° S up, from 180° W east. A constant of the package, read once."""
    with files("antalya.geometry").joinpath("egm96_15.npz").open("rb") as file, np.load(file) as packed:
        differences = packed["second_differences_cm"].astype(np.int64)
    return np.asarray(differences.cumsum(axis=0).cumsum(axis=1) / 100.0, dtype=np.float64)[:, :_COLUMNS]


def undulation(lon: Floats | float, lat: Floats | float) -> Floats:
    """Metres of the geoid above the ellipsoid at longitudes (any turn) and latitudes in degrees; shapes broadcast."""
    x, y = np.broadcast_arrays((np.asarray(lon, float) + 180.0) % 360.0 * _PER_DEGREE,
                               (np.asarray(lat, float) + 90.0) * _PER_DEGREE)
    i = np.clip(np.floor(y).astype(np.intp), 0, _ROWS - 1)
    j = np.clip(np.floor(x).astype(np.intp), 0, _COLUMNS - 1)
    up, right, grid = y - i, x - j, _grid()
    south = grid[i, j] * (1 - right) + grid[i, (j + 1) % _COLUMNS] * right
    north = grid[i + 1, j] * (1 - right) + grid[i + 1, (j + 1) % _COLUMNS] * right
    return np.asarray(south * (1 - up) + north * up, dtype=np.float64)


def undulation_range(outline: Outline) -> tuple[float, float]:
    """The least and greatest undulation in metres over an outline's bounding box (never narrower than over the outline).

    Exact for the interpolant, without sampling: within a cell it is bilinear, so on the box its extremes lie where the
    box's edges and the grid's lines cross.
    """
    west, south, east, north = bounding_box(outline)
    i, up, top, down = _span((south + 90.0) * _PER_DEGREE, (north + 90.0) * _PER_DEGREE, _ROWS)
    j, right, end, left = _span((west + 180.0) * _PER_DEGREE, (east + 180.0) * _PER_DEGREE, None)
    nodes = _grid()[i : top + 1].take(np.arange(j, end + 1), axis=1, mode="wrap")
    nodes[0], nodes[-1] = nodes[0] + (nodes[1] - nodes[0]) * up, nodes[-2] + (nodes[-1] - nodes[-2]) * down
    first, last = nodes[:, 0] + (nodes[:, 1] - nodes[:, 0]) * right, nodes[:, -2] + (nodes[:, -1] - nodes[:, -2]) * left
    nodes[:, 0], nodes[:, -1] = first, last
    return float(nodes.min()), float(nodes.max())


def _span(start: float, stop: float, most: int | None) -> tuple[int, float, int, float]:
    """The nodes around [start, stop], and how far start and stop lie into the first and last cell (0 to 1)."""
    first = math.floor(start) if most is None else min(max(math.floor(start), 0), most - 1)
    last = max(math.ceil(stop), first + 1)
    if most is not None:
        last = min(last, most)
    return first, start - first, last, stop - (last - 1)


def bounding_box(outline: Outline) -> Box:
    """A box that holds an outline, with the poleward bulge of its geodesic edges; all longitudes about a pole."""
    match outline:
        case Circle(center=center, radius_m=radius):
            return _circle_box(center, radius)
        case MultiPolygon(coordinates=polygons):
            return _ring_box([position for polygon in polygons for position in polygon[0]])
        case _:
            return _ring_box(list(outline.coordinates[0]))


def _circle_box(center: Position, radius: float) -> Box:
    lon, lat = center
    if radius >= min(GEOD.line_length([lon, lon], [lat, 90.0]), GEOD.line_length([lon, lon], [lat, -90.0])):
        reach = math.degrees(radius / 6_335_000.0)
        return -180.0, max(lat - reach, -90.0), 180.0, min(lat + reach, 90.0)
    _, (south, north), _ = GEOD.fwd([lon, lon], [lat, lat], [180.0, 0.0], [radius, radius])
    # Sphere of the least radius: the meridian that touches the circle is at most this far in longitude.
    across = math.sin(min(radius / 6_335_000.0, math.pi / 2)) / math.cos(math.radians(lat))
    if across >= 1.0:
        return -180.0, south, 180.0, north
    reach = math.degrees(math.asin(across))
    return lon - reach, south, lon + reach, north


def _ring_box(positions: list[Position]) -> Box:
    lons, lats = [p[0] for p in positions], [p[1] for p in positions]
    west, south, east, north = min(lons), min(lats), max(lons), max(lats)
    if east - west > 180.0:  # the ring crosses the antimeridian, or goes round a pole
        turned = [lon % 360.0 for lon in lons]
        west, east = min(turned), max(turned)
    if east - west > 180.0 or any(abs(a[0] - b[0]) == 180.0 for a, b in pairwise(positions)):
        return -180.0, -90.0 if south < 0 else south, 180.0, 90.0 if north > 0 else north
    bulge = math.cos(math.radians(min(east - west, 179.0) / 2))
    if north > 0:
        north = math.degrees(math.atan(math.tan(math.radians(north)) / bulge))
    if south < 0:
        south = math.degrees(math.atan(math.tan(math.radians(south)) / bulge))
    return west, south, east, north
