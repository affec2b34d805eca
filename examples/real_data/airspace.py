"""UK airspace (YAXIM, github.com/ahsparrow/airspace) as GeoJSON: lines, arcs and circles; heights in ft, FL and SFC.

    python airspace.py uk_airspace.yaml --from 2018-01-12T00:00:00Z --to 2018-01-14T00:00:00Z > airspace.geojson

One entry is one operation of the party `UK`, each of its volumes a feature. Circles stay circles; arcs become corners every
`ARC_DEGREES` as seen from their centre, on the arc: inside of it by at most 1.2 m for a radius of 5 nautical miles.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pyproj import Geod

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The quick one, where it was built."""
GEOD = Geod(ellps="WGS84")
NM_M = 1852.0
ARC_DEGREES = 1.8
CLOCKWISE = {("R219 SANDRINGHAM HOUSE", 3)}
"""Arcs (entry, part of its boundary) that the file draws the wrong way round: its ring would cross itself."""
_POSITION = re.compile(r"(\d\d)(\d\d)(\d\d(?:\.\d+)?)([NS]) (\d{3})(\d\d)(\d\d(?:\.\d+)?)([EW])")

Position = tuple[float, float]


def position(text: str) -> Position:
    """`572153N 0015835W` as longitude and latitude in degrees."""
    found = _POSITION.fullmatch(text)
    if found is None:
        raise ValueError(f"not a position: {text}")
    d, m, s, n, dd, mm, ss, e = found.groups()
    lat = int(d) + int(m) / 60 + float(s) / 3600
    lon = int(dd) + int(mm) / 60 + float(ss) / 3600
    return (lon if e == "E" else -lon), (lat if n == "N" else -lat)


def metres(text: str) -> float:
    """`10 nm` in metres."""
    value, unit = text.split()
    if unit != "nm":
        raise ValueError(f"not nautical miles: {text}")
    return float(value) * NM_M


def arc(start: Position, centre: Position, end: Position, clockwise: bool) -> Iterator[Position]:
    """The corners of an arc after its start. Published ends lie some metres off the circle: the radius goes over evenly."""
    first, _, near = GEOD.inv(*centre, *start)
    last, _, far = GEOD.inv(*centre, *end)
    sweep = (last - first) % 360 if clockwise else -((first - last) % 360)
    steps = max(1, round(abs(sweep) / ARC_DEGREES))
    for i in range(1, steps):
        lon, lat, _ = GEOD.fwd(*centre, first + sweep * i / steps, near + (far - near) * i / steps)
        yield lon, lat
    yield end


def geometry(name: str, boundary: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, float]]:
    """The boundary of an entry's volume as a GeoJSON geometry, and the properties it needs."""
    if "circle" in boundary[0]:
        circle = boundary[0]["circle"]
        return {"type": "Point", "coordinates": position(circle["centre"])}, {"radius_m": metres(circle["radius"])}
    ring: list[Position] = []
    for number, part in enumerate(boundary):
        if "line" in part:
            ring += [position(text) for text in part["line"]]
        else:
            of = part["arc"]
            ring += arc(ring[-1], position(of["centre"]), position(of["to"]), of["dir"] == "cw" or (name, number) in CLOCKWISE)
    corners = [p for i, p in enumerate(ring) if i == 0 or p != ring[i - 1]]
    return {"type": "Polygon", "coordinates": [corners if corners[0] == corners[-1] else [*corners, corners[0]]]}, {}


def heights(volume: dict[str, Any], plain: bool) -> dict[str, Any]:
    """The properties for a volume's heights: `2500 ft` is above mean sea level. Plain, FL65 is the number 6,500 ft, as is a
    pressure altitude of 6,500 ft."""
    if not plain:
        return {"lower": volume["lower"], "upper": volume["upper"], "datum": "MSL"}
    limits = [f"{text[2:]}00 ft" if text.startswith("FL") else text for text in (volume["lower"], volume["upper"])]
    return {"lower": limits[0], "upper": limits[1]}


def features(path: Path, starts_at: str, ends_at: str, plain: bool = False) -> Iterator[dict[str, Any]]:
    """Every volume in the file, in force for the whole time."""
    for entry in yaml.load(path.read_text(), Loader=_LOADER)["airspace"]:  # noqa: S506 -- a safe one
        for volume in entry["geometry"]:
            shape, more = geometry(entry["name"], volume["boundary"])
            yield {"type": "Feature", "geometry": shape, "properties": {
                "operation": entry["name"], "party": "UK", "activity": "works", "kind": entry["type"],
                "starts_at": starts_at, "ends_at": ends_at, **heights(volume, plain), **more}}


def collection(path: Path, starts_at: str, ends_at: str, plain: bool = False) -> dict[str, Any]:
    """The whole file."""
    return {"type": "FeatureCollection", "features": list(features(path, starts_at, ends_at, plain))}


def within(collection: dict[str, Any], fixes: list[dict[str, Any]], degrees: float = 0.1) -> dict[str, Any]:
    """The features whose bounding box is near that of the fixes."""
    lons, lats = [fix["longitude"] for fix in fixes], [fix["latitude"] for fix in fixes]
    west, east, south, north = min(lons) - degrees, max(lons) + degrees, min(lats) - degrees, max(lats) + degrees

    def is_near(feature: dict[str, Any]) -> bool:
        of = feature["geometry"]["coordinates"]
        ring = of[0] if feature["geometry"]["type"] == "Polygon" else [of]
        room = feature["properties"].get("radius_m", 0.0) / 60_000
        return (min(p[0] for p in ring) - room < east and max(p[0] for p in ring) + room > west
                and min(p[1] for p in ring) - room < north and max(p[1] for p in ring) + room > south)

    return {**collection, "features": [feature for feature in collection["features"] if is_near(feature)]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--from", dest="starts_at", required=True)
    parser.add_argument("--to", dest="ends_at", required=True)
    parser.add_argument("--plain", action="store_true", help="heights as plain numbers of feet, FL65 as 6,500")
    given = parser.parse_args()
    json.dump(collection(given.file, given.starts_at, given.ends_at, given.plain), sys.stdout)
