"""`python -m benchmarks.past [operations] [postgresql://…]`: how long questions about the past take, with so many operations.

A file of its own, and not a row of `make bench`: the store is filled with rows (half a year of three parties, 0.3 to 72 hours
long, one in a thousand 30 days) that no filing made. A PostgreSQL database has to be empty. Each figure is the median of nine.
The peer is one statement with the same window over the same table, as it was asked before there was an index for it.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from antalya.model import Minima
from antalya.model.operations import ACTIVITIES
from antalya.picture import prepare
from antalya.store.rows import STORED, micros, text_of
from antalya.wiring import open_store
from benchmarks.plans import START, operation, volumes

DAYS = 180
_HOUR = 3_600_000_000
_COLUMNS = ("operation (seq, id, version, party, state, starts_at, ends_at, filed_at, moved_at, first_filed_at, movement, kid, "
            "leaf, body, current)")


def fill(store: Any, count: int, together: int = 20_000) -> None:
    """So many operations that are over, in the order in which they were filed."""
    chance, plans, first = random.Random(7), volumes(1_000), micros(START)
    parties = ("TR", "RU", "US")
    bodies = [text_of(operation(n, v, parties[n % 3])) for n, v in enumerate(plans)]

    def rows(at: int) -> list[tuple[object, ...]]:
        made = []
        for n in range(at, min(at + together, count)):
            filed = first + n * DAYS * 24 * _HOUR // count
            starts = filed + int(chance.uniform(0, 48) * _HOUR)
            long = 720 if n % 1_000 == 0 else chance.choice((0.3, 0.5, 1, 2, 3, 3, 8, 24, 72))
            made.append((n + 1, f"{n:032d}", 1, parties[n % 3], "filed", starts, starts + int(long * _HOUR), filed, filed, filed,
                         "m" * 64, None, 0, bodies[n % 999], 1))
        return made
    store.write(lambda tx: tx.append_leaf(b"leaf", bytes(16), None))
    for at in range(0, count, together):
        store.write(lambda tx, at=at: tx._insert(_COLUMNS, rows(at)))


def median_ms(store: Any, look: Callable[[Any], object]) -> float:
    """The median of nine, in milliseconds."""
    took = []
    for _ in range(9):
        with store.read() as tx:
            began = time.perf_counter()
            look(tx)
            took.append(1_000 * (time.perf_counter() - began))
    return statistics.median(took)


def main() -> None:
    """Fills a store, asks, prints."""
    numbers = [word for word in sys.argv[1:] if word.isdigit()]
    addresses = [word for word in sys.argv[1:] if "://" in word]
    count = int(numbers[0]) if numbers else 100_000
    with tempfile.TemporaryDirectory() as scratch:
        where: Any = addresses[0] if addresses else Path(scratch) / "past.sqlite"
        store: Any = open_store(where)
        fill(store, count)
        if addresses:
            store._turns.db.execute("VACUUM ANALYZE")
        print(f"{count:,} operations that are over, in {'PostgreSQL' if addresses else 'SQLite'}; 500 a page, ms")
        day = START + timedelta(days=60)
        windows = {"an hour": (day, day + timedelta(hours=1)), "a day": (day, day + timedelta(days=1)),
                   "a month": (day, day + timedelta(days=30)), "all there is": (START, START + timedelta(days=400))}
        for what, window in windows.items():
            ours = median_ms(store, lambda tx: tx.operations(*window, limit=500))  # noqa: B023
            partys = median_ms(store, lambda tx: tx.operations(*window, seen_by="RU", limit=500))  # noqa: B023
            before = [0, micros(window[0]), micros(window[1]), 500]
            walk = median_ms(store, lambda tx: tx._rows(
                STORED + "WHERE current = 1 AND seq > ? AND ends_at >= ? AND starts_at < ? ORDER BY seq LIMIT ?", before))  # noqa: B023
            print(f"  {what:13} broker {ours:7.1f}   a party {partys:7.1f}   one statement before {walk:7.1f}")
        store.close()
        began = time.perf_counter()
        store = open_store(where)
        subject = prepare(operation(0, volumes(1)[0]), START)
        held = store.write(lambda tx: (tx.near(subject, (Minima(),) * len(ACTIVITIES)), len(tx._caches.hot.index))[1])
        print(f"  opened again and asked what is near: {1_000 * (time.perf_counter() - began):.0f} ms, "
              f"{held} volumes in memory")
        store.close()


if __name__ == "__main__":
    main()
