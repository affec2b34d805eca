"""`antalya doctor`: looks whether everything is as it should be, and says what to do where it isn't. It changes nothing."""

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import typer

from antalya.entry.cli_admin import HERE, Directory
from antalya.entry.opening import uss_of
from antalya.entry.settings import FILE, Loaded, load
from antalya.entry.stores import is_address, without_password
from antalya.entry.terminal import AsJson, print_table, say
from antalya.model.errors import AntalyaError, error

if TYPE_CHECKING:
    from antalya.store.sqlite.looking import Look

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LEAST_FREE = 1_000_000_000
_SLOW_FSYNC_S = 0.05
_NONE = "restore a backup, or `antalya init --force` for a new exchange"


class Seen(NamedTuple):
    """One thing looked at: what it is, how it is, and what to do about it (empty where it is well)."""

    what: str
    state: Literal["ok", "warn", "fail"]
    detail: str
    do: str = ""


def doctor(directory: Directory = HERE, as_json: AsJson = False) -> None:
    """Look whether everything is as it should be. Exit code 0: nothing fails, 1: something must be mended."""
    found = [*_machine(directory), *_exchange(directory)]
    if as_json:
        say([seen._asdict() for seen in found])
    else:
        print_table(("What", "State", "Detail", "What to do"), ((s.what, s.state, s.detail, s.do) for s in found))
    raise typer.Exit(any(seen.state == "fail" for seen in found))


def _machine(directory: Path) -> Iterator[Seen]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Seen("Python", "ok", version) if sys.version_info >= (3, 11) else Seen("Python", "fail", version, "use 3.11 or newer")
    sqlite = sqlite3.sqlite_version
    yield Seen("SQLite", "ok", sqlite) if sqlite3.sqlite_version_info >= (3, 37) else \
        Seen("SQLite", "fail", sqlite, "use a Python with SQLite 3.37 or newer")
    at = next((p for p in (directory, *directory.absolute().parents) if p.exists()), Path())
    free = shutil.disk_usage(at).free
    yield Seen("Disk", "ok" if free > _LEAST_FREE else "warn", f"{free / 1e9:.1f} GB free",
               "" if free > _LEAST_FREE else "make room: a full disk refuses filings")
    package = Path(__file__).parents[1]
    missing = [name for name in ("data/basemap.geojson", "data/places.json", "entry/web/static/index.html")
               if not (package / name).is_file()]
    yield Seen("Page and base map", "ok", "here, no network is needed") if not missing else \
        Seen("Page and base map", "fail", f"missing: {', '.join(missing)}", "install Antalya again")
    browser = os.environ.get("ANTALYA_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    yield Seen("Chromium", "ok", browser) if browser else \
        Seen("Chromium", "warn", "none found; only the browser tests want one",
             "apt-get install chromium, or set ANTALYA_CHROMIUM")


def _exchange(directory: Path) -> Iterator[Seen]:
    if not (directory / FILE).is_file():
        yield Seen("Settings", "warn", f"no exchange in {directory}", f"antalya init {directory}, or name another with --dir")
        return
    try:
        loaded = load(directory)
        uss_of(loaded)
    except AntalyaError as wrong:
        yield _failed("Settings", wrong)
        return
    yield Seen("Settings", "ok", f"{len(loaded.settings.issuers)} issuer(s), audience {loaded.settings.audience}")
    yield _port(loaded)
    yield from _keys(loaded)
    yield from _store(loaded)


def _failed(what: str, wrong: AntalyaError) -> Seen:
    return Seen(what, "fail", f"{wrong.detail} ({wrong.code.name})", wrong.code.next_step)


def _port(loaded: Loaded) -> Seen:
    from antalya.entry.serving import free_port
    settings = loaded.settings
    try:
        free_port(settings.host, settings.port)
    except AntalyaError as wrong:
        return Seen("Port", "warn", wrong.detail, "nothing, if that is this exchange; otherwise choose another with --port")
    return Seen("Port", "ok", f"{settings.host}:{settings.port} is free")


def _keys(loaded: Loaded) -> Iterator[Seen]:
    from antalya.store.keys import issuer_keys
    from antalya.store.keys import load as load_keys
    folder = loaded.path(loaded.settings.keys)
    try:
        load_keys(folder)
        for issuer in loaded.settings.issuers:
            if issuer.keys_file:
                issuer_keys(loaded.path(issuer.keys_file), test_keys=True)
    except AntalyaError as wrong:
        yield Seen("Keys", "fail", wrong.detail, "mend the file; a lost key can't be made again")
        return
    open_ = [str(path) for path in (loaded.directory, folder) if path.stat().st_mode & 0o077]
    yield Seen("Keys", "ok", "there, and only you can read them") if not open_ else \
        Seen("Keys", "warn", f"others can look into {', '.join(open_)}", f"chmod 700 {' '.join(open_)}")


def _store(loaded: Loaded) -> Iterator[Seen]:
    if is_address(loaded.settings.store):
        yield from _database(loaded)
        return
    from antalya.store.sqlite.looking import look
    file = loaded.path(loaded.settings.store)
    if not file.is_file():
        yield Seen("Store", "fail", f"there is no {file}", _NONE)
        return
    try:
        seen = look(file)
        yield _file(file, seen)
    except sqlite3.Error as wrong:
        yield Seen("Store", "fail", f"{file}: {wrong}", "check the disk and permissions of the store")
        return
    yield _fsync(file.parent)
    if seen.version:
        yield _clock(loaded, seen.last_at, seen.leaves)


def _file(file: Path, seen: "Look") -> Seen:
    """How a store's file is. Raises sqlite3.Error."""
    from antalya.store.sqlite.looking import can_wal
    if (wrong := _version(str(file), seen.version, seen.wants)) is not None:
        return wrong
    detail = f"{file.stat().st_size / 1e6:.1f} MB, writable, journal {seen.journal}"
    if seen.journal == "wal":
        return Seen("Store", "ok", detail)
    if can_wal(file.parent):  # a copy, perhaps
        return Seen("Store", "ok", f"{detail}, WAL once it is served")
    return Seen("Store", "fail", detail, "its disk can't do WAL; move the exchange to a local disk")


def _version(where: str, version: int, wants: int) -> Seen | None:
    """What is to be said of a store that is not of this program's version; 0: no exchange is kept there."""
    if not version:
        return Seen("Store", "fail", f"no exchange is kept in {where}", _NONE)
    if version > wants:
        return _failed("Store", error("store_newer", f"the store is version {version}, this program knows {wants}"))
    if version < wants:
        return Seen("Store", "warn", f"{where} is version {version}; this program brings it to {wants} when it is served",
                    "keep a copy, and end all processes of the earlier program first")
    return None


def _database(loaded: Loaded) -> Iterator[Seen]:
    try:
        from antalya.store.postgres.opening import VERSION, look
    except ImportError:
        yield Seen("Store", "fail", "the client of PostgreSQL is not installed", "pip install 'antalya[postgres]'")
        return
    store = loaded.settings.store
    try:
        seen = look(store)
    except AntalyaError as wrong:
        yield _failed("Store", wrong)
        return
    size = "" if seen["bytes"] is None else f"{seen['bytes'] / 1e6:.1f} MB, "
    detail = f"{without_password(store)}: PostgreSQL {seen['version']}, {size}answers in {seen['ping_s'] * 1000:.1f} ms"
    if seen["read_only"]:
        yield _failed("Store", error("store_read_only", f"{detail}; nothing can be written"))
    else:
        yield _version(without_password(store), seen["tables"], VERSION) or Seen("Store", "ok", detail)
    yield Seen("fsync", "ok", "on, at the server") if seen["fsync"] == "on" else \
        Seen("fsync", "fail", "off at the server: a crash loses what was answered", "set fsync = on in postgresql.conf")
    if seen["tables"]:
        yield _clock(loaded, seen["last_at"], seen["leaves"])


def _fsync(directory: Path) -> Seen:
    """How long the disk of the store needs to keep something."""
    probe = directory / f".doctor-{os.getpid()}"
    try:
        with probe.open("wb") as out:
            out.write(b"x")
            begun = time.perf_counter()
            os.fsync(out.fileno())
            took = time.perf_counter() - begun
    except OSError as wrong:
        return Seen("fsync", "fail", f"{directory}: {wrong.strerror}", "make room there, and let the exchange write")
    finally:
        probe.unlink(missing_ok=True)
    return Seen("fsync", "ok" if took < _SLOW_FSYNC_S else "warn", f"{took * 1000:.1f} ms; every answer waits for one",
                "" if took < _SLOW_FSYNC_S else "a faster disk makes filings faster")


def _clock(loaded: Loaded, last_at: int, leaves: int) -> Seen:
    """Whether the clock stands behind the last thing the store knows: then nothing can be filed."""
    now, last = datetime.now(UTC), datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=last_at)
    behind = (last - now).total_seconds()
    said = f"{now:%Y-%m-%dT%H:%M:%SZ}; the last of {leaves} leaves is of {last:%Y-%m-%dT%H:%M:%SZ}" if leaves else \
        f"{now:%Y-%m-%dT%H:%M:%SZ}; nothing is in the log yet"
    if behind > loaded.settings.limits.clock_back_s:
        return Seen("Clock", "fail", f"{behind:.0f} s behind the last entry of the log: {said}", "have the clock set right")
    return Seen("Clock", "ok", said)
