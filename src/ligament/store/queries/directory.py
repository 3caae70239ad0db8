"""The directory: a page of patients and payers with their contacts, and what one record is about, in few statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from ligament.core.ledgers import BooksContact
from ligament.core.links import ContactLink, DocumentLink
from ligament.core.plans import Outcome
from ligament.core.records import Party
from ligament.store.database.codec import decode
from ligament.store.database.search_keys import folded
from ligament.store.database.tables import books_contacts, contact_links, document_links, outcomes, practice_rows
from ligament.store.journal.journal import Journal

_PARTIES = ("patient", "payer")
_ROWS, _PEOPLE, _PAIRS = practice_rows.c, books_contacts.c, contact_links.c
_KEY = _ROWS.kind + ":" + _ROWS.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One patient or payer with the pair that was made, if any."""

    party: Party
    link: ContactLink | None


class Directory:
    """Questions about one clinic; nothing here changes anything."""

    def __init__(self, book: Journal) -> None:
        self._book = book
        self._clinic = book.clinic

    def page(self, text: str, *, limit: int, offset: int) -> tuple[int, list[Listed]]:
        """Return how many patients and payers a search finds, and some of them by name.

        They are found by words of the name, the id, the number of an invoice or a contact, and by e-mail.
        """
        chosen = self._chosen(text)
        count = select(func.count()).select_from(practice_rows).where(*chosen)
        pairs = practice_rows.outerjoin(contact_links, and_(_PAIRS.clinic == _ROWS.clinic, _PAIRS.party == _KEY))
        rows = select(_ROWS.body, _PAIRS.body.label("pair")).select_from(pairs).where(*chosen)
        ordered = rows.order_by(_ROWS.name_key, _ROWS.id).limit(limit).offset(offset)
        with self._book.database.reading() as connection:
            total = connection.execute(count).scalar_one()
            found = list(connection.execute(ordered))
        return total, [
            Listed(party=decode(Party, row.body), link=decode(ContactLink, row.pair) if row.pair else None)
            for row in found
        ]

    def strangers(self, text: str, limit: int) -> list[BooksContact]:
        """Return contacts of the books that a search finds and that belong to nobody in the practice."""
        paired = select(_PAIRS.contact_id).where(_PAIRS.clinic == self._clinic)
        mine = (_PEOPLE.clinic == self._clinic, _PEOPLE.id.not_in(paired))
        rows = select(_PEOPLE.body).where(*mine, self._contacts(text)).order_by(_PEOPLE.name_key).limit(limit)
        with self._book.database.reading() as connection:
            return [decode(BooksContact, row.body) for row in connection.execute(rows)]

    def documents_of(self, subjects: Collection[str]) -> Mapping[str, tuple[DocumentLink, ...]]:
        """Return the documents linked to each of some records, the oldest first."""
        links, found = document_links.c, dict[str, tuple[DocumentLink, ...]]()
        rows = select(links.subject, links.body).where(links.clinic == self._clinic, links.subject.in_(list(subjects)))
        with self._book.database.reading() as connection:
            for row in connection.execute(rows.order_by(links.subject, links.version)):
                found[row.subject] = (*found.get(row.subject, ()), decode(DocumentLink, row.body))
        return found

    def outcomes_of(self, subject: str) -> tuple[Outcome, ...]:
        """Return what became of one record when it was planned last."""
        rows = select(outcomes.c.body).where(outcomes.c.clinic == self._clinic, outcomes.c.subject == subject)
        with self._book.database.reading() as connection:
            return tuple(decode(Outcome, row.body) for row in connection.execute(rows.order_by(outcomes.c.kind)))

    def _chosen(self, text: str) -> list[ColumnElement[bool]]:
        chosen = [_ROWS.clinic == self._clinic, _ROWS.kind.in_(_PARTIES)]
        wanted = text.strip()
        if not wanted:
            return chosen
        words = and_(*(_ROWS.name_key.contains(word, autoescape=True) for word in folded(wanted).split()))
        return [
            *chosen,
            or_(words, _ROWS.id == wanted, _ROWS.id.in_(self._billed(wanted)), _KEY.in_(self._paired(wanted))),
        ]

    def _billed(self, wanted: str) -> Select[Any]:
        """Select the ids of those who have an invoice of that number, with or without our prefix."""
        numbers = {wanted, wanted.rpartition("-")[2]}
        rows = practice_rows.alias("papers").c
        where = (rows.clinic == self._clinic, rows.kind == "invoice", rows.party_id.is_not(None))
        return select(rows.party_id).where(*where, or_(rows.id == wanted, rows.number.in_(numbers)))

    def _paired(self, wanted: str) -> Select[Any]:
        """Select the keys of those whose contact is found."""
        joined = contact_links.join(
            books_contacts, and_(_PEOPLE.clinic == _PAIRS.clinic, _PEOPLE.id == _PAIRS.contact_id)
        )
        return select(_PAIRS.party).select_from(joined).where(_PAIRS.clinic == self._clinic, self._contacts(wanted))

    def _contacts(self, text: str) -> ColumnElement[bool]:
        wanted = folded(text)
        words = and_(*(_PEOPLE.name_key.contains(word, autoescape=True) for word in wanted.split()))
        by_number = or_(_PEOPLE.number == text.strip(), _PEOPLE.id == text.strip())
        return or_(_PEOPLE.email_key == wanted, by_number, words)
