"""What the books renamed: documents, what we wrote there and what was agreed are kept in the names of now.

A document in a list names its tracking options and accounts, and tells no id of them. Without this, one option renamed
in the books would look as if a person had edited every document that has it.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Column, Connection, Row, Select, bindparam, select, update

from ligament.core.ledgers import BooksDocument, Chart
from ligament.core.links import Agreement, DocumentLink
from ligament.core.renames import Renames, renames
from ligament.store.database import columns
from ligament.store.database.bulk import upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import agreements, books_documents, document_links
from ligament.store.mirror.books import kept_chart

_AT_ONCE = 500


def follow_renames(connection: Connection, clinic: str, chart: Chart) -> None:
    """Rename what is kept as the books did since the chart was read before; nothing is done where they did not."""
    before = kept_chart(connection, clinic)
    found = renames(before, chart) if before is not None else None
    if not found:
        return
    for row in _rows(connection, clinic, books_documents.c.id, books_documents.c.body):
        _document(connection, clinic, row, found)
    for row in _rows(connection, clinic, document_links.c.books_id, document_links.c.body):
        _link(connection, clinic, row, found)
    for row in _rows(connection, clinic, agreements.c.subject, agreements.c.body):
        agreed = decode(Agreement, row.body)
        now = found.agreement(agreed)
        if now is not agreed:
            upsert(connection, agreements, [{"clinic": clinic, "subject": row.subject, "body": encode(now)}])


def _rows(connection: Connection, clinic: str, key: Column[str], body: Column[bytes]) -> Iterator[Row[str, bytes]]:
    """Yield every row, a page at a time, so that a large clinic is not held in memory."""
    last = ""
    while rows := connection.execute(_page(key, body), {"clinic": clinic, "last": last}).all():
        yield from rows
        last = rows[-1][0]


def _page(key: Column[str], body: Column[bytes]) -> Select[str, bytes]:
    table = key.table
    after = (table.c.clinic == bindparam("clinic"), key > bindparam("last"))
    return select(key, body).where(*after).order_by(key).limit(_AT_ONCE)


def _document(connection: Connection, clinic: str, row: Row[str, bytes], found: Renames) -> None:
    document = decode(BooksDocument, row.body)
    now = found.document(document)
    if now is not document:
        values = {"body": encode(now), **columns.of_document(now)}
        chosen = (books_documents.c.clinic == clinic, books_documents.c.id == row.id)
        connection.execute(update(books_documents).where(*chosen).values(**values))


def _link(connection: Connection, clinic: str, row: Row[str, bytes], found: Renames) -> None:
    link = decode(DocumentLink, row.body)
    now = found.link(link)
    if now is not link:
        values = {"body": encode(now), **columns.of_link(now)}
        chosen = (document_links.c.clinic == clinic, document_links.c.books_id == row.books_id)
        connection.execute(update(document_links).where(*chosen).values(**values))
