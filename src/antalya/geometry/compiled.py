"""How functions are compiled (numba). Imported only where there is much to do: numba takes a moment to load."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

STAMP = tuple(sorted((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in Path(__file__).parent.glob("*.py")))
"""Of all files here: what compiled code may be made of."""


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled at first use and kept beside the source, or in the user's cache, where one of them can be written.

    Without the interpreter's lock, so that threads share the work; never `fastmath`, so that every thread, and every order
    of the same two movers, reckons the same to the last bit. Made anew when any file of this folder has changed.
    """
    try:
        made: Any = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # nowhere to keep it
        return numba.njit(nogil=True)(function)
    # numba looks at the file of the function alone; what it calls may stand in others
    made._cache._cache_file._source_stamp = STAMP
    return made
