"""Rules about space and time: keep-out, pause, corridor."""

from collections.abc import Iterator

from antalya.model.findings import Finding, Remedy
from antalya.model.rules import Corridor, KeepOut, Pause
from antalya.model.understandings import Understanding
from antalya.scope import all_among
from antalya.steps.weigh.case import Ask, Case, finding
from antalya.steps.weigh.trims import at, metres, rule_trims, withdraw


def keep_out(case: Case, understanding: Understanding, rule: KeepOut) -> Iterator[Finding]:
    """Blocks what comes into an area or onto the wrong side of a line, or nearer than the stand-off. With `unless_told` it
    holds instead, until those parties have acknowledged; where only the operation's own party is to be told, it knows."""
    told = case.party_ids(rule.unless_told)
    if not case.binds(rule) or (rule.unless_told and not told):
        return
    met = case.met(case.ground(understanding, rule, rule.lower_m, rule.upper_m, rule.stand_off_m))
    if not met:
        return
    line = rule.line is not None
    text = "The operation is on the side of a line" if line else "The operation comes into an area"
    text += " that it must keep out of"
    text += f", or nearer to it than {metres(rule.stand_off_m)}" if rule.stand_off_m else ""
    text += ", unless others were told and have acknowledged." if told else "."
    tell = [Remedy(kind="acknowledge", operation=case.operation.id, parties=told,
                   text=f"Have {', '.join(told)} acknowledge that they were told.")] if told else []
    yield finding("breach", "wrong-side-of-line" if line else "in-keep-out", text, case.operation.id, met,
                  effect="hold" if told else "block", rule=(understanding, rule),
                  ask=Ask("acknowledgement", told, None, rule.answer_within_s) if told else None,
                  remedies=[*tell, *rule_trims(case.operation, met, case.now)], params={"stand_off_m": rule.stand_off_m})


def pause(case: Case, understanding: Understanding, rule: Pause) -> Iterator[Finding]:
    """Blocks what would take place in the pause."""
    met = case.met(case.ground(understanding, rule)) if case.binds(rule) else ()
    if met:
        area = rule.area is not None or rule.outline is not None
        trims = rule_trims(case.operation, met, case.now, leave=area)
        yield finding("breach", "in-pause", "The operation would take place in a pause that was agreed.", case.operation.id, met,
                      effect="block", rule=(understanding, rule), remedies=trims or [withdraw(case.operation)])


def corridor(case: Case, understanding: Understanding, rule: Corridor) -> Iterator[Finding]:
    """Blocks what comes into reserved space, unless everyone who moves holds it."""
    if not case.binds(rule) or all_among(case.operation, rule.holders, case.rulebook):
        return
    ground = case.ground(understanding, rule, rule.lower_m, rule.upper_m)
    if met := case.met(ground):
        last = max(m.starts_at for m in met)
        free = min(end for start, end in ground.spans if start <= last < end)
        until = f"until {at(free)}" if free.year < 9000 else "at that time"
        yield finding("breach", "in-corridor", f"The operation comes into space that is reserved for others {until}.",
                      case.operation.id, met, effect="block", rule=(understanding, rule),
                      remedies=rule_trims(case.operation, met, case.now))
