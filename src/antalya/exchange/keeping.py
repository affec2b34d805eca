"""Keeping: the one way of an operation into the store, whether a party filed it or a USS reported it: logged, indexed, shown to
drone operators, checked, told."""

from datetime import datetime

import msgspec

from antalya.exchange.bridge.showing import is_released, show_operation
from antalya.exchange.checking import prepared, recheck
from antalya.exchange.hub import Evidence, Hub
from antalya.model.operations import LIVE, Operation
from antalya.model.volume import Minima, Volume
from antalya.picture import Prepared, Stored
from antalya.ports import Transaction
from antalya.steps.cover import counted_areas, cover, cover_area
from antalya.steps.record import Tell, leafing
from antalya.wire.canonical import content_hash


class _Movement(msgspec.Struct, frozen=True, array_like=True):
    activity: str
    forces: tuple[str, ...]
    volumes: tuple[Volume, ...]


def movement_hash(operation: Operation) -> str:
    """The hash of what moves: volumes, forces, activity. A yes is bound to it; notes and titles may change under a yes."""
    return content_hash(_Movement(operation.activity, tuple(sorted(operation.forces)), operation.volumes))


def keep(hub: Hub, tx: Transaction, subject: Prepared, stored: Stored, evidence: Evidence, now: datetime, because: str,
         old: Stored | None = None) -> int:
    """Keeps a version of an operation, with all that follows from it for others; its leaf's index. `because`: what happened,
    as its party is told (`operation.<because>`). What may be kept is decided before. Raises area_too_large where more is
    released to everybody than can be shown."""
    operation = stored.operation
    leaf = hub.log(tx, leafing("operation", now, operation.party, operation.id, evidence.raw, hub.salts(),
                               version=stored.version, kid=evidence.kid))
    tx.put_operation(stored, cover(subject, Minima()) if operation.state in LIVE else None, subject.made)
    if old is not None and operation.state not in LIVE:
        tx.drop_fix(operation.id)
    show_operation(hub, tx, operation, now, before=old is not None and is_released(old.operation))
    crowd = _counted_with(tx, subject, old)
    changes = recheck(hub, tx, [operation.id, *crowd], now, because, again=True, rulebook=tx.rulebook())
    hub.tell(tx, [*changes.tells, Tell(operation.party, f"operation.{because}", operation.id)], now)
    return leaf


def _counted_with(tx: Transaction, subject: Prepared, old: Stored | None) -> list[str]:
    """Operations whose count in a `limit` rule's area may have changed with this one: all that are there then."""
    rulebook = tx.rulebook()
    versions = [subject, *([] if old is None else [prepared(old)])]
    near = {p.operation.id for version in versions for area in counted_areas(version, rulebook)
            for p in tx.candidates(cover_area(area, version.operation))}
    return sorted(near - {subject.operation.id})
