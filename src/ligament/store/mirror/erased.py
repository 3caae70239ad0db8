"""Whose texts were erased: remembered by id only, so that nothing read or written later brings a text back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Select, bindparam, select

from ligament.core.erasing import Seal, bare_agreement, bare_document, bare_line, bare_link
from ligament.core.ledgers import BooksDocument
from ligament.core.receipts import Effect
from ligament.core.records import Invoice, Line, PracticeRecord
from ligament.store.database.bulk import of_kind, select_in, upsert
from ligament.store.database.tables import erased_records

PATIENT, INVOICE, CONTACT, DOCUMENT = "patient", "invoice", "contact", "document"
VISIT = "visit"
PAPERS = (INVOICE, VISIT)
"""What documents of the books are made of."""
_ANY: Select[tuple[str]] = select(erased_records.c.id).where(erased_records.c.clinic == bindparam("clinic")).limit(1)
_MARKED = of_kind(erased_records.c.id)


def mark(connection: Connection, clinic: str, kind: str, ids: Iterable[str]) -> None:
    """Remember that the texts of these records were erased."""
    upsert(connection, erased_records, [{"clinic": clinic, "kind": kind, "id": held} for held in sorted(set(ids))])


def marked(connection: Connection, clinic: str, kind: str, ids: Collection[str]) -> set[str]:
    """Return those of the ids whose texts were erased."""
    return {row.id for row in select_in(connection, _MARKED, erased_records.c.id, ids, clinic=clinic, kind=kind)}


def _is_needed(connection: Connection, clinic: str) -> bool:
    """Say whether the clinic ever forgot anybody; most never did."""
    return connection.execute(_ANY, {"clinic": clinic}).first() is not None


def practice_records(
    connection: Connection, clinic: str, records: list[PracticeRecord], seal: Seal
) -> list[PracticeRecord]:
    """Return records of the practice as they may be kept: lines on invoices of forgotten people without their texts.

    What a visit would be charged is worded by the practice's own list, and names nobody.
    """
    if not _is_needed(connection, clinic):
        return records
    invoices = {
        record.id: str(record.party_id) for record in records if isinstance(record, Invoice) and record.party_id
    }
    people = marked(connection, clinic, PATIENT, set(invoices.values()))
    mark(connection, clinic, INVOICE, [invoice for invoice, party in invoices.items() if party in people])
    parents = {record.invoice_id for record in records if isinstance(record, Line)}
    bare = marked(connection, clinic, INVOICE, parents)
    return [bare_line(one, seal) if isinstance(one, Line) and one.invoice_id in bare else one for one in records]


def books_documents(connection: Connection, clinic: str, documents: Iterable[BooksDocument]) -> list[BooksDocument]:
    """Return documents of the books as they may be kept: those about forgotten people without texts."""
    held = list(documents)
    if not held or not _is_needed(connection, clinic):
        return held
    papers = marked(connection, clinic, DOCUMENT, {one.id for one in held})
    people = marked(connection, clinic, CONTACT, {one.contact_id for one in held})
    mark(connection, clinic, DOCUMENT, {one.id for one in held if one.contact_id in people})
    return [bare_document(one) if one.id in papers or one.contact_id in people else one for one in held]


def effects(connection: Connection, clinic: str, made: Sequence[Effect]) -> Sequence[Effect]:
    """Return what writes changed as it may be kept: what a forgotten person's invoice became, without texts."""
    if not _is_needed(connection, clinic):
        return made
    about = {
        kind: {held.action.subject.id for held in made if held.action.subject.kind.value == kind} for kind in PAPERS
    }
    papers = {(kind, held) for kind, ids in about.items() for held in marked(connection, clinic, kind, ids)}
    people = marked(connection, clinic, CONTACT, {one.contact_id for held in made for one in held.documents})

    def is_erased(held: Effect) -> bool:
        subject = held.action.subject
        return (subject.kind.value, subject.id) in papers or any(one.contact_id in people for one in held.documents)

    return [_bare(connection, clinic, held) if is_erased(held) else held for held in made]


def _bare(connection: Connection, clinic: str, effect: Effect) -> Effect:
    ids = {document.id for document in effect.documents}
    if effect.document_link is not None:
        ids.add(effect.document_link.books_id)
    mark(connection, clinic, DOCUMENT, ids)
    return replace(
        effect,
        documents=tuple(map(bare_document, effect.documents)),
        document_link=bare_link(effect.document_link) if effect.document_link is not None else None,
        agreement=bare_agreement(effect.agreement) if effect.agreement is not None else None,
    )
