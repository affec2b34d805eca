"""Many operations checked again at once come to what they come to one after the other."""

from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec.structs import replace
from tests.world import BROKER, DAWN, World, hours, volume

from antalya.exchange import agreeing, checking
from antalya.exchange.hub import Evidence
from antalya.model import Finding, Understanding
from antalya.model.rules import AnyRule, Consent, Incompatible, Limit, Separation
from antalya.ports import Transaction
from antalya.steps.disclose import Viewer


def crowd(directory: Path, *rules: AnyRule) -> World:
    """A crowd, and an understanding about it, in force."""
    directory.mkdir()
    world = World(directory)
    for k in range(9):
        world.file(("TR", "RU", "US")[k % 3], volume(37.9 + 0.03 * k, 36.5, 0.05 + 0.01 * k))
    world.agree(Understanding(
        id="u", title="Manbij", signatories=("RU", "US"), since=DAWN - hours(1), status="proposed", rules=(
            Separation(id="apart", across_m=6_000), Limit(id="few", area="manbij", operations_at_once=4), *rules)))
    return world


def become(world: World, status: Literal["suspended", "in-force"]) -> None:
    agreeing.set_status(world.hub, Viewer("RU"), "u", status, Evidence(b"x"))


def lived(directory: Path) -> dict[str, Any]:
    """What there is after an understanding of a crowd was signed, answered under, suspended and resumed."""
    world = crowd(directory, Consent(id="ask", area="manbij", of=("RU",)))
    for party, decision in (("TR", "grant"), ("US", "refuse")):
        for ask in [a for a in world.asks(party) if a["of"] == party][:2]:
            world.answer(party, ask["id"], decision)
    become(world, "suspended")
    become(world, "in-force")
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


def alone(tx: Transaction) -> dict[str, Finding]:
    """What each operation's own check finds."""
    now, rulebook = tx.last_at(), tx.rulebook()
    return {f.id: replace(f, remedies=()) for stored in tx.operations_of(tx.live_operations(now)).values()
            for f in checking.check(tx, checking.prepared(stored), rulebook, now)}


@pytest.mark.parametrize("together", [1, 4, 100])
def test_what_stands_is_what_each_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(checking, "TOGETHER", together)
    world = crowd(tmp_path / "crowd", Incompatible(id="never", pair=("RU", "US"), adjoining_m=2_000))
    statuses: tuple[Literal["suspended", "in-force"] | None, ...] = (None, "suspended", "in-force")
    for status in statuses:
        if status is not None:
            become(world, status)
        found = world.hub.store.write(alone)
        with world.hub.store.read() as tx:
            stands = {o.finding.id: replace(o.finding, remedies=()) for o in tx.findings()}
        assert stands == found
        assert {"clash", "incompatible-adjoining"} <= {f.why for f in found.values()}
    world.close()


def test_what_was_weighed_from_the_other_side_is_left_out(tmp_path: Path) -> None:
    world = crowd(tmp_path / "crowd", Incompatible(id="never", pair=("RU", "US"), adjoining_m=2_000))

    def found(tx: Transaction) -> list[tuple[Finding, ...]]:
        now, rulebook, ids = tx.last_at(), tx.rulebook(), tx.live_operations(tx.last_at())
        subject = checking.prepared(tx.operations_of(ids)[ids[4]])
        return [checking.check(tx, subject, rulebook, now, weighed) for weighed in ((), ids)]
    every, rest = world.hub.store.write(found)
    assert rest == tuple(f for f in every if f.other is None)
    assert 0 < len(rest) < len(every)
    world.close()
