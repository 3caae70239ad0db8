"""Money of ours that only the books still know of, linked when a database meets books that we have written into.

The database is an older copy that was put back, or a new one: the books were written by another that is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, select

from ligament.core.contacts import CONTACT_PREFIX
from ligament.core.document_numbers import practice_number
from ligament.core.drafting import invoice_subject
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksDocument, BooksPayment, DocumentKind
from ligament.core.links import DocumentLink, PaymentLink
from ligament.core.plans import DocumentRef, allocation_id, without_paid
from ligament.core.records import Invoice, InvoiceStatus
from ligament.store.database.bulk import of_clinic, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import (
    books_contacts,
    books_documents,
    document_links,
    payment_links,
    practice_rows,
)
from ligament.store.journal.journal import Note, Writing
from ligament.store.writes import outcomes

Removed = Iterable[tuple[BooksId, BooksPayment]]
"""Payments that were deleted in the books, each with the document that it was on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paper:
    """A document of the books that belongs to one of our records."""

    subject: Subject
    document: BooksDocument
    number: str

    @property
    def ref(self) -> DocumentRef:
        """Return how plans name it."""
        return DocumentRef(kind=self.document.kind, number=self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is read of both systems: our documents by id, the numbers of each record's, and the practice's invoices."""

    prefix: str
    papers: Mapping[BooksId, _Paper]
    numbers: Mapping[Subject, Collection[str]]
    invoices: Mapping[Subject, Invoice]
    by_number: Mapping[str, Subject]


def shows_ours(connection: Connection, clinic: str) -> bool:
    """Say whether the books hold anything of ours that no link of this database tells of: a contact, or a document."""
    marked = select(books_contacts.c.id).where(
        books_contacts.c.clinic == clinic, books_contacts.c.number.startswith(CONTACT_PREFIX, autoescape=True)
    )
    if connection.execute(marked.limit(1)).first() is not None:
        return True
    names = connection.execute(of_clinic(books_documents.c.reference), {"clinic": clinic}).scalars()
    ids = {name for text in names if (name := _named(text))}
    rows = practice_rows.c
    records = select(rows.id).where(rows.clinic == clinic, rows.kind == "invoice")
    return bool(ids) and any(key in ids for key in connection.execute(records).scalars())


def relink(writing: Writing, prefix: str, removed: Removed = ()) -> int:
    """Link our own payments and used credit again that the books show, or showed, and say how many.

    `prefix` is what our numbers begin with. Their records are looked at by the next run, so that what happened since to
    one of them is followed.
    """
    connection, clinic = writing.connection, writing.clinic
    known = set(
        connection.execute(select(payment_links.c.payment_id).where(payment_links.c.clinic == clinic)).scalars()
    )
    found = _own_payments(connection, clinic, prefix, removed)
    links = {link.payment_id: link for link in found if link.payment_id not in known}
    rows = [
        {"clinic": clinic, "payment_id": link.payment_id, "subject": link.subject.key, "body": encode(link)}
        for link in links.values()
    ]
    upsert(connection, payment_links, rows)
    outcomes.mark_dirty(connection, clinic, {link.subject for link in links.values()})
    for link in links.values():
        public = {"payment": link.payment_id, "reference": link.reference, "amount": str(link.amount)}
        writing.add(Note(kind="payment_relinked", subject=link.subject.key, public=public))
    return len(links)


def _own_payments(connection: Connection, clinic: str, prefix: str, removed: Removed) -> Iterator[PaymentLink]:
    """Yield our money as it would be linked had this database seen it posted."""
    bodies = connection.execute(of_clinic(books_documents.c.body), {"clinic": clinic}).scalars()
    # Without lines: those of all documents of a large clinic would not fit beside everything else.
    documents = {
        document.id: replace(document, lines=()) for document in (decode(BooksDocument, body) for body in bodies)
    }
    known = _known(connection, clinic, prefix, documents)
    for document in documents.values():
        if document.kind is DocumentKind.INVOICE:
            standing = (payment for payment in document.payments if not payment.deleted)
            yield from (link for payment in standing if (link := _paid(known, document, payment)) is not None)
        yield from _credit_used(document, known.papers)
    yield from _taken_off(known, documents, removed)


def _known(connection: Connection, clinic: str, prefix: str, documents: Mapping[BooksId, BooksDocument]) -> _Known:
    """Find the documents that are linked, and those whose reference names a record.

    A run that was cut off before it linked anything has read them all the same.
    """
    invoices = _invoices(connection, clinic)
    papers = {}
    for document in documents.values():
        subject = Subject(kind=SubjectKind.INVOICE, id=SourceId(_named(document.reference)))
        if subject in invoices:
            papers[document.id] = _Paper(subject=subject, document=document, number=document.number)
    bodies = connection.execute(of_clinic(document_links.c.body), {"clinic": clinic}).scalars()
    for link in (decode(DocumentLink, body) for body in bodies):
        if link.books_id in documents:
            held = documents[link.books_id]
            papers[link.books_id] = _Paper(subject=link.subject, document=held, number=link.number)
    numbers = defaultdict[Subject, set[str]](set)
    for paper in papers.values():
        numbers[paper.subject].add(paper.number)
    by_number = {invoice.number: subject for subject, invoice in invoices.items()}
    return _Known(prefix=prefix, papers=papers, numbers=numbers, invoices=invoices, by_number=by_number)


def _invoices(connection: Connection, clinic: str) -> dict[Subject, Invoice]:
    rows = practice_rows.c
    bodies = connection.execute(select(rows.body).where(rows.clinic == clinic, rows.kind == "invoice")).scalars()
    invoices = (decode(Invoice, body) for body in bodies)
    return {invoice_subject(invoice): replace(invoice, lines=()) for invoice in invoices}


def _named(reference: str) -> str:
    """Return the id that a reference of ours names, as the last part of `practice:id`."""
    _, marked, named = reference.rpartition(":")
    return named if marked else ""


# --- money on invoices ------------------------------------------------------------------------------------------------


def _paid(known: _Known, document: BooksDocument, payment: BooksPayment) -> PaymentLink | None:
    """Return the link of a payment that carries our reference: the number of its record, or of one of its documents.

    One that an earlier link between the systems posted names no record, and our payment on it bears our number.
    """
    paper = known.papers.get(document.id)
    number = without_paid(payment.reference)
    if number == payment.reference:
        return None
    named = known.by_number.get(practice_number(number, known.prefix))
    subject = paper.subject if paper is not None else named
    if subject is None or (named != subject and number not in known.numbers.get(subject, ())):
        return None
    invoice = known.invoices.get(subject)
    if invoice is None:
        return None
    return PaymentLink.to(payment, document.id, subject, invoice.total)


def _taken_off(known: _Known, documents: Mapping[BooksId, BooksDocument], removed: Removed) -> Iterator[PaymentLink]:
    """Yield payments of ours that were deleted where the practice still says that their invoice is paid (choice C35).

    We take back what is open again in the practice, and remember nothing of that.
    """
    for document_id, payment in removed:
        document = documents.get(document_id)
        if document is None or document.status.is_gone() or document.open_amount <= 0:
            continue
        link = _paid(known, document, payment)
        if link is not None and known.invoices[link.subject].status is InvoiceStatus.PAID:
            yield link


# --- credit -----------------------------------------------------------------------------------------------------------


def _credit_used(document: BooksDocument, papers: Mapping[BooksId, _Paper]) -> Iterator[PaymentLink]:
    """Yield where credit notes of ours were used: what a person takes apart from now on is not put together again.

    Either side tells of it: the two are read one after the other, and a person may come in between.
    """
    paper = papers.get(document.id)
    for used in document.allocations if paper is not None else ():
        other = papers.get(used.other_id)
        if paper is None or other is None or other.document.kind is document.kind:
            continue
        note, invoice = (paper, other) if document.kind is DocumentKind.CREDIT_NOTE else (other, paper)
        yield _use(note, invoice, used.amount, used.on or document.on)


def _use(note: _Paper, invoice: _Paper, amount: Decimal, on: date) -> PaymentLink:
    return PaymentLink(
        subject=note.subject,
        payment_id=BooksId(allocation_id(note.ref, invoice.ref)),
        document_id=invoice.document.id,
        reference=f"{note.number}>{invoice.number}",
        account="",
        amount=amount,
        on=on,
        for_total=amount,
    )
