"""One row of the table, how the table is written, and what memory was used."""

import resource
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """What was measured, the peer's figure in the same run, and how many times faster we are (None: not comparable)."""

    what: str
    ours: str
    peer: str
    theirs: str
    ratio: float | None


@dataclass(frozen=True)
class Part:
    """Rows that belong together, and what they say about each other, in sentences made of their figures."""

    rows: list[Row]
    said: list[str]


def markdown(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = ["| What | Antalya | Peer in the same run | Its figure | Ratio |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.ours} | {r.peer} | {r.theirs} | {times(r.ratio)} |" for r in rows]
    return "\n".join(lines)


def times(ratio: float | None) -> str:
    """A ratio with two digits that say something: 12×, 1.2×, 0.12×, 0.012×."""
    if ratio is None:
        return "–"
    return f"{ratio:.0f}×" if ratio >= 10 else f"{ratio:.2g}×"


def peak_mb() -> float:
    """Peak memory of this process so far, MB. Linux counts ru_maxrss on from the parent's, so there it is VmHWM; ru_maxrss is in
    KB, on macOS in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text(encoding="ascii").split("VmHWM:")[1].split()[0]) / 1_024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1_024)
