"""The report of `antalya check` for people: the table of findings, and a line that sums it up."""

from collections import Counter
from datetime import datetime

import msgspec
from rich.console import Console

from antalya.entry.places import describe
from antalya.entry.report import GIVES_WAY, Row, heights
from antalya.entry.tables import findings_table
from antalya.model.volume import MultiPolygon, Polygon
from antalya.wire.report import Entry, Report, by_whom, sides

SHOWN = 200
"""More findings than this are counted, not shown: a table of thousands is no help, and slow."""
REMEDIES = 6
_STATES = {"block": "BLOCKED", "hold": "HELD", "none": "NOTED"}
_SEVERITIES = ("critical", "warning", "caution", "info")


def print_report(console: Console, report: Report) -> None:
    """Prints the findings, gravest first, and what was looked at."""
    if report.findings:
        findings_table(console, [_row(entry) for entry in report.first(SHOWN)])
        if len(report.findings) > SHOWN:
            console.print(f"… and {len(report.findings) - SHOWN:,} more: --format csv, json or geojson has them all.\n")
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
    how = ", ".join(f"{severities[severity]:,} {severity}" for severity in _SEVERITIES if severities[severity])
    return f"{_count(len(report.findings), 'finding')} ({how}) {among}"


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' if n != 1 else ''}"


def _row(entry: Entry) -> Row:
    remedies = by_whom(entry["remedies"], sides(entry))
    more = (f"and {len(remedies) - REMEDIES} more",) if len(remedies) > REMEDIES else ()
    return Row(id=entry["id"], state=_STATES[entry["effect"]], who=_who(entry), what=_what(entry), where=_where(entry),
               starts_at=_instant(entry["from"]), ends_at=_instant(entry["to"]), why=_why(entry),
               remedies=remedies[:REMEDIES] + more, told=())


def _who(entry: Entry) -> tuple[str, ...]:
    sides = [f"{party}: {name}" if party else name for name, party in zip(entry["between"], entry["parties"], strict=True)]
    if entry["gives_way"] is not None:
        sides[entry["between"].index(entry["gives_way"])] += GIVES_WAY
    return (*sides, f"site {entry['site']}") if entry["site"] else tuple(sides)


def _what(entry: Entry) -> str:
    what = f"{entry['kind'].capitalize()}, {entry['severity']}"
    return f"{what}; {entry['rule_kind']} rule {entry['rule']} of {entry['understanding']}" if entry["rule"] else what


def _where(entry: Entry) -> str:
    if entry["where"] is None:
        return "–"
    place = describe(msgspec.convert(entry["where"], Polygon | MultiPolygon))
    return place if entry["lower_m"] is None else f"{place}, {heights(entry['lower_m'], entry['upper_m'])}"


def _why(entry: Entry) -> str:
    nearest = ((entry["distance_m"], "m across"), (entry["vertical_gap_m"], "m in height"), (entry["time_gap_s"], "s in time"))
    gaps = [f"{value:,.0f} {unit}" for value, unit in nearest if value]
    text: str = entry["text"]
    return f"{text} Apart by {' and '.join(gaps)}." if gaps and entry["kind"] == "clash" else text


def _instant(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
