"""Other USSs over HTTP, each told and asked with a token made for it. Imported where there are any: httpx takes its time."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from antalya.entry.f3548.tokens import FromAuthority, Tokens
from antalya.entry.within import read, within
from antalya.exchange.bridge.talking import Message, Question, Said

T = TypeVar("T")
_logger = logging.getLogger("antalya.bridge")
_TIMES = httpx.Timeout(10.0, connect=5.0)
_LONGEST_S = 20.0
"""How long one exchange may take as a whole."""
_MOST_BYTES = 1_000_000
"""The largest answer that is read."""
_WRONG = (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError)


class HttpPeers:
    """`bridge.talking.Peers` over HTTP. Redirects are not followed: a token goes to whom it is made out to. Of the answer to a
    message only the status is read."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._certificates = httpx.create_ssl_context()

    def tell(self, message: Message) -> int:
        async def send(client: httpx.AsyncClient, head: dict[str, str]) -> int:
            async with client.stream("POST", message.url, content=message.body, headers=head) as answer:
                return answer.status_code
        try:
            head = self._head(message.url, message.scope) | {"content-type": "application/json"}
            status = self._within(lambda client: send(client, head))
            self._look_at(status, message.url, message.scope)
            return status
        except _WRONG as failure:
            _logger.info("a USS was not told: %s", type(failure).__name__, extra={"party": message.manager})
            return 0

    def ask(self, question: Question) -> Said:
        async def get(client: httpx.AsyncClient, head: dict[str, str]) -> Said:
            async with client.stream("GET", question.url, headers=head) as answer:
                return await _read(answer)
        was_asked = False
        try:
            head = self._head(question.url, question.scope) | {"accept-encoding": "identity"}
            was_asked = True
            said = self._within(lambda client: get(client, head))
            self._look_at(said.status, question.url, question.scope)
            return said
        except _WRONG as failure:
            _logger.info("a USS was not asked: %s", type(failure).__name__, extra={"party": question.manager})
            why = "there was no answer" if was_asked else "it was not asked, there was no token or no address to ask it with"
            return Said(0, b"", f"{why}: {type(failure).__name__}")

    def _head(self, url: str, scope: str) -> dict[str, str]:
        """Raises ValueError for an address taken in when addresses could still hide the path or the host."""
        if any(mark in url for mark in "?#@\\"):
            raise ValueError(url)
        return {"authorization": f"Bearer {self._tokens(_host(url), scope)}"}

    def _look_at(self, status: int, url: str, scope: str) -> None:
        """A token that a USS does not take is not used again: its authority may have other keys by now."""
        if status == 401 and isinstance(self._tokens, FromAuthority):
            self._tokens.forget(_host(url), scope)

    def _within(self, job: Callable[[httpx.AsyncClient], Awaitable[T]]) -> T:
        return within(_LONGEST_S, job, _TIMES, self._certificates)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


async def _read(answer: httpx.Response) -> Said:
    """The answer, as long as it is not too long."""
    body = await read(answer, _MOST_BYTES)
    if body is None:
        return Said(answer.status_code, b"", f"the answer takes more than {_MOST_BYTES} bytes")
    return Said(answer.status_code, body)
