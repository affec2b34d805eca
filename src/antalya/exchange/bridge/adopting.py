"""Adopting: another USS's reference becomes an operation here, which liaison cells see and for which rules hold (docs/adr/0011).

It is what a USS reports, not what it asks for: neither clearance nor budgets stand in its way, and only a change of the reference
changes it. It is public as details are in the standard: any USS may ask for them.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from antalya.exchange.coordination.writing import new_id
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.keeping import carried, keep, movement_hash
from antalya.model.bridging import Adopted, Fetch
from antalya.model.coordination import CALLED, Reference, ReferenceKind
from antalya.model.f3548 import State
from antalya.model.operations import LIVE, Operation
from antalya.model.operations import State as Stage
from antalya.model.volume import Volume
from antalya.picture import Stored, prepare
from antalya.ports import Transaction
from antalya.wire.canonical import canonical

_STAGES: dict[State, Stage] = {"Accepted": "accepted", "Activated": "active", "Nonconforming": "nonconforming",
                               "Contingent": "contingent"}
_FIRST = 9


def is_strange(hub: Hub, manager: str) -> bool:
    """Whether a reference is another USS's, for an exchange that is one itself."""
    return hub.uss is not None and manager != hub.uss.id


def report(hub: Hub, tx: Transaction, reference: Reference, volumes: Sequence[Volume], now: datetime) -> None:
    """After a USS wrote a reference: it is an operation as far as was said there, and its details are to be fetched."""
    if is_strange(hub, reference.manager):
        adopt(hub, tx, reference, volumes, now)
        seek(tx, reference, now)


def seek(tx: Transaction, reference: Reference, now: datetime) -> None:
    """Has a reference's details fetched."""
    tx.put_fetch(Fetch(reference.kind, reference.id, reference.manager, reference.uss_base_url, now))


def adopt(hub: Hub, tx: Transaction, reference: Reference, volumes: Sequence[Volume], now: datetime,
          priority: int | None = None, note: str | None = None) -> None:
    """Brings the operation that a reference is into line with it; `priority`, `note` None: as they were."""
    known = tx.adopted(reference.kind, reference.id)
    old = None if known is None else tx.operation(known)
    if old is not None and (old.operation.state not in LIVE or old.operation.party != reference.manager):
        old = None
    if priority is None:
        priority = 0 if old is None else old.operation.priority
    if note is None:
        note = "" if old is None else old.operation.note
    flies = reference.state is not None
    if not flies:
        priority = _FIRST  # it does not move: others give way
    operation = Operation(
        id=new_id(hub) if old is None else old.operation.id, party=reference.manager,
        activity="drone" if flies else "constraint", volumes=tuple(volumes),
        state="accepted" if reference.state is None else _STAGES[reference.state],
        title=f"{CALLED[reference.kind]} {reference.id[:8]}", note=note, priority=min(max(priority, 0), 9),
        disclosure={"*": "details"}, source=f"ASTM F3548-21 {CALLED[reference.kind]} {reference.id}")
    if old is None or old.operation != operation:
        tx.put_adopted(Adopted(reference.kind, reference.id, operation.id))
        _keep(hub, tx, operation, old, now)


def forget(hub: Hub, tx: Transaction, kind: ReferenceKind, reference: str, now: datetime) -> None:
    """After a reference was deleted: the operation has ended, or was never flown."""
    tx.forget_fetch(kind, reference)
    known = tx.adopted(kind, reference)
    old = None if known is None else tx.operation(known)
    if old is None:
        return
    if old.operation.state in LIVE:
        stage: Stage = "withdrawn" if old.operation.state == "accepted" else "ended"
        _keep(hub, tx, replace(old.operation, state=stage), old, now)
    tx.drop_adopted(Adopted(kind, reference, old.operation.id))


def _keep(hub: Hub, tx: Transaction, operation: Operation, old: Stored | None, now: datetime) -> None:
    movement = movement_hash(operation) if old is None else carried(old, movement_hash(operation))
    moved_at = now if old is None or old.movement != movement else old.moved_at
    stored = Stored(operation, 1 if old is None else old.version + 1, now, moved_at, now if old is None else old.first_filed_at,
                    movement, None, tx.log_size())
    because = "filed" if old is None else "changed" if operation.state in LIVE else operation.state
    subject = prepare(operation, stored.moved_at, stored.first_filed_at, stored.version)
    keep(hub, tx, subject, stored, Evidence(canonical(operation)), now, because, old)
