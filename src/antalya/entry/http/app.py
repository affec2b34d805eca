"""The HTTP application: routes from the endpoint rows, problems, metrics, health, and the page."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from functools import cache, partial

import anyio
import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route

from antalya.entry import f3548
from antalya.entry.f3548.parties import check_named
from antalya.entry.f3548.talking import keep_talking
from antalya.entry.http import events, filings, log, operations, registry
from antalya.entry.http.call import Call, Desk, authenticate, has_controls, open_body
from antalya.entry.http.driving import driven
from antalya.entry.http.endpoint import Awaited, Endpoint, Handler
from antalya.entry.http.openapi import document
from antalya.entry.trying import tried
from antalya.entry.web import page_routes
from antalya.exchange import proving, settling, viewing
from antalya.model.errors import AntalyaError, error

ENDPOINTS: tuple[Endpoint, ...] = (*operations.ENDPOINTS, *filings.ENDPOINTS, *registry.ENDPOINTS, *log.ENDPOINTS,
                                   *events.ENDPOINTS)
_logger = logging.getLogger("antalya.http")
_TICK_S, _HEAR_S = 2.0, 0.5


class Metrics:
    """Counts and times of requests by route and status; no plan contents."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("antalya_requests", "Requests", ["route", "status"], registry=self.registry)
        self.seconds = Histogram("antalya_request_seconds", "Time to answer", ["route"], registry=self.registry)
        self._of = cache(lambda route, status: (self.requests.labels(route, status), self.seconds.labels(route)))

    def count(self, route: str, status: int, seconds: float) -> None:
        """One request, answered after so long."""
        requests, times = self._of(route, status)
        requests.inc()
        times.observe(seconds)


def problem(failure: AntalyaError, instance: str = "") -> Response:
    """An error of the catalogue as an RFC 9457 answer."""
    head = {"cache-control": "no-store"}
    wait = failure.extra.get("retry_after_s")
    if isinstance(wait, float):
        head["retry-after"] = str(int(wait) + 1)
    if failure.code.status == 401:
        head["www-authenticate"] = "Bearer"
    return Response(msgspec.json.encode(failure.problem(instance)), failure.code.status, head, "application/problem+json")


Render = Callable[[AntalyaError, str], Response]


ROWS: tuple[tuple[Endpoint, Render], ...] = (*((row, problem) for row in ENDPOINTS),
                                             *((row, f3548.refusal) for row in f3548.ENDPOINTS))
"""Every endpoint that needs a token, and what makes the answer of an error there. A door names them to its keeper by number."""


def _work(desk: Desk, number: int) -> Handler:
    """What does the work of a row: its handler here, or with the keeper. A door reads by itself; at the drone door reading may
    register the caller."""
    (row, render), keeper = ROWS[number], desk.keeper

    async def hand_on(call: Call) -> Response:
        assert keeper is not None
        if row.ahead is not None:
            call.sent = row.ahead(call)
        return await keeper.ask(number, call)
    work = row.handler if keeper is None or (row.method == "GET" and render is problem) else hand_on
    return work if row.front is None else partial(row.front, work)


def _route(desk: Desk, metrics: Metrics, number: int) -> Route:
    """The route of a row."""
    (row, render), work = ROWS[number], _work(desk, number)
    turns = desk.looks if row.long else desk.turns

    async def serve(request: Request) -> Response:
        began, request_id, party = time.perf_counter(), "", ""
        try:
            desk.rates.take(request.client.host if request.client else "")
            token = await authenticate(desk, request, desk.hub.clock())
            party = token.party
            await check_named(desk, token)
            desk.rates.take(f"party {party}")
            if not token.scopes & set(row.scopes):
                raise error("no_scope", f"needs {' or '.join(row.scopes)}")
            native = render is problem
            if any(map(has_controls, request.path_params.values())):  # PostgreSQL could not even look for one with NUL
                raise error("not_found" if native else "bad_field", "no id has control characters")
            if native:  # what drone operators' systems send beyond their standard is theirs
                _known(request, row)
            call = Call(desk, request, token, path=request.path_params)
            if row.method in ("POST", "PUT", "DELETE"):
                await open_body(call, looked_at_again=row.looks_at_key)
            async with turns.one(party) if row.front is None else nullcontext():
                response = await work(call)
            if isinstance(response, Awaited):
                response.arrived(not await request.is_disconnected())
        except AntalyaError as failure:
            request_id = desk.hub.ids()
            response = render(failure, f"urn:uuid:{request_id}")
        except asyncio.CancelledError:
            if not desk.stopping.is_set():
                raise
            request_id = desk.hub.ids()
            response = render(error("not_ready", "the exchange was stopped meanwhile: look whether it was kept"),
                              f"urn:uuid:{request_id}")
        except Exception:
            request_id = desk.hub.ids()
            _logger.exception("request failed", extra={"request": request_id, "route": row.path})
            response = render(error("internal", "the exchange failed to answer"), f"urn:uuid:{request_id}")
        seconds = time.perf_counter() - began
        metrics.count(row.path, response.status_code, seconds)
        if _logger.isEnabledFor(logging.INFO):
            _logger.info("request", extra={
                "request": request_id or desk.hub.ids(), "method": row.method, "route": row.path, "party": party,
                "status": response.status_code, "milliseconds": round(seconds * 1000, 2)})
        return response
    return Route(row.path, serve, methods=[row.method])


def _known(request: Request, row: Endpoint) -> None:
    """Raises bad_field for a query parameter that the row has not: it would be passed over, and the answer be another than
    the one asked for."""
    if not request.scope["query_string"]:
        return
    known = [query.name for query in row.query]
    for name in request.query_params:
        if name not in known:
            there = f"known here: {', '.join(known)}" if known else "no query parameter is known here"
            raise error("bad_field", there, at=name[:100])


def _plain(desk: Desk, metrics: Metrics) -> list[BaseRoute]:
    """What needs no token: health, metrics, the document, and in the demo its viewers."""
    described = msgspec.json.encode(document(ENDPOINTS, desk.hub.origin))

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        try:
            await anyio.to_thread.run_sync(proving.checkpoint, desk.hub)
        except AntalyaError as failure:
            return problem(failure)
        return JSONResponse({"status": "ready"})

    async def show_metrics(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def openapi(_: Request) -> Response:
        return Response(described, media_type="application/json")

    async def viewers(_: Request) -> Response:
        if not desk.demo_viewers:
            return problem(error("not_found", "there are viewers to switch between only in the demo"))
        return JSONResponse(list(desk.demo_viewers), headers={"cache-control": "no-store"})

    rows: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/healthz": healthz, "/readyz": readyz, "/metrics": show_metrics, "/openapi.json": openapi, "/demo/viewers": viewers}
    return [Route(path, handler, methods=["GET"]) for path, handler in rows.items()]


async def _http_error(request: Request, failure: Exception) -> Response:
    status = failure.status_code if isinstance(failure, HTTPException) else 500
    name = {404: "not_found", 405: "method_not_allowed"}.get(status, "bad_field" if status < 500 else "internal")
    render = f3548.refusal if request.url.path.startswith(("/dss/", "/uss/")) else problem
    answer = render(error(name, "no such address" if status == 404 else f"{request.method} {request.url.path}"), "")
    if status == 405:
        answer.headers["allow"] = ", ".join(_methods(request))
    return answer


def _methods(request: Request) -> list[str]:
    """The methods that an address knows."""
    there = [r for r in request.app.routes if isinstance(r, Route) and r.matches(request.scope)[0] != Match.NONE]
    return sorted({method for route in there for method in route.methods or ()})


def application(desk: Desk) -> Starlette:
    """The ASGI application of an exchange."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with driven(desk.hub.store) if desk.keeper is None else nullcontext():
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_hearing, desk)
                if desk.keeper is None:
                    tasks.start_soon(ticking, desk)
                    tasks.start_soon(keep_talking, desk.hub, desk.peers)
                if desk.refresh is not None:
                    tasks.start_soon(_refreshing, desk.refresh)
                yield
                tasks.cancel_scope.cancel()

    routes = [*(_route(desk, metrics, number) for number in range(len(ROWS))), *_plain(desk, metrics), *page_routes()]
    made = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _http_error, Exception: _http_error})
    made.router.redirect_slashes = False  # to the Host that was named, by http: a token could follow
    return made


async def ticking(desk: Desk) -> None:
    """Lets time pass for asks and operations; a failure is logged and tried again."""
    while True:
        await anyio.sleep(_TICK_S)
        await tried(_logger, "tick", lambda: settling.tick(desk.hub), abandon=False)


async def _hearing(desk: Desk) -> None:
    """Rings for what other processes on the same store told; one question of the store for all event streams."""
    heard = 0
    while True:
        await anyio.sleep(_HEAR_S)
        try:
            newest = await anyio.to_thread.run_sync(viewing.last_event, desk.hub, abandon_on_cancel=True)
        except AntalyaError:  # said where somebody waits for an answer
            continue
        except Exception:
            _logger.exception("listening for other processes failed")
            continue
        if newest != heard:
            heard = newest
            desk.hub.bell.ring()


async def _refreshing(refresh: Callable[[], None]) -> None:
    """Looks for new keys of the issuers; what goes wrong there is said there."""
    while True:
        await anyio.sleep(_TICK_S)
        await tried(_logger, "looking for issuers' keys", refresh)
