"""What is left of a shape outside others: for the holes that exceptions make in a rule's area."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import shapely

from antalya.geometry import ellipsoid
from antalya.geometry.ellipsoid import GEOD
from antalya.geometry.outlining import to_outline
from antalya.geometry.overlay import minus, width_m
from antalya.geometry.shape import RIM, TOUCH_M, Shape
from antalya.geometry.touch import overlaps
from antalya.model.volume import Outline

_FINE = 8 * RIM


def cut(shape: Shape, holes: Sequence[Shape]) -> Outline | None:
    """The part of a shape outside all the holes; None where nothing is left that is wider than 2 mm.

    Errs towards leaving more: a circle that is cut becomes a polygon drawn round it, one that cuts a polygon drawn inside it
    (5e-6 of its radius narrower). What is left is rounded to 1e-7 degrees.
    """
    touching = [hole for hole in holes if overlaps(shape, hole)]
    if not touching:
        return shape.outline
    parts = _left(shape, touching)
    return to_outline(shapely.multipolygons(parts), shape.frame) if parts else None


def lies_in(shape: Shape, hole: Shape) -> bool:
    """Whether `cut` would leave nothing."""
    return overlaps(shape, hole) and not _left(shape, [hole])


def _left(shape: Shape, touching: Sequence[Shape]) -> list[shapely.Geometry]:
    """What is left of a shape, in its frame, outside holes that overlap it."""
    if any(_within(shape, hole) for hole in touching):
        return []
    left = shape.rim.plane(shape.frame)
    for hole in touching:
        left = minus(left, _inner(hole).plane(shape.frame))
    return [part for part in shapely.get_parts(left) if width_m(part) > TOUCH_M]


def _within(shape: Shape, hole: Shape) -> bool:
    """Whether a shape lies in another one where one of them is a circle: there distances from its centre are true."""
    if hole.is_circle:
        far = np.linalg.norm(hole.frame.plane(shape.points), axis=1).max() if not shape.is_circle else \
            ellipsoid.geodesic_m(shape.centre, hole.centre) + shape.disc_m
        return bool(far <= hole.disc_m + TOUCH_M)
    if not shape.is_circle:
        return False
    area, centre = hole.plane(shape.frame), shapely.points(0.0, 0.0)
    return bool(shapely.contains(area, centre) and shapely.distance(shapely.boundary(area), centre) >= shape.disc_m - TOUCH_M)


def _inner(shape: Shape) -> Shape:
    """Itself, or a circle as a fine polygon drawn inside it."""
    if not shape.is_circle:
        return shape
    bearing = np.linspace(0, 360, _FINE, endpoint=False)
    lon, lat, _ = GEOD.fwd(np.full(_FINE, shape.centre[0]), np.full(_FINE, shape.centre[1]), bearing,
                           np.full(_FINE, shape.disc_m))
    points = ellipsoid.to_space(np.append(lon, lon[0]), np.append(lat, lat[0]))
    return replace(shape, points=points, ring_ends=np.array([0, _FINE + 1]), polygon_ends=np.array([0, 1]), disc_m=0.0,
                   step_m=float(2 * np.pi * shape.disc_m / _FINE))
