"""The details doors of the exchange as a USS: what it manages, as far as the caller may see it."""

from datetime import datetime

from msgspec import UNSET

from antalya.exchange.bridge import things
from antalya.exchange.bridge.things import Exhibit
from antalya.exchange.coordination.writing import entity_id
from antalya.exchange.gathering import gather
from antalya.exchange.hub import Hub
from antalya.model.bridging import Bridged
from antalya.model.coordination import Reference, ReferenceKind
from antalya.model.errors import error
from antalya.model.f3548 import OFF_NOMINAL, time
from antalya.model.f3548_details import Constraint, ConstraintAnswer, Intent, IntentAnswer, TelemetryAnswer
from antalya.model.parties import Level, lower
from antalya.ports import Reader
from antalya.steps.disclose import Viewer
from antalya.steps.disclose.envelopes import released_volumes
from antalya.steps.disclose.levels import released_to
from antalya.steps.refer import constraint_of, intent_of, telemetry_of


def intent(hub: Hub, viewer: Viewer, id: str) -> IntentAnswer:
    """An operational intent of the exchange's, with its OVN. Raises bad_id, not_found."""
    with hub.store.read() as tx:
        found = _found(tx, viewer, "intent", entity_id(id), hub.clock())
    if not isinstance(found, Intent):
        raise error("not_found", "no such operational intent is managed here")
    return IntentAnswer(operational_intent=found)


def constraint(hub: Hub, viewer: Viewer, id: str) -> ConstraintAnswer:
    """A constraint of the exchange's, with its OVN. Raises bad_id, not_found."""
    with hub.store.read() as tx:
        found = _found(tx, viewer, "constraint", entity_id(id), hub.clock())
    if not isinstance(found, Constraint):
        raise error("not_found", "no such constraint is managed here")
    return ConstraintAnswer(constraint=found)


def telemetry(hub: Hub, viewer: Viewer, id: str) -> TelemetryAnswer:
    """Where the flight of an off-nominal intent was last, for who may see it in whole. Raises bad_id, not_found, wrong_state
    unless it is off-nominal, no_telemetry."""
    state = intent(hub, viewer, id).operational_intent.reference.state
    if state not in OFF_NOMINAL:
        raise error("wrong_state", f"telemetry is given only while Nonconforming or Contingent, not {state}")
    with hub.store.read() as tx:
        shown = tx.bridged_as("intent", entity_id(id))
        exhibit = None if shown is None else _exhibit(tx, shown)
        fix = None if shown is None else tx.fix(shown.subject)
        if exhibit is None or fix is None or _level(tx, viewer, exhibit, hub.clock()) != "details":
            raise error("no_telemetry", "nobody has told the exchange where it is, or not for you")
    return TelemetryAnswer(operational_intent_id=entity_id(id), telemetry=telemetry_of(fix),
                           next_telemetry_opportunity=UNSET if fix.next_at is None else time(fix.next_at))


def _found(tx: Reader, viewer: Viewer, kind: ReferenceKind, id: str, now: datetime) -> Intent | Constraint | None:
    shown, reference = tx.bridged_as(kind, id), tx.utm_reference(kind, id)
    return None if shown is None or reference is None else seen(tx, viewer, shown, reference, now)


def seen(tx: Reader, viewer: Viewer, shown: Bridged, reference: Reference, now: datetime) -> Intent | Constraint | None:
    """What a viewer sees of one of the exchange's references; None where nothing is released to them."""
    exhibit = _exhibit(tx, shown)
    if exhibit is None:
        return None
    level = _level(tx, viewer, exhibit, now)
    moves_it = exhibit.source != "rule" and viewer.party in exhibit.owners  # the area of a rule is moved by others
    if not moves_it and "details" not in exhibit.disclosure.values():
        level = lower(level, "envelope")  # its OVN stays while the plan moves in it: who had that would not learn of it
    volumes = released_volumes(exhibit.volumes, level)
    if not volumes:
        return None
    if exhibit.kind == "constraint":
        return constraint_of(reference, volumes, exhibit.type)
    return intent_of(reference, volumes, exhibit.priority if level == "details" else 0)


def _level(tx: Reader, viewer: Viewer, exhibit: Exhibit, now: datetime) -> Level:
    """What the viewer may see: of an operation, all that the ladder gives them."""
    if exhibit.source == "operation":
        return gather(tx, viewer, [exhibit.subject], now).levels[exhibit.subject]
    return released_to(viewer, exhibit.owners, exhibit.disclosure)


def _exhibit(tx: Reader, shown: Bridged) -> Exhibit | None:
    """The thing a reference stands for, as it is now."""
    if shown.source == "operation":
        stored = tx.operation(shown.subject)
        return None if stored is None else things.operation(stored.operation)
    rulebook = tx.rulebook()
    if shown.source == "site":
        site = rulebook.sites.get(shown.subject)
        return None if site is None else things.site(site)
    understanding = rulebook.understandings.get(shown.subject)
    found = () if understanding is None else things.keep_outs(understanding, rulebook)
    return next((each for each in found if each.part == shown.part), None)
