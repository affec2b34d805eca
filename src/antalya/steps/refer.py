"""Refer: what a USS is shown of a reference of the DSS. Its OVN only if it is its own: others must ask its manager for it,
which proves that they have met."""

from antalya.model import f3548
from antalya.model.coordination import Reference, Watch


def intent_for(party: str, reference: Reference) -> f3548.IntentReference:
    """A reference to an operational intent, as a party may see it."""
    if reference.state is None:
        raise ValueError("a constraint is no intent")
    return f3548.IntentReference(
        id=reference.id, manager=reference.manager, uss_availability=reference.availability, version=reference.version,
        state=reference.state, ovn=_ovn(party, reference), time_start=f3548.time(reference.starts_at),
        time_end=f3548.time(reference.ends_at), uss_base_url=reference.uss_base_url,
        subscription_id=reference.subscription or f3548.NULL_ID)


def constraint_for(party: str, reference: Reference) -> f3548.ConstraintReference:
    """A reference to a constraint, as a party may see it."""
    return f3548.ConstraintReference(
        id=reference.id, manager=reference.manager, uss_availability=reference.availability, version=reference.version,
        ovn=_ovn(party, reference), time_start=f3548.time(reference.starts_at), time_end=f3548.time(reference.ends_at),
        uss_base_url=reference.uss_base_url)


def _ovn(party: str, reference: Reference) -> str:
    return reference.ovn if reference.manager == party else f3548.NO_OVN


def subscription_of(watch: Watch, dependents: list[Reference]) -> f3548.Subscription:
    """A subscription, for its own manager; nobody else sees it."""
    return f3548.Subscription(
        id=watch.id, version=watch.version, notification_index=watch.index, time_start=f3548.time(watch.starts_at),
        time_end=f3548.time(watch.ends_at), uss_base_url=watch.uss_base_url, notify_for_operational_intents=watch.intents,
        notify_for_constraints=watch.constraints, implicit_subscription=watch.implicit,
        dependent_operational_intents=tuple(intent.id for intent in dependents))


def subscribers(watches: list[Watch]) -> tuple[f3548.SubscriberToNotify, ...]:
    """Whom a writer must notify: all a writer learns of who watches an area. One entry for each address."""
    by_url: dict[str, list[f3548.SubscriptionState]] = {}
    for watch in watches:
        state = f3548.SubscriptionState(subscription_id=watch.id, notification_index=watch.index)
        by_url.setdefault(watch.uss_base_url, []).append(state)
    return tuple(f3548.SubscriberToNotify(subscriptions=tuple(states), uss_base_url=url)
                 for url, states in sorted(by_url.items()))
