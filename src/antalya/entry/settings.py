"""Settings: defaults < antalya.toml < environment (ANTALYA_…) < flags; and where each came from."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from antalya.model.base import Noun
from antalya.model.errors import AntalyaError, error
from antalya.model.limits import CENTURY_S, Limits
from antalya.wire.theatre import check_theatre
from antalya.wire.tokens import SCOPES

FILE = "antalya.toml"
LOCAL = "local"
"""The name of the issuer that an exchange is for itself."""
NOT_SETTINGS = {
    "ANTALYA_DIR": "the exchange's directory, for `serve`, `token`, `doctor` and `config`",
    "ANTALYA_URL": "the exchange that commands talk to",
    "ANTALYA_TOKEN": "your token",
    "ANTALYA_TOKEN_FILE": "a file with your token",
    "ANTALYA_DEBUG": "1: tracebacks instead of short words",
    "ANTALYA_CHROMIUM": "the browser of the browser tests",
}
"""Variables of the command line and the tests, not of an exchange."""


class IssuerSetting(Noun, frozen=True, kw_only=True):
    """Who may make tokens for this exchange."""

    name: Annotated[str, Meta(min_length=1, description="Its name: the `iss` of its tokens.")]
    keys_file: Annotated[str, Meta(description="Its public keys: a PEM file or a JWK set.")] = ""
    jwks_url: Annotated[str, Meta(description="Or the https address of its JWK set.")] = ""
    refresh_s: Annotated[float, Meta(ge=1, le=CENTURY_S, description=(
        "After how long to ask that address again, in seconds."))] = 300.0
    brings_parties: Annotated[bool, Meta(description=(
        "Whether whom its tokens name becomes a party on first sight (F3548 clients)."))] = False
    parties: Annotated[tuple[str, ...], Meta(description=(
        "Parties that its tokens may name; empty: those that it brought itself, or all where it brings none."))] = ()
    audiences: Annotated[tuple[str, ...], Meta(description="Audiences its tokens may name, besides the exchange's own.")] = ()
    scopes: Annotated[tuple[str, ...], Meta(description=(
        "The scopes it may give; others in its tokens count for nothing."))] = SCOPES
    max_life_s: Annotated[float, Meta(gt=0, le=CENTURY_S, description=(
        "How long its tokens may live, in seconds."))] = 90 * 86_400.0


class UssSetting(Noun, frozen=True, kw_only=True):
    """The exchange as a USS among drone operators' (ASTM F3548-21)."""

    id: Annotated[str, Meta(min_length=1, max_length=128, description=(
        "Its name there: the `sub` of its own tokens, and the manager of what it shows."))] = "exchange"
    base_url: Annotated[str, Meta(pattern="^(https?://[^ ]+[^ /])?$", description=(
        "The address at which USSs find its `/uss/v1`, without that; empty: it shows nothing there and takes in nothing."))] = ""
    token_url: Annotated[str, Meta(pattern=r"^(https://[^ ]+|http://(127\.0\.0\.1|localhost|\[::1\])[^ ]*)?$", description=(
        "Where it gets tokens for USSs (OAuth 2.0 client credentials, its name as client); empty: it makes them itself."))] = ""
    secret_file: Annotated[str, Meta(description="A file with its client secret there.")] = ""


class Settings(Noun, frozen=True, kw_only=True):
    """All settings. Paths are relative to the exchange's directory."""

    origin: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9./_-]{0,120}$", description=(
        "The name of its log, in every checkpoint; once and for all."))] = "antalya.local/log"
    audience: Annotated[str, Meta(min_length=1, description="Whom tokens must be made out to (`aud`).")] = "antalya.local"
    host: Annotated[str, Meta(min_length=1, description="The address to serve at.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="The port to serve at; 0 takes any free one.")] = 8017
    doors: Annotated[int, Meta(ge=0, le=64, description=(
        "How many processes take requests before the one that keeps the store; 0: it takes them itself."))] = 0
    store: Annotated[str, Meta(min_length=1, description=(
        "The file of its store, or a PostgreSQL database (`postgresql://user@host/database`)."))] = "antalya.sqlite"
    keys: Annotated[str, Meta(min_length=1, description="The folder of its two private keys.")] = "keys"
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Meta(description=(
        "What its own log (JSON lines on standard error) tells; `info` has a line for each request."))] = "info"
    issuers: Annotated[tuple[IssuerSetting, ...], Meta(description="Whose tokens it takes; tables `[[issuers]]`.")] = ()
    uss: Annotated[UssSetting, Meta(description="What it is to drone operators' clients; a table `[uss]`.")] = UssSetting()
    limits: Annotated[Limits, Meta(description="What bounds a filing; a table `[limits]`.")] = Limits()


@dataclass(frozen=True)
class Loaded:
    """Settings, the directory they hold for, and the origin of each (`default`, the file, the variable, `flag`)."""

    settings: Settings
    directory: Path
    origins: Mapping[str, str]

    def path(self, name: str) -> Path:
        """A path of the settings, from the exchange's directory."""
        return self.directory / name


def load(directory: Path, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None, *,
         need_file: bool = True) -> Loaded:
    """The settings of the exchange in a directory. Raises bad_setting, naming the setting and where it came from."""
    values, origins = _defaults()
    file = directory / FILE
    if file.is_file():
        try:
            found = tomllib.loads(file.read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
            raise error("bad_setting", f"{file.name}: {failure}") from None
        _merge(values, origins, found, file.name)
    elif need_file:
        raise error("bad_setting", f"no {FILE} in {directory}: make one with `antalya init {directory}`")
    for name, text in sorted((environment if environment is not None else os.environ).items()):
        if name.startswith("ANTALYA_") and name not in NOT_SETTINGS:
            path = name.removeprefix("ANTALYA_").lower().split("__")
            _merge(values, origins, _nested(path, text), name)
    _merge(values, origins, {k: v for k, v in (flags or {}).items() if v is not None}, "flag")
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except (msgspec.ValidationError, AntalyaError) as failure:
        raise error("bad_setting", f"{failure} (from {_origin_of(str(failure), origins)})") from None
    if settings.limits.theatre is not None:
        check_theatre(settings.limits.theatre, "limits.theatre")
    return Loaded(settings, directory, origins)


def _defaults() -> tuple[dict[str, Any], dict[str, str]]:
    values: dict[str, Any] = msgspec.to_builtins(Settings())
    return values, {name: "default" for name, _ in flat(values)}


def flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Settings as dotted names with their values."""
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        rows += flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return rows


def _nested(path: list[str], text: str) -> dict[str, Any]:
    value: Any = text
    if text.startswith(("[", "{")):
        try:
            value = msgspec.json.decode(text)
        except msgspec.DecodeError as failure:
            raise error("bad_setting", f"{'.'.join(path)}: {failure}") from None
    for name in reversed(path):
        value = {name: value}
    return dict(value)


def _merge(values: dict[str, Any], origins: dict[str, str], new: Mapping[str, Any], origin: str, prefix: str = "") -> None:
    for name, value in new.items():
        if name not in values:
            raise error("bad_setting", f"no setting {prefix}{name!s} (from {origin})")
        if isinstance(value, dict) and isinstance(values[name], dict):
            _merge(values[name], origins, value, origin, f"{prefix}{name}.")
        else:
            values[name] = value
            origins[f"{prefix}{name}"] = origin


def _origin_of(text: str, origins: Mapping[str, str]) -> str:
    found = [origin for name, origin in origins.items() if f"$.{name}" in text]
    return found[0] if found else "the settings"
