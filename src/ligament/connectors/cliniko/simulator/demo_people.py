"""What the demo lets the front desk do: change an e-mail address, look at a telephone number, and touch invoices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.ui_invoices import (
    archive_invoice,
    create_invoice,
    edit_invoice,
    items_of,
)
from ligament.connectors.cliniko.simulator.ui_payments import pay_invoice
from ligament.connectors.cliniko.simulator.ui_records import edit_record
from ligament.connectors.cliniko.simulator.values import as_decimal
from ligament.connectors.cliniko.simulator.world import get, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.kinds import Record
    from ligament.connectors.cliniko.simulator.world import World


def people(world: World) -> Iterator[tuple[str, str]]:
    """Return id and e-mail of every patient who has one and is neither archived nor deleted."""
    for row in records(world, "patients"):
        gone = row.get("archived_at") or row.get("deleted_at") or row.get("merged_with_patient_id")
        if row.get("email") and not gone:
            yield str(row["id"]), str(row["email"])


def change_email(world: World, patient: str, email: str, at: datetime) -> World:
    """The front desk types another e-mail address."""
    return edit_record(world, "patients", patient, {"email": email}, at=at)


def mobile(world: World, patient: str) -> str:
    """Return the first mobile number of a patient as it is typed there."""
    numbers = (get(world, "patients", patient) or {}).get("patient_phone_numbers")
    found = numbers if isinstance(numbers, (list, tuple)) else ()
    return next((str(one["number"]) for one in found if one.get("phone_type") == "Mobile"), "")


_SPOILT = 3
_OPEN = 10
_OF_ITS_OWN = frozenset({"id", "invoice_id", "created_at", "updated_at"})


def spoil(world: World, numbers: Sequence[str], at: datetime) -> tuple[World, tuple[str, ...]]:
    """The desk changes a price, archives an invoice, and takes money for one; returns the numbers of what it touched.

    It chooses among those numbers: open invoices with a simple line.
    """
    found = [number for number in numbers if _simple(world, number)][:_SPOILT]
    if len(found) < _SPOILT:
        return world, ()
    edited, archived, paid = (str(_invoice(world, number)["id"]) for number in found)
    first, *rest = items_of(world, edited)
    price = as_decimal(first["unit_price"]) + 1
    world = edit_invoice(world, edited, {}, [{**first, "unit_price": f"{price:.2f}"}, *rest], at=at)
    world = archive_invoice(world, archived, at=at)
    world, _ = pay_invoice(world, paid, at=at)
    return world, tuple(found)


def raise_one(world: World, like: str, at: datetime) -> tuple[World, str]:
    """The desk raises an invoice for the patient of another one, with its first line; returns the number."""
    held = _invoice(world, like)
    told = {name: held.get(name) for name in ("patient_id", "business_id", "practitioner_id", "invoice_to")}
    line = items_of(world, str(held["id"]))[0]
    fresh = {name: value for name, value in line.items() if name not in _OF_ITS_OWN}
    world, made = create_invoice(world, told, [fresh], at=at)
    return world, str((get(world, "invoices", made) or {})["number"])


def _simple(world: World, number: str) -> bool:
    held = _invoice(world, number)
    if not held or held.get("status") != _OPEN or held.get("archived_at"):
        return False
    lines = items_of(world, str(held["id"]))
    return bool(lines) and all(_is_one(line) for line in lines)


def _is_one(line: Record) -> bool:
    """Say whether a line is one of something, without a discount."""
    return as_decimal(line.get("quantity") or 1) == 1 and not as_decimal(line.get("discount_percentage") or 0)


def _invoice(world: World, number: str) -> Record:
    return next((row for row in records(world, "invoices") if str(row["number"]) == number), {})
