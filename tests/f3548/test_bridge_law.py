"""The disclosure law at the drone door: no reference, detail or notice has more of an operation than its owner releases; and what
the DSS itself keeps, which can be felt out by searching, is no finer than that.

The plans and their secrets are those of tests/exchange/test_disclosure_law.py; what may be shown is worked out here by a rule of
its own.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import s2geometry as s2
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import convert, to_builtins
from tests.exchange.test_disclosure_law import PARTIES, allowed_level, build, numbers, plans, secrets_of
from tests.f3548.conftest import circle, volume
from tests.f3548.peer import Plain
from tests.world import DAWN, World, hours, square

from antalya.exchange.bridge import details
from antalya.exchange.bridge.delivering import deliver
from antalya.exchange.bridge.talking import Message
from antalya.exchange.coordination import constraints, intents, subscriptions
from antalya.exchange.coordination.writing import COORDINATION, PROCESSING, Request
from antalya.exchange.hub import Evidence
from antalya.model import Circle, Operation, Understanding, f3548
from antalya.model.bridging import Bridged, Uss
from antalya.model.errors import AntalyaError
from antalya.model.rules import KeepOut
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer
from antalya.steps.disclose.envelopes import envelope

levels = st.sampled_from(("nothing", "overlap", "envelope", "details"))
SITE = Circle(center=(37.912_345_6, 36.512_345_6), radius_m=123.25)
SITE_SECRETS = {37.912_345_6, 36.512_345_6, 123.25, 640.75, -301.5, 2_011.5}
ZONE = square(37.956_789_1, 36.556_789_1, 0.012_345_6)
ZONE_SECRETS = {37.956_789_1, 36.556_789_1, 511.25, 911.25}
VIEWERS = (*PARTIES, "drones")
WHERE = volume(circle(37.9, 36.55, 28_000), start=None, end=None, lower=None, upper=None)
SOON = volume(circle(37.9, 36.55, 28_000), start=0, end=20)


def guarded(world: World, site_level: str, rule_level: str) -> None:
    """A site of AID's and a keep-out of Turkey's and Russia's, each with secrets of its own."""
    world.protect(outline=SITE, stand_off_m=517.5, clear_above_m=0.0, lower_m=-301.5, upper_m=2_011.5, name="secret-site",
                  contact="secret-contact", disclosure={"*": site_level})
    rule = KeepOut(id="zone", outline=ZONE, lower_m=511.25, upper_m=911.25, note="secret-rule")
    world.agree(Understanding(id="m", title="secret-agreement", signatories=("TR", "RU"), since=DAWN - hours(1), rules=(rule,),
                              disclosure=Disclosure(everybody=rule_level)))  # type: ignore[arg-type]


def check_guarded(viewer: str, said: Any, site_level: str, rule_level: str) -> None:
    spoken = set(numbers(said))
    assert "secret-" not in json.dumps(said)
    for level, secrets, owners in ((site_level, SITE_SECRETS, {"AID"}), (rule_level, ZONE_SECRETS, {"TR", "RU"})):
        if level in ("nothing", "overlap") or (level == "envelope" and viewer not in owners):
            assert not secrets & spoken, (viewer, level)
        elif level == "details":
            assert len(secrets & spoken) > 1, (viewer, level)


def watch(world: World, viewer: str, number: int) -> None:
    """A USS of that name subscribes to everything."""
    wanted = {"extents": SOON, "uss_base_url": f"https://{viewer.lower()}.example", "notify_for_operational_intents": True,
              "notify_for_constraints": True}
    id_ = f"00000000-0000-4000-8000-{number:012x}"
    asked = Request(viewer, frozenset({COORDINATION, PROCESSING}), f"PUT {id_}", Evidence(id_.encode()))
    subscriptions.put(world.hub, asked, id_, convert(wanted, f3548.PutSubscription))


def answers(world: World, viewer: str) -> list[Any]:
    """What the doors say to a viewer: searches, and details of all that there is, found or not."""
    where = convert({"area_of_interest": WHERE}, f3548.Query)
    said: list[Any] = [intents.query(world.hub, viewer, where), constraints.query(world.hub, viewer, where)]
    for each in bridged(world):
        for door in (details.intent, details.constraint):
            try:
                said.append(door(world.hub, Viewer(viewer), each.reference))
            except AntalyaError as refused:
                said.append(refused.problem())
    return said


def bridged(world: World) -> list[Bridged]:
    with world.hub.store.read() as tx:
        return tx.bridged()


class Keeping(Plain):
    """Keeps what it is to tell."""

    def __init__(self, sent: list[Message]) -> None:
        self._sent = sent

    def tell(self, message: Message) -> int:
        self._sent.append(message)
        return 204


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
          suppress_health_check=[HealthCheck.too_slow])
@given(plans, levels, levels)
def test_nothing_above_the_level_leaks_through_the_drone_door(drawn: list[dict[str, Any]], site_level: str, rule_level: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        world = World(Path(scratch), uss=Uss("exchange", "https://exchange.example"))
        try:
            for number, viewer in enumerate(VIEWERS):
                watch(world, viewer, number)
            guarded(world, site_level, rule_level)
            everything, sent = build(world, drawn), list[Message]()
            while deliver(world.hub, Keeping(sent)):
                pass
            for viewer in VIEWERS:
                told = [json.loads(m.body) for m in sent if m.manager == viewer]
                said = json.loads(json.dumps(to_builtins([answers(world, viewer), told])))
                check(world, viewer, said, everything)
                check_guarded(viewer, said, site_level, rule_level)
            for operation in everything:
                check_kept(world, operation)
        finally:
            world.close()


def check(world: World, viewer: str, said: Any, everything: list[Operation]) -> None:
    text, spoken = json.dumps(said), {round(n, 7) for n in numbers(said)} | set(numbers(said))
    levels = {o.id: door_level(world, viewer, o) for o in everything}
    shown: set[float] = set()
    times: set[str] = set()
    for operation in everything:
        if levels[operation.id] == "details":
            ours, when, _ = secrets_of(operation)
            shown |= ours
            times |= when
        elif levels[operation.id] == "envelope":
            coarse = to_builtins(envelope(operation.volumes))
            shown |= {round(n, 7) for n in numbers(coarse)}
            times |= {coarse["starts_at"], coarse["ends_at"]}
    for operation in everything:
        ours, when, words = secrets_of(operation)
        assert not {w for w in words if w in text}, f"{viewer} reads words of {operation.title}"
        if levels[operation.id] != "details":
            assert not (ours & spoken) - shown, f"{viewer} reads coordinates of {operation.title}"
            assert not {t for t in when - times if t in text}, f"{viewer} reads times of {operation.title}"


def door_level(world: World, viewer: str, operation: Operation) -> str:
    """What is not for everybody is not at this door; what is, named parties may see better."""
    if operation.disclosure.get("*", "nothing") in ("nothing", "overlap"):
        return "nothing"
    return allowed_level(world, viewer, operation)


def check_kept(world: World, operation: Operation) -> None:
    """What the DSS keeps of an operation: whole coarse cells, hours and steps of height at `envelope`; nothing below."""
    found = [each for each in bridged(world) if each.subject == operation.id]
    level = operation.disclosure.get("*", "nothing")
    assert len(found) == (level in ("envelope", "details"))
    if level != "envelope":
        return
    with world.hub.store.read() as tx:
        kept, cells = tx.utm_reference(found[0].kind, found[0].reference), tx.utm_cells(found[0].kind, found[0].reference)
    coarse = Counter(s2.S2CellId(cell & (1 << 64) - 1).parent(10).id() for cell in cells)
    assert set(coarse.values()) == {64}
    assert kept is not None
    assert (kept.lower_m % 500, kept.upper_m % 500) == (0, 0)
    assert all((moment.minute, moment.second, moment.microsecond) == (0, 0, 0) for moment in (kept.starts_at, kept.ends_at))


def test_the_law_would_notice_a_leak(tmp_path: Path) -> None:
    """What the owner reads at this door breaks it for anybody else."""
    world = World(tmp_path, uss=Uss("exchange", "https://exchange.example"))
    try:
        drawn = [{"party": p, "activity": a, "at": (i, i), "when": i, "priority": 3, "disclosure": {"*": "envelope"}, "joint": None}
                 for i, (p, a) in enumerate((("TR", "convoy"), ("RU", "flight")))]
        everything = build(world, drawn)
        own = json.loads(json.dumps(to_builtins(answers(world, "TR"))))
        check(world, "TR", own, everything)
        for viewer in ("US", "drones"):
            check(world, viewer, json.loads(json.dumps(to_builtins(answers(world, viewer)))), everything)
            try:
                check(world, viewer, own, everything)
            except AssertionError:
                continue
            raise AssertionError("the leak was not noticed")
    finally:
        world.close()
