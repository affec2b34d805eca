"""Operational intent references: create, change, delete, read, search."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from msgspec import to_builtins

from antalya.exchange.bridge.adopting import forget, report
from antalya.exchange.coordination.attaching import attach
from antalya.exchange.coordination.extents import Given, area_of, given, volumes_of
from antalya.exchange.coordination.placing import SKEW, place, remove
from antalya.exchange.coordination.reading import known, reference, search
from antalya.exchange.coordination.writing import (
    COORDINATION,
    MONITORING,
    Done,
    Request,
    base_url,
    check_version,
    entity_id,
    new_ovn,
    write,
)
from antalya.exchange.hub import Hub
from antalya.model import f3548
from antalya.model.coordination import CALLED, Extent, Reference, Watch
from antalya.model.errors import error
from antalya.ports import Transaction
from antalya.steps.refer import constraint_for, intent_for, subscribers

NEXT: dict[f3548.State, frozenset[f3548.State]] = {
    "Accepted": frozenset(f3548.STATES),
    "Activated": frozenset({"Activated", "Nonconforming", "Contingent"}),
    "Nonconforming": frozenset({"Activated", "Nonconforming", "Contingent"}),
    "Contingent": frozenset({"Contingent"}),
}
"""Which states may follow which; a contingent intent only ends, which is its deletion."""
PLANNED: tuple[f3548.State, ...] = ("Accepted", "Activated")
GRACE = timedelta(seconds=10)
"""How long a key may name the replaced OVN of an off-nominal intent: one that changes every second would starve all others."""
MOST_LISTED = 1_000
EVERY = 1_000_000_000


def put(hub: Hub, request: Request, id: str, wanted: f3548.PutIntent) -> bytes:
    """Creates an intent's reference, or changes the version `request.old` of it.

    Raises bad_id, bad_field, no_scope, not_yours, stale_ovn, wrong_state, uss_down, window_past, missing_ovns and what the
    extents raise.
    """
    id = entity_id(id)
    request.need(MONITORING if wanted.state in f3548.OFF_NOMINAL else COORDINATION, f"the state {wanted.state}")
    base_url(wanted.uss_base_url, hub)
    volumes = given(wanted.extents, hub.limits, times=True, heights=True)

    def job(tx: Transaction) -> Done:
        now = hub.moment(tx)
        old = _old(tx, request, id)
        _check_state(tx, request, wanted.state, old)
        volumes.not_over(now)
        watch = attach(hub, tx, request, wanted, volumes, id)
        if wanted.state in PLANNED:
            _check_key(tx, request, id, wanted.key or (), volumes.extent, watch, now)
        kept = _reference(request, id, wanted, volumes, _new_ovn(hub, tx, wanted, id, old, now), old, watch)
        told = place(tx, kept, volumes.extent, old, now, watch)
        report(hub, tx, kept, volumes_of(wanted.extents), now)
        shown = tx.utm_reference("intent", id) or kept
        return Done(kept.version, f3548.ChangedIntent(subscribers=subscribers(told),
                                                      operational_intent_reference=intent_for(request.party, shown)))
    return write(hub, request, "intent", id, job)


def delete(hub: Hub, request: Request, id: str) -> bytes:
    """Deletes the version `request.old` of an intent's reference: it has ended. Raises not_found, not_yours, stale_ovn,
    uss_down."""
    id = entity_id(id)

    def job(tx: Transaction) -> Done:
        now = hub.moment(tx)
        old = known(tx.utm_reference("intent", id), "intent")
        check_version(old, request)
        if old.availability == "Down":
            raise error("uss_down", "a USS that is Down can't delete operational intents")
        told = remove(tx, old, now)
        forget(hub, tx, "intent", id, now)
        return Done(old.version, f3548.ChangedIntent(subscribers=subscribers(told),
                                                     operational_intent_reference=intent_for(request.party, old)))
    return write(hub, request, "intent", id, job)


def get(hub: Hub, party: str, id: str) -> dict[str, f3548.IntentReference]:
    """An intent's reference. Raises bad_id, not_found."""
    return {"operational_intent_reference": intent_for(party, reference(hub, "intent", id))}


def query(hub: Hub, party: str, wanted: f3548.Query) -> dict[str, list[f3548.IntentReference]]:
    """The references in an area. Raises search_too_wide, and what the area raises."""
    area = area_of(wanted, hub.limits)
    with hub.store.read() as tx:
        return {"operational_intent_references": [intent_for(party, r) for r in search(tx, "intent", area)]}


def _old(tx: Transaction, request: Request, id: str) -> Reference | None:
    old = tx.utm_reference("intent", id)
    if old is not None:
        check_version(old, request)
    elif request.old is not None:
        raise error("bad_field", "there is no such operational intent to change", at="entityid")
    return old


def _check_state(tx: Transaction, request: Request, state: f3548.State, old: Reference | None) -> None:
    if old is None and state != "Accepted":
        raise error("bad_field", f"an operational intent begins Accepted, not {state}", at="state")
    if old is not None and old.state is not None and state not in NEXT[old.state]:
        raise error("bad_field", f"{old.state} can't become {state}", at="state")
    if state in PLANNED and tx.utm_availability(request.party).state == "Down":
        raise error("uss_down", f"a USS that is Down can't have an operational intent {state}")


def _reference(request: Request, id: str, wanted: f3548.PutIntent, volumes: Given, ovn: str, old: Reference | None,
               watch: Watch | None) -> Reference:
    at = volumes.extent
    return Reference("intent", id, request.party, 1 if old is None else old.version + 1, ovn, wanted.state, at.starts_at,
                     at.ends_at, at.lower_m, at.upper_m, wanted.uss_base_url, None if watch is None else watch.id)


def _new_ovn(hub: Hub, tx: Transaction, wanted: f3548.PutIntent, id: str, old: Reference | None, now: datetime) -> str:
    """A random OVN, or `<id>_<suffix>` where the USS wants to know it beforehand: the suffix is a UUIDv7 of about now."""
    suffix = wanted.requested_ovn_suffix
    if suffix is None:
        return new_ovn(hub)
    try:
        made = uuid.UUID(suffix)
    except ValueError:
        made = uuid.UUID(int=0)
    if made.version != 7 or str(made) != suffix.lower():
        raise error("bad_field", "not a UUID of version 7", at="requested_ovn_suffix")
    if abs((made.int >> 80) / 1000 - now.timestamp()) > SKEW.total_seconds():
        raise error("bad_field", "its time is more than 5 minutes from now", at="requested_ovn_suffix")
    ovn = f"{id}_{suffix}"
    if (old is not None and old.ovn == ovn) or tx.utm_was_current([ovn], now - 2 * SKEW):
        raise error("bad_field", "that OVN was used before", at="requested_ovn_suffix")
    return ovn


def _check_key(tx: Transaction, request: Request, id: str, key: Sequence[str], extent: Extent, watch: Watch | None,
               now: datetime) -> None:
    """Raises missing_ovns, with the references whose current OVN the key lacks.

    Not needed are the intent's own, and those of Accepted intents of a USS that is Down: nobody answers for them. Constraints
    count for a USS that wants to hear of them.
    """
    recent = tx.utm_was_current(key, now - GRACE)
    intents = [r for r in tx.utm_references("intent", extent, but=key, limit=EVERY)
               if r.id != id and not (r.availability == "Down" and r.state == "Accepted")
               and not (r.state in f3548.OFF_NOMINAL and r.id in recent)]
    constraints = tx.utm_references("constraint", extent, but=key, limit=EVERY) if watch and watch.constraints else []
    if intents or constraints:
        _refuse(request.party, intents, constraints)


def _refuse(party: str, intents: list[Reference], constraints: list[Reference]) -> NoReturn:
    lists: dict[str, Any] = {}
    if intents:
        lists["missing_operational_intents"] = to_builtins([intent_for(party, r) for r in intents[:MOST_LISTED]])
    if constraints:
        lists["missing_constraints"] = to_builtins([constraint_for(party, r) for r in constraints[:MOST_LISTED]])
    counts = " and ".join(f"{len(found)} {noun}{'s' if len(found) > 1 else ''}" for found, noun in
                          ((intents, CALLED["intent"]), (constraints, CALLED["constraint"])) if found)
    cut = f"; the first {MOST_LISTED} of each are listed" if max(len(intents), len(constraints)) > MOST_LISTED else ""
    raise error("missing_ovns", f"the key lacks the current OVNs of {counts} whose cells, heights and times meet yours{cut}",
                **lists)
