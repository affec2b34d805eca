"""Starting from a full store: the index in memory out of the table `volumes`, until the first question can be asked.

The peer reads the same rows of the same file and does nothing with them. Each runs in a process of its own, in turn, so that peak
memory is its own; the compiled code is loaded before the clock starts, as it is once for a machine. The best of three.
"""

import multiprocessing
import sqlite3
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from antalya.geometry.index import warm
from antalya.store.group import Group
from antalya.store.hot import Hot
from benchmarks.exchanges import made, stock
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row, peak_mb, times

_ROWS = "SELECT operation, columns FROM volumes ORDER BY operation"


def _child(directory: Path, ours: bool, to: Connection) -> None:
    warm()
    before = peak_mb()
    with sqlite3.connect(directory / "antalya.sqlite") as db:
        began = time.perf_counter()
        if ours:
            count = len(Hot().current(lambda sql, values=(): db.execute(sql, values).fetchall(), Group()))
        else:
            count = sum(1 for _ in db.execute(_ROWS))
        to.send((time.perf_counter() - began, peak_mb() - before, count))
    to.close()


def run(directory: Path, ours: bool) -> tuple[float, float, int]:
    """(seconds, MB on top of the program, volumes) of one start or one reading."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("spawn").Process(target=_child, args=(directory, ours, sender))
    child.start()
    sender.close()
    try:
        got: tuple[float, float, int] = receiver.recv()
    finally:
        child.join()
    return got


def part(quick: bool) -> Part:
    """At two sizes."""
    rows, seen = [], list[float]()
    sizes = (2_000,) if quick else (100_000, 1_000_000)
    for count in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            made(Path(scratch) / "full")
            stock(Path(scratch) / "full", count, tomorrow())
            pairs = [(run(Path(scratch) / "full", True), run(Path(scratch) / "full", False)) for _ in range(1 if quick else 3)]
        (ours_s, ours_mb, held), (theirs_s, theirs_mb, read) = (min(these) for these in zip(*pairs, strict=True))
        assert held == read == count
        seen.append(ours_s)
        rows.append(Row(f"start from a store with {count:,} operations: the index filled", f"{ours_s:.2f} s, {ours_mb:,.0f} MB",
                        "reading the same rows", f"{theirs_s:.2f} s, {theirs_mb:,.0f} MB", theirs_s / ours_s))
    return Part(rows, [f"Start, {sizes[-1]:,} operations instead of {sizes[0]:,}: {times(seen[-1] / seen[0])}."])
