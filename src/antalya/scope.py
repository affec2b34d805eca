"""Whom, where and when a rule binds.

Below the steps: several need it, and never import each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from typing import Literal, NamedTuple

from msgspec.structs import replace

from antalya.geometry.cut import cut
from antalya.geometry.ellipsoid import geodesic_m
from antalya.geometry.line import side_region, within_m
from antalya.geometry.overlap import overlaps
from antalya.geometry.shape import Shape
from antalya.geometry.touch import apart, closer
from antalya.model.errors import error
from antalya.model.findings import Met
from antalya.model.operations import Operation
from antalya.model.parties import Level
from antalya.model.rules import KeepOut, Rule
from antalya.model.understandings import Understanding
from antalya.model.volume import Circle, Outline, Position, Volume, vertices
from antalya.picture import Prepared, Rulebook, shape_of

Span = tuple[datetime, datetime]
"""[start, end) in UTC; an instant where both are the same."""

TRACED = 100
"""Corners of a place up to which the region near it is traced along them, in milliseconds; a building or a camp has fewer."""

Side = Literal["left", "right"]

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def nearer_than(shape: Shape, place: Shape, across_m: float) -> Outline:
    """The part of a shape nearer than that to a place that it is near; where the place has many corners, to the place's convex
    hull, for everybody who files waits for this, and the hull errs towards more."""
    return within_m(shape, place, across_m, hull=vertices(place.outline) > TRACED) or shape.outline


def parties_of(operation: Operation, rulebook: Rulebook) -> tuple[str, ...]:
    """The operation's party, then those that answer for its other forces."""
    if not operation.forces:
        return (operation.party,)
    answering = {rulebook.forces[f].answers for f in operation.forces if f in rulebook.forces}
    return (operation.party, *sorted(answering - {operation.party}))


def between_signatories(one: Operation, other: Operation, rulebook: Rulebook, now: datetime) -> Level:
    """What the two sides of a clash see of each other: the overlap, or what their understanding in force says, where
    everyone who takes part has signed one; of several the youngest."""
    parties = {*parties_of(one, rulebook), *parties_of(other, rulebook)}
    chosen = [u for u in rulebook.understandings.values() if u.status == "in-force" and u.disclosure is not None
              and u.applies_at(now) and parties <= set(u.signatories)]
    youngest = max(chosen, key=lambda u: (u.since, u.id), default=None)
    return youngest.disclosure.clash if youngest is not None and youngest.disclosure is not None else "overlap"


def all_among(operation: Operation, who: Iterable[str], rulebook: Rulebook) -> bool:
    """Whether everyone who moves is among `who` (parties or forces): each force, itself or by who answers for it; the
    operation's party where it names no force. One stranger in a joint operation is enough for no."""
    among = frozenset(who)
    if not operation.forces:
        return operation.party in among
    return all(f in among or (f in rulebook.forces and rulebook.forces[f].answers in among) for f in operation.forces)


def binds(rule: Rule, operation: Operation, rulebook: Rulebook) -> bool:
    """Whether a rule binds an operation, wherever it is: one of its activities, and one of its parties or forces takes
    part, and no exception fits. Exceptions for parties and forces fit where everyone who moves is excepted."""
    if rule.activities and operation.activity not in rule.activities:
        return False
    if (rule.parties or rule.forces) and not rulebook.movers(operation) & {*rule.parties, *rule.forces}:
        return False
    free = rule.exceptions
    return not (operation.activity in free.activities or operation.id in free.operations
                or all_among(operation, (*free.parties, *free.forces), rulebook))


def holds(understanding: Understanding, rule: Rule) -> tuple[Span, ...]:
    """When a rule holds: its window within its understanding's dates, without the windows excepted."""
    start, end = understanding.since, understanding.until or _END_OF_TIME
    if rule.window is not None:
        start, end = max(start, rule.window.starts_at), min(end, rule.window.ends_at)
    spans = [(start, end)] if start < end else []
    for free in rule.exceptions.windows:
        spans = [(s, e) for start, end in spans
                 for s, e in ((start, min(end, free.starts_at)), (max(start, free.ends_at), end)) if s < e]
    return tuple(spans)


def common(starts_at: datetime, ends_at: datetime, spans: Iterable[Span]) -> tuple[Span, ...]:
    """What a window shares with the spans. A window of no length is an instant, and shares itself."""
    if starts_at == ends_at:
        return ((starts_at, ends_at),) if any(s <= starts_at < e for s, e in spans) else ()
    both = [(max(s, starts_at), min(e, ends_at)) for s, e in spans]
    return tuple([(s, e) for s, e in both if s < e])


def lasting(volume: Volume) -> Volume:
    """The volume; an instant as a microsecond, so that no rule misses it."""
    return volume if volume.starts_at < volume.ends_at else replace(volume, ends_at=volume.ends_at + timedelta(microseconds=1))


def lasting_rows(of: Prepared, still: datetime | None) -> Sequence[int]:
    """Which volumes of an operation did not end before a moment (None: all): what did is out of the index, or will be at the
    exchange's next turn, and so it would depend on that whether others meet it."""
    if still is None:
        return range(len(of.shapes))
    return [i for i, volume in enumerate(of.operation.volumes) if volume.ends_at >= still]


@dataclass(frozen=True, slots=True)
class Stay:
    """What of one volume lies where and when a rule binds. `shape` is the volume's outline without the rule's holes."""

    index: int
    shape: Shape
    ground: "Ground"
    spans: tuple[Span, ...]
    lower_m: float
    upper_m: float

    def region(self) -> Outline:
        """The part of the outline that the rule is about."""
        area, across_m = self.ground.area, self.ground.stand_off_m
        if area is None:
            return self.shape.outline
        if self.ground.side is not None and not across_m:
            return side_region(self.shape, *self.ground.side) or self.shape.outline
        return nearer_than(self.shape, area, across_m)

    def volumes(self) -> Iterator[Volume]:
        """The part as volumes, one for each span."""
        outline = self.region()
        for starts_at, ends_at in self.spans:
            yield Volume(outline=outline, lower_m=self.lower_m, upper_m=self.upper_m, starts_at=starts_at, ends_at=ends_at)

    def met(self) -> Iterator[Met]:
        """The part as it goes into a finding, one for each span."""
        region = self.region()
        for starts_at, ends_at in self.spans:
            yield Met(volume=self.index, other_volume=None, region=region, starts_at=starts_at, ends_at=ends_at,
                      lower_m=self.lower_m, upper_m=self.upper_m)


class Ground(NamedTuple):
    """Where and when a rule binds: an area (None: everywhere) widened by `stand_off_m`, less the holes, in a band, at times.

    `side`: the line, side and reach the area was made of, so that what only borders on the line is not found across it.
    """

    area: Shape | None
    holes: tuple[Shape, ...]
    spans: tuple[Span, ...]
    lower_m: float = -inf
    upper_m: float = inf
    stand_off_m: float = 0.0
    side: tuple[tuple[Position, ...], Side, float] | None = None

    def stay(self, index: int, volume: Volume, shape: Shape) -> Stay | None:
        """What of a volume lies here; None where nothing does. Touching is not being here."""
        if self.area is not None and apart(shape, self.area, self.stand_off_m):  # most are: the quickest way to know
            return None
        spans = common(volume.starts_at, volume.ends_at, self.spans)
        lower_m, upper_m = max(volume.lower_m, self.lower_m), min(volume.upper_m, self.upper_m)
        if not spans or not lower_m < upper_m or not self._has(shape):
            return None
        holes = [hole for hole in self.holes if overlaps(shape, hole)]
        if holes:
            rest = cut(shape, holes)
            if rest is None:
                return None
            shape = shape_of(rest)
            if not self._has(shape):
                return None
        return Stay(index, shape, self, spans, lower_m, upper_m)

    def _has(self, shape: Shape) -> bool:
        if self.area is None:
            return True
        if not closer(shape, self.area, self.stand_off_m):
            return False
        return self.side is None or self.stand_off_m > 0 or side_region(shape, *self.side) is not None

    def stays(self, of: Prepared) -> list[Stay]:
        """What of an operation lies here, volume by volume."""
        found = [self.stay(i, volume, of.shapes[i]) for i, volume in enumerate(of.operation.volumes)]
        return [stay for stay in found if stay is not None]


def ground_of(understanding: Understanding, rule: Rule, rulebook: Rulebook, *, lower_m: float = -inf, upper_m: float = inf,
              stand_off_m: float = 0.0) -> Ground:
    """Where and when a rule binds. Raises unknown_reference for an area nobody registered."""
    key = understanding.id, rule.id, lower_m, upper_m, stand_off_m
    known = rulebook.kept.get(key)
    if known is None or known[0] is not understanding or known[1] is not rule:
        bounds = lower_m, upper_m, stand_off_m
        known = rulebook.kept[key] = understanding, rule, _ground_of(understanding, rule, rulebook, *bounds)
    ground: Ground = known[2]
    return ground


def _ground_of(understanding: Understanding, rule: Rule, rulebook: Rulebook, lower_m: float, upper_m: float,
               stand_off_m: float) -> Ground:
    holes = []
    for area in rule.exceptions.areas:
        if area not in rulebook.areas:
            raise error("unknown_reference", f"rule {rule.id!r} excepts the unknown area {area!r}")
        holes.append(shape_of(rulebook.areas[area].outline))
    side = None
    if isinstance(rule, KeepOut) and rule.line is not None and rule.side is not None:
        side = rule.line, rule.side, rule.reach_m
    outline = rulebook.outline_of(rule) if side is None else _side_area(*side)
    return Ground(None if outline is None else shape_of(outline), tuple(holes), holds(understanding, rule), lower_m, upper_m,
                  stand_off_m, side)


@lru_cache(maxsize=1_000)
def _side_area(line: tuple[Position, ...], side: Side, reach_m: float) -> Outline:
    """One side of a line, as far as it reaches."""
    middle = line[len(line) // 2]
    far = max(geodesic_m(middle, position) for position in line) + 1.01 * reach_m + 1.0
    outline = side_region(shape_of(Circle(center=middle, radius_m=far)), line, side, reach_m)
    if outline is None:
        raise error("bad_field", "the line has no such side", at="line")
    return outline
