"""The exchange's own tokens for USSs: from their common authority, by OAuth 2.0 client credentials (RFC 6749, 4.4), or of its own
making where there is none."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from antalya.entry.settings import LOCAL, Loaded
from antalya.entry.within import read, within
from antalya.exchange.hub import Hub
from antalya.store.keys import load as load_keys
from antalya.wire.tokens import mint

Tokens = Callable[[str, str], str]
"""A token that is good at a host (its `aud`) and has a scope. Raises httpx.HTTPError, ValueError or TimeoutError where none
can be had."""
_LIFE_S, _MARGIN_S, _WAIT_S, _LONGEST_S = 600.0, 60.0, 5.0, 10.0
_MOST, _MOST_BYTES = 1_000, 100_000


class _Given(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = _LIFE_S


class FromAuthority:
    """Tokens of an authority, each kept until a minute before its end, or till it is not taken. `secret_file` is read again for
    each."""

    def __init__(self, url: str, client_id: str, secret_file: Path | None) -> None:
        self._url, self._id, self._secret_file = url, client_id, secret_file
        self._kept: dict[tuple[str, str], tuple[str, float]] = {}
        self._lock = threading.Lock()

    def __call__(self, host: str, scope: str) -> str:
        with self._lock:
            token, until = self._kept.get((host, scope), ("", 0.0))
        if time.monotonic() < until:
            return token
        given = self._ask(host, scope)
        with self._lock:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[host, scope] = given.access_token, time.monotonic() + given.expires_in - _MARGIN_S
        return given.access_token

    def forget(self, host: str, scope: str) -> None:
        """Has a new token made out for the next who wants that one."""
        with self._lock:
            self._kept.pop((host, scope), None)

    def _ask(self, host: str, scope: str) -> _Given:
        form = {"grant_type": "client_credentials", "client_id": self._id, "scope": scope, "audience": host}
        if self._secret_file is not None:
            try:
                form["client_secret"] = self._secret_file.read_text(encoding="utf-8-sig").strip()
            except OSError as failure:
                raise ValueError(f"no client secret: {failure.strerror}") from None

        async def post(client: httpx.AsyncClient) -> bytes | None:
            async with client.stream("POST", self._url, data=form, headers={"accept-encoding": "identity"}) as answer:
                return await read(answer.raise_for_status(), _MOST_BYTES)
        given = within(_LONGEST_S, post, httpx.Timeout(_WAIT_S))
        if given is None:
            raise ValueError(f"the answer takes more than {_MOST_BYTES} bytes")
        return msgspec.json.decode(given, type=_Given)


def tokens_for(loaded: Loaded, hub: Hub) -> Tokens:
    """Where an exchange's own tokens come from, as its settings say."""
    own = loaded.settings.uss
    if own.token_url:
        return FromAuthority(own.token_url, own.id, loaded.path(own.secret_file) if own.secret_file else None)
    signer = load_keys(loaded.path(loaded.settings.keys)).issuer
    return lambda host, scope: mint(LOCAL, signer, own.id, (scope,), host, hub.clock(), _LIFE_S)
