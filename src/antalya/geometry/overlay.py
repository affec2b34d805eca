"""What two areas in a plane share, and what is left of one: GEOS, always on a grid of a micrometre.

Off a grid, OverlayNG may return the whole of a polygon as its intersection with a neighbour whose shared corner differs in
the last bit (JTS issue 1000, GEOS issue 1344, both open; GEOS 3.14.1 does). Snap-rounding does not. Never call shapely's
intersection, difference or union of areas without a grid.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from antalya.geometry.ellipsoid import Floats

GRID_M = 2.0**-20
"""A power of two, so that what lies on the grid stays where it is, bit for bit."""

_POLYGON = int(shapely.GeometryType.POLYGON)
Areas = NDArray[np.object_]


def snapped(plane: Floats) -> Floats:
    """Points moved to the grid, by half a micrometre at most."""
    out: Floats = np.round(plane * (1 / GRID_M)) * GRID_M
    return out


def common(a: Any, b: Any) -> Any:
    """What two areas share: areas, lines and points; row by row for arrays."""
    return shapely.intersection(a, b, grid_size=GRID_M)


def parts(of: BaseGeometry) -> list[BaseGeometry]:
    """The polygons in a geometry; lines and points are left out."""
    if shapely.get_type_id(of) == _POLYGON:
        return [] if shapely.is_empty(of) else [of]
    each = shapely.get_parts(shapely.get_parts(of))
    kept = (shapely.get_type_id(each) == _POLYGON) & ~shapely.is_empty(each)
    return list(each[kept])


def areas(of: BaseGeometry) -> BaseGeometry:
    """The same with its polygons only: what an overlay gives may have lines and points too, and no overlay takes that."""
    found = parts(of)
    return found[0] if len(found) == 1 else shapely.multipolygons(np.array(found, dtype=np.object_))


def shared(a: BaseGeometry, b: BaseGeometry) -> BaseGeometry:
    """What two areas share, areas only."""
    return areas(common(a, b))


def minus(a: BaseGeometry, b: BaseGeometry) -> BaseGeometry:
    """What of the first area is not in the second."""
    return shapely.difference(a, b, grid_size=GRID_M)


def joined(areas: Sequence[BaseGeometry]) -> BaseGeometry:
    """Areas, or lines, together, divided where they meet."""
    return shapely.union_all(areas, grid_size=GRID_M)


def width_m(area: BaseGeometry) -> float:
    """A lower bound of the radius of the largest disc in `area`: its area over its boundary's length; 0 where empty."""
    length = float(shapely.length(area))
    return float(shapely.area(area)) / length if length else 0.0
