"""Parts of shapes: what two share, what is within a distance, and what lies on one side of a line.

Reported regions, not verdicts: they err outwards by less than 1 % (see `region`).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from antalya.geometry import rings
from antalya.geometry.densify import densified
from antalya.geometry.ellipsoid import Floats
from antalya.geometry.region import near, planes, to_outline, widened
from antalya.geometry.shape import TOUCH_M, Shape
from antalya.geometry.touch import closer, overlaps
from antalya.model.errors import error
from antalya.model.volume import Outline, Position


def clip(a: Shape, b: Shape) -> Outline | None:
    """What two shapes share; None where their interiors do not meet."""
    return within_m(a, b, 0.0)


def within_m(a: Shape, b: Shape, across_m: float) -> Outline | None:
    """The part of A nearer than `across_m` metres to B (at 0: what they share); None where there is none."""
    if not (closer(a, b, across_m) if across_m else overlaps(a, b)):
        return None
    frame, first, second, reach = planes(a, b)
    return to_outline(near(first, second, across_m, reach), frame)


def side_region(shape: Shape, line: Sequence[Position], side: Literal["left", "right"], reach_m: float) -> Outline | None:
    """The part of a shape on one side of a line of geodesics, walking along it, within `reach_m` metres of the line.

    Where the line ends inside the shape its end pieces are drawn on. None where nothing is on that side: touching is
    nothing. Raises bad_field for a line of no length.
    """
    points, _, _ = densified([tuple(line)])
    flat = shape.frame.plane(points)
    flat = flat[np.append(True, np.linalg.norm(np.diff(flat, axis=0), axis=1) > 1e-6)]
    if len(flat) < 2:
        raise error("bad_field", "a line needs two different positions", at="line")
    area = shape.rim.plane(shape.frame)
    close = shapely.intersection(area, widened(shapely.linestrings(flat), reach_m))
    if shapely.is_empty(close):
        return None
    drawn = _drawn_on(flat, 2 * (shape.radius_m + reach_m) + float(np.abs(flat).max()))
    sign = 1.0 if side == "left" else -1.0
    parts = [part for whole in shapely.get_parts(close) if shapely.get_type_id(whole) == shapely.GeometryType.POLYGON
             for part in shapely.get_parts(split(whole, shapely.linestrings(drawn)))
             if rings.width_m(part) > TOUCH_M and sign * _offset(shapely.point_on_surface(part), drawn) > 0]
    return to_outline(shapely.union_all(parts), shape.frame) if parts else None


def _drawn_on(flat: Floats, by_m: float) -> Floats:
    """The line with its first and last pieces drawn on by a length."""
    first, last = flat[0] - flat[1], flat[-1] - flat[-2]
    return np.vstack([flat[0] + first / np.linalg.norm(first) * by_m, flat, flat[-1] + last / np.linalg.norm(last) * by_m])


def _offset(point: BaseGeometry, line: Floats) -> float:
    """Above 0 for a point left of a line, below for one right of it, by the piece that is nearest.

    At a corner that is nearest, the piece that turns away most from the point decides (both say the same otherwise).
    """
    at = np.array([shapely.get_x(point), shapely.get_y(point)])
    start, along = line[:-1], np.diff(line, axis=0)
    share = np.clip(np.einsum("ni,ni->n", at - start, along) / np.einsum("ni,ni->n", along, along), 0, 1)
    away = np.linalg.norm(at - (start + along * share[:, None]), axis=1)
    across = (along[:, 0] * (at - start)[:, 1] - along[:, 1] * (at - start)[:, 0]) / np.linalg.norm(along, axis=1)
    nearest = np.flatnonzero(away <= away.min() + 1e-6)
    return float(across[nearest][np.argmax(np.abs(across[nearest]))])
