"""What people ask the store about people: everybody, somebody by name or e-mail, and what belongs to somebody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from sqlalchemy import Column, and_, or_, select

from ligament.core.ledgers import BooksContact
from ligament.core.links import ContactLink
from ligament.core.records import Invoice, Location, Party, PartyKind, Practitioner
from ligament.store.database.codec import decoder
from ligament.store.database.search_keys import folded
from ligament.store.database.tables import books_contacts, contact_links, practice_rows
from ligament.store.journal.journal import Journal

T = TypeVar("T")
_PARTIES = ("patient", "payer")


class PeopleQueries:
    """Questions about the people of one clinic; nothing here changes anything."""

    def __init__(self, book: Journal) -> None:
        self._book = book
        self._clinic = book.clinic

    def parties(self) -> Iterator[Party]:
        """Return every patient and payer who is kept, in the order of their ids."""
        return self._parties(practice_rows.c.kind.in_(_PARTIES))

    def payers(self) -> Iterator[Party]:
        """Return every payer who is kept: few beside the patients."""
        return self._parties(practice_rows.c.kind == PartyKind.PAYER.value)

    def contacts(self) -> Iterator[BooksContact]:
        """Return every contact of the books that is kept, in the order of their ids."""
        return self._bodies(BooksContact, books_contacts.c.body, order=books_contacts.c.id)

    def links(self) -> Iterator[ContactLink]:
        return self._bodies(ContactLink, contact_links.c.body, order=contact_links.c.party)

    def practitioners(self) -> tuple[Practitioner, ...]:
        """Return everybody who treats."""
        where = practice_rows.c.kind == "practitioner"
        return tuple(self._bodies(Practitioner, practice_rows.c.body, where, order=practice_rows.c.id))

    def locations(self) -> tuple[Location, ...]:
        """Return every place where people are treated."""
        where = practice_rows.c.kind == "location"
        return tuple(self._bodies(Location, practice_rows.c.body, where, order=practice_rows.c.id))

    def parties_called(self, text: str) -> tuple[Party, ...]:
        """Return patients and payers with this e-mail or with all words of this name, letter case aside."""
        wanted = folded(text)
        if "@" in wanted:
            return tuple(party for party in self.parties() if folded(party.email.reveal()) == wanted)
        words = [practice_rows.c.name_key.contains(word, autoescape=True) for word in wanted.split()]
        return tuple(self._parties(practice_rows.c.kind.in_(_PARTIES), *words)) if words else ()

    def contacts_called(self, text: str) -> tuple[BooksContact, ...]:
        """Return contacts with this e-mail or with all words of this name, letter case aside."""
        wanted = folded(text)
        keys = books_contacts.c
        words = and_(*(keys.name_key.contains(word, autoescape=True) for word in wanted.split()))
        chosen = or_(keys.email_key == wanted, words) if wanted else keys.id == ""
        return tuple(self._bodies(BooksContact, keys.body, chosen, order=keys.id))

    def party_of(self, contact_id: str) -> str:
        """Return the key of the party that a contact belongs to, or an empty text."""
        where = (contact_links.c.clinic == self._clinic, contact_links.c.contact_id == contact_id)
        rows = self._book.database.rows(select(contact_links.c.party).where(*where))
        return str(rows[0].party) if rows else ""

    def invoices_of(self, patient_id: str) -> tuple[Invoice, ...]:
        """Return the invoices and credit notes of a patient, without their lines, the oldest first."""
        where = and_(practice_rows.c.kind == "invoice", practice_rows.c.party_id == patient_id)
        found = self._bodies(Invoice, practice_rows.c.body, where, order=practice_rows.c.id)
        return tuple(sorted(found, key=lambda invoice: (invoice.issued_on, invoice.number)))

    def _parties(self, *where: Any) -> Iterator[Party]:  # noqa: ANN401 - conditions
        return self._bodies(Party, practice_rows.c.body, *where, order=practice_rows.c.id)

    def _bodies(self, kind: type[T], column: Column[Any], *where: Any, order: Column[Any]) -> Iterator[T]:  # noqa: ANN401 - conditions
        read = decoder(kind)
        statement = select(column).where(column.table.c.clinic == self._clinic, *where).order_by(order)
        with self._book.database.reading() as connection:
            for row in connection.execute(statement):
                yield read(row.body)
