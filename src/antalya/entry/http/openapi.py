"""openapi.json (OpenAPI 3.1), made from the same rows as the routes."""

from collections.abc import Iterable
from typing import Any

import msgspec

from antalya import __version__
from antalya.entry.http.answers import example_of
from antalya.entry.http.endpoint import Endpoint
from antalya.entry.http.examples import OPERATION
from antalya.entry.http.shapes import Problem
from antalya.model.errors import CATALOGUE, error

_TOO_MANY = 429
_EVERYWHERE = ("no_token", "bad_token", "no_scope", "foreign_party", "rate_exceeded", "store_full", "store_read_only",
               "store_busy", "not_ready", "store_broken", "log_broken", "internal")
_WITH_A_BODY = ("bad_json", "too_large", "bad_media_type", "bad_signature", "clock_unsure")
_HEADERS = {"If-Match": "The ETag of the version you read.",
            "If-None-Match": "The ETag of what you have: 304, and nothing more, where it is still that.",
            "Last-Event-ID": "Resume after this event.",
            "Idempotency-Key": "The same bytes under the same key are filed once: the same leaf again, and how it is now."}

_GIVEN = {"ETag": ("The version, to be sent back in If-Match (of a picture in If-None-Match).", '"1"'),
          "Antalya-Now": ("The exchange's clock.", "2017-03-07T04:00:00Z"),
          "Location": ("Where what was filed is.", f"/v1/operations/{OPERATION['id']}"),
          "Retry-After": ("After how many seconds to ask again.", "1")}


def document(endpoints: Iterable[Endpoint], origin: str) -> dict[str, Any]:
    """The whole document."""
    rows = list(endpoints)
    types = [t for e in rows for t in (e.body, e.answer) if t is not None] + [Problem]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    by_type = {id(t): s for t, s in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for row in rows:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, by_type)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Antalya", "version": __version__, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
                 "description": f"The native API of the exchange {origin}. Filings are JSON, or the same JSON in RFC 8785 bytes "
                                "signed as a compact JWS (application/jose). Errors are RFC 9457 problem documents."},
        "paths": paths,
        "security": [{"party": []}],
        "components": {"schemas": components, "securitySchemes": {
            "party": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A party's token."}}},
    }


def _operation(row: Endpoint, schemas: dict[int, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": "Done"}
    if row.answer is not None:
        shown = example_of(row.answer)
        if row.media_type == "text/event-stream":
            shown = f"id: {shown['id']}\nevent: {shown['type']}\ndata: {msgspec.json.encode(shown).decode()}\n\n"
        answer["content"] = {row.media_type: {"schema": schemas[id(row.answer)], "example": shown}}
    if row.gives:
        answer["headers"] = {name: _header(name) for name in row.gives}
    same = {"304": {"description": "It is what you have", "headers": answer["headers"]}} if "If-None-Match" in row.headers else {}
    name = row.path.removeprefix("/v1/").replace("/", "-").replace("{", "").replace("}", "")
    made: dict[str, Any] = {"operationId": f"{row.method.lower()}-{name}", "summary": row.summary,
                            "description": f"Scope: {' or '.join(row.scopes)}.", "parameters": _parameters(row),
                            "responses": {str(row.status): answer} | same | _problems(row, schemas)}
    if row.status == 201 and row.method == "PUT":
        made["responses"]["200"] = answer
    if row.body is not None:
        body: dict[str, Any] = {"schema": schemas[id(row.body)]}
        if row.example is not None:
            body["example"] = row.example
        signed = {"application/jose": {"schema": {"type": "string", "description": "Compact JWS"}}} if row.front is None else {}
        made["requestBody"] = {"required": True, "content": {"application/json": body} | signed}
    return made


def _header(name: str) -> dict[str, Any]:
    """A header of an answer."""
    return {"description": _GIVEN[name][0], "schema": {"type": "string"}, "example": _GIVEN[name][1]}


def _parameters(row: Endpoint) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
                                  for part in row.path.split("/") if part.startswith("{")]
    made += [{"name": q.name, "in": "query", "required": False, "description": q.text, "schema": msgspec.json.schema(q.kind)}
             for q in row.query]
    made += [{"name": h, "in": "header", "required": h == "If-Match" and row.method in ("PUT", "DELETE")
              and "precondition_required" in row.errors and row.status == 200, "description": _HEADERS[h],
              "schema": {"type": "string"}} for h in row.headers]
    return made


def _problems(row: Endpoint, schemas: dict[int, Any]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    missing = ("not_found",) if "{" in row.path else ()  # nothing has an id with control characters
    read = _WITH_A_BODY if row.method != "GET" else ()
    for name in dict.fromkeys((*row.errors, *read, *_EVERYWHERE, "bad_field", *missing)):
        by_status.setdefault(CATALOGUE[name].status, []).append(name)
    return {str(status): ({"headers": {"Retry-After": _header("Retry-After")}} if status == _TOO_MANY else {}) | {
                "description": ", ".join(names), "content": {"application/problem+json": {
                "schema": schemas[id(Problem)], "examples": {name: {"value": _example(name)} for name in names}}}}
            for status, names in sorted(by_status.items())}


def _example(name: str) -> dict[str, object]:
    """A problem with that code."""
    return error(name, "What exactly was wrong with this request").problem("urn:uuid:0190a6f2-8c1e-7d4b-9a3c-5e6f7a8b9c0d")
