"""wire.canonical: the bytes of RFC 8785, the same for equal things however they came."""

import json
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from antalya.model import Minima, Window
from antalya.model.errors import AntalyaError
from antalya.wire.canonical import _quick, canonical, canonical_texts, content_hash, encode, is_canonical

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "rfc8785.json").read_text(encoding="utf-8"))
NOON = datetime(2017, 3, 7, 12, tzinfo=UTC)


@pytest.mark.parametrize("vector", VECTORS["documents"], ids=lambda v: v["source"])
def test_the_documents_of_the_standard(vector: dict[str, Any]) -> None:
    assert canonical(json.loads(vector["input"])).hex() == vector["canonical_hex"]


@pytest.mark.parametrize(("bits", "text"), VECTORS["numbers"])
def test_the_numbers_of_the_standard(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number).decode() == text


@pytest.mark.parametrize("thing", [
    float("nan"), float("inf"), [1, -float("inf")], {"a": {"b": float("nan")}}, 2**53, -2**53, "\ud800", {"\ud800": 1}, {1: 2},
    {"a": [{"b": "\udfff"}]}, {"at": float("nan"), "when": NOON}, {"a": None, "b": float("nan")},
    {"a": None, "b": [-float("nan")]}, {"a": None, "b": -float("inf")}, Minima(across_m=float("nan")), {"a": None, "é": float("inf")}])
def test_what_has_no_canonical_form_is_refused(thing: object) -> None:
    with pytest.raises(AntalyaError, match="bad_json"):
        canonical(thing)


def test_endless_depth_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(AntalyaError, match="bad_json"):
        canonical(deep)


def test_one_moment_has_one_form() -> None:
    ankara = NOON.astimezone(timezone(timedelta(hours=3)))
    assert canonical(ankara) == canonical(NOON) == b'"2017-03-07T12:00:00Z"'
    assert canonical({"b": [(ankara,)], "a": 1}) == b'{"a":1,"b":[["2017-03-07T12:00:00Z"]]}'
    assert canonical(Window(starts_at=ankara, ends_at=NOON)) == (
        b'{"ends_at":"2017-03-07T12:00:00Z","starts_at":"2017-03-07T12:00:00Z"}')
    with pytest.raises(AntalyaError, match="naive_time"):
        canonical([datetime(2017, 3, 7)])  # noqa: DTZ001


def test_a_noun_and_its_builtins_have_the_same_bytes_and_hash() -> None:
    minima = Minima(across_m=500, up_m=60.0)
    assert canonical(minima) == b'{"across_m":500,"seconds":0,"up_m":60}' == canonical(json.loads(encode(minima)))
    assert content_hash(minima) == content_hash({"up_m": 60, "seconds": -0.0, "across_m": 5e2})
    assert content_hash({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # sha256 of {}


scalars = (st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
           | st.text())
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
                      max_leaves=20)


@given(values)
@settings(deadline=None)
def test_canonical_bytes_are_json_for_the_same_thing_and_stay_as_they_are(value: Any) -> None:
    raw = canonical(value)
    read = json.loads(raw, parse_int=float)  # as JavaScript has it: every number is a double
    assert read == value
    assert canonical(read) == raw


@given(st.dictionaries(st.text(), values, min_size=2, max_size=6), st.randoms())
@settings(deadline=None)
def test_the_order_of_keys_makes_no_difference(value: dict[str, Any], shuffle: Any) -> None:
    keys = list(value)
    shuffle.shuffle(keys)
    assert canonical({key: value[key] for key in keys}) == canonical(value)


ODD = st.sampled_from([0.0, -0.0, 1e15, 1e16, 1e21, 1e-4, 1e-5, 1e-7, 100.0, -100.0, 12.0, 0.30000000000000004, 5e-324, 2**53 - 1,
                       10**15, "1.0,", '"', "\\", '\\"', "a\\", ".0]", "-0.0", "1e5", "\u2028", "\x00\x1f\x7f\b\t\n\f\r"])
SCALARS = (st.none() | st.booleans() | st.integers(-2**53 + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
           | st.text(st.characters(exclude_categories=("Cs",))) | ODD)


@settings(max_examples=200)
@given(st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(
    st.text(st.characters(exclude_categories=("Cs",))) | st.sampled_from(["\ue000", "\U0001f600", "a.0,", '"']), inner), max_leaves=30))
def test_the_quick_way_gives_the_bytes_of_the_slow_one_or_none(thing: object) -> None:
    assert _quick({"a": thing}, True) in (None, rfc8785.dumps({"a": thing}))  # type: ignore[dict-item]
    document = msgspec.json.encode({"a": thing}, order="deterministic")
    assert is_canonical(document) == (rfc8785.dumps(json.loads(document, parse_int=float)) == document)
    assert is_canonical(rfc8785.dumps({"a": thing}))  # type: ignore[dict-item]


@pytest.mark.parametrize("thing", [
    {"a": 100.0, "b": [1.0, 2.5, 0.0], "c": "1.0"}, {"a": {"title": 'a "1" é\n'}},
    {"at": "2017-03-07T12:00:00Z", "n": None, "yes": True, "metres": [37.123456789012345]}])
def test_what_nouns_are_made_of_goes_the_quick_way(thing: object) -> None:
    assert _quick(thing, True) == rfc8785.dumps(thing)  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [float("nan"), {"a": [float("inf")]}, {"a": 2**53}, {"a": 1e-7}, {"a": [-0.0]},
                                   {"\U0001f600": 1}, {"a": 1.0, "b": "1.0,"}])
def test_what_the_quick_way_leaves_to_the_slow_one(thing: object) -> None:
    assert _quick(thing) is None


class Measured(msgspec.Struct):
    metres: float | None
    others: tuple[int, ...] = ()


class Counted(msgspec.Struct):
    pieces: int | None


def test_a_noun_that_could_hold_no_number_at_all_is_looked_at_closely() -> None:
    assert canonical(Measured(None)) == b'{"metres":null,"others":[]}'
    assert canonical(Counted(None)) == b'{"pieces":null}'
    with pytest.raises(AntalyaError, match="bad_json"):
        canonical(Measured(float("nan")))


@pytest.mark.parametrize("document", [b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1.0}', b'{"a":1e2}', b'{"a":1,"a":1}', b'{"a":"\\u0041"}',
                                      b"{", b"", b"\xff", b'{"a":NaN}', b"[" * 100_000, b'{"a":"\xed\xa0\x80"}'])
def test_documents_that_are_not_canonical(document: bytes) -> None:
    assert not is_canonical(document)


@pytest.mark.parametrize("texts", [[], [["a", "b"], ["ü", "\U0001f600\u2028\x07\"\\"]], [["1234567890123456"], [",1234567890123456"]]])
def test_lists_of_texts(texts: list[list[str]]) -> None:
    assert canonical_texts(texts) == rfc8785.dumps(texts)  # type: ignore[arg-type]


def test_half_a_surrogate_pair_in_a_list_is_refused() -> None:
    with pytest.raises(AntalyaError, match="bad_json"):
        canonical_texts([["\ud800"]])


class Whole(msgspec.Struct):
    count: int
    of: str | None = None


@given(st.integers(-2**53 + 1, 2**53 - 1), st.none() | st.text(st.characters(exclude_categories=("Cs",))))
def test_nouns_with_whole_numbers_only(count: int, of: str | None) -> None:
    assert canonical(Whole(count, of)) == rfc8785.dumps({"count": count, "of": of})


@pytest.mark.parametrize("count", [2**53, -2**53, 10**17])
def test_a_whole_number_that_is_no_double_is_refused(count: int) -> None:
    with pytest.raises(AntalyaError, match="bad_json"):
        canonical(Whole(count))
