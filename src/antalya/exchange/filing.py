"""Filing: one function that reads top to bottom, one transaction: admit, detect, weigh, ask, record."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import Any

import msgspec
from msgspec.structs import replace

from antalya.exchange import ahead
from antalya.exchange.checking import check, clearances, prepared
from antalya.exchange.gathering import gather
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.keeping import carried, keep
from antalya.exchange.proving import receipt
from antalya.exchange.viewing import outcome_view
from antalya.model.errors import error
from antalya.model.limits import Limits
from antalya.model.operations import LIVE, UNDER_WAY, Fix, Operation
from antalya.model.volume import Circle, Outline, Polygon, vertices
from antalya.picture import Made, Prepared, Stored
from antalya.ports import Reader, Remembered, Transaction
from antalya.steps.admit import admit, check_id, check_signed, check_transition
from antalya.steps.disclose import Viewer
from antalya.steps.disclose.envelopes import ENVELOPE_LEVEL

LIGHT_VERTICES, LIGHT_DEG, LIGHT_M, LIGHT_AREAS = 128, 1.0, 50_000.0, 4
"""So many corners a light operation may have, degrees a polygon of it, metres the radius of a circle; and so many as wide."""
_CELL_KM2 = 510_065_622.0 / (6 * 4**ENVELOPE_LEVEL)


class Outcome(msgspec.Struct, frozen=True):
    """What a filing came to: the viewer's view of it (`Outcome` of the API), its version, and whether it is new. Of one that came
    `ready` the operation in the view is itself, to be encoded."""

    view: dict[str, Any]
    version: int
    created: bool


def file(hub: Hub, caller: Viewer, operation: Operation, evidence: Evidence, *, key: str | None = None,
         uuid_only: bool = True) -> Outcome:
    """Files a new operation: kept, checked, asked about and logged in one transaction, or refused and only that logged.

    `key` is the caller's Idempotency-Key: the same bytes under it are filed once. Raises what `admit` raises,
    duplicate_id, idempotency_conflict, signature_required, budget_exceeded and the store's errors.
    """
    with hub.refusals("operation", caller.party, operation.id, evidence):
        return begin(hub, caller, operation, evidence, key=key, uuid_only=uuid_only).result()


def begin(hub: Hub, caller: Viewer, operation: Operation, evidence: Evidence, *, key: str | None = None,
          uuid_only: bool = True, ready: Prepared | None = None, together: int = 1) -> Future[Outcome]:
    """As `file`, without waiting for the store, and whoever waits sees to it that a refusal is logged (`Hub.refused`). `ready`:
    it, made so before (`ahead.ready`); `together`: how many, from this one on, are begun one after the other, to be committed
    together."""
    check_new(operation, uuid_only=uuid_only)
    subject, made = _made(operation, hub, ready)

    def work(tx: Transaction, now: datetime) -> Outcome:
        if tx.operation(operation.id) is not None:
            raise error("duplicate_id", "an operation with that id exists", at="id")
        stored = Stored(operation, 1, now, now, now, made.movement, evidence.kid, tx.log_size())
        return _keep(hub, tx, caller, replace_times(subject, stored), stored, evidence, key, now, "filed",
                     encoded=ready is not None)
    return _submitted(hub, caller, operation.id, evidence, key, work,
                      light=ready is not None or is_light(operation), together=together)


def change(hub: Hub, caller: Viewer, operation: Operation, evidence: Evidence, *, version: int,
           key: str | None = None) -> Outcome:
    """Changes an operation of the caller's: a new version, checked like a new one; earlier versions stay readable.

    `version` is the one the caller read (If-Match). Raises stale_etag, not_yours, not_found, wrong_state and what `file`
    raises.
    """
    with hub.refusals("operation", caller.party, operation.id, evidence):
        return begin_change(hub, caller, operation, evidence, version=version, key=key).result()


def begin_change(hub: Hub, caller: Viewer, operation: Operation, evidence: Evidence, *, version: int,
                 key: str | None = None, ready: Prepared | None = None) -> Future[Outcome]:
    """As `change`, without waiting for the store, and whoever waits sees to it that a refusal is logged; `ready` as
    for `begin`."""
    subject, made = _made(operation, hub, ready)

    def work(tx: Transaction, now: datetime) -> Outcome:
        old = _own(hub, tx, caller, operation.id)
        _not_reported(tx, operation.id)
        if old.version != version:
            raise error("stale_etag", f"the current version is {old.version}")
        check_transition(old.operation, operation, clearances(tx, [operation.id], now)[operation.id])
        moves = carried(old, made.movement)
        if operation.state == "active" and moves != old.movement and old.operation.state == "accepted":
            raise error("wrong_state", "change first what moves, then become active once that is clear", at="state")
        moved_at = old.moved_at if moves == old.movement else now
        stored = Stored(operation, old.version + 1, now, moved_at, old.first_filed_at, moves, evidence.kid, tx.log_size())
        return _keep(hub, tx, caller, replace_times(subject, stored), stored, evidence, key, now, "changed", old,
                     encoded=ready is not None)
    return _submitted(hub, caller, operation.id, evidence, key, work, light=ready is not None or is_light(operation))


def withdraw(hub: Hub, caller: Viewer, id: str, evidence: Evidence, *, version: int) -> Outcome:
    """Withdraws an operation of the caller's; what it clashed with is checked again. Active ones end instead. Raises not_found,
    not_yours, stale_etag, wrong_state, signature_required."""
    with hub.refusals("operation", caller.party, id, evidence):
        def work(tx: Transaction, now: datetime) -> Outcome:
            old = _own(hub, tx, caller, id)
            _not_reported(tx, id)
            if old.version != version:
                raise error("stale_etag", f"the current version is {old.version}")
            if old.operation.state not in LIVE:
                raise error("wrong_state", f"the operation is {old.operation.state}")
            to = "withdrawn" if old.operation.state in ("filed", "accepted") else "ended"
            operation = replace(old.operation, state=to)
            stored = Stored(operation, old.version + 1, now, old.moved_at, old.first_filed_at, old.movement, evidence.kid,
                            tx.log_size())
            return _keep(hub, tx, caller, prepared(stored), stored, evidence, None, now, to, old)
        return _submitted(hub, caller, id, evidence, None, work).result()


def dry_run(hub: Hub, caller: Viewer, id: str) -> dict[str, Any]:
    """Checks an operation the caller has filed, as it stands, without changing anything but the log.

    Only what is filed and logged can be checked: otherwise a check would be a locator (docs/disclosure.md).
    """
    def job(tx: Transaction) -> dict[str, Any]:
        now = hub.moment(tx)
        stored = _own(hub, tx, caller, id)
        rulebook = tx.rulebook()
        found = check(tx, prepared(stored), rulebook, now) if stored.operation.state in LIVE else ()
        hub.log(tx, "dry-run", now, caller.party, id, stored.movement.encode(), version=stored.version)
        return outcome_view(tx, caller, stored, now, rulebook, findings=found)
    view = hub.store.write(job)
    return {"findings": view["findings"], "clearance": view["clearance"]}


def report_fix(hub: Hub, caller: Viewer, id: str, fix: Fix) -> None:
    """Says where an operation of the caller's that is under way is now, for USSs that may ask while it is off-nominal. Only the
    latest is kept, and none of them is in the log. Raises not_found, not_yours, wrong_state, bad_field."""
    def job(tx: Transaction) -> None:
        now, stored = hub.moment(tx), _own(hub, tx, caller, id)
        if stored.operation.state not in UNDER_WAY:
            raise error("wrong_state", f"the operation is {stored.operation.state}, not under way")
        if fix.at > now + timedelta(seconds=hub.limits.clock_back_s):
            raise error("bad_field", "measured in the future", at="at")
        last = tx.fix(id)
        if last is None or last.at <= fix.at:
            tx.put_fix(id, fix)
    hub.store.write(job)


def check_new(operation: Operation, *, uuid_only: bool = True) -> None:
    """What is seen at a look of an operation that is filed. Raises bad_id, wrong_state."""
    if uuid_only:
        check_id(operation.id)
    if operation.state not in ("filed", "accepted"):
        raise error("wrong_state", "an operation is first filed or accepted", at="state")


def is_light(operation: Operation) -> bool:
    """Whether its shapes are made, and the cells they cover found, in a few milliseconds at most: few corners, nothing large, and
    not much of what is nearly so."""
    if sum(max(4, vertices(v.outline)) for v in operation.volumes) > LIGHT_VERTICES:
        return False
    widths = [_width(v.outline) for v in operation.volumes]
    return max(widths) <= 1 and sum(width * width for width in widths) <= LIGHT_AREAS


def _width(outline: Outline) -> float:
    """How wide an outline is, of what a light one may be."""
    if isinstance(outline, Circle):
        return outline.radius_m / LIGHT_M
    if not isinstance(outline, Polygon):
        return inf
    spans: list[float] = [max(along) - min(along) for ring in outline.coordinates for along in zip(*ring, strict=True)]
    return max(spans) / LIGHT_DEG


def _made(operation: Operation, hub: Hub, ready: Prepared | None) -> tuple[Prepared, Made]:
    """An operation, ready, which costs nobody who waits for the store; and what was made of it."""
    subject = ready or ahead.ready(operation, hub.limits, hub.clock())
    assert subject.made is not None
    return subject, subject.made


def replace_times(subject: Prepared, stored: Stored) -> Prepared:
    """The prepared operation with the moments the store gives it; the shapes were made before the job, outside the line."""
    return subject._replace(operation=stored.operation, filed_at=stored.moved_at, first_filed_at=stored.first_filed_at,
                            version=stored.version)


def _own(hub: Hub, tx: Transaction, caller: Viewer, id: str) -> Stored:
    stored = tx.operation(id)
    if stored is not None and stored.operation.party == caller.party:
        return stored
    if stored is not None and gather(tx, caller, [id], hub.clock()).levels[id] != "nothing":
        raise error("not_yours", "the operation belongs to another party")
    raise error("not_found", "no such operation")


def _not_reported(tx: Transaction, id: str) -> None:
    if (reference := tx.adopted_as(id)) is not None:
        raise error("is_reference", f"it is the {reference.kind} {reference.reference}")


def _keep(hub: Hub, tx: Transaction, caller: Viewer, subject: Prepared, stored: Stored, evidence: Evidence, key: str | None,
          now: datetime, because: str, old: Stored | None = None, *, encoded: bool = False) -> Outcome:
    """The one way into the store: admitted, logged, indexed, checked, told. `encoded` as for `disclose.Context`."""
    operation, rulebook = stored.operation, tx.rulebook()
    party = rulebook.parties.get(caller.party)
    if evidence.kid is not None and (party is None or evidence.kid not in party.good_keys(now)):
        raise error("bad_signature", "the key is not registered any more")
    check_signed(party, evidence.kid)
    moves = old is None or old.movement != stored.movement
    if operation.state in LIVE or moves or old is None or operation.disclosure != old.operation.disclosure:
        admit(subject, caller.party, rulebook, hub.limits, now)
    if moves:
        assert subject.made is not None  # what moves was filed or changed
        _spend(tx, operation.party, subject.made.coarse, hub.limits, now)
    leaf = keep(hub, tx, subject, stored, evidence, now, because, old)
    view = outcome_view(tx, caller, stored, now, rulebook, encoded=encoded) | {"leaf": leaf}
    if old is not None and (old.operation.state, operation.state) == ("accepted", "active") and view["clearance"] != "clear":
        raise error("wrong_state", f"with what changes it is {view['clearance']}: it may not become active", at="state")
    if key is not None:
        first = {"operation": {"id": operation.id, "version": stored.version}, "leaf": leaf}  # the rest is as it is by then
        tx.remember(caller.party, key, Remembered(_request_hash(evidence), msgspec.json.encode(first).decode()), now)
    return Outcome(view, stored.version, old is None)


def _spend(tx: Transaction, party: str, cells: Sequence[int], limits: Limits, now: datetime) -> None:
    """Charges the party's budget of distinct area for the day (UTC). Raises budget_exceeded."""
    day = now.date().isoformat()
    total, known = tx.spent(party, day, cells)
    fresh = [cell for cell in cells if cell not in known]
    if (total + len(fresh)) * _CELL_KM2 > limits.area_budget_km2_per_day:
        raise error("budget_exceeded", f"more than {limits.area_budget_km2_per_day:.0f} km² of distinct area in one day")
    tx.spend(party, day, fresh)


def _request_hash(evidence: Evidence) -> str:
    return hashlib.sha256(evidence.raw if evidence.payload is None else evidence.payload).hexdigest()


def _remembered(tx: Transaction, caller: Viewer, key: str | None, evidence: Evidence, now: datetime) -> Outcome | None:
    """What was filed under the same key, with its leaf, as it is now: what was clear then may be held by now, or withdrawn."""
    found = tx.remembered(caller.party, key) if key is not None else None
    if found is None:
        return None
    if found.request_sha256 != _request_hash(evidence):
        raise error("idempotency_conflict", "another filing came with that key")
    first = msgspec.json.decode(found.response)
    stored = tx.operation(first["operation"]["id"])
    if stored is None:
        return None
    view = outcome_view(tx, caller, stored, now, tx.rulebook()) | {"leaf": first["leaf"]}
    return Outcome(view, stored.version, first["operation"]["version"] == 1)


def _submitted(hub: Hub, caller: Viewer, id: str, evidence: Evidence, key: str | None,
               work: Callable[[Transaction, datetime], Outcome], *, light: bool = False, together: int = 1) -> Future[Outcome]:
    """What is done about an operation, in the line of writers, unless it was under the same key; what it came to, with the
    receipt of its leaf."""
    def job(tx: Transaction) -> Outcome:
        now = hub.moment(tx)
        return _remembered(tx, caller, key, evidence, now) or work(tx, now)
    answer = hub.store.submit(job, partial(_proven, hub), (id,), light=light, together=together)
    answer.add_done_callback(partial(_ring, hub))
    return answer


def _ring(hub: Hub, answer: Future[Outcome]) -> None:
    if not answer.cancelled() and answer.exception() is None:
        hub.bell.ring()


def _proven(hub: Hub, tx: Reader, outcome: Outcome) -> Outcome:
    return Outcome(outcome.view | {"receipt": receipt(hub, tx, outcome.view["leaf"])}, outcome.version, outcome.created)
