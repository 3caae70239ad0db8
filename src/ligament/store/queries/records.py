"""What people ask the store: holds, outcomes, the journal of a record, and where a number is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from ligament.core.frozen import fast_frozen
from ligament.core.holds import Hold
from ligament.core.links import ContactLink, DocumentLink
from ligament.core.plans import Outcome, State
from ligament.store.database.bulk import chunks
from ligament.store.database.codec import decode, decode_hold
from ligament.store.database.search_keys import moment
from ligament.store.database.tables import (
    books_contacts,
    books_documents,
    contact_links,
    document_links,
    holds,
    journal,
    outcomes,
    practice_rows,
)
from ligament.store.journal.audit import plain_entries
from ligament.store.journal.journal import Journal


@fast_frozen
@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHold:
    """A hold with the time it has waited; `closed_at` is None while it is open."""

    id: str
    hold: Hold
    run_id: str
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One place where a number or id is kept: `side` is practice or books, `subject` our key where there is one."""

    side: str
    kind: str
    id: str
    number: str
    subject: str


class Queries:
    """Questions about one clinic; nothing here changes anything."""

    def __init__(self, book: Journal) -> None:
        self._book = book
        self._clinic = book.clinic

    def holds(self, *, closed: bool = False, code: str = "", limit: int = 1000) -> tuple[KeptHold, ...]:
        """Return open holds, oldest first, or closed ones, newest first."""
        statement = select(holds).where(holds.c.clinic == self._clinic)
        if code:
            statement = statement.where(holds.c.code == code)
        if closed:
            statement = statement.where(holds.c.closed_at.is_not(None)).order_by(holds.c.closed_at.desc(), holds.c.id)
        else:
            statement = statement.where(holds.c.closed_at.is_(None)).order_by(holds.c.opened_at, holds.c.id)
        return tuple(_kept_hold(row) for row in self._book.database.rows(statement.limit(limit)))

    def closed_holds(self, subjects: Collection[str]) -> tuple[Hold, ...]:
        """Return what waited about those records and does not any more."""
        found: list[Hold] = []
        for names in chunks(sorted(subjects)):
            among = holds.c.subject.in_(names)
            closed = select(holds).where(holds.c.clinic == self._clinic, holds.c.closed_at.is_not(None), among)
            found += [_kept_hold(row).hold for row in self._book.database.rows(closed.order_by(holds.c.id))]
        return tuple(found)

    def hold(self, hold_id: str) -> KeptHold | None:
        """Return one hold, open or closed, or nothing."""
        rows = self._book.database.rows(select(holds).where(holds.c.clinic == self._clinic, holds.c.id == hold_id))
        return _kept_hold(rows[0]) if rows else None

    def outcomes(self, state: State | None = None, reason: str = "") -> tuple[Outcome, ...]:
        """Return newest outcomes, all of them or those that ended that way, for that reason."""
        statement = select(outcomes.c.body).where(outcomes.c.clinic == self._clinic)
        if state is not None:
            statement = statement.where(outcomes.c.state == state.value)
        if reason:
            statement = statement.where(outcomes.c.reason == reason)
        ordered = statement.order_by(outcomes.c.kind, outcomes.c.number, outcomes.c.subject)
        return tuple(decode(Outcome, row.body) for row in self._book.database.rows(ordered))

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many records of each kind ended in each state."""
        columns = (outcomes.c.kind, outcomes.c.state)
        statement = select(*columns, func.count().label("n")).where(outcomes.c.clinic == self._clinic)
        return {(row.kind, row.state): row.n for row in self._book.database.rows(statement.group_by(*columns))}

    def journal(self, *, subject: str = "", before: int = 0, limit: int = 50) -> list[dict[str, object]]:
        """Return a page of journal entries, newest first: those before a number, of one record when it is named."""
        statement = select(journal).where(journal.c.clinic == self._clinic)
        if subject:
            statement = statement.where(journal.c.subject == subject)
        if before:
            statement = statement.where(journal.c.sequence < before)
        ordered = statement.order_by(journal.c.sequence.desc()).limit(limit)
        with self._book.database.reading() as connection:
            return plain_entries(self._book, connection, list(connection.execute(ordered)))

    def contact_link(self, party: str) -> ContactLink | None:
        where = (contact_links.c.clinic == self._clinic, contact_links.c.party == party)
        rows = self._book.database.rows(select(contact_links.c.body).where(*where))
        return decode(ContactLink, rows[0].body) if rows else None

    def document_links(self, subject: str) -> tuple[DocumentLink, ...]:
        """Return the documents linked to a record, oldest first."""
        where = (document_links.c.clinic == self._clinic, document_links.c.subject == subject)
        rows = self._book.database.rows(select(document_links.c.body).where(*where).order_by(document_links.c.version))
        return tuple(decode(DocumentLink, row.body) for row in rows)

    def find(self, text: str) -> tuple[Found, ...]:
        """Return every place where exactly this id or number is kept, the practice first."""
        wanted = text.strip()
        rows = practice_rows.c
        kept = select(rows.kind, rows.id, rows.number).where(
            rows.clinic == self._clinic, rows.kind != "line", or_(rows.id == wanted, rows.number == wanted)
        )
        found = [
            Found(side="practice", kind=row.kind, id=row.id, number=row.number, subject=f"{row.kind}:{row.id}")
            for row in self._book.database.rows(kept.order_by(rows.kind, rows.id))
        ]
        found.extend(
            Found(side="books", kind=row.kind, id=row.id, number=row.number, subject=row.subject or "")
            for row in self._book.database.rows(self._documents(wanted))
        )
        found.extend(
            Found(side="books", kind="contact", id=row.id, number=row.number, subject=row.party or "")
            for row in self._book.database.rows(self._contacts(wanted))
        )
        return tuple(found)

    def _documents(self, wanted: str) -> Select[Any]:
        papers, links = books_documents.c, document_links.c
        joined = books_documents.outerjoin(
            document_links, (links.clinic == papers.clinic) & (links.books_id == papers.id)
        )
        statement = select(papers.kind, papers.id, papers.number, links.subject).select_from(joined)
        chosen = statement.where(papers.clinic == self._clinic, or_(papers.id == wanted, papers.number == wanted))
        return chosen.order_by(papers.kind, papers.id)

    def _contacts(self, wanted: str) -> Select[Any]:
        people, links = books_contacts.c, contact_links.c
        joined = books_contacts.outerjoin(
            contact_links, (links.clinic == people.clinic) & (links.contact_id == people.id)
        )
        statement = select(people.id, people.number, links.party).select_from(joined)
        return statement.where(people.clinic == self._clinic, or_(people.id == wanted, people.number == wanted))


def _kept_hold(row: Any) -> KeptHold:  # noqa: ANN401 - a row of any columns
    return KeptHold(
        id=row.id,
        hold=decode_hold(row.body),
        run_id=row.run_id,
        opened_at=moment(row.opened_at),
        closed_at=moment(row.closed_at) if row.closed_at else None,
    )
