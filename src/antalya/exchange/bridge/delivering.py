"""Delivering: tells USSs of changes of the exchange's references, from the outbox, until each was told or patience ends.

What is sent is made when it is sent: the reference as it is then and as far as that USS may see it then, so that nothing is told
that was taken back meanwhile. To each USS one notice is on its way at a time, and to each of its addresses in order, whichever
process sends it.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from msgspec import UNSET

from antalya.exchange.bridge.details import seen
from antalya.exchange.bridge.talking import DOORS, LEASE, PATIENCE, Exchanged, Message, Peers, Said, door, wait, work_off
from antalya.exchange.coordination.writing import COORDINATION, MANAGEMENT
from antalya.exchange.hub import Hub
from antalya.model.bridging import Notice
from antalya.model.f3548 import SubscriptionState
from antalya.model.f3548_details import Constraint, ConstraintNotice, Intent, IntentNotice
from antalya.ports import Reader, Transaction
from antalya.steps.disclose import Viewer
from antalya.steps.record import EXCHANGE
from antalya.wire.canonical import canonical, encode


def deliver(hub: Hub, peers: Peers, is_over: Callable[[], bool] = lambda: False) -> int:
    """Sends what is due, one notice to each USS at a time, until nothing is due or `is_over`; how many were taken."""
    def take(room: int) -> list[Notice]:
        now = hub.clock()
        with hub.store.read() as tx:
            if not tx.notices_due(now):
                return []
        return hub.store.write(lambda tx: tx.claim_notices(now, now + LEASE, room))
    return work_off(take, lambda each: _one(hub, peers, each), is_over)


def _one(hub: Hub, peers: Peers, notice: Notice) -> None:
    with hub.store.read() as tx:
        version, body = _body(tx, notice, hub.clock())
    scope = COORDINATION if notice.kind == "intent" else MANAGEMENT
    url, at = door(notice.url, DOORS[notice.kind]), hub.clock()
    said = Said(peers.tell(Message(notice.manager, url, scope, body)))
    done = Exchanged(notice.kind, notice.reference, notice.manager, url, "POST", "Client", at, hub.clock(), body, said)
    hub.store.write(lambda tx: _settle(hub, tx, notice, version, done))


def _body(tx: Reader, notice: Notice, now: datetime) -> tuple[int, bytes]:
    """The version and the notice of a reference as it is now: 0, and that it was deleted, where it is there no more."""
    shown, reference = tx.bridged_as(notice.kind, notice.reference), tx.utm_reference(notice.kind, notice.reference)
    found = None if shown is None or reference is None else seen(tx, Viewer(notice.manager), shown, reference, now)
    states = tuple(SubscriptionState(subscription_id=id_, notification_index=index) for id_, index in notice.subscriptions)
    version = 0 if found is None else found.reference.version
    if notice.kind == "intent":
        return version, encode(IntentNotice(operational_intent_id=notice.reference, subscriptions=states,
                                            operational_intent=found if isinstance(found, Intent) else UNSET))
    return version, encode(ConstraintNotice(constraint_id=notice.reference, subscriptions=states,
                                            constraint=found if isinstance(found, Constraint) else UNSET))


def _settle(hub: Hub, tx: Transaction, notice: Notice, version: int, done: Exchanged) -> None:
    """Takes a notice out of the outbox with a leaf that says who was told what and when, or that it was given up; or puts it off.
    409 is as good as told: the USS knows this version, or a later one."""
    now, status = hub.moment(tx), done.said.status
    done.keep(tx, hub.uss_id)
    told = 200 <= status < 300 or status == 409
    if not told and now - notice.at < PATIENCE:
        tx.put_off_notice(notice, now + wait(notice.tries))
    elif tx.drop_notice(notice):
        content = canonical({"kind": notice.kind, "reference": notice.reference, "version": version, "url": notice.url,
                             "subscriptions": notice.subscriptions, "status": status, "tries": notice.tries,
                             "body_sha256": hashlib.sha256(done.sent).hexdigest()})
        hub.log(tx, "utm.notified", now, EXCHANGE, notice.manager, content, version=max(version, 1),
                code=None if told else "undelivered")
