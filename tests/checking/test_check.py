"""`antalya.check`: what clashes in plans from files, and what does not."""

import gc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.checking.plans import EIGHT, NINE, PLAIN, SEVEN, SIX, Json, circle, collection, plan, square, write

import antalya
from antalya.model.errors import AntalyaError
from antalya.model.operations import Operation
from antalya.model.volume import Minima
from antalya.wire.rulebook_file import read_rulebook


def pairs(*sources: Any, **options: Any) -> list[list[str]]:
    return sorted(entry["between"] for entry in antalya.check(*sources, **options).entries)


def refused(*sources: Any, **options: Any) -> tuple[str, str]:
    with pytest.raises(AntalyaError) as wrong:
        antalya.check(*sources, **options)
    return wrong.value.code.name, wrong.value.at


def test_two_files_that_clash(tmp_path: Path) -> None:
    a = write(tmp_path / "A.geojson", plan("A", party="TR"))
    b = write(tmp_path / "B.geojson", plan("B", square(37.95), party="RU", lower_m=500, upper_m=900, starts_at=EIGHT))
    report = antalya.check(a, Path(b), separation=PLAIN)
    (found,) = report.to_dict()["findings"]
    assert (found["kind"], found["between"], found["parties"], found["gives_way"]) == ("clash", ["A", "B"], ["TR", "RU"], "B")
    assert (found["from"], found["to"], found["lower_m"], found["upper_m"]) == (EIGHT, NINE, 500.0, 600.0)
    assert (found["distance_m"], found["vertical_gap_m"], found["time_gap_s"]) == (0.0, 0.0, 0.0)
    west, east = (f(p[0] for p in found["where"]["coordinates"][0]) for f in (min, max))
    assert (west, east) == (pytest.approx(37.95, abs=1e-6), pytest.approx(38.0, abs=1e-6))
    assert found["met"][0]["volumes"] == [f"{a}: features[0]", f"{b}: features[0]"]
    assert not report.clear
    assert [f.kind for f in report.findings] == ["clash"]


def test_an_outline_of_too_many_long_edges_is_named(tmp_path: Path) -> None:
    ring = [[0.01 * k, 40.0 if k % 2 else -40.0] for k in range(64)]
    wide = write(tmp_path / "A.geojson", plan("A"), plan("B", {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}))
    assert refused(wide) == ("too_many_vertices", f"{wide}: features[1].geometry")


@pytest.mark.parametrize("other", [
    plan("B", square(38.0)), plan("B", square(37.9, 36.6)), plan("B", square(38.0, 36.6)),  # an edge, a corner in common
    plan("B", lower_m=600, upper_m=700), plan("B", lower_m=100, upper_m=400),
    plan("B", starts_at=NINE, ends_at="2017-03-07T10:00:00Z"),
    plan("B", starts_at="2017-03-07T05:00:00Z", ends_at=SIX), plan("B", starts_at=SEVEN, ends_at=SEVEN),  # a moment is no time
])
def test_touching_is_not_meeting_in_any_dimension(other: Json) -> None:
    assert antalya.check(plan("A"), other, separation=PLAIN).clear
    assert pairs(plan("A"), other, separation=(1, 1, 1)) == [["A", "B"]]


def test_the_separation_holds_in_all_three_dimensions_at_once() -> None:
    high = plan("B", lower_m=700, upper_m=800)
    assert pairs(plan("A"), high, separation=(0, 101, 0)) == [["A", "B"]]
    assert pairs(plan("A"), high, separation=(0, 100, 0)) == []
    late = plan("B", starts_at="2017-03-07T09:05:00Z", ends_at="2017-03-07T10:00:00Z")
    assert pairs(plan("A"), late, separation=(0, 0, 301)) == [["A", "B"]]
    assert pairs(plan("A"), late, separation=Minima(seconds=300)) == []
    assert pairs(plan("A"), plan("B", square(38.01), lower_m=700, upper_m=800), separation=(1_000, 0, 0)) == []
    assert pairs(plan("A"), plan("B", square(38.01)), separation=(1_000, 0, 0)) == [["A", "B"]]  # 896 m
    assert pairs(plan("A"), plan("B", square(38.01)), separation=(890, 0, 0)) == []


def test_without_a_separation_the_activities_minima_hold() -> None:
    apart = plan("B", square(38.01))  # 896 m: patrols keep 500 m, a convoy 1,000 m
    assert pairs(plan("A"), apart) == []
    assert pairs(plan("A"), plan("B", square(38.01), activity="convoy")) == [["A", "B"]]
    (found,) = antalya.check(plan("A"), plan("B", square(38.01), activity="convoy")).entries
    assert found["distance_m"] == pytest.approx(894.9, abs=2)
    assert (found["from"], found["to"]) == (SIX, NINE)


def test_circles_holes_and_several_polygons_are_what_they_are() -> None:
    around = circle(38.05, 36.55)
    assert pairs(plan("A"), plan("B", around, radius_m=4_476), separation=PLAIN) == []  # 4,476.7 m to the edge
    assert pairs(plan("A"), plan("B", around, radius_m=4_477), separation=PLAIN) == [["A", "B"]]
    holed = square(37.0, 36.0, 2.0)
    holed["coordinates"].append(square(37.8, 36.4, 0.4)["coordinates"][0][::-1])
    assert pairs(plan("A"), plan("B", holed), separation=PLAIN) == []
    several = {"type": "MultiPolygon", "coordinates": [square(30, 30)["coordinates"], square(37.99)["coordinates"]]}
    assert pairs(plan("A"), plan("B", several), separation=PLAIN) == [["A", "B"]]


def test_heights_of_different_datums_are_compared_in_one() -> None:
    low = plan("A", lower_m=400, upper_m=600)
    at_sea_level = plan("B", lower_m=578, upper_m=700, datum="MSL")  # the geoid is 26 m up here
    assert pairs(low, at_sea_level, separation=PLAIN) == []
    report = antalya.check(low, plan("B", lower_m=570, upper_m=700, datum="MSL"), separation=PLAIN)
    assert report.entries[0]["lower_m"] == pytest.approx(593, abs=1.5)  # 3 m of doubt
    assert report.to_dict()["altitudes"] == [{"model": "EGM96", "uncertainty_m": pytest.approx(3.1, abs=0.5)}]
    feet = plan("B", lower_m=1_960, upper_m=3_000, unit="ft")
    assert pairs(low, feet, separation=PLAIN) == [["A", "B"]]  # 597.4 m
    assert refused(low, plan("B", datum="AGL")) == ("datum_needs_terrain", "source 2: feature.properties.lower_m")


def test_one_operations_volumes_never_clash_and_one_partys_only_with_own() -> None:
    ours = collection(plan("A", party="TR"), plan("A", party="TR"), plan("B", party="TR"))
    report = antalya.check(ours)
    assert report.clear
    assert report.warnings == ("all operations are of the party 'TR': they were not compared with each other",)
    assert pairs(ours, own=True) == [["A", "B"]]
    assert antalya.check(ours, own=True).warnings == ()
    (entry,) = antalya.check(ours, own=True).entries
    assert len(entry["met"]) == 2
    assert pairs(ours, plan("C", party="RU")) == [["A", "C"], ["B", "C"]]


def test_operations_without_a_party_clash_with_everybody() -> None:
    assert pairs(collection(plan("A"), plan("B"))) == [["A", "B"]]
    assert pairs(collection(plan("A"), plan("A"))) == []
    assert pairs(collection(plan(None), plan(None))) == [["source 1[0]", "source 1[1]"]]
    assert pairs(plan("A"), plan("A")) == [["source 1/A", "source 2/A"]]
    assert pairs(plan("A"), plan("A", party="TR")) == [["source 1/A", "TR/A"]]
    (entry,) = antalya.check(plan("A"), plan("B", party="TR")).entries
    assert entry["parties"] == [None, "TR"]


@pytest.mark.parametrize(("one", "other"), [(1234567.0, 1234568.0), (7, 8.0), (0.1234567, 0.1234568), (1e22, 1e22 + 1e7)])
def test_ids_that_differ_are_two_operations(one: float, other: float) -> None:
    features = [plan(None) | {"id": id_} for id_ in (one, other)]
    assert len(pairs(collection(*features))) == 1


def test_two_sources_of_one_name_are_not_taken_for_one() -> None:
    one, other = (msgspec.json.encode(collection(plan(name))) for name in ("A", "B"))
    assert refused(("plan.geojson", one), ("plan.geojson", other)) == ("bad_input_file", "plan.geojson")
    assert pairs(("plan.geojson", one), ("plan.geojson", one)) == []


def test_who_gives_way_is_the_lower_priority_then_the_later_filed() -> None:
    assert antalya.check(plan("A", priority=2), plan("B")).entries[0]["gives_way"] == "A"
    first = plan("B", filed_at="2017-03-01T00:00:00Z")
    assert antalya.check(plan("A", filed_at="2017-03-02T00:00:00Z"), first).entries[0]["gives_way"] == "A"


def test_operations_of_the_model_and_foreign_geojson_objects_are_sources_too() -> None:
    class Frame:
        __geo_interface__ = collection(plan("B"))

    given = list(antalya.check(plan("A")).operations.values())
    assert pairs(given, Frame()) == [["A", "B"]]
    gone = msgspec.structs.replace(given[0], state="withdrawn")
    assert pairs([gone], Frame()) == []
    assert refused(given, tuple(given)) == ("duplicate_id", "")
    assert refused(5) == ("bad_input_file", "source 1")
    assert refused([]) == ("bad_input_file", "source 1")
    assert refused() == ("bad_input_file", "")
    assert refused({"type": object()}) == ("bad_json", "source 1")
    crossed = square()
    crossed["coordinates"][0][1:3] = crossed["coordinates"][0][2:0:-1]
    assert refused(plan("A"), plan("B", crossed)) == ("ring_crosses_itself", "source 2: feature.geometry.coordinates[0]")


def test_a_wrong_outline_of_an_operation_is_named_by_its_volume() -> None:
    operation = antalya.check(plan("A")).operations["A"]
    cross = ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
    outline = msgspec.structs.replace(operation.volumes[0].outline, coordinates=(cross,))
    volumes = (operation.volumes[0], msgspec.structs.replace(operation.volumes[0], outline=outline))
    code, at = refused([msgspec.structs.replace(operation, volumes=volumes)])
    assert code == "ring_crosses_itself"
    assert at.startswith("operation A: volumes[1]")


def test_what_a_file_can_be(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.geojson") == ("bad_input_file", str(tmp_path / "none.geojson"))
    assert refused(tmp_path) == ("bad_input_file", str(tmp_path))
    assert refused("a\0b")[0] == "bad_text"
    assert refused("a\u202eb.geojson") == ("bad_text", "'a\\u202eb.geojson'")
    assert refused(("x", b"{}")) == ("bad_input_file", "x")
    big = write(tmp_path / "big.geojson", plan("A"))
    from antalya.wire.geojson import Bounds
    assert refused(big, bounds=Bounds(bytes=100)) == ("too_large", big)


@pytest.mark.parametrize("separation", [(1, 2), (1, 2, 3, 4), (-1, 0, 0), (0, 0, float("nan")), (float("inf"), 0, 0), "abc",
                                        ("x", 1, 2), 5])
def test_separations_that_are_none(separation: Any) -> None:
    assert refused(plan("A"), separation=separation) == ("bad_setting", "separation")


def test_swapped_coordinates_are_said(tmp_path: Path) -> None:
    turned = plan("B", square(36.5, 37.9))
    assert refused(plan("A"), turned, theatre=(37, 36, 39, 37.4)) == ("swapped_position", "source 2: feature.geometry")
    assert refused(plan("A"), theatre=(1, 2, 3)) == ("bad_setting", "theatre")
    assert antalya.check(plan("A"), theatre=(0, 0, 9, 9)).warnings == ("source 1: feature: outside the theatre",)
    london = plan("A", square(-0.5, 51.0))
    assert refused(london, plan("B", square(51.1, -0.4))) == ("swapped_position", "source 2: all features")


def test_the_garbage_collector_is_left_as_it_was() -> None:
    assert gc.isenabled()
    antalya.check(plan("A"))
    assert gc.isenabled()
    gc.disable()
    try:
        antalya.check(plan("A"))
        assert not gc.isenabled()
    finally:
        gc.enable()


RULES = """
[[areas]]
id = "manbij"
name = "Manbij"
outline = { type = "Circle", center = [37.95, 36.55], radius_m = 20000 }
[[sites]]
id = "hospital"
owner = "UN"
name = "Hospital"
kind = "hospital"
outline = { type = "Circle", center = [37.95, 36.55], radius_m = 50 }
valid_from = 2017-01-01T00:00:00Z
expires_at = 2018-01-01T00:00:00Z
[[understandings]]
id = "u"
signatories = ["US", "RU"]
"""


def rules(*tables: str) -> Any:
    return read_rulebook((RULES + "".join(f"[[understandings.rules]]\n{table}\n" for table in tables)).encode(), "rules.toml")


def kinds(*sources: Any, **options: Any) -> set[tuple[str, str | None, tuple[str, ...]]]:
    return {(e["kind"], e["rule_kind"], tuple(e["between"])) for e in antalya.check(*sources, **options).entries}


def test_rules_and_sites_of_a_file(tmp_path: Path) -> None:
    book = tmp_path / "rules.toml"
    book.write_text(RULES + '[[understandings.rules]]\nkind = "consent"\narea = "manbij"\nof = ["US", "RU"]\n')
    assert kinds(plan("A", party="TR"), understandings=book) == {("breach", "consent", ("A",)), ("hazard", None, ("A",))}
    found = antalya.check(plan("A", party="TR"), understandings=str(book)).entries
    assert {(e["understanding"], e["rule"], e["site"]) for e in found} == {("u", "consent-1", None), (None, None, "hospital")}
    assert kinds(plan("A", square(39.0), party="TR"), understandings=book) == set()
    book.write_text("[[understandings]\n")
    assert refused(plan("A"), understandings=book) == ("bad_input_file", str(book))
    assert refused(plan("A"), understandings=tmp_path / "none.toml") == ("bad_input_file", str(tmp_path / "none.toml"))


def test_a_separation_rule_replaces_the_minima_and_the_option_replaces_both() -> None:
    apart = (plan("A", party="US"), plan("B", square(38.01), party="RU"))  # 895 m; patrols keep 500 m
    wide = rules('kind = "separation"\nacross_m = 2000\nup_m = 500\nseconds = 60')
    far = [sources for sources in (apart,) if not kinds(*sources)]
    assert far == [apart]
    assert ("clash", "separation", ("A", "B")) in kinds(*apart, understandings=wide)
    assert not any(kind == "clash" for kind, _, _ in kinds(*apart, understandings=wide, separation=PLAIN))
    narrow = rules('kind = "separation"\nacross_m = 0\nup_m = 0')
    near = (plan("A", square(37.5), party="US"), plan("B", square(37.604), party="RU"))  # 358 m
    assert kinds(*near) == {("clash", None, ("A", "B"))}
    assert not any(kind == "clash" for kind, _, _ in kinds(*near, understandings=narrow))


def test_rules_about_several_operations_see_all_that_matter() -> None:
    west, east = square(37.9, 36.5, 0.01), square(38.0, 36.5, 0.01)
    once = rules('kind = "limit"\narea = "manbij"\noperations_at_once = 1')
    assert ("breach", "limit", ("B",)) in kinds(plan("A", west, party="US"), plan("B", east, party="RU"), understandings=once)
    adjoining = rules('kind = "incompatible"\npair = ["US", "RU"]\nadjoining_m = 20000')
    both = plan("A", west, party="US"), plan("B", east, party="RU", lower_m=5_000, upper_m=6_000)
    assert ("breach", "incompatible", ("A", "B")) in kinds(*both, understandings=adjoining)
    assert not any(k == "clash" for k, _, _ in kinds(*both, understandings=adjoining))
    assert not any(rule == "incompatible" for _, rule, _ in kinds(plan("A", west, party="US"), understandings=adjoining))


def test_notice_counts_from_filed_at_or_now_and_is_in_time_without() -> None:
    ahead = rules('kind = "lead-time"\nnotice_s = 86400')
    late = ("breach", "lead-time", ("A",))
    assert late not in kinds(plan("A", party="US"), understandings=ahead)
    assert late in kinds(plan("A", party="US", filed_at="2017-03-06T07:00:00Z"), understandings=ahead)
    assert late not in kinds(plan("A", party="US", filed_at="2017-03-06T06:00:00Z"), understandings=ahead)
    assert late in kinds(plan("A", party="US"), understandings=ahead, now=datetime(2017, 3, 7, tzinfo=UTC))
    assert refused(plan("A"), now=datetime(2017, 3, 7))[0] == "naive_time"  # noqa: DTZ001


def test_a_party_that_a_listing_rulebook_misses_is_warned_of() -> None:
    listed = read_rulebook(('[[parties]]\nid = "UN"\nname = "UN"\n[[parties]]\nid = "US"\nname = "US"\n[[parties]]\nid = "RU"\n'
                            'name = "RU"\n' + RULES + '[[understandings.rules]]\nkind = "protect"').encode(), "rules.toml")
    warnings = antalya.check(plan("A", party="Russia"), plan("B"), understandings=listed).warnings
    assert warnings == ("the party 'Russia' is not in the rulebook: rules that name parties don't bind it",)


def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    antalya.check(plan("A"), plan("B"), progress=lambda *what: told.append(what))
    assert [what for what, _, _ in told][:2] == ["Reading", "Preparing"]
    assert "Weighing" in {what for what, _, _ in told}


def test_the_package_shows_what_it_exports() -> None:
    assert antalya.Report is not None
    assert isinstance(next(iter(antalya.check(plan("A")).operations.values())), Operation)
    with pytest.raises(AttributeError):
        _ = antalya.nothing
