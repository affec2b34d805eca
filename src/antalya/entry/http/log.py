"""The log, receipts, the picture and who you are, at the HTTP door."""

import hashlib
from typing import Annotated

from anyio import to_thread
from msgspec import Meta, to_builtins
from starlette.responses import Response

from antalya.entry.http import shapes
from antalya.entry.http.call import Call, Cursor
from antalya.entry.http.endpoint import Endpoint, Query, reply
from antalya.exchange import proving, viewing
from antalya.ledger.receipt import Receipt
from antalya.model.errors import error
from antalya.model.limits import Limits
from antalya.model.parties import Party
from antalya.wire.canonical import encode

READ = "antalya.read"


def _index(call: Call) -> int:
    text = call.path["leaf"]
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise error("not_found", "no such leaf")
    return int(text)


async def checkpoint(call: Call) -> Response:
    note = await to_thread.run_sync(proving.checkpoint, call.hub)
    return Response(note, 200, {"cache-control": "no-store"}, "text/plain; charset=utf-8")


async def leaves(call: Call) -> Response:
    items, after = await to_thread.run_sync(proving.leaves, call.hub, call.viewer, call.query("from", Cursor, 0),
                                            call.query("limit", Annotated[int, Meta(ge=1, le=5_000)], 500))
    return reply({"items": items, "next": after})


async def leaf(call: Call) -> Response:
    index = _index(call)
    items, _ = await to_thread.run_sync(proving.leaves, call.hub, call.viewer, index, 1)
    if not items or items[0]["leaf"] != index:
        raise error("not_found", "no such leaf")
    return reply(items[0])


async def inclusion(call: Call) -> Response:
    return reply(await to_thread.run_sync(proving.inclusion, call.hub, call.query("leaf", Cursor, 0), call.query("size", Cursor)))


async def consistency(call: Call) -> Response:
    return reply(await to_thread.run_sync(proving.consistency, call.hub, call.query("from", Cursor, 1), call.query("to", Cursor)))


async def receipt(call: Call) -> Response:
    return reply(await to_thread.run_sync(proving.receipt_for, call.hub, call.viewer, _index(call)))


async def picture(call: Call) -> Response:
    return await to_thread.run_sync(_picture, call)


def _picture(call: Call) -> Response:
    """Its ETag is of all but the moment: whoever looks again is sent nothing but that where nothing changed.
    What a proxy put about the tag does not count."""
    seen = viewing.picture(call.hub, call.viewer)
    now = seen.pop("now")
    rest = encode(seen)
    tag = f'"{hashlib.sha256(rest).hexdigest()[:32]}"'
    head = {"cache-control": "no-store", "etag": tag, "antalya-now": now}
    if tag[1:-1] in call.request.headers.get("if-none-match", ""):
        return Response(None, 304, head)
    return Response(b'{"now":' + encode(now) + b"," + rest[1:], 200, head, "application/json")


async def me(call: Call) -> Response:
    def party() -> Party | None:
        with call.hub.store.read() as tx:
            return tx.rulebook().parties.get(call.token.party)
    known = await to_thread.run_sync(party)
    return reply({"party": call.token.party, "name": known.name if known else call.token.party,
                  "scopes": sorted(call.token.scopes), "broker": call.viewer.broker, "now": to_builtins(call.hub.clock()),
                  "demo": bool(call.desk.demo_viewers)})


async def limits(call: Call) -> Response:
    return reply(call.hub.limits)


_LEAF = Query("leaf", int, "the leaf's index")
ENDPOINTS = (
    Endpoint("GET", "/v1/me", "Who your token says you are", (READ,), me, None, shapes.Me),
    Endpoint("GET", "/v1/limits", "What bounds a filing here", (READ,), limits, None, Limits),
    Endpoint("GET", "/v1/picture", "Everything you may see, at once", (READ,), picture, None, shapes.Picture,
             headers=("If-None-Match",), gives=("ETag", "Antalya-Now"), long=True),
    Endpoint("GET", "/v1/log/checkpoint", "The signed head of the log (C2SP tlog-checkpoint)", (READ,), checkpoint, None, str,
             media_type="text/plain"),
    Endpoint("GET", "/v1/log/leaves", "A page of the log", (READ,), leaves, None, shapes.Leaves, long=True,
             query=(Query("from", int, "first index"), Query("limit", int, (
                 "1 to 5000; 500 unless told; a page with contents of more than 4 MB ends earlier, and `next` says where")))),
    Endpoint("GET", "/v1/log/leaves/{leaf}", "One leaf", (READ,), leaf, None, shapes.LeafView, errors=("not_found",)),
    Endpoint("GET", "/v1/log/proofs/inclusion", "That a leaf is in the log", (READ,), inclusion, None, shapes.Inclusion,
             query=(_LEAF, Query("size", int, "size of the tree; the present one unless told")), errors=("not_found",)),
    Endpoint("GET", "/v1/log/proofs/consistency", "That the log only grew", (READ,), consistency, None, shapes.Consistency,
             query=(Query("from", int, "old size"), Query("to", int, "new size; the present one unless told")),
             errors=("not_found",)),
    Endpoint("GET", "/v1/receipts/{leaf}", "The receipt of a leaf, verifiable offline", (READ,), receipt, None, Receipt,
             errors=("not_found",)),
)
