"""Limit: permits in the buffer zone of Cyprus (UNFICYP), for farming, work and access, by daylight and for few at a time; and
the dispute of 2022 over whether a farmer was authorised. (Hours, numbers and place are illustrative.)"""

from datetime import time, timedelta

import pytest
from tests.world import DAWN, World

from antalya.model import Circle, Party, Polygon, Strength, Understanding, Volume
from antalya.model.rules import Exceptions, Limit

BUFFER_ZONE = Polygon(coordinates=(((33.10, 35.08), (33.20, 35.08), (33.20, 35.12), (33.10, 35.12), (33.10, 35.08)),))
PERMITTED_AT_NIGHT = "0195712c-5f3a-7cc2-9d0e-00000000feed"
PERMITS = Understanding(
    id="permits", title="Permits in the buffer zone", signatories=("UN", "CY"), since=DAWN - timedelta(days=30), rules=(
        Limit(id="daylight", outline=BUFFER_ZONE, activities=("works", "survey"), daily_from=time(4), daily_until=time(16),
              exceptions=Exceptions(operations=(PERMITTED_AT_NIGHT,))),
        Limit(id="few", outline=BUFFER_ZONE, activities=("works",), operations_at_once=2,
              at_most=Strength(vehicles=4, troops=10)),
        Limit(id="low", outline=BUFFER_ZONE, activities=("survey",), upper_m=400)))


@pytest.fixture(autouse=True)
def agreed(world: World) -> None:
    world.put(Party(id="UN", name="UNFICYP", kind="broker"))
    world.put(Party(id="CY", name="Farmers and communities", kind="civil"))
    world.agree(PERMITS)


def field(number: int, from_h: float, until_h: float, upper_m: float = 350) -> Volume:
    """One of a row of fields, 800 m apart, on the day after."""
    midnight = DAWN.replace(hour=0) + timedelta(days=1)
    return Volume(outline=Circle(center=(33.11 + 0.009 * number, 35.10), radius_m=150), lower_m=200, upper_m=upper_m,
                  starts_at=midnight + timedelta(hours=from_h), ends_at=midnight + timedelta(hours=until_h))


@pytest.mark.parametrize(("from_h", "until_h", "clearance"), [(4, 16, "clear"), (3.5, 9, "blocked"), (12, 16.01, "blocked"),
                                                              (20, 22, "blocked"), (4, 30, "blocked")])
def test_farming_by_daylight(world: World, from_h: float, until_h: float, clearance: str) -> None:
    assert world.file("CY", field(0, from_h, until_h), activity="works")["clearance"] == clearance


def test_the_hours_outside_are_shown_and_what_to_do(world: World) -> None:
    [finding] = world.file("CY", field(0, 3, 18), activity="works")["findings"]
    shown = [(m["starts_at"][11:16], m["ends_at"][11:16]) for m in finding["met"]]
    assert shown == [("03:00", "04:00"), ("16:00", "18:00")]
    assert "Keep to 04:00 to 16:00 UTC." in {r["text"] for r in finding["remedies"]}


def test_a_permit_for_the_night_is_one_anybody_can_look_up(world: World) -> None:
    assert world.file("CY", field(0, 20, 22), activity="works", id=PERMITTED_AT_NIGHT)["clearance"] == "clear"


def test_the_third_farmer_waits_until_one_of_the_two_has_gone(world: World) -> None:
    first = world.file("CY", field(0, 6, 10), activity="works")["operation"]["id"]
    assert world.file("CY", field(2, 8, 12), activity="works")["clearance"] == "clear"
    third = world.file("CY", field(4, 9, 15), activity="works")
    assert third["clearance"] == "blocked"
    [finding] = third["findings"]
    assert [r["instant"] for r in finding["remedies"] if r["kind"] == "start-after"] == ["2017-03-08T10:00:00Z"]
    world.withdraw("CY", first)
    assert world.clearance(third["operation"]["id"]) == "clear"


def test_nobody_brings_a_fleet(world: World) -> None:
    fleet = world.file("CY", field(0, 6, 8), activity="works", strength=Strength(vehicles=5))
    assert [f["why"] for f in fleet["findings"]] == ["too-many"]
    assert world.file("CY", field(2, 6, 8), activity="works", strength=Strength(vehicles=4))["clearance"] == "clear"


def test_a_survey_drone_stays_low(world: World) -> None:
    [finding] = world.file("CY", field(0, 6, 8, upper_m=500), activity="survey")["findings"]
    assert (finding["why"], finding["met"][0]["lower_m"], finding["met"][0]["upper_m"]) == ("above-limit", 400, 500)
    assert [r["altitude_m"] for r in finding["remedies"] if r["kind"] == "stay-below"] == [400]


def test_whoever_has_precedence_takes_a_place_and_the_others_are_checked_again(world: World) -> None:
    ids = [world.file("CY", field(n, 8, 12), activity="works", priority=3)["operation"]["id"] for n in (0, 2)]
    assert [world.clearance(i) for i in ids] == ["clear", "clear"]
    assert world.file("CY", field(4, 9, 11), activity="works", priority=5)["clearance"] == "clear"
    assert [world.clearance(i) for i in ids] == ["clear", "blocked"]


def test_a_limit_without_an_area_counts_everywhere(world: World) -> None:
    world.agree(Understanding(id="world", title="Two surveys at once", signatories=("UN", "CY"), since=DAWN - timedelta(days=1),
                              rules=(Limit(id="two", activities=("survey",), operations_at_once=1),)))
    far = Volume(outline=Circle(center=(150.0, -30.0), radius_m=500), lower_m=0, upper_m=300, starts_at=DAWN + timedelta(hours=2),
                 ends_at=DAWN + timedelta(hours=4))
    near = Volume(outline=Circle(center=(10.0, 50.0), radius_m=500), lower_m=0, upper_m=300, starts_at=DAWN + timedelta(hours=3),
                  ends_at=DAWN + timedelta(hours=5))
    first = world.file("CY", far, activity="survey")["operation"]["id"]
    second = world.file("CY", near, activity="survey")
    assert (world.clearance(first), second["clearance"]) == ("clear", "blocked")
    world.withdraw("CY", first)
    assert world.clearance(second["operation"]["id"]) == "clear"
