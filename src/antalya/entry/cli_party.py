"""`antalya party`: parties, the forces they answer for, and their keys."""

import re
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from antalya.entry.client import LOCAL, Exchange, Token, TokenFile, Url, address
from antalya.entry.terminal import AsJson, print_table, say
from antalya.model.errors import AntalyaError, error
from antalya.model.parties import PublicKey
from antalya.store import keys as key_files
from antalya.wire.notice import public_half, public_key

party_app = typer.Typer(help="Parties and their keys.", no_args_is_help=True, rich_markup_mode=None, add_completion=False)
Party = Annotated[str, typer.Argument(help="A short id: TR.", metavar="PARTY")]


class Kind(StrEnum):
    """Kinds of parties."""

    armed_force = "armed-force"
    humanitarian = "humanitarian"
    civil = "civil"
    state = "state"
    broker = "broker"


@party_app.command("add")
def party_add(
    party: Party, name: Annotated[str, typer.Argument(help="Its name.")],
    kind: Annotated[Kind | None, typer.Option(help="What it is; an armed force unless given.")] = None,
    must_sign: Annotated[bool | None, typer.Option("--must-sign/--need-not-sign", show_default=False,
                                                   help="Refuse what it files unsigned, or take it again.")] = None,
    force: Annotated[list[str] | None, typer.Option(help="A force it answers for; again for more.", metavar="ID[=NAME]")] = None,
    update: Annotated[bool, typer.Option("--update", help="Change one that is there; what isn't given stays.")] = False,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Register a party, and forces it answers for; or change them. Needs the operator's token."""
    exchange = Exchange(url, token, token_file)
    given = {"kind": kind and kind.value, "must_sign": must_sign}
    nouns = [("parties", {"id": party, "name": name} | {field: value for field, value in given.items() if value is not None})]
    for each in force or []:
        force_id, _, force_name = each.partition("=")
        nouns.append(("forces", {"id": force_id, "name": force_name or force_id, "answers": party}))
    made = [_put(exchange, plural, noun, update) for plural, noun in nouns]
    if as_json:
        say(made)
    else:
        broker = " --broker" if kind is Kind.broker else ""
        typer.echo(f"Registered {', '.join(m['id'] for m in made)}. Next: antalya token {party}{broker}")


def _put(exchange: Exchange, plural: str, noun: dict[str, Any], update: bool) -> Any:
    """Registers something; with `update` also where it is there, of which stays what the noun doesn't say."""
    path = address(plural, noun["id"])
    try:
        there = exchange.get(path) if update else None
    except AntalyaError as failure:
        if failure.code.name != "not_found":
            raise
        there = None
    if there is None:
        return exchange.send("PUT", path, noun)
    return exchange.send("PUT", path, there.json() | noun, if_match=there.headers["etag"])


@party_app.command("list")
def party_list(url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False) -> None:
    """The parties of the exchange, and the forces they answer for."""
    exchange = Exchange(url, token, token_file)
    parties, forces = list(exchange.items("/v1/parties")), list(exchange.items("/v1/forces"))
    if as_json:
        say(parties)
    else:
        print_table(("Id", "Name", "Kind", "Keys", "Forces"), (
            (p["id"], p["name"], p["kind"], f"{len(p['keys'])}{', must sign' if p['must_sign'] else ''}",
             ", ".join(f["id"] for f in forces if f["answers"] == p["id"])) for p in parties), "No parties.")


@party_app.command("show")
def party_show(
    party: Party, url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """One party: its name, kind, keys and forces."""
    exchange = Exchange(url, token, token_file)
    found = exchange.get(address("parties", party)).json()
    forces = [f for f in exchange.items("/v1/forces") if f["answers"] == party]
    if as_json:
        say(found | {"forces": forces})
        return
    typer.echo(f"{found['id']}: {found['name']} ({found['kind']}){', must sign what it files' if found['must_sign'] else ''}")
    for key in found["keys"]:
        typer.echo(f"  key {key['kid']}{' until ' + key['until'] if key['until'] else ''}")
    for force in forces:
        typer.echo(f"  force {force['id']}: {force['name']}")


@party_app.command("key")
def party_key(
    file: Annotated[Path | None, typer.Argument(help="A new file for the private key (PEM, readable by you only).")] = None,
    public: Annotated[str | None, typer.Option(help="Make no key: register this public half (x), which the party made.",
                                               metavar="X")] = None,
    register: Annotated[str | None, typer.Option(
        help="Register the public half for this party; needs the operator's token.", metavar="PARTY")] = None,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Make an Ed25519 signing key, or register the public half of one.

    A party makes its own, so that nobody else ever has the private half, and gives the public half to the operator.
    """
    exchange = Exchange(url, token, token_file) if register else None
    answer = exchange.get(address("parties", register)) if exchange and register else None  # before there is a key for nothing
    if file is not None and public is None:
        half = msgspec.to_builtins(_new_key(file))
    elif file is None and public is not None and register:
        half = msgspec.to_builtins(_half(public))
    else:
        raise error("bad_usage", "it takes a new FILE, or --public and --register", at="FILE")
    if exchange and register and answer:
        party = answer.json()
        if half["kid"] in (key["kid"] for key in party["keys"]):
            raise error("bad_field", f"{register} has that key already", at="--public")
        exchange.send("PUT", address("parties", register), party | {"keys": [*party["keys"], half]},
                      if_match=answer.headers["etag"])
    if as_json:
        say(half)
        return
    if file is not None:
        typer.echo(f"{file}: the private key.")
    typer.echo(f"Its public half{' (registered)' if register else ''}:\n  kid {half['kid']}\n  x   {half['x']}")
    if not register:
        typer.echo(f"Give that to the operator: antalya party key --public={half['x']} --register PARTY")


@party_app.command("revoke")
def party_revoke(
    party: Party, kid: Annotated[str, typer.Option(help="Which key: the beginning of its kid is enough.", metavar="KID")],
    undo: Annotated[bool, typer.Option("--undo", help="Take it again, without an end.")] = False,
    url: Url = LOCAL, token: Token = None, token_file: TokenFile = None, as_json: AsJson = False,
) -> None:
    """Take a party's key back, from now on. Needs the operator's token.

    What it signed stays in the log and proven; what it signs from now on is refused.
    """
    exchange = Exchange(url, token, token_file)
    answer = exchange.get(address("parties", party))
    keys = answer.json()["keys"]
    meant = [key for key in keys if key["kid"] == kid] or [key for key in keys if kid and key["kid"].startswith(kid)]
    if len(meant) != 1:
        raise error("bad_field", f"{party} has {len(meant) or 'no'} key{'s' if meant else ''} whose kid begins so; it has "
                                 f"{', '.join(key['kid'] for key in keys) or 'none'}", at="--kid")
    now, ends = exchange.get("/v1/me").json()["now"], meant[0]["until"]  # by the exchange's clock
    over = ends is not None and datetime.fromisoformat(ends) <= datetime.fromisoformat(now)
    if undo and not over:
        raise error("bad_field", f"it is good {f'until {ends}' if ends else 'already'}: there is nothing to undo", at="--undo")
    until = None if undo else ends if over else now
    changed = [key | {"until": until} if key in meant else key for key in keys]
    made = exchange.send("PUT", address("parties", party), answer.json() | {"keys": changed}, if_match=answer.headers["etag"])
    if as_json:
        say(made)
    else:
        typer.echo(f"{meant[0]['kid']}: {'taken again' if undo else f'refused since {until}'}.")


def _new_key(file: Path) -> PublicKey:
    key = Ed25519PrivateKey.generate()
    key_files.write_key(file, key)
    return public_key(key)


def _half(x: str) -> PublicKey:
    """The public half with that `x`. Raises bad_field."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", x):
        raise error("bad_field", "the x of an Ed25519 key has 43 letters, digits, - or _", at="--public")
    return public_half(x)
