"""Where an exchange's store is: a file beside its settings, or the address of a PostgreSQL database."""

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from antalya.entry.settings import Loaded
from antalya.model.errors import error

_SECRET = re.compile(r"(?i)\b((?:ssl)?password=)[^&\s]*")


def is_address(store: str) -> bool:
    """Whether a setting is the address of a database and not a file."""
    return store.startswith(("postgresql://", "postgres://"))


def store_of(loaded: Loaded) -> Path | str:
    """The store of the settings, as `wiring.exchange` takes it."""
    return loaded.settings.store if is_address(loaded.settings.store) else loaded.path(loaded.settings.store)


def without_password(store: str) -> str:
    """A setting that may be shown: an address has *** where its password is."""
    if not is_address(store):
        return store
    try:
        parts = urlsplit(store)
    except ValueError:
        return "postgresql://***"
    who, at, where = parts.netloc.rpartition("@")
    user, colon, _ = who.partition(":")
    return urlunsplit(parts._replace(netloc=f"{user}{colon}{'***' if colon else ''}{at}{where}",
                                     query=_SECRET.sub(r"\1***", parts.query)))


def must_be_there(loaded: Loaded) -> None:
    """Raises store_broken where no exchange is kept in the store of the settings: its disk may not be there, or the file was
    copied without its log of writes. A new one in its place would find that nothing clashes, and begin a second log under the
    name of the first."""
    store = store_of(loaded)
    if isinstance(store, Path):
        from antalya.store.sqlite.looking import version_of
        kept = version_of(store)
    else:
        try:
            from antalya.store.postgres.opening import look
        except ImportError:  # said where it is opened
            return
        kept = look(store)["tables"]
    if kept == 0:
        raise error("store_broken", f"no exchange is kept in {without_password(str(store))}; `antalya init` makes a new one",
                    at="store")


def must_be_new(store: str) -> None:
    """Makes the tables of a new exchange in a database. Raises bad_setting where one is kept in it already, and what opening
    it raises."""
    from antalya.wiring import open_store
    opened = open_store(store)
    try:
        with opened.read() as tx:
            if tx.log_size():
                raise error("bad_setting", f"an exchange is kept already in {without_password(store)}", at="--store")
    finally:
        opened.close()
