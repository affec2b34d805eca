"""Corridor: joint patrols of the Sochi memorandum, October 2019, ten kilometres deep along the border, except Qamishli; and a
relief convoy's road in its hours, as in Yemen's notification [12]."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.world import World, hours

from antalya.model import Area, Circle, Polygon, Understanding, Volume, Window
from antalya.model.rules import Corridor, Exceptions

BORDER, DEEP = 37.09, 10 / 110.9
STRIP = Polygon(coordinates=(((40.4, BORDER - DEEP), (42.0, BORDER - DEEP), (42.0, BORDER), (40.4, BORDER),
                              (40.4, BORDER - DEEP)),))
QAMISHLI = Circle(center=(41.23, 37.05), radius_m=6_000)


def place(world: World, lon: float, lat: float, start_h: float = 30, radius_m: float = 500, lower_m: float = 400,
          upper_m: float = 600) -> Volume:
    start = world.clock.now + hours(start_h)
    return Volume(outline=Circle(center=(lon, lat), radius_m=radius_m), lower_m=lower_m, upper_m=upper_m, starts_at=start,
                  ends_at=start + timedelta(hours=2))


class TestJointPatrols:
    """Turkey's and Russia's, and nobody else's."""

    @pytest.fixture(autouse=True)
    def agreed(self, world: World) -> None:
        world.clock.now = datetime(2019, 10, 31, 6, tzinfo=UTC)
        world.put(Area(id="qamishli", name="Qamishli", outline=QAMISHLI))
        world.agree(Understanding(
            id="sochi", title="Memorandum of Sochi", signatories=("TR", "RU"), since=datetime(2019, 10, 29, tzinfo=UTC), rules=(
                Corridor(id="ten-km", outline=STRIP, holders=("TAF", "RUF"), upper_m=3_000, activities=("patrol",),
                         exceptions=Exceptions(areas=("qamishli",))),)))

    @pytest.mark.parametrize(("party", "forces", "clearance"), [
        ("TR", ("TAF",), "clear"), ("RU", ("RUF",), "clear"), ("US", ("USF",), "blocked"), ("RU", ("SAA",), "blocked"),
        ("TR", ("TAF", "OPP"), "blocked")])
    def test_whose_it_is(self, world: World, party: str, forces: tuple[str, ...], clearance: str) -> None:
        assert world.file(party, place(world, 40.9, 37.05), forces=forces)["clearance"] == clearance

    def test_both_together_with_each_others_consent(self, world: World) -> None:
        plan = world.file("TR", place(world, 40.9, 37.05), forces=("TAF", "RUF"))["operation"]["id"]
        assert world.clearance(plan) == "held"
        world.answer("RU", world.asks("RU")[0]["id"], "grant")
        assert world.clearance(plan) == "clear"

    @pytest.mark.parametrize(("lon", "lat", "clearance"), [
        (41.23, 37.05, "clear"),  # in Qamishli, which is excepted
        (41.35, BORDER - DEEP - 0.006, "clear"),  # just south of the ten kilometres
        (41.35, BORDER - DEEP - 0.001, "blocked"), (41.31, 37.05, "blocked")])
    def test_ten_kilometres_deep_except_qamishli(self, world: World, lon: float, lat: float, clearance: str) -> None:
        assert world.file("US", place(world, lon, lat), forces=("USF",))["clearance"] == clearance

    def test_above_it_is_free(self, world: World) -> None:
        assert world.file("US", place(world, 40.9, 37.05, lower_m=3_000, upper_m=4_000), forces=("USF",))["clearance"] == "clear"


class TestTheConvoysRoad:
    """Reserved for an hour either side of the convoy's own."""

    def test_in_its_window_only(self, world: World) -> None:
        opens = world.clock.now + hours(29)
        window = Window(starts_at=opens, ends_at=opens + hours(4))
        road = Polygon(coordinates=(((37.9, 36.5), (38.0, 36.5), (38.0, 36.8), (37.9, 36.8), (37.9, 36.5)),))
        world.agree(Understanding(id="road", title="Relief road", signatories=("AID", "TR", "US"), since=world.clock.now, rules=(
            Corridor(id="road", outline=road, holders=("AID",), upper_m=1_500, window=window),)))
        assert world.file("AID", place(world, 37.95, 36.6), activity="convoy")["clearance"] == "clear"
        blocked = world.file("TR", place(world, 37.95, 36.7, start_h=27.5), activity="ground-movement")
        assert blocked["clearance"] == "blocked"
        [finding] = blocked["findings"]
        assert finding["text"].endswith(f"until {window.ends_at:%Y-%m-%dT%H:%M:%SZ}.")
        assert [(r["kind"], r["instant"]) for r in finding["remedies"] if r["instant"]] \
            == [("end-before", opens.strftime("%Y-%m-%dT%H:%M:%SZ"))]
        assert world.file("TR", place(world, 37.95, 36.75, start_h=33), activity="ground-movement")["clearance"] == "clear"
