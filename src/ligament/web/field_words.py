"""What the fields of contacts and documents are called on every page."""

from __future__ import annotations

from collections.abc import Mapping

FIELD_WORDS: Mapping[str, str] = {
    "name": "Name", "first": "First name", "last": "Last name", "email": "E-mail", "address": "Street address",
    "postal": "Postal address", "phone_default": "Telephone, home", "phone_mobile": "Telephone, mobile",
    "phone_ddi": "Telephone, work", "phone_fax": "Fax", "number": "Number", "on": "Date", "due_on": "Due",
    "contact": "Contact", "total": "Total", "tax": "Tax in it", "open_amount": "Still owed", "status": "State",
}  # fmt: skip


def field_word(name: str) -> str:
    """Return what a field is called; one that only a rulebook knows by its own name."""
    return FIELD_WORDS.get(name, name.replace("_", " ").capitalize())
