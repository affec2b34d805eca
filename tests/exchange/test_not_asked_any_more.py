"""Whoever is not asked any more sees no more because it was asked, and says yes to nothing, whatever it answered before."""

from typing import Any

import pytest
from msgspec.structs import replace
from tests.world import DAWN, World, hours, volume

from antalya.exchange import agreeing, viewing
from antalya.exchange.hub import Evidence
from antalya.model import Force, Operation, Understanding
from antalya.model.errors import AntalyaError
from antalya.model.parties import Level
from antalya.model.rules import Consent
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer

ANSWERS: list[str | None] = ["refuse", "grant", None]


def agree(world: World, consent: Level = "envelope", **fields: Any) -> None:
    """Turkey and Russia: whoever comes to Manbij asks Russia."""
    world.agree(Understanding(**({
        "id": "m", "title": "Manbij", "signatories": ("TR", "RU"), "since": DAWN - hours(1),
        "rules": (Consent(id="c", area="manbij", of=("RU",)),), "disclosure": Disclosure(consent=consent)} | fields)))


def asked(world: World, answer: str | None = "refuse", **fields: Any) -> Operation:
    """An operation of Turkey's about which Russia was asked, and what it said; None: it let the deadline pass."""
    operation = world.operation("TR", volume(start=DAWN + hours(30), end=DAWN + hours(32)), **fields)
    world.file("TR", *operation.volumes, id=operation.id, **fields)
    [ask] = world.asks("RU")
    if answer is None:
        world.later(hours=24)
    else:
        world.answer("RU", ask["id"], answer)
    return operation


def levels(world: World, party: str = "RU") -> list[str]:
    return [o["level"] for o in world.picture(party)["operations"]]


def every_finding(world: World, party: str = "RU") -> list[tuple[str, str]]:
    return [(f["why"], f["level"]) for f in world.findings(party, open_only=False)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_under_a_suspended_agreement_nobody_is_asked(world: World, answer: str | None) -> None:
    agree(world)
    asked(world, answer)
    assert levels(world) == ["envelope"]
    agreeing.set_status(world.hub, Viewer("TR"), "m", "suspended", Evidence(b"s"))
    assert (levels(world), every_finding(world)) == ([], [])


@pytest.mark.parametrize("answer", ANSWERS)
def test_neither_is_who_answers_for_the_force_no_more(world: World, answer: str | None) -> None:
    asked(world, answer, forces=("RUF",))
    assert levels(world) == ["envelope"]
    world.put(Force(id="RUF", name="RUF", answers="US"), version=1)
    assert (levels(world), levels(world, "US")) == ([], ["envelope"])


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_closed_shows_nothing_of_where_the_operation_is_now(world: World, answer: str | None) -> None:
    """Russia saw all of it while it was to come to Manbij; now it is elsewhere, with a force of Russia's."""
    agree(world, "details")
    operation = asked(world, answer)
    assert levels(world) == ["details"]
    away = volume(40.0, 35.0, start=DAWN + hours(30), end=DAWN + hours(32))
    world.change(replace(operation, volumes=(away,), forces=("RUF",)), 1)
    assert levels(world) == ["envelope"]
    assert every_finding(world) == [("joint-force", "envelope")]


def test_neither_does_a_clash_that_is_closed(world: World) -> None:
    agree(world, disclosure=Disclosure(clash="details"))
    here = volume(40.0, 35.0)
    world.file("RU", here)
    operation = world.operation("TR", here)
    world.file("TR", here, id=operation.id)
    world.change(replace(operation, volumes=(volume(45.0, 35.0),), forces=("RUF",)), 1)
    assert every_finding(world) == [("clash", "details"), ("joint-force", "envelope")]


def test_whoever_must_consent_sees_what_was_agreed_until_that_is_over(world: World) -> None:
    agree(world, "details", until=DAWN + hours(3))
    operation = world.operation("TR", volume())
    world.file("TR", volume(), id=operation.id)
    assert levels(world) == ["details"]
    world.later(hours=3)
    assert levels(world) == ["envelope"]


def test_less_than_an_envelope_stays_less(world: World) -> None:
    agree(world, "overlap", until=DAWN + hours(3))
    world.file("TR")
    assert levels(world) == []
    world.later(hours=3)
    assert levels(world) == []


def test_a_refusal_is_not_turned_into_a_yes_while_nothing_is_asked(world: World) -> None:
    """It would count, unasked, as soon as the operation came back."""
    agree(world)
    operation = asked(world)
    [ask] = world.asks("RU", "refused")
    world.change(replace(operation, volumes=(volume(40.0, 35.0, start=DAWN + hours(30), end=DAWN + hours(32)),)), 1)
    with pytest.raises(AntalyaError, match="not asked at present"):
        world.answer("RU", ask["id"], "grant")
    world.change(operation, 2)
    assert world.clearance(operation.id) == "blocked"
    world.answer("RU", ask["id"], "grant")
    assert world.clearance(operation.id) == "clear"


def test_nor_by_who_answers_for_the_force_no_more(world: World) -> None:
    asked(world, forces=("RUF",))
    [ask] = world.asks("RU", "refused")
    world.put(Force(id="RUF", name="RUF", answers="US"), version=1)
    with pytest.raises(AntalyaError, match="not asked at present"):
        world.answer("RU", ask["id"], "grant")


def test_conditions_are_accepted_for_as_long_as_they_are(world: World) -> None:
    """The owner's word that it keeps them ran out a moment ago; the exchange has not noticed yet."""
    agree(world)
    operation = asked(world, None)
    world.change(replace(operation, note="again"), 1)
    [ask] = world.asks("RU")
    world.answer("RU", ask["id"], "grant-with-conditions", conditions=("by day",))
    [conditions] = world.asks("TR")
    until = world.clock.now + hours(1)
    world.answer("TR", conditions["id"], "grant", valid_until=until)
    assert world.clearance(operation.id) == "clear"
    world.clock.now = until
    assert world.clearance(operation.id) == "held"
    assert viewing.finding(world.hub, Viewer("TR"), ask["finding"])["settled"] is False
