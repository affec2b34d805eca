"""The exchange that settings describe, opened."""

from typing import TYPE_CHECKING

from antalya.entry.settings import Loaded
from antalya.entry.stores import store_of
from antalya.model.errors import error
from antalya.store import keys as key_files

if TYPE_CHECKING:
    from antalya.exchange.hub import Hub
    from antalya.model.bridging import Uss


def hub_of(loaded: Loaded) -> "Hub":
    """The exchange that settings describe; the caller closes its store. Raises bad_setting, and what opening the store raises."""
    from antalya.wiring import exchange  # here, as it takes long: not every command that imports this opens an exchange
    settings, uss = loaded.settings, uss_of(loaded)
    return exchange(store_of(loaded), key_files.load(loaded.path(settings.keys)), settings.origin, settings.limits, uss=uss)


def uss_of(loaded: Loaded) -> "Uss | None":
    """What the exchange of some settings is to drone operators' clients (None: nothing). Raises bad_setting."""
    from antalya.model.bridging import Uss
    own = loaded.settings.uss
    if own.base_url.startswith("http:") and not loaded.settings.limits.plain_http_uss:
        raise error("bad_setting", "it must be an https address, unless limits.plain_http_uss allows others", at="uss.base_url")
    return Uss(own.id, own.base_url) if own.base_url else None
