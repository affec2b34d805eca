"""The nouns: frozen, checked when they are made, the same after JSON, and described by their schema."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import force_setattr

from antalya import model
from antalya.entry.http import examples
from antalya.model.errors import CATALOGUE, AntalyaError, error
from antalya.model.operations import ACTIVITIES, MINIMA, NEXT, minima
from antalya.scenario import load

NOUNS = [model.Party, model.Force, model.Stance, model.Area, model.Control, model.Site, model.Understanding, model.Operation]
DAY = load()


@pytest.mark.parametrize("noun", [*DAY.registry, *DAY.operations], ids=lambda n: f"{type(n).__name__}-{n.id}")
def test_every_noun_of_the_scenario_survives_json_and_fits_its_schema(noun: Any) -> None:
    raw = msgspec.json.encode(noun)
    assert msgspec.json.decode(raw, type=type(noun)) == noun
    Draft202012Validator(msgspec.json.schema(type(noun))).validate(json.loads(raw))


@pytest.mark.parametrize("kind", NOUNS, ids=lambda k: k.__name__)
def test_unknown_fields_are_refused(kind: type) -> None:
    schema = msgspec.json.schema(kind)
    assert schema["$defs"][kind.__name__]["additionalProperties"] is False


def test_nouns_do_not_change() -> None:
    party = model.Party(id="TR", name="Turkey")
    with pytest.raises(AttributeError):
        party.name = "Other"  # type: ignore[misc]
    force_setattr(party, "name", "Turkey")
    assert hash(party) == hash(model.Party(id="TR", name="Turkey"))


@pytest.mark.parametrize("name", ["a\u0000b", "safe\u202egpj.exe", "\u2067x", "a\u200fb", "line\u001b[2J", "\ufeffx"])
def test_texts_that_could_mislead_are_refused(name: str) -> None:
    with pytest.raises(AntalyaError) as caught:
        model.Party(id="X", name=name)
    assert caught.value.code.name == "bad_text"


@pytest.mark.parametrize("name", ["Türkiye", "Сирия", "منبج", "Ἀττάλεια", "中文", "O’Brien – 2"])
def test_ordinary_names_of_any_language_pass(name: str) -> None:
    assert model.Party(id="X", name=name).name == name


def test_minima_are_symmetric_and_every_activity_has_them() -> None:
    assert set(MINIMA) == set(ACTIVITIES)
    for one in ACTIVITIES:
        for other in ACTIVITIES:
            assert minima(one, other) == minima(other, one)


def test_no_state_leads_out_of_the_end() -> None:
    assert NEXT["ended"] == NEXT["withdrawn"] == frozenset()
    assert {after for nexts in NEXT.values() for after in nexts} <= set(NEXT)


def test_the_catalogue_has_a_next_step_for_every_code_and_one_shape() -> None:
    for code in CATALOGUE.values():
        assert code.next_step.endswith(".")
        assert 400 <= code.status < 600
        assert code.exit_code != 0
    problem = error("bad_field", "d", at="a.b").problem("urn:x")
    assert set(problem) == {"type", "title", "status", "detail", "code", "next_step", "at", "instance"}


def test_the_examples_of_the_api_are_nouns() -> None:
    for kind, example in ((model.Operation, examples.OPERATION), (model.Party, examples.PARTY), (model.Site, examples.SITE),
                          (model.Understanding, examples.UNDERSTANDING), (model.Area, examples.AREA)):
        assert msgspec.convert(example, kind).id == example["id"]
