"""What an exchange works with, and the few things all its work shares: the time, the log, telling, refusals."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition

import msgspec

from antalya.ledger.checkpoint import Signer
from antalya.model.bridging import Uss
from antalya.model.coordination import Kind
from antalya.model.errors import AntalyaError, error
from antalya.model.limits import Limits
from antalya.ports import Clock, Ids, Salts, Store, Transaction
from antalya.steps.record import Tell, leafing, tellings

_NOT_LOGGED = frozenset({"store_full", "store_read_only", "store_busy", "clock_unsure", "not_ready", "rate_exceeded",
                         "too_large", "no_token", "bad_token", "no_scope", "internal"})

PAGE_BYTES = 4_000_000
"""Where what parties sent comes to so much, a page of a list ends; it has one item at least."""


class Evidence(msgspec.Struct, frozen=True):
    """What came through the door: the very bytes, the key they were signed with (None: unsigned), and what was signed. A
    notice that is signed again says the same with other bytes."""

    raw: bytes
    kid: str | None = None
    payload: bytes | None = None


class Bell:
    """Rings after every commit that told somebody something; readers of event streams wait for it."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []
        self._condition = Condition()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls `listener` at every ring; returns what ends that."""
        with self._condition:
            self._listeners.append(listener)

        def stop() -> None:
            with self._condition:
                self._listeners.remove(listener)
        return stop

    def ring(self) -> None:
        """Calls all who listen."""
        with self._condition:
            listeners = list(self._listeners)
        for listener in listeners:
            listener()


@dataclass(frozen=True)
class Hub:
    """The parts of one exchange. `signer` signs its checkpoints; `origin` names its log; `uss`: what it is to drone operators'
    clients (None: it shows them nothing of its own)."""

    store: Store
    clock: Clock
    ids: Ids
    salts: Salts
    limits: Limits
    signer: Signer
    origin: str
    uss: Uss | None = None
    bell: Bell = field(default_factory=Bell)
    handed_over: set[tuple[Kind, str, str]] = field(default_factory=set)
    """Answers of the DSS (of what, and their SHA-256) that callers were there for, and that is not written down yet."""

    @property
    def uss_id(self) -> str:
        """Its name as a USS; empty where it is none."""
        return "" if self.uss is None else self.uss.id

    def moment(self, tx: Transaction) -> datetime:
        """Now, for a job: never earlier than the last job's. Raises clock_unsure when the clock went back by more than
        `limits.clock_back_s`: leads and deadlines can't be judged then."""
        now, last = self.clock(), tx.last_at()
        if now < last - timedelta(seconds=self.limits.clock_back_s):
            raise error("clock_unsure", f"the clock went back by {(last - now).total_seconds():.0f} s")
        now = max(now, last)
        tx.set_last_at(now)
        return now

    def log(self, tx: Transaction, kind: str, at: datetime, actor: str, subject: str, content: bytes, *, version: int = 1,
            kid: str | None = None, code: str | None = None, keep: bool = True) -> int:
        """Appends a leaf for something that happened (see `leafing`), with a new salt; its index."""
        leaf = leafing(kind, at, actor, subject, content, self.salts(), version=version, kid=kid, code=code, keep=keep)
        return tx.append_leaf(leaf.data, leaf.salt, leaf.content)

    def tell(self, tx: Transaction, tells: Iterable[Tell], at: datetime) -> None:
        """Puts what parties are told into the outbox and the log."""
        for leaf, told in tellings(tells, at, self.salts):
            tx.append_leaf(leaf.data, leaf.salt, leaf.content)
            for tell in told:
                tx.add_event(tell.party, tell.type, tell.subject, at)

    @contextmanager
    def refusals(self, kind: str, actor: str, subject: str, evidence: Evidence) -> Iterator[None]:
        """Leaves a leaf for a refusal that happens inside (`refused`)."""
        try:
            yield
        except AntalyaError as refusal:
            self.refused(kind, actor, subject, evidence, refusal)
            raise

    def refused(self, kind: str, actor: str, subject: str, evidence: Evidence, refusal: AntalyaError) -> None:
        """Leaves a leaf for a refusal: who was refused what and why, the content by its hash only."""
        name = refusal.code.name
        if name in _NOT_LOGGED:
            return

        def job(tx: Transaction) -> None:
            self.log(tx, kind, self.moment(tx), actor, subject[:128], evidence.raw, code=name, kid=evidence.kid, keep=False)
        self.store.write(job)
