"""A guard round each row: one that makes no sense is kept as such, and the rest of the page is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.xero import mapping, wire
from ligament.connectors.xero.currency import BooksCurrency
from ligament.core.ledgers import BooksContact, BooksDocument, DocumentKind
from ligament.core.oddities import Oddity, attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.core.oddities import Heed

T = TypeVar("T", BooksContact, BooksDocument)
_NO_INSTANT = "/Date(0+0000)/"


def contact(row: wire.Contact, heed: Heed) -> BooksContact:
    """Return a contact; of one that makes no sense only ids, names and status count, and its defect says so."""
    bare = wire.Contact(
        contact_id=row.contact_id,
        contact_number=row.contact_number,
        contact_status=row.contact_status,
        name=row.name,
        email_address=row.email_address,
        merged_to_contact_id=row.merged_to_contact_id,
        updated_date_utc=_told(row.updated_date_utc),
    )
    found = _attempted(lambda: mapping.contact(row), f"contact {row.contact_id}", row.odd, heed)
    return found if isinstance(found, BooksContact) else replace(mapping.contact(bare), defect=_said(found, "contact"))


def document(row: wire.Document, kind: DocumentKind, heed: Heed, base: BooksCurrency | None = None) -> BooksDocument:
    """Return a document; of one that makes no sense only ids, numbers and status count, and its defect says so.

    So it is with one in another currency than the base.
    """
    name = f"document {row.invoice_id or row.credit_note_id}"
    found = _attempted(lambda: in_own_currency(row, kind, base or BooksCurrency()), name, row.odd, heed)
    if isinstance(found, BooksDocument):
        return found
    return replace(mapping.document(_bare(row), kind), defect=_said(found, "document"))


def in_own_currency(row: wire.Document, kind: DocumentKind, base: BooksCurrency) -> BooksDocument:
    """Return a document; of one in another currency than the books' no amount is kept, and its defect says so."""
    other = base.other(row)
    if not other:
        return mapping.document(row, kind)
    bare = replace(mapping.document(_bare(row), kind), on=mapping.document(row, kind).on)
    return replace(bare, defect=base.sentence(bare.number, other))


def _bare(row: wire.Document) -> wire.Document:
    return wire.Document(
        type=row.type,
        invoice_id=row.invoice_id,
        invoice_number=row.invoice_number,
        credit_note_id=row.credit_note_id,
        credit_note_number=row.credit_note_number,
        contact=wire.Contact(contact_id=row.contact.contact_id) if row.contact else None,
        reference=row.reference,
        status=row.status,
        updated_date_utc=_told(row.updated_date_utc),
    )


def _attempted(work: Callable[[], T], record: str, odd: str, heed: Heed) -> T | Oddity | None:
    """Return what the mapping returns, what was odd about it, or nothing where a value makes no sense."""
    if odd:
        return None
    try:
        found = attempt(work, record, (wire.Unreadable,))
    except wire.Unreadable:
        return None
    if isinstance(found, Oddity):
        heed(found)
    return found


def _said(found: object, record: str) -> str:
    if isinstance(found, Oddity):
        return found.sentence()
    return f"Xero's answer for this {record} holds a value that makes no sense, so it is left alone."


def _told(instant: str) -> str:
    try:
        wire.instant(instant)
    except wire.Unreadable:
        return _NO_INSTANT
    return instant
