"""What the simulated books say, in the words of the stories, so that two moments can be laid side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ligament.connectors.xero.simulator import World
from ligament.connectors.xero.simulator.records import Contact, Document
from ligament.connectors.xero.simulator.world import Books
from tests.stories.books import ADDRESS_KEYS, document_of

Shown = dict[str, Any]
PHONE_PARTS = ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber")


@dataclass(frozen=True, slots=True)
class Sight:
    """The books at one moment; documents by number, payments by their id in Xero."""

    invoices: Mapping[str, Shown]
    credit_notes: Mapping[str, Shown]
    payments: Mapping[str, Shown]
    contacts: Mapping[str, Shown]
    contact_count: int


def look(world: World) -> Sight:
    """Return what the books say now."""
    books = world.only()
    contacts = {key: _contact(it) for key, it in books.contacts.items()}
    return Sight(
        invoices={it.number: _document(books, it) for it in books.invoices.values()},
        credit_notes={it.number: _document(books, it) for it in books.credit_notes.values()},
        payments={it.payment_id: _payment(world, it.payment_id) for it in books.payments.values()},
        contacts=contacts,
        contact_count=sum(1 for it in contacts.values() if it["status"] == "ACTIVE"),
    )


def _document(books: Books, it: Document) -> Shown:
    contact = books.contacts[it.contact_id]
    shown: Shown = {
        "number": it.number,
        "contact": contact.number or contact.name,
        "billed_to": it.contact_id,
        "reference": it.reference,
        "date": it.dated_on.isoformat(),
        "due": it.due_on.isoformat() if it.due_on else "",
        "status": it.status,
        "total": it.total,
        "total_tax": it.total_tax,
        "lines": [_line(books, line) for line in it.lines],
        "amounts_are": it.line_amount_types,
    }
    if it.type == "ACCREC":
        return {**shown, "amount_due": it.outstanding}
    used = [books.allocations[key] for key in it.allocation_ids]
    allocations = [
        {"invoice": books.invoices[one.invoice_id].number, "amount": one.amount, "date": one.allocated_on.isoformat()}
        for one in used
        if not one.is_deleted
    ]
    return {**shown, "remaining": it.outstanding, "allocations": allocations}


def _line(books: Books, line: Any) -> Shown:
    shown: Shown = {
        "text": line.description,
        "qty": line.quantity,
        "unit": line.unit_amount,
        "amount": line.line_amount,
        "account": books.accounts[line.account_id].code if line.account_id else "",
        "tax": line.tax_type,
        "tracking": {},
    }
    for category_id, option_id in line.tracking:
        category = books.tracking[category_id]
        shown["tracking"][category.name] = next(it.name for it in category.options if it.option_id == option_id)
    return shown


def _payment(world: World, key: str) -> Shown:
    books = world.only()
    it = books.payments[key]
    return {
        "invoice": document_of(world, it).number,
        "date": it.paid_on.isoformat(),
        "amount": it.amount,
        "account": books.accounts[it.account_id].code,
        "reference": it.reference,
        "status": it.status,
    }


def _contact(it: Contact) -> Shown:
    phones = {
        kind: " ".join(part for key in PHONE_PARTS if (part := slot.get(key))) for kind, slot in it.phones.items()
    }
    return {
        "number": it.number,
        "name": it.name,
        "first": it.first_name,
        "last": it.last_name,
        "email": it.email,
        "phones": {kind: number for kind, number in phones.items() if number},
        "street": _address(it, "STREET"),
        "pobox": _address(it, "POBOX"),
        "status": it.status,
    }


def _address(it: Contact, slot: str) -> list[str]:
    held = it.addresses.get(slot) or {}
    parts = [held.get(key) or "" for key in ADDRESS_KEYS]
    return parts if any(parts) else []
