"""ADS-B tracks (JSON of the PyPI package traffic) as GeoJSON: one narrow corridor for each pair of fixes that follow each other.

    python tracks.py london_heathrow.json.gz --altitude plain > flight.geojson

A track is one operation; each of its volumes holds the way from one fix to the next, its times, and its heights, with half
of `--rounding` below and above: transponders round to 25 ft. Where the receivers lost the aircraft for longer than `GAP_S`,
nothing is assumed. `--step` divides longer ways evenly: one that climbs is not at all its heights all the way.
"""

import argparse
import gzip
import json
import math
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from pyproj import Geod

GEOD = Geod(ellps="WGS84")
HALF_WIDTH_M = 0.5
ROUNDING_FT = 25.0
LEAST_FT = 0.5
GAP_S = 120
ALTITUDES = {
    "plain": ("altitude", {"unit": "ft"}),  # pressure altitude as a plain number, as on a standard day
    "pressure": ("altitude", {"datum": "FL", "unit": "ft"}),  # pressure altitude, in whatever weather
    "gnss": ("geoaltitude", {"datum": "WGS84", "unit": "ft"}),
}


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The fixes of each aircraft (by its ICAO address) in the order of their times, each time once."""
    aircraft: dict[str, dict[int, dict[str, Any]]] = {}
    for fix in json.loads(gzip.decompress(path.read_bytes())):
        aircraft.setdefault(fix["icao24"], {})[fix["timestamp"]] = fix
    return {name: [fixes[time] for time in sorted(fixes)] for name, fixes in aircraft.items()}


def ways(fixes: list[dict[str, Any]], step_s: float = math.inf) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """From where to where the aircraft went, in steps of at most `step_s` seconds."""
    for a, b in pairwise(fixes):
        seconds = (b["timestamp"] - a["timestamp"]) / 1000
        if seconds <= GAP_S:
            steps = max(1, math.ceil(seconds / step_s))
            yield from pairwise([a, *(between(a, b, i / steps) for i in range(1, steps)), b])


def between(a: dict[str, Any], b: dict[str, Any], share: float) -> dict[str, Any]:
    """A fix on the straight way between two."""
    azimuth, _, length = GEOD.inv(a["longitude"], a["latitude"], b["longitude"], b["latitude"])
    lon, lat, _ = GEOD.fwd(a["longitude"], a["latitude"], azimuth, length * share)
    numbers = {key: a[key] + (b[key] - a[key]) * share
               for key in ("timestamp", "altitude", "geoaltitude") if a.get(key) is not None}
    return {**a, **numbers, "longitude": lon, "latitude": lat}


def features(name: str, fixes: list[dict[str, Any]], altitude: str = "plain", step_s: float = math.inf,
             rounding_ft: float = ROUNDING_FT) -> Iterator[dict[str, Any]]:
    """The corridors of one aircraft; `altitude` is one of `ALTITUDES`. Fixes without that altitude are left out."""
    column, datum = ALTITUDES[altitude]
    room = max(rounding_ft / 2, LEAST_FT)
    for a, b in ways([fix for fix in fixes if fix[column] is not None], step_s):
        heights = sorted((a[column], b[column]))
        yield {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [corridor(a, b)]}, "properties": {
            "operation": name, "party": name, "activity": "flight", "title": a["callsign"], "lower": heights[0] - room,
            "upper": heights[1] + room, **datum,
            "starts_at": instant(a["timestamp"]), "ends_at": instant(b["timestamp"])}}


def corridor(a: dict[str, Any], b: dict[str, Any]) -> list[list[float]]:
    """A ring round the way from one fix to another, `HALF_WIDTH_M` to all sides."""
    azimuth, back, length = GEOD.inv(a["longitude"], a["latitude"], b["longitude"], b["latitude"])
    start, end = (azimuth, back + 180) if length > 0.01 else (0.0, 0.0)
    corners, out = [(b, end + 45), (b, end - 45), (a, start - 135), (a, start + 135)], HALF_WIDTH_M * math.sqrt(2)
    ring = [list(GEOD.fwd(fix["longitude"], fix["latitude"], turn, out)[:2]) for fix, turn in corners]
    return [*ring, ring[0]]


def instant(milliseconds: int) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat().replace("+00:00", "Z")


def collection(path: Path, altitude: str = "plain", step_s: float = math.inf,
               rounding_ft: float = ROUNDING_FT) -> dict[str, Any]:
    """All aircraft of a file."""
    return {"type": "FeatureCollection", "features": [
        feature for name, fixes in read(path).items() for feature in features(name, fixes, altitude, step_s, rounding_ft)]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--altitude", choices=ALTITUDES, default="plain")
    parser.add_argument("--step", type=float, default=math.inf, help="seconds")
    parser.add_argument("--rounding", type=float, default=ROUNDING_FT, help="feet")
    given = parser.parse_args()
    json.dump(collection(given.file, given.altitude, given.step, given.rounding), sys.stdout)
