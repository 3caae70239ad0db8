"""Unlinked: documents of the books that no link joins to a kept record: ours by number or reference, and doubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from ligament.core.intents import SubjectKind, subject_from_key
from ligament.core.ledgers import BooksDocument
from ligament.ports.comparison import Scope, Stray
from ligament.store.database.bulk import CHUNK, of_clinic, of_kind, select_in
from ligament.store.database.codec import decode, decoder
from ligament.store.database.tables import books_documents, document_links, practice_rows
from ligament.store.queries.conditions import GONE

DOUBLED_WITHIN = 3
"""How many days apart a document of somebody else still doubles one of ours (choice C44)."""


@dataclass(slots=True, kw_only=True)
class Unlinked:
    """Documents without a link: ours by the key of the record their reference or number names, or of nobody.

    `doubles` are those of others that have contact, total and nearly the date of one of ours.
    """

    of_subject: dict[str, tuple[BooksDocument, ...]] = field(default_factory=dict)
    strays: list[BooksDocument] = field(default_factory=list)
    doubles: list[Stray] = field(default_factory=list)

    def invoices(self) -> set[str]:
        """Return the ids of the invoices that such documents belong to."""
        keys = (subject_from_key(key) for key in self.of_subject)
        return {subject.id for subject in keys if subject.kind is SubjectKind.INVOICE}


def unlinked_of(connection: Connection, clinic: str, scope: Scope, linked: int) -> Unlinked:
    """Load the live documents that bear our number or reference and that no link of a kept record holds, and doubles.

    Every document is looked at once; only the ids of those without a link leave the database. `linked` is how many
    links are known to lead from invoices that are kept.
    """
    live, papers = _live(scope), books_documents
    ours: list[BooksDocument] = []
    doubles: list[Stray] = []
    for portion in connection.execute(_without_link(clinic).execution_options(yield_per=CHUNK)).scalars().partitions():
        theirs: set[str] = set()
        for row in select_in(connection, live, papers.c.id, portion, clinic=clinic):
            if row.is_ours:
                ours.append(_read(row.body))
            elif row.concerns:
                theirs.add(row.id)
        doubles += _doubles(connection, clinic, theirs)
    lost = _of_lost_records(connection, clinic, linked)
    found = select_in(connection, live, papers.c.id, lost, clinic=clinic)
    ours += (_read(row.body) for row in found)
    neighbours = _of_neighbours(connection, clinic, scope, ours)
    ours = [held for held in ours if held.id not in neighbours]
    unlinked = _assigned(connection, clinic, scope, sorted(ours, key=_by_day))
    unlinked.doubles = sorted(doubles, key=lambda stray: _by_day(stray.document))
    return unlinked


def _of_neighbours(connection: Connection, clinic: str, scope: Scope, found: list[BooksDocument]) -> set[str]:
    """Return those under numbers of another kind that another clinic here has posted into the same books."""
    links = document_links
    others = select(links.c.books_id).where(links.c.clinic != bindparam("clinic"))
    ids = {held.id for held in found if not held.number.startswith(scope.prefix)}
    return {row.books_id for row in select_in(connection, others, links.c.books_id, ids, clinic=clinic)}


def _read(body: bytes) -> BooksDocument:
    return decode(BooksDocument, body)


def _by_day(document: BooksDocument) -> tuple[date, str]:
    return document.on, document.id


def _without_link(clinic: str) -> Select[Any]:
    """Select the ids of all documents without a link: of nothing but keys, so that no row is read for it."""
    papers, links = books_documents, document_links
    linked = select(links.c.books_id).where(links.c.clinic == clinic, links.c.books_id == papers.c.id)
    return select(papers.c.id).where(papers.c.clinic == clinic, ~linked.exists())


def _live(scope: Scope) -> Select[Any]:
    """Select live documents since the first day: which are ours, and which of others are in the period or open."""
    papers, since = books_documents, scope.start_on.isoformat()
    is_ours = or_(
        papers.c.number.startswith(scope.prefix, autoescape=True),
        papers.c.reference.startswith(scope.reference, autoescape=True),
    )
    within = papers.c.day.between(max(scope.start_on, scope.first).isoformat(), scope.last.isoformat())
    concerns = case((or_(within, papers.c.is_open), 1), else_=0).label("concerns")
    statement = select(papers.c.id, case((is_ours, 1), else_=0).label("is_ours"), concerns, papers.c.body)
    live = (papers.c.clinic == bindparam("clinic"), papers.c.status.not_in(GONE), papers.c.day >= since)
    return statement.where(*live)


def _of_lost_records(connection: Connection, clinic: str, linked: int) -> set[str]:
    """Return the documents whose link leads to a record that is not kept."""
    links, rows = document_links, practice_rows
    lost: set[str] = set()
    kinds = {"invoice": linked, "visit": 0}
    told = (func.sum(case((links.c.subject.startswith(f"{kind}:"), 1), else_=0)) for kind in kinds)
    counted = connection.execute(select(*told).where(links.c.clinic == clinic)).one()
    for (kind, known), count in zip(kinds.items(), counted, strict=True):
        if (count or 0) == known:
            # Each of them leads from a record that was looked at.
            continue
        begins = f"{kind}:"
        theirs = (links.c.clinic == clinic, links.c.subject.startswith(begins))
        kept = select(rows.c.id).where(
            rows.c.clinic == clinic, rows.c.kind == kind, begins + rows.c.id == links.c.subject
        )
        without = select(links.c.subject).where(*theirs, ~kept.exists())
        lost |= set(connection.execute(without).scalars())
    found = select_in(connection, of_clinic(links.c.books_id), links.c.subject, lost, clinic=clinic)
    return {row.books_id for row in found}


def _assigned(connection: Connection, clinic: str, scope: Scope, documents: list[BooksDocument]) -> Unlinked:
    """Give each document to the record that its reference names, else its number; the others belong to nobody."""
    found = Unlinked()
    ids = {held.reference.removeprefix(scope.reference) for held in documents if _refers(held, scope)}
    numbers = {held.number.removeprefix(scope.prefix) for held in documents if held.number.startswith(scope.prefix)}
    rows = practice_rows
    since = scope.start_on.isoformat()
    columns = of_kind(rows.c.id, rows.c.number, rows.c.day)
    before = ""
    by_id = {
        row.id: f"{kind}:{row.id}" if kind == "visit" or row.day >= since else before
        for kind in ("invoice", "visit")
        for row in select_in(connection, columns, rows.c.id, ids, clinic=clinic, kind=kind)
    }
    by_number = {
        row.number: f"invoice:{row.id}" if row.day >= since else before
        for row in select_in(connection, columns, rows.c.number, numbers, clinic=clinic, kind="invoice")
    }
    for held in documents:
        by_reference = by_id.get(held.reference.removeprefix(scope.reference)) if _refers(held, scope) else None
        key = by_reference if by_reference is not None else by_number.get(held.number.removeprefix(scope.prefix))
        if key is None:
            found.strays.append(held)
        elif key != before:
            found.of_subject[key] = (*found.of_subject.get(key, ()), held)
    return found


def _refers(document: BooksDocument, scope: Scope) -> bool:
    return document.reference.startswith(scope.reference)


# --- documents of others ----------------------------------------------------------------------------------------------


def _doubles(connection: Connection, clinic: str, theirs: set[str]) -> Iterator[Stray]:
    """Yield those documents of others that have contact, total and nearly the date of one of ours; each once."""
    read, seen = decoder(BooksDocument), set[str]()
    found = select_in(connection, _twins(connection.dialect.name), _theirs.c.id, theirs, clinic=clinic)
    pairs = ((read(row.ours), read(row.theirs)) for row in found)
    for one, other in sorted(pairs, key=lambda pair: (pair[0].on, pair[0].id)):
        if other.id not in seen and abs((one.on - other.on).days) <= DOUBLED_WITHIN:
            seen.add(other.id)
            yield Stray(document=other, like=one)


_theirs = books_documents.alias("theirs")


@cache
def _twins(dialect: str) -> Select[Any]:
    """Select documents beside those of ours that they may double; begun from theirs, which are few."""
    ours, theirs, links = books_documents.alias("ours"), _theirs, document_links
    joined = theirs.join(
        ours,
        and_(
            ours.c.clinic == theirs.c.clinic,
            ours.c.contact_id == theirs.c.contact_id,
            ours.c.kind == theirs.c.kind,
            ours.c.cents == theirs.c.cents,
            ours.c.number != theirs.c.number,
            ours.c.day.in_(_days_around(dialect, theirs.c.day)),
            ours.c.status.not_in(GONE),
        ),
    ).join(links, and_(links.c.clinic == ours.c.clinic, links.c.books_id == ours.c.id))
    statement = select(ours.c.body.label("ours"), theirs.c.body.label("theirs")).select_from(joined)
    return statement.where(theirs.c.clinic == bindparam("clinic"), ours.c.cents != 0)


def _days_around(dialect: str, day: Column[Any]) -> list[ColumnElement[str]]:
    """Return the days that are near enough to a day, as the database reckons them."""
    shifts = range(-DOUBLED_WITHIN, DOUBLED_WITHIN + 1)
    if dialect == "sqlite":
        return [func.date(day, f"{shift:+d} days") for shift in shifts]
    return [func.to_char(cast(day, Date) + literal_column(str(shift)), "YYYY-MM-DD") for shift in shifts]
