"""wire.decode: laws for every noun, and what the two readers (one for keys, one for types) see differently."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies

from antalya.model import Operation, Window
from antalya.model.errors import AntalyaError
from antalya.wire.canonical import canonical, content_hash, encode
from antalya.wire.decode import decode, from_builtins

OPEN_RING = """{"id":"a","party":"TR","activity":"patrol","volumes":[{"outline":{"type":"Polygon","coordinates":
[[[0,0],[1,0],[1,1],[0,1]]]},"lower_m":0,"upper_m":1,"starts_at":"2017-01-01T00:00:00Z","ends_at":"2017-01-01T00:00:00Z"}],%s}"""


def refused(raw: bytes, kind: Any) -> tuple[str, str]:
    with pytest.raises(AntalyaError) as wrong:
        decode(raw, kind)
    return wrong.value.code.name, wrong.value.at


def outcome(raw: bytes, kind: Any) -> object:
    """The type of what was read, or the status of the refusal."""
    try:
        return type(decode(raw, kind))
    except AntalyaError as failure:
        return failure.code.status


@settings(max_examples=120)
@given(strategies.nouns)
def test_every_noun_comes_back_from_its_bytes(noun: Any) -> None:
    kind = type(noun)
    assert decode(encode(noun), kind) == noun
    again = decode(canonical(noun), kind)
    assert again == noun
    assert canonical(again) == canonical(noun)
    assert content_hash(again) == content_hash(noun)
    assert from_builtins(json.loads(canonical(noun)), kind) == noun


@settings(max_examples=100)
@given(strategies.nouns, st.data())
def test_a_noun_s_bytes_that_were_damaged_are_read_or_refused_with_a_code(noun: Any, data: st.DataObject) -> None:
    raw = bytearray(encode(noun))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.sampled_from(b'\x00"\\{}[]:,0e-.nZ\xff\xc3 '))
    assert outcome(bytes(raw), type(noun)) in (400, 422, type(noun))


@given(st.binary() | st.text().map(str.encode) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
).map(lambda x: json.dumps(x).encode()))
def test_any_bytes_are_read_or_refused_with_a_code(raw: bytes) -> None:
    assert outcome(raw, Operation) in (400, 422)
    assert outcome(raw, Window) in (400, 422)
    assert outcome(raw, object) in (400, dict, list, str, int, float, bool, type(None))


@pytest.mark.parametrize("later", [
    '"priority":1e999', '"forces":["\\ud800"]', '"title":"\\udc00x"', '"strength":{"troops":' + "9" * 400 + "}",
    '"note":' + "[" * 950 + "]" * 950, '"disclosure":{"a":"all"}'])
def test_what_follows_a_refused_noun_does_not_hide_it(later: str) -> None:
    assert refused((OPEN_RING % later).encode(), Operation)[0] in ("ring_not_closed", "bad_json")


def test_a_ring_is_named_though_a_number_after_it_is_out_of_range() -> None:
    assert refused((OPEN_RING % '"priority":1e999').encode(), Operation) == ("ring_not_closed", "volumes[0].outline.coordinates[0]")


@pytest.mark.parametrize(("starts_at", "ends_at", "at"), [
    ("0001-01-01T00:00:00+23:59", "2017-01-01T00:00:00Z", "starts_at"),
    ("2017-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-00:01", "ends_at")])
def test_times_that_no_calendar_has_in_utc(starts_at: str, ends_at: str, at: str) -> None:
    given_ = {"starts_at": starts_at, "ends_at": ends_at}
    assert refused(json.dumps(given_).encode(), Window) == ("bad_field", at)
    with pytest.raises(AntalyaError, match="bad_field"):
        from_builtins(given_, Window)


def test_the_first_and_the_last_moment_are_times() -> None:
    raw = b'{"starts_at":"0001-01-01T00:00:00Z","ends_at":"9999-12-31T23:59:59.999999Z"}'
    assert msgspec.json.encode(decode(raw, Window)) == raw
