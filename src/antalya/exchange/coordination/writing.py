"""What all writes at the DSS share: who asks, one transaction with a leaf in the log, and the same answer for a retry."""

import base64
import hashlib
import re
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from msgspec import Struct, json

from antalya.exchange.hub import Evidence, Hub
from antalya.model.coordination import Answered, Kind, Reference
from antalya.model.errors import error
from antalya.model.f3548 import Message
from antalya.ports import Remembered, Transaction
from antalya.wire.canonical import encode

COORDINATION = "utm.strategic_coordination"
MONITORING = "utm.conformance_monitoring_sa"
MANAGEMENT = "utm.constraint_management"
PROCESSING = "utm.constraint_processing"
ARBITRATION = "utm.availability_arbitration"
LONGEST_URL = 300

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what. `act`: method and path; `old`: the OVN or version the path names (None: something new)."""

    party: str
    scopes: frozenset[str]
    act: str
    evidence: Evidence
    old: str | None = None
    key: str | None = None

    @property
    def sha256(self) -> str:
        """What tells a retry from another request."""
        body = self.evidence.raw if self.evidence.payload is None else self.evidence.payload
        return _sha256(self.act.encode() + b"\n" + body)

    def need(self, scope: str, why: str) -> None:
        """Raises no_scope."""
        if scope not in self.scopes:
            raise error("no_scope", f"{why} needs {scope}")


@dataclass(frozen=True, slots=True)
class Done:
    """What a write came to: its answer, and of which version."""

    version: int
    answer: Message


class _Counted(Struct, frozen=True):
    notification_index: int


class _Listed(Struct, frozen=True):
    subscription: _Counted


def entity_id(text: str, at: str = "") -> str:
    """An id of the interface, a UUID of version 4, in lower case. Raises bad_id."""
    if not _UUID4.fullmatch(text.lower()):
        raise error("bad_id", "not a UUID of version 4", at=at)
    return text.lower()


def base_url(text: str, hub: Hub, at: str = "uss_base_url") -> str:
    """A USS's address. Raises bad_field where it is not https (http only where the exchange's limits say so) or nothing can be
    put behind it: a query or fragment would hide the path that is asked for, a name before the host the host. Others are told
    it with each write, so it may not be long."""
    if len(text) > LONGEST_URL:
        raise error("bad_field", f"it has more than {LONGEST_URL} characters", at=at)
    allowed = ("https://", "http://") if hub.limits.plain_http_uss else ("https://",)
    if not text.startswith(allowed) or not text.isprintable() or any(mark in text for mark in " ?#@\\"):
        raise error("bad_field", "it must be an https address, without ?, #, @ and backslash", at=at)
    with suppress(ValueError):
        parts = urlsplit(text)
        if parts.hostname and parts.port != 0:
            return text
    raise error("bad_field", "it names no host, or no port of it", at=at)


def check_version(old: Reference, request: Request) -> None:
    """Whether a request may change a reference: its manager's, which names the current OVN. Raises not_yours, stale_ovn."""
    if old.manager != request.party:
        raise error("not_yours", "it is managed by another USS")
    if request.old is None:
        raise error("stale_ovn", "it exists already: to change it, name its current OVN")
    if old.ovn != request.old:
        raise error("stale_ovn", "the OVN is not the current one")


def new_id(hub: Hub) -> str:
    """A random UUID of version 4, as the interface wants its ids."""
    return str(uuid.UUID(bytes=hub.salts(), version=4))


def new_ovn(hub: Hub) -> str:
    """A version that nobody can guess: 256 random bits in the letters of URLs."""
    return base64.urlsafe_b64encode(hub.salts() + hub.salts()).decode().rstrip("=")


def write(hub: Hub, request: Request, kind: Kind, id: str, job: Callable[[Transaction], Done]) -> bytes:
    """Runs a write in one transaction with its leaf in the log; the answer's bytes.

    A retry gets the first answer again: under the same Idempotency-Key; or, while nothing has changed since, where it is the
    same request in every byte and names the version it replaced, or where the answer is not known to have been handed over.
    """
    with hub.refusals(f"utm.{kind}", request.party, id, request.evidence):
        if hub.uss is not None and request.party == hub.uss.id:
            raise error("not_yours", "that is the name of the exchange itself: nobody else writes under it")

        def whole(tx: Transaction) -> bytes:
            before = _answered(hub, tx, request, kind, id)
            if before is not None:
                return before.encode()
            done = job(tx)
            now = tx.last_at()
            content = request.evidence.raw or request.act.encode()
            hub.log(tx, f"utm.{kind}", now, request.party, id, content, version=done.version, kid=request.evidence.kid)
            answer = encode(done.answer).decode()
            tx.utm_put_answered(kind, id, Answered(request.party, request.sha256, answer, False))
            if request.key is not None:
                tx.remember(request.party, request.key, Remembered(request.sha256, answer), now)
            return answer.encode()
        answer = hub.store.write(whole)
    hub.bell.ring()
    return answer


def handed_over(hub: Hub, kind: Kind, id: str, answer: bytes) -> None:
    """The caller was there for the answer: the same creation once more is none. The next tick writes it down; if
    the process ends before, nobody knows, and who asks again gets the answer again."""
    hub.handed_over.add((kind, id, _sha256(answer)))


def note_handed_over(tx: Transaction, answers: Iterable[tuple[Kind, str, str]]) -> None:
    """Writes down which answers were handed over, for other processes on the store and those after this one."""
    for kind, id_, sha256 in answers:
        last = tx.utm_answered(kind, id_)
        if last is not None and _sha256(last.response.encode()) == sha256:
            tx.utm_put_answered(kind, id_, replace(last, delivered=True))


def _answered(hub: Hub, tx: Transaction, request: Request, kind: Kind, id: str) -> str | None:
    if request.key is not None:
        kept = tx.remembered(request.party, request.key)
        if kept is not None and kept.request_sha256 != request.sha256:
            raise error("idempotency_conflict", "another request came with that key")
        if kept is not None:
            return kept.response
    last = tx.utm_answered(kind, id)
    if last is None or (last.party, last.request_sha256) != (request.party, request.sha256) or _is_counted(tx, kind, id, last):
        return None
    if request.old is None and (last.delivered or (kind, id, _sha256(last.response.encode())) in hub.handed_over):
        return None
    return last.response


def _is_counted(tx: Transaction, kind: Kind, id: str, last: Answered) -> bool:
    """Whether a subscription was notified since it was answered: what it lists is not all that is there any more."""
    now = tx.utm_subscription(id) if kind == "subscription" else None
    return now is not None and now.index != json.decode(last.response, type=_Listed).subscription.notification_index


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
