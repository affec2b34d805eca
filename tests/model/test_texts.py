"""No text that comes from outside can hold what would mislead its reader, in whatever field it stands."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies

from antalya.model.errors import AntalyaError
from antalya.model.rules import Contact, Hotline
from antalya.wire.decode import from_builtins

FREE = {"name", "names", "title", "note", "source", "contact", "inspected_by", "conditions", "role", "address", "id"}
"""Fields whose text a party chooses freely; all others are numbers, times, words of a list, or ids of things that must exist."""

MISLEADING = ("\0", "\x07", "\x7f", "\u202e", "\u2067", "\u200f", "\u061c", "\u200b", "\u2028", "\ufeff", "\ud800", "\U000e0041")
filed = st.one_of(strategies.operations, strategies.parties, strategies.forces, strategies.areas, strategies.stances(),
                  strategies.controls(), strategies.sites(), strategies.understandings(), strategies.answers)


def places(thing: Any, name: str = "") -> list[tuple[Any, Any]]:
    """The holder and key of every free text in builtins."""
    parts = thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ()
    found: list[tuple[Any, Any]] = []
    for key, value in parts:
        field = key if isinstance(key, str) and name != "names" else name
        if isinstance(value, str) and field in FREE:
            found.append((thing, key))
        found += places(value, field)
    return found


@settings(max_examples=150)
@given(filed, st.data())
def test_a_free_text_that_could_mislead_is_refused_wherever_it_stands(noun: Any, data: st.DataObject) -> None:
    plain = msgspec.to_builtins(noun)
    assert from_builtins(plain, type(noun)) == noun
    holder, key = data.draw(st.sampled_from(places(plain)), label="place")
    holder[key] = f"a{data.draw(st.sampled_from(MISLEADING))}b"
    with pytest.raises(AntalyaError) as wrong:
        from_builtins(plain, type(noun))
    assert wrong.value.code.name == "bad_text"


def test_a_hotline_s_contacts_are_looked_at_too() -> None:
    with pytest.raises(AntalyaError, match="bad_text"):
        Hotline(id="h", rungs=(Contact(party="TR", role="duty\u202eofficer"),))


@pytest.mark.parametrize("text", ["Menbic", "منبج", "Манбидж", "מנבג", "می‌خواهم", "👩‍🚒", "two\nlines\tand a tab",
                                  "Zürich – «Brücke»"])
def test_ordinary_texts_pass(text: str) -> None:
    assert from_builtins({"id": "x", "name": text, "answers": "TR"}, strategies.Force).name == text
