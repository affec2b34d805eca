"""The peers of a filing: bare scripts that check nothing. One inserts the same bytes, one commit each; the other all the rows
that a filing leaves, into the same tables with the same indexes. Into SQLite, or into PostgreSQL."""

import sqlite3
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from antalya.exchange import filing
from antalya.exchange.hub import Evidence
from antalya.ledger.merkle import place
from antalya.steps.disclose import Viewer
from antalya.wire.canonical import canonical
from benchmarks.exchanges import PARTIES, made, opened, plans_of
from benchmarks.plans import operation, tomorrow, volumes

_numbers = count(8 * 10**12, 10**7)
LEFT = {"operation": ("seq",), "volumes": ("operation",), "leaf": ("idx",), "subtree": ("at",), "event": ("seq",),
        "spent": ("party", "day", "cell")}
"""Tables in which a filing that clashes with nothing leaves rows, and their keys, which come first in them."""
Row = tuple[object, ...]
Rows = dict[str, list[Row]]
"""New rows by table."""


@dataclass(frozen=True)
class Script:
    """A connection whose statements commit by themselves; what a parameter and a beginning look like there."""

    db: Any
    mark: str
    begin: str

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        sql = f"INSERT INTO {table} VALUES ({','.join([self.mark] * len(rows[0]))})"
        if len(rows) == 1:
            self.db.execute(sql, rows[0])
        else:
            self.db.cursor().executemany(sql, rows)

    def rows(self, table: str) -> set[Row]:
        return set(self.db.execute(f"SELECT * FROM {table}"))

    def forget(self, left: Rows) -> None:
        for table, rows in left.items():
            where = " AND ".join(f"{key} = {self.mark}" for key in LEFT[table])
            self.db.cursor().executemany(f"DELETE FROM {table} WHERE {where}", [row[:len(LEFT[table])] for row in rows])

    def timed(self, commits: Sequence[Rows]) -> tuple[float, float, float]:
        """(mean, p50, p99) of the commits in milliseconds."""
        took = []
        for n, rows in enumerate(commits):
            began = time.perf_counter()
            if len(rows) > 1:
                self.db.execute(self.begin)
                self.db.execute(f"UPDATE meta SET value = {self.mark} WHERE key = 'last_at'", (str(n),))
            for table, some in rows.items():
                self.insert(table, some)
            if len(rows) > 1:
                self.db.execute("COMMIT")
            took.append((time.perf_counter() - began) * 1_000)
        p50, p99 = np.percentile(took, [50, 99])
        return float(np.mean(took)), float(p50), float(p99)


@contextmanager
def connected(where: Path | str) -> Iterator[Script]:
    """A SQLite file with the exchange's durability, or a PostgreSQL database, which has it as the server is set."""
    if isinstance(where, Path):
        with closing(connect(where)) as db:
            yield Script(db, "?", "BEGIN IMMEDIATE")
    else:
        with psycopg.connect(where, autocommit=True) as server:
            yield Script(server, "%s", "BEGIN")


def connect(path: Path) -> sqlite3.Connection:
    """A SQLite file with the exchange's durability; its statements commit by themselves."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


def insert_ms(directory: Path, tries: int, database: str | None = None) -> tuple[float, float, float]:
    """(mean, p50, p99) of a durable insert of a filing's bytes (SQLite: WAL, synchronous=FULL, as the exchange's store), in
    milliseconds."""
    bodies = [canonical(operation(k, volume)) for k, volume in enumerate(volumes(tries, seed=3))]
    path = directory / "bare.sqlite"
    path.unlink(missing_ok=True)
    with connected(database or path) as script:
        script.db.execute(f"CREATE TABLE filing (id TEXT PRIMARY KEY, body {'BYTEA' if database else 'BLOB'})")
        took = script.timed([{"filing": [(str(k), body)]} for k, body in enumerate(bodies)])
        script.db.execute("DROP TABLE filing")  # an exchange opens no other program's database
    return took


def rows_ms(directory: Path, tries: int, database: str | None = None) -> tuple[float, float, float]:
    """The same of all rows that a filing leaves: an exchange (in a PostgreSQL database that nothing else uses, where one is
    given) keeps `tries` filings, then as many more. The rows of those are inserted into a copy that was made between; in
    PostgreSQL they are deleted, and inserted again."""
    where = directory / ("rows" if database is None else "rows-postgres")
    if not where.exists():
        made(where, database)
    hub, start, there = opened(where), tomorrow(), list[dict[str, set[Row]]]()
    store, copy = database or where / "antalya.sqlite", directory / "before.sqlite"
    copy.unlink(missing_ok=True)
    try:
        for _ in range(2):
            for plan in plans_of(next(_numbers), tries, start):
                filing.file(hub, Viewer(PARTIES[0]), plan, Evidence(canonical(plan)))
            with connected(store) as script:
                there.append({table: script.rows(table) for table in LEFT})
                if database is None and not copy.exists():
                    with closing(sqlite3.connect(copy)) as new:
                        script.db.backup(new)
    finally:
        hub.store.close()
    commits = _left(*there)
    with connected(database or copy) as script:
        if database is not None:
            for rows in commits:
                script.forget(rows)
        return script.timed(commits)


def _left(before: dict[str, set[Row]], after: dict[str, set[Row]]) -> list[Rows]:
    """What each filing after the earlier ones left."""
    new: dict[str, list[Any]] = {table: sorted(after[table] - before[table]) for table in LEFT}
    leaf = 12  # the column of an operation's row
    starts, first = [row[leaf] for row in new["operation"]], new["operation"][0][0]
    events = max(row[0] for row in before["event"] | {(0,)}) + 1
    places = [place(0, leaf) for leaf in starts]
    of = {"operation": lambda row: row[0] - first, "volumes": lambda row: row[0] - first,
          "leaf": lambda row: int(np.searchsorted(starts, row[0], "right")) - 1,
          "subtree": lambda row: int(np.searchsorted(places, row[0], "right")) - 1,
          "event": lambda row: row[0] - events}
    left: list[Rows] = [defaultdict(list) for _ in starts]
    for table, owner in of.items():
        for row in new[table]:
            left[owner(row)][table].append(row)
    for n, row in enumerate(new["spent"]):
        left[n % len(left)]["spent"].append(row)
    return left
