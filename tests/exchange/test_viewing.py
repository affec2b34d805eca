"""The picture says so where it is not whole."""

from tests.world import BROKER, World, volume

from antalya.exchange import viewing
from antalya.steps.disclose import Viewer


def seen(world: World, limit: int, viewer: Viewer = BROKER) -> tuple[int, int, int, bool]:
    picture = viewing.picture(world.hub, viewer, limit)
    return len(picture["operations"]), len(picture["findings"]), len(picture["asks"]), picture["truncated"]


def test_a_picture_is_truncated_where_any_of_its_lists_is_full(world: World) -> None:
    ids = [world.file(party, volume())["operation"]["id"] for party in ("TR", "US", "RU", "AID")]
    assert seen(world, 7) == (4, 6, 6, False)
    assert seen(world, 5) == (4, 5, 5, True)
    for party, id_ in zip(("RU", "AID"), ids[2:], strict=True):
        world.withdraw(party, id_)
    operations, findings, asks, truncated = seen(world, 6)
    assert (operations < 6, findings < 6, asks, truncated) == (True, True, 6, True)
    assert seen(world, 7)[3] is False


def test_findings_alone_make_it_truncated(world: World) -> None:
    world.protect()
    for party in ("TR", "US", "RU"):
        world.file(party, volume())
    assert seen(world, 3, Viewer("AID")) == (0, 3, 0, True), "the owner of a site is told of what comes near, and asked nothing"
    assert seen(world, 4, Viewer("AID")) == (0, 3, 0, False)
