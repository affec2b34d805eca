"""Weigh: what clashes, agreements and protected sites come to. One module for each kind of rule or family of kinds."""

from collections.abc import Container, Iterator, Sequence
from datetime import datetime
from typing import assert_never

from antalya.model.findings import Finding, Severity
from antalya.model.operations import LIVE
from antalya.model.rules import (
    AnyRule,
    Consent,
    Corridor,
    Hotline,
    Incompatible,
    KeepOut,
    LeadTime,
    Limit,
    Pause,
    Protect,
    Separation,
    Threshold,
)
from antalya.model.understandings import Understanding
from antalya.picture import Prepared, Rulebook
from antalya.separations import Clash
from antalya.steps.weigh.case import Case
from antalya.steps.weigh.clashes import clashes_of, joint_forces
from antalya.steps.weigh.limits import limit
from antalya.steps.weigh.notice import consent, lead_time, threshold
from antalya.steps.weigh.pairs import incompatible
from antalya.steps.weigh.sites import hazards
from antalya.steps.weigh.space import corridor, keep_out, pause

__all__ = ["weigh"]

_GRAVEST: dict[Severity, int] = {"critical": 0, "warning": 1, "caution": 2, "info": 3}


def weigh(subject: Prepared, clashes: Sequence[Clash], neighbours: Sequence[Prepared], rulebook: Rulebook,
          now: datetime, still: datetime | None = None, weighed: Container[str | None] = ()) -> tuple[Finding, ...]:
    """Every finding about an operation, the gravest first, then by time and id. Pure: the same picture gives the same
    findings.

    `clashes` are what `detect` found for it; `neighbours` whatever else is within `reach` of it and in the areas of `limit`
    rules that count operations. A finding about a pair (`other`) is the same from either side; those with neighbours that were
    `weighed` already are left out. Rules of understandings in force hold, those of suspended ones only warn; what is not live is
    not weighed. `now` decides only which advice still makes sense, and what signatories disclose at present; `still` as for
    `detect`. Raises unknown_reference where a rule names what nobody registered.
    """
    if subject.operation.state not in LIVE:
        return ()
    case = Case(subject, neighbours, rulebook, now, still, weighed)
    found = [*clashes_of(case, clashes), *joint_forces(case), *hazards(case)]
    for understanding, rule in rulebook.rules():
        found += _breaches(case, understanding, rule)
    return tuple(sorted(found, key=lambda f: (_GRAVEST[f.severity], f.starts_at or now, f.id)))


def _breaches(case: Case, understanding: Understanding, rule: AnyRule) -> Iterator[Finding]:
    match rule:
        case Consent():
            return consent(case, understanding, rule)
        case LeadTime():
            return lead_time(case, understanding, rule)
        case KeepOut():
            return keep_out(case, understanding, rule)
        case Incompatible():
            return incompatible(case, understanding, rule)
        case Pause():
            return pause(case, understanding, rule)
        case Corridor():
            return corridor(case, understanding, rule)
        case Limit():
            return limit(case, understanding, rule)
        case Threshold():
            return threshold(case, understanding, rule)
        case Separation() | Protect() | Hotline():  # weighed with the clashes, with the sites; data only
            return iter(())
    assert_never(rule)
