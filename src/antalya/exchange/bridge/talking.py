"""Talking to USSs: what is sent and asked, who does that, how long it is tried, and the record of it for the standard's logs."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from concurrent import futures
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeVar

from msgspec import UNSET

from antalya.model.bridging import Talk
from antalya.model.coordination import ReferenceKind
from antalya.model.f3548 import ExchangeRecord, time
from antalya.ports import Transaction
from antalya.wire.canonical import canonical, encode

T = TypeVar("T")
AT_ONCE = 8
_LOOK_S = 0.5
LEASE = timedelta(seconds=60)
"""How long a task is its taker's; asking or telling must be done long before."""
PATIENCE = timedelta(hours=1)
_LONGEST_WAIT_S = 300
KEPT = timedelta(days=45)
"""How long the records of what was said are kept."""
DOORS: dict[ReferenceKind, str] = {"intent": "operational_intents", "constraint": "constraints"}
"""What the interface calls references of a kind in addresses."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a USS: a POST of `body` to `url` with a token that has `scope`, made out to whom the address names."""

    manager: str
    url: str
    scope: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a USS: a GET of `url`, with a token as for a message."""

    manager: str
    url: str
    scope: str


@dataclass(frozen=True, slots=True)
class Said:
    """What was answered: the status, 0 where there was no answer, and as much of the body as is taken."""

    status: int
    body: bytes = b""
    problem: str = ""


class Peers(Protocol):
    """The other USSs. Neither raises anything."""

    def tell(self, message: Message) -> int:
        """Sends a message; the status of the answer, 0 where there was none."""

    def ask(self, question: Question) -> Said:
        """Asks a question."""


def work_off(take: Callable[[int], Sequence[T]], work: Callable[[T], None], is_over: Callable[[], bool]) -> int:
    """Does what `take` has, a few things at once, as many as it was asked for, until it has no more and all is done, or until it
    `is_over`; how many things. Whoever is done takes the next: none that is slow holds up others, nor what is due meanwhile."""
    count, running = 0, set[futures.Future[None]]()
    with futures.ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            taken = [] if len(running) == AT_ONCE or is_over() else take(AT_ONCE - len(running))
            running |= {pool.submit(work, each) for each in taken}
            count += len(taken)
            if not running:
                return count
            done, running = futures.wait(running, _LOOK_S, futures.FIRST_COMPLETED)
            for each in done:
                each.result()


def door(base_url: str, what: str) -> str:
    """The address of a USS's door for something, such as one of `DOORS`."""
    return f"{base_url.rstrip('/')}/uss/v1/{what}"


def wait(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    return timedelta(seconds=min(2 ** min(tries, 20), _LONGEST_WAIT_S))


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One request and its answer, between the exchange and a USS, about a reference."""

    kind: ReferenceKind
    reference: str
    party: str
    url: str
    method: Literal["GET", "POST"]
    role: Literal["Client", "Server"]
    asked_at: datetime
    answered_at: datetime
    sent: bytes
    said: Said

    def record(self, source: str) -> ExchangeRecord:
        """As the standard writes it; `source`: who asked. Bodies are in base64; tokens are not in it.

        An answer there was a problem with is not in it, only its length and hash: a USS reads the record, and what its address
        led the exchange to may be somebody else's, who answered the exchange and nobody else."""
        body, problem = self.said.body, self.said.problem
        if problem and body:
            problem = f"{problem}; its body is not kept: {len(body)} bytes, SHA-256 {hashlib.sha256(body).hexdigest()}"
            body = b""
        return ExchangeRecord(
            url=self.url, method=self.method, recorder_role=self.role, request_time=time(self.asked_at), request_source=source,
            request_body=base64.b64encode(self.sent).decode(), response_time=time(self.answered_at),
            response_body=base64.b64encode(body).decode(), response_code=self.said.status,
            problem=problem or UNSET)

    def content(self, tries: int, version: int) -> bytes:
        """What a leaf of the log commits to."""
        return canonical({"kind": self.kind, "reference": self.reference, "version": version, "url": self.url,
                          "status": self.said.status, "tries": tries, "problem": self.said.problem,
                          "sent_sha256": hashlib.sha256(self.sent).hexdigest(),
                          "said_sha256": hashlib.sha256(self.said.body).hexdigest()})

    def keep(self, tx: Transaction, source: str) -> None:
        """Keeps the record."""
        tx.add_talk(Talk(self.kind, self.reference, self.party, self.asked_at, encode(self.record(source)).decode()),
                    self.answered_at - KEPT)
