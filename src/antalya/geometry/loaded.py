"""Whether the compiled code is there: what little can be done without it is not kept waiting for it (`index.warm` loads it)."""

import threading

LOADED = threading.Event()
"""Set once, and for good."""
