"""Fetching: asks USSs for the details of their references, compares them, and has the operation follow; a USS whose details can't
be had or don't match its reference is reported, to itself and in the log."""

import dataclasses
import uuid
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from antalya.exchange.bridge.adopting import adopt
from antalya.exchange.bridge.comparing import Compared, compare
from antalya.exchange.bridge.talking import (
    DOORS,
    LEASE,
    PATIENCE,
    Exchanged,
    Message,
    Peers,
    Question,
    Said,
    door,
    wait,
    work_off,
)
from antalya.exchange.coordination.writing import COORDINATION, PROCESSING
from antalya.exchange.hub import Hub
from antalya.model.bridging import Fetch
from antalya.model.coordination import Reference
from antalya.model.errors import AntalyaError
from antalya.model.f3548 import ErrorReport
from antalya.model.f3548_details import Constraint, ConstraintAnswer, Intent, IntentAnswer
from antalya.model.volume import Volume
from antalya.ports import Reader, Transaction
from antalya.steps.record import EXCHANGE, Tell
from antalya.wire.canonical import content_hash, encode
from antalya.wire.decode import decode

REPORTED_AFTER = 4
"""Tries, half a minute in all, after which a USS is reported: it may still be writing down what the DSS has accepted."""


def fetch(hub: Hub, peers: Peers, is_over: Callable[[], bool] = lambda: False) -> int:
    """Asks for what is due, one thing of each USS at a time, until nothing is due or `is_over`; how many were taken."""
    def take(room: int) -> list[Fetch]:
        now = hub.clock()
        with hub.store.read() as tx:
            if not tx.fetches_due(now):
                return []
        return hub.store.write(lambda tx: tx.claim_fetches(now, now + LEASE, room))
    return work_off(take, lambda each: _one(hub, peers, each), is_over)


def _one(hub: Hub, peers: Peers, fetch: Fetch) -> None:
    url = f"{door(fetch.url, DOORS[fetch.kind])}/{fetch.reference}"
    scope, asked_at = COORDINATION if fetch.kind == "intent" else PROCESSING, hub.clock()
    said = peers.ask(Question(fetch.manager, url, scope))
    done = Exchanged(fetch.kind, fetch.reference, fetch.manager, url, "GET", "Client", asked_at, hub.clock(), b"", said)
    report = hub.store.write(lambda tx: _settle(hub, tx, fetch, done))
    hub.bell.ring()
    if report is not None:
        _send_report(hub, peers, fetch, scope, report)


def _send_report(hub: Hub, peers: Peers, fetch: Fetch, scope: str, report: ErrorReport) -> None:
    """Reports to the USS itself, once: it is in the log and at the DSS anyway."""
    url, body, at = door(fetch.url, "reports"), encode(replace(report, report_id=msgspec.UNSET)), hub.clock()
    status = peers.tell(Message(fetch.manager, url, scope, body))
    told = Exchanged(fetch.kind, fetch.reference, fetch.manager, url, "POST", "Client", at, hub.clock(), body, Said(status))
    hub.store.write(lambda tx: told.keep(tx, hub.uss_id))


def _settle(hub: Hub, tx: Transaction, fetch: Fetch, done: Exchanged) -> ErrorReport | None:
    """What an answer leads to; a report that has to be sent."""
    now, known = hub.moment(tx), tx.utm_reference(fetch.kind, fetch.reference)
    if known is None:
        tx.forget_fetch(fetch.kind, fetch.reference)
        return None
    told, problem = _read(hub, tx, known, done.said)
    done = dataclasses.replace(done, said=dataclasses.replace(done.said, problem=problem))
    done.keep(tx, hub.uss_id)
    if told is not None and not problem:
        if tx.drop_fetch(fetch):
            adopt(hub, tx, known, told.volumes, now, told.priority, told.note)
            _log(hub, tx, fetch, known, done, None)
        return None
    last = now - fetch.at >= PATIENCE
    mine = tx.drop_fetch(fetch) if last else tx.put_off_fetch(fetch, now + wait(fetch.tries))
    if not mine or (fetch.tries < REPORTED_AFTER and not last):
        return None
    if told is not None and told.volumes:
        adopt(hub, tx, known, _all(tx, known, told), now, told.priority, told.note)
    return _report(hub, tx, fetch, known, done)


def _read(hub: Hub, tx: Reader, known: Reference, said: Said) -> tuple[Compared | None, str]:
    """What was told, compared with the reference; and what is wrong about it ("": nothing)."""
    if said.problem or said.status != 200:
        return None, said.problem or (f"the answer was {said.status}" if said.status else "there was no answer")
    try:
        found: Intent | Constraint = decode(said.body, IntentAnswer).operational_intent if known.kind == "intent" \
            else decode(said.body, ConstraintAnswer).constraint
    except AntalyaError as failure:
        return None, f"{failure.at or 'the answer'}: {failure.code.name}: {failure.detail}"
    told = compare(known, known.extent(tx.utm_cells(known.kind, known.id)), found, hub.limits)
    return told, "; ".join(told.problems)


def _all(tx: Reader, known: Reference, told: Compared) -> tuple[Volume, ...]:
    """Where details and reference differ, it is both: nobody can say which holds."""
    operation = tx.adopted(known.kind, known.id)
    stored = None if operation is None else tx.operation(operation)
    before = () if stored is None else stored.operation.volumes
    return (*before, *(volume for volume in told.volumes if volume not in before))


def _report(hub: Hub, tx: Transaction, fetch: Fetch, known: Reference, done: Exchanged) -> ErrorReport | None:
    """Reports a USS: at the DSS, in the log, and to itself. None where that was done for this version and kind of problem: the
    report's id is made from them, so that there is one of each, whatever dies in between."""
    now, code = hub.moment(tx), "mismatch" if done.said.status == 200 else "unreachable"
    about = content_hash([fetch.kind, fetch.reference, known.version, known.ovn, code])
    id_ = str(uuid.UUID(hex=about[:32], version=4))
    if tx.utm_is_reported(id_):
        return None
    made = ErrorReport(exchange=done.record(hub.uss_id), report_id=id_)
    tx.utm_put_report(id_, hub.uss_id, now, encode(made).decode())
    _log(hub, tx, fetch, known, done, code)
    hub.tell(tx, [Tell(fetch.manager, f"utm.{fetch.kind}.reported", fetch.reference)], now)
    return made


def _log(hub: Hub, tx: Transaction, fetch: Fetch, known: Reference, done: Exchanged, code: str | None) -> None:
    hub.log(tx, "utm.fetched", hub.moment(tx), EXCHANGE, fetch.manager, done.content(fetch.tries, known.version),
            version=known.version, code=code)
