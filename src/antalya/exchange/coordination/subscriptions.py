"""Subscriptions: create, change, delete, and their managers' own reading of them."""

from datetime import datetime, timedelta

from msgspec import UNSET

from antalya.exchange.coordination import reading
from antalya.exchange.coordination.attaching import check_room, covers
from antalya.exchange.coordination.extents import Given, area_of, given
from antalya.exchange.coordination.writing import (
    COORDINATION,
    PROCESSING,
    Done,
    Request,
    base_url,
    entity_id,
    new_ovn,
    write,
)
from antalya.exchange.hub import Hub
from antalya.model import f3548
from antalya.model.coordination import LAST, Extent, Reference, ReferenceKind, Watch
from antalya.model.errors import AntalyaError, error
from antalya.ports import Reader, Transaction
from antalya.steps.refer import constraint_for, intent_for, subscription_of

LONGEST = timedelta(hours=24)
SKEW = timedelta(minutes=5)
KEPT = timedelta(hours=24)
"""How long one that has ended can still be read and prolonged."""
MOST_AT_ONCE = 1_000


def put(hub: Hub, request: Request, id: str, wanted: f3548.PutSubscription) -> bytes:
    """Creates a subscription, or changes the version `request.old` of it.

    Raises bad_id, bad_field, bad_window, window_past, no_scope, not_yours, stale_ovn, too_many_subscriptions and what the
    extents raise.
    """
    id = entity_id(id, "subscriptionid")
    base_url(wanted.uss_base_url, hub)
    for_intents, for_constraints = bool(wanted.notify_for_operational_intents), bool(wanted.notify_for_constraints)
    if not for_intents and not for_constraints:
        raise error("bad_field", "at least one kind of notifications must be asked for", at="notify_for_operational_intents")
    if for_intents:
        request.need(COORDINATION, "notify_for_operational_intents")
    if for_constraints:
        request.need(PROCESSING, "notify_for_constraints")
    volume = given((wanted.extents,), hub.limits)

    def job(tx: Transaction) -> Done:
        now = hub.moment(tx)
        old = _old(tx, request, id)
        starts_at, ends_at = _window(volume, old, now)
        watch = Watch(id, request.party, new_ovn(hub), 0 if old is None else old.index, starts_at, ends_at,
                      wanted.uss_base_url, for_intents, for_constraints, old is not None and old.implicit)
        extent = Extent(volume.cells, starts_at, ends_at)
        dependents = [] if old is None else tx.utm_dependents(id)
        check_room(tx, request.party, extent.cells, implicit=watch.implicit, but=(id,))
        for intent in dependents:
            _still_covers(tx, watch, extent, intent.id)
        tx.utm_put_subscription(watch, extent)
        return Done(1, f3548.PutSubscriptionAnswer(
            subscription=subscription_of(watch, dependents),
            operational_intent_references=tuple(intent_for(request.party, r) for r in _all(tx, "intent", extent))
            if for_intents else UNSET,
            constraint_references=tuple(constraint_for(request.party, r) for r in _all(tx, "constraint", extent))
            if for_constraints else UNSET))
    return write(hub, request, "subscription", id, job)


def _all(tx: Reader, kind: ReferenceKind, extent: Extent) -> list[Reference]:
    """What is there now. Raises bad_field where it is more than one answer holds: here the interface has no 413."""
    try:
        return reading.search(tx, kind, extent)
    except AntalyaError as refusal:
        raise error("bad_field", f"{refusal.detail}: subscribe to less", at="extents") from None


def delete(hub: Hub, request: Request, id: str) -> bytes:
    """Deletes the version `request.old` of a subscription. Raises not_found, not_yours, stale_ovn, and bad_field while
    operational intents rest on it."""
    id = entity_id(id, "subscriptionid")

    def job(tx: Transaction) -> Done:
        hub.moment(tx)
        old = _old(tx, request, id)
        if old is None:
            raise error("not_found", "no such subscription")
        if dependents := tx.utm_dependents(id):
            raise error("bad_field", f"{len(dependents)} operational intents rest on it", at="subscriptionid")
        tx.utm_drop("subscription", id)
        return Done(1, f3548.SubscriptionAnswer(subscription=subscription_of(old, [])))
    return write(hub, request, "subscription", id, job)


def get(hub: Hub, party: str, id: str) -> f3548.SubscriptionAnswer:
    """One's own subscription. Raises bad_id, not_found: another's is not shown, nor that there is one."""
    with hub.store.read() as tx:
        found = tx.utm_subscription(entity_id(id, "subscriptionid"))
        if found is None or found.manager != party:
            raise error("not_found", "no such subscription of yours")
        return f3548.SubscriptionAnswer(subscription=subscription_of(found, tx.utm_dependents(found.id)))


def query(hub: Hub, party: str, wanted: f3548.Query) -> dict[str, list[f3548.Subscription]]:
    """One's own subscriptions in an area that have not ended. Raises search_too_wide, and what the area raises."""
    area = area_of(wanted, hub.limits)
    with hub.store.read() as tx:
        found = reading.whole(tx.utm_subscriptions(party, area, hub.clock(), reading.MOST_RESULTS + 1))
        return {"subscriptions": [subscription_of(watch, tx.utm_dependents(watch.id)) for watch in found]}


def over(tx: Reader, now: datetime) -> list[str]:
    """What ended so long ago that it goes, as far as one job takes."""
    return tx.utm_ended(now - KEPT, MOST_AT_ONCE)


def clear(tx: Transaction, now: datetime) -> int:
    """Forgets subscriptions that ended a day ago; how many. What became of them is in the log."""
    ended = over(tx, now)
    for id_ in ended:
        tx.utm_drop("subscription", id_)
        tx.utm_forget_answered("subscription", id_)
    return len(ended)


def _old(tx: Reader, request: Request, id: str) -> Watch | None:
    old = tx.utm_subscription(id)
    if old is None:
        if request.act.startswith("PUT") and request.old is not None:
            raise error("bad_field", "there is no such subscription to change", at="subscriptionid")
        return None
    if request.old is None:
        raise error("stale_ovn", "there is a subscription with that id")
    if old.manager != request.party:
        raise error("not_yours", "it is managed by another USS")
    if old.version != request.old:
        raise error("stale_ovn", "the version is not the current one")
    return old


def _window(volume: Given, old: Watch | None, now: datetime) -> tuple[datetime, datetime]:
    """When a subscription holds: what is not said stays as it was, or is now and a day."""
    if volume.starts_at is not None and now - volume.starts_at > SKEW:
        raise error("window_past", "time_start is more than 5 minutes ago", at="extents.time_start")
    starts_at = volume.starts_at or (now if old is None else old.starts_at)
    ends_at = volume.ends_at or (min(starts_at, LAST - LONGEST) + LONGEST if old is None else old.ends_at)
    if ends_at < starts_at:
        raise error("bad_window", "time_end is before time_start", at="extents.time_end")
    if ends_at < now:
        raise error("window_past", "time_end is in the past", at="extents.time_end")
    if ends_at - starts_at > LONGEST:
        raise error("bad_window", "a subscription lasts 24 hours at most", at="extents.time_end")
    return starts_at, ends_at


def _still_covers(tx: Reader, watch: Watch, extent: Extent, intent: str) -> None:
    """Raises bad_field where an intent that rests on the subscription would lose cover. The beginning doesn't count: that of a
    subscription can't be past, an intent's can."""
    found = tx.utm_reference("intent", intent)
    if found is None:
        return
    asked = Extent(tx.utm_cells("intent", intent), watch.starts_at, found.ends_at)
    why = covers(watch, extent.cells, asked)
    if why is None and not watch.intents:
        why = "the subscription would not be for operational intents any more"
    if why is not None:
        raise error("bad_field", f"{why} {intent}, which rests on it", at="extents")
