"""Laying two states of the books side by side, and a document beside what it should say."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from tests.faults.expected import Expected

DOCUMENT_FIELDS = ("contact_id", "number", "reference", "dated_on", "due_on", "lines")
CONTACT_FIELDS = ("name", "first_name", "last_name", "email", "phones", "addresses", "number")
TABLES = ("invoices", "credit_notes")
GONE = {"VOIDED", "DELETED"}
ERASED = "Health services"
"""What the books may be sent in the place of a text that may have named somebody who was deleted."""


def changed(old: Books, new: Books, table: str) -> list[tuple[str, Any]]:
    """Return the records of a table that are new or differ, by their id."""
    before, after = getattr(old, table), getattr(new, table)
    if before is after:
        return []
    return [(key, record) for key, record in after.items() if before.get(key) is not record]


def moved(former: Any, record: Any, names: tuple[str, ...]) -> list[str]:
    """Name the fields in which two records differ."""
    if former is None:
        return list(names)
    return [name for name in names if _plain(getattr(former, name)) != _plain(getattr(record, name))]


def figures(document: Any) -> list[Any]:
    """Return what the lines of a document say beside their texts."""
    return [
        (line.quantity, line.unit_amount, line.line_amount, line.tax_type, line.account_id) for line in document.lines
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(
            (line.description, line.quantity, line.unit_amount, line.line_amount, line.tax_type, line.account_id)
            for line in value
        )
    if isinstance(value, dict):
        return {key: {k: v for k, v in slot.items() if v} for key, slot in value.items() if any(slot.values())}
    return value


def is_adjustment(document: Any, version: Expected) -> bool:
    """Say whether a document adjusts another: its number is the main one's with -A1, -A2 and so on."""
    return document.number.removeprefix(version.number).rpartition("-A")[2].isdigit() and "-A" in document.number


def lines_of(document: Any, books: Books) -> tuple[tuple[Decimal, str, str], ...]:
    """Return a document's lines as the judge compares them."""
    return tuple(
        sorted((line.line_amount, books.accounts[line.account_id].code, line.tax_type) for line in document.lines)
    )


def contact_with(books: Books, number: str) -> Any:
    """Return the contact of the books with a number, which they compare without case, or nothing; archived ones too."""
    found = books.contact_by_number.get(number.casefold(), "") if number else ""
    return books.contacts.get(found) or next((one for one in books.contacts.values() if one.number == number), None)


def agrees(document: Any, version: Expected, books: Books) -> bool:
    """Say whether a document says what a version of the invoice said."""
    return (
        (document.type == "ACCRECCREDIT") is version.is_credit
        and document.total == version.total
        and document.dated_on == version.on
        and document.due_on in version.due_days
        and document.number.startswith(version.number)
        and lines_of(document, books) == version.lines
        and _named(document, version, books)
    )


def _named(document: Any, version: Expected, books: Books) -> bool:
    """Say whether each line's text begins with the item's name; a rounding line has a text of its own.

    A text of somebody who was deleted may be gone with the person, and says so; one that is kept in the books may be
    an older one, because here is nothing left to tell it from a newer one.
    """
    texts = sorted(line.description for line in document.lines if books.accounts[line.account_id].code != "860")
    if version.nobodys:
        left = [text for text in texts if not text.startswith(ERASED)]
        return len(texts) == len(version.names) and all(text.startswith(version.ever) for text in left)
    return len(texts) == len(version.names) and all(
        text.startswith(name) for text, name in zip(texts, version.names, strict=True)
    )
