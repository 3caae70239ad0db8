"""What a clinic sells, in few records: one invoice for every kind of line, the newest ones, and the newest documents.

Choices of accounts and taxes are made from these: of 150,000 invoices, a few hundred say all that there is to choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, bindparam, func, not_, select

from ligament.core.frozen import fast_frozen
from ligament.core.ids import SourceId
from ligament.core.ledgers import BooksDocument, Chart
from ligament.core.records import Location, Practitioner
from ligament.store.database.bulk import of_clinic, of_kind
from ligament.store.database.codec import decode, decoder
from ligament.store.database.connection import Database
from ligament.store.database.tables import books_documents, books_reference, journal_heads, practice_rows

_AT_ONCE = 2000
_PEOPLE_AND_PLACES = (
    of_clinic(practice_rows.c.kind, practice_rows.c.id, practice_rows.c.body)
    .where(practice_rows.c.kind.in_(("practitioner", "location")))
    .order_by(practice_rows.c.kind, practice_rows.c.id)
)
_CHART = of_clinic(books_reference.c.body).where(books_reference.c.name == "chart")

_ROWS = practice_rows.c
_STATE = select(
    func.count().label("count"),
    func.max(_ROWS.updated_at).label("newest"),
    select(journal_heads.c.sequence)
    .where(journal_heads.c.clinic == bindparam("clinic"))
    .scalar_subquery()
    .label("journal"),
).where(_ROWS.clinic == bindparam("clinic"), _ROWS.kind == "line")
"""What moves when a line is new or changed; whoever is forgotten moves the journal."""


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class LineSort:
    """What of a line decides its account and its tax."""

    item_id: SourceId | None = None
    code: str = ""
    name: str = ""
    sealed_name: str = ""
    tax_name: str = ""
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """The ids of the invoices that stand for all, and the newest documents of the books, whoever made them."""

    invoices: frozenset[str]
    documents: tuple[BooksDocument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assortment:
    """What there is to choose accounts and taxes for: each kind of line once, the one sold last at the end."""

    lines: tuple[LineSort, ...]
    documents: tuple[BooksDocument, ...]
    practitioners: Mapping[SourceId, Practitioner]
    locations: Mapping[SourceId, Location]
    chart: Chart


_KNOWN: WeakKeyDictionary[Database, dict[str, tuple[object, tuple[LineSort, ...]]]] = WeakKeyDictionary()
"""The kinds of line of each clinic as they were looked at last, with the state of that moment."""


def assortment(database: Database, clinic: str, *, documents: int) -> Assortment:
    """Return what there is to choose for, and the newest documents, in few questions however much was sold."""
    with database.reading() as connection:
        people: dict[SourceId, Practitioner] = {}
        places: dict[SourceId, Location] = {}
        for row in connection.execute(_PEOPLE_AND_PLACES, {"clinic": clinic}):
            if row.kind == "location":
                places[row.id] = decode(Location, row.body)
            else:
                people[row.id] = decode(Practitioner, row.body)
        chart = connection.execute(_CHART, {"clinic": clinic}).scalar_one_or_none()
        return Assortment(
            lines=_known_kinds(database, connection, clinic),
            documents=tuple(_newest_documents(connection, clinic, documents)),
            practitioners=people,
            locations=places,
            chart=decode(Chart, chart) if chart else Chart(),
        )


def _known_kinds(database: Database, connection: Connection, clinic: str) -> tuple[LineSort, ...]:
    """Return every kind of line; all lines are looked at again only after one of them, or the journal, moved."""
    row = connection.execute(_STATE, {"clinic": clinic}).one()
    state = row.count, row.newest, row.journal
    known = _KNOWN.setdefault(database, {})
    if clinic not in known or known[clinic][0] != state:
        known[clinic] = state, tuple(_kinds_of_line(connection, clinic))
    return known[clinic][1]


def _kinds_of_line(connection: Connection, clinic: str) -> list[LineSort]:
    """Return every kind of line once, in the order of the newest invoice that has it."""
    newest: dict[LineSort, tuple[int, str]] = {}
    for parent, sort in _lines(connection, clinic):
        place = len(parent), parent
        if place > newest.get(sort, (0, "")):
            newest[sort] = place
    return sorted(newest, key=lambda sort: newest[sort])


def what_is_sold(database: Database, clinic: str, *, newest: int, documents: int) -> Sold:
    """Return both as of one moment: so many of the newest invoices beside those that stand for a kind of line."""
    with database.reading() as connection:
        stand_for = frozenset(_one_of_each(connection, clinic))
        late = frozenset(_newest_invoices(connection, clinic, newest))
        return Sold(invoices=stand_for | late, documents=tuple(_newest_documents(connection, clinic, documents)))


def _one_of_each(connection: Connection, clinic: str) -> Iterator[str]:
    """Yield one invoice for every kind of line that stands on any."""
    seen: set[LineSort] = set()
    for parent, sort in _lines(connection, clinic):
        if sort not in seen:
            seen.add(sort)
            yield parent


def _lines(connection: Connection, clinic: str) -> Iterator[tuple[str, LineSort]]:
    """Yield the invoice and the kind of every line: two of one kind are written alike but for amounts."""
    rows, read = practice_rows.c, decoder(LineSort)
    statement = of_kind(rows.parent_id, rows.body).where(not_(rows.removed), rows.parent_id.is_not(None))
    found = connection.execute(statement, {"clinic": clinic, "kind": "line"}, execution_options={"yield_per": _AT_ONCE})
    for parent, body in found:
        yield parent, read(body)


def _newest_invoices(connection: Connection, clinic: str, most: int) -> Iterator[str]:
    rows = practice_rows.c
    statement = select(rows.id).where(rows.clinic == clinic, rows.kind == "invoice", not_(rows.removed))
    yield from connection.execute(statement.order_by(rows.day.desc(), rows.id.desc()).limit(most)).scalars()


def _newest_documents(connection: Connection, clinic: str, most: int) -> Iterator[BooksDocument]:
    rows, read = books_documents.c, decoder(BooksDocument)
    statement = of_clinic(rows.body).order_by(rows.day.desc(), rows.id.desc()).limit(most)
    for body in connection.execute(statement, {"clinic": clinic}).scalars():
        yield read(body)
