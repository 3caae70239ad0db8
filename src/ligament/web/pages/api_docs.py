"""The interface for other tools, as a page that people read; made from its description."""

from __future__ import annotations

import json
from typing import Any

from ligament.core.access import Scope
from ligament.web.api import openapi
from ligament.web.api.registry import CALLS
from ligament.web.page import Answer, Page, Shown, Visit


def show(visit: Visit) -> Answer:
    """Show every call with what it takes and gives."""
    told = openapi.document()
    resources: dict[str, list[dict[str, Any]]] = {}
    for call in CALLS:
        operation = told["paths"][call.path][call.method.lower()]
        body = operation.get("requestBody")
        schema = told["components"]["schemas"][call.takes.__name__] if call.takes is not None else {}
        resources.setdefault(openapi.tag_of(call), []).append(
            {
                "method": call.method,
                "path": call.path,
                "does": call.does,
                "scopes": openapi.scopes_of(call),
                "status": call.status,
                "parameters": [one["name"] for one in operation["parameters"] if one["in"] == "query"],
                "fields": [
                    {"name": name, "needed": name in schema.get("required", ()), "type": _words(part)}
                    for name, part in schema.get("properties", {}).items()
                ]
                if body
                else [],
            }
        )
    values = {
        "introduction": told["info"]["description"],
        "resources": resources,
        "scopes": [scope.value for scope in Scope],
        "host": visit.house.settings.public_url or "http://127.0.0.1:8321",
    }
    return Shown(template="api_docs", values=values)


def _words(part: dict[str, Any]) -> str:
    """Return what a field holds, in a few words."""
    if "enum" in part:
        return ", ".join(str(one) for one in part["enum"])
    if "anyOf" in part:
        return " or ".join(_words(one) for one in part["anyOf"] if one.get("type") != "null")
    if "$ref" in part:
        return "name and value"
    if part.get("type") == "array":
        return f"list of {_words(part['items'])}"
    return str(part.get("type", json.dumps(part)))


PAGES = (Page(path="/api/docs", name="api docs", answer=show, is_open=True),)
