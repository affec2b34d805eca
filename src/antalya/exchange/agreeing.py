"""Agreeing: what is proposed comes into force when all have signed it, and its signatories suspend, resume and end it."""

from datetime import datetime

from msgspec.structs import replace

from antalya.exchange.bridge.showing import show_keep_outs
from antalya.exchange.checking import recheck
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.touched import by_understanding
from antalya.model.errors import error
from antalya.model.understandings import Signature, Status, Understanding
from antalya.ports import Thing, Transaction
from antalya.steps.admit import check_signed
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content, tell_of_understanding


def sign(hub: Hub, caller: Viewer, id: str, content_sha256: str, evidence: Evidence) -> Thing:
    """A signatory's yes to the content of an understanding. With the last one it is in force, and what it touches is
    checked again. Raises not_found, not_yours, stale_etag (another content), wrong_state, signature_required."""
    with hub.refusals("signature", caller.party, id, evidence):
        def job(tx: Transaction) -> Thing:
            now, thing, understanding = _signatory(hub, tx, caller, id, evidence)
            if content_sha256 != signed_content(understanding):
                raise error("stale_etag", "the content has another hash: read it again before you sign")
            if understanding.status != "proposed":
                raise error("wrong_state", f"the understanding is {understanding.status}")
            tx.put_signature(Signature(understanding=id, party=caller.party, content_sha256=content_sha256, at=now,
                                       kid=evidence.kid))
            hub.log(tx, "signature", now, caller.party, id, evidence.raw, kid=evidence.kid)
            signed = {s.party for s in tx.signatures(id) if s.content_sha256 == content_sha256}
            if signed >= set(understanding.signatories):
                return _become(hub, tx, understanding, "in-force", caller.party, now)
            hub.tell(tx, tell_of_understanding(understanding), now)
            return thing
        thing = hub.store.write(job)
    hub.bell.ring()
    return thing


def set_status(hub: Hub, caller: Viewer, id: str, status: Status, evidence: Evidence) -> Thing:
    """Suspends, resumes or ends an understanding. Any signatory may suspend or end it; who suspended it may resume it.

    Raises not_found, not_yours, wrong_state, signature_required."""
    with hub.refusals("status", caller.party, id, evidence):
        def job(tx: Transaction) -> Thing:
            now, thing, understanding = _signatory(hub, tx, caller, id, evidence)
            allowed: dict[Status, tuple[Status, ...]] = {"in-force": ("suspended", "ended"), "proposed": ("ended",),
                                                         "suspended": ("in-force", "ended"), "ended": ()}
            if status not in allowed[understanding.status]:
                raise error("wrong_state", f"an understanding that is {understanding.status} can't become {status}")
            if status == "in-force" and thing.owner != caller.party:
                raise error("not_yours", "who suspended it resumes it")
            hub.log(tx, "status", now, caller.party, id, evidence.raw, kid=evidence.kid)
            return _become(hub, tx, understanding, status, caller.party, now)
        thing = hub.store.write(job)
    hub.bell.ring()
    return thing


def _signatory(hub: Hub, tx: Transaction, caller: Viewer, id: str,
               evidence: Evidence) -> tuple[datetime, Thing, Understanding]:
    now, thing = hub.moment(tx), tx.thing("understanding", id)
    if thing is None or not isinstance(thing.noun, Understanding) \
            or not (caller.broker or caller.party in thing.noun.signatories):
        raise error("not_found", "no such understanding")
    if caller.party not in thing.noun.signatories:
        raise error("not_yours", "only its signatories sign, suspend or end an understanding")
    check_signed(tx.rulebook().parties.get(caller.party), evidence.kid)
    return now, thing, thing.noun


def _become(hub: Hub, tx: Transaction, understanding: Understanding, status: Status, owner: str, now: datetime) -> Thing:
    changed = replace(understanding, status=status)
    kept = tx.put_thing("understanding", changed, owner, now)
    rulebook = tx.rulebook()
    show_keep_outs(hub, tx, changed, rulebook, now)
    changes = recheck(hub, tx, by_understanding(tx, changed, rulebook, now), now, f"understanding {status}", rulebook=rulebook)
    hub.tell(tx, [*changes.tells, *tell_of_understanding(changed)], now)
    return kept
