"""Lead time: the Il-20 of 17 September 2018 [11], shot down after a warning that Russia says came less than a minute ahead and
Israel says came much earlier; and Yemen's notification, 48 hours ahead, 24 in an emergency [12]."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from tests.world import World

from antalya.exchange import viewing
from antalya.model import Circle, Party, Understanding, Volume
from antalya.model.rules import LeadTime
from antalya.steps.disclose import Viewer

STRIKE = datetime(2018, 9, 17, 19, 0, tzinfo=UTC)
LATAKIA = Circle(center=(35.78, 35.52), radius_m=20_000)


def over(start: datetime, hours: float = 1) -> Volume:
    return Volume(outline=LATAKIA, lower_m=3_000, upper_m=9_000, starts_at=start, ends_at=start + timedelta(hours=hours))


class TestOffLatakia:
    """A line on which a call comes before a strike. The fifteen minutes are illustrative."""

    @pytest.fixture(autouse=True)
    def line(self, world: World) -> None:
        world.clock.now = STRIKE - timedelta(hours=6)
        world.put(Party(id="IL", name="Israel"))
        world.agree(Understanding(
            id="line", title="Notice of air operations", signatories=("IL", "RU"), since=datetime(2015, 10, 1, tzinfo=UTC),
            rules=(LeadTime(id="before-the-strike", notice_s=900, parties=("IL",), activities=("flight", "fires")),)))

    def filed(self, world: World, ahead: timedelta) -> dict[str, Any]:
        world.clock.now = STRIKE - ahead
        return world.file("IL", over(STRIKE), activity="flight")

    def test_less_than_a_minute_is_no_notice(self, world: World) -> None:
        outcome = self.filed(world, timedelta(seconds=50))
        assert outcome["clearance"] == "blocked"
        [finding] = outcome["findings"]
        assert (finding["why"], finding["params"]["given_s"]) == ("notice-too-short", 50)

    @pytest.mark.parametrize(("seconds", "clearance"), [(900, "clear"), (899, "blocked")])
    def test_exactly_the_notice_is_enough(self, world: World, seconds: int, clearance: str) -> None:
        assert self.filed(world, timedelta(seconds=seconds))["clearance"] == clearance

    def test_when_it_was_given_is_what_the_exchange_saw_not_what_either_side_says(self, world: World) -> None:
        outcome = self.filed(world, timedelta(seconds=50))
        assert outcome["receipt"]["entry"]["at"] == "2018-09-17T18:59:10Z"

    def test_the_advice_is_a_later_start(self, world: World) -> None:
        outcome = self.filed(world, timedelta(seconds=50))
        [later] = [r for r in outcome["findings"][0]["remedies"] if r["kind"] == "start-after"]
        world.clock.now += timedelta(minutes=40)
        again = world.file("IL", over(datetime.fromisoformat(later["instant"])), activity="flight")
        assert again["clearance"] == "clear"

    def test_the_advice_is_what_can_still_be_done(self, world: World) -> None:
        id_ = self.filed(world, timedelta(seconds=50))["operation"]["id"]
        world.clock.now += timedelta(hours=5)
        [finding] = viewing.findings(world.hub, Viewer("IL"), open_only=True, operation=id_, limit=10)
        [later] = [r for r in finding["remedies"] if r["kind"] == "start-after"]
        assert later["text"].endswith("so file it by 2018-09-18T01:00:00Z.")
        again = world.file("IL", over(datetime.fromisoformat(later["instant"])), activity="flight")
        assert again["clearance"] == "clear"

    def test_who_is_not_bound_by_the_line_owes_no_notice(self, world: World) -> None:
        world.clock.now = STRIKE - timedelta(seconds=1)
        assert world.file("RU", over(STRIKE), activity="flight", forces=("RUF",))["clearance"] == "clear"


class TestYemen:
    """48 hours, 24 in an emergency; it is information, never a request for permission."""

    @pytest.fixture(autouse=True)
    def notification(self, world: World) -> None:
        world.agree(Understanding(
            id="hns", title="Humanitarian notification", signatories=("AID", "US"), since=datetime(2015, 10, 1, tzinfo=UTC),
            rules=(LeadTime(id="notice", notice_s=48 * 3_600, emergency_s=24 * 3_600, activities=("convoy", "relief")),)))

    @pytest.mark.parametrize(("ahead_h", "emergency", "clearance"), [
        (48, False, "clear"), (47.9, False, "blocked"), (24, True, "clear"), (23.9, True, "blocked"), (24, False, "blocked")])
    def test_a_convoy(self, world: World, ahead_h: float, emergency: bool, clearance: str) -> None:
        start = world.clock.now + timedelta(hours=ahead_h)
        assert world.file("AID", over(start), activity="convoy", emergency=emergency)["clearance"] == clearance

    def test_a_note_changed_later_does_not_make_the_notice_younger(self, world: World) -> None:
        start = world.clock.now + timedelta(hours=48)
        plan = world.operation("AID", over(start), activity="convoy", id="0195712c-5f3a-7cc2-9d0e-00000000cafe")
        world.file("AID", over(start), activity="convoy", id=plan.id)
        world.clock.now += timedelta(hours=10)
        assert world.change(replace(plan, note="Plates were sent on paper."), 1)["clearance"] == "clear"
        assert world.change(replace(plan, volumes=(over(start, hours=2),)), 2)["clearance"] == "blocked"
