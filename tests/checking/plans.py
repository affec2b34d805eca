"""Plans as GeoJSON, for the tests of `check`."""

import json
from pathlib import Path
from typing import Any

SIX, SEVEN, EIGHT, NINE = (f"2017-03-07T0{h}:00:00Z" for h in (6, 7, 8, 9))
PLAIN = (0, 0, 0)

Json = dict[str, Any]


def square(west: float = 37.9, south: float = 36.5, size: float = 0.1) -> Json:
    east, north = round(west + size, 9), round(south + size, 9)
    return {"type": "Polygon", "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}


def circle(lon: float, lat: float) -> Json:
    return {"type": "Point", "coordinates": [lon, lat]}


def plan(operation: str | None = "A", geometry: Json | None = None, /, **properties: Any) -> Json:
    """A feature: a patrol from six to nine, 400 to 600 m high, unless the properties say otherwise; None leaves one out."""
    given = {"operation": operation, "activity": "patrol", "lower_m": 400, "upper_m": 600, "starts_at": SIX, "ends_at": NINE}
    return {"type": "Feature", "geometry": geometry or square(),
            "properties": {k: v for k, v in (given | properties).items() if v is not None}}


def collection(*features: Json) -> Json:
    return {"type": "FeatureCollection", "features": list(features)}


def write(path: Path, *features: Json) -> str:
    path.write_text(json.dumps(collection(*features)), encoding="utf-8")
    return str(path)
