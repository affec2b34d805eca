"""Refer: what a USS is shown of a reference of the DSS. Its OVN only if it is its own: others must ask its manager for it,
which proves that they have met. And what the exchange, which is a manager too, answers then: volumes that `disclose` released,
as the standard writes them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import UNSET, UnsetType

from antalya.model import f3548
from antalya.model.bridging import OPEN_END
from antalya.model.coordination import Reference, Watch
from antalya.model.f3548_details import (
    AccuracyAcross,
    AccuracyUp,
    Constraint,
    ConstraintDetails,
    Intent,
    IntentDetails,
    Position,
    Telemetry,
    Velocity,
)
from antalya.model.operations import Fix
from antalya.model.volume import Circle, Outline, Polygon, Ring, Volume

LOWEST_M, HIGHEST_M = -8_000.0, 100_000.0
"""The heights that the standard knows; what is beyond is cut there."""
T = TypeVar("T", bound=str)
_ACROSS: dict[AccuracyAcross, float] = {
    "HA1m": 1.0, "HA3m": 3.0, "HA10m": 10.0, "HA30m": 30.0, "HA005NM": 92.6, "HA01NM": 185.2, "HA03NM": 555.6, "HA05NM": 926.0,
    "HA1NM": 1_852.0, "HA2NM": 3_704.0, "HA4NM": 7_408.0, "HA10NM": 18_520.0}
_UP: dict[AccuracyUp, float] = {"VA1m": 1.0, "VA3m": 3.0, "VA10m": 10.0, "VA25m": 25.0, "VA45m": 45.0, "VA150m": 150.0}
_NO_TRACK = 360.0


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


def intent_of(reference: Reference, volumes: Sequence[Volume], priority: int) -> Intent:
    """One of the exchange's own operational intents for who asks the exchange for it, with the OVN."""
    shown = tuple(part for volume in volumes for part in _volumes(volume))
    return Intent(reference=intent_for(reference.manager, reference), details=IntentDetails(
        volumes=() if reference.state == "Contingent" else shown,
        off_nominal_volumes=shown if reference.state in f3548.OFF_NOMINAL else (), priority=priority))


def constraint_of(reference: Reference, volumes: Sequence[Volume], type: str) -> Constraint:
    """One of the exchange's own constraints for who asks the exchange for it, with the OVN."""
    shown = tuple(part for volume in volumes for part in _volumes(volume))
    return Constraint(reference=constraint_for(reference.manager, reference),
                      details=ConstraintDetails(volumes=shown, type=type))


def telemetry_of(fix: Fix) -> Telemetry:
    """Where an operation was, as the standard writes it."""
    lng, lat = fix.position
    return Telemetry(time_measured=f3548.time(fix.at), position=Position(
        longitude=lng, latitude=lat, altitude=UNSET if fix.altitude_m is None else _altitude(_cut(fix.altitude_m)),
        accuracy_h=_accuracy(fix.error_across_m, _ACROSS, "HA10NMPlus", "HAUnknown", fix),
        accuracy_v=_accuracy(fix.error_up_m, _UP, "VA150mPlus", "VAUnknown", fix),
        extrapolated=fix.extrapolated or UNSET),
        velocity=Velocity(speed=fix.speed_m_s, track=_NO_TRACK if fix.track_deg is None else fix.track_deg)
        if fix.speed_m_s is not None else UNSET)


def _accuracy(error_m: float | None, classes: Mapping[T, float], worse: T, unknown: T, fix: Fix) -> T | UnsetType:
    """The class of an error, never a better one: the finest of which it is less. Nothing where it is not known and the standard
    does not want it."""
    if error_m is None:
        return unknown if fix.extrapolated else UNSET
    return next((name for name, below_m in classes.items() if error_m < below_m), worse)


def _volumes(volume: Volume) -> Iterator[f3548.Volume4D]:
    """A volume in the standard's words, which know no holes: they are closed. One without an end has no `time_end`."""
    low, high = (_altitude(_cut(m)) for m in (volume.lower_m, volume.upper_m))
    for circle, polygon in _outlines(volume.outline):
        yield f3548.Volume4D(
            volume=f3548.Volume3D(outline_circle=circle, outline_polygon=polygon, altitude_lower=low, altitude_upper=high),
            time_start=f3548.time(volume.starts_at), time_end=None if volume.ends_at >= OPEN_END else f3548.time(volume.ends_at))


def _outlines(outline: Outline) -> Iterator[tuple[f3548.Circle | None, f3548.Polygon | None]]:
    match outline:
        case Circle(center=(lng, lat), radius_m=radius):
            yield f3548.Circle(center=f3548.LatLngPoint(lat=lat, lng=lng), radius=f3548.Radius(value=radius, units="M")), None
        case Polygon(coordinates=rings):
            yield None, _ring(rings[0])
        case _:
            for rings in outline.coordinates:
                yield None, _ring(rings[0])


def _ring(ring: Ring) -> f3548.Polygon:
    return f3548.Polygon(vertices=tuple(f3548.LatLngPoint(lat=lat, lng=lng) for lng, lat in ring[:-1]))


def _cut(metres: float) -> float:
    return min(max(metres, LOWEST_M), HIGHEST_M)


def _altitude(metres: float) -> f3548.Altitude:
    return f3548.Altitude(value=metres, reference="W84", units="M")
