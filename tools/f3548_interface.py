"""Makes tests/f3548/interface.json: what the published interface of F3548-21 requires (schemas, statuses, scopes), without its
texts.

    python tools/f3548_interface.py astm-f3548-21-utm.yaml > tests/f3548/interface.json
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

_TEXTS = frozenset({"description", "summary", "example", "title", "tags", "default"})


def main(source: Path) -> None:
    """Prints the interface as JSON."""
    document = yaml.safe_load(source.read_text(encoding="utf-8"))
    paths = {path: _operations(row) for path, row in document["paths"].items() if path.startswith(("/dss/", "/uss/"))}
    wanted = {ref for row in paths.values() for op in row.values() for ref in (*op["responses"].values(), op["body"]) if ref}
    schemas: dict[str, Any] = {}
    while wanted:
        name = wanted.pop()
        schemas[name] = _plain(document["components"]["schemas"][name])
        wanted |= _refs(schemas[name]) - schemas.keys()
    print(json.dumps({"paths": paths, "schemas": dict(sorted(schemas.items()))}, indent=1))


def _operations(row: dict[str, Any]) -> dict[str, Any]:
    return {method: {
        "scopes": [sorted(each["Authority"]) for each in op.get("security", ())],
        "body": _schema(op.get("requestBody")),
        "responses": {status: _schema(response) for status, response in op["responses"].items()},
    } for method, op in row.items() if method in ("get", "put", "post", "delete")}


def _schema(thing: dict[str, Any] | None) -> str | None:
    if not thing or "content" not in thing:
        return None
    name: str = thing["content"]["application/json"]["schema"]["$ref"]
    return name.rsplit("/", 1)[1]


def _plain(schema: Any, names: bool = False) -> Any:
    """A schema of OpenAPI 3.0 as JSON Schema 2020-12, without texts. `names`: its keys are names of properties."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _plain(value, key == "properties") for key, value in schema.items() if names or key not in _TEXTS}
    if names:
        return made
    for bound in ("Minimum", "Maximum"):
        if made.pop(f"exclusive{bound}", False):
            made[f"exclusive{bound}"] = made.pop(bound.lower())
    if "$ref" in made:
        made["$ref"] = "#/schemas/" + made["$ref"].rsplit("/", 1)[1]
    return made


def _refs(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return {ref for each in schema for ref in _refs(each)}
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].rsplit("/", 1)[1]} if isinstance(schema.get("$ref"), str) else set()
    return own | {ref for each in schema.values() for ref in _refs(each)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
