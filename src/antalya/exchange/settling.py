"""Settling: answers to asks, what time does to asks, and what was delivered."""

from typing import Any

from msgspec.structs import replace

from antalya.exchange.bridge import showing
from antalya.exchange.checking import AN_HOUR, clearances, close, counted_with, prepared, recheck, since, tell_of_clearances
from antalya.exchange.coordination import subscriptions
from antalya.exchange.coordination.writing import note_handed_over
from antalya.exchange.gathering import gather
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.proving import receipt
from antalya.model.asks import Answer
from antalya.model.errors import error
from antalya.model.rules import Limit
from antalya.picture import Rulebook
from antalya.ports import Transaction
from antalya.steps.admit import check_signed
from antalya.steps.ask import answered, lapsed
from antalya.steps.disclose import Viewer, disclose
from antalya.steps.record import EXCHANGE, Tell, tell_of_ask
from antalya.wire.canonical import canonical


def answer(hub: Hub, caller: Viewer, given: Answer, evidence: Evidence) -> dict[str, Any]:
    """Takes an answer of the asked party: a yes, a yes with conditions, a no, or taking a yes back.

    Raises not_found, not_yours, wrong_state, bad_window, duplicate_id, signature_required.
    """
    with hub.refusals("answer", caller.party, given.ask, evidence):
        def job(tx: Transaction) -> tuple[dict[str, Any], int]:
            now = hub.moment(tx)
            ask, rulebook = tx.ask(given.ask), tx.rulebook()
            view = None if ask is None else disclose(caller, ask, gather(tx, caller, (), now, asks=[ask]))
            if ask is None or view is None:
                raise error("not_found", "no such ask")
            if any(a.id == given.id for a in tx.answers([ask.id])):
                raise error("duplicate_id", "that answer was given already", at="id")
            check_signed(rulebook.parties.get(caller.party), evidence.kid)
            said = replace(given, party=caller.party, at=now)
            opened = tx.findings_of([ask.finding])[ask.finding]
            operations = {id_: s.operation for id_, s in tx.operations_of([ask.operation]).items()}
            was = clearances(tx, [ask.operation], now)
            changed = answered(ask, said, opened, operations[ask.operation].party, tx.asks(finding=ask.finding), now, hub.ids)
            leaf = hub.log(tx, "answer", now, caller.party, ask.id, evidence.raw, kid=evidence.kid)
            tx.put_answer(said, now)
            tells: list[Tell] = []
            for one in changed:
                tx.put_ask(one)
                hub.log(tx, f"ask.{one.state}", now, EXCHANGE, one.id, canonical(one))
                tells += tell_of_ask(one, operations)
            tells += tell_of_clearances(was, clearances(tx, [ask.operation], now), operations)
            hub.tell(tx, tells, now)
            context = gather(tx, caller, (), now, asks=changed)
            views = [disclose(caller, one, context) for one in changed]
            return {"operation": None, "clearance": None, "findings": [], "asks": [v for v in views if v is not None]}, leaf
        done: tuple[dict[str, Any], int] = hub.store.write(
            job, lambda tx, done: (done[0] | {"receipt": receipt(hub, tx, done[1])}, done[1]))
    hub.bell.ring()
    return done[0]


def tick(hub: Hub) -> int:
    """What time alone changes: asks whose deadline passed, consents that ran out, operations that are over (they leave the
    index and their findings close), what drone operators were shown and is over, and subscriptions of theirs. Notes which
    answers the DSS handed over. Returns how many things changed; run it every few seconds."""
    answers = hub.handed_over.copy()
    with hub.store.read() as tx:
        now = hub.clock()
        if not (answers or tx.asks_due(now) or tx.over(since(tx.rulebook(), now)) or tx.bridged_over(now - AN_HOUR)
                or subscriptions.over(tx, now)):
            return 0

    def job(tx: Transaction) -> int:
        now, tells, count = hub.moment(tx), list[Tell](), 0
        for ask in tx.asks_due(now):
            after = lapsed(ask, now)
            if after is None:
                continue
            operations = {id_: s.operation for id_, s in tx.operations_of([ask.operation]).items()}
            tx.put_ask(after)
            hub.log(tx, "ask.expired", now, EXCHANGE, ask.id, canonical(after))
            tells += tell_of_ask(after, operations)
            tells += [Tell(o.party, f"clearance.{clearances(tx, [id_], now)[id_]}", id_) for id_, o in operations.items()]
            count += 1
        over = tx.drop_from_index(since(tx.rulebook(), now))
        rulebook = tx.rulebook()
        tells += close(hub, tx, tx.findings(operations=over), now, "over", rulebook).tells
        tells += recheck(hub, tx, _less_crowded(tx, over, rulebook), now, "over", rulebook=rulebook).tells
        hub.tell(tx, tells, now)
        note_handed_over(tx, answers)
        return count + len(over) + showing.over(hub, tx, now) + subscriptions.clear(tx, now)
    changed = hub.store.write(job)
    hub.handed_over.difference_update(answers)
    hub.bell.ring()
    return changed


def _less_crowded(tx: Transaction, over: list[str], rulebook: Rulebook) -> list[str]:
    """What `limit` rules counted together with operations that are over."""
    if not any(rule.operations_at_once is not None for _, rule in rulebook.of_kind(Limit)):
        return []
    gone = map(prepared, tx.operations_of(over).values())
    return sorted({p.operation.id for subject in gone for p in counted_with(tx, subject, rulebook)})


def delivered(hub: Hub, party: str, after: int, up_to: int) -> None:
    """Records that a party was given its events after one and up to one: the log says who was told what, and when it reached them
    or they said that it had."""
    def job(tx: Transaction) -> None:
        now = hub.moment(tx)
        fresh = tx.delivered(party, after, up_to, now)
        if fresh:
            hub.log(tx, "delivered", now, EXCHANGE, party, canonical(fresh))
    hub.store.write(job)
