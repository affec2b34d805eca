"""Clashes between operations, and operations that name forces another party answers for."""

from collections.abc import Iterator, Sequence

from antalya.geometry.overlap import measure
from antalya.model.findings import Finding, Met, Remedy, Severity
from antalya.model.operations import Operation
from antalya.model.parties import at_least
from antalya.model.rules import AnyRule
from antalya.model.understandings import Understanding
from antalya.scope import between_signatories, parties_of
from antalya.separations import Clash
from antalya.steps.weigh.case import Ask, Case, finding, hotline
from antalya.steps.weigh.trims import clash_trims, withdraw

_REALLY = "Two operations meet in the region, window and band shown."
_NEARLY = "Two operations come nearer than their separation in the region, window and band shown."
_VERY_MANY = "Very many volumes of two operations meet, or come nearer than their separation: only the first of these are shown."


def clashes_of(case: Case, clashes: Sequence[Clash]) -> Iterator[Finding]:
    """One finding for each clash. `operation` is the one that gives way, whichever of the two is weighed."""
    measure([e.meeting for clash in clashes for e in clash.encounters])
    for clash in clashes:
        first, second = sorted((case.subject, clash.other), key=lambda p: p.precedence)
        yield _clash(case, clash, second.operation, first.operation)


def _clash(case: Case, clash: Clash, yields: Operation, other: Operation) -> Finding:
    met = clash.met
    meets = any(not (m.distance_m or m.vertical_gap_m or m.time_gap_s) for m in met)
    rule = None if clash.rule is None else _rule(case, *clash.rule)
    text = _VERY_MANY if clash.more else _REALLY if meets else _NEARLY
    text += " The one with the lower priority gives way, or of equals the one filed later."
    if clash.suspended:
        text = "Two operations come nearer than a suspended agreement's wider separation, as shown."
    disclose = between_signatories(yields, other, case.rulebook, case.now)
    ask = _consent_of(case, yields, other)
    remedies = [*_trims(case, clash, yields, other),
                Remedy(kind="obtain-consent" if ask.kind == "consent" else "acknowledge", operation=yields.id,
                       text="Obtain the other side's consent through the exchange." if ask.kind == "consent"
                       else "Confirm that your own operations are kept apart.", parties=ask.of)]
    # The line between the two sides would tell who the other one is: only where that is open between them anyway.
    params = hotline((yields.party, other.party), case.rulebook, case.now) if at_least(disclose, "envelope") else {}
    severity: Severity = "critical" if meets or clash.more else "warning"
    return finding("clash", "clash", text, yields.id, met, effect="hold", severity=severity, rule=rule, other=other.id, ask=ask,
                   remedies=remedies, params=params, disclose=disclose, suspended=clash.suspended, more=clash.more)


def _trims(case: Case, clash: Clash, yields: Operation, other: Operation) -> list[Remedy]:
    """What either side can do by itself; where only some meetings are known, nothing that would be reckoned from these."""
    if clash.more:
        return [withdraw(yields)]
    return [*clash_trims(yields, clash.encounters, other, case.now, gives_way=True),
            *clash_trims(other, clash.encounters, yields, case.now, gives_way=False)]


def _rule(case: Case, understanding: str, rule: str) -> tuple[Understanding, AnyRule]:
    agreed = case.rulebook.understandings[understanding]
    return agreed, next(r for r in agreed.rules if r.id == rule)


def _consent_of(case: Case, yields: Operation, other: Operation) -> Ask:
    """The consent of everyone in the operation with the right of way; where that is the same party, its word that it knows."""
    asked = tuple(p for p in parties_of(other, case.rulebook) if p != yields.party)
    return Ask("consent", asked) if asked else Ask("acknowledgement", (yields.party,))


def joint_forces(case: Case) -> Iterator[Finding]:
    """Forces of other parties take part only with those parties' consent. Built in: no rule is needed for it."""
    operation, forces = case.operation, case.rulebook.forces
    foreign = [f for f in operation.forces if f in forces and forces[f].answers != operation.party]
    if not foreign:
        return
    asked = case.party_ids(foreign)
    met = [Met(volume=i, other_volume=None, region=v.outline, starts_at=v.starts_at, ends_at=v.ends_at, lower_m=v.lower_m,
               upper_m=v.upper_m) for i, v in enumerate(operation.volumes)]
    remedies = [Remedy(kind="obtain-consent", operation=operation.id, text=f"Obtain the consent of {', '.join(asked)}.",
                       parties=asked),
                *(Remedy(kind="leave-out-force", operation=operation.id, text=f"Leave {f} out of the operation.", force=f)
                  for f in foreign)]
    yield finding("breach", "joint-force", "The operation names a force that another party answers for; that party's consent "
                  "is due.", operation.id, met, effect="hold", ask=Ask("consent", asked), remedies=remedies,
                  params=hotline((operation.party, *asked), case.rulebook, case.now))
