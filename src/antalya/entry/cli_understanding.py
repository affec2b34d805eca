"""`antalya understanding`: what parties agree: propose it, sign it, suspend, resume and end it."""

from codecs import BOM_UTF8
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace

from antalya.entry.client import LOCAL, Exchange, SignWith, Token, TokenFile, Url, address
from antalya.entry.terminal import AsJson, print_table, say, short
from antalya.model.errors import AntalyaError, error
from antalya.model.understandings import Status, Understanding
from antalya.wire.decode import decode
from antalya.wire.rulebook_file import read_rulebook

KIND = "understandings"
understanding_app = typer.Typer(help="What parties agree: propose, sign, suspend, resume, end.", no_args_is_help=True,
                                rich_markup_mode=None, add_completion=False)
Id = Annotated[str, typer.Argument(help="The understanding's id (`antalya understanding list`).", metavar="ID")]


@understanding_app.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(help="JSON as the API takes it (one, or a list), or the TOML of `antalya check`.")],
    update: Annotated[bool, typer.Option("--update", help="Change what was proposed before; signatures to it are void.")] = False,
    sign_with: SignWith = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Propose the understandings of a file. They are in force when every signatory has signed them.

    The areas, parties and forces that they name must be registered.
    """
    exchange = Exchange(url, token, token_file, sign_with)
    made = []
    for noun in _read(file):
        path = address(KIND, noun.id)
        exchange.send("PUT", path, replace(noun, status="proposed"), **(_version(exchange, path) if update else {}))
        made.append(exchange.get(path).json())
        if not as_json:
            _print(made[-1])
    if as_json:
        say(made)


@understanding_app.command("sign")
def sign(
    id: Id,
    content: Annotated[str | None, typer.Option(help="Sign only if its content has this hash.", metavar="SHA256")] = None,
    sign_with: SignWith = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Sign an understanding for your party, as its content now is. With the last signature it is in force."""
    exchange = Exchange(url, token, token_file, sign_with)
    there = exchange.get(address(KIND, id)).json()["content_sha256"]
    if content is not None and content.lower() != there:
        raise error("stale_etag", f"its content has the hash {there}", at="--content")
    exchange.send("POST", address(KIND, id, "signatures"), {"content_sha256": there})
    _said(exchange, id, as_json)


@understanding_app.command("suspend")
def suspend(
    id: Id, sign_with: SignWith = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Suspend an understanding: its rules stay visible and only warn. Any signatory may."""
    _become("suspended", id, Exchange(url, token, token_file, sign_with), as_json)


@understanding_app.command("resume")
def resume(
    id: Id, sign_with: SignWith = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Put an understanding that you suspended in force again."""
    _become("in-force", id, Exchange(url, token, token_file, sign_with), as_json)


@understanding_app.command("end")
def end(
    id: Id, sign_with: SignWith = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """End an understanding for good. Any signatory may."""
    _become("ended", id, Exchange(url, token, token_file, sign_with), as_json)


@understanding_app.command("list")
def list_(url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False) -> None:
    """Your understandings, and whose signatures are missing."""
    exchange = Exchange(url, token, token_file)
    views = list(exchange.items(f"/v1/{KIND}"))
    if as_json:
        say(views)
        return
    views = [exchange.get(address(KIND, v["id"])).json() if v["status"] == "proposed" else v for v in views]
    print_table(("Id", "Status", "Signatories", "Not signed", "Rules", "Since (UTC)", "Until", "Title"), (
        (v["id"], v["status"], ", ".join(v["signatories"]), ", ".join(_waits_for(v)), ", ".join(r["kind"] for r in v["rules"]),
         short(v["since"]), short(v["until"]), v["title"]) for v in views), "No understandings.")


def _read(file: Path) -> list[Understanding]:
    """The understandings in a file. Raises bad_input_file and what the formats raise, with the place."""
    try:
        raw = file.read_bytes().removeprefix(BOM_UTF8)  # as editors on Windows begin a file
    except OSError as failure:
        raise error("bad_input_file", failure.strerror or "it can't be read", at=str(file)) from None
    if file.suffix.lower() == ".toml":
        found = [*read_rulebook(raw, str(file)).understandings.values()]
    elif raw.lstrip()[:1] == b"[":
        items = decode(raw, list[msgspec.Raw], at=str(file))
        found = [decode(bytes(item), Understanding, at=f"{file}[{i}]") for i, item in enumerate(items)]
    else:
        found = [decode(raw, Understanding, at=str(file))]
    if not found:
        raise error("bad_input_file", "there is no understanding in it", at=str(file))
    return found


def _version(exchange: Exchange, path: str) -> dict[str, str]:
    """The header that says what is changed; none where there is nothing yet."""
    try:
        return {"if_match": exchange.etag(path)}
    except AntalyaError as failure:
        if failure.code.name != "not_found":
            raise
        return {}


def _become(status: Status, id: str, exchange: Exchange, as_json: bool) -> None:
    exchange.send("POST", address(KIND, id, "status"), {"status": status})
    _said(exchange, id, as_json)


def _said(exchange: Exchange, id: str, as_json: bool) -> None:
    view = exchange.get(address(KIND, id)).json()
    say(view) if as_json else _print(view)


def _print(view: Any) -> None:
    missing = _waits_for(view)
    typer.echo(f"{view['id']}: {view['status']}" + (f"; not yet signed by {', '.join(missing)}" if missing else ""))
    if missing:
        typer.echo(f"  antalya understanding sign {view['id']} --content {view['content_sha256']}")


def _waits_for(view: Any) -> list[str]:
    """Who has yet to sign a proposed understanding."""
    if view["status"] != "proposed":
        return []
    signed = {s["party"] for s in view["signatures"] if s["content_sha256"] == view["content_sha256"]}
    return [party for party in view["signatories"] if party not in signed]
