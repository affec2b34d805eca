"""`kill -9` of a real server in the middle of 1,000 filings, ten times over one store: what was answered is there, whole."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.crash.audit import Audit
from tests.crash.doors import WIDE, Door, patrol, registered
from tests.served import ExchangeServer

from antalya.ledger.checkpoint import Verifier
from antalya.ledger.receipt import Receipt
from antalya.model import Operation
from antalya.store.system import ids
from antalya.wire.canonical import canonical
from antalya.wire.notice import sign

KILLED_AFTER = (1, 7, 20, 45, 60, 80, 100, 130, 160, 200)
"""After how many answers of a round the server is killed; other filings are on their way then."""

FILINGS = 1_000
TOGETHER = (1, 1, 6, 12)
"""As many connections, each with so many filings at once, of each party's in one request."""
PARTIES = ("TR", "RU")


@dataclass(frozen=True)
class Filing:
    """What is filed: the operation and the very bytes, signed or not."""

    operation: Operation
    raw: bytes
    kind: str

    def send(self, door: Door) -> tuple[int, Any]:
        return door.send("POST", "/v1/operations", self.raw, content_type=self.kind, idempotency_key=self.operation.id)

    def part(self) -> dict[str, Any]:
        """It, as one of several."""
        signed = self.kind == "application/jose"
        said = {"notice": self.raw.decode()} if signed else {"operation": json.loads(self.raw)}
        return said | {"idempotency_key": self.operation.id}


def send(door: Door, filings: list[Filing]) -> list[tuple[int, Any]]:
    """Status and body for each: sent alone, or several in one request."""
    if len(filings) == 1:
        return [filings[0].send(door)]
    status, said = door.send("POST", "/v1/filings", canonical({"filings": [filing.part() for filing in filings]}))
    return [(item["status"], item.get("outcome") or item["problem"]) for item in said["items"]] if status == 200 else [
        (status, said)] * len(filings)


@dataclass
class Round:
    """1,000 filings over some connections; `answered` are those that got a 2xx, `cut_off` those on their way at the end."""

    server: ExchangeServer
    waiting: SimpleQueue[Filing]
    answered: list[tuple[Filing, Receipt]] = field(default_factory=list)
    cut_off: list[Filing] = field(default_factory=list)
    refused: list[Any] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def file(self, together: int) -> None:
        gone = False
        with doors(self.server) as door:
            while not gone:
                taken = [self.waiting.get() for _ in range(together)]
                for party in PARTIES:
                    if mine := [filing for filing in taken if filing.operation.party == party]:
                        gone |= self.send(door[party], mine)

    def send(self, door: Door, filings: list[Filing]) -> bool:
        """Whether the server is gone, or a door says that what was behind it is."""
        try:
            said = send(door, filings)
        except (OSError, http.client.HTTPException):
            said = [(503, None)] * len(filings)
        with self.news:
            for filing, (status, body) in zip(filings, said, strict=True):
                if status == 201:
                    self.answered.append((filing, msgspec.convert(body["receipt"], Receipt)))
                elif status == 503:
                    self.cut_off.append(filing)
                else:
                    self.refused.append(body)
            self.news.notify()
        return any(status == 503 for status, _ in said)

    def run_until_killed(self, after: int) -> None:
        threads = [threading.Thread(target=self.file, args=(together,)) for together in TOGETHER]
        for thread in threads:
            thread.start()
        with self.news:
            assert self.news.wait_for(lambda: len(self.answered) >= after or self.refused, timeout=300)
        self.server.kill()
        for thread in threads:
            thread.join(60)
        assert not self.refused


@contextmanager
def doors(server: ExchangeServer) -> Iterator[dict[str, Door]]:
    """A connection for each party."""
    with ExitStack() as stack:
        yield {party: stack.enter_context(Door(server, party)) for party in PARTIES}


def filings(keys: Mapping[str, Ed25519PrivateKey], number: int) -> list[Filing]:
    """The filings of a round, on a parallel of their own; of every four, the first two overlap; every other one is signed."""
    made = []
    for n in range(FILINGS):
        party = PARTIES[n % 2]
        lon = 20 + 0.1 * (n // 4) + (0.0, 0.01, 0.04, 0.07)[n % 4]
        operation = patrol(ids(), party, lon, 10 + number, 0.02)
        raw, kind = canonical(operation), "application/json"
        if n % 3 == 0:
            raw = sign(raw, keys[party], "POST /v1/operations", datetime.now(UTC))
            kind = "application/jose"
        made.append(Filing(operation, raw, kind))
    return made


def overlapping(made: list[Filing]) -> set[frozenset[str]]:
    """The pairs that clash, by construction."""
    return {frozenset((one.operation.id, other.operation.id)) for one, other in zip(made[::4], made[1::4], strict=True)}


@pytest.mark.slow
def test_what_was_answered_survives_kill_9_and_nothing_is_half_there(
        new_exchange_server: Callable[..., ExchangeServer]) -> None:
    server = new_exchange_server(WIDE, parties=False)
    keys = registered(server, PARTIES)
    answered: list[tuple[Filing, Receipt]] = []
    clashing: set[frozenset[str]] = set()
    for number, after in enumerate(KILLED_AFTER):
        made = filings(keys, number)
        round_ = Round(server, SimpleQueue())
        for filing in made:
            round_.waiting.put(filing)
        clashing |= overlapping(made)
        round_.run_until_killed(after)
        assert after <= len(round_.answered) < FILINGS
        answered += round_.answered
        check(server, answered, round_.answered, clashing, {f.operation.id for f in round_.cut_off})
        server.doors = 1 - server.doors  # every other round with a process at the door; what dies then keeps the store
        server.start()
        answered += retried(server, round_.cut_off)
    server.kill()
    check(server, answered, answered, clashing, set())


def retried(server: ExchangeServer, cut_off: list[Filing]) -> list[tuple[Filing, Receipt]]:
    """Nobody knows whether these were kept: sent again under their Idempotency-Key, each is answered and kept once."""
    with doors(server) as door:
        said = [(filing, filing.send(door[filing.operation.party])) for filing in cut_off]
    assert [status for _, (status, _) in said] == [201] * len(cut_off)
    return [(filing, msgspec.convert(body["receipt"], Receipt)) for filing, (_, body) in said]


def check(server: ExchangeServer, answered: list[tuple[Filing, Receipt]], proved: list[tuple[Filing, Receipt]],
          clashing: set[frozenset[str]], unsure: set[str]) -> None:
    """Every answered filing is in the store with the leaf its receipt proves (the receipts of `proved` are verified); and
    nothing else is, but what was on its way."""
    audit = Audit(server.dir / "antalya.sqlite")
    audit.everything(Verifier.parse(server.made["log_key"]), (receipt for _, receipt in proved))
    stored = audit.operations()
    for filing, receipt in answered:
        assert stored[filing.operation.id, 1] == filing.operation
        assert (receipt.entry.kind, receipt.entry.subject) == ("operation", filing.operation.id)
        assert audit.leaves[receipt.leaf][2] == filing.raw
    here = {id_ for id_, _ in stored}
    assert {f.operation.id for f, _ in answered} <= here <= {f.operation.id for f, _ in answered} | unsure
    assert set(audit.clashes().values()) == {pair for pair in clashing if pair <= here}
    audit.close()
