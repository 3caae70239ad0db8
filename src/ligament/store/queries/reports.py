"""What reports are made from: the mirrored records of one clinic as they are at one moment, streamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, not_, select, union_all

from ligament.core.ids import SourceId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksContact, BooksDocument, Chart
from ligament.core.links import ContactLink, Role
from ligament.core.periods import Period
from ligament.core.records import Invoice, Line, Location, Party, PartyKind, PracticeSettings, Practitioner, Visit
from ligament.store.database.bulk import of_clinic, of_kind
from ligament.store.database.codec import decoder
from ligament.store.database.tables import (
    books_contacts,
    books_documents,
    books_reference,
    contact_links,
    document_links,
    journal_heads,
    notes,
    practice_rows,
    runs,
)
from ligament.store.journal.journal import Journal
from ligament.store.queries.conditions import is_credit

T = TypeVar("T")
_AT_A_TIME = 1_000
_LIVE = of_kind(practice_rows.c.body).where(practice_rows.c.removed.is_(False))
_ALL = of_kind(practice_rows.c.body)
_OF_KINDS = (
    of_clinic(practice_rows.c.kind, practice_rows.c.body)
    .where(practice_rows.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(practice_rows.c.kind, practice_rows.c.id)
)
_LINES = of_kind(practice_rows.c.parent_id, practice_rows.c.body).where(practice_rows.c.removed.is_(False))
_LINKED = (
    select(books_documents.c.body, document_links.c.subject)
    .select_from(
        books_documents.outerjoin(
            document_links,
            (document_links.c.clinic == books_documents.c.clinic) & (document_links.c.books_id == books_documents.c.id),
        )
    )
    .where(books_documents.c.clinic == bindparam("clinic"))
)
_NEWEST_RUN = select(func.max(runs.c.started_at)).where(
    runs.c.clinic == bindparam("clinic"), runs.c.finished_at.is_not(None)
)
_NEWEST_READ = select(func.max(books_reference.c.read_at)).where(books_reference.c.clinic == bindparam("clinic"))


EVER = Period()
_MAIN = Role.MAIN.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """To whom a document was posted, and until when it is due."""

    party: Subject
    due_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLink:
    """What of a link is read here."""

    sent: Posted | None = None


def _within(day: ColumnElement[str], period: Period) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for a day kept as text to lie in a period."""
    first = (day >= period.first.isoformat(),) if period.first is not None else ()
    last = (day <= period.last.isoformat(),) if period.last is not None else ()
    return (*first, *last)


class ReportRows:
    """Everything a report can ask for, all of it as of one moment."""

    def __init__(self, connection: Connection, clinic: str) -> None:
        """Read on a connection that sees one moment."""
        self._connection = connection
        self._clinic = clinic

    def read_at(self) -> str:
        """Return the instant of the newest reading as text, or nothing before the first."""
        found = self._connection.execute(union_all(_NEWEST_RUN, _NEWEST_READ), {"clinic": self._clinic}).scalars()
        return max(instant or "" for instant in found)

    def journal_end(self) -> tuple[int, str, str]:
        """Return number, hash and signature of the newest entry of the journal."""
        wanted = of_clinic(journal_heads.c.sequence, journal_heads.c.hash, journal_heads.c.mac)
        row = self._connection.execute(wanted, {"clinic": self._clinic}).one_or_none()
        return (row.sequence, row.hash, row.mac) if row else (0, "", "")

    def note(self, name: str) -> str:
        """Return a small fact kept for the clinic, or nothing."""
        wanted = of_clinic(notes.c.value).where(notes.c.name == name)
        return self._connection.execute(wanted, {"clinic": self._clinic}).scalar_one_or_none() or ""

    def invoices(self, period: Period = EVER, statuses: Collection[str] = ()) -> Iterator[Invoice]:
        """Yield invoices and credit notes that are neither archived nor deleted, issued in a period, without lines."""
        chosen = _LIVE.where(*_within(practice_rows.c.day, period))
        if statuses:
            chosen = chosen.where(practice_rows.c.status.in_(statuses))
        return self._records(Invoice, chosen, "invoice")

    def lines(self, period: Period = EVER) -> Iterator[Line]:
        """Yield the lines of every live invoice issued in a period, one after the other."""
        issued = practice_rows.alias("issued")
        same = (issued.c.clinic == practice_rows.c.clinic, issued.c.id == practice_rows.c.parent_id)
        live = (issued.c.kind == "invoice", issued.c.removed.is_(False), *_within(issued.c.day, period))
        return self._records(Line, _LINES.join(issued, and_(*same)).where(*live), "line")

    def first_invoiced(self) -> dict[str, date]:
        """Return the day of the first invoice of each patient, however long ago."""
        rows = practice_rows.c
        invoice = not_(is_credit(practice_rows))
        first = _LIVE.with_only_columns(rows.party_id, func.min(rows.day).label("day"))
        known = first.where(rows.party_id.is_not(None), rows.day != "", invoice).group_by(rows.party_id)
        return {row.party_id: date.fromisoformat(row.day) for row in self._stream(known, "invoice")}

    def invoiced_visits(self) -> frozenset[str]:
        """Return the ids of visits for which there is a live invoice."""
        wanted = _LIVE.with_only_columns(practice_rows.c.visit_id).where(practice_rows.c.visit_id.is_not(None))
        return frozenset(row.visit_id for row in self._stream(wanted, "invoice"))

    def line_counts(self) -> dict[str, int]:
        """Return how many lines each invoice has."""
        counted = _LINES.with_only_columns(practice_rows.c.parent_id, func.count().label("n"))
        return {row.parent_id: row.n for row in self._stream(counted.group_by(practice_rows.c.parent_id), "line")}

    def archived_numbers(self) -> frozenset[str]:
        """Return the numbers of documents that the practice archived or deleted."""
        wanted = of_kind(practice_rows.c.number).where(practice_rows.c.removed)
        return frozenset(row.number for row in self._stream(wanted, "invoice"))

    def settings(self) -> PracticeSettings:
        """Return the practice's own settings as last read."""
        return next(self._records(PracticeSettings, _ALL, "settings"), PracticeSettings())

    def visits(self) -> Iterator[Visit]:
        """Yield every visit that was not removed."""
        return self._records(Visit, _LIVE, "visit")

    def locations(self) -> dict[SourceId, Location]:
        return {one.id: one for one in map(decoder(Location), self._places_and_people["location"])}

    def practitioners(self) -> dict[SourceId, Practitioner]:
        return {one.id: one for one in map(decoder(Practitioner), self._places_and_people["practitioner"])}

    @cached_property
    def _places_and_people(self) -> dict[str, list[bytes]]:
        """Every location and practitioner: they are few, and most reports want both."""
        found: dict[str, list[bytes]] = {"location": [], "practitioner": []}
        for row in self._connection.execute(_OF_KINDS, {"clinic": self._clinic, "kinds": list(found)}):
            found[row.kind].append(row.body)
        return found

    def parties(self) -> dict[str, Party]:
        """Return every patient and payer by subject key."""
        read, given = decoder(Party), {"clinic": self._clinic, "kinds": [kind.value for kind in PartyKind]}
        rows = self._connection.execute(_OF_KINDS, given, execution_options={"yield_per": _AT_A_TIME})
        return {f"{one.kind.value}:{one.id}": one for one in (read(row.body) for row in rows)}

    def contact_links(self) -> dict[str, ContactLink]:
        """Return the contact of each party by subject key."""
        read = decoder(ContactLink)
        found = self._stream(of_clinic(contact_links.c.body))
        return {link.party.key: link for link in (read(row.body) for row in found)}

    def posted(self) -> Iterator[tuple[str, Posted]]:
        """Yield for each record what its newest document was posted as, without the lines: they are many."""
        read = decoder(ReadLink)
        chosen = of_clinic(document_links.c.subject, document_links.c.body).where(document_links.c.role == _MAIN)
        ordered = chosen.order_by(document_links.c.subject, document_links.c.version)
        found = ((row.subject, read(row.body).sent) for row in self._stream(ordered))
        return ((subject, sent) for subject, sent in found if sent is not None)

    def documents(self, period: Period = EVER) -> Iterator[tuple[BooksDocument, str]]:
        """Yield the documents of the books dated in a period with the subject each is linked to, or nothing."""
        read = decoder(BooksDocument)
        chosen = _LINKED.where(*_within(books_documents.c.day, period))
        return ((read(row.body), row.subject or "") for row in self._stream(chosen))

    def contact_names(self) -> dict[str, str]:
        """Return the name of each contact of the books by its id."""
        read = decoder(BooksContact)
        found = self._stream(of_clinic(books_contacts.c.id, books_contacts.c.body))
        return {row.id: read(row.body).name.reveal() for row in found}

    def chart(self) -> Chart:
        """Return the chart of accounts and taxes as last read."""
        wanted = of_clinic(books_reference.c.body).where(books_reference.c.name == "chart")
        body = self._connection.execute(wanted, {"clinic": self._clinic}).scalar_one_or_none()
        return decoder(Chart)(body) if body else Chart()

    def _records(self, kind: type[T], statement: Select[Any], name: str) -> Iterator[T]:
        read = decoder(kind)
        return (read(row.body) for row in self._stream(statement, name))

    def _stream(self, statement: Select[Any], kind: str = "") -> Iterator[Any]:
        given = {"clinic": self._clinic, "kind": kind} if kind else {"clinic": self._clinic}
        return iter(self._connection.execute(statement, given, execution_options={"yield_per": _AT_A_TIME}))


@contextmanager
def report_rows(book: Journal) -> Iterator[ReportRows]:
    """Open the records of the clinic whose journal it is, as they are now."""
    with book.database.reading() as connection:
        yield ReportRows(connection, book.clinic)
