"""Pause: the Sochi memorandum of October 2019. From noon in Moscow on 23 October the withdrawal to 30 km has 150 hours, and for
these the guns are to be silent. (The hour is recalled; the belt is drawn as a box.)"""

from datetime import UTC, datetime, timedelta

import pytest
from tests.world import World

from antalya.model import Area, Polygon, Understanding, Volume, Window
from antalya.model.rules import Exceptions, Pause

BEGINS = datetime(2019, 10, 23, 9, 0, tzinfo=UTC)
ENDS = BEGINS + timedelta(hours=150)


def belt(west: float, south: float, east: float, north: float) -> Polygon:
    return Polygon(coordinates=(((west, south), (east, south), (east, north), (west, north), (west, south)),))


SOCHI = Understanding(
    id="sochi", title="Memorandum of Sochi", signatories=("TR", "RU"), since=datetime(2019, 10, 22, tzinfo=UTC), rules=(
        Pause(id="150-hours", outline=belt(38.0, 36.5, 42.3, 37.1), window=Window(starts_at=BEGINS, ends_at=ENDS),
              activities=("fires", "ground-movement", "exercise"), exceptions=Exceptions(areas=("operation-area",))),))


@pytest.fixture(autouse=True)
def agreed(world: World) -> None:
    world.clock.now = datetime(2019, 10, 22, 18, tzinfo=UTC)
    world.put(Area(id="operation-area", name="Tal Abyad to Ras al-Ayn", outline=belt(38.9, 36.5, 40.1, 37.1)))
    world.agree(SOCHI)


def guns(start: datetime, length: timedelta = timedelta(hours=2), lon: float = 40.8) -> Volume:
    return Volume(outline=belt(lon, 36.8, lon + 0.05, 36.85), lower_m=300, upper_m=2_000, starts_at=start, ends_at=start + length)


@pytest.mark.parametrize(("start", "clearance"), [
    (BEGINS - timedelta(hours=2), "clear"), (BEGINS - timedelta(hours=2) + timedelta(seconds=1), "blocked"),
    (BEGINS + timedelta(hours=75), "blocked"), (ENDS - timedelta(seconds=1), "blocked"), (ENDS, "clear")])
def test_from_the_first_second_to_the_last(world: World, start: datetime, clearance: str) -> None:
    assert world.file("TR", guns(start), activity="fires")["clearance"] == clearance


def test_the_advice_is_when_it_begins_and_ends(world: World) -> None:
    [finding] = world.file("TR", guns(BEGINS - timedelta(hours=1), timedelta(hours=152)), activity="fires")["findings"]
    assert {r["kind"]: r["instant"] for r in finding["remedies"] if r["instant"]} \
        == {"end-before": "2019-10-23T09:00:00Z", "start-after": "2019-10-29T15:00:00Z"}
    assert (finding["starts_at"], finding["ends_at"]) == ("2019-10-23T09:00:00Z", "2019-10-29T15:00:00Z")


def test_patrols_and_aid_go_on(world: World) -> None:
    for activity in ("patrol", "medevac", "relief"):
        assert world.file("RU", guns(BEGINS), activity=activity)["clearance"] != "blocked"


def test_between_tal_abyad_and_ras_al_ayn_other_terms_hold(world: World) -> None:
    assert world.file("TR", guns(BEGINS, lon=39.5), activity="fires")["clearance"] == "clear"
    [finding] = world.file("TR", guns(BEGINS, lon=40.07), activity="fires")["findings"]
    ring = finding["met"][0]["region"]["coordinates"][0]
    assert min(lon for lon, _ in ring) == pytest.approx(40.1, abs=1e-5)
