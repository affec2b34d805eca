"""Commands of whoever runs an exchange: init, serve, token, config, errors. (`doctor` has a module of its own.)"""

import os
import re
import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace

from antalya.entry.settings import FILE, LOCAL, IssuerSetting, Loaded, Settings, flat, load
from antalya.entry.stores import is_address, must_be_new, store_of, without_password
from antalya.entry.terminal import AsJson, is_near, say, warn
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
    text = _settings_text(origin, audience, store)
    database = store or os.environ.get("ANTALYA_STORE", "")
    if is_address(database):
        must_be_new(database)
    aside = _make_room(directory, force)
    ring, verifier = _make(directory, text, store, aside)
    made = mint(LOCAL, ring.issuer, "operator", ["antalya.read", "antalya.operate"], audience, clock(), 30 * 86_400)
    facts = {"directory": str(directory), "operator_token": made, "log_key": verifier}
    if as_json:
        say(facts | ({"moved_to": str(aside)} if aside else {}))
        return
    moved = f"The exchange that was there is in {aside}.\n" if aside else ""
    typer.echo(f"{moved}A new exchange is in {directory}.\n\nThe key of its log, for whoever verifies it:\n"
               f"  {facts['log_key']}\n\nThe operator's token, shown once, good for 30 days:\n  {made}\n\nNext:\n"
               f"  antalya serve --dir {directory}\n"
               "  ANTALYA_TOKEN=<the operator's token> antalya party add TR \"Turkey\"\n"
               f"  antalya token TR --dir {directory}")


def _make(directory: Path, settings: str, store: str | None, aside: Path | None) -> tuple[key_files.KeyRing, str]:
    """Makes an exchange: its keys, and its log's. Where that fails, nothing of it is left, and what was moved aside is back."""
    try:
        ring = key_files.create(directory / "keys")  # refused where another `init` was quicker: then nothing here is this one's
    except BaseException:
        with suppress(OSError):  # not empty
            (directory / "keys").rmdir()
        _put_back(directory, aside)
        raise
    try:
        _make_files(directory, ring, settings)
        hub = hub_of(load(directory, {"store": store}))
        hub.store.close()
    except BaseException:
        for path in _parts(directory):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        _put_back(directory, aside)
        raise
    return ring, str(hub.signer.verifier())


def _make_files(directory: Path, ring: key_files.KeyRing, settings: str) -> None:
    try:
        (directory / "keys" / "issuer.jwks").write_bytes(msgspec.json.encode(ring.issuer_public().as_dict(private=False)))
        (directory / FILE).touch(mode=0o600)  # it may have a password
        (directory / FILE).write_text(settings, encoding="utf-8")
    except OSError as wrong:
        raise error("bad_setting", f"{directory}: {wrong.strerror}", at="DIR") from None


def _parts(directory: Path) -> list[Path]:
    """What an exchange is in its directory."""
    return [path for path in directory.iterdir() if path.name in (FILE, "keys") or path.name.startswith("antalya.sqlite")]


def _put_back(directory: Path, aside: Path | None) -> None:
    """What was moved aside stands again where it stood, unless something else does by now."""
    for path in list(aside.iterdir()) if aside is not None else ():
        if not (directory / path.name).exists():
            path.rename(directory / path.name)
    if aside is not None:
        with suppress(OSError):  # not empty
            aside.rmdir()


def _make_room(directory: Path, force: bool) -> Path | None:
    """A directory (0700) without an exchange; where the one that was in it went. Nothing is ever deleted."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = _parts(directory)
        if not there:
            if any(directory.iterdir()) and directory.stat().st_mode & 0o077:
                warn(f"others can look into {directory}: chmod 700 it")
            return None
        if not force:
            raise error("bad_setting", f"there is an exchange already in {directory}; --force moves it aside", at="DIR")
        aside = directory / f"old-{clock():%Y%m%dT%H%M%S%fZ}"
        aside.mkdir(mode=0o700)
        for path in there:
            path.rename(aside / path.name)
        return aside
    except OSError as wrong:
        raise error("bad_setting", f"{directory}: {wrong.strerror}", at="DIR") from None


def _settings_text(origin: str, audience: str, store: str | None) -> str:
    """antalya.toml of a new exchange. Raises bad_setting for an origin or audience that can't be."""
    try:
        msgspec.convert({"origin": origin, "audience": audience}, Settings)
    except msgspec.ValidationError as wrong:
        raise error("bad_setting", str(wrong), at="--origin" if "origin" in str(wrong) else "--audience") from None
    own = {"origin": origin, "audience": audience} | ({"store": store} if store else {})
    issuer = msgspec.to_builtins(IssuerSetting(name=LOCAL, keys_file="keys/issuer.jwks", audiences=(audience,)))

    def lines(values: dict[str, Any]) -> str:  # JSON's texts, numbers and lists are TOML's too
        return "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in values.items())
    return ("# The settings of this exchange; `antalya config show --origin` shows all with their defaults.\n"
            f"{lines(own)}\n[[issuers]]\n{lines(issuer)}")


def hub_of(loaded: Loaded) -> Any:
    """The exchange that settings describe; the caller closes its store."""
    from antalya.wiring import exchange
    settings, uss = loaded.settings, uss_of(loaded)
    return exchange(store_of(loaded), key_files.load(loaded.path(settings.keys)), settings.origin, settings.limits, uss=uss)


def uss_of(loaded: Loaded) -> Any:
    """What the exchange of some settings is to drone operators' clients (None: nothing). Raises bad_setting."""
    from antalya.model.bridging import Uss
    own = loaded.settings.uss
    if own.base_url.startswith("http:") and not loaded.settings.limits.plain_http_uss:
        raise error("bad_setting", "it must be an https address, unless limits.plain_http_uss allows others", at="uss.base_url")
    return Uss(own.id, own.base_url) if own.base_url else None


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
    if not is_near(settings.host):
        warn(f"{settings.host} is not this machine alone, and this is plain HTTP: put a proxy with TLS before it")
    if insecure_test_keys:
        warn("keys published for tests are good here: anybody can be anybody")
    log_to_stderr(settings.log_level)
    hub = hub_of(loaded)
    try:
        run(desk_for(loaded, hub, test_keys=insecure_test_keys), settings.host, settings.port,
            lambda address: say({"origin": settings.origin, "address": address}) if as_json else
            typer.echo(f"Serving {settings.origin} at {address}  (Ctrl-C ends)"),
            Doors(settings.doors, {"directory": str(directory), "flags": flags, "test_keys": insecure_test_keys})
            if settings.doors else None)
    finally:
        hub.store.close()


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
