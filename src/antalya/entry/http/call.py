"""One request, parsed: who calls, what they send, what they may do."""

import asyncio
import threading
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from anyio import to_thread
from msgspec import Meta
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from antalya.entry.etags import version_in
from antalya.entry.http.rates import MOST_CALLERS, Rates
from antalya.entry.http.streams import Streams
from antalya.entry.http.turns import Turns
from antalya.exchange.bridge.talking import Peers
from antalya.exchange.hub import Evidence, Hub
from antalya.model.base import Instant
from antalya.model.errors import AntalyaError, error
from antalya.steps.disclose import Viewer
from antalya.wire.decode import choices, decode
from antalya.wire.notice import Verified
from antalya.wire.notice import verify as verify_notice
from antalya.wire.tokens import Caller, Issuer, unproven
from antalya.wire.tokens import verify as verify_token

T = TypeVar("T")
Cursor = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""A place in a list or in the log: no more than a database's whole numbers."""
JSON = "application/json"
JOSE = "application/jose"
_LOOKS = 1
"""So many pictures and pages are made at once, one of each party: more of them would take no less time each, and their share from
whoever files."""


@dataclass(frozen=True)
class Desk:
    """What the door works with: the hub, whose tokens it takes, and for whom they must be made out. `refresh` looks for new
    keys of the issuers now and then; `renew` looks for those of one, by name, and says whether it could; `peers`: other USSs;
    `keys`: those of parties, as they were when last looked up; `keeper`: who keeps the store, if it is another process; `turns`
    of requests, `looks`: of those that look through much; `opening`: of several filings in one request, some are being read and
    verified."""

    hub: Hub
    issuers: Sequence[Issuer]
    audience: str
    rates: Rates
    callers: dict[str, Caller] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    turns: Turns = field(init=False)
    looks: Turns = field(init=False)
    streams: Streams = field(default_factory=Streams)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)
    demo_viewers: tuple[dict[str, str], ...] = ()
    refresh: Callable[[], None] | None = None
    renew: Callable[[str], bool] | None = None
    peers: Peers | None = None
    keeper: "Keeper | None" = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", Turns(self.hub.limits.at_once))
        object.__setattr__(self, "looks", Turns(1, _LOOKS))


class Keeper(Protocol):
    """Another process that keeps the store, where this one is but a door (`relay.Keeper`)."""

    async def ask(self, row: int, call: "Call") -> Response: ...
    def delivered(self, party: str, after: int, up_to: int) -> None: ...


@dataclass
class Call:
    """A request with its authenticated caller. `sent`: what a door did ahead of it (`Endpoint.ahead`)."""

    desk: Desk
    request: Request
    token: Caller
    raw: bytes = b""
    kid: str | None = None
    payload: bytes = b""
    sent: bytes = b""
    path: Mapping[str, str] = field(default_factory=dict)

    @property
    def hub(self) -> Hub:
        return self.desk.hub

    @property
    def viewer(self) -> Viewer:
        return Viewer(self.token.party, "antalya.broker" in self.token.scopes)

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.raw, self.kid, self.payload)

    def body(self, kind: type[T]) -> T:
        """The body as a noun. Raises bad_json, bad_field and what the noun raises."""
        return decode(self.payload, kind, plain=self.kid is not None or bool(self.sent))

    @property
    def idempotency_key(self) -> str | None:
        """Raises bad_field where it is longer than 200 characters."""
        key = self.request.headers.get("idempotency-key")
        if key is not None and not 1 <= len(key) <= 200:
            raise error("bad_field", "1 to 200 characters", at="Idempotency-Key")
        return key

    @property
    def if_match(self) -> int | None:
        """The version in If-Match (None: no such header). Raises stale_etag for one this exchange never gave.

        A weak one will do, other than RFC 9110 (13.1.1) has it, and one with how the answer was packed (`etags`): behind a proxy
        that packs answers nobody could change anything, and the version in it is exact all the same."""
        given = self.request.headers.get("if-match")
        if given is None:
            return None
        version = version_in(given)
        if version is None:
            raise error("stale_etag", "that ETag is not one of this exchange")
        return version

    def need_if_match(self) -> int:
        """As `if_match`. Raises precondition_required without one."""
        version = self.if_match
        if version is None:
            raise error("precondition_required", "no If-Match")
        return version

    def query(self, name: str, kind: Any, default: Any = None) -> Any:
        """A query parameter as a type (int, datetime …). Raises bad_field."""
        text = self.request.query_params.get(name)
        if text is None:
            return default
        if has_controls(text):  # PostgreSQL has no text with NUL in it
            raise error("bad_field", "a control character", at=name)
        try:
            return msgspec.convert(text, kind, strict=kind is Instant)  # else a year is seconds since 1970
        except msgspec.ValidationError as failure:
            words = choices(kind)
            wanted = f"one of {', '.join(words)} is wanted" if words else str(failure)
            if kind is Instant:
                wanted = "a time with its zone is wanted, in RFC 3339, for example 2017-03-07T06:00:00Z"
            raise error("bad_field", wanted, at=name) from None


def has_controls(text: str) -> bool:
    """Whether there is a control character in a text, which no id has."""
    return not text.isprintable() and any(unicodedata.category(character) == "Cc" for character in text)


class refusals(AbstractAsyncContextManager[Any]):
    """As `Hub.refusals`, of the caller's body, while others are served."""

    def __init__(self, call: Call, kind: str, subject: str = "") -> None:
        self._call, self._of = call, (kind, call.token.party, subject)

    async def __aexit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, AntalyaError):
            await to_thread.run_sync(self._call.hub.refused, *self._of, self._call.evidence, failure)


async def authenticate(desk: Desk, request: Request, now: datetime) -> Caller:
    """The caller from the bearer token. Raises no_token, bad_token. Where the token names a key that its issuer did not have,
    the issuer's keys are looked up again."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise error("no_token", "no Authorization: Bearer header")
    known = desk.callers.get(token)
    if known is not None and known.expires_at > now:
        return known
    token = token.strip()
    try:
        caller = verify_token(token, desk.issuers, desk.audience, now)
    except AntalyaError:
        if not await to_thread.run_sync(_renewed, desk, token):
            raise
        caller = verify_token(token, desk.issuers, desk.audience, now)
    if len(desk.callers) >= MOST_CALLERS:
        desk.callers.clear()
    desk.callers[token] = caller
    return caller


def _renewed(desk: Desk, token: str) -> bool:
    """Whether the issuer that a token names was asked for its keys because of it."""
    name, kid = unproven(token)
    known = next((i for i in desk.issuers if i.name == name), None)
    if known is None or desk.renew is None or (kid is not None and any(key.kid == kid for key in known.keys)):
        return False
    return desk.renew(name)


async def read_body(request: Request, most: int) -> bytes:
    """The body, as long as it is no longer than `most` bytes; nothing beyond is read. Raises too_large, bad_json."""
    told = request.headers.get("content-length")
    if told is not None and told.isdigit() and int(told) > most:
        raise error("too_large", f"{told} bytes, at most {most}")
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise error("too_large", f"more than {most} bytes")
            parts.append(part)
    except ClientDisconnect:
        raise error("bad_json", "the connection ended before the body did") from None
    return b"".join(parts)


async def open_body(call: Call, *, looked_at_again: bool = False) -> None:
    """Reads the body; where it is a signed notice, verifies it against the caller's registered keys. Raises too_large,
    bad_media_type, bad_signature. `looked_at_again`: whether the key is still good is seen to where the filing is kept, so that
    one that was good a moment ago will do here."""
    call.raw = call.payload = await read_body(call.request, call.hub.limits.body_bytes)
    kind = call.request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if not call.raw:
        return
    if kind == JOSE:
        await open_notice(call, looked_at_again=looked_at_again)
    elif kind != JSON:
        raise error("bad_media_type", f"not {kind!r}")


async def open_notice(call: Call, *, looked_at_again: bool = False) -> None:
    """Verifies what came as a signed notice, as `open_body` does. Raises bad_signature."""
    verified = await _verified(call, looked_at_again)
    call.payload, call.kid = verified.payload, verified.kid


async def _verified(call: Call, looked_at_again: bool) -> Verified:
    act, now, party = f"{call.request.method} {call.request.scope['path']}", call.hub.clock(), call.token.party
    if looked_at_again and (known := call.desk.keys.get(party)) is not None:
        with suppress(AntalyaError):
            return verify_notice(call.raw, known, act, now)
    keys = await to_thread.run_sync(_keys_of, call.hub, party, now)
    if len(call.desk.keys) >= MOST_CALLERS:
        call.desk.keys.clear()
    call.desk.keys[party] = keys
    return verify_notice(call.raw, keys, act, now)


def _keys_of(hub: Hub, party: str, now: datetime) -> dict[str, str]:
    with hub.store.read() as tx:
        known = tx.rulebook().parties.get(party)
    return known.good_keys(now) if known else {}
