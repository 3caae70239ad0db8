"""Taking away the texts that may name a forgotten person: on invoices, documents, links, and in what people said."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from ligament.core.drafting import content_fingerprint, invoice_subject
from ligament.core.erasing import Seal, bare_agreement, bare_document, bare_line, bare_link
from ligament.core.ids import SourceId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument
from ligament.core.links import Agreement, Decision, DocumentLink
from ligament.core.records import Invoice, Line
from ligament.core.variances import KeptVariance
from ligament.store.database import columns
from ligament.store.database.bulk import all_of_clinic, of_clinic, of_kind, select_in, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import (
    agreements,
    approvals,
    books_documents,
    comparisons,
    decisions,
    document_links,
    variances,
)
from ligament.store.database.tables import practice_rows as rows
from ligament.store.mirror import erased
from ligament.store.mirror.related import Closure

GONE = "Personal details were erased."
_PAPERS = of_clinic(books_documents.c.id, books_documents.c.body)
_LINKS = all_of_clinic(document_links)
_AGREED = of_clinic(agreements.c.subject, agreements.c.body)
_BODIES = of_kind(rows.c.id, rows.c.body)


def erase_texts(
    connection: Connection,
    clinic: str,
    party: Subject | None,
    subjects: Collection[str],
    contacts: Collection[str],
    seal: Seal,
) -> None:
    """Take the texts off a person's invoices here, and off their documents of the books; all of them are remembered.

    `subjects` are the person's own records, `contacts` the ids of their contacts; `party` is nothing where the practice
    no longer says whose they were. `seal` makes the digests by which items are known again.
    """
    if party is not None:
        erased.mark(connection, clinic, party.kind.value, [party.id])
    erased.mark(connection, clinic, erased.CONTACT, contacts)
    for kind in erased.PAPERS:
        erased.mark(connection, clinic, kind, _ids(subjects, kind))
    _erase_lines(connection, clinic, _ids(subjects, erased.INVOICE), seal)
    _erase_documents(connection, clinic, subjects, contacts)


def _ids(subjects: Iterable[str], kind: str) -> list[str]:
    return [key.partition(":")[2] for key in subjects if key.startswith(f"{kind}:")]


def _erase_lines(connection: Connection, clinic: str, invoices: Collection[str], seal: Seal) -> None:
    """Take the texts off lines; that is no edit of the invoice, so that what the books follow is carried along."""
    found = select_in(connection, _BODIES, rows.c.id, invoices, clinic=clinic, kind="invoice")
    held = Closure(connection, clinic).with_lines({SourceId(row.id): decode(Invoice, row.body) for row in found})
    kept = select_in(connection, _BODIES, rows.c.parent_id, invoices, clinic=clinic, kind="line")
    for row in list(kept):
        body = encode(bare_line(decode(Line, row.body), seal))
        chosen = (rows.c.clinic == clinic, rows.c.kind == "line", rows.c.id == row.id)
        connection.execute(update(rows).where(*chosen).values(body=body))
    followed = {invoice_subject(one).key: one for one in held.values()}
    wanted = []
    for row in list(select_in(connection, _AGREED, agreements.c.subject, followed, clinic=clinic)):
        invoice, agreed = followed[row.subject], decode(Agreement, row.body)
        if agreed.fingerprint == content_fingerprint(invoice):
            bare = invoice.with_lines(tuple(bare_line(line, seal) for line in invoice.lines))
            body = encode(replace(agreed, fingerprint=content_fingerprint(bare)))
            wanted.append({"clinic": clinic, "subject": row.subject, "body": body})
    upsert(connection, agreements, wanted)


def _erase_documents(connection: Connection, clinic: str, subjects: Collection[str], contacts: Collection[str]) -> None:
    """Take the texts off documents of the person's records, and off all that stand on their contacts."""
    linked = {row.books_id for row in select_in(connection, _LINKS, document_links.c.subject, subjects, clinic=clinic)}
    billed = {row.id for row in select_in(connection, _PAPERS, books_documents.c.contact_id, contacts, clinic=clinic)}
    papers = linked | billed
    erased.mark(connection, clinic, erased.DOCUMENT, papers)
    for row in list(select_in(connection, _PAPERS, books_documents.c.id, papers, clinic=clinic)):
        document = bare_document(decode(BooksDocument, row.body))
        values = {"body": encode(document), "reference": document.reference, **columns.of_document(document)}
        chosen = (books_documents.c.clinic == clinic, books_documents.c.id == row.id)
        connection.execute(update(books_documents).where(*chosen).values(**values))
    followed = set(subjects)
    for row in list(select_in(connection, _LINKS, document_links.c.books_id, papers, clinic=clinic)):
        link = bare_link(decode(DocumentLink, row.body))
        followed.add(row.subject)
        chosen = (document_links.c.clinic == clinic, document_links.c.books_id == row.books_id)
        connection.execute(update(document_links).where(*chosen).values(body=encode(link), **columns.of_link(link)))
    for row in list(select_in(connection, _AGREED, agreements.c.subject, followed, clinic=clinic)):
        body = encode(bare_agreement(decode(Agreement, row.body)))
        upsert(connection, agreements, [{"clinic": clinic, "subject": row.subject, "body": body}])


# --- what people and comparisons said ---------------------------------------------------------------------------------


def erase_words(connection: Connection, clinic: str, subjects: Collection[str]) -> None:
    """Take free text out of what waits, what people decided and what comparisons found about these records."""
    _erase_asked(connection, clinic, subjects)
    told = all_of_clinic(decisions)
    for row in list(select_in(connection, told, decisions.c.subject, subjects, clinic=clinic)):
        body = encode(replace(decode(Decision, row.body), reason=""))
        connection.execute(
            update(decisions).where(decisions.c.clinic == clinic, decisions.c.key == row.key).values(body=body)
        )
    for row in list(select_in(connection, all_of_clinic(variances), variances.c.subject, subjects, clinic=clinic)):
        kept = decode(KeptVariance, row.body)
        body = encode(replace(kept, variance=replace(kept.variance, sentence=GONE), note=""))
        connection.execute(
            update(variances).where(variances.c.clinic == clinic, variances.c.id == row.id).values(body=body)
        )
    _erase_compared(connection, clinic, {key.partition(":")[2] for key in subjects})


def _erase_asked(connection: Connection, clinic: str, subjects: Collection[str]) -> None:
    """What waits for a yes goes on waiting, without its sentences."""
    for row in list(connection.execute(all_of_clinic(approvals), {"clinic": clinic})):
        parts = row.action_key.split("|")
        if len(parts) < 2 or parts[1] not in subjects:  # noqa: PLR2004 - kind and subject stand first
            continue
        shown = {**json.loads(row.document), "sentence": GONE}
        shown.pop("because", None)
        chosen = (approvals.c.clinic == clinic, approvals.c.mark == row.mark)
        connection.execute(update(approvals).where(*chosen).values(document=json.dumps(shown)))


def _erase_compared(connection: Connection, clinic: str, ids: Collection[str]) -> None:
    """Take sentences and notes about these records out of every comparison that was kept."""
    statement = select(comparisons.c.id, comparisons.c.body).where(comparisons.c.clinic == clinic)
    for row in list(connection.execute(statement)):
        document: dict[str, Any] = msgspec.json.decode(row.body)
        told = [one for one in document.get("variances") or () if one.get("source_id") in ids]
        if not told:
            continue
        for one in told:
            one |= {name: GONE if name == "sentence" else "" for name in ("sentence", "note") if one.get(name)}
        chosen = (comparisons.c.clinic == clinic, comparisons.c.id == row.id)
        connection.execute(update(comparisons).where(*chosen).values(body=msgspec.json.encode(document)))
