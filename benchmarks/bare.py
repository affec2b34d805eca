"""The peers of a filing: bare scripts that check nothing. One inserts the same bytes into SQLite, one commit each; the other all
the rows that a filing leaves, into the same tables with the same indexes."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import numpy as np

from antalya.exchange import filing
from antalya.exchange.hub import Evidence
from antalya.ledger.merkle import place
from antalya.steps.disclose import Viewer
from antalya.wire.canonical import canonical
from benchmarks.exchanges import PARTIES, made, opened, plans_of
from benchmarks.plans import operation, tomorrow, volumes

_numbers = count(8 * 10**12, 10**7)
Rows = list[tuple[str, list[tuple[object, ...]]]]
"""Statements, and the rows for each."""


def insert_ms(directory: Path, tries: int) -> tuple[float, float, float]:
    """(mean, p50, p99) of a durable insert of a filing's bytes (WAL, synchronous=FULL: as the exchange's store), in
    milliseconds."""
    bodies = [canonical(operation(k, volume)) for k, volume in enumerate(volumes(tries, seed=3))]
    path = directory / "bare.sqlite"
    path.unlink(missing_ok=True)
    with closing(connect(path)) as db:
        db.execute("CREATE TABLE filing (id TEXT PRIMARY KEY, body BLOB)")
        return _timed(db, [[("INSERT INTO filing VALUES (?, ?)", [(str(k), body)])] for k, body in enumerate(bodies)])


def rows_ms(directory: Path, tries: int) -> tuple[float, float, float]:
    """The same of all rows that a filing leaves: an exchange keeps `tries` filings, then as many more; the rows of those are
    inserted into a copy of its store that was made between."""
    where, before = directory / "rows", directory / "before.sqlite"
    before.unlink(missing_ok=True)
    if not where.exists():
        made(where)
    hub, start = opened(where), tomorrow()
    try:
        for part in range(2):
            for plan in plans_of(next(_numbers), tries, start):
                filing.file(hub, Viewer(PARTIES[0]), plan, Evidence(canonical(plan)))
            if part == 0:
                with closing(sqlite3.connect(where / "antalya.sqlite")) as full, closing(sqlite3.connect(before)) as copy:
                    full.backup(copy)
    finally:
        hub.store.close()
    with closing(connect(before)) as db:
        db.execute("ATTACH ? AS later", (str(where / "antalya.sqlite"),))
        left = _left(db)
        db.execute("DETACH later")
        return _timed(db, left)


def _left(db: sqlite3.Connection) -> list[Rows]:
    """What each filing of the later store left that the earlier one has not."""
    starts = [leaf for (leaf,) in db.execute(
        "SELECT leaf FROM later.operation WHERE seq > (SELECT max(seq) FROM main.operation) ORDER BY seq")]
    first = db.execute("SELECT max(seq) + 1 FROM main.operation").fetchone()[0]
    events = db.execute("SELECT max(seq) + 1 FROM main.event").fetchone()[0]
    places = [place(0, leaf) for leaf in starts]
    of = {"operation": lambda row: row[0] - first, "volumes": lambda row: row[0] - first,
          "leaf": lambda row: int(np.searchsorted(starts, row[0], "right")) - 1,
          "subtree": lambda row: int(np.searchsorted(places, row[0], "right")) - 1,
          "event": lambda row: row[0] - events}
    left: list[dict[str, list[tuple[object, ...]]]] = [defaultdict(list) for _ in starts]
    for table, owner in of.items():
        for row in db.execute(f"SELECT * FROM later.{table} EXCEPT SELECT * FROM main.{table}"):
            left[owner(row)][table].append(row)
    for n, row in enumerate(db.execute("SELECT * FROM later.spent EXCEPT SELECT * FROM main.spent")):
        left[n % len(left)]["spent"].append(row)
    return [[("UPDATE meta SET value = ? WHERE key = 'last_at'", [(str(n),)]),
             *((f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows) for table, rows in each.items())]
            for n, each in enumerate(left)]


def connect(path: Path) -> sqlite3.Connection:
    """A SQLite file with the exchange's durability; its statements commit by themselves."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def _timed(db: sqlite3.Connection, commits: Sequence[Rows]) -> tuple[float, float, float]:
    """(mean, p50, p99) of the commits in milliseconds."""
    took = []
    for statements in commits:
        began = time.perf_counter()
        if len(statements) == 1 and len(statements[0][1]) == 1:
            db.execute(statements[0][0], statements[0][1][0])
        else:
            db.execute("BEGIN IMMEDIATE")
            for sql, rows in statements:
                db.executemany(sql, rows)
            db.execute("COMMIT")
        took.append((time.perf_counter() - began) * 1_000)
    p50, p99 = np.percentile(took, [50, 99])
    return float(np.mean(took)), float(p50), float(p99)
