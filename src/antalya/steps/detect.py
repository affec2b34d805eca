"""Detect: which volumes of which operations come nearer than their minima, exactly where, when and how high."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache, reduce
from typing import NamedTuple

from antalya.geometry import overlap
from antalya.geometry.cut import cut
from antalya.geometry.overlap import Meeting, meet_many, near_in_time_and_height
from antalya.geometry.touch import apart
from antalya.model.operations import ACTIVITIES, LIVE, Activity, Operation, minima
from antalya.model.rules import Incompatible, Separation
from antalya.model.volume import Minima
from antalya.picture import Prepared, Rulebook
from antalya.scope import ALL_HEIGHTS_M, Clash, Encounter, Ground, binds, ground_of

Reference = tuple[str, str]


class _Bound(NamedTuple):
    """Minima of a pair of volumes, and the rule they come from."""

    minima: Minima
    rule: Reference | None = None


def detect(subject: Prepared, others: Iterable[Prepared], rulebook: Rulebook, now: datetime, *, own: bool = False,
           fixed: Minima | None = None) -> tuple[Clash, ...]:
    """Every clash of an operation with the others, in the order of their ids, one for each rule its minima come from.

    The minima are those of the two activities, unless `separation` rules bind the two volumes (`_Separations`). Operations
    of the same party are left out unless `own`; what is not live is left out always. `fixed`: these minima for every pair,
    whatever the rules say. `now` decides nothing: what is planned clashes until it ends or is withdrawn. Raises
    unknown_reference where somebody is near and a rule names an area nobody registered.
    """
    if subject.operation.state not in LIVE:
        return ()
    candidates = sorted([o for o in others if _is_pair(subject.operation, o.operation, own)], key=lambda o: o.operation.id)
    if not candidates:
        return ()
    rules = _Separations(subject, rulebook, fixed)
    found: dict[tuple[str, bool, Reference | None], list[Encounter]] = {}
    met: set[tuple[str, int, int]] = set()
    for suspended in (False, True) if rules.suspended else (False,):
        for i, other, j, bound, meeting in _meetings(subject, candidates, rules, suspended, met):
            met.add((other.operation.id, i, j))
            found.setdefault((other.operation.id, suspended, bound.rule), []).append(_encounter(subject, i, other, j, meeting))
    known = {o.operation.id: o for o in candidates}
    return tuple(_clash(known[id_], rule, suspended, found[id_, suspended, rule])
                 for id_, suspended, rule in sorted(found, key=lambda key: (key[0], key[1], key[2] or ("", ""))))


def clash_of(subject: Prepared, other: Prepared, pairs: Iterable[tuple[int, int]], fixed: Minima | None = None) -> Clash:
    """What `detect` finds of two operations, if no `separation` rule binds them and `pairs` (indices of their volumes) are
    all that meet by `fixed`, or else by the minima of their activities: for a batch, in which the pairs were found together.
    """
    apart = fixed or minima(subject.operation.activity, other.operation.activity)
    ours, theirs = subject.operation.volumes, other.operation.volumes
    return _clash(other, None, False, [
        _encounter(subject, i, other, j, overlap.meeting(ours[i], theirs[j], apart, subject.shapes[i], other.shapes[j]))
        for i, j in pairs])


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


def _is_pair(one: Operation, other: Operation, own: bool) -> bool:
    return one.id != other.id and other.state in LIVE and (own or one.party != other.party)


def _minima_of(rule: Separation) -> Minima:
    return Minima(across_m=rule.across_m, up_m=rule.up_m, seconds=rule.seconds)


def _meetings(subject: Prepared, candidates: list[Prepared], rules: "_Separations", suspended: bool,
              met: set[tuple[str, int, int]]) -> Iterator[tuple[int, Prepared, int, _Bound, Meeting]]:
    """The meetings of pairs of volumes that have not met yet, under the minima that hold, or those suspended but wider."""
    for i, (volume, shape) in enumerate(zip(subject.operation.volumes, subject.shapes, strict=True)):
        pairs = [(o, j, bound) for o in candidates for j in range(len(o.shapes))
                 if (o.operation.id, i, j) not in met and (bound := rules.bound(i, o, j, suspended)) is not None]
        meetings = meet_many(volume, [o.operation.volumes[j] for o, j, _ in pairs], [b.minima for _, _, b in pairs], shape,
                             [o.shapes[j] for o, j, _ in pairs])
        for (o, j, bound), meeting in zip(pairs, meetings, strict=True):
            if meeting is not None:
                yield i, o, j, bound, meeting


def _encounter(subject: Prepared, i: int, other: Prepared, j: int, meeting: Meeting) -> Encounter:
    """The meeting from the side that gives way, so that both checks of a pair say the same."""
    if subject.precedence > other.precedence:
        return Encounter(i, j, meeting)
    return Encounter(j, i, meeting.turned)


def _clash(other: Prepared, rule: Reference | None, suspended: bool, encounters: list[Encounter]) -> Clash:
    widest = encounters[0].meeting.minima
    for encounter in encounters:
        widest = widest.widest(encounter.meeting.minima)
    return Clash(other, widest, rule, tuple(sorted(encounters, key=lambda e: (e.volume, e.other_volume))), suspended)


class _Separations:
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
        self._inside: dict[tuple[str, int, Reference], int] = {}

    @property
    def suspended(self) -> bool:
        """Whether there is a suspended rule to look at."""
        return any(suspended for _, suspended, _, _ in self._rules)

    def bound(self, i: int, other: Prepared, j: int, suspended: bool) -> _Bound | None:
        """What holds between the subject's volume i and the other's volume j. With `suspended`: what would be wider still if
        suspended rules held; None where nothing would."""
        if self._fixed is not None:
            return _Bound(self._fixed)
        default = minima(self._subject.operation.activity, other.operation.activity)
        if not self._rules:
            return _Bound(default)
        rules = [] if self._far(i, other, j, default) else self._binding_pair(other)
        held = self._widest(default, [r for r in rules if not r[1]], i, other, j) or _Bound(default)
        if not suspended:
            return held
        wider = self._widest(held.minima, [r for r in rules if r[1]], i, other, j)
        if wider is None or (total := wider.minima.widest(held.minima)) == held.minima:
            return None
        return _Bound(total, wider.rule)

    def _widest(self, default: Minima, rules: list[tuple[Reference, bool, Separation, Ground]], i: int, other: Prepared,
                j: int) -> _Bound | None:
        """The widest of what the rules say of two volumes, and the rule that says most; None where none binds them."""
        said = []
        for reference, _, rule, ground in rules:
            inside = self._in(self._subject, i, reference, ground)
            if inside:
                inside = min(inside, self._in(other, j, reference, ground))
            if inside:
                own = _minima_of(rule)
                said.append(_Bound(own if inside == 2 else own.widest(default), reference if inside == 2 or
                                   own.widest(default) != default else None))
        if not said:
            return None
        widest = said[0].minima
        for each in said[1:]:
            widest = widest.widest(each.minima)
        most = max(said, key=lambda b: (b.minima.across_m, b.minima.up_m, b.minima.seconds, b.rule is not None))
        return _Bound(widest, most.rule)

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
        key = of.operation.id, index, reference
        if key not in self._inside:
            self._inside[key] = _inside(of, index, ground)
        return self._inside[key]


def _inside(of: Prepared, index: int, ground: Ground) -> int:
    volume, shape = of.operation.volumes[index], of.shapes[index]
    stay = ground.stay(index, volume, shape)
    if stay is None:
        return 0
    whole = stay.shape is shape and stay.spans == ((volume.starts_at, volume.ends_at),)
    return 2 if whole and (ground.area is None or cut(shape, [ground.area]) is None) else 1


def _between(named: frozenset[str], ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether a pair of operations is of those named: any pair where nothing is; pairs in which it takes part where one is;
    pairs of two different ones where more are."""
    if len(named) < 2:
        return not named or bool(named & (ours | theirs))
    return any(a != b for a in named & ours for b in named & theirs)
