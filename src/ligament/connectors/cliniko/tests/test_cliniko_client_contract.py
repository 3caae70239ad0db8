"""Every request of the client is one that the vendor's own description knows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from ligament.connectors.cliniko.tests.client_kit import Clinic
from ligament.connectors.cliniko.tests.test_cliniko_client_visits import clinic_with_prices
from ligament.core.ids import SourceId
from ligament.core.private import Private
from ligament.core.records import Address, Phone, PhoneKind
from ligament.core.writes import PartyWrite

SPEC = Path(__file__).parents[6] / "shared" / "specs" / "cliniko-openapi.yaml"
# What the description gets wrong, with the reason; there is nothing that it leaves out and we use.
GAPS = {
    "email": "the pattern is written for capital letters only; Ruby reads it without regard to case",
}

pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="the vendor's description is not beside the repository")


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(SPEC.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return loaded


def operation(spec: dict[str, Any], method: str, path: str) -> tuple[str, dict[str, Any]]:
    for template, item in sorted(spec["paths"].items()):
        pattern = re.sub(r"\\{[^}]+\\}", r"\\d+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            shared = item.get("parameters", [])
            return template, {**item[method.lower()], "shared": shared}
    raise AssertionError(f"{method} {path} is not described")


def resolved(spec: dict[str, Any], part: Any) -> Any:
    while isinstance(part, dict) and "$ref" in part:
        found: Any = spec
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def strict(spec: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a request's body that refuses what is not described, at every depth."""

    def closed(part: Any) -> Any:
        if isinstance(part, list):
            return [closed(entry) for entry in part]
        if not isinstance(part, dict):
            return part
        found = {name: closed(value) for name, value in part.items()}
        return {**found, "additionalProperties": False} if isinstance(part.get("properties"), dict) else found

    return {**closed(body), "components": closed(spec["components"])}


def gaps_closed(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value.upper() if name in GAPS else value for name, value in body.items()}


def all_requests() -> Clinic:
    one, _, _ = clinic_with_prices()
    one.practice.identify()
    for seconds in (0, 60, 4000):
        one.clock.forward(seconds)
        one.read(visits=True, reference=True)
    one.practice.read_invoices([SourceId("1412000000000000001")])
    one.practice.read_parties([SourceId("1410000000000000001"), SourceId("1410000000000000999")])
    write = PartyWrite(
        id=SourceId("1410000000000000001"),
        first=Private("A"),
        last=Private("B"),
        email=Private("a@b.example"),
        phones=(Phone(kind=PhoneKind.HOME, number=Private("1")),),
        address=Private(Address(lines=("1 St",), city="Perth", country="Australia")),
        foreign_reference="X",
    )
    one.practice.send(one.practice.prepare(write))
    return one


def test_every_path_parameter_filter_and_body_is_described(spec: dict[str, Any]) -> None:
    seen: set[str] = set()
    for exchange in all_requests().host.log:
        request = exchange.request
        template, described = operation(spec, request.method, request.path.removeprefix("/v1"))
        seen.add(f"{request.method} {template}")
        parameters = [resolved(spec, entry) for entry in [*described.get("parameters", []), *described["shared"]]]
        names = {entry["name"]: entry for entry in parameters if entry["in"] == "query"}
        unknown = {name for name, _ in request.query if name not in names}
        assert not unknown, f"{template} does not describe {unknown}"
        for entry in request.every("q[]"):
            field = entry.partition(":")[0]
            assert f"| {field} |" in names["q[]"]["description"], f"{template}: {field}"
        if request.body:
            body = resolved(spec, described["requestBody"])["content"]["application/json"]["schema"]
            jsonschema_rs.Draft202012Validator(strict(spec, body)).validate(gaps_closed(json.loads(request.body)))
    assert {"GET /invoices", "GET /invoice_items", "GET /bookings", "GET /settings", "PATCH /patients/{id}"} <= seen


@pytest.mark.parametrize(
    "spoilt",
    [
        {"label": "Ada"},
        {"patient_phone_numbers": [{"number": "1", "phone_type": "Home", "normalized_number": "1"}]},
    ],
)
def test_a_field_that_is_not_described_for_a_request_is_seen(spec: dict[str, Any], spoilt: dict[str, Any]) -> None:
    _, described = operation(spec, "PATCH", "/patients/1")
    body = resolved(spec, described["requestBody"])["content"]["application/json"]["schema"]
    checker = jsonschema_rs.Draft202012Validator(strict(spec, body))
    assert checker.is_valid({"city": "Perth", "patient_phone_numbers": [{"number": "1", "phone_type": "Home"}]})
    assert not checker.is_valid(spoilt)
