"""Rules about telling in time and asking first: consent, lead-time, threshold."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from antalya.model.findings import Finding, Met, Remedy, start_with_notice
from antalya.model.operations import Strength
from antalya.model.rules import Consent, LeadTime, Threshold
from antalya.model.understandings import Understanding
from antalya.steps.weigh.case import Ask, Case, finding, hotline
from antalya.steps.weigh.trims import duration, rule_trims, withdraw


def consent(case: Case, understanding: Understanding, rule: Consent) -> Iterator[Finding]:
    """Holds what comes into the rule's area until those who must agree have agreed. The operation's own party has agreed by
    filing, and counts for the quorum."""
    if not case.binds(rule):
        return
    asked = case.party_ids(rule.of)
    everyone = len(dict.fromkeys(case.rulebook.party_of(w) for w in rule.of))
    needed = len(asked)
    if rule.quorum is not None:
        needed = max(0, min(rule.quorum, everyone) - (everyone - len(asked)))
    met = case.met(case.ground(understanding, rule)) if needed else ()
    if not met:
        return
    how = "all" if needed == len(asked) else f"{needed} of {len(asked)}"
    area = rule.area is not None or rule.outline is not None
    text = "The operation comes into an area" if area else "The operation is of a kind"
    remedies = [Remedy(kind="obtain-consent", operation=case.operation.id, parties=asked,
                       text=f"Obtain the consent of {', '.join(asked)}" + ("." if how == "all" else f" ({how}).")),
                *rule_trims(case.operation, met, case.now, leave=area)]
    yield finding("breach", "consent-missing", f"{text} for which the consent of others is due; no answer is never a yes.",
                  case.operation.id, met, effect="hold", rule=(understanding, rule), remedies=remedies,
                  ask=Ask("consent", asked, None if needed == len(asked) else needed, rule.answer_within_s, rule.valid_for_s),
                  params={"needed": needed, "asked": len(asked)} | hotline((case.operation.party, *asked), case.rulebook,
                                                                           case.now))


def lead_time(case: Case, understanding: Understanding, rule: LeadTime) -> Iterator[Finding]:
    """Blocks what begins too soon after its filing: notice counts from the version that last changed what moves. Exactly the
    notice is enough."""
    if not case.binds(rule):
        return
    emergency = case.operation.emergency and rule.emergency_s is not None
    notice_s = rule.emergency_s if emergency and rule.emergency_s is not None else rule.notice_s
    ground, first = case.ground(understanding, rule), min([v.starts_at for v in case.operation.volumes])
    if not _is_late(case, first, notice_s) or not (late := _late(case, case.met(ground), notice_s)):  # most are in time
        return
    given = (min(m.starts_at for m in late) - case.subject.filed_at).total_seconds()
    yield finding("breach", "notice-too-short",
                  f"The operation begins with less notice than is due: {duration(notice_s)}"
                  + (" in an emergency." if emergency else "."), case.operation.id, late, effect="block",
                  rule=(understanding, rule), remedies=_in_time(case, late, notice_s),
                  params={"notice_s": notice_s, "given_s": given})


def threshold(case: Case, understanding: Understanding, rule: Threshold) -> Iterator[Finding]:
    """From a size on notice is due: in time it goes to those to be notified, who acknowledge it; too late it blocks."""
    if not case.binds(rule) or not (reached := _reached(case.operation.strength, rule.from_size)):
        return
    met = case.met(case.ground(understanding, rule))
    if not met:
        return
    notify = case.party_ids(rule.notify)
    params: dict[str, str | float | int | None] = {"reached": ",".join(reached), "notice_s": rule.notice_s,
                                                   "notify": ",".join(notify)}
    if late := _late(case, met, rule.notice_s):
        less = Remedy(kind="reduce", operation=case.operation.id, text=f"Stay below the threshold ({', '.join(reached)}).")
        yield finding("breach", "size-notice-short", "The operation reaches a size from which notice is due, and begins with "
                      f"less: {duration(rule.notice_s)}.", case.operation.id, late, effect="block", rule=(understanding, rule),
                      remedies=[*_in_time(case, late, rule.notice_s), less], params=params)
        return
    yield finding("breach", "size-notice", "The operation reaches a size from which notice is due; it is given in time.",
                  case.operation.id, met, effect="none", rule=(understanding, rule), params=params,
                  ask=Ask("acknowledgement", notify) if notify else None)


def _reached(strength: Strength, size: Strength) -> list[str]:
    """The counts that are reached; a count of 0 does not count."""
    return [name for name in Strength.__struct_fields__ if 0 < getattr(size, name) <= getattr(strength, name)]


def _late(case: Case, met: tuple[Met, ...], notice_s: float) -> tuple[Met, ...]:
    """The parts that begin with less notice than is due."""
    return tuple(m for m in met if _is_late(case, m.starts_at, notice_s))


def _is_late(case: Case, starts_at: datetime, notice_s: float) -> bool:
    return starts_at - case.subject.filed_at < timedelta(seconds=notice_s)


def _in_time(case: Case, late: tuple[Met, ...], notice_s: float) -> list[Remedy]:
    """A start that gives the notice, if the change is filed within the hour after this one; and what to do the next time."""
    first = start_with_notice(case.operation.id, notice_s, max(case.subject.filed_at, case.now))
    early = Remedy(kind="file-earlier", operation=case.operation.id, text=f"File at least {duration(notice_s)} ahead.")
    return [first, early, withdraw(case.operation)]
