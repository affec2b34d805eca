"""GeoJSON in: every form it comes in, and every way in which it can be wrong, with the place."""

import json

import pytest

from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Polygon
from antalya.wire.geojson import Bounds, Feature, read_features

SQUARE = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
HOLED = [[[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 1]]]


def feature(geometry: object, /, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def collection(*features: object, **members: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


def polygon(coordinates: object = SQUARE) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": coordinates}


def read(data: bytes, **bounds: int) -> list[Feature]:
    return list(read_features(data, "A.geojson", Bounds(**bounds)))


def refused(data: bytes, **bounds: int) -> tuple[str, str, str]:
    with pytest.raises(AntalyaError) as wrong:
        read(data, **bounds)
    return wrong.value.code.name, wrong.value.at, wrong.value.detail


def test_polygons_multipolygons_and_points_with_a_radius() -> None:
    found = read(collection(
        feature(polygon(HOLED), operation="A"), feature({"type": "MultiPolygon", "coordinates": [SQUARE, HOLED]}),
        feature({"type": "Point", "coordinates": [37.5, 36.5]}, radius_m=250)))
    assert [f.place for f in found] == [f"A.geojson: features[{i}]" for i in range(3)]
    holes, several, circle = (f.outline for f in found)
    assert isinstance(holes, Polygon)
    assert len(holes.coordinates) == 2
    assert isinstance(several, MultiPolygon)
    assert circle == Circle(center=(37.5, 36.5), radius_m=250.0)
    assert found[0].properties == {"operation": "A"}


def test_a_feature_alone_a_list_lines_and_a_text_sequence_say_the_same() -> None:
    one = json.dumps(feature(polygon(), operation="A") | {"id": 7}).encode()
    forms = [one, b"\xef\xbb\xbf" + one, b"[" + one + b"]", one + b"\n\n" + one + b"\n", b"\x1e" + one + b"\n\x1e" + one]
    for form in forms:
        found = read(form)
        assert {f.id for f in found} == {7}
        assert {f.outline for f in found} == {Polygon(coordinates=(tuple(tuple(map(float, p)) for p in SQUARE[0]),))}
    assert [len(read(form)) for form in forms] == [1, 1, 1, 2, 2]
    assert [read(form)[-1].place for form in forms[2:]] == ["A.geojson: [0]", "A.geojson: line[1]", "A.geojson: record[1]"]


def test_heights_in_positions_boxes_and_foreign_members_are_let_be() -> None:
    high = {"type": "Polygon", "bbox": [0, 0, 1, 1], "coordinates": [[[*p, 500.0] for p in SQUARE[0]]]}
    data = collection(feature(high) | {"bbox": [0, 0, 1, 1], "stroke": "red"}, name="mine", bbox=[0, 0, 1, 1])
    assert read(data)[0].outline == read(collection(feature(polygon())))[0].outline
    assert read(collection(feature(polygon()), crs={"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}))


@pytest.mark.parametrize(("geometry", "code", "at"), [
    (polygon([[[0, 0], [1, 0], [1, 1], [0, 1]]]), "ring_not_closed", "geometry.coordinates[0]"),
    (polygon([[[0, 0], [1, 0], [1, 1], [0, 1, 5]]]), "ring_not_closed", "geometry.coordinates[0]"),
    (polygon([[[0, 0], [1, 0], [0, 0]]]), "ring_too_short", "geometry.coordinates[0]"),
    (polygon([]), "bad_field", "geometry.coordinates"), (polygon([[]]), "ring_not_closed", "geometry.coordinates[0]"),
    (polygon([[["a", 0], [1, 0], [1, 1], [0, 0]]]), "bad_field", "geometry.coordinates[0][0][0]"),
    (polygon([[[0], [1, 0], [1, 1], [0]]]), "bad_field", "geometry.coordinates[0][0]"),
    (polygon([[[0, None], [1, 0], [1, 1], [0, None]]]), "bad_field", "geometry.coordinates[0][0][1]"),
    (polygon([[[36, 137], [37, 137], [37, 138], [36, 137]]]), "swapped_position", "geometry.coordinates[0][0]"),
    (polygon([[[0, 0], [200, 0], [1, 1], [0, 0]]]), "not_a_position", "geometry.coordinates[0][1]"),
    ({"type": "MultiPolygon", "coordinates": [SQUARE, [[[0, 0], [1, 0], [1, 1]]]]}, "ring_not_closed",
     "geometry.coordinates[1][0]"),
    ({"type": "Point", "coordinates": [1, 2]}, "bad_field", "properties.radius_m"),
    ({"type": "Point", "coordinates": [36, 137]}, "bad_field", "properties.radius_m"),
    ({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}, "bad_field", "geometry.type"),
    ({"type": "GeometryCollection", "geometries": []}, "bad_field", "geometry.type"),
    (None, "bad_field", "geometry"), ({}, "bad_field", "geometry"), (5, "bad_field", "geometry"),
])
def test_outlines_that_are_none(geometry: object, code: str, at: str) -> None:
    found, where, _ = refused(collection(feature(polygon()), feature(geometry)))
    assert (found, where) == (code, f"A.geojson: features[1].{at}")


@pytest.mark.parametrize("radius", [0, -5, 2_000_001, "9", True, [5]])
def test_a_radius_is_metres_above_zero(radius: object) -> None:
    data = collection(feature({"type": "Point", "coordinates": [1, 2]}, radius_m=radius))
    assert refused(data)[:2] == ("bad_field", "A.geojson: features[0].properties.radius_m")
    swapped = collection(feature({"type": "Point", "coordinates": [36, 137]}, radius_m=5))
    assert refused(swapped)[:2] == ("swapped_position", "A.geojson: features[0].geometry.coordinates")


@pytest.mark.parametrize(("data", "code", "says"), [
    (b"", "bad_json", "empty"), (b"  \n", "bad_json", "empty"), (b'{"type":', "bad_json", "truncated"),
    (b'{"type": "FeatureCollection",\n  "features": [NaN]}', "bad_json", "NaN and Infinity are not numbers in JSON, line 2"),
    (b'{"a": -Infinity}', "bad_json", "NaN and Infinity"), (b'{"a": 1,}', "bad_json", "line 1, column 9"),
    (b"\xff\xfe{\x00", "bad_json", "not UTF-8"), (b"[" * 100_000, "bad_json", "too deeply"),
    (b'{"type": "Topology"}', "bad_input_file", "not 'Topology'"), (b"{}", "bad_input_file", "not an object without a type"),
    (b"5", "bad_input_file", "not GeoJSON"), (b'"x"', "bad_input_file", "not GeoJSON"), (b"[]", "bad_input_file", "no feature"),
    (b"[5]", "bad_field", "Expected `object`"), (b'{"type": "FeatureCollection", "features": {}}', "bad_input_file", "array"),
    (b'{"type": "FeatureCollection"}', "bad_input_file", "not one without features"), (collection(), "bad_input_file", "no feature"),
    (b'[{"type": "Point", "geometry": null}]', "bad_field", "a Feature is wanted"),
    (b'[{"type": "Feature", "geometry": null, "properties": 5}]', "bad_field", "Expected `object"),
    (collection(feature(polygon()), crs={"properties": {"name": "EPSG:3857"}}), "bad_field", "is not WGS84"),
    (b'[{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}]", "bad_json",
     "too deeply"),
    (b'[{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1e999, 2]}}]', "bad_field", "out of range"),
    (collection(feature(polygon(), a=1, upper_m=5)).replace(b'"a"', b'"upper_m"'), "bad_json", "twice"),
])
def test_files_that_are_not_geojson(data: bytes, code: str, says: str) -> None:
    found, at, detail = refused(data)
    assert found == code
    assert says in detail
    assert at.startswith("A.geojson")


@pytest.mark.parametrize(("inside", "at"), [
    ("id", "features[0].id"), ("geometry", "features[0].geometry"), ("properties", "features[0].properties"),
    ("coordinates", "features[0].geometry.coordinates"), ("features", "features")])
@pytest.mark.parametrize("room", ["", " ", "\n\t", "\r\n"])
def test_what_stands_twice_is_refused_for_two_readers_could_read_two_plans(inside: str, at: str, room: str) -> None:
    data = json.dumps({"type": "FeatureCollection", "bbox": [0, 0, 1, 1], "features": [
        {"id": 7, "bbox": [0, 0, 1, 1]} | feature(polygon() | {"bbox": [0, 0, 1, 1]}, colour="red")]})
    assert read(data.encode())[0].id == 7
    twice = data.replace(f'"{inside}":', f'"{inside}"{room}: null, "{inside}":')
    assert refused(twice.encode()) == ("bad_json", f"A.geojson: {at}", "it stands twice")


@pytest.mark.parametrize(("data", "at"), [
    (b'{"type": "Feature", "geometry": null, "geometry" : %b, "properties": {}}', "feature.geometry"),
    (b'{"type": "Feature", "geometr\\u0079": null, "geometry": %b, "properties": {}}', "feature.geometry"),
    (b'[{"type": "Feature", "properties": {"upper_m": 5}, "geometry": %b, "properties": {}}]', "[0].properties"),
    (b'{"type": "FeatureCollection", "features": [5], "features": [{"type": "Feature", "geometry": %b}]}', "features"),
    (b'{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [], "co\\u006frdinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}}',
     "feature.geometry.coordinates"),
])
def test_members_that_stand_twice_are_refused(data: bytes, at: str) -> None:
    found, where, detail = refused(data.replace(b"%b", json.dumps(polygon()).encode()))
    assert (found, where.replace("A.geojson: ", "").replace("A.geojson.", ""), detail) == ("bad_json", at, "it stands twice")


@pytest.mark.parametrize("depth", [900, 985, 1_000, 3_000])
def test_what_is_looked_at_closely_may_be_nested_deeply(depth: int) -> None:
    inner = b"[" * depth + b"5" * 5_000 + b"]" * depth
    for data in (b'{"type": "FeatureCollection", "features": [], "x": {"features": %b}}' % inner,
                 b'{"type": "Feature", "geometry": {"type": "Point", "coordinates": %b, "x": "\\u0079"}}' % inner):
        assert refused(data)[0] in ("bad_json", "bad_field", "bad_input_file")


def test_members_elsewhere_are_no_second_ones() -> None:
    given = {"geometry": 1, "properties": {"features": [{"geometry": "\\u0079", "coordinates": 5}]}, "crs": "x", "note": '"geometry"'}
    for data in (collection(feature(polygon(), **given)), json.dumps(feature(polygon(), **given)).encode()):
        assert read(data)[0].properties == given


def test_inner_objects_and_colons_in_texts_are_no_second_names() -> None:
    given = {"strength": {"troops": 1, "tanks": 2}, "note": 'say ":" twice: ":"', "a:b": 1}
    assert read(collection(feature(polygon(), **given)))[0].properties == given


def test_bounds_of_a_file() -> None:
    data = collection(feature(polygon()), feature(polygon()))
    assert refused(data, bytes=50)[0] == "too_large"
    assert refused(data, features=1) == ("too_large", "A.geojson", "2 features, at most 1")
    assert refused(data, vertices=4)[:2] == ("too_many_vertices", "A.geojson: features[0].geometry")
    assert len(read(data, bytes=len(data), features=2, vertices=5)) == 2


def survives(data: bytes) -> bool:
    """Whether the bytes are read; what they are refused with is of the catalogue and names the file."""
    try:
        read(data)
    except AntalyaError as wrong:
        return not wrong.at.startswith("A.geojson")
    return True


def test_broken_text_never_raises_anything_but_the_catalogue() -> None:
    whole = collection(feature(polygon(), operation="A", lower_m=1.5))
    assert not any(survives(whole[:cut]) for cut in range(len(whole)))
    damaged = [whole[:cut] + byte + whole[cut + 1:] for cut in range(len(whole)) for byte in (b"\x00", b"}", b"e", b"\xff")]
    assert 0 < sum(map(survives, damaged)) < len(damaged)  # a character inside a name changes only the name
