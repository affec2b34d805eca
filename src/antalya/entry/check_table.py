"""The report of `antalya check` as a table: how grave, who, where, when, why, what would remove it."""

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
from rich.box import ASCII, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from antalya.entry.places import describe
from antalya.entry.report import plain, when
from antalya.model.volume import MultiPolygon, Polygon
from antalya.wire.report import Entry, Report

ROWS = 200
"""More findings than this are counted, not shown: a table of thousands is no help, and slow."""
REMEDIES = 3
_STYLES = {"critical": "bold red", "warning": "bold yellow", "caution": "yellow", "info": "dim"}


def print_report(console: Console, report: Report) -> None:
    """Prints the findings, gravest first, and a line that sums them up."""
    if report.findings:
        console.print(_table(console, report.first(ROWS)))
        if len(report.findings) > ROWS:
            console.print(f"… and {len(report.findings) - ROWS:,} more: --format csv, json or geojson has them all.\n")
    console.print(summary(report), markup=False, highlight=False, soft_wrap=True)
    if report.altitudes:
        used = "; ".join(f"{model} (widened by up to {metres:.0f} m)" for model, metres in sorted(report.altitudes.items()))
        console.print(f"Altitudes converted: {used}.", markup=False, highlight=False, soft_wrap=True)


def summary(report: Report) -> str:
    """`3 findings (2 critical, 1 warning) among 12 operations (40 volumes).`"""
    volumes = sum(len(operation.volumes) for operation in report.operations.values())
    among = f"among {_count(len(report.operations), 'operation')} ({_count(volumes, 'volume')})."
    if report.clear:
        return f"Clear: nothing found {among}"
    severities = Counter[str](finding.severity for finding in report.findings)
    how = ", ".join(f"{severities[severity]:,} {severity}" for severity in _STYLES if severities[severity])
    return f"{_count(len(report.findings), 'finding')} ({how}) {among}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' if n != 1 else ''}"


def _table(console: Console, entries: list[Entry]) -> Table:
    table = Table(box=ASCII if console.options.ascii_only else SIMPLE_HEAD, show_lines=True, pad_edge=False, header_style="bold",
                  expand=console.width < 200)
    table.add_column("Severity", no_wrap=True)
    for title, ratio in (("Who", 4), ("What", 3), ("Where", 4), ("When (UTC)", 3), ("Why", 6), ("What would remove it", 6)):
        table.add_column(title, ratio=ratio, overflow="fold")
    for entry in entries:
        table.add_row(Text(entry["severity"], style=_STYLES[entry["severity"]]), _lines(_who(entry)), plain(_what(entry)),
                      _lines(_where(entry)), Text(when(_instant(entry["from"]), _instant(entry["to"]))), _lines(_why(entry)),
                      _lines(_remedies(entry)))
    return table


def _lines(values: list[str]) -> Text:
    return Text("\n").join([plain(value) for value in values]) or Text("–")


def _who(entry: Entry) -> list[str]:
    sides = [f"{name} ({party})" if party else name for name, party in zip(entry["between"], entry["parties"], strict=True)]
    return [*sides, f"site {entry['site']}"] if entry["site"] else sides


def _what(entry: Entry) -> str:
    return f"{entry['kind']}, {entry['rule_kind']} rule {entry['rule']!r}" if entry["rule"] else str(entry["kind"])


def _where(entry: Entry) -> list[str]:
    if entry["where"] is None:
        return []
    lines = [describe(msgspec.convert(entry["where"], Polygon | MultiPolygon))]
    if entry["lower_m"] is not None:
        lines.append(f"{entry['lower_m']:,.0f} to {entry['upper_m']:,.0f} m")
    return lines


def _why(entry: Entry) -> list[str]:
    nearest = ((entry["distance_m"], "m apart"), (entry["vertical_gap_m"], "m above each other"),
               (entry["time_gap_s"], "s between them"))
    gaps = [f"{value:,.0f} {unit}" for value, unit in nearest if value]
    return [entry["text"], *([f"At the nearest: {', '.join(gaps)}."] if gaps and entry["kind"] == "clash" else [])]


def _remedies(entry: Entry) -> list[str]:
    texts = list(dict.fromkeys(remedy["text"] for remedy in entry["remedies"]))
    return [*texts[:REMEDIES], *([f"and {len(texts) - REMEDIES} more"] if len(texts) > REMEDIES else [])]


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
