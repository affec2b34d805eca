"""One durable filing, in process, as the store grows: admit, who is near, detect, weigh, ask, record, commit with fsync.
Then how long an exchange with that store takes to start."""

import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from antalya.exchange import filing
from antalya.exchange.hub import Evidence, Hub
from antalya.steps.disclose import Viewer
from antalya.wire.canonical import canonical
from benchmarks import bare
from benchmarks.exchanges import PARTIES, fill, made, opened, plans_of, served
from benchmarks.plans import tomorrow
from benchmarks.table import Part, Row, times

WARM = 20
"""The first filings are not counted: their imports, connections and statements come once."""


@dataclass(frozen=True)
class Measured:
    """Filings at one size: wall time in ms (p50, p99), and what of the mean was CPU."""

    p50: float
    p99: float
    cpu: float


def measured(hub: Hub, size: int, tries: int, start: datetime) -> Measured:
    """Files `tries` operations, one after the other, and times each."""
    plans = plans_of(10**9 + size * 10, WARM + tries, start)
    filings = [(plan, Evidence(canonical(plan))) for plan in plans]
    took, cpu = [], 0.0
    for k, (plan, evidence) in enumerate(filings):
        if k == WARM:
            cpu = time.process_time()
        began = time.perf_counter()
        filing.file(hub, Viewer(PARTIES[0]), plan, evidence)
        took.append((time.perf_counter() - began) * 1_000)
    cpu = time.process_time() - cpu
    p50, p99 = np.percentile(took[WARM:], [50, 99])
    return Measured(float(p50), float(p99), cpu * 1_000 / tries)


def part(quick: bool) -> Part:
    """p50 and p99 of a filing at growing sizes, and starting an exchange of the greatest."""
    sizes = (300,) if quick else (1_000, 10_000, 100_000)
    tries = 30 if quick else 500
    rows, found, held = [], list[Measured](), 0
    with tempfile.TemporaryDirectory() as scratch:
        directory, start = Path(scratch) / "full", tomorrow()
        made(directory)
        hub = opened(directory)
        try:
            for size in sizes:
                fill(hub, held, size - held, start)
                held = size
                _, p50, p99 = bare.insert_ms(Path(scratch), tries)
                ours = measured(hub, size, tries, start)
                found.append(ours)
                rows.append(Row(f"one filing, {size:,} operations stored",
                                f"p50 {ours.p50:.1f} ms, p99 {ours.p99:.1f} ms ({ours.cpu:.1f} ms CPU)",
                                "bare insert of the same bytes, one commit", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms",
                                p50 / ours.p50))
        finally:
            hub.store.close()
        rows.append(started(Path(scratch), directory, held, 1 if quick else 5))
    return Part(rows, [
        f"One filing, from {sizes[0]:,} to {sizes[-1]:,} operations stored ({times(sizes[-1] / sizes[0])}): p50 "
        f"{times(found[-1].p50 / found[0].p50)}, CPU {times(found[-1].cpu / found[0].cpu)}."])


def started(scratch: Path, full: Path, held: int, tries: int) -> Row:
    """Starting `antalya serve` until it takes requests: a full store against an empty one, in turn; the medians."""
    made(scratch / "empty")
    took: dict[Path, list[float]] = {full: [], scratch / "empty": []}
    for _ in range(tries):
        for directory, seconds in took.items():
            with served(directory) as server:
                seconds.append(server.start_s)
    ours, theirs = (float(np.median(seconds)) for seconds in took.values())
    return Row(f"start of `antalya serve`, {held:,} operations stored", f"{ours:.2f} s", "the same with an empty store",
               f"{theirs:.2f} s", theirs / ours)
