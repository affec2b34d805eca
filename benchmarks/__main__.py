"""`python -m benchmarks [--quick] [ROW …]`: runs the rows, prints the table, and writes it into docs/performance.md."""

import os
import platform
import sys
import time
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.table import Row, markdown, peak_mb

ROWS = ("batch", "filing", "door")
PAGE = Path(__file__).resolve().parents[1] / "docs/performance.md"
BEGIN, END = "<!-- table: made by `make bench` -->", "<!-- end of table -->"


def main() -> None:
    """Runs what is asked for; the document is written only by a whole, full run."""
    quick, wanted = "--quick" in sys.argv, [a for a in sys.argv[1:] if not a.startswith("-")] or list(ROWS)
    began, rows = time.perf_counter(), list[Row]()
    for name in wanted:
        rows += import_module(f"benchmarks.{name}").rows(quick)
    table = Table("What", "Antalya", "Peer in the same run", "Its figure", "Ratio")
    for row in rows:
        table.add_row(row.what, row.ours, row.peer, row.theirs, "–" if row.ratio is None else f"{row.ratio:.2f}×")
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    said = (f"Python {platform.python_version()}, {os.cpu_count()} cores, peak memory {peak_mb():.0f} MB, "
            f"{time.perf_counter() - began:.0f} s in all.")
    print(said)
    if not quick and wanted == list(ROWS):
        head, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        tail = rest.split(END)[1]
        PAGE.write_text(f"{head}{BEGIN}\n{markdown(rows)}\n\n{said}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
