"""The `incompatible` rule: two forces never in one joint operation, nor in adjoining sectors."""

from collections.abc import Iterator

from antalya.geometry.overlap import measure, meet_many
from antalya.model.findings import Finding, Remedy
from antalya.model.rules import Incompatible
from antalya.model.understandings import Understanding
from antalya.model.volume import Minima
from antalya.picture import Prepared, shape_of
from antalya.scope import Ground, between_signatories, binds, lasting
from antalya.separations import ALL_HEIGHTS_M, Encounter, kept
from antalya.steps.weigh.case import Case, finding
from antalya.steps.weigh.trims import clash_trims, rule_trims, withdraw


def incompatible(case: Case, understanding: Understanding, rule: Incompatible) -> Iterator[Finding]:
    """Blocks an operation in which both take part; and, of two operations nearer than `adjoining_m` in the same window, each
    with one of the pair, the one that gives way."""
    if not case.binds(rule):
        return
    ground = case.ground(understanding, rule)
    movers = case.rulebook.movers(case.operation)
    if movers.issuperset(rule.pair):
        yield from _joint(case, understanding, rule, ground)
        return
    if rule.adjoining_m is None or not movers & set(rule.pair):
        return
    for other in case.others():
        theirs = case.rulebook.movers(other.operation)
        if other.operation.id not in case.weighed and binds(rule, other.operation, case.rulebook) \
                and not theirs.issuperset(rule.pair) and (movers | theirs).issuperset(rule.pair):
            yield from _adjoining(case, understanding, rule, ground, other)


def _joint(case: Case, understanding: Understanding, rule: Incompatible, ground: Ground) -> Iterator[Finding]:
    met = case.met(ground)
    if not met:
        return
    operation, forces = case.operation, case.rulebook.forces
    area = ground.area is not None
    apart = [Remedy(kind="leave-out-force", operation=operation.id, text=f"Leave {f} out of the operation.", force=f)
             for f in operation.forces if f in rule.pair or (f in forces and forces[f].answers in rule.pair)]
    yield finding("breach", "incompatible-joint", "The operation joins two forces that were agreed never to act together.",
                  operation.id, met, effect="block", rule=(understanding, rule),
                  remedies=[*apart, *rule_trims(operation, met, case.now, leave=area)])


def _adjoining(case: Case, understanding: Understanding, rule: Incompatible, ground: Ground,
               other: Prepared) -> Iterator[Finding]:
    first, second = sorted((case.subject, other), key=lambda p: p.precedence)
    found = _meetings(case, second, first, ground, Minima(across_m=rule.adjoining_m or 0.0, up_m=ALL_HEIGHTS_M))
    if not found:
        return
    encounters = kept(found)
    more = len(encounters) < len(found)
    measure([e.meeting for e in encounters])
    trims = [] if more else [*clash_trims(second.operation, encounters, first.operation, case.now, gives_way=True),
                             *clash_trims(first.operation, encounters, second.operation, case.now, gives_way=False)]
    yield finding("breach", "incompatible-adjoining", "Two operations adjoin each other, at the same time, that were agreed "
                  "to stay apart. The one with the lower priority gives way, or of equals the one filed later.",
                  second.operation.id, [e.met for e in encounters], effect="block", rule=(understanding, rule),
                  other=first.operation.id, remedies=[*trims, withdraw(second.operation)], more=more,
                  disclose=between_signatories(second.operation, first.operation, case.rulebook, case.now))


def _meetings(case: Case, yields: Prepared, other: Prepared, ground: Ground, minima: Minima) -> list[Encounter]:
    """Where parts of the two, each on the rule's ground, come nearer than the rule allows; of very many not all."""
    found: list[Encounter] = []
    theirs = [(stay.index, part) for stay in case.stays(ground, other) for part in map(lasting, stay.volumes())]
    for stay in case.stays(ground, yields) if theirs else ():
        for own in map(lasting, stay.volumes()):
            meetings = meet_many(own, [part for _, part in theirs], minima, shape_of(own.outline),
                                 [shape_of(part.outline) for _, part in theirs])
            found += [Encounter(stay.index, index, m) for (index, _), m in zip(theirs, meetings, strict=True) if m is not None]
            if len(kept(found)) < len(found):
                return found
    return found
