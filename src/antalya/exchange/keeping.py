"""Keeping: the one way of an operation into the store, whether a party filed it or a USS reported it: logged, indexed, shown to
drone operators, checked, told."""

from datetime import datetime

import msgspec

from antalya.exchange.bridge.showing import is_released, show_operation
from antalya.exchange.checking import counted_with, prepared, recheck
from antalya.exchange.hub import Evidence, Hub
from antalya.model.operations import LIVE, Operation, Strength
from antalya.model.volume import Volume
from antalya.picture import Prepared, Rulebook, Stored
from antalya.ports import Transaction
from antalya.steps.record import Tell
from antalya.wire.canonical import content_hash


class _Movement(msgspec.Struct, frozen=True, array_like=True):
    activity: str
    forces: tuple[str, ...]
    volumes: tuple[Volume, ...]
    strength: Strength


def movement_hash(operation: Operation) -> str:
    """The hash of what moves: volumes, forces, activity, strength. A yes is bound to it, and notice counts from when it last
    changed; notes and titles may change under a yes."""
    return content_hash(_Movement(operation.activity, tuple(sorted(operation.forces)), operation.volumes, operation.strength))


def carried(old: Stored, movement: str) -> str:
    """The hash that a new version keeps: the old one where the same moves, though an earlier program reckoned it otherwise."""
    return old.movement if movement_hash(old.operation) == movement else movement


def keep(hub: Hub, tx: Transaction, subject: Prepared, stored: Stored, evidence: Evidence, now: datetime, because: str,
         old: Stored | None = None) -> int:
    """Keeps a version of an operation, with all that follows from it for others; its leaf's index. `subject`: it, prepared as
    that version; `because`: what happened, as its party is told (`operation.<because>`). What may be kept is decided before.
    Raises area_too_large where more is released to everybody than can be shown."""
    operation = stored.operation
    leaf = hub.log(tx, "operation", now, operation.party, operation.id, evidence.raw, version=stored.version, kid=evidence.kid)
    tx.put_operation(stored, operation.state in LIVE, subject)
    if old is not None and operation.state not in LIVE:
        tx.drop_fix(operation.id)
    show_operation(hub, tx, operation, now, before=old is not None and is_released(old.operation))
    rulebook = tx.rulebook()
    changes = recheck(hub, tx, [operation.id, *_crowd(tx, subject, old, rulebook)], now, because,
                      again=operation.id, rulebook=rulebook, subject=subject)
    hub.tell(tx, [*changes.tells, Tell(operation.party, f"operation.{because}", operation.id)], now)
    return leaf


def _crowd(tx: Transaction, subject: Prepared, old: Stored | None, rulebook: Rulebook) -> list[str]:
    """Operations whose count in a `limit` rule's area may have changed with this one: all that are there then."""
    versions = [subject, *([] if old is None else [prepared(old)])]
    return sorted({p.operation.id for version in versions for p in counted_with(tx, version, rulebook)} - {subject.operation.id})
