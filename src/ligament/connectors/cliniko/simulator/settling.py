"""How an invoice's status follows from what was allocated to it; payments are kept here, the API never shows them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.values import as_decimal, stamp
from ligament.connectors.cliniko.simulator.world import World, add, amend, find, get

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ligament.connectors.cliniko.simulator.kinds import Record

OPEN, PAID, CLOSED, OPEN_CREDIT = 10, 20, 30, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment, a refund (negative allocations only) or a use of credit (both signs, adding up to zero)."""

    id: str
    sort: str
    allocations: Mapping[str, Decimal]


def payments_of(world: World, invoice_id: str) -> list[Payment]:
    """Return the payments allocated to an invoice that are not archived."""
    named = get(world, "invoices", invoice_id).get("_payment_ids") or ()
    found = [find(world, "payments", one) for one in named] if isinstance(named, (list, tuple)) else []
    return [_payment(record) for record in found if record is not None and record.get("archived_at") is None]


def adopt(world: World, invoice_id: str) -> World:
    """Give an invoice that was put into the world as paid the payment that explains it, without leaving a trace."""
    invoice = get(world, "invoices", invoice_id)
    total = as_decimal(invoice.get("total_amount"))
    if "_payment_ids" in invoice or invoice.get("status") not in (PAID, CLOSED) or not total:
        return world
    sort = "payment" if total > 0 else "refund"
    record = {"sort": sort, "method": "EFTPOS", "allocations": {invoice_id: str(total)}}
    world, payment_id = add(world, "payments", record)
    fields = {"_payment_ids": (payment_id,)}
    return amend(world, "invoices", invoice_id, fields, at=world.started_at, bump=False)


def _payment(record: Record) -> Payment:
    given = record.get("allocations")
    amounts = given if isinstance(given, dict) else {}
    return Payment(
        id=str(record["id"]),
        sort=str(record["sort"]),
        allocations={str(invoice_id): as_decimal(amount) for invoice_id, amount in amounts.items()},
    )


def settled_amount(world: World, invoice_id: str) -> Decimal:
    """Return what is allocated to an invoice: positive on invoices, negative on credit notes."""
    return sum((one.allocations.get(invoice_id, Decimal(0)) for one in payments_of(world, invoice_id)), Decimal(0))


def outstanding(world: World, invoice_id: str) -> Decimal:
    """Return what is still to be settled: positive on invoices, negative on credit notes."""
    return as_decimal(get(world, "invoices", invoice_id).get("total_amount")) - settled_amount(world, invoice_id)


def settle_all(world: World, invoice_ids: Iterable[str], *, at: datetime) -> World:
    """Bring the status of several invoices up to date."""
    for invoice_id in invoice_ids:
        world = settle(world, invoice_id, at=at)
    return world


def settle(world: World, invoice_id: str, *, at: datetime, bump: bool | None = None) -> World:
    """Bring an invoice's status and closing time up to date, and the status shown on its appointment.

    `bump` None leaves it to the switches whether `updated_at` moves.
    """
    invoice = get(world, "invoices", invoice_id)
    status = _status(world, invoice_id, as_decimal(invoice.get("total_amount")))
    closed_at = invoice.get("closed_at") or stamp(at)
    changes = {"status": status, "closed_at": closed_at if status in (PAID, CLOSED) else None}
    changed = any(invoice.get(name) != value for name, value in changes.items())
    if bump is None:
        bump = world.switches.payment_bumps if changed else world.switches.partial_payment_bumps
    if changed or bump:
        world = amend(world, "invoices", invoice_id, changes, at=at, bump=bump)
    for kind, relation in (("individual_appointments", "appointment_id"), ("attendees", "attendee_id")):
        shown = find(world, kind, invoice.get(relation))
        if shown is not None and not invoice.get("original_invoice_id") and shown.get("invoice_status") != status:
            world = amend(world, kind, str(shown["id"]), {"invoice_status": status}, at=at)
    return world


def _status(world: World, invoice_id: str, total: Decimal) -> int:
    if not total:
        return CLOSED
    settled = settled_amount(world, invoice_id)
    if total < 0:
        return world.switches.used_credit_note_closes_as if settled <= total else OPEN_CREDIT
    return _how_settled(world, invoice_id) if settled >= total else OPEN


def _how_settled(world: World, invoice_id: str) -> int:
    """Return Paid or Closed for a settled invoice: money pays, credit does what the switches say."""
    payments = payments_of(world, invoice_id)
    if any(one.sort != "credit" for one in payments):
        return PAID
    notes = {other for one in payments for other in one.allocations if other != invoice_id}
    own = all(get(world, "invoices", note).get("original_invoice_id") == invoice_id for note in notes)
    return world.switches.own_credit_closes_as if own else world.switches.account_credit_closes_as
