"""The messages of ASTM F3548-21 between USSs: details of operational intents and constraints, telemetry."""

from typing import Annotated, Literal

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
from antalya.model.f3548_geozone import GeoZone


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
    geozone: GeoZone | UnsetType | None = UNSET


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


AccuracyAcross = Literal["HAUnknown", "HA10NMPlus", "HA10NM", "HA4NM", "HA2NM", "HA1NM", "HA05NM", "HA03NM", "HA01NM", "HA005NM",
                         "HA30m", "HA10m", "HA3m", "HA1m"]
"""PositionAccuracyHorizontal: the error is less than that."""
AccuracyUp = Literal["VAUnknown", "VA150mPlus", "VA150m", "VA45m", "VA25m", "VA10m", "VA3m", "VA1m"]
"""PositionAccuracyVertical."""


class Position(Message, frozen=True, kw_only=True):
    """Degrees on WGS84. Both accuracies must be there where it is extrapolated."""

    longitude: float | UnsetType | None = UNSET
    latitude: float | UnsetType | None = UNSET
    accuracy_h: AccuracyAcross | UnsetType | None = UNSET
    accuracy_v: AccuracyUp | UnsetType | None = UNSET
    extrapolated: bool | UnsetType | None = UNSET
    altitude: Altitude | UnsetType | None = UNSET


class Velocity(Message, frozen=True, kw_only=True):
    """Over ground. `track`: degrees clockwise from true north, 360 where it is not known."""

    speed: float
    units_speed: Literal["MetersPerSecond"] = "MetersPerSecond"
    track: float = 0.0


class Telemetry(Message, frozen=True, kw_only=True):
    """VehicleTelemetry."""

    time_measured: Time
    position: Position | UnsetType | None = UNSET
    velocity: Velocity | UnsetType | None = UNSET


class TelemetryAnswer(Message, frozen=True, kw_only=True):
    """GetOperationalIntentTelemetryResponse."""

    operational_intent_id: str
    telemetry: Telemetry | UnsetType | None = UNSET
    next_telemetry_opportunity: Time | UnsetType | None = UNSET
