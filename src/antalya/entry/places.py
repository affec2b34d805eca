"""Names for positions: "12 km NE of Manbij". For people to read; nothing is decided by it."""

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position, Ring

_GEOD = Geod(ellps="WGS84")
_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")
AT_KM = 1.5
"""Nearer than this a position is "at" a place."""
FAR_KM = 200.0
"""Farther than this a name helps nobody, and the position is given in degrees."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place of src/antalya/data/places.json (GeoNames, CC BY 4.0, and a small gazetteer of our own).

    `names` by language (en, tr, ru, ar); degrees on WGS84; `rank` 1 (city) to 3 (village).
    """

    name: str
    names: dict[str, str]
    lon: float
    lat: float
    country: str
    rank: int
    source: str


@lru_cache(maxsize=1)
def places() -> tuple[Place, ...]:
    """All places shipped with the package."""
    text = files("antalya").joinpath("data/places.json").read_text(encoding="utf-8")
    return tuple(Place(**item) for item in json.loads(text))


@lru_cache(maxsize=1)
def _positions() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.array([p.lon for p in places()]), np.array([p.lat for p in places()])


def compass(azimuth: float) -> str:
    """The nearest of eight compass points to an azimuth in degrees clockwise from north."""
    return _COMPASS[round(azimuth / 45.0) % 8]


@lru_cache(maxsize=10_000)
def nearest(lon: float, lat: float) -> tuple[str, float, str]:
    """The nearest place to a position (degrees, WGS84): its name, the geodesic distance in kilometres, and the compass
    point (`N`, `NE` …) in which the position lies as seen from the place."""
    lons, lats = _positions()
    azimuths, _, metres = _GEOD.inv(lons, lats, np.full(lons.shape, lon), np.full(lats.shape, lat))
    i = int(np.argmin(metres))
    return places()[i].name, float(metres[i]) / 1000.0, compass(float(azimuths[i]))


def centre(outline: Outline) -> Position:
    """A middle of an outline, (lon, lat) in degrees: a circle's centre, otherwise the centroid of its largest ring (planar;
    good enough to name a place). Rings over the antimeridian are unwrapped first."""
    match outline:
        case Circle(center=middle):
            return middle
        case Polygon(coordinates=rings):
            return _centroid(rings[0])[1]
        case MultiPolygon(coordinates=polygons):
            return max((_centroid(rings[0]) for rings in polygons), key=lambda found: found[0])[1]


def _centroid(ring: Ring) -> tuple[float, Position]:
    """(area in square degrees, centroid) of a ring by the shoelace formula; the mean of its corners where it has no area, and the
    pole where it goes round one: there is no plane in which the formula holds."""
    lon0, lat0 = ring[0]
    if abs(math.fsum(_turn(lon2 - lon) for (lon, _), (lon2, _) in pairwise(ring))) > 180.0:
        lat = math.fsum(lat for _, lat in ring) / len(ring)
        return 360.0 * (90.0 - abs(lat)), (0.0, math.copysign(90.0, lat))
    corners = [(_turn(lon - lon0), lat - lat0) for lon, lat in ring]
    area = east = north = 0.0
    for (x, y), (x2, y2) in pairwise(corners):
        cross = x * y2 - x2 * y
        area, east, north = area + cross, east + (x + x2) * cross, north + (y + y2) * cross
    if abs(area) < 1e-12:
        count = len(corners)
        x, y = math.fsum(c[0] for c in corners) / count, math.fsum(c[1] for c in corners) / count
    else:
        x, y = east / (3.0 * area), north / (3.0 * area)
    return abs(area) / 2.0, (_turn(lon0 + x), lat0 + y)


def _turn(degrees: float) -> float:
    """An angle within half the way round: -180 to 180."""
    return (degrees + 180.0) % 360.0 - 180.0


def describe_position(lon: float, lat: float) -> str:
    """`at Manbij`, `12 km NE of Manbij`, or degrees where no place is within 200 km."""
    name, distance_km, point = nearest(lon, lat)
    if distance_km < AT_KM:
        return f"at {name}"
    if distance_km > FAR_KM:
        return f"{abs(lat):.2f}°{'N' if lat >= 0 else 'S'} {abs(lon):.2f}°{'E' if lon >= 0 else 'W'}"
    return f"{distance_km:.0f} km {point} of {name}"


def describe(outline: Outline) -> str:
    """Where an outline is, in words, by its middle: `12 km NE of Manbij` (see describe_position)."""
    return describe_position(*centre(outline))
