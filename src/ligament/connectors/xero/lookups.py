"""Single questions: records by id or by business key, for verifying and for finding out what became of a write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors.xero import guarding, mapping
from ligament.connectors.xero.client import segment
from ligament.connectors.xero.streams import understood
from ligament.core.ledgers import DocumentKind
from ligament.ports.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ligament.connectors.xero.client import Answer, Query, XeroClient
    from ligament.core.ids import BooksId
    from ligament.core.ledgers import BooksContact, BooksDocument, BooksPayment, RecordedChange

PER_CALL = 40
"""Values of one list filter, because of the length of the address (facts 2.2)."""
_PAGE: Query = (("page", "1"), ("pageSize", "100"))
_REMARKS = frozenset({"note", "attached a file"})
_SAFE_REFERENCE = re.compile(r"^[A-Za-z0-9:/ _.-]+\Z")
_GUID = re.compile(r"^[0-9A-Fa-f-]{36}\Z")

T = TypeVar("T")


def contacts_by_number(client: XeroClient, numbers: Sequence[str]) -> tuple[BooksContact, ...]:
    """Look up contacts one call each: the number is not among the fast filters (facts 3.3)."""
    found: list[BooksContact] = []
    for number in dict.fromkeys(numbers):
        answer = client.read(f"Contacts/{segment(number)}") if number else None
        rows = answer.envelope.contacts if answer else ()
        # The same path also takes an id, so only a contact that really bears the number counts.
        found += [guarding.contact(row, client.heed) for row in rows if same(row.contact_number, number)]
    return tuple(found)


def contacts_by_id(client: XeroClient, ids: Sequence[BooksId]) -> tuple[BooksContact, ...]:
    """Read contacts in full, archived ones too."""
    found: list[BooksContact] = []
    for chunk in chunks(ids):
        query = (("IDs", ",".join(chunk)), ("includeArchived", "true"), *_PAGE)
        answer = client.read("Contacts", query)
        found += [guarding.contact(row, client.heed) for row in (answer.envelope.contacts if answer else ())]
    return tuple(found)


def last_edit(client: XeroClient, contact_id: str) -> RecordedChange | None:
    """Read the newest entry of a contact's history that is no remark; people stand in it by name (facts 7.10)."""
    answer = client.read(f"Contacts/{segment(contact_id)}/History")
    rows = answer.envelope.history_records if answer else ()
    told = [row for row in rows if row.date_utc and row.changes.casefold() not in _REMARKS]
    changes = understood(lambda: [mapping.recorded_change(row) for row in told])
    return max(changes, key=lambda change: change.at, default=None)


def last_person(client: XeroClient, kind: DocumentKind, books_id: str) -> RecordedChange | None:
    """Read the newest entry of a document's history that bears somebody's name and is no remark (facts 7.10)."""
    path = "CreditNotes" if kind is DocumentKind.CREDIT_NOTE else "Invoices"
    answer = client.read(f"{path}/{segment(books_id)}/History")
    rows = answer.envelope.history_records if answer else ()
    told = [row for row in rows if row.date_utc and row.changes.casefold() not in _REMARKS]
    changes = understood(lambda: [mapping.recorded_change(row) for row in told])
    return max((one for one in changes if one.by.reveal()), key=lambda change: change.at, default=None)


def invoices_by_number(client: XeroClient, numbers: Sequence[str]) -> tuple[BooksDocument, ...]:
    """Look up sales invoices by number, in any status."""
    wanted = {number.casefold() for number in numbers if number}
    # The list filter is separated by commas and knows no escape: a number with a comma is asked for by itself.
    plain = [number for number in dict.fromkeys(numbers) if number and "," not in number]
    found = _invoices(client, "InvoiceNumbers", plain)
    for number in dict.fromkeys(number for number in numbers if "," in number):
        answer = client.read(f"Invoices/{segment(number)}", (("unitdp", "4"),))
        found += _invoices_in(client, answer)
    return tuple(document for document in found if document.number.casefold() in wanted)


def credit_notes_by_number(
    client: XeroClient, numbers: Sequence[str], references: Sequence[str]
) -> tuple[BooksDocument, ...]:
    """Look up credit notes: there is no list filter by number, so by reference, or else by the number's own path."""
    found: dict[str, BooksDocument] = {}
    for number, reference in zip(numbers, references, strict=True):
        for document in _credit_notes_of(client, number, reference):
            if same(document.number, number):
                found[document.id] = document
    return tuple(found.values())


def invoices_by_id(client: XeroClient, ids: Sequence[BooksId]) -> tuple[BooksDocument, ...]:
    """Read invoices in full."""
    return tuple(_invoices(client, "IDs", list(ids)))


def credit_notes_by_id(client: XeroClient, ids: Sequence[BooksId]) -> tuple[BooksDocument, ...]:
    """Read credit notes in full, one call each."""
    found: list[BooksDocument] = []
    for note_id in dict.fromkeys(ids):
        answer = client.read(f"CreditNotes/{segment(note_id)}", (("unitdp", "4"),))
        found += _credit_notes_in(client, answer)
    return tuple(found)


def payment(client: XeroClient, payment_id: BooksId) -> BooksPayment | None:
    """Read one payment, or nothing when it does not exist."""
    answer = client.read(f"Payments/{segment(payment_id)}")
    if answer is None:
        return None
    rows = answer.envelope.payments
    if len(rows) != 1:
        raise Broken("Xero answered a question for one payment with another number of them.", f"{len(rows)} payments")
    return understood(lambda: mapping.payment(rows[0]))


def payments_on(client: XeroClient, invoice_id: BooksId) -> tuple[BooksPayment, ...]:
    """Read the payments of an invoice in any status (facts 11)."""
    if not _GUID.match(invoice_id):
        return ()
    answer = client.read("Payments", (("where", f'Invoice.InvoiceID==guid("{invoice_id}")'), *_PAGE))
    rows = answer.envelope.payments if answer else ()
    return understood(lambda: tuple(mapping.payment(row) for row in rows))


def chunks(values: Sequence[T]) -> Iterator[list[T]]:
    """Yield the distinct values in groups that fit one call."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), PER_CALL):
        yield distinct[start : start + PER_CALL]


def same(left: str, right: str) -> bool:
    """Say whether two numbers are the same to the vendor, who compares without case."""
    return left.casefold() == right.casefold()


def _invoices(client: XeroClient, name: str, values: Sequence[str]) -> list[BooksDocument]:
    found: list[BooksDocument] = []
    for chunk in chunks(values):
        # With a page the rows are full: lines, payments, credit (facts 3.3).
        query = ((name, ",".join(chunk)), ("includeArchived", "true"), *_PAGE, ("unitdp", "4"))
        answer = client.read("Invoices", query)
        found += _invoices_in(client, answer)
    return found


def _credit_notes_of(client: XeroClient, number: str, reference: str) -> Iterable[BooksDocument]:
    if _SAFE_REFERENCE.match(reference):
        # Only harmless characters come into the expression, so nothing can break out of the quotes.
        query = (("where", f'Reference=="{reference}"'), *_PAGE, ("unitdp", "4"))
        answer = client.read("CreditNotes", query)
    else:
        answer = client.read(f"CreditNotes/{segment(number)}", (("unitdp", "4"),)) if number else None
    return _credit_notes_in(client, answer, mapping.SALES_CREDIT)


def _invoices_in(client: XeroClient, answer: Answer | None) -> list[BooksDocument]:
    rows = answer.envelope.invoices if answer else ()
    sales = (row for row in rows if row.type == mapping.SALES_INVOICE)
    return [guarding.document(row, DocumentKind.INVOICE, client.heed, client.base) for row in sales]


def _credit_notes_in(client: XeroClient, answer: Answer | None, kind: str = "") -> list[BooksDocument]:
    rows = answer.envelope.credit_notes if answer else ()
    wanted = (row for row in rows if kind in {"", row.type})
    return [guarding.document(row, DocumentKind.CREDIT_NOTE, client.heed, client.base) for row in wanted]
