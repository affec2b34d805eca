"""Operations, findings, asks and answers at the HTTP door."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
from anyio import to_thread
from msgspec import Meta
from starlette.responses import Response

from antalya.entry.http import shapes
from antalya.entry.http.call import Call, Cursor, refusals
from antalya.entry.http.endpoint import Endpoint, Query, reply
from antalya.entry.http.examples import ANSWER, FIX, OPERATION
from antalya.exchange import ahead, filing, settling, viewing
from antalya.model.asks import Answer, AskState, Decision
from antalya.model.base import Id, Instant, Text
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Fix, Operation
from antalya.picture import Prepared
from antalya.steps.narrow import Search, box_of

READ, FILE, SETTLE, BROKER = "antalya.read", "antalya.file", "antalya.answer", "antalya.broker"
Page = Annotated[int, Meta(ge=1, le=5_000)]
_FILING_ERRORS = ("bad_json", "bad_field", "bad_text", "bad_id", "not_yours", "unknown_reference", "duplicate_id",
                  "ring_not_closed", "ring_crosses_itself", "ring_too_short", "not_a_position", "swapped_position",
                  "outline_too_wide", "area_too_large", "too_many_vertices", "too_many_volumes", "bad_band", "bad_window",
                  "naive_time", "beyond_horizon", "window_past", "wrong_state", "bad_signature", "signature_required",
                  "idempotency_conflict", "budget_exceeded", "too_large", "bad_media_type")


class AnswerBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer as it is sent: the party is the caller's, the ask is in the path."""

    decision: Decision
    id: Id | None = None
    conditions: tuple[Text, ...] = ()
    valid_until: Instant | None = None
    note: Text = ""


def ahead_of(call: Call) -> bytes:
    """What a door does of a filing. Nothing where it is much, or to be refused: the keeper does it, and logs the refusal."""
    with suppress(AntalyaError):
        operation = call.body(Operation)
        if call.request.method == "POST":
            filing.check_new(operation)
        if (subject := ready(call, operation)) is not None:
            return ahead.sent(subject)
    return b""


def ready(call: Call, operation: Operation) -> Prepared | None:
    """A filing made ready, here or by a door before; None where it is much, or to be refused."""
    with suppress(AntalyaError):
        if call.sent:
            return ahead.subject_of(operation, call.sent, call.hub.limits, call.hub.clock())
        if filing.is_light(operation):
            return ahead.ready(operation, call.hub.limits, call.hub.clock())
    return None


def all_ready(call: Call, operations: Sequence[Operation | None]) -> list[Prepared | None]:
    """As `ready`, of several new ones at once, here (None: none could be read)."""
    light = [operation for operation in operations if operation is not None and _is_light(operation)]
    tried = ahead.all_ready(light, call.hub.limits, call.hub.clock())
    made = {id(one): subject for one, subject in zip(light, tried, strict=True) if isinstance(subject, Prepared)}
    return [made.get(id(operation)) for operation in operations]


def _is_light(operation: Operation) -> bool:
    """Whether a new operation is light, and not to be refused at a look."""
    with suppress(AntalyaError):
        filing.check_new(operation)
        return filing.is_light(operation)
    return False


async def file(call: Call) -> Response:
    async with refusals(call, "operation"):
        operation = call.body(Operation)
    async with refusals(call, "operation", operation.id):
        filing.check_new(operation)
        outcome = await _kept(call, operation, partial(begin, call, operation))
    return reply(outcome.view, 201, etag=outcome.version, headers={"location": f"/v1/operations/{operation.id}"})


def begin(call: Call, operation: Operation, ready: Prepared | None, together: int = 1) -> Future[filing.Outcome]:
    """A filing on its way (`filing.begin`)."""
    return filing.begin(call.hub, call.viewer, operation, call.evidence, key=call.idempotency_key, ready=ready,
                        together=together)


async def change(call: Call) -> Response:
    version = call.need_if_match()
    async with refusals(call, "operation", call.path["id"]):
        operation = call.body(Operation)
        if operation.id != call.path["id"]:
            raise error("bad_field", "the id differs from the one in the address", at="id")
        outcome = await _kept(call, operation, lambda subject: filing.begin_change(
            call.hub, call.viewer, operation, call.evidence, version=version, key=call.idempotency_key, ready=subject))
    return reply(outcome.view, etag=outcome.version)


async def _kept(call: Call, operation: Operation, begin: Callable[[Prepared | None], Future[filing.Outcome]]) -> filing.Outcome:
    """What a filing came to. A light one is prepared sooner than a worker could be told to; none keeps a worker waiting for the
    store."""
    subject = ready(call, operation)
    pending = await to_thread.run_sync(begin, None) if subject is None else begin(subject)
    return await asyncio.wrap_future(pending)


async def withdraw(call: Call) -> Response:
    version = call.need_if_match()
    if call.payload:  # it need not say anything, but what it says goes into the log
        call.body(object)
    outcome = await to_thread.run_sync(lambda: filing.withdraw(call.hub, call.viewer, call.path["id"], call.evidence,
                                                               version=version))
    return reply(outcome.view, etag=outcome.version)


async def report_fix(call: Call) -> Response:
    fix = call.body(Fix)
    await to_thread.run_sync(filing.report_fix, call.hub, call.viewer, call.path["id"], fix)
    return Response(status_code=204)


async def dry_run(call: Call) -> Response:
    return reply(await to_thread.run_sync(filing.dry_run, call.hub, call.viewer, call.path["id"]))


async def show(call: Call) -> Response:
    view = await to_thread.run_sync(viewing.operation, call.hub, call.viewer, call.path["id"])
    return reply(view, etag=view.get("version"))


async def versions(call: Call) -> Response:
    items, after = await to_thread.run_sync(viewing.versions, call.hub, call.viewer, call.path["id"],
                                            call.query("after", Cursor, 0), call.query("limit", Page, 500))
    return reply({"items": items, "next": after})


async def version(call: Call) -> Response:
    number = call.path["n"]
    if not (number.isascii() and number.isdigit()) or len(number) > 9:
        raise error("not_found", "no such version")
    return reply(await to_thread.run_sync(viewing.operation, call.hub, call.viewer, call.path["id"], int(number)))


async def listing(call: Call) -> Response:
    box = call.query("bbox", str)
    search = Search(call.query("from", Instant), call.query("to", Instant), None if box is None else box_of(box))
    items, after = await to_thread.run_sync(viewing.operations, call.hub, call.viewer, search, call.query("after", Cursor, 0),
                                            call.query("limit", Page, 500))
    return reply({"items": items, "next": after})


async def findings(call: Call) -> Response:
    items = await to_thread.run_sync(lambda: viewing.findings(
        call.hub, call.viewer, open_only=call.query("open", bool, True), operation=call.query("operation", Id),
        limit=call.query("limit", Page, 1_000)))
    return reply({"items": items, "next": None})


async def finding(call: Call) -> Response:
    return reply(await to_thread.run_sync(viewing.finding, call.hub, call.viewer, call.path["id"]))


async def asks(call: Call) -> Response:
    items, before = await to_thread.run_sync(viewing.asks, call.hub, call.viewer, call.query("state", AskState),
                                             call.query("after", Id), call.query("limit", Page, 1_000))
    return reply({"items": items, "next": before})


async def ask(call: Call) -> Response:
    return reply(await to_thread.run_sync(viewing.ask, call.hub, call.viewer, call.path["id"]))


async def answer(call: Call) -> Response:
    async with refusals(call, "answer", call.path["id"]):
        body = call.body(AnswerBody)
        given = Answer(id=body.id or call.hub.ids(), ask=call.path["id"], party=call.token.party, decision=body.decision,
                       conditions=body.conditions, valid_until=body.valid_until, note=body.note)
    return reply(await to_thread.run_sync(settling.answer, call.hub, call.viewer, given, call.evidence), 201)


_WINDOW = (Query("from", datetime, "only what ends at or after this instant"),
           Query("to", datetime, "only what starts before this instant"),
           Query("bbox", str, "only what comes into west,south,east,north (degrees), by the box round what you see of it"),
           Query("after", int, "the cursor `next` of the page before"),
           Query("limit", int, "how many to look through: 1 to 5000; 500 unless told"))

FILING = Endpoint("POST", "/v1/operations", "File an operation", (FILE,), file, Operation, shapes.Outcome, 201,
                  headers=("Idempotency-Key",), errors=_FILING_ERRORS, example=OPERATION,
                  gives=("ETag", "Location"), looks_at_key=True, ahead=ahead_of)
ENDPOINTS = (
    FILING,
    Endpoint("GET", "/v1/operations", "The operations you may see", (READ,), listing, None, shapes.Operations, query=_WINDOW,
             long=True),
    Endpoint("GET", "/v1/operations/{id}", "One operation", (READ,), show, None, shapes.AnyOperation, errors=("not_found",),
             gives=("ETag",)),
    Endpoint("PUT", "/v1/operations/{id}", "Change your operation: a new version, checked like a new one", (FILE,), change,
             Operation, shapes.Outcome, headers=("If-Match", "Idempotency-Key"), example=OPERATION, gives=("ETag",),
             looks_at_key=True, ahead=ahead_of,
             errors=(*_FILING_ERRORS, "precondition_required", "stale_etag", "not_found", "is_reference")),
    Endpoint("DELETE", "/v1/operations/{id}", "Withdraw your operation (an active one ends)", (FILE,), withdraw, None,
             shapes.Outcome, headers=("If-Match",), gives=("ETag",),
             errors=("precondition_required", "stale_etag", "not_found", "not_yours", "wrong_state", "is_reference",
                     "bad_signature", "signature_required")),
    Endpoint("PUT", "/v1/operations/{id}/fix", "Say where your operation under way is now; only the latest is kept", (FILE,),
             report_fix, Fix, None, 204, example=FIX,
             errors=("bad_json", "bad_field", "not_a_position", "naive_time", "not_found", "not_yours", "wrong_state")),
    Endpoint("POST", "/v1/operations/{id}/check", "Dry run: check an operation you have filed, changing nothing", (FILE,),
             dry_run, None, shapes.DryRun, errors=("not_found", "not_yours")),
    Endpoint("GET", "/v1/operations/{id}/versions", "The versions of your operation, oldest first", (READ,), versions,
             None, shapes.Operations, errors=("not_found",), long=True, query=(
                 Query("after", int, "the cursor `next` of the page before"),
                 Query("limit", int, "1 to 5000; 500 unless told; a page of more than 4 MB ends earlier"))),
    Endpoint("GET", "/v1/operations/{id}/versions/{n}", "One version of your operation", (READ,), version, None,
             shapes.AnyOperation, errors=("not_found",)),
    Endpoint("GET", "/v1/findings", "The findings you may see", (READ,), findings, None, shapes.Findings, long=True, query=(
        Query("open", bool, "false: closed ones too"), Query("operation", str, "only those of one operation"),
        Query("limit", int, "1 to 5000; 1000 unless told"))),
    Endpoint("GET", "/v1/findings/{id}", "One finding", (READ,), finding, None, shapes.FindingView, errors=("not_found",)),
    Endpoint("GET", "/v1/asks", "What you are asked, and what is asked about your operations", (READ,), asks, None, shapes.Asks,
             long=True, query=(
                 Query("state", AskState, "open, granted, granted-with-conditions, refused, withdrawn, expired or closed"),
                 Query("after", str, "the cursor `next` of the page before; pages go back in time"),
                 Query("limit", int, "1 to 5000; 1000 unless told"))),
    Endpoint("GET", "/v1/asks/{id}", "One ask with its answers", (READ,), ask, None, shapes.AskView, errors=("not_found",)),
    Endpoint("POST", "/v1/asks/{id}/answers", "Answer an ask, or take a yes back", (SETTLE,), answer, AnswerBody,
             shapes.Outcome, 201, errors=("bad_json", "bad_field", "bad_text", "not_found", "not_yours", "wrong_state",
                                          "bad_window", "duplicate_id", "signature_required", "bad_signature"), example=ANSWER),
)
