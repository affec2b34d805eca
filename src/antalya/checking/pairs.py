"""Which operations are weighed against which: all that come near each other are found together, then clash by clash."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeAlias

import numpy as np
from msgspec import structs

from antalya.checking.spread import Join
from antalya.geometry.batch import join
from antalya.geometry.columns import of_shapes
from antalya.geometry.overlap import overlaps
from antalya.model.operations import ACTIVITIES, LIVE, minima
from antalya.model.rules import Incompatible, Limit, Separation
from antalya.model.volume import Minima
from antalya.picture import Prepared, Rulebook, shape_of
from antalya.separations import Clash, separations, widest_minima
from antalya.steps.detect import clash_of, detect

Pairs: TypeAlias = list[tuple[int, int]]
"""Indices of the volumes of two operations."""

TOGETHER = 64
"""So many volumes of an operation are compared at once with those near them."""


def nearby(prepared: Sequence[Prepared], rulebook: Rulebook, now: datetime, *, own: bool, fixed: Minima | None,
           tell: Callable[[str, int, int], None], by: Join = join
           ) -> Iterator[tuple[Prepared, tuple[Clash, ...], list[Prepared]]]:
    """Each operation, its clashes with those after it, and all that are near enough for a rule to be about both.

    `own`: operations of one party clash too. `fixed`: these minima for every pair, whatever the rules say. `by`: what finds
    the pairs of volumes.
    """
    prepared = [p for p in prepared if p.operation.state in LIVE]
    rules = [rule for _, rule in rulebook.rules()]
    adjoining = any(isinstance(rule, Incompatible) and rule.adjoining_m is not None for rule in rules)
    separated = fixed is None and any(isinstance(rule, Separation) for rule in rules)
    by_rules = separated or adjoining  # then it is found first who is near whom, and what clashes after that
    met = (_join(prepared, None, _widest(prepared, rulebook, fixed, each=adjoining), tell, by) if by_rules
           else _join(prepared, own, fixed, tell, by))
    near: dict[int, set[int]] = defaultdict(set)
    for a, others in met.items():
        for b in others:
            near[a].add(b)
            near[b].add(a)
    counted = _counted(prepared, rulebook)
    for a, subject in enumerate(prepared):
        clashes: list[Clash] = []
        for b, pairs in met.get(a, {}).items():
            other = prepared[b]
            if by_rules:
                clashes += _detected(subject, other, pairs, rulebook, now, own, fixed)
            else:
                clashes.append(clash_of(subject, other, pairs, fixed))
        yield subject, tuple(clashes), [prepared[b] for b in near[a] | counted - {a}]


def _widest(prepared: Sequence[Prepared], rulebook: Rulebook, fixed: Minima | None, each: bool) -> Minima:
    """An upper bound of the minima of any pair: `fixed`, or those of their activities and of every rule, whomever it binds; and
    how far rules reach for `each` operation, where they may."""
    widest = fixed or separations(rulebook)
    asked = prepared if each else {p.operation.activity: p for p in prepared}.values()
    for one in asked if fixed is None or each else ():
        widest = widest.widest(widest_minima(rulebook, one.operation))
    return widest


def _join(prepared: Sequence[Prepared], own: bool | None, fixed: Minima | None,
          tell: Callable[[str, int, int], None], by: Join) -> dict[int, dict[int, Pairs]]:
    """Pairs of volumes that meet, by operations a < b: by `fixed`, else by their activities' minima. Those of one party are
    left out if `own` is False."""
    of = np.repeat(np.arange(len(prepared)), [len(p.shapes) for p in prepared])
    first = np.concatenate([[0], np.cumsum([len(p.shapes) for p in prepared])]).tolist()
    numbers: dict[str, int] = {}
    party = np.array([numbers.setdefault(p.operation.party, len(numbers)) for p in prepared], dtype=np.int64)[of]
    activity = np.array([ACTIVITIES.index(p.operation.activity) for p in prepared], dtype=np.int64)[of]
    each = [[fixed or minima(one, other) for other in ACTIVITIES] for one in ACTIVITIES]
    table = np.array([[(m.across_m, m.up_m, m.seconds) for m in row] for row in each])
    shapes = [s for p in prepared for s in p.shapes]
    if not shapes:
        return {}
    found = by(of_shapes(shapes, [v for p in prepared for v in p.operation.volumes]), table, activity,
               party if own is False else of, shape_of=shapes.__getitem__,
               progress=lambda done, total: tell("Comparing", done, total))
    met: dict[int, dict[int, Pairs]] = {}
    for (i, j), a, b in zip(found.tolist(), of[found[:, 0]].tolist(), of[found[:, 1]].tolist(), strict=True):
        met.setdefault(a, {}).setdefault(b, []).append((i - first[a], j - first[b]))  # i < j: operations lie one after the other
    return met


def _counted(prepared: Sequence[Prepared], rulebook: Rulebook) -> set[int]:
    """The operations in areas where a `limit` rule counts them: there, everyone is everybody's neighbour."""
    found: set[int] = set()
    for _, rule in rulebook.rules():
        if isinstance(rule, Limit) and rule.operations_at_once is not None:
            outline = rulebook.outline_of(rule)
            area = None if outline is None else shape_of(outline)
            found |= {a for a, p in enumerate(prepared) if area is None or any(overlaps(area, s) for s in p.shapes)}
    return found


def _detected(subject: Prepared, other: Prepared, pairs: Pairs, rulebook: Rulebook, now: datetime, own: bool,
              fixed: Minima | None) -> list[Clash]:
    """`detect`, for the volumes that come near each other only, some at a time: long tracks have thousands."""
    whole: dict[tuple[tuple[str, str] | None, bool], Clash] = {}
    by_first: dict[int, list[int]] = {}
    for i, j in pairs:
        by_first.setdefault(i, []).append(j)
    ours = sorted(by_first)
    for start in range(0, len(ours), TOGETHER):
        mine = ours[start:start + TOGETHER]
        theirs = sorted({j for i in mine for j in by_first[i]})
        for clash in detect(_part(subject, mine), [_part(other, theirs)], rulebook, now, own=own, fixed=fixed):
            gives_way, goes_first = (mine, theirs) if subject.precedence > other.precedence else (theirs, mine)
            found = [e._replace(volume=gives_way[e.volume], other_volume=goes_first[e.other_volume]) for e in clash.encounters]
            before = whole.get((clash.rule, clash.suspended))
            if before is not None:
                found += before.encounters
            whole[clash.rule, clash.suspended] = clash._replace(
                other=other, encounters=tuple(sorted(found, key=lambda e: (e.volume, e.other_volume))),
                minima=clash.minima if before is None else clash.minima.widest(before.minima))
    return list(whole.values())


def _part(of: Prepared, volumes: list[int]) -> Prepared:
    """An operation with some of its volumes only."""
    return of._replace(operation=structs.replace(of.operation, volumes=tuple(of.operation.volumes[i] for i in volumes)),
                       shapes=tuple(of.shapes[i] for i in volumes))
