"""What a clinic sells, in few records: one invoice for every kind of line, the newest ones, and the newest documents.

Choices of accounts and taxes are made from these: of 150,000 invoices, a few hundred say all that there is to choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, not_, select

from ligament.core.frozen import fast_frozen
from ligament.core.ids import SourceId
from ligament.core.ledgers import BooksDocument
from ligament.store.database.bulk import of_clinic, of_kind
from ligament.store.database.codec import decoder
from ligament.store.database.connection import Database
from ligament.store.database.tables import books_documents, practice_rows

_AT_ONCE = 2000


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class LineSort:
    """What of a line decides its account and its tax."""

    item_id: SourceId | None = None
    code: str = ""
    name: str = ""
    tax_name: str = ""
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """The ids of the invoices that stand for all, and the newest documents of the books, whoever made them."""

    invoices: frozenset[str]
    documents: tuple[BooksDocument, ...]


def what_is_sold(database: Database, clinic: str, *, newest: int, documents: int) -> Sold:
    """Return both as of one moment: so many of the newest invoices beside those that stand for a kind of line."""
    with database.reading() as connection:
        stand_for = frozenset(_one_of_each(connection, clinic))
        late = frozenset(_newest_invoices(connection, clinic, newest))
        return Sold(invoices=stand_for | late, documents=tuple(_newest_documents(connection, clinic, documents)))


def _one_of_each(connection: Connection, clinic: str) -> Iterator[str]:
    """Yield one invoice for every kind of line that stands on any."""
    rows, read = practice_rows.c, decoder(LineSort)
    # Two lines of one kind are written alike but for amounts, so each is read; only what is needed of it.
    statement = of_kind(rows.parent_id, rows.body).where(not_(rows.removed), rows.parent_id.is_not(None))
    seen: set[LineSort] = set()
    found = connection.execute(statement, {"clinic": clinic, "kind": "line"}, execution_options={"yield_per": _AT_ONCE})
    for parent, body in found:
        sort = read(body)
        if sort not in seen:
            seen.add(sort)
            yield parent


def _newest_invoices(connection: Connection, clinic: str, most: int) -> Iterator[str]:
    rows = practice_rows.c
    statement = select(rows.id).where(rows.clinic == clinic, rows.kind == "invoice", not_(rows.removed))
    yield from connection.execute(statement.order_by(rows.day.desc(), rows.id.desc()).limit(most)).scalars()


def _newest_documents(connection: Connection, clinic: str, most: int) -> Iterator[BooksDocument]:
    rows, read = books_documents.c, decoder(BooksDocument)
    statement = of_clinic(rows.body).order_by(rows.day.desc(), rows.id.desc()).limit(most)
    for body in connection.execute(statement, {"clinic": clinic}).scalars():
        yield read(body)
