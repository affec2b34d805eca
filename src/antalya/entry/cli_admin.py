"""Commands of whoever runs an exchange: init, serve, token, config, errors. (`doctor` has a module of its own.)"""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec.structs import replace

from antalya.entry.founding import make_exchange, settings_text
from antalya.entry.opening import hub_of
from antalya.entry.settings import LOCAL, IssuerSetting, Loaded, flat, load
from antalya.entry.stores import is_address, must_be_new, must_be_there, without_password
from antalya.entry.terminal import AsJson, hush, is_near, say, warn
from antalya.model.base import plain_text
from antalya.model.errors import CATALOGUE, error
from antalya.store import keys as key_files
from antalya.store.system import clock
from antalya.wire.tokens import SCOPES, mint

HERE = Path("antalya-data")
Directory = Annotated[Path, typer.Option("--dir", help="The exchange's directory.", envvar="ANTALYA_DIR")]

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds(text: str) -> float:
    """A span such as 30d, 12h, 15m, 90s in seconds. Raises bad_field."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise error("bad_field", f"{text[:60]!r} is not a span such as 30d, 12h, 15m or 90s", at="--life")
    return float(found[1]) * _UNITS[found[2]]


def init(
    directory: Annotated[Path, typer.Argument(help="A new directory for the exchange.")] = HERE,
    origin: Annotated[str, typer.Option(help="The name of its log, once and for all.")] = "antalya.local/log",
    audience: Annotated[str, typer.Option(help="What tokens are made out to: the exchange's host name.")] = "antalya.local",
    store: Annotated[str | None, typer.Option(help="Keep it in a PostgreSQL database (postgresql://…), not in a file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Where there is an exchange already, move it aside first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new exchange: keys, settings, store, and a token for its operator."""
    text = settings_text(origin, audience, store)
    database = store or os.environ.get("ANTALYA_STORE", "")
    if is_address(database):
        must_be_new(database)
    founded = make_exchange(directory, text, store, force)
    made = mint(LOCAL, founded.ring.issuer, "operator", ["antalya.read", "antalya.operate"], audience, clock(), 30 * 86_400)
    if as_json:
        say({"directory": str(directory), "operator_token": made, "log_key": founded.log_key}
            | ({"moved_to": str(founded.aside)} if founded.aside else {}))
        return
    moved = f"The exchange that was there is in {founded.aside.resolve()}\n" if founded.aside else ""
    typer.echo(f"{moved}A new exchange is in {directory.resolve()}\n\nThe key of its log, for whoever verifies it:\n"
               f"  {founded.log_key}\n\nThe operator's token, shown once, good for 30 days:\n  {made}\n\nNext:\n"
               f"  antalya serve --dir {directory}\n"
               "  ANTALYA_TOKEN=<the operator's token> antalya party add TR \"Turkey\"\n"
               f"  antalya token TR --dir {directory}")


def serve(
    directory: Directory = HERE,
    host: Annotated[str | None, typer.Option(help="The address to serve at.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes any free one.", min=0, max=65_535)] = None,
    doors: Annotated[int | None, typer.Option(min=0, max=64, help=(
        "How many processes take requests before the one that keeps the store; 0: it takes them itself."))] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    insecure_test_keys: Annotated[bool, typer.Option("--insecure-test-keys", help=(
        "Take issuers' keys whose private half is published for tests: anybody can then be anybody."))] = False,
    as_json: AsJson = False,
) -> None:
    """Serve an exchange: API and page. SIGTERM or Ctrl-C ends it; what was answered is on disk."""
    from antalya.entry.serving import Doors, desk_for, free_port, log_to_stderr, run
    flags = {"host": host, "port": port, "log_level": log_level, "doors": doors}
    loaded = load(directory, flags)
    settings = loaded.settings
    free_port(settings.host, settings.port)
    must_be_there(loaded)
    if not is_near(settings.host):
        warn(f"{settings.host} is not this machine alone, and this is plain HTTP: put a proxy with TLS before it")
    if insecure_test_keys:
        warn("keys published for tests are good here: anybody can be anybody")
    log_to_stderr(settings.log_level)
    hub = hub_of(loaded)
    try:
        run(desk_for(loaded, hub, test_keys=insecure_test_keys), settings.host, settings.port,
            lambda address: _say_where(settings.origin, address, as_json),
            Doors(settings.doors, {"directory": str(directory), "flags": flags, "test_keys": insecure_test_keys})
            if settings.doors else None)
    finally:
        hub.store.close()


def _say_where(origin: str, address: str, as_json: bool) -> None:
    """Says where an exchange is served, to whoever still listens."""
    try:
        if as_json:
            say({"origin": origin, "address": address})
        else:
            typer.echo(f"Serving {origin} at {address}  (Ctrl-C ends)")
    except BrokenPipeError:
        hush()


def token(
    party: Annotated[str, typer.Argument(help="The party's id.")],
    scope: Annotated[list[str] | None, typer.Option(
        help=f"One of {', '.join(SCOPES)}; again for more. Unless given: read, file and answer.")] = None,
    broker: Annotated[bool, typer.Option("--broker", help="A neutral broker: sees everything, files nothing.")] = False,
    operator: Annotated[bool, typer.Option("--operator", help="May keep parties, forces and areas.")] = False,
    life: Annotated[str, typer.Option(help="How long it is good: 30d, 12h, 15m, 90s.")] = "30d",
    directory: Directory = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a token for a party, with the exchange's own key."""
    plain_text(party, "PARTY")
    if not 1 <= len(party) <= 128:
        raise error("bad_field", "a party's id has 1 to 128 characters", at="PARTY")
    loaded = load(directory)
    ring = key_files.load(loaded.path(loaded.settings.keys))
    issuer = _own_issuer(loaded, ring)
    scopes = list(scope or ["antalya.read", *(() if broker else ("antalya.file", "antalya.answer"))])
    scopes = list(dict.fromkeys(scopes + ["antalya.broker"] * broker + ["antalya.operate"] * operator))
    for name in scopes:
        if name not in issuer.scopes:
            raise error("bad_field", f"no scope {name!r} here; there are {', '.join(issuer.scopes)}", at="--scope")
    life_s = seconds(life)
    if not 0 < life_s <= issuer.max_life_s:
        raise error("bad_field", f"above 0, at most {issuer.max_life_s / 86_400:g} days (max_life_s of the issuer)", at="--life")
    now = clock()
    made = mint(issuer.name, ring.issuer, party, scopes, loaded.settings.audience, now, life_s)
    if as_json:
        say({"party": party, "scopes": scopes, "expires_at": now + timedelta(seconds=life_s), "token": made})
    else:
        typer.echo(made)


def _own_issuer(loaded: Loaded, ring: key_files.KeyRing) -> IssuerSetting:
    """The issuer of the settings whose key this exchange has. Raises bad_setting."""
    own = ring.issuer_public().keys[0].thumbprint()
    for issuer in (i for i in loaded.settings.issuers if i.keys_file):
        if any(key.thumbprint() == own for key in key_files.issuer_keys(loaded.path(issuer.keys_file), test_keys=True)):
            return issuer
    raise error("bad_setting", "no [[issuers]] in the settings has this exchange's own key", at="issuers")


config_app = typer.Typer(help="The settings, and where each comes from.", no_args_is_help=True, rich_markup_mode=None,
                         add_completion=False)


@config_app.callback()
def _config() -> None:
    pass


@config_app.command("show")
def config_show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from.")] = False,
    directory: Directory = HERE,
    as_json: AsJson = False,
) -> None:
    """All settings: defaults < antalya.toml < environment (ANTALYA_…, two underscores go down a level) < flags."""
    loaded = load(directory, need_file=False)
    rows = flat(msgspec.to_builtins(replace(loaded.settings, store=without_password(loaded.settings.store))))
    if as_json:
        say({name: {"value": value, "origin": loaded.origins.get(name, "default")} for name, value in rows})
        return
    for name, value in rows:
        said = f"   # {loaded.origins.get(name, 'default')}" if origin else ""
        typer.echo(f"{name} = {msgspec.json.encode(value).decode()}{said}")


def errors(code: Annotated[str | None, typer.Argument(help="One code.")] = None, as_json: AsJson = False) -> None:
    """The catalogue of errors: code, status, what happened, what to do next."""
    if code is not None and code not in CATALOGUE:
        raise error("not_found", f"no error {code!r} in the catalogue", at="code")
    shown = [CATALOGUE[code]] if code is not None else list(CATALOGUE.values())
    if as_json:
        say([{"code": c.name, "status": c.status, "title": c.title, "next_step": c.next_step, "exit_code": c.exit_code}
             for c in shown])
        return
    for c in shown:
        typer.echo(f"{c.name} ({c.status}, exit {c.exit_code}): {c.title}. {c.next_step}")
