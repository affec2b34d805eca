"""An exchange from outside: HTTP with a token, its problems as errors of the catalogue."""

import os
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import httpx
import msgspec
import typer

from antalya.entry.terminal import is_near, warn
from antalya.model.errors import CATALOGUE, AntalyaError, Code, error
from antalya.store import keys as key_files
from antalya.store.system import clock
from antalya.wire.canonical import canonical
from antalya.wire.notice import sign

LOCAL = "http://127.0.0.1:8017"
Url = Annotated[str, typer.Option("--url", help="The exchange.", envvar="ANTALYA_URL")]
Token = Annotated[str | None, typer.Option("--token", help="Your token; ANTALYA_TOKEN or --token-file keep it out of sight.")]
TokenFile = Annotated[Path | None, typer.Option("--token-file", help="A file with your token (or ANTALYA_TOKEN_FILE).")]
SignWith = Annotated[Path | None, typer.Option("--sign", help="Sign with this Ed25519 key (PEM).")]
_TIMEOUT_S = 60
_PATIENCE_S = 20.0
"""How long a request is repeated when the exchange says that it is busy or that requests come too quickly."""


def address(*parts: str) -> str:
    """A path of the API; ids in it may have any characters."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


class Exchange:
    """The HTTP door from outside. Raises the exchange's own errors, not_ready where none answers, bad_setting for a URL that
    is none, no_token without a token."""

    def __init__(self, url: str, token: str | None, token_file: Path | None = None, key: Path | None = None) -> None:
        host = host_of(url)
        near = is_near(host)
        if not near and not url.startswith("https"):
            warn(f"your token goes to {host} in the clear: use https")
        self.url = url
        self._key = key_files.party_key(key) if key else None
        self._http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token_of(token, token_file)}"},
                                  timeout=_TIMEOUT_S, trust_env=not near)
        weakref.finalize(self, self._http.close)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Reads a path; a query parameter that is None is left out, `from_` is `from`."""
        given = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self._said(lambda: self._http.get(path, params=given))

    def items(self, path: str, **query: Any) -> Iterator[Any]:
        """The items of a list, all its pages."""
        after = None
        while True:
            page = self.get(path, **query, after=after).json()
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Sends a body, signed where a key was given; the answer's JSON."""
        content = b"" if body is None else canonical(body)
        signed = self.signed(method, path, content)
        head = {"content-type": "application/jose" if signed else "application/json"}
        return self._sent(method, path, signed or content, head | {k.replace("_", "-"): v for k, v in headers.items()})

    def send_several(self, path: str, parts: list[dict[str, object]]) -> list[Any | AntalyaError]:
        """Sends several filings in one request (`POST /v1/filings`): what came of each, in order."""
        content = msgspec.json.encode({"filings": parts})
        said = self._sent("POST", path, content, {"content-type": "application/json"})
        return [item["outcome"] if "outcome" in item else _error(item["problem"]) for item in said["items"]]

    def signed(self, method: str, path: str, content: bytes) -> bytes:
        """Canonical content as a signed notice; empty where no key was given."""
        return b"" if self._key is None or not content else sign(content, self._key, f"{method} {path}", clock())

    def _sent(self, method: str, path: str, content: bytes, head: dict[str, str]) -> Any:
        return self._said(lambda: self._http.request(method, path, content=content, headers=head)).json()

    def etag(self, path: str) -> str:
        """The ETag of a thing as it now is."""
        return str(self.get(path).headers.get("etag", '"0"'))

    def _said(self, call: Callable[[], httpx.Response]) -> httpx.Response:
        begun = time.monotonic()
        while True:
            try:
                answer = call()
            except httpx.HTTPError as failure:
                raise error("not_ready", f"{self.url} does not answer: {failure}") from None
            if answer.is_success:
                return answer
            problem = self._problem(answer)
            wait = seconds_until(problem)
            if wait is None or time.monotonic() - begun + wait > _PATIENCE_S:
                raise problem
            time.sleep(wait)

    def _problem(self, answer: httpx.Response) -> AntalyaError:
        try:
            return _error(answer.json())
        except (ValueError, KeyError, TypeError):
            return error("not_ready", f"{self.url} answered {answer.status_code}, which is no exchange's answer")


def host_of(url: str) -> str:
    """The host of an exchange's URL. Raises bad_setting."""
    try:
        known = httpx.URL(url)
        if known.scheme in ("http", "https") and known.host and not any(c.isspace() for c in url):
            return known.host
    except httpx.InvalidURL:
        pass
    raise error("bad_setting", f"{url[:200]!r} is not an address like {LOCAL}", at="--url")


def token_of(token: str | None, file: Path | None = None) -> str:
    """The token: --token, --token-file, ANTALYA_TOKEN, ANTALYA_TOKEN_FILE, whichever is first."""
    path = file or (None if os.environ.get("ANTALYA_TOKEN") else os.environ.get("ANTALYA_TOKEN_FILE"))
    if not token and path:
        try:
            token = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as wrong:
            why = wrong.strerror if isinstance(wrong, OSError) else "not a text file"
            raise error("bad_setting", f"{path}: {why}", at="--token-file") from None
    token = (token or os.environ.get("ANTALYA_TOKEN", "")).strip()
    if not token:
        raise error("no_token", "give --token-file or --token, or set ANTALYA_TOKEN")
    if not token.isascii() or any(c.isspace() for c in token):
        raise error("bad_token", "it is not a token: it has letters or spaces that tokens don't have")
    return token


def _error(said: Any) -> AntalyaError:
    """A problem document as an error of the catalogue, or one that a newer exchange has. Raises KeyError or TypeError where it is
    none."""
    code = CATALOGUE.get(said["code"]) or Code(said["code"], said["status"], said["title"], said["next_step"],
                                               _exit_code(said["status"]))
    extra = {name: said[name] for name in ("instance", "retry_after_s") if name in said}
    return AntalyaError(code, said["detail"], at=said.get("at", ""), **extra)


def seconds_until(failure: AntalyaError) -> float | None:
    """After how many seconds the same request may succeed; None where it won't."""
    if failure.code.name == "store_busy":
        return 0.5
    wait = failure.extra.get("retry_after_s")
    return float(wait) + 0.01 if failure.code.name == "rate_exceeded" and isinstance(wait, int | float) else None


def _exit_code(status: int) -> int:
    return {401: 4, 403: 4, 429: 5}.get(status, 6 if status >= 500 else 2)
