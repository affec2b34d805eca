"""Parties, forces, areas, stances, claims, sites and understandings at the HTTP door."""

from functools import partial
from typing import Any

import msgspec
from anyio import to_thread
from starlette.responses import Response

from antalya.entry.http import examples, shapes
from antalya.entry.http.call import Call, refusals
from antalya.entry.http.endpoint import Endpoint, reply
from antalya.exchange import agreeing, registry, viewing
from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Status, Understanding
from antalya.ports import Kind, Thing

READ, FILE, OPERATE, BROKER = "antalya.read", "antalya.file", "antalya.operate", "antalya.broker"
_SIGNED = ("bad_signature", "signature_required")
_ERRORS = ("bad_json", "bad_field", "bad_text", "not_yours", "no_scope", "unknown_reference", "precondition_required",
           "stale_etag", "wrong_state", *_SIGNED, "ring_not_closed", "ring_crosses_itself", "ring_too_short", "not_a_position",
           "outline_too_wide", "area_too_large", "too_many_vertices", "bad_window", "bad_band", "naive_time", "duplicate_id")


class SignatureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hash of the content that is signed, as GET of the understanding gives it."""

    content_sha256: str


class StatusBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an understanding is to become."""

    status: Status


def _registered(thing: Thing, status: int = 200) -> Response:
    return reply({"kind": thing.kind, "id": thing.id, "version": thing.version}, status, etag=thing.version)


async def _list(kind: Kind, call: Call) -> Response:
    return reply({"items": await to_thread.run_sync(viewing.things, call.hub, call.viewer, kind), "next": None})


async def _show(kind: Kind, call: Call) -> Response:
    view, version = await to_thread.run_sync(viewing.thing, call.hub, call.viewer, kind, call.path["id"])
    return reply(view, etag=version)


async def _put(noun_type: type[Noun], call: Call) -> Response:
    kind = registry.KINDS[noun_type]
    async with refusals(call, kind, call.path["id"]):
        noun: Any = call.body(noun_type)
        if noun.id != call.path["id"]:
            raise error("bad_field", "the id differs from the one in the address", at="id")
    thing = await to_thread.run_sync(lambda: registry.put(
        call.hub, call.viewer, noun, call.evidence, operator=OPERATE in call.token.scopes, version=call.if_match))
    return _registered(thing, 201 if thing.version == 1 else 200)


async def sign(call: Call) -> Response:
    body = call.body(SignatureBody)
    return _registered(await to_thread.run_sync(agreeing.sign, call.hub, call.viewer, call.path["id"], body.content_sha256,
                                                call.evidence))


async def set_status(call: Call) -> Response:
    body = call.body(StatusBody)
    return _registered(await to_thread.run_sync(agreeing.set_status, call.hub, call.viewer, call.path["id"], body.status,
                                                call.evidence))


def _rows(kind: Kind, plural: str, noun: type[Noun], scopes: tuple[str, ...], example: Any, one: Any = None) -> list[Endpoint]:
    items = msgspec.defstruct(f"{noun.__name__}List", [("items", tuple[noun, ...]), ("next", int | None)],  # type: ignore[valid-type]
                              frozen=True, kw_only=True, forbid_unknown_fields=True)
    return [
        Endpoint("GET", f"/v1/{plural}", f"All {plural} you may see", (READ,), partial(_list, kind), None, items),
        Endpoint("GET", f"/v1/{plural}/{{id}}", f"One of the {plural}", (READ,), partial(_show, kind), None, one or noun,
                 errors=("not_found",), gives=("ETag",)),
        Endpoint("PUT", f"/v1/{plural}/{{id}}", f"Register or change one of the {plural}", scopes, partial(_put, noun), noun,
                 shapes.Registered, 201, headers=("If-Match",), errors=_ERRORS, example=example, gives=("ETag",)),
    ]


ENDPOINTS = (
    *_rows("party", "parties", Party, (OPERATE,), examples.PARTY),
    *_rows("force", "forces", Force, (OPERATE,), examples.FORCE),
    *_rows("area", "areas", Area, (OPERATE,), examples.AREA),
    *_rows("stance", "stances", Stance, (FILE,), examples.STANCE),
    *_rows("control", "controls", Control, (FILE,), examples.CONTROL),
    *_rows("site", "sites", Site, (FILE,), examples.SITE),
    *_rows("understanding", "understandings", Understanding, (FILE, BROKER, OPERATE), examples.UNDERSTANDING,
           shapes.UnderstandingView),
    Endpoint("POST", "/v1/understandings/{id}/signatures", "Sign the content of an understanding", (FILE,), sign, SignatureBody,
             shapes.Registered, errors=("not_found", "not_yours", "stale_etag", "wrong_state", *_SIGNED),
             example=examples.SIGNATURE, gives=("ETag",)),
    Endpoint("POST", "/v1/understandings/{id}/status", "Suspend, resume or end an understanding", (FILE,), set_status,
             StatusBody, shapes.Registered, errors=("not_found", "not_yours", "wrong_state", *_SIGNED), example=examples.STATUS,
             gives=("ETag",)),
)
