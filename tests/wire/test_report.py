"""Reports as JSON, GeoJSON and CSV."""

import csv
import io
import json
from datetime import UTC, datetime

import msgspec
import pytest
import shapely

from antalya.model.findings import Finding, Met, Remedy
from antalya.model.operations import Operation
from antalya.model.volume import Circle, MultiPolygon, Polygon, Volume
from antalya.wire.report import COLUMNS, Report, gravest_first, where

SIX, NINE = datetime(2017, 3, 7, 6, tzinfo=UTC), datetime(2017, 3, 7, 9, tzinfo=UTC)


def square(west: float, south: float, size: float = 0.1) -> Polygon:
    east, north = west + size, south + size
    return Polygon(coordinates=(((west, south), (west, north), (east, north), (east, south), (west, south)),))


def operation(id_: str, party: str) -> Operation:
    volume = Volume(outline=square(38, 36), lower_m=0, upper_m=9, starts_at=SIX, ends_at=NINE)
    return Operation(id=id_, party=party, activity="flight", volumes=(volume,))


def met(region: Polygon | None, **members: object) -> Met:
    given = {"volume": 0, "other_volume": 0, "region": region, "starts_at": SIX, "ends_at": NINE, "lower_m": -5.0, "upper_m": 9.0}
    return Met(**(given | members))  # type: ignore[arg-type]


CLASH = Finding(id="f-1", kind="clash", severity="warning", effect="hold", operation="B", other="A", why="clash", text="=1+1",
                met=(met(square(38, 36), distance_m=7.0), met(square(38.05, 36), lower_m=-7.0, vertical_gap_m=2.0)),
                starts_at=SIX, ends_at=NINE,
                remedies=(Remedy(kind="start-after", operation="B", text="@later", instant=NINE),))
BREACH = Finding(id="f-2", kind="breach", severity="critical", effect="block", operation="A", rule="r", rule_kind="pause",
                 understanding="u", why="pause", text="no", met=(met(None, other_volume=None),))
REPORT = Report(findings=(BREACH, CLASH), operations={"A": operation("A", "-TR"), "B": operation("B", "unnamed (B)")},
                places={"A": ("A.geojson: features[0]",), "B": ("B.geojson: features[4]",)},
                unnamed=frozenset({"unnamed (B)"}), altitudes={"EGM96": 3.2}, warnings=("careful",))


def test_json_has_an_entry_for_each_finding() -> None:
    said = json.loads(msgspec.json.encode(REPORT.to_dict()))
    assert (said["clear"], said["operations"], said["volumes"], said["warnings"]) == (False, 2, 2, ["careful"])
    assert said["altitudes"] == [{"model": "EGM96", "uncertainty_m": 3.2}]
    breach, clash = said["findings"]
    assert (clash["kind"], clash["between"], clash["gives_way"]) == ("clash", ["A", "B"], "B")
    assert clash["parties"] == ["-TR", None]
    assert (clash["from"], clash["to"]) == ("2017-03-07T06:00:00Z", "2017-03-07T09:00:00Z")
    assert (clash["lower_m"], clash["upper_m"]) == (-7.0, 9.0)
    assert (clash["distance_m"], clash["vertical_gap_m"], clash["time_gap_s"]) == (0.0, 0.0, 0.0)
    assert clash["met"][0]["volumes"] == ["A.geojson: features[0]", "B.geojson: features[4]"]
    assert clash["remedies"][0]["instant"] == "2017-03-07T09:00:00Z"
    assert (breach["between"], breach["gives_way"], breach["where"]) == (["A"], None, None)
    assert (breach["rule"], breach["rule_kind"], breach["understanding"]) == ("r", "pause", "u")
    assert breach["met"][0]["volumes"] == ["A.geojson: features[0]"]
    assert not REPORT.clear
    assert Report(findings=(), operations={}).clear


def test_geojson_is_a_feature_for_each_finding() -> None:
    said = REPORT.to_geojson()
    assert said["type"] == "FeatureCollection"
    breach, clash = said["features"]
    assert breach["geometry"] is None
    assert clash["geometry"]["type"] == "Polygon"
    assert shapely.from_geojson(json.dumps(clash["geometry"])).bounds == (38.0, 36.0, 38.15, 36.1)
    assert clash["properties"]["between"] == ["A", "B"]
    assert not {"met", "where", "id"} & clash["properties"].keys()
    assert clash["id"] == "f-1"


def test_csv_cannot_be_run_as_a_formula_and_numbers_stay_numbers() -> None:
    text = REPORT.to_csv()
    assert text.count("\r\n") == 3
    header, breach, clash = csv.reader(io.StringIO(text, newline=""))
    assert tuple(header) == COLUMNS
    said = dict(zip(header, clash, strict=True))
    assert (said["text"], said["party"], said["remedies"]) == ("'=1+1", "'-TR", "B: @later")
    assert said["lower_m"] == "-7.0"
    assert (float(said["longitude"]), float(said["latitude"])) == (pytest.approx(38.07, abs=0.08), pytest.approx(36.05, abs=0.05))
    assert (said["operation"], said["other"], said["other_party"]) == ("A", "B", "")
    assert dict(zip(header, breach, strict=True))["longitude"] == ""


def test_regions_together_are_one_right_handed_geometry() -> None:
    clockwise = square(38, 36)
    one = where([clockwise])
    assert one is not None
    assert shapely.from_geojson(json.dumps(one)).exterior.is_ccw
    apart = where([clockwise, square(40, 36)])
    assert apart is not None
    assert apart["type"] == "MultiPolygon"
    both = MultiPolygon(coordinates=(clockwise.coordinates, square(40, 36).coordinates))
    assert shapely.from_geojson(json.dumps(where([both]))).equals(shapely.from_geojson(json.dumps(apart)))
    assert where([]) is None
    circle = where([Circle(center=(38.0, 36.0), radius_m=1_000)])
    assert circle is not None
    assert shapely.from_geojson(json.dumps(circle)).bounds == pytest.approx((37.9889, 35.991, 38.0111, 36.009), abs=1e-4)
    assert circle["coordinates"][0][0] == circle["coordinates"][0][-1]
    across = Polygon(coordinates=(((179.0, 0.0), (-179.0, 0.0), (-179.0, 1.0), (179.0, 1.0), (179.0, 0.0)),))
    cut = where([across, Circle(center=(180.0, 5.0), radius_m=1_000)])
    assert cut is not None
    assert len(cut["coordinates"]) == 4
    assert shapely.from_geojson(json.dumps(cut)).area == pytest.approx(2.0, rel=0.01)


def test_the_gravest_comes_first_then_the_earliest() -> None:
    later = msgspec.structs.replace(CLASH, id="f-0", starts_at=NINE)
    assert sorted([later, CLASH, BREACH], key=gravest_first) == [BREACH, CLASH, later]
