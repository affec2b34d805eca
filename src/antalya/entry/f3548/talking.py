"""Talking to USSs: what is due is told and asked, as long as the exchange serves."""

import logging
import threading
from collections.abc import Callable

import anyio

from antalya.entry.trying import FAILED, tried
from antalya.exchange.bridge.delivering import deliver
from antalya.exchange.bridge.fetching import fetch
from antalya.exchange.bridge.syncing import sync
from antalya.exchange.bridge.talking import Peers
from antalya.exchange.hub import Hub

_logger = logging.getLogger("antalya.bridge")
_LOOK_S = 0.5


async def keep_talking(hub: Hub, peers: Peers | None) -> None:
    """Shows what is to be shown, then tells and asks USSs whatever is due, until cancelled; what goes wrong is logged and tried
    again."""
    while await _tried(lambda: sync(hub)) is FAILED:
        await anyio.sleep(_LOOK_S)
    if hub.uss is not None and peers is not None:
        over = threading.Event()  # the threads that talk are abandoned: they take nothing more then
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_keep_doing, lambda: deliver(hub, peers, over.is_set))
                tasks.start_soon(_keep_doing, lambda: fetch(hub, peers, over.is_set))
        finally:
            over.set()


async def _keep_doing(work: Callable[[], int]) -> None:
    while True:
        done = await _tried(work)
        if done is FAILED or not done:
            await anyio.sleep(_LOOK_S)


async def _tried(work: Callable[[], object]) -> object:
    return await tried(_logger, "talking to USSs", work)
