"""Longitude and latitude swapped: noticed where the swapped position would fit the theatre and the given one does not.

A latitude beyond 90° needs no theatre (`model.volume.check_position`). Here the theatre is given, or it is where the other
features lie. A guess refuses only what lies a continent away; nearer by it warns, or says nothing: about 37° E, 37° N both
readings make sense.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from antalya.model.errors import error
from antalya.model.volume import Circle, MultiPolygon, Outline, Position

Theatre: TypeAlias = tuple[float, float, float, float]
"""(west, south, east, north) in degrees; west is greater than east where it crosses the antimeridian."""
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

MARGIN = 3.0
"""Degrees about the other features that still are their theatre."""
FAR = 10.0
"""From so many degrees off on, a swap that fits is refused instead of warned of."""
ENOUGH = 4
"""From so many features on, those of a file are compared with the half of them that lies closest together."""


def check_theatre(theatre: Sequence[float], at: str = "theatre") -> Theatre:
    """A theatre that makes sense. Raises bad_setting."""
    if len(theatre) != 4 or not all(np.isfinite(theatre)):
        raise error("bad_setting", "west, south, east, north are wanted, four numbers of degrees", at=at)
    west, south, east, north = theatre
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90):
        raise error("bad_setting", f"{list(theatre)} is not west, south, east, north", at=at)
    return west, south, east, north


def fits(position: Position, theatre: Theatre) -> bool:
    """Whether a position lies in the theatre."""
    return bool(_inside(np.array([position]), theatre)[0])


def look_for_swaps(features: Sequence[tuple[str, str, Outline]], theatre: Theatre | None = None) -> list[str]:
    """Warnings about features (file, place, outline), in the order of their files, that lie oddly.

    Raises swapped_position, with the place, where a swap would fit the theatre.
    """
    if not features:
        return []
    points = np.array([_first(outline) for _, _, outline in features], dtype=np.float64)
    if theatre is not None:
        return _against_given(features, points, theatre)
    warnings, start = list[str](), 0
    for file, group in groupby(features, key=lambda feature: feature[0]):
        stop = start + len(list(group))
        own = points[start:stop]
        if start:  # the files before set the theatre
            box = _box(points[:start])
            if _odd(own, box).all():
                warnings.append(_report(own[0], box, f"{file}: all features", "those of the files before"))
        if len(own) >= ENOUGH:
            off = np.abs(own - np.median(own, axis=0)).max(axis=1)
            box = _box(own[off <= np.median(off)])
            for i in np.flatnonzero(_odd(own, box)).tolist():
                warnings.append(_report(own[i], box, features[start + i][1], "most features of the file"))
        start = stop
    return warnings


def _against_given(features: Sequence[tuple[str, str, Outline]], points: Floats, theatre: Theatre) -> list[str]:
    outside = ~_inside(points, theatre)
    for i in np.flatnonzero(outside & _inside(points[:, ::-1], theatre)).tolist():
        lon, lat = points[i].tolist()
        raise error("swapped_position", f"[{lon:g}, {lat:g}] is outside the theatre, [{lat:g}, {lon:g}] would be inside",
                    at=f"{features[i][1]}.geometry")
    count = int(outside.sum())
    if not count:
        return []
    first = features[int(np.flatnonzero(outside)[0])][1]
    return [f"{first}: outside the theatre" + (f", and {count - 1:,} more features" if count > 1 else "")]


def _report(point: Floats, box: Theatre, where: str, whom: str) -> str:
    lon, lat = point.tolist()
    says = f"[{lon:g}, {lat:g}] is far from {whom}, [{lat:g}, {lon:g}] would be among them"
    if max(box[0] - lon, lon - box[2], box[1] - lat, lat - box[3]) >= FAR:
        raise error("swapped_position", says, at=f"{where}.geometry" if where.endswith("]") else where)
    return f"{where}: longitude and latitude may be swapped: {says}"


def _odd(points: Floats, box: Theatre) -> Bools:
    odd: Bools = ~_inside(points, box) & _inside(points[:, ::-1], box)
    return odd


def _box(points: Floats) -> Theatre:
    (west, south), (east, north) = points.min(axis=0) - MARGIN, points.max(axis=0) + MARGIN
    return float(west), float(south), float(east), float(north)


def _inside(points: Floats, theatre: Theatre) -> Bools:
    west, south, east, north = theatre
    lon, lat = points[:, 0], points[:, 1]
    across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
    inside: Bools = across & (lat >= south) & (lat <= north)
    return inside


def _first(outline: Outline) -> Position:
    match outline:
        case Circle(center=center):
            return center
        case MultiPolygon(coordinates=polygons):
            return polygons[0][0][0]
        case _:
            return outline.coordinates[0][0]
