"""By what id the books call credit of ours that was used: no answer tells, the next reading of the note does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from ligament.core.ledgers import BooksAllocation, BooksDocument, DocumentKind
from ligament.core.links import PaymentLink
from ligament.core.plans import DocumentRef, allocation_id
from ligament.store.database.bulk import of_clinic, select_in, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import document_links, payment_links

_NAMES = of_clinic(document_links.c.books_id, document_links.c.kind, document_links.c.number)
_LINKS = of_clinic(payment_links.c.payment_id, payment_links.c.subject, payment_links.c.body)


def learn(connection: Connection, clinic: str, documents: Iterable[BooksDocument]) -> None:
    """Keep the ids of uses that we made and nobody has named yet, so that what a person uses later is told apart."""
    given = {
        document.id: [use for use in document.allocations if use.id is not None]
        for document in documents
        if document.kind is DocumentKind.CREDIT_NOTE
    }
    ids = {key for note, uses in given.items() if uses for key in (note, *(use.other_id for use in uses))}
    if not ids:
        return
    named = {
        row.books_id: DocumentRef(kind=DocumentKind(row.kind), number=row.number)
        for row in select_in(connection, _NAMES, document_links.c.books_id, ids, clinic=clinic)
    }
    uses = defaultdict[str, list[BooksAllocation]](list)
    for note, held in given.items():
        for use in held:
            if note in named and use.other_id in named:
                uses[allocation_id(named[note], named[use.other_id])].append(use)
    rows = []
    for row in select_in(connection, _LINKS, payment_links.c.payment_id, uses, clinic=clinic):
        link = decode(PaymentLink, row.body)
        same = [use.id for use in uses[row.payment_id] if use.amount == link.amount]
        if link.live and link.use is None and len(same) == 1:
            body = encode(replace(link, use=same[0]))
            rows.append({"clinic": clinic, "payment_id": row.payment_id, "subject": row.subject, "body": body})
    upsert(connection, payment_links, rows)
