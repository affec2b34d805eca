"""Schemathesis makes requests from the published interface, for every operation with every scope: no failure of the server, and
no answer but those the interface lists."""

import re
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from tests.f3548.conftest import ALL, INTERFACE, check_fits
from tests.http.conftest import Door

IDS = {"entityid": "UUIDv4Format", "subscriptionid": "UUIDv4Format"}
EACH = 5


def parameter(name: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{IDS[name]}"} if name in IDS and IDS[name] in INTERFACE["schemas"] else \
        {"type": "string", "minLength": 1, "maxLength": 60}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def document() -> dict[str, Any]:
    """The interface as OpenAPI again."""
    paths: dict[str, Any] = {}
    for path, methods in INTERFACE["paths"].items():
        rows: dict[str, Any] = {"parameters": [parameter(name) for name in re.findall(r"{(\w+)}", path)]}
        for method, row in methods.items():
            rows[method] = {"responses": {status: {"description": status} for status in row["responses"]}}
            if row["body"]:
                content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{row['body']}"}}}
                rows[method]["requestBody"] = {"required": True, "content": content}
        paths[path] = rows
    schemas = _moved(INTERFACE["schemas"])
    return {"openapi": "3.0.2", "info": {"title": "UTM", "version": "1.0.0"}, "paths": paths, "components": {"schemas": schemas}}


def _moved(thing: Any) -> Any:
    """References as OpenAPI has them."""
    if isinstance(thing, dict):
        return {key: value.replace("#/schemas/", "#/components/schemas/") if key == "$ref" else _moved(value)
                for key, value in thing.items()}
    return [_moved(each) for each in thing] if isinstance(thing, list) else thing



@cache
def schema() -> Any:
    import schemathesis  # here, since it takes long and most processes of a run need it not
    return schemathesis.openapi.from_dict(document())


OPERATIONS = [(method, path) for path, methods in INTERFACE["paths"].items() for method in methods]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_of_the_interface_breaks_anything(door: Door, method: str, path: str) -> None:
    cases, held = schema()[path][method.upper()].as_strategy(), [*((scope,) for scope in ALL), ALL]

    @settings(max_examples=EACH, phases=[Phase.explicit, Phase.reuse, Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(cases)
    def check(case: Any) -> None:
        for scopes in held:
            answer = case.call(base_url=door.url, headers={"authorization": f"Bearer {door.token('US', *scopes, life_s=3_600)}"})
            assert answer.status_code < 500, answer.text
            check_fits(method, path, answer)
    check()
