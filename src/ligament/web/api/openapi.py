"""The description of the interface: OpenAPI 3.1, made from the calls and from the very types that decode them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from ligament import __version__
from ligament.core.access import RIGHTS_OF_SCOPE, Scope
from ligament.web.api.answers import ANSWERS
from ligament.web.api.call import Call
from ligament.web.api.paging import MOST, USUAL
from ligament.web.api.problems import MEDIA_TYPE
from ligament.web.api.registry import CALLS
from ligament.web.api.shapes import BODIES

_REFERENCE = "#/components/schemas/{name}"
_INTRODUCTION = (
    "Everything that a tool can ask of Ligament. Calls carry `Authorization: Bearer lig_...`; a token has scopes, and "
    "every scope includes reading. Errors are problems as RFC 9457 has them. Lists take `limit` and `cursor`. A write "
    "takes `Idempotency-Key` and repeats its first answer for 24 hours. A token may make 600 calls a minute."
)
_REFUSALS: Mapping[int, str] = {
    400: "The body is no JSON.",
    401: "No token, or one that is not known or has ended.",
    403: "The token may not do this.",
    404: "There is no such thing, or not for this token.",
    409: "Not at this moment: the same call or a run is under way, or the record no longer waits.",
    413: "More than a million bytes at once.",
    422: "A field or parameter is wrong; `errors` says which.",
    429: "More than 600 calls in a minute; `Retry-After` says how many seconds to wait.",
    500: "Something happened that should not; the number in it is in the log.",
    503: "Something outside does not answer at the moment.",
}
_FOR_BODIES = {400, 413}
_FOR_WRITES = {409}


@cache
def document() -> dict[str, Any]:
    """Return the description."""
    _, schemas = msgspec.json.schema_components((*BODIES, *ANSWERS), ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Ligament", "version": __version__, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in dict.fromkeys(map(tag_of, CALLS))],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "A token: lig_..."}},
        },
    }


def tag_of(call: Call) -> str:
    """Return the resource of a call."""
    parts = [part for part in call.path.split("/")[3:] if not part.startswith("{")]
    return parts[-1] if len(parts) == 1 else parts[1]


def scopes_of(call: Call) -> list[str]:
    """Return the scopes that allow a call."""
    return [scope.value for scope in Scope if call.right in RIGHTS_OF_SCOPE[scope]]


def _operation(call: Call, schemas: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.does,
        "description": f"Scopes: {', '.join(scopes_of(call))}.",
        "tags": [tag_of(call)],
        "parameters": [*_path_parameters(call), *_query_parameters(call, schemas), *_headers(call)],
        "responses": {str(call.status): _answer(call), **_others(call), **_refusals(call)},
    }
    if call.takes is not None:
        told["requestBody"] = {
            "required": bool(schemas[call.takes.__name__].get("required")),
            "content": {"application/json": {"schema": _of(call.takes)}},
        }
    return told


def _path_parameters(call: Call) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", call.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(call: Call, schemas: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    if call.is_list:
        limit = {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}
        yield {"name": "limit", "in": "query", "schema": limit}
        yield {
            "name": "cursor",
            "in": "query",
            "schema": {"type": "string"},
            "description": "`next` of the page before.",
        }
    if call.query is not None:
        for name, schema in schemas[call.query.__name__]["properties"].items():
            yield {"name": name, "in": "query", "schema": schema}


def _headers(call: Call) -> Iterable[dict[str, Any]]:
    if call.method != "GET":
        yield {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}


def _answer(call: Call) -> dict[str, Any]:
    told: dict[str, Any] = {"description": call.does}
    if call.gives is not None:
        content = {"application/json": {"schema": _page_of(call.gives) if call.is_list else _of(call.gives)}}
        content |= {kind: {"schema": {"type": "string", "format": "binary"}} for kind in call.media_types}
        told["content"] = content
    if call.status in {201, 202}:
        told["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
    return told


def _others(call: Call) -> dict[str, Any]:
    return {
        str(status): {"description": call.does, "content": {"application/json": {"schema": _of(kind)}}}
        for status, kind in call.or_gives.items()
    }


def _page_of(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - the type of a row
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": _of(kind), "maxItems": MOST},
            "next": {"type": ["string", "null"], "description": "The cursor of the next page; null at the end."},
        },
        "required": ["data", "next"],
    }


def _refusals(call: Call) -> dict[str, Any]:
    left_out = (set() if call.takes is not None else _FOR_BODIES) | (set() if call.method != "GET" else _FOR_WRITES)
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(name="ProblemAnswer")}}}
    return {
        str(status): {"description": why, "content": content}
        for status, why in _REFUSALS.items()
        if status not in left_out
    }


def _of(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a type of the shapes
    return {"$ref": _REFERENCE.format(name=kind.__name__)}
