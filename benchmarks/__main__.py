"""`python -m benchmarks [--quick] [PART …]`: measures, prints the table, and writes it into the document.

`--quick` takes small sizes and writes nothing: it shows that the benchmarks run. Nothing is written either where only some
parts are asked for.
"""

import os
import platform
import sys
import time
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.table import Part, Row, markdown, times

PARTS = ("batch", "index", "check", "start", "tracks", "filing", "door", "looks", "dss")
PAGE = Path(__file__).resolve().parents[1] / "docs/performance.md"
BEGIN, END = "<!-- table: made by `make bench` -->", "<!-- end of table -->"


def main() -> int:
    """Runs what is asked for; the exit code (2: no such part)."""
    given = sys.argv[1:]
    names = [word for word in given if word != "--quick"]
    if unknown := [name for name in names if name not in PARTS]:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}, and --quick", file=sys.stderr)
        return 2
    quick, whole = "--quick" in given, names in ([], list(PARTS))
    began, found = time.perf_counter(), list[Part]()
    for name in names or PARTS:
        print(f"{name} …", file=sys.stderr, flush=True)
        found.append(import_module(f"benchmarks.{name}").part(quick))
    rows, said = [row for part in found for row in part.rows], [line for part in found for line in part.said]
    machine = (f"Python {platform.python_version()} ({_built()}), {os.cpu_count()} cores, {_load()}"
               f"{time.perf_counter() - began:.0f} s in all.")
    _print(rows, [*said, machine])
    if whole and not quick:
        head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        lines = "\n".join(f"- {line}" for line in said)
        PAGE.write_text(f"{head}{BEGIN}\n{markdown(rows)}\n\n{lines}\n\n{machine}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return 0


def _built() -> str:
    """Whose Python it is: how it was built matters (docs/adr/0017)."""
    where = Path(sys.executable).resolve()
    return "the system's own" if where.parent == Path("/usr/bin") else "not the system's own"


def _load() -> str:
    """What else the machine did, as far as it tells."""
    return f"load average {os.getloadavg()[1]:.1f} over the last 5 minutes, " if hasattr(os, "getloadavg") else ""


def _print(rows: list[Row], said: list[str]) -> None:
    table = Table("What", "Antalya", "Peer in the same run", "Its figure", "Ratio")
    for row in rows:
        table.add_row(row.what, row.ours, row.peer, row.theirs, times(row.ratio))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    for line in said:
        console.print(line, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
