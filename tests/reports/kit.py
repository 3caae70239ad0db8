"""A clinic with two practitioners, a payer, credit, tax and rounding, whose reports are added up a second time here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from ligament.app.reports.reports import make, wish
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from tests.contacts.kit import ANA, BEN, Clinic
from tests.support.practice import BUSINESS, PRACTITIONER

OTHER = "1400300000000000022"
PAYER = "Bayside Insurance"
CONSULT = {"name": "Consult", "unit_price": "95"}
TAPE = {"name": "Tape", "unit_price": "12.35", "quantity": "3", "tax_name": "GST", "tax_rate": "10"}


@dataclass(frozen=True, slots=True)
class Row:
    """A document as the practice's own server holds it."""

    fields: Mapping[str, Any]

    @property
    def total(self) -> Decimal:
        return Decimal(str(self.fields["total_amount"]))

    @property
    def tax(self) -> Decimal:
        return Decimal(str(self.fields["tax_amount"]))

    @property
    def issued(self) -> str:
        return str(self.fields["issue_date"])

    @property
    def status(self) -> int:
        return int(self.fields["status"])


def busy_clinic(home: Path) -> Clinic:
    """Return a clinic after three months of work, everything posted."""
    clinic = Clinic(home)
    person = {"id": OTHER, "first_name": "Mia", "last_name": "Wong", "label": "Mia Wong", "active": True}
    contact = {
        "id": "1410000000000000900", "company_name": PAYER, "type": "3rd Party Payer", "type_code": 2,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC), "updated_at": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    clinic.practice.change(lambda world: cliniko.put(world, "practitioners", person))
    clinic.practice.change(lambda world: cliniko.put(world, "contacts", contact))
    made = [
        issue(clinic, ANA, "2026-08-20", CONSULT),
        issue(clinic, ANA, "2026-10-03", CONSULT, TAPE, paid="2026-11-01T01:00:00+00:00"),
        issue(clinic, BEN, "2026-10-28", CONSULT, by=OTHER, invoice_to=f"{PAYER}\r\n1 Road"),
        issue(clinic, BEN, "2026-11-02", TAPE, paid="2026-11-05T13:30:00+00:00"),
        issue(clinic, BEN, "2026-11-20", CONSULT, by=OTHER),
        issue(clinic, ANA, "2026-06-20", CONSULT),
        issue(clinic, ANA, "2026-11-21", {"name": "Free", "unit_price": "0"}),
        issue(clinic, BEN, "2026-11-09", {"name": "Odd", "unit_price": "10"}, total_amount="10.04", net_amount="10.04"),
    ]
    at = datetime(2026, 11, 10, 1, tzinfo=UTC)
    clinic.practice.change(
        lambda world: control.reverse_invoice(world, made[1], [{**TAPE, "quantity": "-1"}], at=at)[0]
    )
    gone = issue(clinic, ANA, "2026-11-12", CONSULT)
    clinic.practice.change(lambda world: control.archive_invoice(world, gone, at=clinic.clock.now()))
    clinic.sync()
    return clinic


def issue(
    clinic: Clinic,
    patient: str,
    day: str,
    *lines: Mapping[str, object],
    by: str = PRACTITIONER,
    paid: str = "",
    **more: object,
) -> str:
    """Issue an invoice on a day, and pay it at an instant; returns its id."""
    made = ""
    at = datetime.fromisoformat(f"{day}T02:00:00+00:00")
    fields = {"patient_id": patient, "business_id": BUSINESS, "practitioner_id": by, "issue_date": day, **more}

    def change(world: Any) -> Any:
        nonlocal made
        world, made = control.create_invoice(world, fields, list(lines), at=at)
        return control.pay_invoice(world, made, at=datetime.fromisoformat(paid))[0] if paid else world

    clinic.practice.change(change)
    return made


def documents(clinic: Clinic, first: str = "2026-07-01", last: str = "9999") -> list[Row]:
    """Return what the practice's server holds, without what is archived, issued between two days."""
    table = clinic.practice.world.table("invoices")
    rows = [Row(row.fields) for row in table.rows.values()]
    live = [row for row in rows if not row.fields.get("archived_at") and not row.fields.get("deleted_at")]
    return [row for row in live if first <= row.issued <= last]


def told(clinic: Clinic, name: str, **options: str) -> dict[str, Any]:
    """Return a report as programs get it."""
    with clinic.app() as app:
        return make(app, wish(name, **options)).document
