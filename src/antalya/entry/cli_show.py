"""`antalya show`: what an exchange shows you, as tables or JSON."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

from antalya.entry.client import LOCAL, Exchange, Token, TokenFile, Url, address
from antalya.entry.terminal import AsJson, minutes, print_table, say, short, warn
from antalya.model.errors import AntalyaError, error

Row = tuple[str, ...]
_RAN_OUT = {"expired", "withdrawn"}
_PAST = ("closed", *_RAN_OUT)
_MOST_FINDINGS = 5_000
"""As many as an exchange gives at once; it has no pages of findings."""


def _operation(view: Any) -> Row:
    noun = view.get("operation", view)
    times = [view["envelope"]] if "envelope" in view else noun["volumes"]
    return (view["id"], noun["party"], noun["activity"], short(min(t["starts_at"] for t in times)),
            short(max(t["ends_at"] for t in times), up=True), noun["state"],
            view["level"] if "envelope" in view else view["clearance"] or "", noun.get("title", ""))


def _until(ask: Any) -> str | None:
    """By when an answer is due, then when a yes ends."""
    until: str | None = ask["deadline"] if ask["state"] == "open" else ask["valid_until"]
    return until


def _ask(view: Any) -> Row:
    return (view["id"], view["kind"], view["state"], view["of"] or "another party", short(_until(view)), view["finding"],
            view["text"])


def _claim(view: Any) -> Row:
    return view["id"], view["claimant"], view["force"], view["area"], short(view["since"]), short(view["until"])


def _agreed(view: Any) -> Row:
    return (view["id"], view["status"], ", ".join(view["signatories"]), ", ".join(r["kind"] for r in view["rules"]),
            short(view["since"]), short(view["until"]), view["title"])


KINDS: dict[str, tuple[Row, Callable[[Any], Row]]] = {
    "operations": (("Id", "Party", "Activity", "Starts (UTC)", "Ends", "State", "Clearance", "Title"), _operation),
    "asks": (("Id", "Kind", "State", "Of", "Until (UTC)", "Finding", "What"), _ask),
    "understandings": (("Id", "Status", "Signatories", "Rules", "Since (UTC)", "Until", "Title"), _agreed),
    "areas": (("Id", "Name", "Source"), lambda v: (v["id"], v["name"], v["source"])),
    "sites": (("Id", "Owner", "Kind", "Until (UTC)", "Name"),
              lambda v: (v["id"], v["owner"], v["kind"], short(v["expires_at"]), v["name"])),
    "parties": (("Id", "Name", "Kind", "Keys"), lambda v: (v["id"], v["name"], v["kind"], str(len(v["keys"])))),
    "forces": (("Id", "Name", "Answers"), lambda v: (v["id"], v["name"], v["answers"])),
    "stances": (("Id", "Holder", "Towards", "Stance", "Since (UTC)"),
                lambda v: (v["id"], v["holder"], v["towards"], v["stance"], short(v["since"]))),
    "controls": (("Id", "Claimant", "Force", "Area", "Since (UTC)", "Until"), _claim),
}
_WHAT = (*KINDS, "findings", "picture", "me", "limits")


def _complete(begun: str) -> list[str]:
    return [name for name in _WHAT if name.startswith(begun)]


def show(
    what: Annotated[str, typer.Argument(
        help=f"{', '.join(_WHAT)}, or the id of anything.", autocompletion=_complete)] = "operations",
    past: Annotated[bool, typer.Option("--past", help="Closed findings and asks that are over, too.")] = False,
    starts: Annotated[str | None, typer.Option("--from", help="Operations that end at or after this (RFC 3339).")] = None,
    ends: Annotated[str | None, typer.Option("--to", help="Operations that start before this (RFC 3339).")] = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """What the exchange shows you: lists, one thing by its id, or the whole picture."""
    exchange = Exchange(url, token, token_file)
    if what == "picture":
        picture = exchange.get("/v1/picture").json()
        say(picture) if as_json else _print_picture(picture)
    elif what == "findings":
        found = exchange.get("/v1/findings", open=str(not past).lower(), limit=_MOST_FINDINGS).json()["items"]
        if len(found) >= _MOST_FINDINGS:
            warn(f"these are the newest {_MOST_FINDINGS:,}; there may be more: GET /v1/findings?operation=ID has those of one")
        say(found) if as_json else _print_findings(exchange.get("/v1/picture").json() | {"findings": found})
    elif what in KINDS:
        window = {"from_": starts, "to": ends} if what == "operations" else {}
        items = [i for i in exchange.items(f"/v1/{what}", **window) if what != "asks" or past or i["state"] not in _PAST]
        if what == "asks":  # whose pages go back in time
            items.sort(key=lambda ask: str(ask["id"]))
        say(items) if as_json else _print(what, items)
    else:
        one = exchange.get(f"/v1/{what}").json() if what in ("me", "limits") else _one(exchange, what)
        say(one) if as_json else _tree(one)


def _one(exchange: Exchange, id: str) -> Any:
    for kind in ("operations", "findings", *KINDS):
        try:
            return exchange.get(address(kind, id)).json()
        except AntalyaError as failure:
            if failure.code.name != "not_found":
                raise
    raise error("not_found", f"nothing with the id {id[:130]!r} that you may see; lists are {', '.join(_WHAT)}")


def _print(what: str, items: Iterable[Any]) -> None:
    columns, row = KINDS[what]
    print_table(columns, map(row, items), f"No {what}.")


def _print_picture(picture: Any) -> None:
    viewer = picture["viewer"]
    typer.echo(f"Seen by {viewer['name']} ({'broker' if viewer['broker'] else viewer['party']}) at {picture['now']}\n")
    for what in ("operations", "understandings"):
        _print(what, picture[what])
        typer.echo()
    _print("asks", [ask for ask in picture["asks"] if ask["state"] not in _PAST])
    typer.echo()
    _print_findings(picture)
    if picture["truncated"]:
        typer.echo("There is more: `antalya show operations` and `antalya show asks` have all of theirs.", err=True)


def _print_findings(picture: Any) -> None:
    """Findings as labelled lines, with their ids, gravest first."""
    from antalya.entry.report import rows
    from antalya.entry.tables import plain, when
    found = rows(picture, {})
    asks = _asks(picture)
    for row in found:
        typer.echo(f"{row.state}  {row.id}" + (f"  since {minutes(row.closed_at)} UTC" if row.closed_at else ""))
        window = f"{when(row.starts_at, row.ends_at)} UTC" if row.starts_at else "–"
        for label, lines in (("who", row.who or ("–",)), ("what", (row.what,)), ("where", (row.where,)), ("when", (window,)),
                             ("why", (row.why,)), ("remedy", row.remedies), ("asks", asks.get(row.id, ()))):
            for i, line in enumerate(lines):
                typer.echo(f"  {'' if i else label:7}{plain(line)}")
    if not found:
        typer.echo("No findings that you may see. What nobody filed was not checked.")


def _asks(picture: Any) -> dict[str, list[str]]:
    """What is asked about each finding, as lines: of each party what it was asked last, with the id that `antalya answer` takes;
    and how what holds and isn't asked any more is asked again."""
    last = {(a["finding"], a["of"], a["kind"]): a for a in sorted(picture["asks"], key=lambda a: str(a["asked_at"]))}
    held = {f["id"] for f in picture["findings"] if f["effect"] == "hold" and not f["settled"] and f["closed_at"] is None}
    lines: dict[str, list[str]] = {}
    for ask in last.values():
        until = f" until {short(_until(ask))} UTC" if _until(ask) and ask["state"] not in _PAST else ""
        again = "; `antalya file --update` by the operation's owner asks again"
        lines.setdefault(ask["finding"], []).append(
            f"{ask['kind']} of {ask['of'] or 'another party'}: {ask['state']}{until}, {ask['id']}"
            + (again if ask["state"] in _RAN_OUT and ask["finding"] in held else ""))
    return lines


def _tree(value: dict[str, Any], indent: str = "") -> None:
    """One thing as indented lines; what is empty is left out, and positions are counted. Further lines of a text are marked: they
    are none of ours."""
    for name, item in value.items():
        if name == "coordinates":
            typer.echo(f"{indent}{name}: {_positions(item)} positions")
        elif isinstance(item, dict) and item:
            typer.echo(f"{indent}{name}:")
            _tree(item, f"{indent}  ")
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            for i, part in enumerate(item):
                typer.echo(f"{indent}{name} {i + 1}:")
                _tree(part, f"{indent}  ")
        elif item not in (None, "", [], {}):
            text = ", ".join(map(str, item)) if isinstance(item, list) else str(item)
            typer.echo(f"{indent}{name}: {text}".replace("\n", f"\n{indent}  | "))


def _positions(rings: Any) -> int:
    return 1 if isinstance(rings[0], int | float) else sum(map(_positions, rings))
