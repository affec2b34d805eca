"""Parts of shapes: what two share, what is within a distance, and what lies on one side of a line.

Reported regions, not verdicts: they err outwards by less than 1 % (see `region`).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from antalya.geometry import ellipsoid
from antalya.geometry.densify import densified
from antalya.geometry.ellipsoid import GEOD, Floats
from antalya.geometry.outlining import ROUNDED_M, to_outline, widened
from antalya.geometry.overlay import joined, shared, width_m
from antalya.geometry.region import meeting_region, near, planes, spot
from antalya.geometry.shape import TOUCH_M, Shape
from antalya.geometry.touch import closer, overlaps
from antalya.model.errors import error
from antalya.model.volume import Outline, Position

FARTHEST_M = 4_000_000.0


def clip(shape_a: Shape, shape_b: Shape) -> Outline | None:
    """What two shapes share; None where they don't overlap (touching is nothing)."""
    return meeting_region(shape_a, shape_b, 0.0) if overlaps(shape_a, shape_b) else None


def within_m(shape_a: Shape, shape_b: Shape, across_m: float, *, hull: bool = False) -> Outline | None:
    """The part of A nearer than `across_m` metres to B (at 0: what they share); None where there is none. `hull`: perhaps more of
    it, what is that near to B's convex hull. To widen a jagged outline takes the longer by the square of its corners, minutes for
    thousands; a convex one is widened in a millisecond."""
    if not across_m:
        return clip(shape_a, shape_b)
    if not closer(shape_a, shape_b, across_m):
        return None
    [(frame, first, second, reach)] = planes([(shape_a, shape_b)])
    about = shapely.convex_hull(second) if hull else second
    return to_outline(near(first, about, across_m, reach), frame) or spot(first, second, frame)


def side_region(
    shape: Shape, line: Sequence[Position], side: Literal["left", "right"], reach_m: float
) -> Outline | None:
    """The part of a shape on one side of a line and within `reach_m` metres of it; None where there is none.

    The line is made of geodesics; left and right are as seen walking along it. Where it ends near the shape, its first
    and last pieces are prolonged to tell the sides apart; `reach_m` is measured from the line itself. A line that
    crosses itself has its sides told by its nearest piece. Raises bad_field where the line has no length.
    """
    if len(set(line)) < 2:
        raise error("bad_field", "a line needs two different positions", at="line")
    frame, area = shape.frame, shape.rim.flat
    points, _, steps = densified([tuple(line)])
    path = shapely.linestrings(frame.plane(points))
    grow = reach_m * (1 + float(ellipsoid.stretch(shape.radius_m + reach_m))) + ROUNDED_M
    within = shared(area, widened(path, min(grow, 2 * FARTHEST_M)))
    whole = frame.plane(densified([_prolonged(line, shape, reach_m)])[0])
    noded = joined([shapely.boundary(within), shapely.linestrings(whole)])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    wanted = 1 if side == "left" else -1
    noise = TOUCH_M + float(ellipsoid.sag_m(max(shape.step_m, float(steps.max())), shape.radius_m))
    found = [face for face in faces if width_m(face) > noise and _lies(face, within, whole) == wanted]
    return to_outline(joined(found), frame) if found else None


def _prolonged(line: Sequence[Position], shape: Shape, reach_m: float) -> tuple[Position, ...]:
    """The line with a piece at each end that leads out of the shape."""
    out = [p for i, p in enumerate(line) if not i or p != line[i - 1]]
    for end, inner in ((0, 1), (-1, -2)):
        bearing = GEOD.inv(*out[end], *out[inner])[0] + 180
        away = ellipsoid.geodesic_m(shape.centre, out[end])
        if away < shape.radius_m + reach_m:
            lon, lat, _ = GEOD.fwd(*out[end], bearing, min(shape.radius_m + away + 1_000, 2 * FARTHEST_M))
            out.insert(0 if end == 0 else len(out), (float(lon), float(lat)))
    return tuple(out)


def _lies(face: BaseGeometry, within: BaseGeometry, line: Floats) -> int:
    """1 for a face to the left of the line, -1 to the right, 0 for one outside of the area.

    At a corner of the line the sides of both its pieces are summed, which gives the side of the corner.
    """
    point = shapely.point_on_surface(face)
    if not shapely.intersects(within, point):
        return 0
    along = np.diff(line, axis=0)
    line, along = line[:-1][(along != 0).any(axis=1)], along[(along != 0).any(axis=1)]
    off = shapely.get_coordinates(point)[0] - line
    length = np.sqrt((along * along).sum(axis=1))
    share = np.clip((off * along).sum(axis=1) / length**2, 0, 1)
    away = np.sqrt(((off - share[:, None] * along) ** 2).sum(axis=1))
    nearest = away <= away.min() * (1 + 1e-9) + 1e-9
    left = (along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0]) / length
    return int(np.sign(left[nearest].sum()))
