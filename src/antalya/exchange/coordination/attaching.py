"""Which subscription keeps an operational intent's manager informed: the one it names, one made for it, or none."""

from collections.abc import Collection

from antalya.exchange.coordination.extents import Given
from antalya.exchange.coordination.writing import PROCESSING, Request, base_url, entity_id, new_id, new_ovn
from antalya.exchange.hub import Hub
from antalya.model import f3548
from antalya.model.coordination import Extent, Reference, Watch
from antalya.model.errors import error
from antalya.ports import Transaction

MOST_THERE = 100
MOST_IMPLICIT = 1_000
"""Subscriptions of one USS that may lie over one place, whenever: each write of anybody there names them all. Of those that were
made for intents more, for they come with flights."""


def check_room(tx: Transaction, manager: str, cells: frozenset[int], *, implicit: bool, but: Collection[str]) -> None:
    """Raises too_many_subscriptions where a USS may have no more over some cells, those to be replaced (`but`) not counted."""
    most = MOST_IMPLICIT if implicit else MOST_THERE
    if tx.utm_crowd(manager, Extent(cells), tx.last_at(), implicit=implicit, but=but) >= most:
        raise error("too_many_subscriptions", f"{most} of yours are there" + (" that were made for intents" if implicit else ""))


def attach(hub: Hub, tx: Transaction, request: Request, wanted: f3548.PutIntent, volumes: Given, id: str) -> Watch | None:
    """The subscription an intent will rest on, made or widened where it is implicit.

    Raises bad_field (none where the state needs one, both ways at once, unknown, not covering the intent, not for intents),
    not_yours, no_scope, and too_many_subscriptions: not for a flight that strayed, which everybody must hear of.
    """
    named, new = wanted.subscription_id or None, wanted.new_subscription
    if named is not None and new is not None:
        raise error("bad_field", "give either subscription_id or new_subscription", at="new_subscription")
    strayed = wanted.state in f3548.OFF_NOMINAL
    if new is not None:
        old = tx.utm_reference("intent", id)
        if not strayed:
            before = () if old is None or old.subscription is None else (old.subscription,)
            check_room(tx, request.party, volumes.cells, implicit=True, but=before)
        return _make(hub, tx, request, new, volumes.extent)
    if named is not None:
        return _use(hub, tx, request, entity_id(named, "subscription_id"), volumes.extent, strayed)
    if wanted.state != "Accepted":
        raise error("bad_field", f"{wanted.state} needs a subscription_id or a new_subscription", at="subscription_id")
    return None


def release(tx: Transaction, old: Reference | None, now: Watch | None) -> None:
    """Drops the implicit subscription an intent rested on before, if nothing rests on it any more."""
    if old is None or old.subscription is None or (now is not None and now.id == old.subscription):
        return
    before = tx.utm_subscription(old.subscription)
    if before is not None and before.implicit and not tx.utm_dependents(before.id):
        tx.utm_drop("subscription", before.id)
        tx.utm_forget_answered("subscription", before.id)  # it is not as was answered any more


def covers(watch: Watch, cells: frozenset[int], extent: Extent) -> str | None:
    """Why a subscription over some cells does not cover an intent; None if it does."""
    if watch.starts_at > extent.starts_at:
        return "the subscription begins after the operational intent"
    if watch.ends_at < extent.ends_at:
        return "the subscription ends before the operational intent"
    return None if extent.cells <= cells else "the subscription does not cover the whole area of the operational intent"


def _make(hub: Hub, tx: Transaction, request: Request, new: f3548.NewSubscription, extent: Extent) -> Watch:
    base_url(new.uss_base_url, hub, "new_subscription.uss_base_url")
    constraints = bool(new.notify_for_constraints)
    if constraints:
        request.need(PROCESSING, "notify_for_constraints")
    made = Watch(new_id(hub), request.party, new_ovn(hub), 0, extent.starts_at, extent.ends_at, new.uss_base_url, True,
                 constraints, True)
    tx.utm_put_subscription(made, extent)
    return made


def _use(hub: Hub, tx: Transaction, request: Request, id: str, extent: Extent, strayed: bool) -> Watch:
    watch = tx.utm_subscription(id)
    if watch is None:
        raise error("bad_field", "there is no such subscription", at="subscription_id")
    if watch.manager != request.party:
        raise error("not_yours", "the subscription is managed by another USS")
    if not watch.intents:
        raise error("bad_field", "the subscription is not for operational intents", at="subscription_id")
    cells = tx.utm_cells("subscription", id)
    why = covers(watch, cells, extent)
    if why is None:
        return watch
    if not watch.implicit:
        raise error("bad_field", why, at="subscription_id")
    wide = Extent(cells, watch.starts_at, watch.ends_at).hull(extent)
    if not strayed:
        check_room(tx, request.party, extent.cells, implicit=True, but=(id,))
    wider = Watch(watch.id, watch.manager, new_ovn(hub), watch.index, wide.starts_at, wide.ends_at, watch.uss_base_url,
                  watch.intents, watch.constraints, True)
    tx.utm_put_subscription(wider, wide)
    tx.utm_forget_answered("subscription", id)
    return wider
