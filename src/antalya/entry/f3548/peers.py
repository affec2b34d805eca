"""Other USSs over HTTP, each told and asked with a token made for it. Imported where there are any: httpx takes its time."""

import logging
import time
from urllib.parse import urlsplit

import httpx

from antalya.entry.f3548.tokens import Tokens
from antalya.exchange.bridge.talking import Message, Question, Said

_logger = logging.getLogger("antalya.bridge")
_TIMES = httpx.Timeout(10.0, connect=5.0)
_LONGEST_S = 20.0
_MOST_BYTES = 1_000_000
"""The largest answer that is read."""
_WRONG = (httpx.HTTPError, httpx.InvalidURL, ValueError)


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
