"""The messages of ASTM F3548-21 between USSs: details of operational intents and constraints, telemetry."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from antalya.model.f3548 import (
    Altitude,
    ConstraintReference,
    IntentReference,
    Message,
    SubscriptionState,
    Time,
    Volume4D,
)


class IntentDetails(Message, frozen=True, kw_only=True):
    """OperationalIntentDetails. `off_nominal_volumes` only, and always, while Nonconforming or Contingent; `volumes` in all
    states but Contingent."""

    volumes: tuple[Volume4D, ...] = ()
    off_nominal_volumes: tuple[Volume4D, ...] = ()
    priority: int = 0


class Intent(Message, frozen=True, kw_only=True):
    """OperationalIntent."""

    reference: IntentReference
    details: IntentDetails


class ConstraintDetails(Message, frozen=True, kw_only=True):
    volumes: Annotated[tuple[Volume4D, ...], Meta(min_length=1)]
    type: str | UnsetType | None = UNSET


class Constraint(Message, frozen=True, kw_only=True):
    reference: ConstraintReference
    details: ConstraintDetails


class IntentAnswer(Message, frozen=True, kw_only=True):
    """GetOperationalIntentDetailsResponse."""

    operational_intent: Intent


class ConstraintAnswer(Message, frozen=True, kw_only=True):
    """GetConstraintDetailsResponse."""

    constraint: Constraint


class IntentNotice(Message, frozen=True, kw_only=True):
    """PutOperationalIntentDetailsParameters: without the intent, it was deleted."""

    operational_intent_id: str
    subscriptions: Annotated[tuple[SubscriptionState, ...], Meta(min_length=1)]
    operational_intent: Intent | UnsetType | None = UNSET


class ConstraintNotice(Message, frozen=True, kw_only=True):
    """PutConstraintDetailsParameters: without the constraint, it was deleted."""

    constraint_id: str
    subscriptions: Annotated[tuple[SubscriptionState, ...], Meta(min_length=1)]
    constraint: Constraint | UnsetType | None = UNSET


class Position(Message, frozen=True, kw_only=True):
    """Degrees on WGS84."""

    longitude: float | UnsetType | None = UNSET
    latitude: float | UnsetType | None = UNSET
    altitude: Altitude | UnsetType | None = UNSET


class Telemetry(Message, frozen=True, kw_only=True):
    """VehicleTelemetry."""

    time_measured: Time
    position: Position | UnsetType | None = UNSET


class TelemetryAnswer(Message, frozen=True, kw_only=True):
    """GetOperationalIntentTelemetryResponse."""

    operational_intent_id: str
    telemetry: Telemetry | UnsetType | None = UNSET
