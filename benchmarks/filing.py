"""One durable filing, in process, as the store grows: admit, cover, detect, weigh, ask, record, commit with fsync."""

import tempfile
import time
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from antalya.exchange import filing
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.registry import put
from antalya.model import Force, Minima, Party
from antalya.model.limits import Limits
from antalya.picture import Stored, prepare
from antalya.steps.cover import cover
from antalya.steps.disclose import Viewer
from antalya.store.keys import KeyRing
from antalya.wire.canonical import canonical
from antalya.wiring import SetClock, exchange
from benchmarks.plans import START, operation, volumes
from benchmarks.table import Row, peak_mb

PARTIES = ("TR", "RU", "US")


def hub_in(directory: Path) -> Hub:
    """An exchange with three parties and wide limits."""
    hub = exchange(directory / "bench.sqlite", KeyRing(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()),
                   "antalya.bench/log", Limits(area_budget_km2_per_day=1e12, requests_per_s=1e9, burst=10**9),
                   clock=SetClock(START))
    for party in PARTIES:
        for noun in (Party(id=party, name=party), Force(id=f"{party}F", name=party, answers=party)):
            put(hub, Viewer("operator"), noun, Evidence(b"x"), operator=True, version=None)
    return hub


def fill(hub: Hub, start: int, count: int) -> None:
    """Stores operations through the store's own jobs, with leaves and cells but without checks."""
    plans = volumes(count, seed=1_000 + start)
    for at in range(0, count, 500):
        made = [operation(start + at + k, v, PARTIES[k % 3]) for k, v in enumerate(plans[at:at + 500])]
        prepared = [prepare(o, START) for o in made]

        def job(tx, made=made, prepared=prepared) -> None:  # type: ignore[no-untyped-def]
            for o, p in zip(made, prepared, strict=True):
                leaf = tx.append_leaf(o.id.encode(), b"0" * 16, None)
                tx.put_operation(Stored(o, 1, START, START, START, "m", None, leaf), cover(p, Minima()))
        hub.store.write(job)


def rows(quick: bool) -> list[Row]:
    """p50 and p99 of a filing at growing sizes; a bare insert of the same payload as the peer."""
    sizes = (200,) if quick else (1_000, 10_000, 100_000)
    tries = 30 if quick else 300
    made, held = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        hub = hub_in(Path(scratch))
        bare = bare_insert_ms(Path(scratch), tries)
        for size in sizes:
            fill(hub, held, size - held)
            held = size
            times = []
            for k, volume in enumerate(volumes(tries, seed=size)):
                plan = operation(10**9 + size * 10 + k, volume, "TR")
                began = time.perf_counter()
                filing.file(hub, Viewer("TR"), plan, Evidence(canonical(plan)))
                times.append((time.perf_counter() - began) * 1_000)
            p50, p99 = np.percentile(times[3:], [50, 99])
            made.append(Row(f"one filing, {size:,} stored, peak {peak_mb():.0f} MB", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms",
                            "the same bytes inserted into SQLite, one commit", f"p50 {bare:.2f} ms", bare / p50))
        hub.store.close()
    return made


def bare_insert_ms(directory: Path, tries: int) -> float:
    """The median of a bare durable insert of such a payload."""
    import sqlite3
    db = sqlite3.connect(directory / "bare.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE filing (id TEXT PRIMARY KEY, body BLOB)")
    times = []
    for k, volume in enumerate(volumes(tries, seed=3)):
        body = canonical(operation(k, volume))
        began = time.perf_counter()
        db.execute("INSERT INTO filing VALUES (?, ?)", (str(k), body))
        times.append((time.perf_counter() - began) * 1_000)
    db.close()
    return float(np.median(times))
