"""What an agreement did ends with it: what its signatories disclosed to each other, and what it held."""

from typing import Any

import pytest
from tests.world import DAWN, World, hours, volume

from antalya.exchange import agreeing
from antalya.exchange.hub import Evidence
from antalya.model import Understanding
from antalya.model.parties import Level
from antalya.model.rules import AnyRule, Limit
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer

ELSEWHERE = volume(40.0, 35.0)


def agreed(clash: Level = "details", rule: AnyRule | None = None, **fields: object) -> Understanding:
    """Of Turkey and Russia; its rule touches no operation elsewhere."""
    return Understanding(**({"id": "open", "title": "Open to each other", "signatories": ("TR", "RU"), "since": DAWN - hours(24),
                             "rules": (rule or Limit(id="height", area="manbij", upper_m=9_000),),
                             "disclosure": Disclosure(clash=clash)} | fields))


def set_status(world: World, status: Any, id_: str = "open") -> None:
    agreeing.set_status(world.hub, Viewer("RU"), id_, status, Evidence(b"s"))


def clash(world: World) -> tuple[str, str]:
    """Two operations that clash: Turkey's, and Russia's."""
    one, other = (str(world.file(party, ELSEWHERE)["operation"]["id"]) for party in ("TR", "RU"))
    return one, other


def seen(world: World, party: str) -> tuple[str, str | None, set[str], bool]:
    """What a party sees of the clash: its level, its id of the other operation, the levels of operations; whether the ask
    about it says of whom."""
    [found] = world.findings(party)
    levels = {o["level"] for o in world.picture(party)["operations"]}
    [ask] = world.asks(party)
    return found["level"], found["other"], levels, None not in (ask["of"], ask["operation"])


def test_until_it_ends_both_see_details(world: World) -> None:
    world.agree(agreed(until=DAWN + hours(1.5)))
    one, _ = clash(world)
    for party in ("TR", "RU"):
        assert seen(world, party) == ("details", one, {"details"}, True)


@pytest.mark.parametrize("party", ["TR", "RU"])
def test_what_they_disclosed_ends_on_its_day(world: World, party: str) -> None:
    world.agree(agreed(until=DAWN + hours(1.5)))
    clash(world)
    world.later(hours=1.5)
    level, _, levels, named = seen(world, party)
    assert (level, levels, named) == ("overlap", {"details"}, False)
    assert len(world.picture(party)["operations"]) == 1


@pytest.mark.parametrize("status", ["suspended", "ended"])
@pytest.mark.parametrize("party", ["TR", "RU"])
def test_what_they_disclosed_ends_with_it(world: World, party: str, status: str) -> None:
    world.agree(agreed())
    clash(world)
    set_status(world, status)
    assert (seen(world, party)[0], len(world.picture(party)["operations"])) == ("overlap", 1)


def test_what_they_disclosed_of_a_clash_that_is_over_ends_too(world: World) -> None:
    world.agree(agreed())
    _, other = clash(world)
    world.withdraw("RU", other)
    assert [f["level"] for f in world.findings("TR", open_only=False)] == ["details"]
    set_status(world, "ended")
    assert [f["level"] for f in world.findings("TR", open_only=False)] == ["overlap"]


def test_what_they_disclose_begins_with_it_and_begins_again_with_its_resumption(world: World) -> None:
    one, _ = clash(world)
    assert seen(world, "TR")[0] == "overlap"
    world.agree(agreed())
    for party in ("TR", "RU"):
        assert seen(world, party) == ("details", one, {"details"}, True)
    set_status(world, "suspended")
    set_status(world, "in-force")
    assert seen(world, "TR")[0] == "details"


def test_a_younger_agreement_to_show_less_holds(world: World) -> None:
    world.agree(agreed())
    clash(world)
    world.agree(agreed("envelope", id="closer", since=DAWN - hours(12)))
    assert seen(world, "TR")[0] == "envelope"
    set_status(world, "ended", "closer")
    assert seen(world, "TR")[0] == "details"


def test_a_stranger_to_it_sees_no_more_of_its_clash_than_before(world: World) -> None:
    world.agree(agreed())
    for party in ("TR", "US"):
        world.file(party, ELSEWHERE)
    assert [f["level"] for f in world.findings("US")] == ["overlap"]


@pytest.mark.parametrize("others_end", [False, True])
def test_what_it_held_is_free_when_it_ends_also_where_the_part_in_its_area_is_over(world: World, others_end: bool) -> None:
    """And is out of the index, since some other operation has ended meanwhile."""
    world.agree(agreed(rule=Limit(id="low", area="manbij", upper_m=500), disclosure=None))
    outcome = world.file("TR", volume(start=DAWN + hours(1), end=DAWN + hours(2)),
                         volume(40.0, 35.0, start=DAWN + hours(6), end=DAWN + hours(8)))
    assert outcome["clearance"] == "blocked"
    if others_end:
        world.file("US", volume(60.0, 35.0, start=DAWN, end=DAWN + hours(1)))
    world.later(hours=4)
    set_status(world, "ended")
    assert (world.clearance(outcome["operation"]["id"]), world.findings("TR")) == ("clear", [])
