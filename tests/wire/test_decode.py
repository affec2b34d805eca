"""wire.decode: bad input becomes an error of the catalogue that names the place, whatever is sent."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antalya.model import Area, Minima, Operation, Party, Polygon, Understanding, Window
from antalya.model.errors import CATALOGUE, AntalyaError
from antalya.wire.canonical import encode
from antalya.wire.decode import decode, from_builtins

RING = [[38.0, 36.0], [38.1, 36.0], [38.1, 36.1], [38.0, 36.0]]
SPAN = {"starts_at": "2017-03-07T06:00:00Z", "ends_at": "2017-03-07T08:00:00Z"}


def volume(**fields: object) -> dict[str, Any]:
    return {"outline": {"type": "Polygon", "coordinates": [RING]}, "lower_m": 0.0, "upper_m": 100.0, **SPAN, **fields}


def operation(*volumes: dict[str, Any], **fields: object) -> dict[str, Any]:
    return {"id": "0190163d-8694-739b-aea5-966c26f8ad91", "party": "TR", "activity": "patrol",
            "volumes": list(volumes) or [volume()], **fields}


def code_of(raw: bytes, kind: Any) -> str | None:
    """The code of the refusal; None where it was read."""
    try:
        decode(raw, kind)
    except AntalyaError as failure:
        return failure.code.name
    return None


def refused(raw: bytes, kind: Any, at: str = "") -> tuple[str, str]:
    with pytest.raises(AntalyaError) as wrong:
        decode(raw, kind, at=at)
    return wrong.value.code.name, wrong.value.at


def test_what_was_encoded_is_decoded_to_the_same_noun() -> None:
    made = decode(json.dumps(operation()).encode(), Operation)
    assert decode(encode(made), Operation) == made
    assert from_builtins(operation(), Operation) == made


@pytest.mark.parametrize("raw", [
    b"", b"{", b"{} {}", b"{}\x00", b'{"a":01}', b"{'across_m':1}", b'{"across_m":1,}', b"\xef\xbb\xbf{}", b'{"across_m":"\xff"}',
    b'{"across_m":NaN}', b'{"across_m":Infinity}', b'{"across_m":-Infinity}', b'{"across_m":1,"across_m":1}',
    b'{"across_m":1,"\\u0061cross_m":2}', b'{"a":"\\ud800"}', b'{"\\udfff":1}', b'{"a":"tab\tin it"}',
    b'{"across_m":' + b"9" * 5_000 + b"}", "{}".encode("utf-16"),
], ids=repr)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    assert refused(raw, Minima) == ("bad_json", "")


def test_a_key_that_stands_twice_deep_inside_is_refused() -> None:
    raw = json.dumps(operation()).replace('"lower_m": 0.0', '"lower_m": 0.0, "lower_m": 9000.0').encode()
    assert refused(raw, Operation)[0] == "bad_json"


@pytest.mark.parametrize("raw", [b'["\\ud800"]', b'{"a":["\\udc00\\ud800"]}', b'[{"a":[["\\ud83d"]]}]'])
def test_half_a_surrogate_pair_is_refused_anywhere(raw: bytes) -> None:
    assert refused(raw, object) == ("bad_json", "")


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert decode(b'"\\ud83d\\ude00"', str) == "\U0001f600"


@pytest.mark.parametrize(("given", "code", "at"), [
    (operation(volume(lower_m="0")), "bad_field", "volumes[0].lower_m"),
    (operation(volume(), volume(lower_m=None)), "bad_field", "volumes[1].lower_m"),
    (operation(colour="red"), "bad_field", "colour"),
    (operation(volume(colour="red")), "bad_field", "volumes[0].colour"),
    ({k: v for k, v in operation().items() if k != "party"}, "bad_field", "party"),
    (operation(volume(), {k: v for k, v in volume().items() if k != "upper_m"}), "bad_field", "volumes[1].upper_m"),
    (operation(activity="war"), "bad_field", "activity"),
    (operation(volume(starts_at="2017-03-07T06:00:00")), "naive_time", "volumes[0].starts_at"),
    (operation(volume(starts_at="yesterday")), "bad_field", "volumes[0].starts_at"),
    (operation(volume(), volume(ends_at="2017-03-07T05:00:00Z")), "bad_window", "volumes[1].ends_at"),
    (operation(volume(), volume(), volume(lower_m=100.0)), "bad_band", "volumes[2].upper_m"),
    (operation(volume(outline={"type": "Polygon", "coordinates": [RING[:3]]})), "ring_not_closed",
     "volumes[0].outline.coordinates[0]"),
    (operation(volume(), volume(outline={"type": "Circle", "center": [36.0, 138.0], "radius_m": 5.0})), "swapped_position",
     "volumes[1].outline.center"),
    (operation(volume(outline={"type": "MultiPolygon", "coordinates": [[RING], [RING, RING[1:]]]})), "ring_not_closed",
     "volumes[0].outline.coordinates[1][1]"),
    (operation(volume(outline={"type": "Square", "coordinates": []})), "bad_field", "volumes[0].outline.type"),
    (operation(id=""), "bad_field", "id"),
    (operation(party="T\u202eR"), "bad_text", "party"),
    ([], "bad_field", ""), (None, "bad_field", ""), (7, "bad_field", ""),
])
def test_the_place_is_named_from_bytes_and_from_builtins(given: Any, code: str, at: str) -> None:
    assert refused(json.dumps(given).encode(), Operation) == (code, at)
    with pytest.raises(AntalyaError) as wrong:
        from_builtins(given, Operation, at="file: plan")
    assert (wrong.value.code.name, wrong.value.at) == (code, f"file: plan.{at}" if at else "file: plan")


def test_the_way_leads_through_rules_and_lists() -> None:
    agreed = {"id": "u", "title": "t", "signatories": ["A"], "since": "2015-10-20T00:00:00Z",
              "rules": [{"kind": "pause", "id": "p", "window": SPAN}, {"kind": "consent", "id": "c", "of": ["B"], "quorum": 2}]}
    assert refused(json.dumps(agreed).encode(), Understanding) == ("bad_field", "rules[1].quorum")
    assert refused(b'[{"across_m":1},{"across_m":-1}]', list[Minima]) == ("bad_field", "[1].across_m")
    assert refused(json.dumps([SPAN, {**SPAN, "ends_at": "2000-01-01T00:00:00Z"}]).encode(), list[Window], "body") == (
        "bad_window", "body[1].ends_at")


def test_a_noun_s_own_refusal_keeps_its_extra_members() -> None:
    class Loud(msgspec.Struct):
        x: int

        def __post_init__(self) -> None:
            raise AntalyaError(wrong.value.code, "no", at="x", hint=self.x)

    with pytest.raises(AntalyaError) as wrong:
        decode(b"[]", Minima)
    with pytest.raises(AntalyaError) as again:
        decode(b'[{"x":3}]', list[Loud])
    assert (again.value.at, again.value.extra) == ("[0].x", {"hint": 3})


@pytest.mark.parametrize("depth", [100, 500, 900, 990, 1_000, 1_100, 100_000, 1_000_000])
@pytest.mark.parametrize("kind", [object, Operation, Understanding, Polygon, dict[str, object]])
@pytest.mark.parametrize("bomb", [lambda n: b"[" * n + b"]" * n, lambda n: b'{"a":' * n + b"1" + b"}" * n, lambda n: b"[" * n,
                                  lambda n: b'{"note":' + b"[" * n + b"]" * n + b"}",
                                  lambda n: b'{"type":"Polygon","coordinates":' + b"[" * n + b"]" * n + b"}"])
def test_depth_bombs_are_refused_or_read_but_never_overflow(depth: int, kind: Any, bomb: Any) -> None:
    code = code_of(bomb(depth), kind)
    assert code in ("bad_json", "bad_field") or (code is None and depth < 1_000)


def test_deep_builtins_never_overflow() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert len(from_builtins(deep, list[object])) == 1
    with pytest.raises(AntalyaError, match="bad_field"):
        from_builtins({"id": "a", "name": "n", "outline": deep}, Area)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_only_toml_can_say_are_refused(number: float) -> None:
    rule = {"kind": "keep-out", "id": "k", "lower_m": number, "outline": {"type": "Polygon", "coordinates": [RING]}}
    agreed = {"id": "u", "title": "t", "signatories": ["A"], "since": "2015-10-20T00:00:00Z", "rules": [rule]}
    with pytest.raises(AntalyaError) as wrong:
        from_builtins(agreed, Understanding, at="rules.toml")
    assert (wrong.value.code.name, wrong.value.at) == ("bad_field", "rules.toml.rules[0].lower_m")


scalars = (st.none() | st.booleans() | st.integers(-2**63, 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
           | st.text())
json_values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
                           max_leaves=12)
FIELDS = ("id", "party", "activity", "volumes", "forces", "note", "rules", "title", "name", "keys")
bodies = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, json_values))


@given(bodies | json_values, st.sampled_from([Operation, Understanding, Party, Area]))
@settings(deadline=None)
def test_any_json_is_read_or_refused_with_a_code(value: Any, kind: Any) -> None:
    code = code_of(json.dumps(value).encode(), kind)
    assert code is None or 400 <= CATALOGUE[code].status < 500


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_are_read_or_refused_with_a_code(raw: bytes) -> None:
    code = code_of(raw, object)
    assert code == "bad_json" or (code is None and json.loads(raw) == decode(raw, object))


@given(json_values)
@settings(deadline=None)
def test_what_the_standard_library_writes_is_read_as_it_was(value: Any) -> None:
    assert decode(json.dumps(value).encode(), object) == value
    assert decode(json.dumps(value, ensure_ascii=False).encode(), object) == value


def written(value: Any) -> str:
    """JSON as programs write it, of objects that are lists of pairs: a key may stand twice."""
    if isinstance(value, tuple):
        return "{" + ",".join(f"{json.dumps(key)}:{written(inner)}" for key, inner in value) + "}"
    return "[" + ",".join(map(written, value)) + "]" if isinstance(value, list) else json.dumps(value)


def twice(value: Any) -> bool:
    """Whether a key stands twice in an object of it."""
    keys = [key for key, _ in value] if isinstance(value, tuple) else []
    inner = [v for _, v in value] if isinstance(value, tuple) else value if isinstance(value, list) else []
    return len(set(keys)) < len(keys) or any(map(twice, inner))


OBJECTS = st.recursive(st.integers(0, 9) | st.text(max_size=2), lambda inner: st.lists(inner, max_size=3) | st.lists(
    st.tuples(st.sampled_from(["a", "b", "\u00e9", ""]), inner), max_size=3).map(tuple), max_leaves=12)


@given(OBJECTS)
@settings(max_examples=500)
def test_a_key_that_stands_twice_is_seen_however_a_program_writes_it(value: Any) -> None:
    for raw in (written(value), json.dumps(json.loads(written(value)))):
        expected = "bad_json" if twice(value) and raw == written(value) else None
        assert code_of(raw.encode(), object) == expected
