"""Sending notices to USSs over HTTP, each with a token made for the one it goes to."""

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
import httpx
from anyio import to_thread

from antalya.entry.f3548.tokens import Tokens
from antalya.exchange.bridge.delivering import Message, Send, deliver
from antalya.exchange.bridge.syncing import sync
from antalya.exchange.hub import Hub
from antalya.model.errors import AntalyaError

_logger = logging.getLogger("antalya.bridge")
_TIMES = httpx.Timeout(10.0, connect=5.0)
_LOOK_S = 0.5
_FAILED = object()


class Sender:
    """`bridge.delivering.Send` over HTTP. Redirects are not followed: a token goes to whom it is made out to; of an answer only
    its status is read."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._client = httpx.Client(timeout=_TIMES, follow_redirects=False)

    def __call__(self, message: Message) -> int:
        try:
            token = self._tokens(urlsplit(message.url).hostname or "", message.scope)
            head = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            with self._client.stream("POST", message.url, content=message.body, headers=head) as answer:
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as failure:
            _logger.info("a USS was not told: %s", type(failure).__name__, extra={"party": message.manager})
            return 0


async def keep_telling(hub: Hub, send: Send | None) -> None:
    """Shows what is to be shown, then delivers whatever is due, until cancelled; what goes wrong is logged and tried again."""
    while await _tried(lambda: sync(hub)) is _FAILED:
        await anyio.sleep(_LOOK_S)
    while hub.uss is not None and send is not None:
        done = await _tried(lambda: deliver(hub, send))
        if done is _FAILED or not done:
            await anyio.sleep(_LOOK_S)


async def _tried(work: Callable[[], object]) -> object:
    try:
        return await to_thread.run_sync(work, abandon_on_cancel=True)
    except AntalyaError as failure:
        _logger.warning("telling USSs failed", extra={"code": failure.code.name})
    except Exception:
        _logger.exception("telling USSs failed")
    return _FAILED
