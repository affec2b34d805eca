"""Rules of understandings, as data. What each means and its real precedent: docs/rules/<kind>.md."""

from datetime import time
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from antalya.model.base import Id, Metres, Name, Noun, Seconds, Text, check_texts
from antalya.model.errors import error
from antalya.model.operations import Activity, Strength
from antalya.model.places import SiteKind
from antalya.model.volume import Outline, Position, Window, check_position


class Exceptions(Noun, frozen=True, kw_only=True):
    """Whom a rule leaves alone: any one that fits is enough. Areas are holes in the rule's own area."""

    parties: tuple[Id, ...] = ()
    forces: tuple[Id, ...] = ()
    activities: tuple[Activity, ...] = ()
    operations: tuple[Id, ...] = ()
    areas: tuple[Id, ...] = ()
    windows: tuple[Window, ...] = ()


class Rule(Noun, frozen=True, kw_only=True, tag_field="kind"):
    """What all kinds share.

    `area` is the id of an Area, `outline` one given here (not both); neither: everywhere. `window`: when it holds within
    the understanding's own dates. `activities`, `parties`, `forces`: whom it binds; empty binds all.
    """

    id: Id
    area: Id | None = None
    outline: Outline | None = None
    window: Window | None = None
    activities: tuple[Activity, ...] = ()
    parties: tuple[Id, ...] = ()
    forces: tuple[Id, ...] = ()
    exceptions: Exceptions = Exceptions()
    note: Text = ""
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "note", "source")
        if self.area is not None and self.outline is not None:
            raise error("bad_field", "give area or outline, not both", at="outline")


class Consent(Rule, frozen=True, kw_only=True, tag="consent"):
    """Operations here need the consent of `of` (parties, or forces: then the party that answers for them).

    `quorum`: how many must agree; None is all. `answer_within_s` is the ask's deadline, `valid_for_s` how long a consent
    lasts. No answer is never a yes.
    """

    of: Annotated[tuple[Id, ...], Meta(min_length=1)]
    quorum: Annotated[int, Meta(ge=1)] | None = None
    answer_within_s: Seconds = 86_400.0
    valid_for_s: Seconds | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.quorum is not None and self.quorum > len(self.of):
            raise error("bad_field", "quorum is larger than the number of those asked", at="quorum")


class LeadTime(Rule, frozen=True, kw_only=True, tag="lead-time"):
    """Notice is due `notice_s` before the start; `emergency_s` for operations marked `emergency` (None: no shorter way)."""

    notice_s: Seconds
    emergency_s: Seconds | None = None


class KeepOut(Rule, frozen=True, kw_only=True, tag="keep-out"):
    """Stay out of an area, or of one side of a line (walking along it, `side`), no nearer than `stand_off_m`.

    A line's side reaches `reach_m` from it. `unless_told`: parties whose acknowledgement lifts the rule for one operation
    (Euphrates line, November 2017: each keeps to its bank unless it tells the other).
    """

    line: Annotated[tuple[Position, ...], Meta(min_length=2)] | None = None
    side: Literal["left", "right"] | None = None
    reach_m: Metres = 100_000.0
    lower_m: float = -12_000.0
    upper_m: float = 200_000.0
    stand_off_m: Metres = 0.0
    unless_told: tuple[Id, ...] = ()
    answer_within_s: Seconds = 3_600.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for i, position in enumerate(self.line or ()):
            check_position(position, f"line[{i}]")
        if (self.line is None) != (self.side is None):
            raise error("bad_field", "a line needs a side, a side needs a line", at="side")
        if (self.line is None) == (self.area is None and self.outline is None):
            raise error("bad_field", "a keep-out has either an area or a line", at="line")


class Separation(Rule, frozen=True, kw_only=True, tag="separation"):
    """Own minima for pairs it binds (both operations in the area; `between`: forces or parties of a pair, empty any)."""

    across_m: Metres
    up_m: Metres = 0.0
    seconds: Seconds = 0.0
    between: tuple[Id, ...] = ()


class Incompatible(Rule, frozen=True, kw_only=True, tag="incompatible"):
    """Two forces never in one joint operation, nor nearer than `adjoining_m` in the same window (None: joint only)."""

    pair: tuple[Id, Id]
    adjoining_m: Metres | None = None


class Protect(Rule, frozen=True, kw_only=True, tag="protect"):
    """Protected sites of `sites` (ids) or `kinds` (both empty: all) forbid what comes within their stand-off.

    `stand_off_m` overrides the site's own where it is wider. Without such a rule a site asks for an acknowledgement.
    """

    sites: tuple[Id, ...] = ()
    kinds: tuple[SiteKind, ...] = ()
    stand_off_m: Metres = 0.0


class Pause(Rule, frozen=True, kw_only=True, tag="pause"):
    """A ceasefire window: what the rule binds does not take place in its area within `window` (required)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window is None:
            raise error("bad_field", "a pause needs a window", at="window")


class Corridor(Rule, frozen=True, kw_only=True, tag="corridor"):
    """Reserved space: in its area, band and window only `holders` (parties or forces) move; others stay out."""

    holders: Annotated[tuple[Id, ...], Meta(min_length=1)]
    lower_m: float = -12_000.0
    upper_m: float = 200_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.area is None and self.outline is None:
            raise error("bad_field", "a corridor needs an area", at="area")


class Limit(Rule, frozen=True, kw_only=True, tag="limit"):
    """Bounds inside the area: altitude band, strength at most, operations at once, hours of the day (UTC, half-open)."""

    lower_m: float | None = None
    upper_m: float | None = None
    at_most: Strength | None = None
    operations_at_once: Annotated[int, Meta(ge=0)] | None = None
    daily_from: time | None = None
    daily_until: time | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.daily_from is None) != (self.daily_until is None):
            raise error("bad_field", "daily_from and daily_until go together", at="daily_until")
        if self.lower_m is None and self.upper_m is None and self.at_most is None \
                and self.operations_at_once is None and self.daily_from is None:
            raise error("bad_field", "a limit that limits nothing", at="kind")


class Threshold(Rule, frozen=True, kw_only=True, tag="threshold"):
    """From this size on, notice is due `notice_s` ahead to `notify` (parties). Any one count that is reached is enough.

    A count of 0 in `from_size` does not count. Vienna Document 2011: 9,000 troops, 250 tanks, 500 armoured vehicles,
    250 guns; 42 days.
    """

    from_size: Strength
    notice_s: Seconds
    notify: tuple[Id, ...] = ()


class Contact(Noun, frozen=True, kw_only=True):
    """One rung of a hotline: a party and how it is reached."""

    party: Id
    role: Name
    address: Text = ""
    languages: tuple[Literal["en", "tr", "ru", "ar"], ...] = ("en",)

    def __post_init__(self) -> None:
        check_texts(self, "role", "address")


class Hotline(Rule, frozen=True, kw_only=True, tag="hotline"):
    """Who answers, in how long, then who. Its liveness is separate from the understanding's status."""

    rungs: Annotated[tuple[Contact, ...], Meta(min_length=1)]
    answer_within_s: Seconds = 120.0


AnyRule: TypeAlias = (Consent | LeadTime | KeepOut | Separation | Incompatible | Protect | Pause | Corridor | Limit
                      | Threshold | Hotline)
"""One of the eleven kinds; JSON tells them by `kind`."""
