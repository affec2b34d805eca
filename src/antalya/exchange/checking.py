"""Checking inside a job: who is near, detect, weigh, ask; what opened, what closed, whose clearance changed."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec.structs import replace

from antalya.exchange.hub import Hub
from antalya.model.asks import Ask
from antalya.model.errors import error
from antalya.model.findings import Clearance, Finding, Opened
from antalya.model.operations import LIVE, Operation
from antalya.picture import Prepared, Rulebook, Stored, prepare
from antalya.ports import Reader, Transaction
from antalya.separations import concerns_own, separations, widest_towards
from antalya.steps.ask import asks_for, bound_anew, closed, subject_hash
from antalya.steps.clear import clearance
from antalya.steps.detect import detect
from antalya.steps.record import EXCHANGE, Tell, tell_of_ask, tell_of_finding
from antalya.steps.weigh import weigh
from antalya.steps.weigh.limits import counted_areas
from antalya.wire.canonical import canonical

AN_HOUR = timedelta(hours=1)
TOGETHER = 100
"""Operations whose findings are brought into line at once: each one's neighbours and their clearances are read once for all."""


def prepared(stored: Stored) -> Prepared:
    """A stored operation, ready to be checked."""
    return prepare(stored.operation, stored.moved_at, stored.first_filed_at, stored.version)


def since(rulebook: Rulebook, now: datetime) -> datetime:
    """What ended before this is too long ago to come too near to anything that is still to be: an hour, longer than any two
    activities' minima, or what a `separation` rule asks for. It leaves the index, and its findings close."""
    return now - max(AN_HOUR, timedelta(seconds=separations(rulebook).seconds))


def counted_with(tx: Transaction, subject: Prepared, rulebook: Rulebook) -> list[Prepared]:
    """All that is there, while an operation is, in the areas of `limit` rules that count it."""
    if not (areas := counted_areas(subject, rulebook)):
        return []
    starts_at, ends_at = (min(v.starts_at for v in subject.operation.volumes), max(v.ends_at for v in subject.operation.volumes))
    return [p for area in areas for p in tx.within(area, starts_at, ends_at)]


def check(tx: Transaction, subject: Prepared, rulebook: Rulebook, now: datetime,
          weighed: Container[str | None] = ()) -> tuple[Finding, ...]:
    """Everything found about one operation: who is near, detect, weigh; but for what is about it and one of those `weighed`: that
    was found when they were. Nothing is stored. Of pairs it is about what may still come too near (`since`), whether or not that
    is out of the index yet."""
    still = since(rulebook, now)
    widest = widest_towards(rulebook, subject.operation)
    without = None if concerns_own(widest) else subject.operation.party
    around = (*tx.near(subject, widest, without), *counted_with(tx, subject, rulebook), *tx.gone(still))
    near = {p.operation.id: p for p in around}
    near.pop(subject.operation.id, None)
    neighbours = list(near.values())
    others = [p for p in neighbours if p.operation.id not in weighed]
    clashes = detect(subject, others, rulebook, now, bounded=True, still=still)
    return weigh(subject, clashes, neighbours, rulebook, now, still, weighed)


def clearances(tx: Reader, ids: Iterable[str], now: datetime) -> dict[str, Clearance]:
    """The clearance of each operation, from its open findings and the asks about them."""
    wanted = list(ids)
    by_operation: dict[str, list[Finding]] = {id_: [] for id_ in wanted}
    for opened in tx.findings(operations=wanted):
        if opened.finding.operation in by_operation:
            by_operation[opened.finding.operation].append(opened.finding)
    asks: dict[str, list[Ask]] = {}
    for ask in tx.asks(findings=[f.id for found in by_operation.values() for f in found]):
        asks.setdefault(ask.finding, []).append(ask)
    return {id_: clearance(found, asks, now) for id_, found in by_operation.items()}


@dataclass
class Changes:
    """What a recheck changed, for the log and for telling."""

    opened: list[Finding] = field(default_factory=list)
    closed: list[Finding] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    tells: list[Tell] = field(default_factory=list)


def recheck(hub: Hub, tx: Transaction, ids: Iterable[str], now: datetime, because: str, *, again: str | None = None,
            rulebook: Rulebook | None = None, subject: Prepared | None = None) -> Changes:
    """Checks operations as they now stand and brings findings, asks and whom to tell into line with it. `again`: one, that
    its owner filed again; `subject`: one of them, prepared.

    A finding that is still the same stays open with its asks; one that changed is closed and opened again. What is about two of
    them is the same from either side, and is found once.
    """
    changes, rulebook, wanted = Changes(), rulebook or tx.rulebook(), list(dict.fromkeys(ids))
    still, weighed = since(rulebook, now), set[str | None]()
    for some in (wanted[k:k + TOGETHER] for k in range(0, len(wanted), TOGETHER)):
        after: dict[str, Finding] = {}
        before = {o.finding.id: o for o in tx.findings(operations=some)
                  if weighed.isdisjoint((o.finding.operation, o.finding.other))}
        for id_ in some:
            stored = tx.operation(id_)
            if stored is None:
                raise error("not_found", f"no operation {id_}")
            if stored.operation.state in LIVE and max(v.ends_at for v in stored.operation.volumes) >= still:
                after |= {f.id: f for f in check(tx, _ready(stored, subject), rulebook, now, weighed)}
                weighed.add(id_)
        if before or after:
            _reconcile(hub, tx, before, after, now, because, again, rulebook, changes, *some)
    _log_changes(hub, tx, changes, now)
    return changes


def close(hub: Hub, tx: Transaction, found: Iterable[Opened], now: datetime, because: str, rulebook: Rulebook) -> Changes:
    """Closes findings without a check, all at once, and what is asked about them."""
    changes = Changes()
    if before := {opened.finding.id: opened for opened in found}:
        _reconcile(hub, tx, before, {}, now, because, None, rulebook, changes)
    _log_changes(hub, tx, changes, now)
    return changes


def _ready(stored: Stored, subject: Prepared | None) -> Prepared:
    return subject if subject is not None and subject.operation is stored.operation else prepared(stored)


def _reconcile(hub: Hub, tx: Transaction, before: dict[str, Opened], after: dict[str, Finding], now: datetime, because: str,
               again: str | None, rulebook: Rulebook, changes: Changes, *subject: str) -> None:
    found = [*(o.finding for o in before.values()), *after.values()]
    touched = {o for f in found for o in (f.operation, f.other) if o is not None}.union(subject)
    stored = tx.operations_of(touched)
    operations = {id_: s.operation for id_, s in stored.items()}
    owing = {f.operation for f in found}
    was = clearances(tx, owing, now)
    asks: dict[str, list[Ask]] = {}
    for ask in tx.asks(findings={*before, *after}):  # of what was there once and is again, too: a refusal of then still blocks
        asks.setdefault(ask.finding, []).append(ask)
    same = {id_ for id_, opened in before.items() if _same(after.get(id_), opened.finding)}
    for id_, opened in before.items():
        if id_ not in same:
            finding = opened.finding
            tx.close_finding(id_, now, because if id_ not in after else "changed")
            changes.closed.append(finding)
            changes.tells += tell_of_finding(finding, "closed", operations, rulebook)
            if id_ not in after:
                _keep(tx, closed(asks.get(id_, ())), operations, changes)
    for id_, finding in after.items():
        if id_ not in same:
            tx.open_finding(finding, now)
            changes.opened.append(finding)
            changes.tells += tell_of_finding(finding, "opened", operations, rulebook)
        movement = stored[finding.operation].movement
        bound = subject_hash(finding, movement, None if finding.other is None else stored[finding.other].movement)
        existing = asks.get(id_, [])
        if id_ in same:
            existing = bound_anew(before[id_], existing, movement, bound)
        _keep(tx, asks_for(finding, existing, bound, now, hub.ids, again=id_ not in before or finding.operation == again,
                           default_s=hub.limits.ask_default_s), operations, changes)
    changes.tells += tell_of_clearances(was, clearances(tx, owing, now), operations)


def _same(one: Finding | None, other: Finding) -> bool:
    """Whether two checks found the same; advice depends on the moment and doesn't count."""
    return one is not None and replace(one, remedies=()) == replace(other, remedies=())


def tell_of_clearances(was: dict[str, Clearance], now: dict[str, Clearance], operations: dict[str, Operation]) -> list[Tell]:
    """Owners are told when the clearance of their operation changed."""
    return [Tell(operations[id_].party, f"clearance.{value}", id_) for id_, value in now.items()
            if was.get(id_) != value and id_ in operations]


def _keep(tx: Transaction, asks: Iterable[Ask], operations: dict[str, Operation], changes: Changes) -> None:
    for ask in asks:
        tx.put_ask(ask)
        changes.asks.append(ask)
        changes.tells += tell_of_ask(ask, operations)


def _log_changes(hub: Hub, tx: Transaction, changes: Changes, now: datetime) -> None:
    for kind, findings in (("finding.closed", changes.closed), ("finding.opened", changes.opened)):
        for finding in findings:
            hub.log(tx, kind, now, EXCHANGE, finding.id, canonical(finding))
    for ask in changes.asks:
        hub.log(tx, f"ask.{ask.state}", now, EXCHANGE, ask.id, canonical(ask))
