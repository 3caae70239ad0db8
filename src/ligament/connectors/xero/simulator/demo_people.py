"""What the demo lets a bookkeeper do about people: look at an e-mail address, and change a telephone number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.control import edit_contact, edit_invoice, void_invoice

if TYPE_CHECKING:
    from datetime import datetime

    from ligament.connectors.xero.simulator.records import Contact, Document
    from ligament.connectors.xero.simulator.world import World

_SPOILT = 3


def _contact(world: World, number: str) -> Contact | None:
    return next((held for held in world.only().contacts.values() if held.number == number), None)


def email(world: World, number: str) -> str:
    """Return the e-mail address of the contact with that number, or an empty text."""
    held = _contact(world, number)
    return held.email if held is not None and held.status == "ACTIVE" else ""


def change_mobile(world: World, number: str, phone: str, at: datetime) -> World:
    """The bookkeeper types another mobile number."""
    held = _contact(world, number)
    if held is None:
        return world
    return edit_contact(world, held.contact_id, {"Phones": [{"PhoneType": "MOBILE", "PhoneNumber": phone}]}, at=at)


def untouched(world: World, prefix: str) -> list[str]:
    """Return the numbers of our open invoices that nobody has touched, in order."""
    return sorted(one.number for one in world.only().invoices.values() if _is_open(one, prefix))


def spoil(world: World, prefix: str, at: datetime) -> tuple[World, tuple[str, ...]]:
    """Somebody edits an amount, voids an invoice, and moves a date; returns the numbers of what was touched."""
    ours = sorted((one for one in world.only().invoices.values() if _is_open(one, prefix)), key=lambda one: one.number)
    if len(ours) < _SPOILT:
        return world, ()
    edited, voided, moved = ours[:_SPOILT]
    lines = [{"LineItemID": line.line_id, "Quantity": "1", "UnitAmount": "1.00"} for line in edited.lines]
    world = edit_invoice(world, edited.document_id, {"LineItems": lines}, at=at)
    world = void_invoice(world, voided.document_id, at=at)
    world = edit_invoice(world, moved.document_id, {"Date": (moved.dated_on + timedelta(days=1)).isoformat()}, at=at)
    return world, (edited.number, voided.number, moved.number)


def _is_open(invoice: Document, prefix: str) -> bool:
    untouched = not invoice.amount_paid and not invoice.amount_credited
    return invoice.number.startswith(prefix) and invoice.status == "AUTHORISED" and untouched
