"""Operations: who will be where, when and why, so that others can keep clear."""

from functools import cache
from typing import Annotated, Literal, get_args

from msgspec import Meta

from antalya.model.base import Id, Instant, Metres, Noun, Text, check_texts, set_utc
from antalya.model.errors import error
from antalya.model.parties import Level
from antalya.model.volume import Altitude, Minima, Position, Volume, check_position

Activity = Literal["flight", "drone", "ground-movement", "patrol", "interposition", "fires", "exercise", "convoy",
                   "medevac", "relief", "survey", "works", "constraint"]
"""`fires` is the hazard area only: where its danger falls, never at whom. `constraint` is space that somebody limits for
others, as in ASTM F3548-21."""

ACTIVITIES: tuple[Activity, ...] = get_args(Activity)

State = Literal["filed", "accepted", "active", "ended", "withdrawn", "nonconforming", "contingent"]

UNDER_WAY: frozenset[State] = frozenset({"active", "nonconforming", "contingent"})
LIVE: frozenset[State] = UNDER_WAY | {"filed", "accepted"}
"""States in which an operation takes space."""

NEXT: dict[State, frozenset[State]] = {
    "filed": frozenset({"filed", "accepted", "withdrawn"}),
    "accepted": frozenset({"accepted", "active", "withdrawn", "ended"}),
    "active": frozenset({"active", "nonconforming", "contingent", "ended"}),
    "nonconforming": frozenset({"nonconforming", "active", "contingent", "ended"}),
    "contingent": frozenset({"contingent", "ended"}),
    "ended": frozenset(),
    "withdrawn": frozenset(),
}
"""The state machine. F3548-21's Accepted, Activated, Nonconforming, Contingent are accepted, active, nonconforming,
contingent. `active` needs clearance `clear` (the exchange sees to it)."""

_AIR = Minima(across_m=3_000, up_m=300, seconds=60)
_DRONE = Minima(across_m=250, up_m=75, seconds=30)
_GROUND = Minima(across_m=500, up_m=150, seconds=300)
_AID = Minima(across_m=1_000, up_m=300, seconds=600)
_FIRES = Minima(across_m=1_000, up_m=300, seconds=300)

MINIMA: dict[Activity, Minima] = {
    "flight": _AIR, "drone": _DRONE, "ground-movement": _GROUND, "patrol": _GROUND, "interposition": _GROUND,
    "fires": _FIRES, "exercise": _GROUND, "convoy": _AID, "medevac": _AID, "relief": _AID, "survey": _DRONE,
    "works": Minima(across_m=100, up_m=50, seconds=0), "constraint": Minima(),
}
"""Default minima of each activity (this project's choice, docs/reference/minima.md); a pair keeps the wider of the two in
each dimension, unless a `separation` rule in force says otherwise."""


@cache
def minima(one: Activity, other: Activity) -> Minima:
    """The default separation of a pair of activities; symmetric. A constraint has its margins in it."""
    return Minima() if "constraint" in (one, other) else MINIMA[one].widest(MINIMA[other])


Count = Annotated[int, Meta(ge=0, le=10_000_000)]


class Strength(Noun, frozen=True, kw_only=True):
    """How many, where a `threshold` or `limit` rule counts (Vienna Document 2011, chapter V: troops, tanks …)."""

    troops: Count = 0
    tanks: Count = 0
    armoured_vehicles: Count = 0
    guns: Count = 0
    vehicles: Count = 0
    aircraft: Count = 0


class Fix(Noun, frozen=True, kw_only=True):
    """Where an operation was: measured `at`, [longitude, latitude] in degrees on WGS84, metres above its ellipsoid where known.

    `error_across_m`, `error_up_m`: how far off that may be; `extrapolated`: it was computed rather than measured. `speed_m_s`
    over ground, and `track_deg`, the way it goes, clockwise from true north. `next_at`: no sooner will there be another. Raises
    not_a_position, naive_time, bad_field."""

    at: Instant
    position: Position
    altitude_m: Altitude | None = None
    error_across_m: Metres | None = None
    error_up_m: Metres | None = None
    extrapolated: bool = False
    speed_m_s: Annotated[float, Meta(ge=0, le=12_000)] | None = None
    track_deg: Annotated[float, Meta(ge=0, lt=360)] | None = None
    next_at: Instant | None = None

    def __post_init__(self) -> None:
        set_utc(self, "at", "next_at")
        check_position(self.position, "position")
        if self.track_deg is not None and self.speed_m_s is None:
            raise error("bad_field", "a track without a speed", at="track_deg")
        if self.next_at is not None and self.next_at < self.at:
            raise error("bad_field", "before `at`", at="next_at")


class Operation(Noun, frozen=True, kw_only=True):
    """What a party plans. `disclosure` raises what a named party (or `*`, everybody) may see of it.

    `forces` are the forces that take part (ids); a force of another party needs that party's consent. `priority` is 0–9:
    where two operations clash the lower gives way, and where they are equal the one filed later. `emergency` shortens a
    lead time where its rule allows. Raises bad_field, bad_text and what its volumes raise.
    """

    id: Id
    party: Id
    activity: Activity
    volumes: Annotated[tuple[Volume, ...], Meta(min_length=1, max_length=10_000)]
    forces: Annotated[tuple[Id, ...], Meta(max_length=64)] = ()
    state: State = "filed"
    title: Text = ""
    note: Annotated[str, Meta(max_length=4_000)] = ""
    priority: Annotated[int, Meta(ge=0, le=9)] = 3
    emergency: bool = False
    strength: Strength = Strength()
    disclosure: dict[Id, Level] = {}
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "party", "title", "note", "source", "forces", "disclosure")
        if len(set(self.forces)) != len(self.forces):
            raise error("bad_field", "a force is named twice", at="forces")
