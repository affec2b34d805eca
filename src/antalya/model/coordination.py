"""What a DSS keeps: references to operational intents and constraints, and subscriptions, by cells, heights and times."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from antalya.model.f3548 import Availability, State

ReferenceKind = Literal["intent", "constraint"]
CALLED: dict[ReferenceKind, str] = {"intent": "operational intent", "constraint": "constraint"}
"""What references of a kind are called in words."""

PlacedKind = Literal["intent", "constraint", "subscription"]
Kind = Literal["intent", "constraint", "subscription", "availability", "report"]
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Extent:
    """Cells (S2, level 13, signed) × heights (metres above the ellipsoid) × times. Both ends belong to it: what touches is
    relevant, as the reference has it."""

    cells: frozenset[int]
    starts_at: datetime = FIRST
    ends_at: datetime = LAST
    lower_m: float = -math.inf
    upper_m: float = math.inf

    def hull(self, other: "Extent") -> "Extent":
        """The cells of both, and the heights and times that hold both's."""
        return Extent(self.cells | other.cells, min(self.starts_at, other.starts_at), max(self.ends_at, other.ends_at),
                      min(self.lower_m, other.lower_m), max(self.upper_m, other.upper_m))

    def at_all_heights(self) -> "Extent":
        """The same without bounds of height."""
        return Extent(self.cells, self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to an intent or a constraint. `ovn` is known to its manager and to whom that tells it; `state` is None for
    constraints; `subscription` the one that keeps an intent's manager informed; `availability` its manager's, now."""

    kind: ReferenceKind
    id: str
    manager: str
    version: int
    ovn: str
    state: State | None
    starts_at: datetime
    ends_at: datetime
    lower_m: float
    upper_m: float
    uss_base_url: str
    subscription: str | None = None
    availability: Availability = "Unknown"

    def extent(self, cells: frozenset[int]) -> Extent:
        """Where it is, given its cells."""
        return Extent(cells, self.starts_at, self.ends_at, self.lower_m, self.upper_m)


@dataclass(frozen=True, slots=True)
class Watch:
    """A subscription: who wants to hear of changes where. `version` changes with it, but not with `index`, which counts the
    notifications."""

    id: str
    manager: str
    version: str
    index: int
    starts_at: datetime
    ends_at: datetime
    uss_base_url: str
    intents: bool
    constraints: bool
    implicit: bool


@dataclass(frozen=True, slots=True)
class Availabilities:
    """What is known of a USS: its state, and the version of that knowledge ("" where nobody ever said anything)."""

    uss: str
    state: Availability = "Unknown"
    version: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to the last accepted write of a thing: to whom, to which request, and whether it is known that the caller was
    there for it."""

    party: str
    request_sha256: str
    response: str
    delivered: bool
