"""What comparing needs: amounts, days and marks beside the records, and the tables of comparisons and variances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, LargeBinary, MetaData, Table, Text, select

from ligament.core.ledgers import BooksDocument
from ligament.core.links import DocumentLink
from ligament.core.records import Invoice, Line
from ligament.store.database import columns
from ligament.store.database.codec import decoder

revision = "0006"
down_revision = "0005"

# A copy of the tables as they were then, never edited: later steps build on exactly this.
metadata = MetaData()
_AT_ONCE = 1000


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _cents(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


books_amounts = Table("books_amounts", metadata, _key("clinic"), _key("document_id"), _key("tax_type"), _cents("cents"))
contact_notes = Table("contact_notes", metadata, _key("clinic"), _key("subject"), _key("field"), _text("kind"))
comparisons = Table(
    "comparisons",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("started_at"),
    _text("finished_at"),
    _text("first_day"),
    _text("last_day"),
    Column("full", Boolean, nullable=False),
    Column("balanced", Boolean, nullable=False),
    _bytes("body"),
)
variances = Table(
    "variances",
    metadata,
    _key("clinic"),
    _key("id"),
    _text("subject"),
    _text("kind"),
    _text("state"),
    _text("needs"),
    _text("number"),
    _text("first_seen_at"),
    _text("last_seen_at"),
    _bytes("body"),
    Index("variances_state", "clinic", "state"),
)

_before = MetaData()
practice_rows = Table(
    "practice_rows",
    _before,
    _key("clinic"),
    _key("kind"),
    _key("id"),
    _text("name_key"),
    _bytes("body"),
    _text("day"),
    _cents("cents"),
    _cents("tax_cents"),
    _text("status"),
    _text("closed_at"),
    _text("closed_next"),
)
books_documents = Table(
    "books_documents",
    _before,
    _key("clinic"),
    _key("id"),
    _bytes("body"),
    _text("day"),
    _cents("cents"),
    _cents("tax_cents"),
    _cents("open_cents"),
    _cents("paid_cents"),
    _cents("used_cents"),
    _text("paid_on"),
    _text("written"),
)
document_links = Table(
    "document_links",
    _before,
    _key("clinic"),
    _key("subject"),
    _key("role"),
    Column("version", BigInteger, primary_key=True),
    _bytes("body"),
    _text("written"),
)
_NEW = {
    "practice_rows": ("day", "cents", "tax_cents", "status", "closed_at", "closed_next"),
    "books_documents": (
        "day",
        "cents",
        "tax_cents",
        "open_cents",
        "paid_cents",
        "used_cents",
        "paid_on",
        "written",
    ),
    "document_links": ("written",),
}


def upgrade() -> None:
    """Make the tables and columns, and fill the columns from the records that are kept."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for name, added in _NEW.items():
        for column in added:
            fresh = _cents(column) if column.endswith("cents") else _text(column)
            op.add_column(name, fresh)
    op.create_index("practice_rows_day", "practice_rows", ["clinic", "kind", "day"])
    op.create_index("books_documents_day", "books_documents", ["clinic", "day"])
    op.create_index("books_documents_reference", "books_documents", ["clinic", "reference"])
    op.create_index("books_documents_twins", "books_documents", ["clinic", "contact_id", "kind", "cents", "day"])
    read_invoice, read_line = decoder(Invoice), decoder(Line)
    _fill(connection, practice_rows, lambda body: columns.of_invoice(read_invoice(body)), "invoice")
    _fill(connection, practice_rows, lambda body: columns.of_line(read_line(body)), "line")
    read_document, read_link = decoder(BooksDocument), decoder(DocumentLink)
    _fill(connection, books_documents, lambda body: columns.of_document(read_document(body)))
    _fill(connection, document_links, lambda body: columns.of_link(read_link(body)))
    _cut(connection, read_document)


def _fill(connection: Connection, table: Table, told: Callable[[bytes], Mapping[str, Any]], kind: str = "") -> None:
    """Give every row of a table, or of one kind in it, the columns that its record tells; a portion at a time."""
    keys = list(table.primary_key)
    last: tuple[Any, ...] | None = None
    while True:
        statement = select(*keys, table.c.body).order_by(*keys).limit(_AT_ONCE)
        if kind:
            statement = statement.where(table.c.kind == kind)
        if last is not None:
            statement = statement.where(_behind(keys, last))
        found = list(connection.execute(statement))
        for row in found:
            here = [key == value for key, value in zip(keys, row[:-1], strict=True)]
            connection.execute(table.update().where(*here).values(**told(row.body)))
        if len(found) < _AT_ONCE:
            return
        last = tuple(found[-1][:-1])


def _behind(keys: list[Any], last: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a condition of the library
    """Return the condition that a row comes behind another in the order of its keys."""
    if len(keys) == 1:
        return keys[0] > last[0]
    return (keys[0] > last[0]) | ((keys[0] == last[0]) & _behind(keys[1:], last[1:]))


def _cut(connection: Connection, read: Callable[[bytes], BooksDocument]) -> None:
    last: tuple[Any, ...] | None = None
    keys = list(books_documents.primary_key)
    while True:
        statement = select(*keys, books_documents.c.body).order_by(*keys).limit(_AT_ONCE)
        if last is not None:
            statement = statement.where(_behind(keys, last))
        found = list(connection.execute(statement))
        rows = [cut for row in found for cut in columns.amounts_of(row.clinic, read(row.body))]
        if rows:
            connection.execute(books_amounts.insert(), rows)
        if len(found) < _AT_ONCE:
            return
        last = tuple(found[-1][:-1])
