"""Filings in the thread that runs the event loop: what is much is done elsewhere, and comes to the same."""

import asyncio
import threading
from typing import Any

import pytest
from msgspec.structs import replace
from tests.world import DAWN, World, volume

from antalya.entry.http.driving import driven
from antalya.exchange import checking, filing
from antalya.exchange.hub import Evidence
from antalya.geometry.index import warm
from antalya.model import Operation
from antalya.model.rules import Limit
from antalya.model.understandings import Understanding
from antalya.steps.disclose import Viewer
from antalya.store import group, near
from antalya.wire.canonical import canonical


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the threads that check operations to the end."""
    seen, weigh = list[str](), checking.weigh

    def weighed(*given: Any) -> Any:
        seen.append(threading.current_thread().name)
        return weigh(*given)
    monkeypatch.setattr(checking, "weigh", weighed)
    return seen


def filed(world: World, operation: Operation, version: int = 0) -> dict[str, Any]:
    """What a filing, or a change of that version, comes to in an event loop's thread."""
    async def whole() -> filing.Outcome:
        with driven(world.hub.store):
            given = world.hub, Viewer(operation.party), operation, Evidence(canonical(operation))
            return await asyncio.wrap_future(filing.begin_change(*given, version=version) if version else filing.begin(*given))
    return asyncio.run(whole()).view


def test_a_filing_that_finds_many_is_checked_elsewhere_and_finds_them_all(world: World, threads: list[str]) -> None:
    for _ in range(group.MOST_FOUND - 1):
        world.file("RU")
    threads.clear()
    few = filed(world, world.operation("TR"))
    assert (len(few["findings"]), set(threads)) == (group.MOST_FOUND - 1, {"MainThread"})
    threads.clear()
    many = filed(world, world.operation("US"))
    assert (len(many["findings"]), set(threads)) == (group.MOST_FOUND, {"antalya-writer"})
    assert (few["clearance"], many["clearance"]) == ("held", "held")


def test_of_those_that_are_filed_together_where_each_finds_some_a_few_are_checked_in_one_turn(
        world: World, threads: list[str]) -> None:
    for _ in range(4):
        world.file("RU")
    threads.clear()

    async def whole() -> tuple[list[filing.Outcome], list[int]]:
        with driven(world.hub.store):
            mine = [world.operation("TR") for _ in range(12)]
            begun = [filing.begin(world.hub, Viewer("TR"), one, Evidence(canonical(one)), together=12 - n)
                     for n, one in enumerate(mine)]
            turns = list[int]()
            while not all(one.done() for one in begun):
                before = len(threads)
                await asyncio.sleep(0)
                turns += [len(threads) - before] * (len(threads) > before)
            return [one.result() for one in begun], turns
    outcomes, turns = asyncio.run(whole())
    assert {len(outcome.view["findings"]) for outcome in outcomes} == {4}
    assert [outcome.view["leaf"] for outcome in outcomes] == sorted(outcome.view["leaf"] for outcome in outcomes)
    assert (set(threads), len(threads), sum(turns)) == ({"MainThread"}, 12, 12)
    assert len(turns) > 2


def test_so_is_a_change_of_what_many_clash_with(world: World, threads: list[str]) -> None:
    one = world.operation("TR")
    filed(world, one)
    others = [world.file("RU")["operation"]["id"] for _ in range(group.MOST_FOUND + 1)]
    assert {world.clearance(id_) for id_ in others} == {"held"}
    threads.clear()
    assert filed(world, replace(one, volumes=(volume(lon=40.0),)), 1)["findings"] == []
    assert threads[-1] == "antalya-writer"
    assert {world.clearance(id_) for id_ in others} == {"clear"}


def test_so_is_one_for_which_many_are_looked_at_closely(world: World, threads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    warm()
    world.file("RU")
    for n in range(1, 9):  # caps that meet, shapes that don't
        world.file("RU", volume(lon=37.9 + 0.12 * (-1) ** n))
    monkeypatch.setattr(near, "MOST_LOOKED_AT", 3)
    threads.clear()
    assert [len(filed(world, world.operation("TR"))["findings"]), set(threads)] == [1, {"antalya-writer"}]


def test_so_is_one_that_a_rule_counts_among_many(world: World, threads: list[str]) -> None:
    rule = Limit(id="few", area="manbij", operations_at_once=1)
    world.agree(Understanding(id="u", title="u", signatories=("TR", "US"), rules=(rule,), since=DAWN))
    for n in range(group.MOST_FOUND + 1):
        world.file("US", volume(lower_m=2_000 + 100 * n, upper_m=2_001 + 100 * n))
    threads.clear()
    assert [found["kind"] for found in filed(world, world.operation("TR"))["findings"]] == ["breach"]
    assert set(threads) == {"antalya-writer"}
