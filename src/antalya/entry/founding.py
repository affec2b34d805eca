"""A new exchange in a directory: its keys, settings and store, whole or not at all; one that was there is moved aside."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from antalya.entry.opening import hub_of
from antalya.entry.settings import FILE, LOCAL, IssuerSetting, Settings, load
from antalya.entry.terminal import warn
from antalya.model.errors import error
from antalya.store import keys as key_files
from antalya.store.system import clock


class Founded(NamedTuple):
    """A new exchange: its private keys, the public key of its log, and where the exchange went that was there before."""

    ring: key_files.KeyRing
    log_key: str
    aside: Path | None


def settings_text(origin: str, audience: str, store: str | None) -> str:
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


def make_exchange(directory: Path, settings: str, store: str | None, force: bool) -> Founded:
    """Makes an exchange with these settings, in `store` if that is given. `force`: one that is there already is moved aside.

    Raises bad_setting (there is one already, or the directory can't be written), and what opening the store raises.
    """
    return _make(directory, settings, store, _make_room(directory, force))


def _make(directory: Path, settings: str, store: str | None, aside: Path | None) -> Founded:
    """Makes an exchange where there is room. Where that fails, nothing of it is left, and what was moved aside is back."""
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
    return Founded(ring, str(hub.signer.verifier()), aside)


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
