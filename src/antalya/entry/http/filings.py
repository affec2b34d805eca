"""Several filings in one request, each as if it had come alone: signed, kept, logged and answered by itself."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack, suppress
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from antalya.entry.http import operations, shapes
from antalya.entry.http.call import Call, open_notice, refusals
from antalya.entry.http.endpoint import Endpoint, Handler, reply
from antalya.entry.http.examples import OPERATION
from antalya.exchange import ahead, filing
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Operation
from antalya.picture import Prepared
from antalya.wire.canonical import encode

ALONE, WITH_KEEPER = (50, 1), (16, 4)
"""How many go on together to where they are kept, and how often at once: in one process nearly as many as are committed at once;
where another process keeps the store, so few that it has some to keep while the next are read here."""
_IN_A_ROW = 16
"""So many are verified, and then read and made ready, in 2 ms each, before others are served."""
_logger = logging.getLogger("antalya.http")


class Sent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One filing: an `operation`, or the signed `notice` of one (a compact JWS whose `act` is `POST /v1/operations`)."""

    operation: Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/Operation"})] | UnsetType = UNSET
    notice: str | UnsetType = UNSET
    idempotency_key: Annotated[str, Meta(pattern="^[!-~]{1,200}$")] | None = None


class Several(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filings of one party, begun in this order."""

    filings: Annotated[tuple[Sent, ...], Meta(min_length=1)]


class _Open(msgspec.Struct, frozen=True, array_like=True):
    """A `_Filing` on its way to another process (`Call`)."""

    raw: bytes
    kid: str | None
    payload: bytes
    sent: bytes
    key: str | None


class _Answer(msgspec.Struct, frozen=True, array_like=True):
    """What came of one: `body` is its outcome where `status` is 201, else the problem."""

    status: int
    body: bytes


class _Filing(NamedTuple):
    """A filing whose signature is verified, if it has one: the request that it would be alone, and it made ready; not where it is
    much, or to be refused: that is done, said and logged as if it were alone."""

    call: Call
    ready: Prepared | None


_ENCODER = msgspec.msgpack.Encoder()
_OPEN, _ANSWERS = msgspec.msgpack.Decoder(tuple[_Open, ...]), msgspec.msgpack.Decoder(tuple[_Answer, ...])


async def file_several(keep: Handler, call: Call) -> Response:
    """Files each, some together; what is refused doesn't stop the others. Each counts as a request of the party's."""
    if call.kid is not None:
        raise error("bad_media_type", "sign each filing by itself and send it as `notice`")
    sent, limits = call.body(Several).filings, call.hub.limits
    most = min(limits.filings, limits.burst)
    if len(sent) > most:
        raise error("too_large", f"{len(sent)} filings, at most {most}", at="filings")
    for n, one in enumerate(sent):
        if (one.notice is UNSET) == (one.operation is UNSET):
            raise error("bad_field", "either an operation or a notice", at=f"filings[{n}]")
    call.desk.rates.take(f"party {call.token.party}", len(sent), had=1)
    together, under_way = ALONE if call.desk.keeper is None else WITH_KEEPER
    parts = [sent[first:first + together] for first in range(0, len(sent), together)]
    answers, left, in_order = dict[int, list[_Answer]](), iter(range(len(parts))), asyncio.Lock()

    async def some() -> None:
        for n in left:
            async with call.desk.turns.one(call.token.party):
                answers[n] = await _part(keep, call, parts[n], in_order)
    await asyncio.gather(*(some() for _ in range(under_way)))
    return reply({"items": [{"status": one.status, "outcome" if one.status == 201 else "problem": Raw(one.body)}
                            for n in range(len(parts)) for one in answers[n]]})


async def _part(keep: Handler, call: Call, sent: Sequence[Sent], in_order: asyncio.Lock) -> list[_Answer]:
    """What came of some that go on together. `in_order`: held by parts in which one takes its time, until they are kept."""
    async with call.desk.opening:  # one part goes on before the next is begun, or all would be ready at once
        opened, waiting = list[Call | _Answer](), list[_Filing]()
        for n in range(0, len(sent), _IN_A_ROW):
            await asyncio.sleep(0)  # others are served meanwhile
            opened += (some := [await _opened(call, one) for one in sent[n:n + _IN_A_ROW]])
            await asyncio.sleep(0)
            waiting += _all_ready(call, [one for one in some if isinstance(one, Call)])
    async with AsyncExitStack() as until_kept:
        await until_kept.enter_async_context(in_order)
        if all(one.ready is not None for one in waiting):
            await until_kept.aclose()
        kept = iter(await (_kept(waiting) if call.desk.keeper is None else _kept_elsewhere(keep, call, waiting)))
    return [next(kept) if isinstance(one, Call) else one for one in opened]


async def _opened(call: Call, sent: Sent) -> Call | _Answer:
    """A filing as the request that it would be alone, its signature verified, or the refusal."""
    raw = bytes(sent.operation) if isinstance(sent.operation, Raw) else str(sent.notice).encode()
    alone = _alone(call, raw, sent.idempotency_key)
    try:
        if isinstance(sent.notice, str):
            await open_notice(alone, looked_at_again=operations.FILING.looks_at_key)
    except AntalyaError as failure:
        return _refused(call, failure)
    return alone


def _alone(call: Call, raw: bytes, key: str | None) -> Call:
    """The request that it would be, sent alone."""
    head = [] if key is None else [(b"idempotency-key", key.encode())]
    request = Request(dict(call.request.scope) | {"path": operations.FILING.path, "headers": head})
    return Call(call.desk, request, call.token, raw, payload=raw)


def _all_ready(call: Call, alone: Sequence[Call]) -> list[_Filing]:
    """Filings, read and made ready together."""
    subjects: list[Prepared | None] = [None] * len(alone)
    with suppress(Exception):  # then each is done, and said to fail, by itself
        subjects = operations.all_ready(call, [_body(one) for one in alone])
    return [*map(_Filing, alone, subjects)]


def _body(call: Call) -> Operation | None:
    with suppress(Exception):  # one that fails keeps nobody else from being answered
        return call.body(Operation)
    return None


async def _kept_elsewhere(keep: Handler, call: Call, filings: Sequence[_Filing]) -> Sequence[_Answer]:
    """As `_kept`, in the process that keeps the store."""
    opened = [_Open(alone.raw, alone.kid, alone.payload, b"" if ready is None else ahead.sent(ready), alone.idempotency_key)
              for alone, ready in filings]
    try:
        response = await keep(Call(call.desk, call.request, call.token, sent=_ENCODER.encode(opened)))
        return _ANSWERS.decode(response.body)
    except AntalyaError as failure:  # whoever keeps the store is gone; what was kept before was kept
        return [_refused(call, failure)] * len(filings)


async def keep_several(call: Call) -> Response:
    """Files what came with `Call.sent`."""
    alone = list[Call]()
    for part in _OPEN.decode(call.sent):
        alone.append(_alone(call, part.raw, part.key))
        alone[-1].kid, alone[-1].payload, alone[-1].sent = part.kid, part.payload, part.sent
    filings = [_ready(one, body) for one, body in zip(alone, [_body(one) for one in alone], strict=True)]
    return Response(_ENCODER.encode(await _kept(filings)))


def _ready(call: Call, operation: Operation | None) -> _Filing:
    """What a door made ready, if it did."""
    with suppress(Exception):
        return _Filing(call, operations.ready(call, operation) if operation is not None and call.sent else None)
    return _Filing(call, None)


async def _kept(filings: Sequence[_Filing]) -> list[_Answer]:
    """What came of each, begun in this order: those that are ready right after each other, so that they are committed together;
    one that is not, by itself, for it takes a thread."""
    answers = list[_Answer]()
    while (at := len(answers)) < len(filings):
        end = next((n for n in range(at, len(filings)) if filings[n].ready is None), len(filings))
        some = filings[at:end] or filings[at:at + 1]
        begun = [_begun(one, len(some) - n) for n, one in enumerate(some)]
        answers += [await _answered(one, on_its_way) for one, on_its_way in zip(some, begun, strict=True)]
    return answers


def _begun(one: _Filing, together: int) -> Future[filing.Outcome] | None:
    """A filing on its way; none where it is not ready, or refused at once."""
    with suppress(Exception):
        return None if one.ready is None else operations.begin(one.call, one.ready.operation, one.ready, together)
    return None


async def _answered(one: _Filing, begun: Future[filing.Outcome] | None) -> _Answer:
    call = one.call
    try:
        if begun is None or one.ready is None:
            return _Answer(201, bytes((await operations.file(call)).body))
        async with refusals(call, "operation", one.ready.operation.id):
            outcome = begun.result() if begun.done() else await asyncio.wrap_future(begun)
        return _Answer(201, encode(outcome.view))
    except AntalyaError as failure:
        return _refused(call, failure)
    except Exception:
        _logger.exception("a filing failed")
        return _refused(call, error("internal", "the exchange failed to answer"))


def _refused(call: Call, failure: AntalyaError) -> _Answer:
    return _Answer(failure.code.status, msgspec.json.encode(failure.problem(f"urn:uuid:{call.hub.ids()}")))


_EXAMPLE: Sequence[dict[str, Any]] = ({"operation": OPERATION, "idempotency_key": "plan-of-8-March/1"},)
ENDPOINTS = (
    Endpoint("POST", "/v1/filings", "File several operations, each signed, kept and answered by itself", (operations.FILE,),
             keep_several, Several, shapes.Filed, errors=("bad_json", "bad_field", "too_large", "bad_media_type"),
             example={"filings": _EXAMPLE}, front=file_several),
)
