"""Sheets of an audit: documents of both systems, cut down to what a comparison needs, from the records as read last."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ligament.app.reports.billed import Billed
from ligament.core.audit_pairs import BooksSheet, PaidAmount, PracticeSheet, SheetKind, SheetState
from ligament.core.ledgers import BooksDocument, DocumentKind
from ligament.core.money import ZERO, cents
from ligament.core.naming import comparable
from ligament.core.records import Invoice, InvoiceStatus, Party, PartyKind
from ligament.store.database.search_keys import digit_runs, history_key
from ligament.store.queries.reports import ReportRows

_SUFFIX = re.compile(r"\s*\([0-9A-Za-z]{6}\)$")
_OF_INVOICE = "invoice:"
_STATES: Mapping[InvoiceStatus, SheetState] = {
    InvoiceStatus.PAID: SheetState.PAID,
    InvoiceStatus.OPEN: SheetState.OPEN,
    InvoiceStatus.OPEN_CREDIT: SheetState.CREDIT_LEFT,
}
_KINDS: Mapping[DocumentKind, SheetKind] = {
    DocumentKind.INVOICE: SheetKind.INVOICE,
    DocumentKind.CREDIT_NOTE: SheetKind.CREDIT_NOTE,
}


def name_key(name: str) -> str:
    """Return a name as an audit compares it: without title, accents, case, and without what tells namesakes apart."""
    return comparable(_SUFFIX.sub("", name))


def practice_sheets(rows: ReportRows, billed: Billed) -> list[PracticeSheet]:
    """Return every live document of the practice, by number."""
    counts = rows.line_counts()
    found = [_of_practice(invoice, billed.party(invoice), counts.get(invoice.id, 0)) for invoice in rows.invoices()]
    return sorted(found, key=lambda sheet: (len(sheet.number), sheet.number, sheet.id))


def _of_practice(invoice: Invoice, party: Party | None, lines: int) -> PracticeSheet:
    sign = -1 if invoice.is_credit() else 1
    known = party is not None and not party.deleted
    is_patient = party is not None and party.kind is PartyKind.PATIENT
    return PracticeSheet(
        id=str(invoice.id),
        number=invoice.number,
        kind=SheetKind.CREDIT_NOTE if invoice.is_credit() else SheetKind.INVOICE,
        on=invoice.issued_on,
        total=cents(invoice.total) * sign,
        tax=cents(invoice.tax) * sign,
        lines=lines,
        state=_STATES.get(invoice.status, SheetState.CLOSED),
        name=name_key(party.full_name()) if party is not None and known else "",
        person=str(party.id) if party is not None and is_patient else "",
        original_id=str(invoice.original_id or ""),
    )


def books_sheets(rows: ReportRows) -> Iterator[BooksSheet]:
    """Yield every sales document of the books; what was adjusted counts as one with its adjustments."""
    names = {identifier: name_key(name) for identifier, name in rows.contact_names().items()}
    linked: defaultdict[str, list[BooksSheet]] = defaultdict(list)
    for document, subject in rows.documents():
        if subject and not subject.startswith(_OF_INVOICE):
            # A charge of ours for a visit without an invoice is no document of the practice.
            continue
        sheet = _of_books(document, names.get(document.contact_id, ""), subject.removeprefix(_OF_INVOICE))
        if subject and not sheet.is_gone:
            linked[subject].append(sheet)
        else:
            yield sheet
    for sheets in linked.values():
        yield _together(sheets)


def _of_books(document: BooksDocument, name: str, subject: str) -> BooksSheet:
    paid = (PaidAmount(on=one.on, amount=one.amount) for one in document.payments if not one.deleted)
    return BooksSheet(
        id=str(document.id),
        number=document.number,
        key=history_key(document.number),
        runs=digit_runs(document.number) | digit_runs(document.reference),
        kind=_KINDS[document.kind],
        on=document.on,
        total=document.total,
        tax=document.tax,
        left=document.open_amount,
        name=name,
        contact_id=str(document.contact_id),
        subject=subject,
        is_gone=document.status.is_gone(),
        is_draft=document.status.is_draft(),
        payments=tuple(paid),
        defect=document.defect,
    )


def _together(sheets: Sequence[BooksSheet]) -> BooksSheet:
    """Return a document with its adjustments as one: a credit note lowers an invoice."""
    first, *others = sorted(sheets, key=lambda sheet: (len(sheet.number), sheet.number))
    if not others:
        return first
    signed = [(sheet, 1 if sheet.kind is first.kind else -1) for sheet in (first, *others)]
    return replace(
        first,
        total=sum((sheet.total * sign for sheet, sign in signed), ZERO),
        tax=sum((sheet.tax * sign for sheet, sign in signed), ZERO),
        left=sum((sheet.left for sheet in sheets), ZERO),
        payments=tuple(payment for sheet in sheets for payment in sheet.payments),
    )


def everybodys_names(parties: Iterable[Party]) -> frozenset[str]:
    """Return the names of everybody the practice may bill, as compared."""
    return frozenset(name_key(party.full_name()) for party in parties) - {""}
