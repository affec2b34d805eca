"""Commands that talk to an exchange: answer, log. (`party`, `file` and `show` have modules of their own.)"""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from antalya.entry.client import LOCAL, Exchange, SignWith, Token, TokenFile, Url, address
from antalya.entry.terminal import AsJson, print_table, say, short
from antalya.model.errors import error

_LEAVES = 5_000
"""How many leaves an export asks for at once."""

class Decision(StrEnum):
    """Answers to an ask."""

    grant = "grant"
    refuse = "refuse"
    withdraw = "withdraw"
    grant_with_conditions = "grant-with-conditions"


def answer(
    ask: Annotated[str, typer.Argument(help="The ask's id (`antalya show asks`).")],
    decision: Annotated[Decision, typer.Argument(help="Your answer; `withdraw` takes a yes back.")],
    condition: Annotated[list[str] | None, typer.Option(help="A condition of grant-with-conditions; again for more.")] = None,
    until: Annotated[str | None, typer.Option(help="Until when a yes holds (RFC 3339).", metavar="TIME")] = None,
    note: Annotated[str, typer.Option(help="A note to the other side.")] = "",
    sign_with: SignWith = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Answer an ask, or take a yes back."""
    body: dict[str, Any] = {"decision": decision.value, "note": note}
    body |= {"conditions": condition} if condition else {}
    body |= {"valid_until": until} if until else {}
    outcome = Exchange(url, token, token_file, sign_with).send("POST", address("asks", ask, "answers"), body)
    if as_json:
        say(outcome)
        return
    for changed in outcome["asks"]:
        until = f", until {short(changed['valid_until'])} UTC" if changed["valid_until"] else ""
        typer.echo(f"{changed['id']} {changed['kind']}: {changed['state']}{until}")
    typer.echo(f"Receipt: leaf {outcome['receipt']['leaf']}")


def log(
    start: Annotated[int, typer.Option("--from", help="The first leaf.", min=0)] = 0,
    limit: Annotated[int, typer.Option(help="How many leaves.", min=1, max=_LEAVES)] = 50,
    checkpoint: Annotated[bool, typer.Option("--checkpoint", help="Only the signed head of the log.")] = False,
    receipt: Annotated[int | None, typer.Option(help="Only the receipt of this leaf, as JSON.", min=0, metavar="LEAF")] = None,
    export: Annotated[Path | None, typer.Option(help="Write the whole log to this file, its checkpoint beside it.")] = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """The log of the exchange: who did what and who was told what, as far as you may read it; hashes of the rest."""
    exchange = Exchange(url, token, token_file)
    if checkpoint:
        note = exchange.get("/v1/log/checkpoint").text
        if as_json:
            origin, size, root = note.splitlines()[:3]
            say({"origin": origin, "size": int(size), "root": root, "note": note})
        else:
            typer.echo(note, nl=False)
    elif receipt is not None:
        say(exchange.get(address("receipts", str(receipt))).json())
    elif export:
        facts = _export(exchange, export)
        if as_json:
            say(facts)
        else:
            typer.echo(f"{facts['size']} leaves in {facts['file']}, the checkpoint in {facts['checkpoint']}")
    else:
        items = list(_leaves(exchange, start, limit))
        if as_json:
            say(items)
        else:
            print_table(("Leaf", "At (UTC)", "What", "By", "About", "Outcome"), map(_leaf, items), "No leaves.")


def _leaves(exchange: Exchange, start: int, limit: int) -> Iterator[Any]:
    """So many leaves from one on, or as many as there are: where they say much, a page has fewer than were asked for."""
    at: int | None = start
    while limit > 0 and at is not None:
        page = exchange.get("/v1/log/leaves", from_=at, limit=limit).json()
        yield from page["items"]
        at, limit = page["next"], limit - len(page["items"])


def _leaf(view: Any) -> tuple[str, ...]:
    entry = view.get("entry")
    if entry is None:
        return str(view["leaf"]), "", "", "", "", f"{view['hash'][:16]}…"
    return (str(view["leaf"]), entry["at"][:19].replace("T", " "), *(entry[name] for name in ("kind", "actor", "subject")),
            entry.get("code") or entry.get("outcome", "accepted"))


def _export(exchange: Exchange, path: Path) -> dict[str, Any]:
    """The log as it now is, one leaf a line, and its checkpoint; the files appear when they are whole."""
    from rich.console import Console
    from rich.progress import Progress
    note = exchange.get("/v1/log/checkpoint").text
    size, beside, part = int(note.splitlines()[1]), path.with_suffix(".checkpoint"), path.with_name(f".{path.name}.part")
    if beside == path:
        raise error("bad_setting", "name it otherwise: .checkpoint is for the checkpoint", at=f"--export {path}")
    if path.is_dir():
        raise error("bad_setting", "it is a folder", at=f"--export {path}")
    console = Console(stderr=True)
    try:
        with part.open("wb") as out, Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("Exporting the log", total=size)
            for item in _all_leaves(exchange, size):
                out.write(msgspec.json.encode(item) + b"\n")
                bar.advance(task)
        beside.write_text(note, encoding="utf-8")
        part.replace(path)
    except OSError as wrong:
        raise error("bad_setting", f"it can't be written: {wrong.strerror}", at=f"--export {path}") from None
    finally:
        part.unlink(missing_ok=True)
    return {"size": size, "file": str(path), "checkpoint": str(beside)}


def _all_leaves(exchange: Exchange, size: int) -> Iterator[Any]:
    at = 0
    while at < size:
        page = exchange.get("/v1/log/leaves", from_=at, limit=min(_LEAVES, size - at)).json()["items"]
        if not page:
            raise error("log_broken", f"the checkpoint says {size} leaves, there are {at}")
        yield from page
        at += len(page)
