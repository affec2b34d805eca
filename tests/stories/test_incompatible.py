"""Incompatible: Raqqa, March 2017 [0]. Turkey would take it with its allies, but never alongside the Kurdish militia."""

from datetime import timedelta

import pytest
from tests.world import DAWN, World, hours

from antalya.model import Circle, Understanding, Volume
from antalya.model.rules import Incompatible
from antalya.steps.disclose import Viewer

RAQQA = (39.008, 35.953)
APART = Understanding(id="raqqa", title="Raqqa: never side by side", signatories=("TR", "US"), since=DAWN - hours(24), rules=(
    Incompatible(id="pair", pair=("TAF", "SDF"), adjoining_m=5_000, outline=Circle(center=RAQQA, radius_m=40_000)),))


@pytest.fixture(autouse=True)
def agreed(world: World) -> None:
    world.agree(APART)


def sector(km_east: float, radius_m: float = 2_000, day: float = 3) -> Volume:
    start = DAWN + timedelta(days=day)
    return Volume(outline=Circle(center=(RAQQA[0] + km_east / 90.2, RAQQA[1]), radius_m=radius_m), lower_m=200, upper_m=900,
                  starts_at=start, ends_at=start + hours(12))


def whys(world: World, operation: str) -> set[str]:
    return {f["why"] for f in world.findings(Viewer("broker", True), operation=operation)}


def test_the_joint_plan_is_refused(world: World) -> None:
    plan = world.file("US", sector(0), activity="ground-movement", forces=("USF", "SDF", "TAF"))
    assert plan["clearance"] == "blocked"
    [finding] = [f for f in plan["findings"] if f["why"] == "incompatible-joint"]
    assert {r["force"] for r in finding["remedies"] if r["kind"] == "leave-out-force"} == {"SDF", "TAF"}


def test_turkeys_yes_to_its_own_force_does_not_lift_it(world: World) -> None:
    plan = world.file("US", sector(0), forces=("SDF", "TAF"))["operation"]["id"]
    [ask] = world.asks("TR")
    world.answer("TR", ask["id"], "grant")
    assert world.clearance(plan) == "blocked"


def test_nor_in_adjoining_sectors(world: World) -> None:
    world.file("US", sector(-6), activity="ground-movement", forces=("SDF",))
    plan = world.file("TR", sector(2), activity="ground-movement", forces=("TAF",))  # four kilometres between them
    assert plan["clearance"] == "blocked"
    assert whys(world, plan["operation"]["id"]) == {"incompatible-adjoining"}


def test_nor_in_adjoining_sectors_of_one_and_the_same_party(world: World) -> None:
    world.file("US", sector(-6), activity="ground-movement", forces=("SDF",))
    plan = world.file("US", sector(2), activity="ground-movement", forces=("TAF",))
    assert "incompatible-adjoining" in whys(world, plan["operation"]["id"])


@pytest.mark.parametrize(("east", "day", "forces"), [(3.2, 3, ("TAF",)), (2, 4, ("TAF",)), (2, 3, ("OPP",))])
def test_far_enough_or_another_day_or_other_allies(world: World, east: float, day: float, forces: tuple[str, ...]) -> None:
    world.file("US", sector(-6), activity="ground-movement", forces=("SDF",))
    assert world.file("TR", sector(east, day=day), activity="ground-movement", forces=forces)["clearance"] == "clear"


def test_when_the_other_one_leaves_the_way_is_free(world: World) -> None:
    first = world.file("US", sector(-6), activity="ground-movement", forces=("SDF",))["operation"]["id"]
    plan = world.file("TR", sector(2), activity="ground-movement", forces=("TAF",))["operation"]["id"]
    assert world.clearance(plan) == "blocked"
    world.withdraw("US", first)
    assert world.clearance(plan) == "clear"


def test_away_from_raqqa_they_are_only_kept_from_clashing(world: World) -> None:
    world.file("US", sector(-66), activity="ground-movement", forces=("SDF",))
    assert world.file("TR", sector(-58), activity="ground-movement", forces=("TAF",))["clearance"] == "clear"
