"""Clear: what an operation's findings and the answers to them come to. Derived every time, never stored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from antalya.model.asks import Ask
from antalya.model.findings import Clearance, Finding


def is_yes(ask: Ask, conditions: Iterable[Ask], now: datetime) -> bool:
    """Whether an ask counts as a yes at a moment: granted, not run out, and its conditions accepted by the operation's
    party (the ask of kind `conditions` about it)."""
    if _granted(ask, now):
        return True
    return ask.state == "granted-with-conditions" and _lasts(ask, now) \
        and any(c.about == ask.id and _granted(c, now) for c in conditions)


def _granted(ask: Ask, now: datetime) -> bool:
    return ask.state == "granted" and _lasts(ask, now)


def _lasts(ask: Ask, now: datetime) -> bool:
    return ask.valid_until is None or now < ask.valid_until


def settled(finding: Finding, asks: Sequence[Ask], now: datetime) -> bool:
    """Whether enough of those asked said yes. No answer is never a yes; nothing to ask is not settled."""
    own = [a for a in asks if a.finding == finding.id]
    yes = {a.of for a in own if a.kind != "conditions" and is_yes(a, own, now)}
    return finding.ask is not None and len(yes & set(finding.asks_of)) >= _needed(finding)


def refused(finding: Finding, asks: Sequence[Ask]) -> bool:
    """Whether so many refused that a quorum is out of reach."""
    no = {a.of for a in asks if a.finding == finding.id and a.kind != "conditions" and a.state == "refused"}
    return finding.ask is not None and len(set(finding.asks_of) - no) < _needed(finding)


def _needed(finding: Finding) -> int:
    return max(1, finding.quorum if finding.quorum is not None else len(set(finding.asks_of)))


def clearance(findings: Iterable[Finding], asks: Mapping[str, Sequence[Ask]], now: datetime) -> Clearance:
    """The clearance of one operation: its own open findings, and the asks of each finding by its id.

    `blocked`: one blocks, or was refused. `held`: one holds and is not settled. `clear` otherwise.
    """
    result: Clearance = "clear"
    for finding in findings:
        own = asks.get(finding.id, ())
        if finding.effect == "block" or (finding.effect == "hold" and refused(finding, own)):
            return "blocked"
        if finding.effect == "hold" and not settled(finding, own, now):
            result = "held"
    return result
