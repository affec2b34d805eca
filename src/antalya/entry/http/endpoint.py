"""What an endpoint is: one row says its method, path, scope, body, answer and errors. The routes and openapi.json are both
made from these rows, so they can't differ."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from antalya.entry.http.call import Call
from antalya.wire.canonical import encode

Handler = Callable[[Call], Awaitable[Response]]
Front = Callable[[Handler, Call], Awaitable[Response]]


@dataclass(frozen=True)
class Query:
    """A query parameter and its type."""

    name: str
    kind: Any
    text: str


@dataclass(frozen=True)
class Endpoint:
    """One row. `scopes`: any one of them is enough; `body` and `answer`: types for the schema; `headers`: request headers
    that matter; `example`: a body; `gives`: headers of the answer; `looks_at_key`: its job looks
    whether the key that signed is still good; `ahead`: what a door can do of the handler's work, as `Call.sent`; `front`: takes
    the request, wherever the store is kept, and calls the handler for parts of it; `long`: it looks through much."""

    method: str
    path: str
    summary: str
    scopes: tuple[str, ...]
    handler: Handler
    body: Any = None
    answer: Any = None
    status: int = 200
    query: tuple[Query, ...] = ()
    headers: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    example: Any = None
    media_type: str = "application/json"
    gives: tuple[str, ...] = ()
    looks_at_key: bool = False
    ahead: Callable[[Call], bytes] | None = None
    front: Front | None = None
    long: bool = False


class Awaited(Response):
    """An answer of which it matters whether the caller was still there for it: `arrived` is told."""

    def __init__(self, content: bytes, status: int, headers: dict[str, str] | None = None, media_type: str | None = None, *,
                 arrived: Callable[[bool], None]) -> None:
        super().__init__(content, status, headers, media_type)
        self.arrived = arrived


def reply(content: object, status: int = 200, *, etag: int | None = None, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    head = {"cache-control": "no-store"} | (headers or {})
    if etag is not None:
        head["etag"] = f'"{etag}"'
    return Response(encode(content), status, head, "application/json")
