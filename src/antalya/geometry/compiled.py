"""How functions are compiled (numba). Imported only where there is much to do: numba takes a moment to load."""

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compiled at first use and kept beside the source, or in the user's cache, where one of them can be written.

    Without the interpreter's lock, so that threads share the work; never `fastmath`, so that every thread, and every order
    of the same two movers, reckons the same to the last bit.
    """
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # nowhere to keep it
        return numba.njit(nogil=True)(function)
