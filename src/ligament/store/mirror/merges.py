"""Merges on both sides, followed where rows are chosen: an id that one system gave us long ago may be a loser's now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection, update

from ligament.core.contacts import survivor_of
from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, BooksDocument, ContactStatus
from ligament.core.links import DocumentLink
from ligament.core.records import PartyKind
from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.codec import decoder
from ligament.store.database.tables import books_contacts, books_documents, practice_rows

_AT_MOST = 20
_LOSERS = of_clinic(books_contacts.c.id, books_contacts.c.body).where(
    books_contacts.c.status != ContactStatus.ACTIVE.value
)
_SURVIVORS = of_kind(practice_rows.c.parent_id).where(practice_rows.c.parent_id.is_not(None))
_MERGED = of_kind(practice_rows.c.id, practice_rows.c.parent_id).where(practice_rows.c.parent_id.is_not(None))
_MERGED_INTO = of_kind(practice_rows.c.id)


def survivors(connection: Connection, clinic: str, contacts: Collection[str]) -> dict[str, str]:
    """Return the contact that survived, by the id of each of these contacts that was merged away in the books."""
    read = decoder(BooksContact)
    following: dict[str, str] = {}
    wanted = set(contacts)
    for _ in range(_AT_MOST):
        found = select_in(connection, _LOSERS, books_contacts.c.id, wanted, clinic=clinic)
        fresh = {str(row.id): str(held) for row in found if (held := read(row.body).merged_into)}
        following |= fresh
        wanted = set(fresh.values()) - following.keys()
        if not wanted:
            break
    return {loser: _last(loser, following) for loser in following}


def _last(contact: str, following: Mapping[str, str]) -> str:
    for _ in range(_AT_MOST):
        if contact not in following:
            break
        contact = following[contact]
    return contact


def move_documents(connection: Connection, clinic: str, contacts: Iterable[BooksContact]) -> None:
    """Let the documents of contacts that were merged away count for those that survived.

    The books move them without saying so: their instants stay, so that no list ever shows them again.
    """
    losers = [contact.id for contact in contacts if contact.merged_into is not None]
    for loser, survivor in survivors(connection, clinic, losers).items():
        theirs = (books_documents.c.clinic == clinic, books_documents.c.contact_id == loser)
        connection.execute(update(books_documents).where(*theirs).values(contact_id=survivor))


def family(connection: Connection, clinic: str, patients: Collection[str]) -> set[str]:
    """Return patients with everybody they were merged into and everybody merged into them, however often."""
    found = set(patients)
    fresh = set(found)
    kind = PartyKind.PATIENT.value
    for _ in range(_AT_MOST):
        over = select_in(connection, _SURVIVORS, practice_rows.c.id, fresh, clinic=clinic, kind=kind)
        under = select_in(connection, _MERGED_INTO, practice_rows.c.parent_id, fresh, clinic=clinic, kind=kind)
        fresh = {*(row.parent_id for row in over), *(row.id for row in under)} - found
        if not fresh:
            break
        found |= fresh
    return found


def merged_patients(connection: Connection, clinic: str) -> dict[str, str]:
    """Return whom each merged patient was merged into, by their ids."""
    found = connection.execute(_MERGED, {"clinic": clinic, "kind": PartyKind.PATIENT.value})
    return {row.id: row.parent_id for row in found}


def follow_merges(facts: Facts) -> None:
    """Say of every document, and of what was sent, whose it is by now: whoever compares contacts compares survivors."""
    moved = {contact.id: survivor_of(contact, facts).id for contact in facts.contacts.values() if contact.merged_into}
    if not moved:
        return
    facts.documents = {key: _document_moved(document, moved) for key, document in facts.documents.items()}
    facts.document_links = {
        key: tuple(_link_moved(link, moved) for link in links) for key, links in facts.document_links.items()
    }


def _document_moved(document: BooksDocument, moved: Mapping[BooksId, BooksId]) -> BooksDocument:
    survivor = moved.get(document.contact_id)
    return document if survivor is None else replace(document, contact_id=survivor)


def _link_moved(link: DocumentLink, moved: Mapping[BooksId, BooksId]) -> DocumentLink:
    sent = link.sent
    survivor = moved.get(sent.contact_id) if sent is not None and sent.contact_id is not None else None
    return link if sent is None or survivor is None else replace(link, sent=replace(sent, contact_id=survivor))
