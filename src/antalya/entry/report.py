"""The findings as a table a person can read: who, what, where, when, why, what would remove it, who was told what.

`rows` gathers the rows from the views the exchange gives out; `findings_table`, `clearances_table` and `sight_table` print them
with rich.
Nothing is decided or redacted here.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from rich.box import ASCII, HORIZONTALS, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from antalya.entry.places import describe
from antalya.entry.terminal import minutes
from antalya.model.volume import Outline
from antalya.wire.report import by_whom

View = Mapping[str, Any]

WIDE = 140
"""From so many columns on, a finding is one row of seven columns; in fewer it is a block of labelled lines."""

_STATE_STYLE = {"BLOCKED": "bold red", "REFUSED": "bold red", "HELD": "bold yellow", "SETTLED": "green", "NOTED": "dim",
                "CLOSED": "dim", "CLEAR": "green"}
_ORDER = ("BLOCKED", "REFUSED", "HELD", "SETTLED", "NOTED", "CLOSED")
_WHAT = {"clash": "Clash", "breach": "Breach", "hazard": "Hazard to a protected site", "alert": "Alert"}
_WHY = {"joint-force": "Breach, a force of another party without its consent"}
"""Findings of built-in rules, which have no kind of rule to name."""
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_PLACES = 2
UNSEEN = "another party"
GIVES_WAY = " (gives way)"
"""Stands after the operation of a clash that its findings call "the operation", which holds until the clash is settled."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one party was told of a finding: `level` of the disclosure ladder, with the state of what it is asked; `at` when,
    None where it was only made visible."""

    party: str
    level: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One finding, in words. `state`: BLOCKED; REFUSED where somebody who is asked said no; HELD; SETTLED; NOTED (it only
    warns); CLOSED (it is over, since `closed_at`). Times are in UTC; None where it has no window."""

    id: str
    state: str
    who: tuple[str, ...]
    what: str
    where: str
    starts_at: datetime | None
    ends_at: datetime | None
    why: str
    remedies: tuple[str, ...]
    told: tuple[Told, ...]
    closed_at: datetime | None = None


def rows(picture: View, views: Mapping[str, View]) -> list[Row]:
    """The rows of a picture, gravest first, then by time.

    `picture` is what /v1/picture gives the broker, `views` what it gives each party, by its id: from these comes the level
    at which a party sees a finding; from the broker's list of what was told, since when.
    """
    names = {party["id"]: party["name"] for party in picture["parties"]}
    operations = {view["id"]: view for view in picture["operations"]}
    sites = {site["id"]: site["name"] for site in picture["sites"]}
    found = [Row(id=f["id"], state=_state(f, picture), who=_who(f, operations, names, sites), what=_what(f, picture),
                 where=_where(f, operations), starts_at=starts_at, ends_at=ends_at, why=f["text"],
                 remedies=by_whom(f["remedies"], _short_names(f, operations, names)),
                 told=tuple(_told(f, picture, views, names)), closed_at=_instant(f["closed_at"]))
             for f in picture["findings"] for starts_at, ends_at in [_window(f, operations)]]
    return sorted(found, key=lambda row: (_ORDER.index(row.state), row.starts_at is None, row.starts_at, row.who))


def _state(finding: View, picture: View) -> str:
    if finding["closed_at"] is not None:
        return "CLOSED"
    if finding["effect"] in ("none", "block"):
        return "NOTED" if finding["effect"] == "none" else "BLOCKED"
    if finding["settled"]:
        return "SETTLED"
    no = any(ask["finding"] == finding["id"] and ask["state"] == "refused" for ask in picture["asks"])
    return "REFUSED" if no else "HELD"


def _who(finding: View, operations: Mapping[str, View], names: Mapping[str, str], sites: Mapping[str, str]) -> tuple[str, ...]:
    both = (finding["operation"], finding["other"])
    sides = [_operation(operations[o], names) for o in both if o in operations]
    if finding["kind"] == "clash":  # with a side that the viewer may not see, it must still be plain which one gives way
        sides = [_operation(operations[o], names) if o in operations else o or UNSEEN for o in both]
        sides[0] += GIVES_WAY
    return (*sides, sites[finding["site"]]) if finding["site"] in sites else tuple(sides)


def _short_names(finding: View, operations: Mapping[str, View], names: Mapping[str, str]) -> dict[str, str]:
    """Names for the two sides of a clash: their parties', or the operations' own where both are of one; none for the rest."""
    ids = [o for o in (finding["operation"], finding["other"]) if o in operations]
    nouns = {o: operations[o].get("operation", operations[o]) for o in ids}
    parties = {o: names.get(noun["party"], noun["party"]) for o, noun in nouns.items()}
    if len(ids) < 2 or len(set(parties.values())) == 2:
        return parties if len(ids) == 2 else {}
    return {o: noun.get("title") or o for o, noun in nouns.items()}


def _operation(view: View, names: Mapping[str, str]) -> str:
    noun = view.get("operation", view)
    return f"{names.get(noun['party'], noun['party'])}: {noun.get('title') or noun['activity']}"


def _what(finding: View, picture: View) -> str:
    what = _WHY.get(str(finding["why"])) or _WHAT.get(str(finding["kind"]), str(finding["kind"]))
    if finding["rule_kind"] is None:
        return what
    titles = {u["id"]: u["title"] for u in picture["understandings"]}
    agreed = titles.get(finding["understanding"])
    return f"{what}, {finding['rule_kind']} rule" + (f" of “{agreed}”" if agreed else "")


def _where(finding: View, operations: Mapping[str, View]) -> str:
    """Where things meet; else where the operation is, as far as the viewer sees it."""
    regions = [msgspec.convert(met["region"], Outline) for met in finding["met"] if met["region"] is not None]
    view = operations.get(finding["operation"] or "")
    if not regions and view is not None:
        return describe(msgspec.convert(_volumes(view)[0]["outline"], Outline)) + (" (envelope)" if "envelope" in view else "")
    found = list(dict.fromkeys(describe(region) for region in regions))
    more = f" and {len(found) - _PLACES} more places" if len(found) > _PLACES else ""
    return "; ".join(found[:_PLACES]) + more or "–"


def _window(finding: View, operations: Mapping[str, View]) -> tuple[datetime | None, datetime | None]:
    """When it is; where it doesn't say, when its operation is."""
    view = operations.get(finding["operation"] or "")
    if finding["starts_at"] is not None or view is None:
        return _instant(finding["starts_at"]), _instant(finding["ends_at"])
    return min(_moments(view, "starts_at")), max(_moments(view, "ends_at"))


def _told(finding: View, picture: View, views: Mapping[str, View], names: Mapping[str, str]) -> Iterable[Told]:
    for party, view in views.items():
        level = next((f["level"] for f in view["findings"] if f["id"] == finding["id"]), None)
        asks = [a for a in view["asks"] if a["finding"] == finding["id"] and a["of"] == party]
        if level is None and not asks:
            continue
        about = {finding["id"], *(a["id"] for a in asks)}
        told = [_instant(t["at"]) for t in picture["told"] if t["party"] == party and t["subject"] in about]
        states = dict.fromkeys(str(a["state"]) for a in asks)
        asked = f", asked ({', '.join(states)})" if asks else ""
        yield Told(names.get(party, party), (level or "overlap") + asked, min((t for t in told if t is not None), default=None))


def _instant(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


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
        starts, ends = min(_moments(view, "starts_at")), max(_moments(view, "ends_at"))
        state = str(view["clearance"] or "none").upper()
        table.add_row(plain(names.get(noun["party"], noun["party"])), plain(noun.get("title") or noun["activity"]),
                      Text(when(starts, ends)), Text(state, style=_STATE_STYLE.get(state, "")))
    console.print(table)


def sight_table(console: Console, picture: View, views: Mapping[str, View]) -> None:
    """Prints the same day as each party sees it: how much of each operation is shown to whom, on the disclosure ladder.

    `picture` and `views` as for `rows`.
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


def _volumes(view: View) -> Sequence[View]:
    """The volumes of an operation, or of its envelope the one there is."""
    return [view["envelope"]] if "envelope" in view else view["operation"]["volumes"]


def _moments(view: View, end: str) -> list[datetime]:
    return [moment for volume in _volumes(view) if (moment := _instant(volume[end])) is not None]


def when(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """`2017-03-08 04:00–07:00`, or `2017-03-08 22:00 – 2017-03-09 04:00`; `–` without a window."""
    if starts_at is None or ends_at is None:
        return "–"
    first, last = minutes(starts_at), minutes(ends_at, up=True)
    return f"{first}–{last[11:]}" if first[:10] == last[:10] else f"{first} – {last}"


def plain(value: str) -> Text:
    """Text without markup. Right-to-left words are isolated, so that they reorder nothing around them in a terminal."""
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
