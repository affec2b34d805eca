"""The only place where objects meet: keys, store, clock and settings become an exchange."""

from datetime import datetime
from pathlib import Path

from antalya.exchange.hub import Hub
from antalya.ledger.checkpoint import Signer
from antalya.model.bridging import Uss
from antalya.model.errors import error
from antalya.model.limits import Limits
from antalya.ports import Clock, Store
from antalya.store import system
from antalya.store.keys import KeyRing
from antalya.store.sqlite import SqliteStore


def open_store(where: Path | str) -> Store:
    """The store in a file, or in a database by its address (`postgresql://…`, a str). Raises what the store raises, and
    bad_setting where the client of PostgreSQL is not installed."""
    if isinstance(where, Path):
        return SqliteStore(where)
    try:
        from antalya.store.postgres import PostgresStore  # here: an extra that not everybody has
    except ImportError as missing:
        if (missing.name or "").partition(".")[0] not in ("psycopg", "psycopg_pool") and "libpq" not in str(missing):
            raise
        raise error("bad_setting", "the store is PostgreSQL, whose client is not installed: pip install 'antalya[postgres]'",
                    at="store") from None
    return PostgresStore(where)


def exchange(store: Path | str, keys: KeyRing, origin: str, limits: Limits, *, clock: Clock | None = None,
             uss: Uss | None = None) -> Hub:
    """An exchange over a store, as `open_store` takes it; `uss`: see `Hub`. The caller closes `hub.store`."""
    return Hub(store=open_store(store), clock=clock or system.clock, ids=system.ids, salts=system.salts, limits=limits,
               signer=Signer(origin, keys.log), origin=origin, uss=uss)


class SetClock:
    """A clock that stands where it is put, for replays: a scenario's day is long past."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


