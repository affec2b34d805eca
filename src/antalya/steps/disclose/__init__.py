"""Disclose: what a viewer sees of a thing. Every door uses `disclose`; no other code redacts (docs/disclosure.md).

The ladder: `nothing` · `overlap` (only the region and window where two things meet) · `envelope` (who, coarse cells and
hours) · `details`. The broker and an operation's own party see details. `levels` says who sees how much, `envelopes` how what is
exact is made coarse.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

import msgspec
from msgspec import to_builtins

from antalya.model.asks import Answer, Ask
from antalya.model.findings import Clearance, Finding, Opened, Remedy, start_with_notice
from antalya.model.operations import Operation
from antalya.model.parties import STANCES, Level, Stance, at_least, higher, lower
from antalya.model.places import Control, Site
from antalya.model.understandings import Understanding
from antalya.picture import Rulebook, Stored
from antalya.steps.disclose.envelopes import envelope
from antalya.steps.disclose.levels import Viewer, between, released_to

__all__ = ["Context", "View", "Viewer", "disclose"]

View = dict[str, Any]


class Context(msgspec.Struct, frozen=True):
    """What the view of a thing depends on besides the viewer: how much of each operation they see (`levels`, by id; missing
    is nothing), the operations that findings and asks name, their clearance, and the asks and answers around findings. `encoded`:
    the view is to be JSON, and so whole nouns in it need not be taken apart before."""

    rulebook: Rulebook
    now: datetime
    levels: Mapping[str, Level] = msgspec.field(default_factory=dict)
    operations: Mapping[str, Operation] = msgspec.field(default_factory=dict)
    clearances: Mapping[str, Clearance] = msgspec.field(default_factory=dict)
    findings: Mapping[str, Finding] = msgspec.field(default_factory=dict)
    asks: Mapping[str, Sequence[Ask]] = msgspec.field(default_factory=dict)
    answers: Mapping[str, Sequence[Answer]] = msgspec.field(default_factory=dict)
    settled: frozenset[str] = frozenset()
    encoded: bool = False


def disclose(viewer: Viewer, thing: object, context: Context) -> View | None:
    """The view of a thing for a viewer; None where they see nothing of it."""
    match thing:
        case Stored():
            return _operation(thing, context)
        case Opened():
            return _finding(viewer, thing, context)
        case Ask():
            return _ask(viewer, thing, context)
        case Stance(holder=owner) | Control(claimant=owner):
            return _whole(thing) if viewer.broker or owner == viewer.party or thing.released else None
        case Site(owner=owner):
            return _whole(thing) if released_to(viewer, (owner,), thing.disclosure) == "details" else None
        case Understanding():
            return _whole(thing) if viewer.broker or viewer.party in thing.signatories else None
        case msgspec.Struct():  # parties, forces, areas: the shared reference data of an exchange
            return _whole(thing)
    raise TypeError(f"nothing is known of who may see a {type(thing).__name__}")


def _whole(thing: msgspec.Struct) -> View:
    view: View = to_builtins(thing)
    return view


def _operation(stored: Stored, context: Context) -> View | None:
    operation = stored.operation
    level = context.levels.get(operation.id, "nothing")
    if level == "details":
        return {"id": operation.id, "level": level, "version": stored.version, "etag": f'"{stored.version}"',
                "filed_at": to_builtins(stored.filed_at), "signed": stored.kid is not None,
                "clearance": context.clearances.get(operation.id),
                "operation": operation if context.encoded else to_builtins(operation)}
    if level == "envelope":
        return {"id": operation.id, "level": level, "party": operation.party, "forces": list(operation.forces),
                "activity": operation.activity, "state": operation.state, "envelope": envelope(operation.volumes)}
    return None


def _own(viewer: Viewer, operation: str | None, context: Context) -> bool:
    return operation is not None and (viewer.broker or _owner(operation, context) == viewer.party)


def _owner(operation: str, context: Context) -> str | None:
    known = context.operations.get(operation)
    return None if known is None else known.party


def _finding_level(viewer: Viewer, finding: Finding, context: Context, *, closed: bool = False) -> Level:
    """The least that is released of what a finding is about; its own sides see at least where they meet, and whoever is asked
    because of it sees it while it is open."""
    if viewer.broker:
        return "details"
    site = context.rulebook.sites.get(finding.site or "")
    sides = [o for o in (finding.operation, finding.other) if o is not None]
    foreign = [o for o in sides if not _own(viewer, o, context)]
    if not foreign:
        return "details"
    released = reduce(lower, (context.levels.get(o, "nothing") for o in foreign))
    if len(foreign) < len(sides):
        return higher(released, between(finding, context.operations, context.rulebook, context.now))
    if site is not None and site.owner == viewer.party:
        return higher(released, "overlap")
    asked = viewer.party in finding.asks_of and any(a.of == viewer.party and a.state != "closed"
                                                    for a in context.asks.get(finding.id, ()))
    return released if asked and not closed else "nothing"


def _finding(viewer: Viewer, opened: Opened, context: Context) -> View | None:
    finding = opened.finding
    level = _finding_level(viewer, finding, context, closed=opened.closed_at is not None)
    if level == "nothing":
        return None
    site = context.rulebook.sites.get(finding.site or "")
    side = _own(viewer, finding.operation, context) or _own(viewer, finding.other, context) \
        or (site is not None and site.owner == viewer.party)
    named, window = at_least(level, "envelope"), side or level == "details"
    shown = {o for o in (finding.operation, finding.other) if o is not None and (named or _own(viewer, o, context))}
    view: View = {
        "id": finding.id, "level": level, "kind": finding.kind, "severity": finding.severity, "effect": finding.effect,
        "opened_at": to_builtins(opened.opened_at),
        "closed_at": None if opened.closed_at is None else to_builtins(opened.closed_at),
        "why": finding.why, "text": finding.text + _whose_turn(viewer, finding, context),
        "rule": finding.rule, "rule_kind": finding.rule_kind, "understanding": finding.understanding,
        "operation": finding.operation if finding.operation in shown else None,
        "other": finding.other if finding.other in shown else None,
        "site": finding.site if viewer.broker or (site is not None and site.owner == viewer.party) else None,
        "params": to_builtins(finding.params) if level == "details" else {},
        "met": [_met(met, level) for met in finding.met] if window else [], "more": finding.more and window,
        "remedies": [_remedy(_still(r, opened, context.now), finding, named) for r in finding.remedies
                     if _own(viewer, r.operation, context)],
        "stance": _stance(viewer, finding, named, context), "settled": finding.id in context.settled,
    }
    for end in ("starts_at", "ends_at"):
        moment = getattr(finding, end)
        view[end] = to_builtins(moment) if window and moment is not None else None
    return view


def _whose_turn(viewer: Viewer, finding: Finding, context: Context) -> str:
    """Which of two operations gives way, for whoever has one of them: the text is the same for all, and the other one is
    perhaps not named to them."""
    if finding.other is None or finding.effect == "none" or viewer.broker:
        return ""
    yields, other = _own(viewer, finding.operation, context), _own(viewer, finding.other, context)
    return "" if yields == other else " Here yours gives way." if yields else " Here the other one gives way, not yours."


def _met(met: object, level: Level) -> View:
    whole: View = to_builtins(met)
    if level == "details":
        return whole
    return {key: whole[key] for key in ("region", "starts_at", "ends_at", "lower_m", "upper_m")}


def _still(remedy: Remedy, opened: Opened, now: datetime) -> Remedy:
    """A remedy as it can be done now: a start that gives the notice lies the later, the later the change is filed."""
    notice_s = opened.finding.params.get("notice_s")
    if remedy.kind != "start-after" or not isinstance(notice_s, int | float) or opened.closed_at is not None:
        return remedy
    anew = start_with_notice(remedy.operation, notice_s, now)
    return max(remedy, anew, key=lambda r: r.instant or now)


def _remedy(remedy: Remedy, finding: Finding, named: bool) -> View:
    """A remedy; the party to ask is named only where the viewer may know who the other side is."""
    view: View = to_builtins(remedy)
    if finding.other is not None and not named and remedy.parties:
        view |= {"parties": [], "text": "Obtain the other side's consent through the exchange."}
    return view


def _stance(viewer: Viewer, finding: Finding, named: bool, context: Context) -> str | None:
    """The viewer's own stance towards the forces of the other side of a clash, where it may know who that is: the most
    guarded one it holds."""
    if viewer.broker or not named or finding.other is None:
        return None
    across = finding.other if _own(viewer, finding.operation, context) else finding.operation
    operation = context.operations.get(across)
    if operation is None or not operation.forces:
        return None
    return max((context.rulebook.stance(viewer.party, force, context.now) for force in operation.forces), key=STANCES.index)


def _ask(viewer: Viewer, ask: Ask, context: Context) -> View | None:
    owner = _owner(ask.operation, context)
    if not (viewer.broker or viewer.party in (ask.of, owner)):
        return None
    finding = context.findings.get(ask.finding)
    hidden = finding is not None and finding.other is not None and ask.kind != "conditions" and not viewer.broker
    view: View = to_builtins(ask)
    del view["subject_sha256"]
    if finding is not None and ask.kind != "conditions":
        view["text"] += _whose_turn(viewer, finding, context)
    if hidden and finding is not None and not at_least(_finding_level(viewer, finding, context), "envelope"):
        if viewer.party == ask.of:
            view["operation"] = None
        else:
            view["of"] = None
    view["answers"] = [_answer(a, named=view["of"] is not None) for a in context.answers.get(ask.id, ())]
    return view


def _answer(answer: Answer, named: bool) -> View:
    view: View = to_builtins(answer)
    if not named:
        view["party"] = None
    return view
