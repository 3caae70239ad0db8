"""Every request we send and every answer the simulator gives fit the vendor's published description."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from ligament.connectors.mailchimp.tests.kit import account, people
from ligament.core.private import Private
from tests.net.clocks import START

SPEC = Path(__file__).parents[6] / "shared" / "specs" / "mailchimp-marketing.json"
pytestmark = pytest.mark.skipif(not SPEC.is_file(), reason="the vendor's description lies beside the repository only")


def described(method: str, path: str) -> tuple[str, Any]:
    """Return the path of the description that fits, and its operation."""
    for template, operations in description()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) and method.lower() in operations:
            return template, operations[method.lower()]
    raise AssertionError(f"{method} {path} is not described")


def description() -> Any:
    return json.loads(SPEC.read_text(encoding="utf-8"))


def fits(schema: Any, document: object) -> list[str]:
    whole = {**schema, "components": description()["components"]}
    return [str(error.message) for error in jsonschema_rs.Draft4Validator(whole).iter_errors(document)]


def unknown(schema: Any, document: object) -> set[str]:
    """Return keys of an object that its description does not have."""
    known = schema.get("properties", {})
    return set(document) - set(known) if isinstance(document, dict) and known else set()


def resolved(schema: Any) -> Any:
    name = schema.get("$ref", "").rpartition("/")[2]
    return description()["components"]["schemas"][name] if name else schema


def test_every_request_and_answer_fits_the_vendors_description() -> None:
    here = account()
    here.port.add(people(1))
    here.port.add(people(*range(2, 12)))
    here.port.tag("Recall", put=[Private("p1@mail.example"), Private("stranger@mail.example")], take=[])
    here.port.tag("Recall", put=[], take=[Private("p1@mail.example")])
    list(here.port.read({"members": "2026-01-01T00:00:00Z"}, None, START))
    seen = set()
    for exchange in here.host.log:
        request, path = exchange.request, exchange.request.path.removeprefix("/3.0")
        template, operation = described(request.method, path)
        seen.add((request.method, template))
        parameters = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        assert {name for name, _ in request.query} <= parameters, template
        if request.body:
            schema = resolved(operation["requestBody"]["content"]["application/json"]["schema"])
            document = json.loads(request.body)
            assert fits(schema, document) == []
            assert unknown(schema, document) == set()
        assert exchange.response is not None
        answer = operation["responses"].get(str(exchange.response.status), {})
        shape = answer.get("content", {}).get("application/json", {}).get("schema")
        if shape and exchange.response.body:
            document = json.loads(exchange.response.body)
            assert unknown(resolved(shape), document) <= {"total_items"}, template
    assert len(seen) == 9


def test_what_a_batch_holds_is_described_like_a_request_of_its_own() -> None:
    here = account()
    here.port.add(people(*range(10)))
    (body,) = [json.loads(one.request.body) for one in here.host.log if one.request.path.endswith("/batches")]
    for operation in body["operations"]:
        _, described_operation = described(operation["method"], f"/{operation['path']}")
        schema = resolved(described_operation["requestBody"]["content"]["application/json"]["schema"])
        document = json.loads(operation["body"])
        assert fits(schema, document) == []
        assert unknown(schema, document) == set()
        assert "status" not in document
