"""Commands of whoever runs an exchange: init, serve, token, doctor, config, errors."""

import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from antalya.entry.settings import FILE, IssuerSetting, Loaded, flat, load
from antalya.model.errors import CATALOGUE, AntalyaError, error
from antalya.store import keys as key_files
from antalya.wire.tokens import SCOPES, mint

HERE = Path("antalya-data")
Directory = Annotated[Path, typer.Option("--dir", help="The exchange's directory.", envvar="ANTALYA_DIR")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def say(value: object) -> None:
    """Prints a value as JSON."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def seconds(text: str) -> float:
    """A span such as 30d, 12h, 15m, 90s in seconds. Raises bad_field."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not found:
        raise error("bad_field", f"{text!r} is not a span such as 30d, 12h, 15m or 90s", at="life")
    return float(found[1]) * _UNITS[found[2]]


def init(
    directory: Annotated[Path, typer.Argument(help="A new directory for the exchange.")] = HERE,
    origin: Annotated[str, typer.Option(help="The name of its log, once and for all.")] = "antalya.local/log",
    audience: Annotated[str, typer.Option(help="What tokens are made out to: the exchange's host name.")] = "antalya.local",
    as_json: AsJson = False,
) -> None:
    """Make a new exchange: keys, settings, store, and a token for its operator."""
    if (directory / FILE).exists():
        raise error("bad_setting", f"there is an exchange already in {directory}")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ring = key_files.create(directory / "keys")
    public = directory / "keys" / "issuer.jwks"
    public.write_bytes(msgspec.json.encode(ring.issuer_public().as_dict(private=False)))
    (directory / FILE).write_text(_settings_text(origin, audience), encoding="utf-8")
    loaded = load(directory)
    hub = _hub(loaded)
    hub.store.close()
    made = mint("local", ring.issuer, "operator", ["antalya.read", "antalya.operate"], audience, datetime.now(UTC), 30 * 86_400)
    facts = {"directory": str(directory), "operator_token": made, "log_key": str(hub.signer.verifier())}
    if as_json:
        say(facts)
        return
    typer.echo(f"A new exchange is in {directory}.\n\nThe key of its log, for whoever verifies it:\n  {facts['log_key']}\n\n"
               f"The operator's token, shown once, good for 30 days:\n  {made}\n\nNext:\n  antalya serve --dir {directory}\n"
               "  ANTALYA_TOKEN=<the operator's token> antalya party add TR \"Turkey\"\n"
               f"  antalya token TR --dir {directory}")


def _settings_text(origin: str, audience: str) -> str:
    issuer = msgspec.to_builtins(IssuerSetting(name="local", keys_file="keys/issuer.jwks", audiences=(audience,)))

    def lines(values: dict[str, Any]) -> str:  # JSON's texts, numbers and lists are TOML's too
        return "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in values.items())
    return ("# The settings of this exchange; `antalya config show --origin` shows all with their defaults.\n"
            f"{lines({'origin': origin, 'audience': audience})}\n[[issuers]]\n{lines(issuer)}")


def _hub(loaded: Loaded) -> Any:
    from antalya.wiring import exchange
    settings = loaded.settings
    return exchange(loaded.path(settings.store), key_files.load(loaded.path(settings.keys)), settings.origin, settings.limits)


def serve(
    directory: Directory = HERE,
    host: Annotated[str | None, typer.Option(help="The address to serve at.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes any free one.", min=0, max=65_535)] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
) -> None:
    """Serve an exchange: API and page. SIGTERM or Ctrl-C ends it; what was answered is on disk."""
    from antalya.entry.serving import desk_for, free_port, log_to_stderr, run
    loaded = load(directory, {"host": host, "port": port, "log_level": log_level})
    settings = loaded.settings
    free_port(settings.host, settings.port)
    log_to_stderr(settings.log_level)
    hub = _hub(loaded)
    try:
        run(desk_for(loaded, hub), settings.host, settings.port,
            lambda address: typer.echo(f"Serving {settings.origin} at {address}  (Ctrl-C ends)"))
    finally:
        hub.store.close()


def token(
    party: Annotated[str, typer.Argument(help="The party's id.")],
    scope: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(SCOPES)}; again for more.")] = None,
    broker: Annotated[bool, typer.Option("--broker", help="A neutral broker: sees everything.")] = False,
    operator: Annotated[bool, typer.Option("--operator", help="May keep parties, forces and areas.")] = False,
    life: Annotated[str, typer.Option(help="How long it is good: 30d, 12h, 15m.")] = "30d",
    directory: Directory = HERE,
    as_json: AsJson = False,
) -> None:
    """Make a token for a party, with the exchange's own key."""
    loaded = load(directory)
    scopes = list(scope or ["antalya.read", *(() if broker else ("antalya.file", "antalya.answer"))])
    scopes += ["antalya.broker"] * broker + ["antalya.operate"] * operator
    for name in scopes:
        if name not in SCOPES:
            raise error("bad_field", f"no scope {name!r}; there are {', '.join(SCOPES)}", at="scope")
    ring = key_files.load(loaded.path(loaded.settings.keys))
    made = mint("local", ring.issuer, party, scopes, loaded.settings.audience, datetime.now(UTC), seconds(life))
    if as_json:
        say({"party": party, "scopes": scopes, "token": made})
    else:
        typer.echo(made)


def doctor(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Look whether everything is as it should be. Exit code 0: all well, 1: something to mend."""
    found = list(_examine(directory))
    if as_json:
        say([{"what": what, "state": state, "detail": detail} for what, state, detail in found])
    else:
        table = Table("What", "", "Detail", box=None, pad_edge=False)
        for what, state, detail in found:
            table.add_row(what, state, detail)
        Console().print(table)
    raise typer.Exit(any(state != "ok" for _, state, _ in found))


def _examine(directory: Path) -> Iterator[tuple[str, str, str]]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield "Python", "ok" if sys.version_info >= (3, 11) else "fail", version
    yield "SQLite", "ok" if sqlite3.sqlite_version_info >= (3, 37) else "fail", f"{sqlite3.sqlite_version} (3.37 or newer)"
    free = shutil.disk_usage(directory if directory.exists() else Path()).free
    yield "Disk", "ok" if free > 1_000_000_000 else "warn", f"{free / 1e9:.1f} GB free"
    data = Path(__file__).parents[1] / "data" / "basemap.geojson"
    yield "Base map", "ok" if data.is_file() else "fail", "the page's offline map"
    try:
        loaded = load(directory)
        yield "Settings", "ok", f"{len(loaded.settings.issuers)} issuer(s), audience {loaded.settings.audience}"
    except AntalyaError as failure:
        yield "Settings", "fail", f"{failure.detail}. {failure.code.next_step}"
        return
    yield from _examine_exchange(loaded)


def _examine_exchange(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    from antalya.entry.serving import desk_for, free_port
    settings = loaded.settings
    try:
        free_port(settings.host, settings.port)
        yield "Port", "ok", f"{settings.host}:{settings.port} is free"
    except AntalyaError as failure:
        yield "Port", "warn", f"{failure.detail} (well if that is this exchange)"
    try:
        hub = _hub(loaded)
    except AntalyaError as failure:
        yield "Store and keys", "fail", f"{failure.detail}. {failure.code.next_step}"
        return
    try:
        desk_for(loaded, hub)
        yield "Keys", "ok", "readable by their owner only"
        with hub.store.read() as tx:
            behind = (tx.last_at() - hub.clock()).total_seconds()
            yield "Clock", "ok" if behind < settings.limits.clock_back_s else "fail", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        hub.store.write(lambda tx: tx.last_at())
        yield "Store", "ok", f"{loaded.path(settings.store).stat().st_size / 1e6:.1f} MB, WAL, every answer on disk first"
    except AntalyaError as failure:
        yield "Store and keys", "fail", f"{failure.detail}. {failure.code.next_step}"
    finally:
        hub.store.close()


config_app = typer.Typer(help="The settings, and where each comes from.", no_args_is_help=True, rich_markup_mode=None)


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
    rows = flat(msgspec.to_builtins(loaded.settings))
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
