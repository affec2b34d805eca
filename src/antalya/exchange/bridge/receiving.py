"""Receiving: what USSs tell the exchange of their own intents and constraints, and the logs of what was said about one."""

from typing import Any

import msgspec

from antalya.exchange.bridge.adopting import adopt, is_strange
from antalya.exchange.bridge.comparing import compare
from antalya.exchange.bridge.talking import DOORS, Exchanged, Said, door
from antalya.exchange.coordination import reading
from antalya.exchange.coordination.writing import entity_id
from antalya.exchange.hub import Evidence, Hub
from antalya.model.coordination import Reference, ReferenceKind
from antalya.model.errors import error
from antalya.model.f3548_details import Constraint, ConstraintNotice, Intent, IntentNotice
from antalya.ports import Transaction
from antalya.steps.disclose import Viewer


def intent(hub: Hub, caller: Viewer, notice: IntentNotice, evidence: Evidence) -> None:
    """A USS tells of its intent: that it is so now, or (without one) that it was deleted. Raises bad_id, bad_field, not_yours,
    stale_ovn."""
    _hear(hub, caller, "intent", notice.operational_intent_id, notice.operational_intent or None, evidence)


def constraint(hub: Hub, caller: Viewer, notice: ConstraintNotice, evidence: Evidence) -> None:
    """A USS tells of its constraint. Raises as `intent`."""
    _hear(hub, caller, "constraint", notice.constraint_id, notice.constraint or None, evidence)


def _hear(hub: Hub, caller: Viewer, kind: ReferenceKind, id: str, told: Intent | Constraint | None, evidence: Evidence) -> None:
    id, asked_at = entity_id(id), hub.clock()

    def job(tx: Transaction) -> None:
        now, known = hub.moment(tx), tx.utm_reference(kind, id)
        version = 0 if known is None else known.version
        if known is None:
            if told is not None:
                raise error("bad_field", "this DSS has no reference with that id", at=f"{kind}_id")
        else:
            _take(hub, tx, caller, known, told)
        url = door("" if hub.uss is None else hub.uss.base_url, DOORS[kind])
        heard = Exchanged(kind, id, caller.party, url, "POST", "Server", asked_at, now, evidence.raw, Said(204))
        heard.keep(tx, caller.party)
        hub.log(tx, "utm.heard", now, caller.party, id, heard.content(1, version), version=max(version, 1))
    with hub.refusals("utm.heard", caller.party, id, evidence):
        hub.store.write(job)
    hub.bell.ring()


def _take(hub: Hub, tx: Transaction, caller: Viewer, known: Reference, told: Intent | Constraint | None) -> None:
    """Has the operation follow what its manager tells. What the DSS was told last counts: a notice that is older is refused."""
    if known.manager != caller.party:
        raise error("not_yours", "it is managed by another USS")
    if told is None:
        raise error("stale_ovn", "its reference is still in the DSS: delete that first")
    if told.reference.version < known.version:
        raise error("stale_ovn", f"the DSS has version {known.version}")
    found = compare(known, known.extent(tx.utm_cells(known.kind, known.id)), told, hub.limits)
    if found.problems:
        raise error("bad_field", "; ".join(found.problems), at="operational_intent" if known.kind == "intent" else "constraint")
    if is_strange(hub, known.manager):
        adopt(hub, tx, known, found.volumes, hub.moment(tx), found.priority, found.note)
        tx.forget_fetch(known.kind, known.id)


def log_set(hub: Hub, caller: Viewer, id: str) -> dict[str, Any]:
    """The log set of a reference, by its id: what was said about it between the exchange and the caller, and for a broker
    between the exchange and anybody. Empty for what is not known: the interface has no other answer. Raises search_too_wide
    rather than to leave some out."""
    with hub.store.read() as tx:
        found = reading.whole(tx.talks(id.lower(), reading.MOST_RESULTS + 1, None if caller.broker else caller.party), "messages")
    return {"messages": [msgspec.Raw(talk.record.encode()) for talk in found]}
