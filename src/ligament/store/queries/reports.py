"""What reports are made from: the mirrored records of one clinic as they are at one moment, streamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, func, select

from ligament.core.ids import SourceId
from ligament.core.ledgers import BooksContact, BooksDocument, Chart
from ligament.core.links import ContactLink, DocumentLink
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

T = TypeVar("T")
_AT_A_TIME = 1_000
_LIVE = of_kind(practice_rows.c.body).where(practice_rows.c.removed.is_(False))
_ALL = of_kind(practice_rows.c.body)
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


class ReportRows:
    """Everything a report can ask for, all of it as of one moment."""

    def __init__(self, connection: Connection, clinic: str) -> None:
        """Read on a connection that sees one moment."""
        self._connection = connection
        self._clinic = clinic

    def read_at(self) -> str:
        """Return the instant of the newest reading as text, or nothing before the first."""
        given = {"clinic": self._clinic}
        return max(self._connection.execute(query, given).scalar() or "" for query in (_NEWEST_RUN, _NEWEST_READ))

    def journal_end(self) -> tuple[int, str, str]:
        """Return number, hash and signature of the newest entry of the journal."""
        wanted = of_clinic(journal_heads.c.sequence, journal_heads.c.hash, journal_heads.c.mac)
        row = self._connection.execute(wanted, {"clinic": self._clinic}).one_or_none()
        return (row.sequence, row.hash, row.mac) if row else (0, "", "")

    def note(self, name: str) -> str:
        """Return a small fact kept for the clinic, or nothing."""
        wanted = of_clinic(notes.c.value).where(notes.c.name == name)
        return self._connection.execute(wanted, {"clinic": self._clinic}).scalar_one_or_none() or ""

    def invoices(self) -> Iterator[Invoice]:
        """Yield every invoice and credit note that is neither archived nor deleted, without lines."""
        return self._records(Invoice, _LIVE, "invoice")

    def lines(self, invoices: Collection[str]) -> Iterator[Line]:
        """Yield the lines of some invoices, one after the other."""
        read = decoder(Line)
        for row in self._stream(_LINES, "line"):
            if row.parent_id in invoices:
                yield read(row.body)

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
        """Return every location by id."""
        return {one.id: one for one in self._records(Location, _ALL, "location")}

    def practitioners(self) -> dict[SourceId, Practitioner]:
        """Return every practitioner by id."""
        return {one.id: one for one in self._records(Practitioner, _ALL, "practitioner")}

    def parties(self) -> dict[str, Party]:
        """Return every patient and payer by subject key."""
        found = (one for kind in PartyKind for one in self._records(Party, _ALL, kind.value))
        return {f"{one.kind.value}:{one.id}": one for one in found}

    def contact_links(self) -> dict[str, ContactLink]:
        """Return the contact of each party by subject key."""
        read = decoder(ContactLink)
        found = self._stream(of_clinic(contact_links.c.body))
        return {link.party.key: link for link in (read(row.body) for row in found)}

    def document_links(self) -> Iterator[DocumentLink]:
        """Yield every link of a record with a document, in the order in which they were made."""
        read = decoder(DocumentLink)
        ordered = of_clinic(document_links.c.body).order_by(document_links.c.subject, document_links.c.version)
        return (read(row.body) for row in self._stream(ordered))

    def documents(self) -> Iterator[tuple[BooksDocument, str]]:
        """Yield every document of the books with the subject it is linked to, or nothing."""
        read = decoder(BooksDocument)
        return ((read(row.body), row.subject or "") for row in self._stream(_LINKED))

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
