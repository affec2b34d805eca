"""Talking to USSs over HTTP, each time with a token made for the one it goes to."""

import logging
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
import httpx
from anyio import to_thread

from antalya.entry.f3548.tokens import Tokens
from antalya.exchange.bridge.delivering import deliver
from antalya.exchange.bridge.fetching import fetch
from antalya.exchange.bridge.syncing import sync
from antalya.exchange.bridge.talking import Message, Peers, Question, Said
from antalya.exchange.hub import Hub
from antalya.model.errors import AntalyaError

_logger = logging.getLogger("antalya.bridge")
_TIMES = httpx.Timeout(10.0, connect=5.0)
_LONGEST_S = 20.0
_LOOK_S = 0.5
_MOST_BYTES = 1_000_000
"""The largest answer that is read."""
_WRONG = (httpx.HTTPError, httpx.InvalidURL, ValueError)
_FAILED = object()


class HttpPeers:
    """`bridge.talking.Peers` over HTTP. Redirects are not followed: a token goes to whom it is made out to. Of the answer to a
    message only the status is read."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._client = httpx.Client(timeout=_TIMES, follow_redirects=False)

    def tell(self, message: Message) -> int:
        try:
            head = self._head(message.url, message.scope) | {"content-type": "application/json"}
            with self._client.stream("POST", message.url, content=message.body, headers=head) as answer:
                return answer.status_code
        except _WRONG as failure:
            _logger.info("a USS was not told: %s", type(failure).__name__, extra={"party": message.manager})
            return 0

    def ask(self, question: Question) -> Said:
        try:
            head = self._head(question.url, question.scope) | {"accept-encoding": "identity"}
            with self._client.stream("GET", question.url, headers=head) as answer:
                return _read(answer)
        except _WRONG as failure:
            _logger.info("a USS was not asked: %s", type(failure).__name__, extra={"party": question.manager})
            return Said(0, b"", f"there was no answer: {type(failure).__name__}")

    def _head(self, url: str, scope: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self._tokens(urlsplit(url).hostname or '', scope)}"}


def _read(answer: httpx.Response) -> Said:
    """The answer, as long as it is neither too long nor too slow: nothing is unpacked."""
    body, until = bytearray(), time.monotonic() + _LONGEST_S
    for part in answer.iter_raw(65_536):
        body += part
        if len(body) > _MOST_BYTES or time.monotonic() > until:
            return Said(answer.status_code, b"", f"the answer takes more than {_MOST_BYTES} bytes or {_LONGEST_S:.0f} seconds")
    return Said(answer.status_code, bytes(body))


async def keep_talking(hub: Hub, peers: Peers | None) -> None:
    """Shows what is to be shown, then tells and asks USSs whatever is due, until cancelled; what goes wrong is logged and tried
    again."""
    while await _tried(lambda: sync(hub)) is _FAILED:
        await anyio.sleep(_LOOK_S)
    if hub.uss is not None and peers is not None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_keep_doing, lambda: deliver(hub, peers))
            tasks.start_soon(_keep_doing, lambda: fetch(hub, peers))


async def _keep_doing(work: Callable[[], int]) -> None:
    while True:
        done = await _tried(work)
        if done is _FAILED or not done:
            await anyio.sleep(_LOOK_S)


async def _tried(work: Callable[[], object]) -> object:
    try:
        return await to_thread.run_sync(work, abandon_on_cancel=True)
    except AntalyaError as failure:
        _logger.warning("talking to USSs failed", extra={"code": failure.code.name})
    except Exception:
        _logger.exception("talking to USSs failed")
    return _FAILED
