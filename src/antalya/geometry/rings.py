"""Rings in a plane: from corners to valid polygons, or a refusal where the inside is not clear.

A ring may touch itself, at a corner or along an edge, as long as every point it encloses is enclosed once and in the same
direction. A bow-tie encloses its two halves in opposite directions; a pentagram encloses its middle twice: both are
refused. Faces thinner than `noise_m` count as touching.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from antalya.geometry.ellipsoid import Floats
from antalya.geometry.overlay import common, joined, minus, width_m
from antalya.model.errors import error

MOST_CROSSINGS = 5_000
"""Where a ring touches itself along an edge, every other piece crosses another by rounding: so many on 15,000 km."""


def enclosed(ring: Floats, noise_m: float, at: str) -> BaseGeometry:
    """The area one closed ring (n, 2) encloses, valid.

    Raises ring_crosses_itself, and ring_too_short where it encloses nothing (its corners lie on one line).
    """
    area = shapely.polygons(ring)
    if not shapely.is_valid(area):
        tree = shapely.STRtree(shapely.linestrings(np.stack([ring[:-1], ring[1:]], axis=1)))
        if _scribbled(tree):
            raise error("ring_crosses_itself", "the ring crosses itself", at=at)
        noded = joined([shapely.linestrings(ring)])
        faces = [f for f in shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))) if not f.is_empty]
        kept, clear = [], set[int]()
        for face in faces:
            turns = _turns(ring, tree, shapely.point_on_surface(face))
            if not turns:
                continue
            kept.append(face)
            if width_m(face) > noise_m:
                clear.add(turns)
            if not clear <= {1} and not clear <= {-1}:  # at the first, for there may be thousands
                raise error("ring_crosses_itself", "the ring crosses itself", at=at)
        area = joined(kept)
    if width_m(area) <= noise_m / 4:
        raise error("ring_too_short", "the ring encloses no area: its corners lie on one line", at=at)
    return area


def _scribbled(tree: shapely.STRtree) -> bool:
    """Whether the ring crosses itself more often than it has pieces, or than `MOST_CROSSINGS`: then it isn't worth while to find
    all its faces."""
    edges, crossings = tree.geometries, 0
    for k in range(0, len(edges), 64):
        crossings += tree.query(edges[k:k + 64], predicate="crosses").shape[1] // 2
        if crossings > min(len(edges), MOST_CROSSINGS):
            return True
    return False


def _turns(ring: Floats, tree: shapely.STRtree, point: BaseGeometry) -> int:
    """How often the ring, whose edges are in the tree, goes round the point, counter-clockwise positive."""
    ((px, py),) = shapely.get_coordinates(point)
    east = tree.query(shapely.linestrings([(px, py), (max(px, ring[:, 0].max()), py)]))
    (x, y), (u, v) = (ring[east] - (px, py)).T, (ring[east + 1] - (px, py)).T
    cross = x * v - u * y
    up = (y <= 0) & (v > 0) & (cross > 0)
    down = (y > 0) & (v <= 0) & (cross < 0)
    return int(up.sum()) - int(down.sum())


def polygon(rings: list[Floats], noise_m: float, at: str) -> BaseGeometry:
    """The area of a polygon given by its closed rings, the outer one first, valid.

    Raises what `enclosed` raises, and ring_crosses_itself where a hole leaves the outer ring or meets another hole.
    """
    area = enclosed(rings[0], noise_m, f"{at}[0]")
    holes = [enclosed(ring, noise_m, f"{at}[{i}]") for i, ring in enumerate(rings[1:], 1)]
    for i, hole in enumerate(holes):
        if width_m(minus(hole, area)) > noise_m:
            raise error("ring_crosses_itself", "a hole leaves its outer ring", at=f"{at}[{i + 1}]")
        for other in holes[:i]:
            if width_m(common(hole, other)) > noise_m:
                raise error("ring_crosses_itself", "a hole meets another hole", at=f"{at}[{i + 1}]")
    if holes:
        area = minus(area, joined(holes))
        if width_m(area) <= noise_m / 4:
            raise error("ring_crosses_itself", "the holes leave nothing of the polygon", at=at)
    return area
