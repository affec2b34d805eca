"""The store's line of writers run by the thread that runs the event loop, between requests."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

from antalya.ports import Store

_LEAVING = 2
"""Turns of the event loop until the answer to a job that is done has left: its future, its task."""


def later(loop: asyncio.AbstractEventLoop, turns: int, call: Callable[[], None]) -> None:
    """Calls after so many turns of the loop."""
    if turns:
        loop.call_soon(later, loop, turns - 1, call)
    else:
        call()


@contextmanager
def driven(store: Store, *, fed: bool = False) -> Iterator[None]:
    """Has the line of writers turn in this thread, whose loop runs: after a few turns of that, so that what comes meanwhile is
    committed together, and the answers to those before have left and keep others busy. Heavy jobs hold nobody up: the line has a
    thread for them. `fed`: by doors, which prepare what comes next."""
    loop, here, waits = asyncio.get_running_loop(), threading.get_ident(), False

    def go() -> None:
        nonlocal waits
        waits = False
        turn()

    def wake() -> None:
        nonlocal waits
        if threading.get_ident() != here:
            with suppress(RuntimeError):  # the loop has ended: closing the store runs what waits
                loop.call_soon_threadsafe(turn)
        elif not waits:
            waits = True
            loop.call_soon(later, loop, _LEAVING, go)

    def watch(fd: int, call: Callable[[], None]) -> Callable[[], object]:
        loop.add_reader(fd, call)
        return partial(loop.remove_reader, fd)
    turn = store.drive(wake, watch, fed=fed)
    try:
        yield
    finally:
        store.leave()
