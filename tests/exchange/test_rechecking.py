"""Many operations checked again at once come to what they come to one after the other."""

from pathlib import Path
from typing import Any

import pytest
from tests.world import BROKER, DAWN, World, hours, volume

from antalya.exchange import agreeing, checking
from antalya.exchange.hub import Evidence
from antalya.model import Understanding
from antalya.model.rules import Consent, Limit, Separation
from antalya.steps.disclose import Viewer


def lived(directory: Path) -> dict[str, Any]:
    """What there is after an understanding of a crowd was signed, answered under, suspended and resumed."""
    directory.mkdir()
    world = World(directory)
    for k in range(9):
        world.file(("TR", "RU", "US")[k % 3], volume(37.9 + 0.03 * k, 36.5, 0.05 + 0.01 * k))
    world.agree(Understanding(
        id="u", title="Manbij", signatories=("RU", "US"), since=DAWN - hours(1), status="proposed", rules=(
            Separation(id="apart", across_m=6_000), Limit(id="few", area="manbij", operations_at_once=4),
            Consent(id="ask", area="manbij", of=("RU",)))))
    for party, decision in (("TR", "grant"), ("US", "refuse")):
        for ask in [a for a in world.asks(party) if a["of"] == party][:2]:
            world.answer(party, ask["id"], decision)
    for status in ("suspended", "in-force"):
        agreeing.set_status(world.hub, Viewer("RU"), "u", status, Evidence(b"x"))  # type: ignore[arg-type]
    picture = world.picture(BROKER)
    world.close()
    return picture


def test_it_is_the_same_as_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = lived(tmp_path / "at once")
    monkeypatch.setattr(checking, "TOGETHER", 1)
    one_by_one = lived(tmp_path / "one by one")
    for picture in (at_once, one_by_one):
        assert len(picture["findings"]) > 20
        assert {ask["state"] for ask in picture["asks"]} >= {"open", "closed", "refused"}
    for kind, names in (("operations", ("id", "clearance")), ("findings", ("id", "rule", "effect", "asks_of", "met")),
                        ("asks", ("finding", "of", "state", "asked_at"))):
        seen = [sorted(repr([thing.get(name) for name in names]) for thing in picture[kind]) for picture in (at_once, one_by_one)]
        assert seen[0] == seen[1], kind
    told = [{(e["party"], e["type"], e["subject"]) for e in picture["told"] if e["type"].startswith("finding.")}
            for picture in (at_once, one_by_one)]
    assert told[0] == told[1]
