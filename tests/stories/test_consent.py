"""Consent: Manbij, 7 March 2017 [0]. Turkey names it as its next target, and the day before the chiefs of staff meet steps
back: an operation there makes no sense without the cooperation of Russia and the United States."""

from datetime import timedelta

import pytest
from tests.world import DAWN, World

from antalya.model import Circle, Understanding, Volume
from antalya.model.rules import Consent, Exceptions

MANBIJ = Understanding(
    id="manbij", title="No operation in Manbij without Russia and the United States", signatories=("TR", "RU", "US"),
    since=DAWN - timedelta(days=1), rules=(Consent(
        id="both", area="manbij", of=("RU", "US"), activities=("ground-movement", "fires"), answer_within_s=12 * 3_600.0,
        exceptions=Exceptions(operations=("0195712c-5f3a-7cc2-9d0e-00000000beef",))),))


def towards(km_west_of_manbij: float, hours: float = 24) -> Volume:
    """Two kilometres of road west of the town, for three hours."""
    centre = (37.955 - km_west_of_manbij / 89.5, 36.528)
    return Volume(outline=Circle(center=centre, radius_m=2_000), lower_m=300, upper_m=1_000,
                  starts_at=DAWN + timedelta(hours=hours), ends_at=DAWN + timedelta(hours=hours + 3))


@pytest.fixture(autouse=True)
def agreed(world: World) -> None:
    world.agree(MANBIJ)


def move(world: World, *volumes: Volume, **fields: object) -> str:
    outcome = world.file("TR", *(volumes or (towards(10),)), activity="ground-movement", forces=("TAF", "OPP"), **fields)
    return str(outcome["operation"]["id"])


def test_neither_yes_alone_is_enough(world: World) -> None:
    plan = move(world)
    assert world.clearance(plan) == "held"
    for party, after in (("RU", "held"), ("US", "clear")):
        [ask] = world.asks(party)
        assert ask["kind"] == "consent"
        world.answer(party, ask["id"], "grant")
        assert world.clearance(plan) == after


def test_the_planner_is_told_whom_to_ask(world: World) -> None:
    move(world)
    [finding] = world.findings("TR")
    assert (finding["rule_kind"], finding["why"], finding["effect"]) == ("consent", "consent-missing", "hold")
    assert [tuple(r["parties"]) for r in finding["remedies"] if r["kind"] == "obtain-consent"] == [("RU", "US")]


def test_russia_takes_its_word_back(world: World) -> None:
    plan = move(world)
    asks = {party: world.asks(party)[0]["id"] for party in ("RU", "US")}
    for party, ask in asks.items():
        world.answer(party, ask, "grant")
    world.answer("RU", asks["RU"], "withdraw")
    assert world.clearance(plan) == "held"


def test_silence_through_the_night_is_no_yes(world: World) -> None:
    plan = move(world)
    world.answer("US", world.asks("US")[0]["id"], "grant")
    world.later(hours=13)
    assert world.clearance(plan) == "held"
    assert [a["state"] for a in world.asks("RU", None)] == ["expired"]


def test_stopping_short_of_manbij_needs_nobodys_consent(world: World) -> None:
    assert world.clearance(move(world, towards(17.1))) == "clear"
    assert world.clearance(move(world, towards(16.9, hours=48))) == "held"


def test_those_who_stand_between_and_those_who_bring_bread_are_not_meant(world: World) -> None:
    for party, activity in (("US", "interposition"), ("AID", "convoy")):
        plan = world.file(party, towards(10), activity=activity)
        assert not [f for f in plan["findings"] if f["rule_kind"] == "consent"]


def test_what_the_three_agreed_to_except_is_free(world: World) -> None:
    assert world.clearance(move(world, id="0195712c-5f3a-7cc2-9d0e-00000000beef")) == "clear"
