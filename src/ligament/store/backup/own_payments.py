"""Payments of ours that only the books still know of, found again after an older copy was put back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksDocument, DocumentKind
from ligament.core.links import DocumentLink, PaymentLink
from ligament.core.plans import DocumentRef, allocation_id, payment_reference
from ligament.core.records import Invoice
from ligament.store.database.codec import decode
from ligament.store.database.tables import (
    books_documents,
    document_links,
    practice_rows,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paper:
    """A document of the books that belongs to one of our records."""

    subject: Subject
    kind: DocumentKind
    number: str
    id: BooksId


def own_payments(connection: Connection, clinic: str) -> list[PaymentLink]:
    """Return the payments of ours that the books have, as they were linked before the older copy was made."""
    bodies = connection.execute(select(books_documents.c.body).where(books_documents.c.clinic == clinic)).scalars()
    documents = [decode(BooksDocument, body) for body in bodies]
    papers = _papers(connection, clinic, documents)
    numbers = defaultdict[Subject, set[str]](set)
    for held in papers.values():
        numbers[held.subject].add(held.number)
    found = []
    for document in documents:
        paper = papers.get(document.id)
        if paper is None:
            continue
        found.extend(_credit_used(document, paper, papers))
        invoice = _invoice(connection, clinic, paper.subject) if paper.kind is DocumentKind.INVOICE else None
        if invoice is not None:
            found.extend(_payments_on(document, paper, numbers[paper.subject], invoice))
    return found


def _papers(connection: Connection, clinic: str, documents: Iterable[BooksDocument]) -> dict[BooksId, _Paper]:
    """Return the documents that are linked, and those whose reference names a record.

    A run that was cut off before it linked anything has read them all the same.
    """
    rows = practice_rows.c
    records = set(connection.execute(select(rows.id).where(rows.clinic == clinic, rows.kind == "invoice")).scalars())
    papers = {}
    for document in documents:
        _, marked, named = document.reference.rpartition(":")
        if marked and named in records:
            subject = Subject(kind=SubjectKind.INVOICE, id=SourceId(named))
            papers[document.id] = _Paper(subject=subject, kind=document.kind, number=document.number, id=document.id)
    bodies = connection.execute(select(document_links.c.body).where(document_links.c.clinic == clinic)).scalars()
    for link in (decode(DocumentLink, body) for body in bodies):
        papers[link.books_id] = _Paper(subject=link.subject, kind=link.kind, number=link.number, id=link.books_id)
    return papers


def _payments_on(
    document: BooksDocument, paper: _Paper, numbers: Collection[str], invoice: Invoice
) -> list[PaymentLink]:
    """Return the payments on a document that carry our reference, the number of one of its record's documents."""
    ours = {payment_reference(number) for number in numbers}
    return [
        PaymentLink(
            subject=paper.subject,
            payment_id=payment.id,
            document_id=document.id,
            reference=payment.reference,
            account=payment.account,
            amount=payment.amount,
            on=payment.on,
            for_total=invoice.total,
        )
        for payment in document.payments
        if payment.reference in ours and not payment.deleted
    ]


def _credit_used(document: BooksDocument, paper: _Paper, papers: Mapping[BooksId, _Paper]) -> list[PaymentLink]:
    """Return where credit notes of ours were used: what a person takes apart from now on is not put together again.

    Either side tells of it: the two are read one after the other, and a person may come in between.
    """
    found = []
    for used in document.allocations:
        other = papers.get(used.other_id)
        if other is None or other.kind is paper.kind:
            continue
        note, invoice = (paper, other) if paper.kind is DocumentKind.CREDIT_NOTE else (other, paper)
        name = allocation_id(_ref(note), _ref(invoice))
        found.append(
            PaymentLink(
                subject=note.subject,
                payment_id=BooksId(name),
                document_id=invoice.id,
                reference=f"{note.number}>{invoice.number}",
                account="",
                amount=used.amount,
                on=used.on or document.on,
                for_total=used.amount,
            )
        )
    return found


def _ref(paper: _Paper) -> DocumentRef:
    return DocumentRef(kind=paper.kind, number=paper.number)


def _invoice(connection: Connection, clinic: str, subject: Subject) -> Invoice | None:
    if subject.kind is not SubjectKind.INVOICE:
        return None
    rows = practice_rows.c
    where = (rows.clinic == clinic, rows.kind == "invoice", rows.id == SourceId(subject.id))
    body = connection.execute(select(rows.body).where(*where)).scalar_one_or_none()
    return decode(Invoice, body) if body else None
