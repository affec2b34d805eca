"""Threshold: the Vienna Document of 2011. From 9,000 troops, 250 tanks, 500 armoured vehicles or 250 guns on, an exercise is
notified 42 days ahead."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.world import World

from antalya.model import Circle, Strength, Understanding, Volume
from antalya.model.rules import Threshold

DAYS_42 = timedelta(days=42)
VIENNA = Understanding(
    id="vienna", title="Vienna Document 2011", signatories=("TR", "RU", "US"), since=datetime(2011, 12, 1, tzinfo=UTC), rules=(
        Threshold(id="notify", from_size=Strength(troops=9_000, tanks=250, armoured_vehicles=500, guns=250),
                  notice_s=DAYS_42.total_seconds(), notify=("TR", "RU", "US"), activities=("exercise",)),))


@pytest.fixture(autouse=True)
def agreed(world: World) -> None:
    world.agree(VIENNA)


def exercise(world: World, ahead: timedelta, **fields: Any) -> dict[str, Any]:
    start = world.clock.now + ahead
    ground = Volume(outline=Circle(center=(36.2, 37.9), radius_m=20_000), lower_m=0, upper_m=5_000, starts_at=start,
                    ends_at=start + timedelta(days=9))
    return world.file("TR", ground, **({"activity": "exercise", "forces": ("TAF",)} | fields))


@pytest.mark.parametrize("size", [Strength(troops=9_000), Strength(tanks=250), Strength(armoured_vehicles=500),
                                  Strength(guns=250)])
def test_any_one_of_the_four_is_enough(world: World, size: Strength) -> None:
    assert exercise(world, DAYS_42 - timedelta(seconds=1), strength=size)["clearance"] == "blocked"


def test_just_below_all_four_nothing_is_due(world: World) -> None:
    small = Strength(troops=8_999, tanks=249, armoured_vehicles=499, guns=249, aircraft=500, vehicles=5_000)
    outcome = exercise(world, timedelta(days=1), strength=small)
    assert (outcome["clearance"], list(outcome["findings"])) == ("clear", [])


def test_forty_two_days_ahead_the_others_are_told_and_nobody_is_held(world: World) -> None:
    outcome = exercise(world, DAYS_42, strength=Strength(troops=12_000))
    assert outcome["clearance"] == "clear"
    [finding] = outcome["findings"]
    assert (finding["why"], finding["severity"], finding["effect"]) == ("size-notice", "info", "none")
    for party in ("RU", "US"):
        [ask] = world.asks(party)
        assert (ask["kind"], ask["operation"]) == ("acknowledgement", outcome["operation"]["id"])
    assert {a["of"] for a in world.asks("TR")} == {"RU", "US"}


def test_too_late_it_can_be_made_smaller_or_begin_later(world: World) -> None:
    outcome = exercise(world, timedelta(days=41), strength=Strength(troops=12_000, tanks=260))
    [finding] = outcome["findings"]
    remedies = {r["kind"]: r for r in finding["remedies"]}
    assert remedies.keys() == {"start-after", "file-earlier", "reduce", "withdraw"}
    assert "troops, tanks" in remedies["reduce"]["text"]
    later = datetime.fromisoformat(remedies["start-after"]["instant"]) - world.clock.now
    assert DAYS_42 < later <= DAYS_42 + timedelta(hours=2)
    assert exercise(world, later, strength=Strength(troops=12_000))["clearance"] == "clear"


def test_a_patrol_is_no_exercise(world: World) -> None:
    assert exercise(world, timedelta(days=1), activity="patrol", strength=Strength(troops=20_000))["clearance"] == "clear"
