"""Separation: over the Euphrates, November 2017 [1][2], two A-10s came within 300 feet of a Su-24. The memorandum of October
2015 [3][4] keeps flights apart and excludes telling each other more: they note where, not the specifics."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.world import World, hours

from antalya.exchange import agreeing
from antalya.exchange.hub import Evidence
from antalya.model import Circle, Understanding, Volume
from antalya.model.rules import Separation
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer

FEET = 0.3048
MEMORANDUM = Understanding(
    id="memorandum", title="Safety of flights", signatories=("US", "RU"), since=datetime(2015, 10, 20, tzinfo=UTC),
    disclosure=Disclosure(clash="overlap"),
    rules=(Separation(id="safe-flight", across_m=5_556, up_m=3_000 * FEET, seconds=300, activities=("flight",),
                      between=("US", "RU")),))


@pytest.fixture(autouse=True)
def november(world: World) -> None:
    world.clock.now = datetime(2017, 11, 15, 6, tzinfo=UTC)
    world.agree(MEMORANDUM)


def flight(world: World, party: str, lower_ft: float, start_h: float = 24, **fields: Any) -> dict[str, Any]:
    start = world.clock.now + hours(start_h)
    corridor = Volume(outline=Circle(center=(40.6, 34.9), radius_m=8_000), lower_m=lower_ft * FEET,
                      upper_m=(lower_ft + 2_000) * FEET, starts_at=start, ends_at=start + timedelta(minutes=40))
    return world.file(party, corridor, activity="flight", forces=({"US": "USF", "RU": "RUF"}[party],), **fields)


def test_three_hundred_feet_is_not_three_thousand(world: World) -> None:
    flight(world, "RU", 15_000)
    outcome = flight(world, "US", 17_300)
    assert outcome["clearance"] == "held"
    [finding] = world.findings(Viewer("broker", True))
    assert (finding["kind"], finding["rule"], finding["understanding"]) == ("clash", "safe-flight", "memorandum")
    assert finding["met"][0]["vertical_gap_m"] == pytest.approx(300 * FEET, abs=0.01)
    assert finding["severity"] == "warning"


def test_three_thousand_feet_apart_they_pass(world: World) -> None:
    flight(world, "RU", 15_000)
    assert flight(world, "US", 20_001)["clearance"] == "clear"
    assert flight(world, "US", 19_999)["clearance"] == "held"


def test_five_minutes_apart_they_pass_too(world: World) -> None:
    flight(world, "RU", 15_000)
    assert flight(world, "US", 15_000, start_h=24 + 45 / 60)["clearance"] == "clear"
    assert flight(world, "US", 15_000, start_h=24 + 44 / 60)["clearance"] == "held"


def test_each_side_learns_where_and_when_and_no_more(world: World) -> None:
    flight(world, "RU", 15_000, title="Su-24, two aircraft", note="Mayadin and back")
    flight(world, "US", 17_300, title="A-10, two aircraft", note="close air support")
    for viewer, foreign in (("US", ("Su-24", "Mayadin", "RUF")), ("RU", ("A-10", "close air support", "USF"))):
        [finding] = world.findings(viewer)
        assert finding["level"] == "overlap"
        assert finding["met"][0]["region"]["coordinates"]
        told = json.dumps([finding, world.asks(viewer)], default=str)
        assert not [word for word in foreign if word in told]


def test_the_one_with_the_right_of_way_is_asked_and_may_let_it_pass(world: World) -> None:
    flight(world, "RU", 15_000)
    plan = flight(world, "US", 17_300)["operation"]["id"]
    [ask] = world.asks("RU")
    world.answer("RU", ask["id"], "grant")
    assert world.clearance(plan) == "clear"


def test_the_advice_each_side_can_take_is_its_own(world: World) -> None:
    flight(world, "RU", 15_000)
    flight(world, "US", 16_000)
    up = [r for r in world.findings("US")[0]["remedies"] if r["kind"] == "stay-above"]
    down = [r for r in world.findings("RU")[0]["remedies"] if r["kind"] == "stay-below"]
    assert (up, down) == ([], [])  # neither band reaches 3,000 feet beyond the other: a trim would not do


def test_suspended_it_only_warns_and_the_defaults_stand(world: World) -> None:
    flight(world, "RU", 15_000)
    plan = flight(world, "US", 18_500)["operation"]["id"]  # 1,500 feet: wide enough by default
    assert world.clearance(plan) == "held"
    agreeing.set_status(world.hub, Viewer("RU"), "memorandum", "suspended", Evidence(b"{}"))
    assert world.clearance(plan) == "clear"
    [finding] = world.findings("US")
    assert (finding["effect"], finding["severity"]) == ("none", "warning")
    near = flight(world, "US", 17_300)
    assert near["clearance"] == "held"
