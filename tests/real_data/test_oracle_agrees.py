"""Real tracks, airspace and ships: what the check finds is what an independent reckoning finds.

The data is in ../shared/data beside a checkout; without it these tests are skipped. tests/oracle.py knows no plane, no tree of
boxes and no batch; here it is asked about every pair whose boxes in degrees come near each other.
"""

import math
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod
from tests import oracle
from tests.docs.blocks import run

import antalya
from antalya.model import Circle, Minima, MultiPolygon, Outline, Polygon, Volume

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
GEOD = Geod(ellps="WGS84")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not DATA.is_dir(), reason="no ../shared/data beside this checkout")]

Pair = tuple[tuple[str, int], tuple[str, int]]


@pytest.fixture(scope="module")
def guide() -> Iterator[dict[str, Any]]:
    """What docs/how-to/real-data.md made when it was run; what it prints was compared."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setattr(sys, "path", [*sys.path])
        assert run(ROOT / "docs" / "how-to" / "real-data.md", names) >= 6
        yield names


def box(outline: Outline, by_m: float) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees, wider than any geodesic edge bulges; far from poles and antimeridian."""
    if isinstance(outline, Circle):
        points, by_m = [outline.center], by_m + outline.radius_m
    else:
        polygons = outline.coordinates if isinstance(outline, MultiPolygon) else (outline.coordinates,)
        points = [p for rings in polygons for p in rings[0]]
    (west, south), (east, north) = np.min(points, axis=0), np.max(points, axis=0)
    up = by_m / 110_000 + 0.002 + (north - south + east - west) * 0.02
    across = up / math.cos(math.radians(max(abs(south), abs(north)) + 1))
    return west - across, south - up, east + across, north + up


def well_inside(outline: Outline) -> tuple[float, float]:
    if isinstance(outline, Circle):
        return outline.center
    assert isinstance(outline, Polygon)
    point = shapely.Polygon(outline.coordinates[0]).representative_point()
    return point.x, point.y


def compare(report: antalya.Report, minima: Minima, every: int = 1) -> int:
    """Fails where check and oracle disagree about a pair of volumes; how many pairs the oracle was asked about: of those
    that could meet, every so many."""
    volumes: dict[tuple[str, int], Volume] = {(o.id, i): v for o in report.operations.values() for i, v in enumerate(o.volumes)}
    found = set()
    for finding in report.findings:
        for met in finding.met:
            assert finding.other is not None
            assert met.other_volume is not None
            found.add(frozenset(((finding.operation, met.volume), (finding.other, met.other_volume))))
    keys = list(volumes)
    boxes = {k: box(v.outline, minima.across_m) for k, v in volumes.items()}
    near = [(a, b) for a, b in _sorted_pairs(keys, boxes)
            if a[0] != b[0] and report.operations[a[0]].party != report.operations[b[0]].party
            and oracle.near_in_time_and_height(volumes[a], volumes[b], minima.up_m, minima.seconds)
            and not _just(volumes[a], volumes[b], minima.up_m)]
    assert found <= {frozenset(pair) for pair in near}
    near = near[::every]
    for start in range(0, len(near), 500):
        some = near[start:start + 500]
        outlines = [(volumes[a].outline, volumes[b].outline) for a, b in some]
        distance, meets = oracle.clear(outlines, np.array([[well_inside(p), well_inside(q)] for p, q in outlines]))
        for pair, metres, overlap in zip(some, distance, meets, strict=True):
            says = frozenset(pair) in found
            if minima.across_m:
                assert abs(metres - minima.across_m) < 0.02 or says == (metres < minima.across_m), (pair, metres)
            else:
                assert overlap == -1 or says == (overlap == 1), (pair, metres, overlap)
    return len(near)


def _just(a: Volume, b: Volume, up_m: float) -> bool:
    """Whether two bands are exactly the minimum apart, but for rounding: 500 feet are no sum of doubles."""
    return abs(max(a.lower_m, b.lower_m) - min(a.upper_m, b.upper_m) - up_m) < 1e-6


def _sorted_pairs(keys: list[tuple[str, int]], boxes: dict[tuple[str, int], Any]) -> Iterator[Pair]:
    """Pairs whose boxes meet: a sweep from west to east."""
    keys = sorted(keys, key=lambda k: boxes[k][0])
    souths, norths, easts, wests = (np.array([boxes[k][i] for k in keys]) for i in (1, 3, 2, 0))
    for i, key in enumerate(keys):
        last = int(np.searchsorted(wests, easts[i], side="right"))
        for j in np.flatnonzero((souths[i + 1:last] <= norths[i]) & (norths[i + 1:last] >= souths[i])):
            yield key, keys[i + 1 + int(j)]


def test_the_flight_round_heathrow_enters_nine_airspaces(guide: dict[str, Any]) -> None:
    flown = guide["flown"]
    assert {entry["between"][0] for entry in flown.entries} == {
        "BENSON", "DAMYNS HALL", "LONDON CITY CTA", "LONDON CITY CTR", "LONDON CTR", "LONDON TMA", "SOUTHEND CTA", "SOUTHEND CTR",
        "WHITE WALTHAM"}
    assert compare(flown, Minima(), every=5) > 500


def test_the_glider_enters_four_airspaces_and_a_fifth_by_rounding(guide: dict[str, Any]) -> None:
    four = {"D220A MARHAM", "DUNSTABLE", "LONDON LUTON CTR", "MARHAM"}
    assert {entry["between"][0] for entry in guide["exact"].entries} == four
    assert {entry["between"][0] for entry in guide["rounded"].entries} == four | {"MILDENHALL"}
    assert compare(guide["rounded"], Minima(), every=3) > 200


def test_with_named_datums_no_airspace_is_lost(guide: dict[str, Any]) -> None:
    assert {e["between"][0] for e in guide["flown"].entries} < {e["between"][0] for e in guide["careful"].entries}
    assert guide["careful"].altitudes["ISA and EGM96"] > 100


def test_fire_fighters_that_come_near_each_other(guide: dict[str, Any]) -> None:
    assert len(guide["near"].findings) == 14
    assert compare(guide["near"], Minima(across_m=926, up_m=152.4)) > 500


def test_the_exchange_holds_the_flight_for_each_airspace_it_enters(guide: dict[str, Any]) -> None:
    assert guide["outcome"]["clearance"] == "held"
    first_hour = {e["between"][0] for e in guide["careful"].entries if e["from"] < "2018-01-13T00:38:45Z"}
    assert len(guide["outcome"]["findings"]) == len(first_hour) == 8
    assert {finding["other"] for finding in guide["outcome"]["findings"]} == {None}


def test_ships_that_come_within_half_a_mile(guide: dict[str, Any]) -> None:
    """The oracle is the formula for the closest approach of two straight courses."""
    found, reports = guide["soon"], guide["reports"]
    exact, coming = set(), set()
    for a, b in _close(reports):
        pair = frozenset((a["MMSI"], b["MMSI"]))
        apart, nearest, relative = _approach(a, b)
        if nearest < 926:
            exact.add(pair)
            coming |= {pair} if apart >= 926 else set()
        elif pair in found:  # a rectangle holds the way of a minute
            assert nearest < 926 + 1 + 60 * relative
    assert len(coming) == 129
    assert exact <= found
    assert len(found - exact) == 1
    assert coming <= found - guide["now"]


def _close(reports: list[dict[str, str]]) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Pairs nearer than any two ships can approach in 20 minutes, generously."""
    for a, b in combinations(reports, 2):
        if abs(float(a["LAT"]) - float(b["LAT"])) < 1.2 and abs(float(a["LON"]) - float(b["LON"])) < 2:
            yield a, b


def _approach(a: dict[str, str], b: dict[str, str]) -> tuple[float, float, float]:
    """Metres apart now and at the nearest within 20 minutes, in the plane about the first; and their relative speed in m/s."""
    bearing, _, apart = GEOD.inv(float(a["LON"]), float(a["LAT"]), float(b["LON"]), float(b["LAT"]))
    place = apart * np.array([math.sin(math.radians(bearing)), math.cos(math.radians(bearing))])
    speeds = [float(r["SOG"]) * 1852 / 3600 * np.array([math.sin(math.radians(float(r["COG"]))),
                                                        math.cos(math.radians(float(r["COG"])))]) for r in (a, b)]
    relative = speeds[1] - speeds[0]
    square = float(relative @ relative)
    moment = min(max(-float(place @ relative) / square, 0.0), 1_200.0) if square else 0.0
    return apart, float(np.linalg.norm(place + relative * moment)), math.sqrt(square)
