"""Working state: the newest known state of what this run has touched, over the facts its plan was built on."""

from __future__ import annotations

from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.ledgers import (
    BooksContact,
    BooksDocument,
)
from ligament.core.links import ContactLink, DocumentLink, PaymentLink
from ligament.core.receipts import Effect
from ligament.core.records import Party


class WorkingState:
    """The newest known state of what this run has touched, over the facts its plan was built on."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.contacts: dict[str, ContactLink] = {}
        self.people: dict[BooksId, BooksContact] = {}
        self.groups: dict[str, BooksId] = {}
        self.documents: dict[BooksId, BooksDocument] = {}
        self.by_number: dict[str, BooksId] = {}
        self.refused_options: set[tuple[str, str]] = set()

    def contact_link(self, key: str) -> ContactLink | None:
        """Return the link of a party, new ones of this run included."""
        return self.contacts.get(key) or self._facts.contact_links.get(key)

    def contact(self, books_id: BooksId) -> BooksContact | None:
        """Return a contact as the plan saw it, or as this run left it."""
        return self.people.get(books_id) or self._facts.contacts.get(books_id)

    def group_id(self, mark: str) -> BooksId | None:
        """Return the contact group that this run made under a name with that mark."""
        return self.groups.get(mark)

    def party(self, key: str) -> Party | None:
        """Return a party as the plan saw it."""
        return self._facts.parties.get(key)

    def contact_id(self, key: str) -> BooksId | None:
        """Return the contact of a party, new ones of this run included."""
        link = self.contact_link(key)
        return link.contact_id if link is not None else None

    def document(self, books_id: BooksId | None) -> BooksDocument | None:
        if books_id is None:
            return None
        return self.documents.get(books_id) or self._facts.documents.get(books_id)

    def document_id(self, kind: str, number: str) -> BooksId | None:
        """Return the id of a document by kind and number, new ones of this run included."""
        key = f"{kind}|{number}"
        return self.by_number.get(key) or self._facts.documents_by_number.get(key)

    def payment_of(self, key: str, payment_id: BooksId) -> PaymentLink | None:
        """Return our payment of a record by its id."""
        return next((link for link in self._facts.payments.get(key, ()) if link.payment_id == payment_id), None)

    def document_link(self, key: str, books_id: BooksId | None) -> DocumentLink | None:
        """Return the link between a record and one of its documents."""
        links = self._facts.document_links.get(key, ())
        return next((link for link in links if link.books_id == books_id), None)

    def take(self, effect: Effect) -> None:
        """Remember what an action changed, or that what others need was refused."""
        if effect.refused and effect.action.option is not None:
            self.refused_options.add((effect.action.option.category, effect.action.option.name))
        if effect.contact_link is not None:
            self.contacts[effect.contact_link.party.key] = effect.contact_link
        if effect.contact is not None:
            self.people[effect.contact.id] = effect.contact
        if effect.group is not None and effect.action.group is not None:
            self.groups[effect.action.group.mark] = effect.group.id
        for document in effect.documents:
            self.documents[document.id] = document
            self.by_number[f"{document.kind.value}|{document.number}"] = document.id
