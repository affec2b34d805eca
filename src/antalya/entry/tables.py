"""Tables of a day for terminals: its findings, the clearance of each operation, and who sees how much of what."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from rich.box import ASCII, HORIZONTALS, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from antalya.entry.report import Row, View, moments
from antalya.entry.terminal import minutes

WIDE = 140
"""From so many columns on, a finding is one row of seven columns; in fewer it is a block of labelled lines."""

_STATE_STYLE = {"BLOCKED": "bold red", "REFUSED": "bold red", "HELD": "bold yellow", "SETTLED": "green", "NOTED": "dim",
                "CLOSED": "dim", "CLEAR": "green"}
_ENDS = re.compile(r"[\t\n]+")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


def findings_table(console: Console, found: Sequence[Row]) -> None:
    """Prints the rows: a table from `WIDE` columns on, blocks of labelled lines in fewer."""
    if not found:
        console.print("No findings.")
    elif console.width >= WIDE:
        console.print(_wide(console, found))
    else:
        for number, row in enumerate(found, 1):
            console.print(_block(console, number, row))


def clearances_table(console: Console, picture: View) -> None:
    """Prints the clearance of each operation of the broker's picture."""
    names = {party["id"]: party["name"] for party in picture["parties"]}
    table = Table(box=_box(console), pad_edge=False, header_style="bold")
    for title in ("Party", "Operation", "When (UTC)", "Clearance"):
        table.add_column(title, overflow="fold", no_wrap=title == "Clearance")
    for view in picture["operations"]:
        noun = view["operation"]
        starts, ends = min(moments(view, "starts_at")), max(moments(view, "ends_at"))
        state = str(view["clearance"] or "none").upper()
        table.add_row(plain(names.get(noun["party"], noun["party"])), plain(noun.get("title") or noun["activity"]),
                      Text(when(starts, ends)), Text(state, style=_STATE_STYLE.get(state, "")))
    console.print(table)


def sight_table(console: Console, picture: View, views: Mapping[str, View]) -> None:
    """Prints the same day as each party sees it: how much of each operation is shown to whom, on the disclosure ladder.

    `picture` and `views` as for `report.rows`.
    """
    names = {party["id"]: party["name"] for party in picture["parties"]}
    sides = {f["id"]: {f["operation"], f["other"]} for f in picture["findings"]}
    table = Table(box=_box(console), pad_edge=False, header_style="bold")
    for title in ("Operation", *(names.get(party, party) for party in views)):
        table.add_column(plain(title), overflow="fold")
    for operation in picture["operations"]:
        noun = operation["operation"]
        levels = [_level(operation["id"], view, sides) for view in views.values()]
        table.add_row(plain(noun.get("title") or noun["activity"]),
                      *(Text(level, style="dim" if level == "nothing" else "") for level in levels))
    console.print(table)


def _level(operation: str, view: View, sides: Mapping[str, set[str]]) -> str:
    shown = next((str(o["level"]) for o in view["operations"] if o["id"] == operation), None)
    meets = any(operation in sides.get(f["id"], ()) for f in view["findings"])
    return shown or ("overlap" if meets else "nothing")


def when(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """`2017-03-08 04:00–07:00`, or `2017-03-08 22:00 – 2017-03-09 04:00`; `–` without a window."""
    if starts_at is None or ends_at is None:
        return "–"
    first, last = minutes(starts_at), minutes(ends_at, up=True)
    return f"{first}–{last[11:]}" if first[:10] == last[:10] else f"{first} – {last}"


def plain(value: str) -> Text:
    """Text without markup, in one line: what somebody wrote looks like no line of ours. Right-to-left words are isolated, so that
    they reorder nothing around them in a terminal."""
    value = _ENDS.sub(" ", value)
    return Text(f"\u2068{value}\u2069" if _RIGHT_TO_LEFT.search(value) else value)


def _lines(values: Iterable[str]) -> Text:
    return Text("\n").join([plain(value) for value in values]) or Text("–")


def _told_lines(row: Row) -> Text:
    return _lines(f"{told.party}: {told.level}" + (f", {told.at:%m-%d %H:%M}" if told.at else "") for told in row.told)


def _box(console: Console) -> Box:
    return ASCII if console.options.ascii_only else HORIZONTALS


def _wide(console: Console, found: Sequence[Row]) -> Table:
    table = Table(box=_box(console), show_lines=True, pad_edge=False, header_style="bold", expand=True)
    table.add_column("State", no_wrap=True)
    told = any(row.told for row in found)  # a check of files tells nobody
    for title, ratio in (("Who", 5), ("What", 4), ("Where", 3), ("When (UTC)", 3), ("Why", 6), ("What would remove it", 6),
                         *([("Who was told what (UTC)", 4)] if told else [])):
        table.add_column(title, ratio=ratio, min_width=11, overflow="fold")
    for row in found:
        table.add_row(Text(row.state, style=_STATE_STYLE[row.state]), _lines(row.who), plain(row.what), plain(row.where),
                      Text(when(row.starts_at, row.ends_at)), plain(row.why), _lines(row.remedies),
                      *([_told_lines(row)] if told else []))
    return table


def _block(console: Console, number: int, row: Row) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, style="dim", min_width=8)
    table.add_column(overflow="fold")
    table.add_row(Text(f"{number}"), Text(row.state, style=_STATE_STYLE[row.state]))
    for label, text in (("who", _lines(row.who)), ("what", plain(row.what)), ("where", plain(row.where)),
                        ("when", Text(f"{when(row.starts_at, row.ends_at)} UTC" if row.starts_at else "–")),
                        ("why", plain(row.why)), ("remedy", _lines(row.remedies)),
                        *([("told", _told_lines(row))] if row.told else [])):
        table.add_row(Text(label), text)
    table.add_row(Text(""), Text(""))
    return table
