"""What time alone changes, and who hears of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.world import BROKER, DAWN, World, hours, volume

from antalya.exchange import agreeing, viewing
from antalya.exchange.hub import Evidence
from antalya.exchange.proving import receipt_for
from antalya.model import Circle, Operation, Volume
from antalya.model.rules import Incompatible, Limit, Separation
from antalya.model.understandings import Understanding
from antalya.steps.disclose import Viewer
from antalya.steps.narrow import Search
from antalya.store import near
from antalya.store.postgres import PostgresStore


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


def test_what_a_rule_keeps_apart_for_longer_stays_as_long(any_world: World) -> None:
    """Three hours between the two: who comes two hours after the other is held until then, and whoever files meanwhile."""
    world = any_world
    apart = Separation(id="apart", across_m=5_000, up_m=1_000, seconds=10_800)
    world.agree(Understanding(id="u", title="u", signatories=("TR", "RU"), rules=(apart,), since=DAWN))
    world.file("TR", volume(start=DAWN + hours(1), end=DAWN + hours(2)))
    after = volume(start=DAWN + hours(4), end=DAWN + hours(6))
    held = world.file("RU", after)["operation"]["id"]
    for later in (2.02, 1.9):  # more than an hour after the first ended, then nearly three
        world.later(hours=later)
        assert world.clearance(held) == "held"
    assert world.file("RU", replace(after, starts_at=world.clock.now))["clearance"] == "held"
    asked = world.asks("TR")[0]["id"]
    before = viewing.events(world.hub, BROKER, 0)[-1]["id"]
    world.later(hours=1.2)
    assert world.clearance(held) == "clear"
    told = {(e["type"], e["subject"]) for e in viewing.events(world.hub, Viewer("RU"), before, 1_000)}
    assert {("clearance.clear", held), ("ask.closed", asked)} <= told
    assert "finding.closed" in {type_ for type_, _ in told}


def test_an_agreement_made_anew_looks_back_as_far_as_the_one_before(any_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it keeps apart for six hours had left the index as soon as the one before, which said the same, had ended."""
    world = any_world
    apart = Separation(id="apart", area="manbij", across_m=5_000, up_m=1_000, seconds=21_600)
    first, second = (Understanding(id=id_, title="u", signatories=("TR", "RU"), rules=(apart,), since=DAWN) for id_ in ("u", "v"))
    world.agree(first)
    before = world.file("TR", volume(start=DAWN + hours(1), end=DAWN + hours(2)))["operation"]["id"]
    after = world.file("RU", volume(start=DAWN + hours(5), end=DAWN + hours(6)))["operation"]["id"]
    world.later(hours=3.5)
    agreeing.set_status(world.hub, Viewer("RU"), "u", "ended", Evidence(b"x"))
    world.later(minutes=1)
    assert world.clearance(after) == "clear"
    world.agree(second)
    assert world.clearance(after) == "held"
    assert [f["kind"] for f in world.file("RU", volume(start=DAWN + hours(6), end=DAWN + hours(7)))["findings"]] == ["clash"]
    monkeypatch.setattr(near, "MOST_GONE", 0)
    assert world.file("RU", volume(start=DAWN + hours(6), end=DAWN + hours(7)))["findings"] == []
    world.withdraw("TR", before)
    assert world.clearance(after) == "clear"


def test_who_came_one_too_many_is_not_when_the_others_are_over(any_world: World) -> None:
    world = any_world
    one = Limit(id="one", outline=Circle(center=(37.95, 36.55), radius_m=20_000), operations_at_once=1)
    world.agree(Understanding(id="u", title="u", signatories=("TR", "RU"), rules=(one,), since=DAWN))
    world.file("TR", volume(upper_m=100, start=DAWN + hours(1), end=DAWN + hours(2)))
    second = world.file("RU", volume(lower_m=900, start=DAWN + hours(1.5), end=DAWN + hours(6)))["operation"]["id"]
    world.later(hours=2.9)
    assert world.clearance(second) == "blocked"
    world.later(hours=0.2)
    assert world.clearance(second) == "clear"
    assert ("clearance.clear", second) in {(e["type"], e["subject"]) for e in viewing.events(world.hub, Viewer("RU"), 0, 100)}


def test_a_change_of_what_has_just_ended_frees_nobody(world: World) -> None:
    """Relief and relief keep ten minutes apart: the second is held, whatever becomes of the first one's title after its end."""
    first = world.operation("AID", volume(end=DAWN + hours(3)), activity="relief")
    world.file("AID", *first.volumes, id=first.id, activity="relief")
    after = volume(start=DAWN + hours(3) + timedelta(minutes=5), end=DAWN + hours(5))
    held = world.file("US", after, activity="relief")["operation"]["id"]
    assert world.clearance(held) == "held"
    world.later(hours=3, seconds=30)
    world.change(replace(first, title="over"), 1)
    assert world.clearance(held) == "held"
    world.withdraw("AID", first.id, 2)
    assert world.clearance(held) == "clear"


def test_who_files_what_has_just_ended_is_checked_too(world: World) -> None:
    world.file("US", volume(start=DAWN + hours(3), end=DAWN + hours(5)), activity="relief")
    world.clock.now = DAWN + hours(3)
    late = world.file("AID", volume(end=DAWN + hours(3) - timedelta(seconds=20)), activity="relief")
    assert [found["kind"] for found in late["findings"]] == ["clash"]


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


@pytest.fixture(params=["sqlite", "postgres"])
def any_world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world over either store."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
        monkeypatch.setattr("antalya.wiring.SqliteStore", lambda _: PostgresStore(url))
    made = World(tmp_path)
    yield made
    made.close()


def test_months_later_the_past_still_answers(any_world: World) -> None:
    world, tr = any_world, Viewer("TR")
    start = world.clock.now
    world.file("US")
    filed = world.file("TR")
    operation = filed["operation"]["operation"]
    finding = filed["findings"][0]["id"]
    world.later(days=100)
    here, there = Search(start, start + hours(6), (37, 36, 39, 37)), Search(start, start + hours(6), (0, 0, 1, 1))
    assert [v["operation"]["id"] for v in viewing.operations(world.hub, tr, here, 0, 10)[0]] == [operation["id"]]
    assert len(viewing.operations(world.hub, BROKER, here, 0, 10)[0]) == 2
    assert viewing.operations(world.hub, BROKER, there, 0, 10)[0] == []
    assert viewing.operations(world.hub, BROKER, Search(start + hours(10), start + hours(20)), 0, 10)[0] == []
    assert [v["version"] for v in viewing.versions(world.hub, tr, operation["id"])[0]] == [1]
    assert viewing.finding(world.hub, tr, finding)["closed_at"] is not None
    assert receipt_for(world.hub, tr, filed["leaf"])["leaf"] == filed["leaf"]


OTHERS_END = [False, True]
"""Whether an operation of somebody else's, far away, ended before: only then what is over leaves the index."""


def on(hour: float, long: float = 0.5, lon: float = 37.9) -> Volume:
    return volume(lon, start=DAWN + hours(hour), end=DAWN + hours(hour + long))


def two(world: World, others_end: bool) -> tuple[Operation, Operation]:
    """One with a leg here, and one elsewhere much later; and another's that is here all day, by which that leg is over."""
    first = world.operation("US", on(1), on(10, lon=40.0))
    second = world.operation("TR", on(1, 11))
    for each in (first, second):
        world.file(each.party, *each.volumes, id=each.id)
    if others_end:
        world.file("RU", on(0.5, lon=50.0))
    world.later(hours=3.1)
    return first, second


@pytest.mark.parametrize("others_end", OTHERS_END)
def test_a_leg_that_is_over_holds_nobody_who_files_again_whatever_ends_elsewhere(world: World, others_end: bool) -> None:
    first, second = two(world, others_end)
    assert world.clearance(second.id) == "held"
    world.change(replace(second, note="again"), 1)
    assert world.clearance(second.id) == "clear"
    world.change(replace(first, note="its owner's too"), 1)
    assert world.clearance(second.id) == "clear"


@pytest.mark.parametrize("others_end", OTHERS_END)
def test_so_it_is_with_those_that_adjoin_or_are_one_too_many(world: World, others_end: bool) -> None:
    here = Circle(center=(37.95, 36.55), radius_m=20_000)
    world.agree(Understanding(id="u", title="u", signatories=("TR", "US"), since=DAWN, rules=(
        Incompatible(id="apart", outline=here, pair=("TR", "US"), adjoining_m=1_000),
        Limit(id="one", outline=here, operations_at_once=1))))
    first, second = two(world, others_end)
    assert {f["why"] for f in world.findings("TR")} == {"clash", "incompatible-adjoining", "too-many-at-once"}
    world.change(replace(second, note="again"), 1)
    assert world.findings("TR") == []
    world.change(replace(first, note="its owner's too"), 1)
    assert world.findings("TR") == []
