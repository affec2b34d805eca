"""The disclosure law: no answer to any viewer has a coordinate, time, name or id that the ladder does not release to them.

Every operation carries secrets of its own: odd coordinates and times, a title, a note, an id. What a viewer may have of
another's operation is worked out here by a rule of its own (`allowed_level`), not by the code under test.
"""

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import to_builtins
from tests.world import DAWN, World, hours, volume

from antalya.exchange import proving, viewing
from antalya.exchange.gathering import gather
from antalya.geometry.line import within_m
from antalya.geometry.overlap import meet
from antalya.geometry.shape import shape
from antalya.model import Operation, Understanding
from antalya.model.operations import MINIMA, minima
from antalya.model.rules import Consent
from antalya.steps.disclose import Viewer
from antalya.steps.disclose.envelopes import envelope
from antalya.steps.narrow import Search

PARTIES = ("TR", "RU", "US", "AID")
FORCES = {"TR": "OPP", "RU": "SAA", "US": "SDF"}

plans = st.lists(st.fixed_dictionaries({
    "party": st.sampled_from(PARTIES), "activity": st.sampled_from(sorted(MINIMA)),
    "at": st.tuples(st.integers(0, 4), st.integers(0, 4)), "when": st.integers(0, 3), "priority": st.integers(2, 4),
    "disclosure": st.dictionaries(st.sampled_from((*PARTIES, "*")), st.sampled_from(("overlap", "envelope", "details")),
                                  max_size=1),
    "joint": st.sampled_from((None, "OPP", "SAA", "SDF"))}), min_size=2, max_size=6)


def build(world: World, drawn: list[dict[str, Any]]) -> list[Operation]:
    """Files the plans, each with secrets that nothing else in the world has."""
    made = []
    for i, plan in enumerate(drawn):
        x, y = plan["at"]
        start = DAWN + hours(2 + plan["when"]) + timedelta(seconds=101 + i, microseconds=31_007 * (i + 1))
        box = volume(37.80 + x * 0.03 + 0.000_137_1 * (i + 1), 36.45 + y * 0.03 + 0.000_091_7 * (i + 1), 0.05 + 0.000_003_3 * i,
                     lower_m=101.25 + i, upper_m=903.75 + i, start=start, end=start + hours(1.5))
        forces = tuple(dict.fromkeys(f for f in (FORCES.get(plan["party"]), plan["joint"]) if f))
        disclosure = {p: level for p, level in plan["disclosure"].items() if p != plan["party"]}
        outcome = world.file(plan["party"], box, activity=plan["activity"], priority=plan["priority"], forces=forces,
                             title=f"secret-title-{i}-{plan['party']}", note=f"secret-note-{i}", disclosure=disclosure)
        made.append(viewing_operation(world, plan["party"], outcome["operation"]["id"]))
    return made


def viewing_operation(world: World, party: str, id_: str) -> Operation:
    with world.hub.store.read() as tx:
        stored = tx.operation(id_)
    assert stored is not None
    assert stored.operation.party == party
    return stored.operation


def asked(world: World, party: str, operation: str) -> bool:
    """Whether a party is asked for consent about an operation because of a rule or a joint force (not because of a clash)."""
    with world.hub.store.read() as tx:
        asks = [a for a in tx.asks(operations=[operation]) if a.of == party and a.state != "closed" and a.kind != "conditions"]
        found = tx.findings_of(a.finding for a in asks)
    return any(found[a.finding].finding.other is None for a in asks)


def allowed_level(world: World, viewer: str, operation: Operation) -> str:
    if operation.party == viewer:
        return "details"
    levels = ["nothing", "overlap", "envelope", "details"]
    named = [operation.disclosure.get(viewer, "nothing"), operation.disclosure.get("*", "nothing")]
    if asked(world, viewer, operation.id):
        named.append("envelope")
    return max(named, key=levels.index)


def numbers(thing: Any) -> Iterator[float]:
    if isinstance(thing, bool) or thing is None:
        return
    if isinstance(thing, int | float):
        yield float(thing)
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from numbers(value)
    elif isinstance(thing, list | tuple):
        for value in thing:
            yield from numbers(value)


def secrets_of(operation: Operation) -> tuple[set[float], set[str], set[str]]:
    """(coordinates and altitudes, times, words and ids) that only this operation has."""
    plain = to_builtins(operation)
    times = {t for v in plain["volumes"] for t in (v["starts_at"], v["ends_at"])}
    return (set(numbers(plain["volumes"])), times, {operation.title, operation.note, operation.id})


def released(world: World, viewer: str, operation: Operation, everything: list[Operation]) -> tuple[set[float], set[str]]:
    """What the overlaps of an operation with the viewer's own release: numbers and times of the meetings."""
    found: set[float] = set()
    times: set[str] = set()
    for own in everything:
        if own.party != viewer:
            continue
        apart = minima(own.activity, operation.activity)
        for a in own.volumes:
            for b in operation.volumes:
                for meeting in (meet(a, b, apart), meet(b, a, apart)):
                    if meeting is not None:
                        found |= {round(n, 7) for n in numbers(to_builtins(meeting.region))}
                        found |= {meeting.lower_m, meeting.upper_m}
                        times |= {to_builtins(meeting.starts_at), to_builtins(meeting.ends_at)}
    if viewer == "AID":  # the owner of the site sees where and when an operation comes within its stand-off
        for site in world.hub_sites():
            for b in operation.volumes:
                part = within_m(shape(b.outline), shape(site.outline), site.stand_off_m)
                if part is not None:
                    found |= {round(n, 7) for n in numbers(to_builtins(part))}
                    found |= {max(b.lower_m, site.lower_m - site.clear_above_m), min(b.upper_m, site.upper_m + site.clear_above_m),
                              b.lower_m, b.upper_m}
                    times |= {to_builtins(b.starts_at), to_builtins(b.ends_at)}
    return found, times


def answers(world: World, viewer: str) -> dict[str, Any]:
    """Everything the doors would say to a viewer."""
    who, hub = Viewer(viewer), world.hub
    picture = viewing.picture(hub, who)
    return {"picture": {k: picture[k] for k in ("operations", "findings", "asks", "told", "stances", "controls", "sites",
                                                "understandings")},
            "operations": viewing.operations(hub, who, Search(), 0, 500)[0], "events": viewing.events(hub, who, 0, 5_000),
            "closed": viewing.findings(hub, who, open_only=False, operation=None, limit=5_000),
            "leaves": proving.leaves(hub, who, 0, 5_000)[0]}


@settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow])
@given(plans)
def test_no_view_leaks(drawn: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        world = World(Path(scratch))
        try:
            world.agree(Understanding(id="m", title="Manbij", signatories=("TR", "RU"), since=DAWN - hours(1), rules=(
                Consent(id="c", area="manbij", of=("RU",), activities=("ground-movement", "patrol")),)))
            site = world.protect()
            everything = build(world, drawn)
            for viewer in PARTIES:
                check_viewer(world, viewer, everything)
                if viewer != "AID":
                    assert site.name not in json.dumps(answers(world, viewer), default=str)
        finally:
            world.close()


def check_viewer(world: World, viewer: str, everything: list[Operation]) -> None:
    said = json.loads(json.dumps(answers(world, viewer), default=str))
    text, spoken = json.dumps(said), {round(n, 7) for n in numbers(said)} | set(numbers(said))
    shown_numbers: set[float] = set()
    shown_times: set[str] = set()
    for operation in everything:
        level = allowed_level(world, viewer, operation)
        ours, times, _ = secrets_of(operation)
        if level == "details":
            shown_numbers |= ours
            shown_times |= times
        else:
            region, window = released(world, viewer, operation, everything)
            shown_numbers |= region
            shown_times |= window
        if level == "envelope":
            coarse = to_builtins(envelope(operation.volumes))
            shown_numbers |= set(numbers(coarse))
            shown_times |= {coarse["starts_at"], coarse["ends_at"]}
    shown_numbers |= {round(n, 7) for n in shown_numbers}
    for operation in everything:
        level = allowed_level(world, viewer, operation)
        if level == "details":
            continue
        coordinates, times, words = secrets_of(operation)
        assert not (coordinates & spoken) - shown_numbers, f"{viewer} reads coordinates of {operation.title}"
        assert not {t for t in times - shown_times if t in text}, f"{viewer} reads times of {operation.title}"
        hidden = words - ({operation.id} if level == "envelope" else set())
        assert not {w for w in hidden if w in text}, f"{viewer} at {level} reads words of {operation.title}"


def test_the_law_would_notice_a_leak(tmp_path: Path) -> None:
    """The check itself can fail: what the broker sees breaks it for any party."""
    world = World(tmp_path)
    try:
        first, second = (viewing_operation(world, p, world.file(p, title=f"t-{p}", note=f"n-{p}")["operation"]["id"])
                         for p in ("US", "TR"))
        broker = json.dumps(viewing.picture(world.hub, Viewer("broker", True)), default=str)
        party = json.dumps(answers(world, "TR"), default=str)
        assert first.title in broker
        assert first.title not in party
        assert second.title in party
    finally:
        world.close()


def test_of_what_is_not_there_nothing_is_seen(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        there = world.file("US")["operation"]["id"]
        with world.hub.store.read() as tx:
            for viewer, own in ((Viewer("US"), "details"), (Viewer("TR"), "nothing"), (Viewer("broker", True), "details")):
                context = gather(tx, viewer, [there, "not there"], world.clock())
                assert context.levels == {there: own, "not there": "nothing"}
                assert context.clearances == ({there: "clear"} if own == "details" else {})
    finally:
        world.close()
