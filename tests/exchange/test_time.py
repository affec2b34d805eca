"""What time alone changes, and who hears of it."""

from tests.world import BROKER, World, hours, volume

from antalya.exchange import viewing
from antalya.steps.disclose import Viewer


def test_an_operation_that_is_over_leaves_the_index_and_closes_its_findings(world: World) -> None:
    world.file("US")
    held = world.file("TR")
    world.later(hours=6)
    assert world.findings(BROKER) == []
    [closed] = world.findings(BROKER, open_only=False)
    assert closed["closed_at"] is not None
    assert viewing.operation(world.hub, Viewer("TR"), held["operation"]["id"])["operation"]["state"] == "filed"
    later = volume(start=world.clock.now + hours(1), end=world.clock.now + hours(2))
    assert world.file("RU", later)["clearance"] == "clear"


def test_everybody_concerned_is_told_and_nobody_else(world: World) -> None:
    world.file("US")
    world.file("TR")
    told = {party: [e["type"] for e in viewing.events(world.hub, Viewer(party), 0)] for party in ("US", "TR", "RU", "AID")}
    assert told["US"] == ["operation.filed", "finding.opened", "ask.opened"]
    assert set(told["TR"]) == {"operation.filed", "finding.opened", "ask.opened", "clearance.held"}
    assert told["RU"] == told["AID"] == []


def test_expiry_is_told_to_both_sides(world: World) -> None:
    world.file("US")
    world.file("TR", volume(start=world.clock.now + hours(30), end=world.clock.now + hours(31)))
    world.file("US", volume(start=world.clock.now + hours(30), end=world.clock.now + hours(31)))
    world.later(hours=25)
    for party in ("US", "TR"):
        assert "ask.expired" in [e["type"] for e in viewing.events(world.hub, Viewer(party), 0)]
