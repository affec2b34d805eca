"""The only place where objects meet: keys, store, clock and settings become an exchange."""

from datetime import datetime
from pathlib import Path

from antalya.exchange.hub import Hub
from antalya.ledger.checkpoint import Signer
from antalya.model.limits import Limits
from antalya.ports import Clock
from antalya.store import system
from antalya.store.keys import KeyRing
from antalya.store.sqlite import SqliteStore


def exchange(store: Path, keys: KeyRing, origin: str, limits: Limits, *, clock: Clock | None = None) -> Hub:
    """An exchange over an embedded store. The caller closes `hub.store`."""
    return Hub(store=SqliteStore(store), clock=clock or system.clock, ids=system.ids, salts=system.salts, limits=limits,
               signer=Signer(origin, keys.log), origin=origin)


class SetClock:
    """A clock that stands where it is put, for replays: a scenario's day is long past."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


