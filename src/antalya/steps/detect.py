"""Detect: which volumes of which operations come nearer than their minima, exactly where, when and how high."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from antalya.geometry import overlap
from antalya.geometry.overlap import Meeting, meet_many
from antalya.model.operations import LIVE, Operation, minima
from antalya.model.volume import Minima
from antalya.picture import Prepared, Rulebook
from antalya.scope import lasting_rows
from antalya.separations import Bound, Clash, Encounter, Reference, Separations, kept

Key = tuple[str, bool, Reference | None]
"""What makes a clash: the other operation, whether only a suspended rule says so, and the rule."""


def detect(subject: Prepared, others: Iterable[Prepared], rulebook: Rulebook, now: datetime, *, own: bool = False,
           fixed: Minima | None = None, bounded: bool = False, still: datetime | None = None) -> tuple[Clash, ...]:
    """Every clash of an operation with the others, in the order of their ids, one for each rule its minima come from.

    The minima are those of the two activities, unless `separation` rules bind the two volumes (`Separations`). Operations
    of the same party are left out unless `own`; what is not live is left out always. `fixed`: these minima for every pair,
    whatever the rules say. `now` decides nothing: what is planned clashes until it ends or is withdrawn. `bounded`: of a
    clash in which very many volumes meet only the first meetings, in the order of the volumes of the one that gives way. `still`:
    volumes that ended before meet nothing any more, on either side. Raises unknown_reference where somebody is near and a rule
    names an area nobody registered.
    """
    if subject.operation.state not in LIVE:
        return ()
    candidates = sorted([o for o in others if _is_pair(subject.operation, o.operation, own)], key=lambda o: o.operation.id)
    if not candidates:
        return ()
    rules = Separations(subject, rulebook, fixed)
    found: dict[Key, list[Encounter]] = {}
    met, full = set[tuple[str, int, int]](), set[Key]()
    around = [(o, rows) for o in candidates if (rows := lasting_rows(o, still))]
    for suspended in (False, True) if rules.suspended else (False,):
        for i in lasting_rows(subject, still):
            for other, j, bound, meeting in _meetings(subject, i, around, rules, suspended, met, full):
                key = other.operation.id, suspended, bound.rule
                met.add((other.operation.id, i, j))
                found.setdefault(key, []).append(_encounter(subject, i, other, j, meeting))
            if bounded:
                full |= {key for key, each in found.items() if key not in full and len(kept(each)) < len(each)}
    known = {o.operation.id: o for o in candidates}
    for key in full:
        if subject.precedence <= known[key[0]].precedence:
            before = {e[:2] for k, each in found.items() if k[0] == key[0] and k[1] < key[1] for e in each}
            found[key] = _of_the_other_side(known[key[0]], subject, rules, key, before, still)
    return tuple(_clash(known[key[0]], key[2], key[1], found[key], more=key in full)
                 for key in sorted(found, key=lambda key: (key[0], key[1], key[2] or ("", ""))))


def clash_of(subject: Prepared, other: Prepared, pairs: Iterable[tuple[int, int]], fixed: Minima | None = None) -> Clash:
    """What `detect` finds of two operations, if no `separation` rule binds them and `pairs` (indices of their volumes) are
    all that meet by `fixed`, or else by the minima of their activities: for a batch, in which the pairs were found together.
    """
    apart = fixed or minima(subject.operation.activity, other.operation.activity)
    ours, theirs = subject.operation.volumes, other.operation.volumes
    return _clash(other, None, False, [
        _encounter(subject, i, other, j, overlap.meeting(ours[i], theirs[j], apart, subject.shapes[i], other.shapes[j]))
        for i, j in pairs])


def _is_pair(one: Operation, other: Operation, own: bool) -> bool:
    return one.id != other.id and other.state in LIVE and (own or one.party != other.party)


def _meetings(subject: Prepared, i: int, candidates: list[tuple[Prepared, Sequence[int]]], rules: Separations, suspended: bool,
              met: set[tuple[str, int, int]], full: set[Key]) -> Iterator[tuple[Prepared, int, Bound, Meeting]]:
    """The meetings of a volume with those it has not met yet, under the minima that hold, or those suspended but wider. None of a
    clash that is `full`; nor what would be wider between two of which one is."""
    done = {id_ for id_, before, _ in full if before < suspended or not rules.some}
    pairs = [(o, j, bound) for o, rows in candidates if o.operation.id not in done for j in rows
             if (o.operation.id, i, j) not in met and (bound := rules.bound(i, o, j, suspended)) is not None
             and (not full or (o.operation.id, suspended, bound.rule) not in full)]
    meetings = meet_many(subject.operation.volumes[i], [o.operation.volumes[j] for o, j, _ in pairs],
                         [b.minima for _, _, b in pairs], subject.shapes[i], [o.shapes[j] for o, j, _ in pairs])
    for (o, j, bound), meeting in zip(pairs, meetings, strict=True):
        if meeting is not None:
            yield o, j, bound, meeting


def _of_the_other_side(yields: Prepared, other: Prepared, rules: Separations, key: Key,
                       before: set[tuple[int, int]], still: datetime | None) -> list[Encounter]:
    """The first meetings of a clash that is full, but for those that met `before`, volume by volume of the one that gives way,
    which is not the rules' subject: so that both checks of a pair say the same."""
    found: list[Encounter] = []
    _, suspended, rule = key
    rows = lasting_rows(other, still)
    for j in lasting_rows(yields, still):
        volume = yields.operation.volumes[j]
        pairs = [(i, bound) for i in rows
                 if (j, i) not in before and (bound := rules.bound(i, yields, j, suspended)) is not None and bound.rule == rule]
        meetings = meet_many(volume, [other.operation.volumes[i] for i, _ in pairs], [b.minima for _, b in pairs],
                             yields.shapes[j], [other.shapes[i] for i, _ in pairs])
        found += [Encounter(j, i, m) for (i, _), m in zip(pairs, meetings, strict=True) if m is not None]
        if len(kept(found)) < len(found):
            break
    return found


def _encounter(subject: Prepared, i: int, other: Prepared, j: int, meeting: Meeting) -> Encounter:
    """The meeting from the side that gives way, so that both checks of a pair say the same."""
    if subject.precedence > other.precedence:
        return Encounter(i, j, meeting)
    return Encounter(j, i, meeting.turned)


def _clash(other: Prepared, rule: Reference | None, suspended: bool, encounters: list[Encounter], *, more: bool = False) -> Clash:
    encounters.sort(key=lambda e: (e.volume, e.other_volume))
    if more:
        encounters = kept(encounters)
    widest = encounters[0].meeting.minima
    for encounter in encounters:
        widest = widest.widest(encounter.meeting.minima)
    return Clash(other, widest, rule, tuple(encounters), suspended, more)
