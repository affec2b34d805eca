"""One row of the table, and how the table is written."""

import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, the peer's figure in the same run, and how many times faster we are (None: no peer)."""

    what: str
    ours: str
    peer: str
    theirs: str
    ratio: float | None


def markdown(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = ["| What | Antalya | Peer in the same run | Its figure | Ratio |", "|---|---|---|---|---|"]
    lines += [f"| {r.what} | {r.ours} | {r.peer} | {r.theirs} | {'–' if r.ratio is None else f'{r.ratio:.2f}×'} |" for r in rows]
    return "\n".join(lines)


def peak_mb() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
