"""Exchanges to measure: made by `antalya init`, filled through the store's own jobs, served by `antalya serve`."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from antalya.entry.cli_admin import LOCAL, hub_of, init
from antalya.entry.settings import load
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.keeping import movement_hash
from antalya.exchange.registry import put
from antalya.geometry.columns import of_degrees
from antalya.geometry.held import Held
from antalya.geometry.shape import shapes
from antalya.model import Force, Operation, Party
from antalya.picture import Prepared, Stored
from antalya.ports import Transaction
from antalya.steps.disclose import Viewer
from antalya.store import keys as key_files
from antalya.store.rows import kind_of, micros, text_of
from antalya.store.system import clock
from antalya.wire.canonical import canonical
from antalya.wire.notice import public_key
from antalya.wire.tokens import mint
from benchmarks.plans import operation, plans, volumes

PARTIES = ("TR", "RU", "US")
WIDE = {"area_budget_km2_per_day": 1e12, "requests_per_s": 1e9, "burst": 10**9}
SIGNER = Ed25519PrivateKey.from_private_bytes(b"for benchmarks only, not secret!")
"""With which the first party signs."""
TOGETHER = 500
HOST = "antalya.bench"


def made(directory: Path, database: str | None = None) -> str:
    """A new exchange (`antalya init`) with three parties and their forces, in a file or a PostgreSQL database; a token of the
    first party."""
    with redirect_stdout(StringIO()):
        init(directory, f"{HOST}/log", HOST, database)
    hub = opened(directory)
    for party in PARTIES:
        keys = (public_key(SIGNER),) if party == PARTIES[0] else ()
        for noun in (Party(id=party, name=party, keys=keys), Force(id=f"{party}F", name=party, answers=party)):
            put(hub, Viewer("operator"), noun, Evidence(b"x"), operator=True, version=None)
    hub.store.close()
    return token_of(directory, PARTIES[0])


def token_of(directory: Path, party: str) -> str:
    """A token of a party, to read and file."""
    issuer = key_files.load(directory / "keys").issuer
    return mint(LOCAL, issuer, party, ["antalya.read", "antalya.file"], HOST, clock(), 86_400)


def opened(directory: Path) -> Hub:
    """The exchange of a directory in this process, with limits that don't bind; the caller closes its store."""
    hub: Hub = hub_of(load(directory, {"limits": WIDE}))
    return hub


def fill(hub: Hub, first: int, count: int, start: datetime) -> None:
    """Stores operations of the parties in turn: leaves and rows as a filing leaves them, but nothing is checked, so
    that they have no findings. One commit for every 500."""
    plans = volumes(count, seed=1_000 + first, start=start)
    for at in range(0, count, TOGETHER):
        these = [operation(first + at + k, v, PARTIES[k % 3]) for k, v in enumerate(plans[at:at + TOGETHER])]
        outlines = shapes([o.volumes[0].outline for o in these])
        prepared = [Prepared(o, (shape,), start, start) for o, shape in zip(these, outlines, strict=True)]
        hub.store.write(lambda tx, these=prepared: _store(tx, hub, these))  # type: ignore[misc]


def _store(tx: Transaction, hub: Hub, these: list[Prepared]) -> None:
    now = hub.moment(tx)
    for one in these:
        bytes_ = canonical(one.operation)
        leaf = tx.append_leaf(bytes_, hub.salts(), bytes_)
        tx.put_operation(Stored(one.operation, 1, now, now, now, movement_hash(one.operation), None, leaf), True)


def stock(directory: Path, count: int, start: datetime, step: Callable[[int], None] = lambda done: None) -> None:
    """Puts `count` operations of the parties in turn into a new exchange's embedded store, straight into its tables: rows and
    volumes as filings leave them, without leaves and findings."""
    made_plans = plans(count, seed=1_000, start=start)
    columns = of_degrees(*made_plans)
    made_volumes = volumes(count, seed=1_000, start=start)
    db = sqlite3.connect(directory / "antalya.sqlite", isolation_level=None)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("BEGIN IMMEDIATE")
    at = micros(start)
    for k, volume in enumerate(made_volumes):
        one = operation(k, volume, PARTIES[k % 3])
        db.execute("INSERT INTO operation (seq, id, version, party, state, starts_at, ends_at, filed_at, moved_at, "
                   "first_filed_at, movement, kid, leaf, body, current) "
                   "VALUES (?, ?, 1, ?, 'filed', ?, ?, ?, ?, ?, '', NULL, 0, ?, 1)",
                   (k + 1, one.id, one.party, int(made_plans.starts[k]), int(made_plans.ends[k]), at, at, at, text_of(one)))
        held = Held()
        held.add(k + 1, kind_of(one), columns.rows(np.array([k])))
        db.execute("INSERT INTO volumes (operation, columns) VALUES (?, ?)", (k + 1, held.stored(0, 1)))
        if k % 10_000 == 0:
            step(k)
    db.execute("COMMIT")
    db.close()


def plans_of(first: int, count: int, start: datetime, party: str = PARTIES[0]) -> list[Operation]:
    """Operations to be filed, of one party."""
    return [operation(first + k, v, party) for k, v in enumerate(volumes(count, seed=first, start=start))]


@dataclass
class Server:
    """A serving process: its address, how long it took to listen, and, once it ended, the CPU time it took."""

    url: str
    start_s: float
    cpu_s: float = field(default=0.0)


@contextmanager
def served(directory: Path, doors: int = 0) -> Iterator[Server]:
    """`antalya serve` in a process of its own, with so many others as doors, at a free port, with limits that don't bind."""
    wide = {f"ANTALYA_LIMITS__{name.upper()}": str(value) for name, value in WIDE.items()}
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "antalya", "serve", "--dir", str(directory), "--port", "0", "--doors",
                                str(doors), "--log-level", "error"], stdout=subprocess.PIPE, text=True, env=os.environ | wide)
    assert process.stdout is not None
    server = Server("", 0.0)
    with process.stdout:
        try:
            line = process.stdout.readline()
            if " at http" not in line:
                raise RuntimeError(f"the server did not start: {line!r}")
            server = Server(line.split(" at ")[1].split()[0], time.perf_counter() - began)
            yield server
        finally:
            process.terminate()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            server.cpu_s = used.ru_utime + used.ru_stime
