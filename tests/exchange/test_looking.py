"""A picture gathers at once what lists gather each by itself, and shows the same."""

from pathlib import Path

from tests.exchange.test_rechecking import become, crowd
from tests.world import BROKER, World

from antalya.exchange import viewing
from antalya.model.rules import Consent
from antalya.steps.disclose import Viewer
from antalya.steps.narrow import Search

PARTIES = ("TR", "RU", "US")


def same(world: World) -> None:
    """Raises AssertionError where a picture and the lists differ for somebody."""
    for viewer in (*map(Viewer, PARTIES), BROKER):
        picture = viewing.picture(world.hub, viewer)
        assert picture["operations"] == viewing.operations(world.hub, viewer, Search(), 0, 500)[0]
        assert picture["findings"] == viewing.findings(world.hub, viewer, open_only=True, operation=None, limit=500)
        assert picture["asks"] == viewing.asks(world.hub, viewer, None, None, 500)[0]


def test_a_picture_and_the_lists_show_the_same(tmp_path: Path) -> None:
    world = crowd(tmp_path / "crowd", Consent(id="ask", area="manbij", of=("RU",)))
    same(world)
    for party, decision in (("TR", "grant"), ("US", "refuse"), ("RU", "refuse")):
        for ask in [a for a in world.asks(party) if a["of"] == party][:2]:
            world.answer(party, ask["id"], decision)
    same(world)
    become(world, "suspended")  # findings close, and are opened again as warnings; refusals stay
    same(world)
    for shown in world.picture(Viewer("US"))["operations"][:2]:
        world.withdraw(shown["operation"]["party"], shown["id"])
    same(world)
    states = {ask["state"] for ask in world.picture(BROKER)["asks"]}
    assert states >= {"open", "refused", "closed"}
    become(world, "in-force")
    same(world)
    world.close()
