"""The doors at which USSs tell the exchange of their own intents and constraints, report trouble, and read what was said."""

from collections.abc import Callable

from anyio import to_thread
from starlette.responses import Response

from antalya.entry.f3548.dss import EVERY, reports
from antalya.entry.f3548.parties import admitted
from antalya.entry.http.call import Call
from antalya.entry.http.endpoint import Endpoint, Handler, reply
from antalya.exchange.bridge import receiving
from antalya.exchange.coordination.writing import COORDINATION, MANAGEMENT
from antalya.model.f3548 import ErrorReport
from antalya.model.f3548_details import ConstraintNotice, IntentNotice


def _hears(work: Callable[[Call], None]) -> Handler:
    async def handler(call: Call) -> Response:
        def whole() -> None:
            admitted(call)
            work(call)
        await to_thread.run_sync(whole)
        return Response(status_code=204, headers={"cache-control": "no-store"})
    return handler


def _intent(call: Call) -> None:
    receiving.intent(call.hub, call.viewer, call.body(IntentNotice), call.evidence)


def _constraint(call: Call) -> None:
    receiving.constraint(call.hub, call.viewer, call.body(ConstraintNotice), call.evidence)


async def _log_set(call: Call) -> Response:
    def whole() -> object:
        if not call.viewer.broker:
            admitted(call)
        return receiving.log_set(call.hub, call.viewer, call.path["log_set_id"])
    return reply(await to_thread.run_sync(whole))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("POST", "/uss/v1/operational_intents", "Tell of one's operational intent", (COORDINATION,), _hears(_intent),
             body=IntentNotice, status=204),
    Endpoint("POST", "/uss/v1/constraints", "Tell of one's constraint", (MANAGEMENT,), _hears(_constraint),
             body=ConstraintNotice, status=204),
    Endpoint("POST", "/uss/v1/reports", "Report communication trouble", EVERY, reports, body=ErrorReport, status=201),
    Endpoint("GET", "/uss/v1/log_sets/{log_set_id}", "Read what was said about a reference, by its id",
             (*EVERY, "antalya.broker"), _log_set),
)
