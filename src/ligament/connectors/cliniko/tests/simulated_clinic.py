"""A small invented clinic and a caller that asks the simulator directly; shared by the simulator's tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ligament.connectors.cliniko.simulator import DEFAULT_KEY, Switches, World, control, handle, put, put_many
from ligament.simkit.messages import Response, request_from_target

NOW = datetime(2026, 11, 20, 3, 0, 0, tzinfo=UTC)
PATIENT, OTHER_PATIENT = "1001", "1002"
BUSINESS, PRACTITIONER, TAX = "1101", "1201", "1301"
CONSULT, BAND = "1401", "1402"

CONSULT_LINE: Mapping[str, object] = {
    "name": "Standard consultation",
    "code": "ST30",
    "quantity": "1.0",
    "unit_price": "95.0",
    "billable_item_id": CONSULT,
}
BAND_LINE: Mapping[str, object] = {
    "name": "Resistance band",
    "quantity": "2.0",
    "unit_price": "15.0",
    "tax_name": "GST",
    "tax_rate": "10.0",
    "product_id": BAND,
}


def basic(key: str, password: str = "") -> str:
    """Return the Authorization header of a key."""
    return "Basic " + base64.b64encode(f"{key}:{password}".encode()).decode()


def clinic(role: str = "administrator", **switches: Any) -> World:
    """Return a clinic with two patients, one location, one practitioner and a small price list."""
    world = World.empty(switches=Switches(**switches), role=role)
    people = (
        {"id": PATIENT, "first_name": "Ada", "last_name": "Sample", "email": "ada@example.org", "city": "Richmond"},
        {"id": OTHER_PATIENT, "first_name": "Bo", "last_name": "Specimen", "old_reference_id": "X-7"},
    )
    world = put_many(world, "patients", people)
    world = put(world, "businesses", {"id": BUSINESS, "business_name": "Harbour Street Clinic"})
    world = put(world, "practitioners", {"id": PRACTITIONER, "first_name": "Ben", "last_name": "Hands"})
    world = put(world, "taxes", {"id": TAX, "name": "GST", "rate": "10.0"})
    world = put(world, "billable_items", {"id": CONSULT, "name": "Standard consultation", "price": "95.0"})
    return put(world, "products", {"id": BAND, "name": "Resistance band", "tax_id": TAX, "price_ex_tax": "15.0"})


@dataclass(slots=True, kw_only=True)
class Caller:
    """Keeps the world between requests and reads JSON."""

    world: World
    at: datetime = NOW
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": basic(DEFAULT_KEY)})

    def ask(self, method: str, target: str, body: object = None, **headers: str) -> Response:
        """Send one request and keep the world that it leaves."""
        sent = b"" if body is None else json.dumps(body).encode()
        request = request_from_target(method, target, {**self.headers, **headers}, sent, self.at)
        self.world, response = handle(self.world, request)
        return response

    def get(self, target: str) -> Any:
        """Read a JSON document that must be there."""
        response = self.ask("GET", target)
        assert response.status == 200, (target, response.status, response.body)
        return json.loads(response.body)

    def ids(self, target: str) -> list[str]:
        """Return the ids on one page."""
        document = self.get(target)
        return next([row["id"] for row in rows] for rows in document.values() if isinstance(rows, list))

    def status(self, target: str) -> int:
        return self.ask("GET", target).status


def with_invoice(world: World, *lines: Mapping[str, object], at: datetime = NOW, **fields: object) -> tuple[World, str]:
    """Raise an invoice over the given lines, by default one consultation."""
    invoice = {"patient_id": PATIENT, "business_id": BUSINESS, "practitioner_id": PRACTITIONER, **fields}
    return control.create_invoice(world, invoice, lines or (CONSULT_LINE,), at=at)
