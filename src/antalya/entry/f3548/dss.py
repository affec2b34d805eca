"""The endpoints of /dss/v1, row by row as in the standard's interface."""

from collections.abc import Callable
from typing import Any

from anyio import to_thread
from starlette.responses import Response

from antalya.entry.f3548.parties import admitted
from antalya.entry.http.call import Call
from antalya.entry.http.endpoint import Awaited, Endpoint, Handler, reply
from antalya.exchange.coordination import arbitration, constraints, intents, subscriptions
from antalya.exchange.coordination.writing import (
    ARBITRATION,
    COORDINATION,
    MANAGEMENT,
    MONITORING,
    PROCESSING,
    Request,
    handed_over,
)
from antalya.exchange.hub import Hub
from antalya.model import f3548
from antalya.model.coordination import Kind

_INTENT, _CONSTRAINT = "/dss/v1/operational_intent_references", "/dss/v1/constraint_references"
_SUBSCRIPTION = "/dss/v1/subscriptions"

Read = Callable[[Call, str], object]
Write = Callable[[Hub, Request, Call], bytes]


def _reads(work: Read) -> Handler:
    async def handler(call: Call) -> Response:
        def whole() -> object:
            return work(call, admitted(call))
        return reply(await to_thread.run_sync(whole))
    return handler


def _writes(kind: Kind, work: Write, path_id: str, *, old: str | None = None, status: int = 200) -> Handler:
    """A handler for a write. `path_id`, `old`: the names in the path of what is written, and of the version it replaces."""
    async def handler(call: Call) -> Response:
        request = Request(call.token.party, call.token.scopes, f"{call.request.method} {call.request.url.path}", call.evidence,
                          call.path[old] if old is not None else None, call.idempotency_key)

        def whole() -> bytes:
            admitted(call)
            return work(call.hub, request, call)
        answer = await to_thread.run_sync(whole)
        head = {"cache-control": "no-store"}
        if not path_id or old is not None:
            return Response(answer, status, head, "application/json")

        def arrived(was: bool) -> None:
            if was:
                id_ = call.path[path_id]
                handed_over(call.hub, kind, id_ if kind == "availability" else id_.lower(), answer)
        return Awaited(answer, status, head, "application/json", arrived=arrived)
    return handler


def _intent(hub: Hub, request: Request, call: Call) -> bytes:
    return intents.put(hub, request, call.path["entityid"], call.body(f3548.PutIntent))


def _constraint(hub: Hub, request: Request, call: Call) -> bytes:
    return constraints.put(hub, request, call.path["entityid"], call.body(f3548.PutConstraint))


def _subscription(hub: Hub, request: Request, call: Call) -> bytes:
    return subscriptions.put(hub, request, call.path["subscriptionid"], call.body(f3548.PutSubscription))


def _row(method: str, path: str, summary: str, scopes: tuple[str, ...], handler: Handler, *, status: int = 200,
         body: Any = None) -> Endpoint:
    return Endpoint(method, path, summary, scopes, handler, body=body, status=status)


EVERY = (MANAGEMENT, PROCESSING, COORDINATION, MONITORING, ARBITRATION)
"""All scopes of the standard."""
reports = _writes("report", lambda hub, request, call: arbitration.report(hub, request, call.body(f3548.ErrorReport)), "",
                  status=201)
_FLYING, _BOUNDING, _WATCHING = (COORDINATION, MONITORING), (MANAGEMENT, PROCESSING), (PROCESSING, COORDINATION)

ENDPOINTS: tuple[Endpoint, ...] = (
    _row("POST", f"{_INTENT}/query", "Search operational intent references", _FLYING,
         _reads(lambda call, party: intents.query(call.hub, party, call.body(f3548.Query))), body=f3548.Query),
    _row("GET", f"{_INTENT}/{{entityid}}", "Read an operational intent reference", _FLYING,
         _reads(lambda call, party: intents.get(call.hub, party, call.path["entityid"]))),
    _row("PUT", f"{_INTENT}/{{entityid}}", "Create an operational intent reference", _FLYING,
         _writes("intent", _intent, "entityid", status=201), status=201, body=f3548.PutIntent),
    _row("PUT", f"{_INTENT}/{{entityid}}/{{ovn}}", "Change an operational intent reference", _FLYING,
         _writes("intent", _intent, "entityid", old="ovn"), body=f3548.PutIntent),
    _row("DELETE", f"{_INTENT}/{{entityid}}/{{ovn}}", "Delete an operational intent reference", _FLYING,
         _writes("intent", lambda hub, request, call: intents.delete(hub, request, call.path["entityid"]), "entityid",
                 old="ovn")),
    _row("POST", f"{_CONSTRAINT}/query", "Search constraint references", _BOUNDING,
         _reads(lambda call, party: constraints.query(call.hub, party, call.body(f3548.Query))), body=f3548.Query),
    _row("GET", f"{_CONSTRAINT}/{{entityid}}", "Read a constraint reference", _BOUNDING,
         _reads(lambda call, party: constraints.get(call.hub, party, call.path["entityid"]))),
    _row("PUT", f"{_CONSTRAINT}/{{entityid}}", "Create a constraint reference", (MANAGEMENT,),
         _writes("constraint", _constraint, "entityid", status=201), status=201, body=f3548.PutConstraint),
    _row("PUT", f"{_CONSTRAINT}/{{entityid}}/{{ovn}}", "Change a constraint reference", (MANAGEMENT,),
         _writes("constraint", _constraint, "entityid", old="ovn"), body=f3548.PutConstraint),
    _row("DELETE", f"{_CONSTRAINT}/{{entityid}}/{{ovn}}", "Delete a constraint reference", (MANAGEMENT,),
         _writes("constraint", lambda hub, request, call: constraints.delete(hub, request, call.path["entityid"]), "entityid",
                 old="ovn")),
    _row("POST", f"{_SUBSCRIPTION}/query", "Search one's own subscriptions", _WATCHING,
         _reads(lambda call, party: subscriptions.query(call.hub, party, call.body(f3548.Query))), body=f3548.Query),
    _row("GET", f"{_SUBSCRIPTION}/{{subscriptionid}}", "Read one's own subscription", _WATCHING,
         _reads(lambda call, party: subscriptions.get(call.hub, party, call.path["subscriptionid"]))),
    _row("PUT", f"{_SUBSCRIPTION}/{{subscriptionid}}", "Create a subscription", _WATCHING,
         _writes("subscription", _subscription, "subscriptionid"), body=f3548.PutSubscription),
    _row("PUT", f"{_SUBSCRIPTION}/{{subscriptionid}}/{{version}}", "Change a subscription", _WATCHING,
         _writes("subscription", _subscription, "subscriptionid", old="version"), body=f3548.PutSubscription),
    _row("DELETE", f"{_SUBSCRIPTION}/{{subscriptionid}}/{{version}}", "Delete a subscription", _WATCHING,
         _writes("subscription", lambda hub, request, call: subscriptions.delete(hub, request, call.path["subscriptionid"]),
                 "subscriptionid", old="version")),
    _row("POST", "/dss/v1/reports", "Report communication trouble", EVERY, reports, status=201, body=f3548.ErrorReport),
    _row("PUT", "/dss/v1/uss_availability/{uss_id}", "Say whether a USS is available", (ARBITRATION,),
         _writes("availability", lambda hub, request, call: arbitration.set_availability(
             hub, request, call.path["uss_id"], call.body(f3548.SetAvailability)), "uss_id"), body=f3548.SetAvailability),
    _row("GET", "/dss/v1/uss_availability/{uss_id}", "Read whether a USS is available",
         (ARBITRATION, COORDINATION, MONITORING),
         _reads(lambda call, party: arbitration.availability(call.hub, call.path["uss_id"]))),
)
