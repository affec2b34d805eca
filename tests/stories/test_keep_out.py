"""Keep-out: the zone of 55 km round al-Tanf [7], and the Euphrates line of November 2017, which each side keeps to unless it
tells the other [1][2]."""

from datetime import UTC, datetime, timedelta

import pytest
from pyproj import Geod
from tests.world import World, hours

from antalya.model import Circle, Understanding, Volume
from antalya.model.rules import Exceptions, KeepOut

AL_TANF = (38.6176, 33.5069)
EUPHRATES = ((39.98, 35.62), (40.14, 35.34), (40.43, 35.02), (40.60, 34.83), (40.92, 34.45))
"""Five points from Maadan down to Abu Kamal: the east bank is on the left of who walks downstream."""


def spot(world: World, lon: float, lat: float, radius_m: float = 1_000, lower_m: float = 600, upper_m: float = 1_200) -> Volume:
    start = world.clock.now + hours(30)
    return Volume(outline=Circle(center=(lon, lat), radius_m=radius_m), lower_m=lower_m, upper_m=upper_m, starts_at=start,
                  ends_at=start + hours(4))


class TestAlTanf:
    """Fifty-five kilometres, whatever the bearing."""

    @pytest.fixture(autouse=True)
    def zone(self, world: World) -> None:
        world.clock.now = datetime(2017, 5, 18, 6, tzinfo=UTC)
        world.agree(Understanding(
            id="al-tanf", title="Zone round al-Tanf", signatories=("US", "RU"), since=datetime(2016, 6, 1, tzinfo=UTC),
            rules=(KeepOut(id="zone", outline=Circle(center=AL_TANF, radius_m=55_000),
                           exceptions=Exceptions(parties=("US",), activities=("medevac",))),)))

    @pytest.mark.parametrize("bearing", [0, 45, 137, 223, 300])
    @pytest.mark.parametrize(("away_m", "clearance"), [(56_001, "clear"), (55_999, "blocked")])
    def test_a_column_on_the_road(self, world: World, bearing: float, away_m: float, clearance: str) -> None:
        lon, lat, _ = Geod(ellps="WGS84").fwd(*AL_TANF, bearing, away_m)
        assert world.file("RU", spot(world, lon, lat), activity="ground-movement", forces=("SAA",))["clearance"] == clearance

    def test_the_coalitions_own_and_the_wounded_pass(self, world: World) -> None:
        assert world.file("US", spot(world, *AL_TANF), forces=("USF",))["clearance"] == "clear"
        later = spot(world, AL_TANF[0] + 0.3, AL_TANF[1])
        assert world.file("RU", later, activity="medevac")["clearance"] == "clear"

    def test_leaving_the_zone_is_what_removes_it(self, world: World) -> None:
        outcome = world.file("RU", spot(world, 38.9, 33.9), activity="ground-movement", forces=("SAA",))
        [finding] = outcome["findings"]
        assert (finding["why"], finding["effect"]) == ("in-keep-out", "block")
        assert "leave-region" in {r["kind"] for r in finding["remedies"]}


class TestEuphratesLine:
    """About six crossings a day, and most of them told."""

    @pytest.fixture(autouse=True)
    def line(self, world: World) -> None:
        world.clock.now = datetime(2017, 11, 10, 6, tzinfo=UTC)
        banks = [KeepOut(id=f"{bank}-bank", line=EUPHRATES, side=side, reach_m=50_000, forces=forces, unless_told=(told,))
                 for bank, side, forces, told in (("east", "left", ("RUF", "SAA"), "US"),
                                                  ("west", "right", ("USF", "SDF"), "RU"))]
        world.agree(Understanding(id="line", title="Euphrates line", signatories=("US", "RU"), rules=tuple(banks),
                                  since=datetime(2017, 11, 1, tzinfo=UTC)))

    def test_everyone_on_their_own_bank(self, world: World) -> None:
        assert world.file("RU", spot(world, 40.2, 34.9), forces=("SAA",))["clearance"] == "clear"
        assert world.file("US", spot(world, 40.7, 35.1), forces=("SDF",))["clearance"] == "clear"

    @pytest.mark.parametrize(("party", "force", "place", "rule", "told"), [
        ("RU", "RUF", (40.7, 35.1), "east-bank", "US"), ("US", "USF", (40.2, 34.9), "west-bank", "RU")])
    def test_a_crossing_is_held_until_the_other_side_says_it_was_told(
            self, world: World, party: str, force: str, place: tuple[float, float], rule: str, told: str) -> None:
        outcome = world.file(party, spot(world, *place, lower_m=4_000, upper_m=5_000), activity="flight", forces=(force,))
        [finding] = outcome["findings"]
        assert (finding["why"], finding["rule"], outcome["clearance"]) == ("wrong-side-of-line", rule, "held")
        [ask] = world.asks(told)
        assert ask["kind"] == "acknowledgement"
        world.answer(told, ask["id"], "grant")
        assert world.clearance(outcome["operation"]["id"]) == "clear"

    def test_what_lies_across_the_river_is_found_to_that_part(self, world: World) -> None:
        river = spot(world, 40.43, 35.02, radius_m=5_000)
        outcome = world.file("RU", river, activity="patrol", forces=("SAA",))
        [met] = outcome["findings"][0]["met"]
        lons = [lon for ring in met["region"]["coordinates"] for lon, _ in ring]
        assert min(lons) > 40.43 - 5_000 / 91_000 * 0.9
        assert met["volume"] == 0

    def test_beyond_the_reach_of_the_line_it_does_not_rule(self, world: World) -> None:
        start = world.clock.now + hours(30)
        far = Volume(outline=Circle(center=(41.4, 36.2), radius_m=1_000), lower_m=600, upper_m=1_200, starts_at=start,
                     ends_at=start + timedelta(hours=1))
        assert world.file("RU", far, forces=("SAA",))["clearance"] == "clear"
