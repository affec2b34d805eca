"""The areas where two shapes come together, in a plane about the smaller one.

What is widened is widened round corners by polygons drawn outside the true arc (0.12 %) and by the plane's own stretch, so
nothing of the true region is missing; it is too wide by less than 1 % where the shapes meet within 1,000 km of the smaller
one's centre. Positions are rounded to 1e-7 degrees (5 mm).
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import Floats, Frame
from antalya.geometry.outlining import ROUNDED_M, outlines, to_outline, widened
from antalya.geometry.overlay import GRID_M, areas, common, shared
from antalya.geometry.shape import Shape, plane_of
from antalya.geometry.tracing import traced
from antalya.model.volume import Outline

MUCH = 20
"""So many times as wide as a region may be, an area is cut before it is widened."""
_POLYGON = int(shapely.GeometryType.POLYGON)
Planes: TypeAlias = tuple[Frame, BaseGeometry, BaseGeometry, float]
"""A plane about the smaller of two shapes, both in it as polygons, and the radius of that one."""
Areas = NDArray[np.object_]


def planes(pairs: Sequence[tuple[Shape, Shape]]) -> list[Planes]:
    """Pairs of shapes, each in the plane about the smaller one."""
    order = [a.radius_m <= b.radius_m for a, b in pairs]
    small, other = ([p[not least] for p, least in zip(pairs, order, strict=True)],
                    [p[least] for p, least in zip(pairs, order, strict=True)])
    laid = plane_of([o.rim for o in other], [s.frame for s in small])
    return [(s.frame, *((s.rim.flat, second) if least else (second, s.rim.flat)), s.rim.radius_m)
            for s, second, least in zip(small, laid, order, strict=True)]


def near(area: BaseGeometry, other: BaseGeometry, across_m: float, reach_m: float) -> BaseGeometry:
    """The part of `area` within `across_m` of `other`; `reach_m` from the plane's centre to the smaller one's end."""
    return _near(_array([area]), _array([other]), np.array([across_m]), np.array([reach_m]))[0]


def _near(area: Areas, other: Areas, across_m: Floats, reach_m: Floats) -> Areas:
    """`near`, row by row; no row's `across_m` is 0."""
    far = reach_m + across_m
    grow = across_m * (1 + ellipsoid.stretch(far)) + ROUNDED_M
    wide = np.flatnonzero(np.abs(shapely.bounds(other)).max(axis=1) > MUCH * far)  # nothing beyond 1.1 of it is in the result
    if len(wide):
        other = other.copy()
        for k in wide:
            other[k] = shared(other[k], shapely.box(-far[k], -far[k], far[k], far[k]).buffer(far[k] * 0.1 + 1_000))
    return _areas(common(area, widened(other, grow)))


def _areas(found: Areas) -> Areas:
    """The same with their polygons only."""
    for k in np.flatnonzero(shapely.get_type_id(found) != _POLYGON):
        found[k] = areas(found[k])
    return found


def _array(of: Sequence[BaseGeometry]) -> Areas:
    out = np.empty(len(of), dtype=np.object_)
    out[:] = of
    return out


def meeting_region(a: Shape, b: Shape, across_m: float) -> Outline:
    """{p in A nearer than across_m to B} and {q in B nearer than across_m to A}; at 0 what they share. Never empty."""
    plain = traced(a, b, across_m)
    return plain.region if plain else meeting_regions(planes([(a, b)]), [across_m])[0]


def meeting_regions(laid: Sequence[Planes], across_m: Sequence[float]) -> list[Outline]:
    """The same by overlays, of pairs laid by `planes`: together, which is some times faster than one by one."""
    if not laid:
        return []
    frames, first, second, reach = zip(*laid, strict=True)
    one, two, across, reach_m = _array(first), _array(second), np.array(across_m), np.array(reach)
    found = np.empty(len(laid), dtype=np.object_)
    touch, apart = np.flatnonzero(across == 0), np.flatnonzero(across)
    if len(touch):
        found[touch] = _areas(common(one[touch], two[touch]))
    if len(apart):
        given = across[apart], reach_m[apart]
        found[apart] = shapely.union(_near(one[apart], two[apart], *given), _near(two[apart], one[apart], *given),
                                     grid_size=GRID_M)
    return [outline or spot(a, b, frame) for outline, a, b, frame in zip(outlines(list(found), frames), first, second, frames,
                                                                         strict=True)]


def spot(first: BaseGeometry, second: BaseGeometry, frame: Frame) -> Outline:
    """Where two plane areas come nearest, 2 cm wide: for what is smaller than rounding shows."""
    outline = to_outline(widened(shapely.shortest_line(first, second), 2 * ROUNDED_M), frame)
    if outline is None:
        raise AssertionError("a spot of 2 cm has an outline")
    return outline
