"""Levels: how much of a thing a viewer sees, on the ladder `nothing` · `overlap` · `envelope` · `details`."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec

from antalya.model.asks import Ask
from antalya.model.findings import Finding
from antalya.model.operations import Operation
from antalya.model.parties import Level, at_least, higher, lower
from antalya.picture import Rulebook
from antalya.scope import between_signatories, parties_of


class Viewer(msgspec.Struct, frozen=True):
    """Who looks: a party, or the neutral broker."""

    party: str
    broker: bool = False


def released_to(viewer: Viewer, owners: Collection[str], disclosure: Mapping[str, Level]) -> Level:
    """What the owners of a thing show a viewer of it, or everybody; they and the broker see details."""
    if viewer.broker or viewer.party in owners:
        return "details"
    return higher(disclosure.get("*", "nothing"), disclosure.get(viewer.party, "nothing"))


def level_of(viewer: Viewer, operation: Operation, findings: Iterable[Finding], asks: Iterable[Ask],
             operations: Mapping[str, Operation], rulebook: Rulebook, now: datetime) -> Level:
    """How much of an operation a viewer sees: the most of what its owner, a clash with it, or an ask about it releases.

    `findings` are those open that involve the operation, `asks` those about it, `operations` all those that the findings name.
    """
    if viewer.broker or operation.party == viewer.party:
        return "details"
    best = released_to(viewer, (), operation.disclosure)
    by_id = {finding.id: finding for finding in findings}
    for finding in by_id.values():
        across = finding.other if finding.operation == operation.id else finding.operation
        known = operations.get(across or "")
        if finding.other is not None and known is not None and known.party == viewer.party:
            best = higher(best, between(finding, operations, rulebook, now))
    for ask in asks:
        found = by_id.get(ask.finding)
        if ask.of == viewer.party and ask.state != "closed" and ask.kind != "conditions" and found is not None \
                and found.other is None and ask.of in found.asks_of:  # a refusal stays, also where it is not asked any more
            best = higher(best, _consent_level(operation, found, rulebook, now))
    return best


def between(finding: Finding, operations: Mapping[str, Operation], rulebook: Rulebook, now: datetime) -> Level:
    """What a finding shows the one side of the other: what was agreed between them when it was found, and no more than is agreed
    now, for an agreement ends and nothing is found anew."""
    one, other = operations.get(finding.operation), operations.get(finding.other or "")
    if not at_least(finding.disclose, "envelope") or one is None or other is None:
        return lower(finding.disclose, "overlap")
    return lower(finding.disclose, between_signatories(one, other, rulebook, now))


def sees_history(viewer: Viewer, operation: Operation) -> bool:
    """Whether a viewer sees earlier versions of an operation, and how many there are: its own party and the broker, whatever
    the present version shows to others."""
    return viewer.broker or operation.party == viewer.party


def _consent_level(operation: Operation, finding: Finding, rulebook: Rulebook, now: datetime) -> Level:
    """What whoever must consent sees: the signatories' choice, for what is all theirs; else, and once that is over, the envelope
    at most."""
    agreed = rulebook.understandings.get(finding.understanding or "")
    if agreed is None or agreed.disclosure is None or not set(parties_of(operation, rulebook)) <= set(agreed.signatories):
        return "envelope"
    over = agreed.until is not None and agreed.until <= now
    return lower(agreed.disclosure.consent, "envelope") if over else agreed.disclosure.consent
