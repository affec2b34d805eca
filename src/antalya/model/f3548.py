"""The messages of ASTM F3548-21 between a USS and the DSS, as its published interface has them (UTM API 1.0.0).

Unlike our own nouns they ignore fields they don't know and take null for a field that may be left out: the standard says so.
What the reference (interuss/dss) adds is marked as an extension.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import force_setattr

from antalya.model.base import Instant, set_utc

State = Literal["Accepted", "Activated", "Nonconforming", "Contingent"]
Availability = Literal["Unknown", "Normal", "Down"]
STATES: tuple[State, ...] = ("Accepted", "Activated", "Nonconforming", "Contingent")
OFF_NOMINAL: tuple[State, ...] = ("Nonconforming", "Contingent")
"""States of a flight that is not where it was planned to be."""
NULL_ID = "00000000-0000-4000-8000-000000000000"
"""Stands for "no subscription" where the interface requires an id; practice of the reference."""
NO_OVN = "Available from USS"
"""Stands for the OVN of somebody else's entity; practice of the reference."""

Url = Annotated[str, Meta(min_length=1, max_length=2_000)]
Ovn = Annotated[str, Meta(min_length=16, max_length=128)]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all messages."""


class Time(Message, frozen=True, kw_only=True):
    """An instant, true to the microsecond."""

    value: Instant
    format: Literal["RFC3339"]

    def __post_init__(self) -> None:
        set_utc(self, "value")


class LatLngPoint(Message, frozen=True, kw_only=True):
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lng: Annotated[float, Meta(ge=-180, le=180)]


class Polygon(Message, frozen=True, kw_only=True):
    """Edges are shortest paths; the inside is the smaller side; the first vertex is not repeated."""

    vertices: Annotated[tuple[LatLngPoint, ...], Meta(min_length=3)]


class Radius(Message, frozen=True, kw_only=True):
    value: Annotated[float, Meta(gt=0)]
    units: Literal["M"]


class Circle(Message, frozen=True, kw_only=True):
    center: LatLngPoint | None = None
    radius: Radius | None = None


class Altitude(Message, frozen=True, kw_only=True):
    """Metres above the WGS84 ellipsoid."""

    value: Annotated[float, Meta(ge=-8_000, le=100_000)]
    reference: Literal["W84"]
    units: Literal["M"]


class Volume3D(Message, frozen=True, kw_only=True, omit_defaults=True):
    outline_circle: Circle | None = None
    outline_polygon: Polygon | None = None
    altitude_lower: Altitude | None = None
    altitude_upper: Altitude | None = None


class Volume4D(Message, frozen=True, kw_only=True, omit_defaults=True):
    volume: Volume3D
    time_start: Time | None = None
    time_end: Time | None = None


class NewSubscription(Message, frozen=True, kw_only=True):
    """ImplicitSubscriptionParameters."""

    uss_base_url: Url
    notify_for_constraints: bool | None = None


class PutIntent(Message, frozen=True, kw_only=True):
    """PutOperationalIntentReferenceParameters; `requested_ovn_suffix` is the reference's extension."""

    extents: Annotated[tuple[Volume4D, ...], Meta(min_length=1)]
    state: State
    uss_base_url: Url
    key: tuple[Ovn, ...] | None = None
    subscription_id: str | None = None
    new_subscription: NewSubscription | None = None
    requested_ovn_suffix: str | None = None


class PutConstraint(Message, frozen=True, kw_only=True):
    """PutConstraintReferenceParameters."""

    extents: Annotated[tuple[Volume4D, ...], Meta(min_length=1)]
    uss_base_url: Url


class PutSubscription(Message, frozen=True, kw_only=True):
    """PutSubscriptionParameters."""

    extents: Volume4D
    uss_base_url: Url
    notify_for_operational_intents: bool | None = None
    notify_for_constraints: bool | None = None


class Query(Message, frozen=True, kw_only=True):
    """What is searched for: intents, constraints or one's own subscriptions."""

    area_of_interest: Volume4D | None = None


class SetAvailability(Message, frozen=True, kw_only=True):
    """SetUssAvailabilityStatusParameters."""

    old_version: str
    availability: Availability


class ExchangeRecord(Message, frozen=True, kw_only=True):
    """A request and its answer. The interface requires `request_source` and says nothing of it; in practice nobody sends it."""

    url: str
    method: str
    recorder_role: Literal["Client", "Server"]
    request_time: Time
    request_source: object = UNSET
    headers: tuple[str, ...] | UnsetType | None = UNSET
    request_body: str | UnsetType | None = UNSET
    response_time: Time | UnsetType | None = UNSET
    response_body: str | UnsetType | None = UNSET
    response_code: Annotated[int, Meta(ge=-(2**31), lt=2**31)] | UnsetType | None = UNSET
    problem: str | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        for name in ("headers", "request_body", "response_time", "response_body", "response_code", "problem"):
            if getattr(self, name) is None:  # the interface knows no null: what is told back is left out
                force_setattr(self, name, UNSET)


class ErrorReport(Message, frozen=True, kw_only=True):
    exchange: ExchangeRecord
    report_id: Annotated[str, Meta(max_length=128)] | UnsetType | None = UNSET


# What the DSS answers.


class IntentReference(Message, frozen=True, kw_only=True):
    """OperationalIntentReference."""

    id: str
    manager: str
    uss_availability: Availability
    version: int
    state: State
    ovn: str
    time_start: Time
    time_end: Time
    uss_base_url: str
    subscription_id: str


class ConstraintReference(Message, frozen=True, kw_only=True):
    id: str
    manager: str
    uss_availability: Availability
    version: int
    ovn: str
    time_start: Time
    time_end: Time
    uss_base_url: str


class Subscription(Message, frozen=True, kw_only=True):
    id: str
    version: str
    notification_index: int
    time_start: Time
    time_end: Time
    uss_base_url: str
    notify_for_operational_intents: bool
    notify_for_constraints: bool
    implicit_subscription: bool
    dependent_operational_intents: tuple[str, ...]


class SubscriptionState(Message, frozen=True, kw_only=True):
    subscription_id: str
    notification_index: int


class SubscriberToNotify(Message, frozen=True, kw_only=True):
    subscriptions: tuple[SubscriptionState, ...]
    uss_base_url: str


class ChangedIntent(Message, frozen=True, kw_only=True):
    """ChangeOperationalIntentReferenceResponse."""

    subscribers: tuple[SubscriberToNotify, ...]
    operational_intent_reference: IntentReference


class ChangedConstraint(Message, frozen=True, kw_only=True):
    """ChangeConstraintReferenceResponse."""

    subscribers: tuple[SubscriberToNotify, ...]
    constraint_reference: ConstraintReference


class PutSubscriptionAnswer(Message, frozen=True, kw_only=True):
    """PutSubscriptionResponse; a list that was not asked for is absent, not empty."""

    subscription: Subscription
    operational_intent_references: tuple[IntentReference, ...] | UnsetType = UNSET
    constraint_references: tuple[ConstraintReference, ...] | UnsetType = UNSET


class SubscriptionAnswer(Message, frozen=True, kw_only=True):
    """GetSubscriptionResponse and DeleteSubscriptionResponse."""

    subscription: Subscription


class UssAvailability(Message, frozen=True, kw_only=True):
    """UssAvailabilityStatus."""

    uss: str
    availability: Availability


class AvailabilityAnswer(Message, frozen=True, kw_only=True):
    """UssAvailabilityStatusResponse."""

    version: str
    status: UssAvailability


def time(moment: datetime) -> Time:
    """A moment as the interface writes it."""
    return Time(value=moment.astimezone(UTC), format="RFC3339")
