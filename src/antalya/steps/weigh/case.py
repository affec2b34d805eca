"""What is weighed, and how a finding is made of it: its id, what its effect implies, what a suspended agreement leaves of it."""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from antalya.model.findings import Effect, Finding, FindingKind, Met, Remedy, Severity
from antalya.model.operations import LIVE, Operation
from antalya.model.parties import Level
from antalya.model.rules import AnyRule, Hotline
from antalya.model.understandings import Understanding
from antalya.picture import Prepared, Rulebook
from antalya.scope import Ground, Stay, binds, ground_of, lasting_rows

SUSPENDED = " The agreement it rests on is suspended: a warning only."

_SEVERITY: dict[Effect, Severity] = {"none": "info", "hold": "warning", "block": "critical"}

_json = json.JSONEncoder(separators=(",", ":")).encode
Params = dict[str, str | float | int | None]


class Case(NamedTuple):
    """One operation, what is around it, and the rulebook it is weighed against. `still`: what ended before, no pair has;
    `weighed`: neighbours whose pairs with it were weighed already."""

    subject: Prepared
    neighbours: Sequence[Prepared]
    rulebook: Rulebook
    now: datetime
    still: datetime | None = None
    weighed: Container[str | None] = ()

    @property
    def operation(self) -> Operation:
        """The operation that is weighed."""
        return self.subject.operation

    def binds(self, rule: AnyRule) -> bool:
        """Whether a rule binds the operation, wherever it is."""
        return binds(rule, self.operation, self.rulebook)

    def ground(self, understanding: Understanding, rule: AnyRule, lower_m: float = float("-inf"),
               upper_m: float = float("inf"), stand_off_m: float = 0.0) -> Ground:
        """Where and when a rule binds."""
        return ground_of(understanding, rule, self.rulebook, lower_m=lower_m, upper_m=upper_m, stand_off_m=stand_off_m)

    def met(self, ground: Ground) -> tuple[Met, ...]:
        """The parts of the operation there."""
        stays = ground.stays(self.subject)
        return tuple(met for stay in stays for met in stay.met()) if stays else ()

    def stays(self, ground: Ground, of: Prepared) -> list[Stay]:
        """The parts of one of a pair there."""
        rows = lasting_rows(of, self.still)
        return [stay for stay in ground.stays(of) if stay.index in rows]

    def others(self) -> list[Prepared]:
        """The live operations around it, each once, in the order of their ids."""
        around = {p.operation.id: p for p in self.neighbours
                  if p.operation.state in LIVE and p.operation.id != self.operation.id}
        return [around[id_] for id_ in sorted(around)]

    def party_ids(self, who: Iterable[str]) -> tuple[str, ...]:
        """The parties meant by ids of parties and forces, each once, without the operation's own."""
        asked = dict.fromkeys(self.rulebook.party_of(w) for w in who)
        return tuple(p for p in asked if p != self.operation.party)


class Ask(NamedTuple):
    """What a finding asks: of whom, which of the two, how many of them, by when, for how long."""

    kind: Literal["consent", "acknowledgement"]
    of: tuple[str, ...]
    quorum: int | None = None
    answer_within_s: float | None = None
    valid_for_s: float | None = None


def finding(kind: FindingKind, why: str, text: str, operation: str, met: Sequence[Met], *, effect: Effect,
            severity: Severity | None = None, rule: tuple[Understanding, AnyRule] | None = None, other: str | None = None,
            site: str | None = None, ask: Ask | None = None, remedies: Sequence[Remedy] = (),
            params: Mapping[str, str | float | int | None] | None = None, disclose: Level = "overlap",
            suspended: bool = False, more: bool = False) -> Finding:
    """A finding. Under a suspended agreement it warns and does nothing: no effect, nothing asked.

    `text`, `params` and `remedies` must not say more of another operation than the finding's own meeting shows.
    """
    agreed, by = rule if rule is not None else (None, None)
    suspended = suspended or (agreed is not None and agreed.status == "suspended")
    if suspended:
        text, ask = text + SUSPENDED, None
        remedies = [r for r in remedies if r.kind not in ("obtain-consent", "acknowledge")]
    understanding, rule_id = (None, None) if agreed is None or by is None else (agreed.id, by.id)
    return Finding(
        id=finding_id(kind, [o for o in (operation, other) if o is not None], understanding, rule_id, site, why), kind=kind,
        severity="warning" if suspended else severity or _SEVERITY[effect], effect="none" if suspended else effect,
        operation=operation, other=other, understanding=understanding, rule=rule_id,
        rule_kind=None if by is None else str(by.__struct_config__.tag), site=site, why=why, text=text, params=dict(params or {}),
        met=tuple(met), more=more, starts_at=min([m.starts_at for m in met], default=None),
        ends_at=max([m.ends_at for m in met], default=None), remedies=tuple(remedies),
        ask=None if ask is None else ask.kind, asks_of=() if ask is None else ask.of,
        quorum=None if ask is None else ask.quorum, answer_within_s=None if ask is None else ask.answer_within_s,
        valid_for_s=None if ask is None else ask.valid_for_s, disclose=disclose)


def finding_id(kind: str, operations: Sequence[str], understanding: str | None, rule: str | None, site: str | None,
               why: str) -> str:
    """The id that follows from what a finding is about: `f-` and 24 hex digits of the SHA-256 of its identity."""
    identity = _json([kind, sorted(operations), understanding, rule, site, why])
    return "f-" + hashlib.sha256(identity.encode()).hexdigest()[:24]


def hotline(parties: Iterable[str], rulebook: Rulebook, now: datetime) -> Params:
    """The line these parties have with each other: names its understanding and rule. A suspended understanding's line counts:
    whether a line works is another matter than whether an agreement holds."""
    together = set(parties)
    for understanding, rule in rulebook.of_kind(Hotline):
        if understanding.applies_at(now) and together <= set(understanding.signatories) \
                and (not rule.parties or together <= set(rule.parties)):
            return {"hotline": rule.id, "hotline_of": understanding.id}
    return {}
