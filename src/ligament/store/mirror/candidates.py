"""The contacts of the books that a plan needs: those linked, and those that somebody without one may already be.

Of all others only the names are looked at, because no two contacts may have the same: a practice of 100,000 patients
must not load 100,000 contacts for one that changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ligament.core.billing import party_subject
from ligament.core.contacts import called_name, contact_number
from ligament.core.facts import Facts, words_of
from ligament.core.ids import BooksId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.naming import tidy_name, untitled
from ligament.core.records import Party
from ligament.store.database.search_keys import folded

Ids = dict[str, tuple[BooksId, ...]]
Rows = Callable[[], Iterator[Any]]
"""Gives id, number, e-mail and name (folded) and status of every contact kept."""
Bodies = Callable[[Collection[str]], Iterable[BooksContact]]


@dataclass(slots=True, kw_only=True)
class _Wanted:
    """By what the contacts are known that somebody may already be."""

    numbers: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def add(self, party: Party) -> None:
        """Add somebody without a contact."""
        self.emails.add(folded(party.email.reveal()))
        self.ids.add(party.foreign_reference.strip().lower())
        full = party.full_name()
        for name in {words_of(spoken) for spoken in {full, tidy_name(full), called_name(party)}} - {""}:
            self.names.add(name)
            self.words.update(name.split())

    def is_called(self, name_key: str) -> bool:
        """Say whether a name has the same words as one that is wanted."""
        if name_key.isascii() and name_key.replace(" ", "").isalnum():
            # Most names end here: nobody wanted has one of their words, and taking words apart properly is dear.
            words = untitled(name_key.split())
            return self.words.issuperset(words) and " ".join(sorted(words)) in self.names
        return words_of(name_key) in self.names


def load(facts: Facts, rows: Rows, bodies: Bodies, *, searching: bool) -> None:
    """Put into the facts the contacts that they need, and by what all of them are known."""
    ids: set[str] = {link.contact_id for link in facts.contact_links.values()}
    ids |= {document.contact_id for document in facts.documents.values()}
    sent = (link.sent for links in facts.document_links.values() for link in links)
    ids |= {intent.contact_id for intent in sent if intent is not None and intent.contact_id is not None}
    if searching:
        ids |= _meet(facts, rows())
    contacts = {held.id: held for held in bodies(ids)}
    missing = _survivors(contacts)
    while missing:
        contacts |= {held.id: held for held in bodies(missing)}
        missing = _survivors(contacts) - missing
    facts.contacts = contacts
    if not searching:
        _index(facts, contacts.values())


def _meet(facts: Facts, rows: Iterable[Any]) -> set[str]:
    """Index the names of all contacts, and return the ids of those that somebody may already be."""
    wanted = _wanted(facts)
    names: Ids = {}
    numbers: Ids = {}
    emails: Ids = {}
    found: set[str] = set()
    active = ContactStatus.ACTIVE.value
    for contact_id, number, email_key, name_key, status in rows:
        for key in _number_keys(number) & wanted.numbers if number else ():
            _add(numbers, key, contact_id)
            found.add(contact_id)
        if status != active:
            continue
        if name_key:
            _add(names, name_key, contact_id)
        if email_key and email_key in wanted.emails:
            _add(emails, email_key, contact_id)
            found.add(contact_id)
        if contact_id in wanted.ids or (wanted.names and wanted.is_called(name_key)):
            found.add(contact_id)
    facts.contacts_by_name, facts.contacts_by_number, facts.contacts_by_email = names, numbers, emails
    return found


def _wanted(facts: Facts) -> _Wanted:
    wanted = _Wanted()
    for key, party in facts.parties.items():
        wanted.numbers |= _number_keys(contact_number(party_subject(party)))
        if key not in facts.contact_links:
            wanted.add(party)
    for place in facts.locations:
        wanted.numbers |= _number_keys(contact_number(Subject(kind=SubjectKind.LOCATION, id=place)))
    wanted.ids.discard("")
    return wanted


def _add(index: Ids, key: str, contact_id: str) -> None:
    held = index.get(key)
    index[key] = (BooksId(contact_id),) if held is None else tuple(sorted((*held, BooksId(contact_id))))


def _index(facts: Facts, contacts: Iterable[BooksContact]) -> None:
    """Index those few contacts that were loaded."""
    names: Ids = {}
    numbers: Ids = {}
    emails: Ids = {}
    for contact in contacts:
        for key in _number_keys(contact.number) - {""}:
            _add(numbers, key, contact.id)
        if contact.status is ContactStatus.ACTIVE:
            for index, text in ((names, contact.name), (emails, contact.email)):
                if folded(text.reveal()):
                    _add(index, folded(text.reveal()), contact.id)
    facts.contacts_by_name, facts.contacts_by_number, facts.contacts_by_email = names, numbers, emails


def _survivors(contacts: dict[BooksId, BooksContact]) -> set[BooksId]:
    """Return the contacts that others were merged into and that are not loaded."""
    return {held.merged_into for held in contacts.values() if held.merged_into} - contacts.keys()


def _number_keys(number: str) -> set[str]:
    """Return a contact number as it is and folded, because people retype them in their own case."""
    return {number.strip(), folded(number)}
