"""AIS reports (NOAA CSV) as GeoJSON: where each vessel will be if it keeps its course and speed.

    python ais.py noaa_20230101_sample.csv --seconds 1200 --step 60 > vessels.geojson

Each vessel is one operation; each of its volumes holds the way of one time step. The reports count as simultaneous. A speed
of 102.3 knots means that there is none (ITU-R M.1371): such a vessel is taken as lying still, with `--literal` at its word.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyproj import Geod

GEOD = Geod(ellps="WGS84")
KNOT = 1852 / 3600
NO_SPEED = 102.3
START = datetime(2023, 1, 11, tzinfo=UTC)
HALF_WIDTH_M = 0.1


def read(path: Path) -> list[dict[str, str]]:
    """The reports."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def speed_m_s(report: dict[str, str], literal: bool = False) -> float:
    """Metres a second; 0 where no speed is given, unless the file is taken `literal`."""
    knots = float(report["SOG"])
    return 0.0 if knots >= NO_SPEED and not literal else knots * KNOT


def features(report: dict[str, str], seconds: int, step: int, literal: bool = False) -> Iterator[dict[str, Any]]:
    """The volumes of one vessel: a rectangle for each step, as long as its way, `HALF_WIDTH_M` to all sides; one spot for the
    whole time where it lies still."""
    lon, lat, course, speed = float(report["LON"]), float(report["LAT"]), float(report["COG"]), speed_m_s(report, literal)
    length = step if speed else seconds
    for begin in range(0, seconds, length):
        end = min(begin + length, seconds)
        yield {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [_way(lon, lat, course, speed, begin, end)]},
               "properties": {"operation": report["MMSI"], "party": report["MMSI"], "activity": "survey",
                              "title": report["VesselName"], "lower_m": -100, "upper_m": 100,
                              "starts_at": _instant(begin), "ends_at": _instant(end)}}


def _way(lon: float, lat: float, course: float, speed: float, begin: int, end: int) -> list[list[float]]:
    ring = []
    for at, out, side in ((end, 1, -90), (begin, -1, -90), (begin, -1, 90), (end, 1, 90)):
        x, y, _ = GEOD.fwd(lon, lat, course, speed * at + out * HALF_WIDTH_M)
        ring.append(list(GEOD.fwd(x, y, course + side, HALF_WIDTH_M)[:2]))
    return [*ring, ring[0]]


def _instant(seconds: int) -> str:
    return (START + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def collection(reports: list[dict[str, str]], seconds: int = 1_200, step: int = 60, literal: bool = False) -> dict[str, Any]:
    """All vessels."""
    return {"type": "FeatureCollection", "features": [
        feature for report in reports for feature in features(report, seconds, step, literal)]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=int, default=1_200)
    parser.add_argument("--step", type=int, default=60, help="seconds")
    parser.add_argument("--literal", action="store_true", help="take 102.3 knots as a speed")
    given = parser.parse_args()
    json.dump(collection(read(given.file), given.seconds, given.step, given.literal), sys.stdout)
