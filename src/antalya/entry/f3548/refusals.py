"""Errors of the catalogue as the standard's clients know them: its statuses, its ErrorResponse or AirspaceConflictResponse."""

from starlette.responses import Response

from antalya.model.errors import AntalyaError
from antalya.wire.canonical import encode

_AS_BAD_REQUEST = frozenset({406, 415, 422, 428})
"""Statuses the standard does not know; to its clients it is a bad request."""
_SHOWN = ("missing_operational_intents", "missing_constraints")


def refusal(failure: AntalyaError, instance: str = "") -> Response:
    """The answer: what happened and what to do next in `message`, and what the key lacked."""
    status = 400 if failure.code.status in _AS_BAD_REQUEST or failure.code.name == "area_too_large" else failure.code.status
    where = f" (at {failure.at})" if failure.at else ""
    message = f"{failure.code.title}: {failure.detail}{where}. {failure.code.next_step}"
    body: dict[str, object] = {"message": f"{message} [{failure.code.name} {instance}]".replace(" ]", "]")}
    body |= {name: failure.extra[name] for name in _SHOWN if name in failure.extra}
    head = {"cache-control": "no-store"}
    wait = failure.extra.get("retry_after_s")
    if isinstance(wait, float):
        head["retry-after"] = str(int(wait) + 1)
    if status == 401:
        head["www-authenticate"] = "Bearer"
    return Response(encode(body), status, head, "application/json")
