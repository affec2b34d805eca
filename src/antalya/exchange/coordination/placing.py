"""Putting a reference in its place, or taking it away: what follows for OVNs, subscriptions and who must be notified."""

from datetime import datetime, timedelta

from antalya.exchange.coordination.attaching import release
from antalya.model import f3548
from antalya.model.coordination import Extent, Reference, Watch
from antalya.ports import Transaction

SKEW = timedelta(minutes=5)


def place(tx: Transaction, kept: Reference, at: Extent, old: Reference | None, now: datetime,
          watch: Watch | None = None) -> list[Watch]:
    """Keeps a reference, new or in place of `old`; the subscriptions to notify, counted. `watch`: the one it rests on."""
    affected = kept.extent(at.cells)
    if old is not None:
        affected = affected.hull(old.extent(tx.utm_cells(old.kind, old.id)))
        _replaced(tx, old, now)
    tx.utm_put_reference(kept, at)
    release(tx, old, watch)
    return tx.utm_notify(kept.kind, affected, now)


def remove(tx: Transaction, old: Reference, now: datetime) -> list[Watch]:
    """Forgets a reference; the subscriptions to notify, counted."""
    told = tx.utm_notify(old.kind, old.extent(tx.utm_cells(old.kind, old.id)), now)
    _replaced(tx, old, now)
    tx.utm_drop(old.kind, old.id)
    release(tx, old, None)
    return told


def _replaced(tx: Transaction, old: Reference, now: datetime) -> None:
    """Remembers an intent's OVN, so that it does not come twice. Keys may go on naming it for a moment if the intent was
    off-nominal then; who names one from before does not know that it strays."""
    if old.kind == "intent":
        tx.utm_replaced(old.id if old.state in f3548.OFF_NOMINAL else "", old.ovn, now, now - 2 * SKEW)
