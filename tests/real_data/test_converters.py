"""The converters of examples/real_data on small data of our own."""

import gzip
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyproj import Geod

import antalya

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "real_data"
GEOD = Geod(ellps="WGS84")
YAXIM = """
airspace:
- name: ROUND
  type: ATZ
  geometry:
  - upper: 2000 ft
    lower: SFC
    boundary:
    - circle: {radius: 2 nm, centre: 510000N 0000000E}
- name: HALF
  type: CTA
  geometry:
  - upper: FL65
    lower: 1500 ft
    boundary:
    - line: [505500N 0001000W, 505500N 0001000E]
    - arc: {dir: ccw, radius: 7.5 nm, centre: 505500N 0000000E, to: 505500N 0001000W}
"""
DAY = "2018-01-12T00:00:00Z", "2018-01-13T00:00:00Z"


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, Any]:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import airspace
    import ais
    import tracks
    return airspace, ais, tracks


def fix(seconds: float, lat: float, altitude: float | None = 1_000.0) -> dict[str, Any]:
    return {"icao24": "abc123", "timestamp": int(seconds * 1000), "callsign": "TEST", "longitude": 0.0, "latitude": lat,
            "altitude": altitude, "geoaltitude": None}


def test_airspace_circles_arcs_and_heights(modules: Any, tmp_path: Path) -> None:
    airspace, _, _ = modules
    (tmp_path / "a.yaml").write_text(YAXIM)
    circle, half = airspace.collection(tmp_path / "a.yaml", *DAY)["features"]
    assert (circle["geometry"], circle["properties"]["radius_m"]) == ({"type": "Point", "coordinates": (0.0, 51.0)}, 3704.0)
    assert (circle["properties"]["lower"], circle["properties"]["datum"]) == ("SFC", "MSL")
    ring = half["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    # from the east end over the north to the west end, at an even distance from the centre
    arc = ring[1:-1]
    away = [GEOD.inv(0.0, 55 / 60 + 50, *p)[2] for p in arc]
    ends = GEOD.inv(0.0, 55 / 60 + 50, 10 / 60, 55 / 60 + 50)[2]
    assert all(d == pytest.approx(ends, abs=1) for d in away)
    assert max(lat for _, lat in arc) == pytest.approx(55 / 60 + 50 + ends / 111_250, abs=0.001)
    assert [f["properties"]["upper"] for f in airspace.collection(tmp_path / "a.yaml", *DAY, plain=True)["features"]] == [
        "2000 ft", "6500 ft"]
    report = antalya.check(airspace.collection(tmp_path / "a.yaml", *DAY), own=True, separation=(0, 0, 0))
    assert [e["between"] for e in report.entries] == [["ROUND", "HALF"]]


def test_airspace_refuses_what_it_does_not_know(modules: Any) -> None:
    airspace, _, _ = modules
    for wrong in (lambda: airspace.position("51N 0W"), lambda: airspace.metres("5 km")):
        with pytest.raises(ValueError, match="not"):
            wrong()


def test_tracks_are_corridors_from_fix_to_fix(modules: Any) -> None:
    _, _, tracks = modules
    fixes = [fix(0, 51.0), fix(10, 51.001, 1_050), fix(20, 51.001, 1_050), fix(500, 51.1), fix(510, 51.101, None)]
    made = list(tracks.features("abc123", fixes))
    assert [f["properties"]["ends_at"] for f in made] == ["1970-01-01T00:00:10Z", "1970-01-01T00:00:20Z"]  # a gap, a fix without height
    first = made[0]["properties"]
    assert (first["lower"], first["upper"], first["unit"]) == (987.5, 1062.5, "ft")
    ring = made[0]["geometry"]["coordinates"][0]
    south, north = min(p[1] for p in ring), max(p[1] for p in ring)
    assert GEOD.inv(0, south, 0, 51.0)[2] == pytest.approx(tracks.HALF_WIDTH_M, abs=0.01)
    assert GEOD.inv(0, north, 0, 51.001)[2] == pytest.approx(tracks.HALF_WIDTH_M, abs=0.01)
    steps = list(tracks.features("abc123", fixes[:2], step_s=2.5, rounding_ft=0))
    assert len(steps) == 4
    assert (steps[1]["properties"]["lower"], steps[1]["properties"]["upper"]) == (1_012.0, 1_025.5)
    assert antalya.check({"type": "FeatureCollection", "features": made + steps}).clear


def test_ships_keep_course_and_speed(modules: Any) -> None:
    _, ais, _ = modules
    ship = {"MMSI": "1", "LON": "0", "LAT": "50", "SOG": "10", "COG": "90", "VesselName": "EVER EAST"}
    made = list(ais.features(ship, 120, 60))
    assert [f["properties"]["starts_at"][11:] for f in made] == ["00:00:00Z", "00:01:00Z"]
    east = max(p[0] for p in made[1]["geometry"]["coordinates"][0])
    assert GEOD.inv(0, 50, east, 50)[2] == pytest.approx(120 * 10 * 1852 / 3600, abs=0.2)
    assert len(list(ais.features(ship | {"SOG": "102.3"}, 120, 60))) == 1
    assert len(list(ais.features(ship | {"SOG": "102.3"}, 120, 60, literal=True))) == 2
    meets = ship | {"MMSI": "2", "LON": str(math.degrees(1_000 / 6_378_137) / math.cos(math.radians(50))), "COG": "270"}
    report = antalya.check({"type": "FeatureCollection", "features": [*made, *ais.features(meets, 120, 60)]},
                           separation=(0, 0, 0))
    assert [e["between"] for e in report.entries] == [["1", "2"]]
    assert report.entries[0]["from"] == "2023-01-11T00:01:00Z"  # 1,000 m apart, towards each other at 10.3 m/s: after 97 s


def test_each_is_a_command(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(YAXIM)
    (tmp_path / "t.json.gz").write_bytes(gzip.compress(json.dumps([fix(0, 51.0), fix(10, 51.001)]).encode()))
    (tmp_path / "s.csv").write_text("MMSI,LAT,LON,SOG,COG,VesselName\n1,50,0,10,90,A\n")
    for words, count in ((["airspace.py", "a.yaml", "--from", DAY[0], "--to", DAY[1]], 2), (["tracks.py", "t.json.gz"], 1),
                         (["ais.py", "s.csv", "--seconds", "120"], 2)):
        done = subprocess.run([sys.executable, EXAMPLES / words[0], *words[1:]], cwd=tmp_path, capture_output=True, check=True)
        assert len(json.loads(done.stdout)["features"]) == count
