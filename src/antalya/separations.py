"""What minima hold between two operations' volumes: their activities', and what `separation` rules say; how far to look; and the
clashes that `detect` hands to `weigh`.

Below the steps: both need it, and never import each other.
"""

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

from antalya.geometry.cut import lies_in
from antalya.geometry.overlap import Meeting, near_in_time_and_height
from antalya.geometry.touch import apart
from antalya.model.findings import Met
from antalya.model.operations import ACTIVITIES, Activity, Operation, minima
from antalya.model.rules import Incompatible, Separation
from antalya.model.volume import Minima, Volume
from antalya.picture import Prepared, Rulebook
from antalya.scope import Ground, binds, ground_of

Reference = tuple[str, str]
"""An understanding and a rule of it."""

ALL_HEIGHTS_M = 1_000_000.0
"""A vertical minimum that no two bands keep: for rules that hold whatever the altitude."""

MOST_MET, MOST_CORNERS = 250, 50_000
"""Meetings, and corners of the volumes that meet, beyond which a finding's others are left out where everybody waits for it."""
_MOST_KEPT = 10_000
"""Volumes of which it is kept with the rulebook whether they lie on a rule's ground: neighbours come again and again."""


class Bound(NamedTuple):
    """Minima of a pair of volumes, and the rule they come from."""

    minima: Minima
    rule: Reference | None = None


def widest_minima(rulebook: Rulebook, operation: Operation) -> Minima:
    """An upper bound of the minima of any pair with this operation, `reach` included: how far to look."""
    return reduce(Minima.widest, widest_towards(rulebook, operation))


def widest_towards(rulebook: Rulebook, operation: Operation) -> tuple[Minima, ...]:
    """The same towards operations of each activity, in the order of `ACTIVITIES`."""
    widest = reach(rulebook, operation)
    for _, rule in rulebook.of_kind(Separation):
        if binds(rule, operation, rulebook):
            widest = widest.widest(_minima_of(rule))
    return _widest_towards(operation.activity, widest)


def separations(rulebook: Rulebook) -> Minima:
    """As wide as any `separation` rule's minima."""
    return reduce(Minima.widest, (_minima_of(rule) for _, rule in rulebook.of_kind(Separation)), Minima())


def concerns_own(widest: tuple[Minima, ...]) -> bool:
    """Whether operations of its own party matter to one whose `widest_towards` these are: they don't clash, but may adjoin it."""
    return widest[0].up_m >= ALL_HEIGHTS_M


@lru_cache(maxsize=256)
def _widest_towards(activity: Activity, widest: Minima) -> tuple[Minima, ...]:
    return tuple(minima(activity, other).widest(widest) for other in ACTIVITIES)


def reach(rulebook: Rulebook, operation: Operation) -> Minima:
    """How near an operation's neighbours must be for an `incompatible` rule to be about them, whatever their altitude."""
    widest = Minima()
    for _, rule in rulebook.of_kind(Incompatible):
        if rule.adjoining_m is not None and binds(rule, operation, rulebook) and rulebook.movers(operation) & set(rule.pair):
            widest = widest.widest(Minima(across_m=rule.adjoining_m, up_m=ALL_HEIGHTS_M))
    return widest


def _minima_of(rule: Separation) -> Minima:
    return Minima(across_m=rule.across_m, up_m=rule.up_m, seconds=rule.seconds)


class Separations:
    """The minima of pairs of volumes.

    A rule binds a pair of operations when it binds both and they are of those it is `between`; and a pair of their volumes
    when both come into its area while it holds. Its minima then replace the activities', wider or narrower; narrower ones
    only where both volumes lie wholly in its area and time, else the wider of the two stands. Of several rules the widest
    holds, dimension by dimension. A suspended rule changes nothing, except that where it is wider, what it would have kept
    apart is still told, apart (`suspended`).
    """

    def __init__(self, subject: Prepared, rulebook: Rulebook, fixed: Minima | None) -> None:
        self._subject, self._rulebook, self._fixed = subject, rulebook, fixed
        self._rules: list[tuple[Reference, bool, Separation, Ground]] = []
        if fixed is None and rulebook.of_kind(Separation):
            self._rules = sorted(
                (((u.id, r.id), u.status == "suspended", r, ground_of(u, r, rulebook))
                 for u, r in rulebook.of_kind(Separation) if binds(r, subject.operation, rulebook)), key=lambda rule: rule[0])
        self._most = Minima()
        for _, _, rule, _ in self._rules:
            self._most = self._most.widest(_minima_of(rule))
        self._binding: dict[str, list[tuple[Reference, bool, Separation, Ground]]] = {}
        self._inside: dict[tuple[Volume, Reference], int] = rulebook.kept.setdefault(Separations, {})

    @property
    def some(self) -> bool:
        """Whether there is a rule that binds the subject."""
        return bool(self._rules)

    @property
    def suspended(self) -> bool:
        """Whether there is a suspended rule to look at."""
        return any(suspended for _, suspended, _, _ in self._rules)

    def bound(self, i: int, other: Prepared, j: int, suspended: bool) -> Bound | None:
        """What holds between the subject's volume i and the other's volume j. With `suspended`: what would be wider still if
        suspended rules held; None where nothing would."""
        if self._fixed is not None:
            return Bound(self._fixed)
        default = minima(self._subject.operation.activity, other.operation.activity)
        if not self._rules:
            return Bound(default)
        rules = [] if self._far(i, other, j, default) else self._binding_pair(other)
        held = self._widest(default, [r for r in rules if not r[1]], i, other, j) or Bound(default)
        if not suspended:
            return held
        wider = self._widest(held.minima, [r for r in rules if r[1]], i, other, j)
        if wider is None or (total := wider.minima.widest(held.minima)) == held.minima:
            return None
        return Bound(total, wider.rule)

    def _widest(self, default: Minima, rules: list[tuple[Reference, bool, Separation, Ground]], i: int, other: Prepared,
                j: int) -> Bound | None:
        """The widest of what the rules say of two volumes, and the rule that says most; None where none binds them."""
        said = []
        for reference, _, rule, ground in rules:
            inside = self._in(self._subject, i, reference, ground)
            if inside:
                inside = min(inside, self._in(other, j, reference, ground))
            if inside:
                own = _minima_of(rule)
                said.append(Bound(own if inside == 2 else own.widest(default), reference if inside == 2 or
                                  own.widest(default) != default else None))
        if not said:
            return None
        widest = said[0].minima
        for each in said[1:]:
            widest = widest.widest(each.minima)
        most = max(said, key=lambda b: (b.minima.across_m, b.minima.up_m, b.minima.seconds, b.rule is not None))
        return Bound(widest, most.rule)

    def _far(self, i: int, other: Prepared, j: int, default: Minima) -> bool:
        """Whether even the widest of all rules would not make two volumes meet; a look at their windows, bands and caps."""
        widest = default.widest(self._most)
        return apart(self._subject.shapes[i], other.shapes[j], widest.across_m) or not near_in_time_and_height(
            self._subject.operation.volumes[i], other.operation.volumes[j], widest)

    def _binding_pair(self, other: Prepared) -> list[tuple[Reference, bool, Separation, Ground]]:
        """The rules that bind the two operations, wherever they are."""
        if other.operation.id not in self._binding:
            ours, theirs = (self._rulebook.movers(p.operation) for p in (self._subject, other))
            self._binding[other.operation.id] = [r for r in self._rules if binds(r[2], other.operation, self._rulebook)
                                                 and _between(frozenset(r[2].between), ours, theirs)]
        return self._binding[other.operation.id]

    def _in(self, of: Prepared, index: int, reference: Reference, ground: Ground) -> int:
        """0 where a volume does not come onto the rule's ground, 1 where it does, 2 where it lies wholly on it."""
        key = of.operation.volumes[index], reference
        known = self._inside.get(key)
        if known is None:
            if len(self._inside) >= _MOST_KEPT:
                self._inside.clear()
            known = self._inside[key] = _inside(of, index, ground)
        return known


def _inside(of: Prepared, index: int, ground: Ground) -> int:
    volume, shape = of.operation.volumes[index], of.shapes[index]
    stay = ground.stay(index, volume, shape)
    if stay is None:
        return 0
    whole = stay.shape is shape and stay.spans == ((volume.starts_at, volume.ends_at),)
    return 2 if whole and (ground.area is None or lies_in(shape, ground.area)) else 1


def _between(named: frozenset[str], ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether a pair of operations is of those named: any pair where nothing is; pairs in which it takes part where one is;
    pairs of two different ones where more are."""
    if len(named) < 2:
        return not named or bool(named & (ours | theirs))
    return any(a != b for a in named & ours for b in named & theirs)


class Encounter(NamedTuple):
    """Two volumes nearer than their minima: `volume` of the operation that gives way (the meeting's A), `other_volume` of
    the one with the right of way (its B)."""

    volume: int
    other_volume: int
    meeting: Meeting

    @property
    def met(self) -> Met:
        """The same as a noun, with its region."""
        m = self.meeting
        return Met(volume=self.volume, other_volume=self.other_volume, region=m.region, starts_at=m.starts_at,
                   ends_at=m.ends_at, lower_m=m.lower_m, upper_m=m.upper_m, distance_m=m.distance_m,
                   vertical_gap_m=m.vertical_gap_m, time_gap_s=m.time_gap_s)


class Clash(NamedTuple):
    """A pair of operations nearer than `minima`: every pair of volumes that is, or where there are `more`, the first.

    `rule`: (understanding, rule) of the `separation` rule the minima come from; None where they are the activities'.
    `suspended`: only that rule's wider minima are broken, and its understanding is suspended.
    """

    other: Prepared
    minima: Minima
    rule: Reference | None
    encounters: tuple[Encounter, ...]
    suspended: bool = False
    more: bool = False

    @property
    def met(self) -> tuple[Met, ...]:
        """Where and when, volume pair by volume pair."""
        return tuple(encounter.met for encounter in self.encounters)


def kept(encounters: Sequence[Encounter]) -> list[Encounter]:
    """Those of a finding that are kept: all, unless they are very many."""
    corners = 0
    for k, encounter in enumerate(encounters):
        corners += len(encounter.meeting.shape_a.points) + len(encounter.meeting.shape_b.points)
        if k == MOST_MET or (k and corners > MOST_CORNERS):
            return list(encounters[:k])
    return list(encounters)
