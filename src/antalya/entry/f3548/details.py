"""The doors at which USSs ask the exchange for the details of what it manages itself."""

from collections.abc import Callable

from anyio import to_thread
from starlette.responses import Response

from antalya.entry.f3548.parties import admitted
from antalya.entry.http.call import Call
from antalya.entry.http.endpoint import Endpoint, Handler, reply
from antalya.exchange.bridge import details
from antalya.exchange.coordination.writing import COORDINATION, MONITORING, PROCESSING
from antalya.exchange.hub import Hub
from antalya.steps.disclose import Viewer


def _shows(work: Callable[[Hub, Viewer, str], object]) -> Handler:
    async def handler(call: Call) -> Response:
        def whole() -> object:
            admitted(call)
            return work(call.hub, call.viewer, call.path["entityid"])
        return reply(await to_thread.run_sync(whole))
    return handler


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", "/uss/v1/operational_intents/{entityid}", "Read the details of an operational intent of the exchange's",
             (COORDINATION,), _shows(details.intent)),
    Endpoint("GET", "/uss/v1/operational_intents/{entityid}/telemetry", "Ask where the flight of one is", (MONITORING,),
             _shows(details.telemetry)),
    Endpoint("GET", "/uss/v1/constraints/{entityid}", "Read the details of a constraint of the exchange's", (PROCESSING,),
             _shows(details.constraint)),
)
