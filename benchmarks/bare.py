"""The peer of a filing: a bare script that inserts the same bytes into SQLite, one commit each, and checks nothing."""

import sqlite3
import time
from pathlib import Path

import numpy as np

from antalya.wire.canonical import canonical
from benchmarks.plans import operation, volumes


def insert_ms(directory: Path, tries: int) -> tuple[float, float, float]:
    """(mean, p50, p99) of a durable insert (WAL, synchronous=FULL: as the exchange's store), in milliseconds."""
    bodies = [canonical(operation(k, volume)) for k, volume in enumerate(volumes(tries, seed=3))]
    path = directory / "bare.sqlite"
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE filing (id TEXT PRIMARY KEY, body BLOB)")
    took = []
    for k, body in enumerate(bodies):
        began = time.perf_counter()
        db.execute("INSERT INTO filing VALUES (?, ?)", (str(k), body))
        took.append((time.perf_counter() - began) * 1_000)
    db.close()
    p50, p99 = np.percentile(took, [50, 99])
    return float(np.mean(took)), float(p50), float(p99)
