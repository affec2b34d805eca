"""The neutral hub: orders the steps. `hub` is what it works with; filing, registry, settling, viewing and proving are what
it does. Doors call these functions; everything that changes something is one job of the store's one line of writers.
"""

from antalya.exchange.hub import Evidence, Hub

__all__ = ["Evidence", "Hub"]
