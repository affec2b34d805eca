"""Features as operations: what belongs together, what is assumed, and every way a property can be wrong."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antalya.model.errors import AntalyaError
from antalya.model.operations import Strength
from antalya.wire.features import Read, operations_of
from antalya.wire.geojson import read_features
from antalya.wire.properties import KNOWN

SQUARE = {"type": "Polygon", "coordinates": [[[38, 36], [38.1, 36], [38.1, 36.1], [38, 36]]]}
GIVEN = {"operation": "A", "lower_m": 0, "upper_m": 100, "starts_at": "2017-03-07T06:00:00Z", "ends_at": "2017-03-07T07:00:00Z",
         "activity": "drone"}
DROP = object()


def read(*files: tuple[str, list[dict[str, object]]]) -> Read:
    features = []
    for name, items in files:
        made = [{"type": "Feature", "geometry": SQUARE, "id": item.pop("__id", None),
                 "properties": {k: v for k, v in (GIVEN | item).items() if v is not DROP}} for item in map(dict, items)]
        data = json.dumps({"type": "FeatureCollection", "features": made}).encode()
        features += [(name, i, feature) for i, feature in enumerate(read_features(data, name))]
    return operations_of(features)


def one(**properties: object) -> Read:
    return read(("A.geojson", [properties]))


def refused(**properties: object) -> tuple[str, str, str]:
    with pytest.raises(AntalyaError) as wrong:
        one(**properties)
    assert wrong.value.at.startswith("A.geojson: features[0].properties.")
    return wrong.value.code.name, wrong.value.at.removeprefix("A.geojson: features[0].properties."), wrong.value.detail


def test_all_properties_arrive() -> None:
    found = one(party="TR", force=["TAF", "SDF"], forces="FSA", activity="convoy", priority=7, emergency=True, title="Üç",
                note="see map", strength={"vehicles": 12}, filed_at="2017-03-06T06:00:00+03:00",
                starts_at="2017-03-07T09:00:00+03:00")
    (operation,) = found.operations
    assert (operation.id, operation.party, operation.forces) == ("A", "TR", ("TAF", "SDF", "FSA"))
    assert (operation.activity, operation.priority, operation.emergency) == ("convoy", 7, True)
    assert (operation.title, operation.note, operation.strength) == ("Üç", "see map", Strength(vehicles=12))
    assert operation.volumes[0].starts_at == datetime(2017, 3, 7, 6, tzinfo=UTC)
    assert (operation.volumes[0].lower_m, operation.volumes[0].upper_m) == (0.0, 100.0)
    assert found.filed_at == {"A": datetime(2017, 3, 6, 3, tzinfo=UTC)}
    assert found.places == {"A": ("A.geojson: features[0]",)}
    assert (found.warnings, found.altitudes, found.unnamed) == ((), {}, frozenset())


@pytest.mark.parametrize("first", [{"operation": 7}, {"operation": DROP, "__id": 7}])
@pytest.mark.parametrize("second", [{"operation": "7"}, {"operation": DROP, "__id": "7"}])
def test_a_number_and_a_text_that_look_alike_are_not_taken_for_one_operation(first: dict[str, object],
                                                                              second: dict[str, object]) -> None:
    for items in ([first, second], [second, first]):
        with pytest.raises(AntalyaError) as wrong:
            read(("A.geojson", items))
        assert (wrong.value.code.name, wrong.value.at) == ("bad_field", "A.geojson: features[1].properties.operation")
    assert len(read(("A.geojson", [first]), ("B.geojson", [second])).operations) == 2
    assert len(read(("A.geojson", [first, {"operation": 7.0}])).operations[0].volumes) == 2


def test_features_of_one_party_and_operation_are_one_operation_in_whatever_files() -> None:
    found = read(("A.geojson", [{"party": "TR"}, {"party": "TR", "operation": "B"}, {"party": "TR"}]),
                 ("B.geojson", [{"party": "TR"}, {"party": "RU"}]))
    assert {o.id: (o.party, len(o.volumes)) for o in found.operations} == {
        "TR/A": ("TR", 3), "B": ("TR", 1), "RU/A": ("RU", 1)}
    assert found.places["TR/A"][2] == "B.geojson: features[0]"


def test_operations_without_a_party_are_each_a_party_of_their_own() -> None:
    found = read(("A.geojson", [{}, {}, {"operation": "B"}]), ("B.geojson", [{}]))
    assert {o.id: len(o.volumes) for o in found.operations} == {"A.geojson/A": 2, "B": 1, "B.geojson/A": 1}
    assert len({o.party for o in found.operations}) == 3
    assert found.unnamed == {o.party for o in found.operations}
    taken = read(("A.geojson", [{}, {"operation": "B", "party": "unnamed (A)"}]))
    assert len({o.party for o in taken.operations}) == 2


def test_without_an_operation_the_features_id_counts_and_then_its_place() -> None:
    items: list[dict[str, object]] = [{"operation": DROP, "__id": "x"}, {"operation": DROP}, {"operation": 12}, {"operation": ""}]
    found = read(("d/plan.geojson", items))
    assert [o.id for o in found.operations] == ["x", "plan[1]", "12", "plan[3]"]


def test_ids_that_would_be_the_same_are_told_apart() -> None:
    found = read(("a/x.geojson", [{}]), ("b/x.geojson", [{}]), ("c.geojson", [{"operation": "x.geojson/A #2"}]))
    assert len({o.id for o in found.operations}) == 3


def test_what_is_said_once_holds_for_the_operation_and_may_not_be_contradicted() -> None:
    found = read(("A.geojson", [{"activity": DROP}, {"activity": "relief", "priority": 8}, {"activity": DROP, "priority": None}]))
    assert (found.operations[0].activity, found.operations[0].priority) == ("relief", 8)
    assert found.warnings == ()
    with pytest.raises(AntalyaError) as wrong:
        read(("A.geojson", [{"activity": "relief"}]), ("B.geojson", [{"activity": "relief"}, {"activity": "drone"}]))
    assert wrong.value.at == "B.geojson: features[1].properties.activity"
    silent = one(activity=DROP)
    assert silent.operations[0].activity == "flight"
    assert silent.warnings == ("A.geojson: no activity, taken as 'flight' (1 operation)",)


def test_datums_are_converted_and_the_model_is_named() -> None:
    found = read(("A.geojson", [
        {"lower_m": 100, "upper_m": 200, "datum": "MSL"}, {"lower_m": DROP, "upper_m": DROP, "lower": "SFC", "upper": "FL65"},
        {"datum": "AGL", "unit": "ft", "ground_lower_m": 300, "ground_upper_m": 350}, {"datum": None}]))
    bands = [(v.lower_m, v.upper_m) for v in found.operations[0].volumes]
    assert bands[0][0] == pytest.approx(100 + 25.5 - 3, abs=0.5)
    assert bands[1][0] == -500.0
    assert bands[2] == (300.0, 350 + 30.48)
    assert bands[3] == (0.0, 100.0)
    assert set(found.altitudes) == {"EGM96", "under all land to ISA and EGM96", "ground as given"}
    assert 3.0 <= found.altitudes["EGM96"] < 4.0


@pytest.mark.parametrize(("properties", "code", "at"), [
    ({"lower_m": DROP}, "bad_field", "lower_m"), ({"upper_m": None}, "bad_field", "upper_m"),
    ({"upper": 50}, "bad_field", "upper_m"), ({"lower_m": 100}, "bad_band", "upper_m"), ({"lower_m": 200}, "bad_band", "upper_m"),
    ({"lower_m": "NaN"}, "bad_field", "lower_m"), ({"lower_m": [1]}, "bad_field", "lower_m"),
    ({"upper_m": 300_000}, "bad_field", "upper_m"), ({"lower_m": -20_000}, "bad_field", "lower_m"),
    ({"datum": "NAVD88"}, "unknown_datum", "datum"), ({"datum": 5}, "unknown_datum", "datum"),
    ({"unit": "yards"}, "unknown_datum", "unit"), ({"datum": "AGL"}, "datum_needs_terrain", "lower_m"),
    ({"datum": "AGL", "ground_lower_m": 5}, "bad_field", "ground_upper_m"),
    ({"datum": "AGL", "ground_lower_m": 5, "ground_upper_m": "x"}, "bad_field", "ground_upper_m"),
    ({"starts_at": DROP}, "bad_field", "starts_at"), ({"ends_at": None}, "bad_field", "ends_at"),
    ({"starts_at": "2017-03-07T06:00:00"}, "naive_time", "starts_at"), ({"starts_at": "yesterday"}, "bad_field", "starts_at"),
    ({"starts_at": 1_488_866_400}, "bad_field", "starts_at"), ({"ends_at": "2017-03-07"}, "bad_field", "ends_at"),
    ({"ends_at": "9999-12-31T23:59:59-05:00"}, "bad_field", "ends_at"), ({"starts_at": "0001-01-01T00:00:00+14:00"}, "bad_field",
     "starts_at"), ({"ends_at": "2017-03-07T05:00:00Z"}, "bad_window", "ends_at"),
    ({"activity": "strike"}, "bad_field", "activity"), ({"activity": ["drone"]}, "bad_field", "activity"),
    ({"priority": 10}, "bad_field", "priority"), ({"priority": True}, "bad_field", "priority"),
    ({"emergency": "yes"}, "bad_field", "emergency"), ({"strength": {"dragons": 2}}, "bad_field", "strength"),
    ({"strength": 5}, "bad_field", "strength"), ({"party": ["TR"]}, "bad_field", "party"),
    ({"party": "x" * 101}, "bad_field", "party"),
    ({"operation": {"a": 1}}, "bad_field", "operation"), ({"force": [["SDF"]]}, "bad_field", "force"),
    ({"force": ["f"] * 65}, "bad_field", "force"), ({"operation": "A\u0000"}, "bad_text", "operation"),
    ({"party": "TR\u202eUR"}, "bad_text", "party"), ({"title": "\u2066x"}, "bad_text", "title"),
    ({"force": "\u200fSDF"}, "bad_text", "force"), ({"note": "a\u001b[2J"}, "bad_text", "note"),
    ({"filed_at": "2017-03-07T06:00:00"}, "naive_time", "filed_at"),
    ({"starts_at": "1899-12-31T23:59:59Z"}, "bad_field", "starts_at"), ({"ends_at": "2200-01-01T00:00:00Z"}, "bad_field", "ends_at"),
])
def test_what_is_refused(properties: dict[str, object], code: str, at: str) -> None:
    assert refused(**properties)[:2] == (code, at)


def test_what_is_just_not_refused() -> None:
    widest = one(party="x" * 100, force=["f"] * 64, starts_at="1900-01-01T00:00:01Z", ends_at="2199-12-31T23:59:59Z", priority=9)
    assert (len(widest.operations[0].party), widest.operations[0].priority) == (100, 9)
    assert one(priority=0).operations[0].priority == 0


def test_it_is_said_whether_something_is_missing_or_there_twice() -> None:
    assert refused(lower_m=DROP)[2] == refused(starts_at=DROP)[2] == "it is missing"
    assert refused(upper=50)[2] == "give upper_m or upper, not both"


def test_names_in_other_scripts_pass() -> None:
    assert one(party="منبج", title="Манбидж — Münbiç").operations[0].party == "منبج"


def test_near_misses_are_named_in_errors_and_warnings() -> None:
    assert "start_at" in refused(starts_at=DROP, start_at="2017-03-07T06:00:00Z")[2]
    assert "upper_ft" in refused(upper_m=DROP, upper_ft=300)[2]
    assert "'end'" in refused(ends_at=DROP, end="2017-03-07T06:00:00Z")[2]
    found = read(("A.geojson", [{"Force": "SDF", "colour": "red"}, {"priorty": 9, "starts": "x", "Force": "SDF"}]))
    assert set(found.warnings) == {"A.geojson: 'Force' is not read; did you mean 'force'? (2 features)",
                                   "A.geojson: 'priorty' is not read; did you mean 'priority'? (1 feature)"}
    shown = one(**{"fo\u202erce": "SDF"}).warnings
    assert all("\u202e" not in warning for warning in shown)


def test_too_many_volumes_for_one_operation() -> None:
    feature = next(iter(read_features(json.dumps({"type": "Feature", "geometry": SQUARE, "properties": GIVEN}).encode(), "A")))
    with pytest.raises(AntalyaError) as wrong:
        operations_of([("A", i, feature) for i in range(10_001)])
    assert wrong.value.code.name == "too_many_volumes"


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
                    | st.sampled_from(["SFC", "FL95", "5 ft AGL", "2017-03-07T06:00:00Z", "flight", "MSL", "ft"]),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN)) | st.text(max_size=12), JSON, max_size=4))
def test_whatever_properties_say_only_the_catalogue_answers(properties: dict[str, object]) -> None:
    try:
        found = read(("A.geojson", [properties]))
    except AntalyaError as wrong:
        said = wrong.at
    else:
        said = found.operations[0].source
        assert found.operations[0].volumes[0].lower_m < found.operations[0].volumes[0].upper_m
    assert said.startswith("A.geojson: features[0]")
