"""What the books renamed: documents, what we wrote there and what was agreed are kept in the names of now.

A document in a list names its tracking options and accounts, and tells no id of them. Without this, one option renamed
in the books would look as if a person had edited every document that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Row, Select, bindparam, select, update

from ligament.core.ledgers import BooksDocument, Chart
from ligament.core.links import Agreement, DocumentLink
from ligament.core.renames import Renames, renames, with_former_names
from ligament.store.database import columns
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import agreements, books_documents, document_links
from ligament.store.mirror.books import kept_chart

T = TypeVar("T")
_AT_ONCE = 500


def follow_renames(connection: Connection, clinic: str, chart: Chart) -> Chart:
    """Rename what is kept as the books did since the chart was read before, and return the chart with former names."""
    before = kept_chart(connection, clinic)
    if before is None:
        return chart
    _follow(connection, clinic, renames(before, chart))
    return with_former_names(before, chart)


def _follow(connection: Connection, clinic: str, found: Renames) -> None:
    if not found:
        return
    _rename(connection, clinic, books_documents.c.id, BooksDocument, found.document, columns.of_document)
    _rename(connection, clinic, document_links.c.books_id, DocumentLink, found.link, columns.of_link)
    _rename(connection, clinic, agreements.c.subject, Agreement, found.agreement, lambda _: {})


def _rename(
    connection: Connection,
    clinic: str,
    key: Column[str],
    kind: type[T],
    renamed: Callable[[T], T],
    columns_of: Callable[[T], Mapping[str, Any]],
) -> None:
    """Write the bodies of a table anew in which something was renamed, with the columns that are taken from them."""
    table = key.table
    for row in _rows(connection, clinic, key, table.c.body):
        before = decode(kind, row.body)
        now = renamed(before)
        if now is not before:
            chosen = (table.c.clinic == clinic, key == row[0])
            connection.execute(update(table).where(*chosen).values(body=encode(now), **columns_of(now)))


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
