"""Ask: which questions follow from a finding, what an answer does to them, and what time does to them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import to_builtins
from msgspec.structs import replace

from antalya.model.asks import Answer, Ask
from antalya.model.errors import error
from antalya.model.findings import Finding, Opened
from antalya.wire.canonical import content_hash

_PENDING = frozenset({"open", "granted", "granted-with-conditions"})


_LINE = frozenset({"hotline", "hotline_of"})
"""Params that say whom to call, not what is asked about."""
_AGAIN = "; a change of the operation by its owner, also one to the same, asks again"


def subject_hash(finding: Finding, movement: str, other: str | None) -> str:
    """What a yes is bound to: the movement of the operation, and of the other one for a clash; without another one, what the
    operation meets and where, for a site moves and an area is drawn anew while the operation stays."""
    if other is not None:
        return f"{movement}+{other}"
    params = {name: value for name, value in finding.params.items() if name not in _LINE}
    about = {"met": to_builtins(finding.met), "site": finding.site, "params": params}
    return f"{movement}+{content_hash(about)}"


def bound_anew(opened: Opened, asks: Iterable[Ask], movement: str, subject_sha256: str) -> list[Ask]:
    """The asks about a finding that is still the same: those of earlier programs are bound to the movement only, and stand
    where they were asked since the finding is as it is."""
    return [replace(a, subject_sha256=subject_sha256)
            if a.subject_sha256 == movement and a.asked_at >= opened.opened_at else a for a in asks]


def asks_for(finding: Finding, existing: Sequence[Ask], subject_sha256: str, now: datetime, new_id: Callable[[], str], *,
             again: bool, default_s: float) -> list[Ask]:
    """The asks to keep for an open finding: new ones, and old ones to close because they ask about something else; such a
    refusal too, or it would block what was never asked about.

    `again`: the owner filed again, so what expired or was withdrawn is asked once more, and conditions that it let pass; a
    refusal stands until what was asked about changes.
    """
    wanted = finding.asks_of if finding.ask else ()
    about = (subject_sha256, finding.operation)  # two of the same plan change places unseen: who gives way is part of it
    others = [a for a in existing if (a.subject_sha256, a.operation) != about and a.state != "closed"]
    own = [lapsed(a, now) or a for a in existing if (a.subject_sha256, a.operation) == about]  # time's turn may be yet to come
    gone = [a for a in own if a.state in _PENDING and a.of not in wanted and a.kind != "conditions"]
    wait = timedelta(seconds=finding.answer_within_s if finding.answer_within_s is not None else default_s)
    standing = _PENDING | {"refused"} | (frozenset() if again else {"expired", "withdrawn"})
    missing = [p for p in wanted if not any(a.of == p and a.kind != "conditions" and a.state in standing for a in own)]
    return [*(replace(a, state="closed") for a in (*others, *gone)),
            *(Ask(id=new_id(), kind=finding.ask or "consent", finding=finding.id, operation=finding.operation, of=party,
                  text=finding.text, asked_at=now, deadline=now + wait, subject_sha256=subject_sha256) for party in missing),
            *(replace(c, id=new_id(), state="open", asked_at=now, deadline=now + wait, valid_until=None)
              for c in (_let_pass(own, now) if again else ()))]


def _let_pass(asks: Sequence[Ask], now: datetime) -> list[Ask]:
    """Of each yes under conditions that stands, the last ask about them, where nobody can answer it any more."""
    last = {c.about: c for c in asks if c.kind == "conditions"}
    return [last[a.id] for a in asks if a.state == "granted-with-conditions" and a.id in last
            and (last[a.id].state == "expired" or (last[a.id].state == "refused" and last[a.id].deadline <= now))]


def closed(existing: Iterable[Ask]) -> list[Ask]:
    """The asks of a finding that went away, closed."""
    return [replace(a, state="closed") for a in existing if a.state in _PENDING]


def answered(ask: Ask, answer: Answer, opened: Opened, owner: str, related: Sequence[Ask], now: datetime,
             new_id: Callable[[], str]) -> list[Ask]:
    """The ask after an answer, and what else that opens or closes.

    A yes lasts until the earlier of what the answer and the rule say. Conditions are asked of the operation's `owner`. What
    was refused stays so where it is not asked any more (`opened`, its finding, is closed, or asks others): a yes is given to
    what is asked. Raises not_yours, wrong_state, bad_window.
    """
    finding = opened.finding
    if answer.party != ask.of:
        raise error("not_yours", "only the party that is asked may answer")
    if answer.decision == "withdraw":
        if ask.state not in ("granted", "granted-with-conditions"):
            raise error("wrong_state", f"the ask is {ask.state}: there is no consent to withdraw")
        return [replace(ask, state="withdrawn", valid_until=None), *closed(a for a in related if a.about == ask.id)]
    if ask.state not in ("open", "refused"):
        raise error("wrong_state", f"the ask is {ask.state}" + (_AGAIN if ask.state in ("expired", "withdrawn") else ""))
    if ask.deadline <= now:
        raise error("wrong_state", "the deadline has passed" + (
            "; a refusal stands until what was asked about changes" if ask.state == "refused" and ask.kind != "conditions"
            else _AGAIN))
    if opened.closed_at is not None or (ask.kind != "conditions" and ask.of not in finding.asks_of):
        raise error("wrong_state", "that is not asked at present")
    if answer.decision == "refuse":
        return [replace(ask, state="refused")]
    until = _until(answer, finding, now)
    if answer.decision == "grant":
        return [replace(ask, state="granted", valid_until=until)]
    if ask.kind == "conditions":
        raise error("wrong_state", "conditions are accepted or refused, not met with more conditions")
    return [replace(ask, state="granted-with-conditions", valid_until=until, conditions=answer.conditions),
            Ask(id=new_id(), kind="conditions", finding=ask.finding, operation=ask.operation, of=owner,
                text="Consent was granted under conditions: accept them?", asked_at=now, deadline=ask.deadline,
                subject_sha256=ask.subject_sha256, conditions=answer.conditions, about=ask.id)]


def _until(answer: Answer, finding: Finding, now: datetime) -> datetime | None:
    if answer.valid_until is not None and answer.valid_until <= now:
        raise error("bad_window", "valid_until is already over", at="valid_until")
    rule = now + timedelta(seconds=finding.valid_for_s) if finding.valid_for_s is not None else None
    return min((t for t in (answer.valid_until, rule) if t is not None), default=None)


def lapsed(ask: Ask, now: datetime) -> Ask | None:
    """The ask after its time ran out (deadline without an answer, or the end of a yes); None where time changes nothing."""
    if ask.state == "open" and ask.deadline <= now:
        return replace(ask, state="expired")
    if ask.state in ("granted", "granted-with-conditions") and ask.valid_until is not None and ask.valid_until <= now:
        return replace(ask, state="expired")
    return None
