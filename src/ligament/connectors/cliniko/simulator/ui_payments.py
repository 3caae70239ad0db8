"""Staff actions with money: payments, refunds and the use of credit; none of them is visible in the API [fact 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.settling import adopt, outstanding, payments_of, settle_all
from ligament.connectors.cliniko.simulator.values import as_decimal, decimal_text, stamp
from ligament.connectors.cliniko.simulator.world import World, add, amend, get

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal


class NotPossible(Exception):
    """Cliniko's user interface would not offer this action."""


def pay(
    world: World, allocations: Mapping[str, Decimal | str | int], *, at: datetime, method: str = "EFTPOS"
) -> tuple[World, str]:
    """Record a payment allocated to one or several invoices (id to amount) and return the payment's id."""
    if not world.switches.payments_feature:
        raise NotPossible("This clinic does not record payments.")
    return _record(world, "payment", {one: as_decimal(amount) for one, amount in allocations.items()}, at, method)


def pay_invoice(
    world: World,
    invoice_id: str,
    amount: Decimal | str | int | None = None,
    *,
    at: datetime,
    method: str = "EFTPOS",
) -> tuple[World, str]:
    """Pay one invoice, in full unless an amount is given, and return the payment's id."""
    due = outstanding(world, invoice_id) if amount is None else as_decimal(amount)
    return pay(world, {invoice_id: due}, at=at, method=method)


def refund_credit(
    world: World, credit_note_id: str, amount: Decimal | str | int | None = None, *, at: datetime
) -> tuple[World, str]:
    """Pay credit back, all that is left unless an amount is given, and return the refund's id."""
    left = -outstanding(world, credit_note_id)
    wanted = left if amount is None else as_decimal(amount)
    if not 0 < wanted <= left:
        raise NotPossible(f"Only {left} of credit is left on {credit_note_id}.")
    return _record(world, "refund", {credit_note_id: -wanted}, at, "EFTPOS")


def apply_credit(
    world: World,
    credit_note_id: str,
    invoice_id: str,
    amount: Decimal | str | int | None = None,
    *,
    at: datetime,
) -> tuple[World, str]:
    """Settle an invoice from a credit note, as far as both reach unless an amount is given."""
    left, due = -outstanding(world, credit_note_id), outstanding(world, invoice_id)
    wanted = min(left, due) if amount is None else as_decimal(amount)
    if not 0 < wanted <= min(left, due):
        raise NotPossible(f"Cannot apply {wanted}: {left} of credit is left and {due} is due.")
    return _record(world, "credit", {credit_note_id: -wanted, invoice_id: wanted}, at, "credit")


def archive_payment(world: World, payment_id: str, *, at: datetime) -> World:
    """Archive a payment, a refund or a use of credit; the invoices it settled open again."""
    allocations = get(world, "payments", payment_id).get("allocations")
    world = amend(world, "payments", payment_id, {"archived_at": stamp(at)}, at=at)
    return settle_all(world, sorted(allocations) if isinstance(allocations, dict) else (), at=at)


def archive_payments_of(world: World, invoice_id: str, *, at: datetime) -> World:
    """Archive all payments of an invoice, which opens it again."""
    world = adopt(world, invoice_id)
    for payment in payments_of(world, invoice_id):
        world = archive_payment(world, payment.id, at=at)
    return world


def _record(
    world: World, sort: str, allocations: Mapping[str, Decimal], at: datetime, method: str
) -> tuple[World, str]:
    record: dict[str, object] = {
        "sort": sort,
        "method": method,
        "paid_at": stamp(at),
        "created_at": stamp(at),
        "allocations": {invoice_id: decimal_text(amount) for invoice_id, amount in allocations.items()},
    }
    world, payment_id = add(world, "payments", record)
    for invoice_id in allocations:
        world = adopt(world, invoice_id)
        named = get(world, "invoices", invoice_id).get("_payment_ids")
        known = tuple(named) if isinstance(named, (list, tuple)) else ()
        changes = {"_payment_ids": (*known, payment_id)}
        world = amend(world, "invoices", invoice_id, changes, at=at, bump=False)
    return settle_all(world, allocations, at=at), payment_id
