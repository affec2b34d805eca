"""The issuers an exchange trusts, with their keys as they are now: from files, or from an address of a JWK set.

Keys are looked up again after `refresh_s` (a file: when it has changed), and at once, though not more than every ten seconds,
when a token names a key that is not known: so an issuer may change its keys at any time. Where new keys can't be had, the old
ones stay.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

from joserfc.jwk import KeySet

from antalya.entry.settings import IssuerSetting
from antalya.model.errors import AntalyaError, error
from antalya.store.keys import issuer_keys, keys_of
from antalya.wire.tokens import Issuer

_logger = logging.getLogger("antalya.issuers")
_AGAIN_S = 10.0
_WAIT_S, _LONGEST_S = 5.0, 10.0
_MOST_BYTES = 1_000_000
_LOCAL = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@dataclass
class _Source:
    """Where an issuer's keys come from, and how they were found last."""

    setting: IssuerSetting
    path: Path | None
    test_keys: bool
    looked_at: float = float("-inf")
    stamp: tuple[int, int, int] = (0, 0, 0)

    def due(self, now: float) -> bool:
        """Whether to look again."""
        if self.path is not None:
            return self._stamp() != self.stamp
        return now - self.looked_at >= self.setting.refresh_s

    def keys(self, now: float) -> KeySet:
        """The keys there now. Raises bad_setting."""
        self.looked_at = now
        if self.path is not None:
            self.stamp = self._stamp()
            return issuer_keys(self.path, test_keys=self.test_keys)
        return keys_of(_fetched(self.setting.jwks_url), self.setting.jwks_url, test_keys=self.test_keys)

    def _stamp(self) -> tuple[int, int, int]:
        try:
            there = self.path.stat() if self.path is not None else None
        except OSError:
            return (0, 0, 0)
        return (there.st_mtime_ns, there.st_size, there.st_ino) if there is not None else (0, 0, 0)


class Issuers(Sequence[Issuer]):
    """The issuers of an exchange's settings. `on_change` is called when keys have changed."""

    def __init__(self, settings: Iterable[IssuerSetting], directory: Path, *, test_keys: bool = False) -> None:
        """Raises bad_setting where a file of keys is not as it must be; an address that does not answer is asked again."""
        self._lock, self._issuers = threading.Lock(), list[Issuer]()
        self._sources = [_source(setting, directory, test_keys) for setting in settings]
        self.on_change: Callable[[], None] = lambda: None
        for source in self._sources:
            made = source.setting
            self._issuers.append(Issuer(made.name, KeySet([]), made.audiences, scopes=made.scopes, max_life_s=made.max_life_s,
                                        brings_parties=made.brings_parties, parties=made.parties))
            try:
                self._issuers[-1] = replace(self._issuers[-1], keys=source.keys(time.monotonic()))
            except AntalyaError as failure:
                if source.path is not None:
                    raise
                _logger.warning("no keys of issuer %s: %s", made.name, failure.detail)

    @overload
    def __getitem__(self, index: int) -> Issuer: ...
    @overload
    def __getitem__(self, index: slice) -> list[Issuer]: ...
    def __getitem__(self, index: int | slice) -> Issuer | list[Issuer]:
        return self._issuers[index]

    def __len__(self) -> int:
        return len(self._issuers)

    def refresh(self) -> None:
        """Looks again for keys wherever that is due."""
        for number, source in enumerate(self._sources):
            if source.due(time.monotonic()):
                self._look(number)

    def renew(self, name: str) -> bool:
        """Looks for an issuer's keys because one of its tokens names an unknown one; whether there was anything to look at."""
        looked = False
        for number, source in enumerate(self._sources):
            if source.setting.name == name and time.monotonic() - source.looked_at >= _AGAIN_S:
                self._look(number)
                looked = True
        return looked

    def _look(self, number: int) -> None:
        with self._lock:
            source, known = self._sources[number], self._issuers[number]
            try:
                keys = source.keys(time.monotonic())
            except AntalyaError as failure:
                _logger.warning("the keys of issuer %s stay as they are: %s", source.setting.name, failure.detail)
                return
            if keys.as_dict() != known.keys.as_dict():
                self._issuers[number] = replace(known, keys=keys)
                self.on_change()
                _logger.info("new keys of issuer %s", source.setting.name)


def _source(setting: IssuerSetting, directory: Path, test_keys: bool) -> _Source:
    """Raises bad_setting unless there is one way to the keys, and that is safe."""
    if bool(setting.keys_file) == bool(setting.jwks_url):
        raise error("bad_setting", f"issuer {setting.name}: give either keys_file or jwks_url", at="issuers")
    if setting.jwks_url and not setting.jwks_url.startswith(("https://", *_LOCAL)):
        raise error("bad_setting", f"issuer {setting.name}: jwks_url must be an https address", at="issuers")
    return _Source(setting, directory / setting.keys_file if setting.keys_file else None, test_keys)


def _fetched(url: str) -> bytes:
    """What is at an address. Raises bad_setting."""
    import httpx  # here: an exchange whose issuers' keys are files starts without it

    from antalya.entry.within import read, within

    async def get(client: httpx.AsyncClient) -> bytes | None:
        async with client.stream("GET", url, headers={"accept-encoding": "identity"}) as answer:
            return await read(answer.raise_for_status(), _MOST_BYTES)
    try:
        raw = within(_LONGEST_S, get, httpx.Timeout(_WAIT_S))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
        raise error("bad_setting", f"{url}: {type(failure).__name__}") from None
    if raw is None:
        raise error("bad_setting", f"more than {_MOST_BYTES} bytes at {url}")
    return raw
