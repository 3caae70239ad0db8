"""Forgetting a person: the data go, the ledger stays and its chain still holds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from ligament.core.contacts import contact_number
from ligament.core.erasing import Seal
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.links import AgreedFields, ContactLink
from ligament.core.plans import Outcome
from ligament.core.private import NOTHING
from ligament.core.records import Party, Removal
from ligament.store.database.bulk import delete_in, select_in, upsert
from ligament.store.database.codec import decode, decode_hold, encode, encode_hold
from ligament.store.database.search_keys import moment
from ligament.store.database.tables import books_contacts, contact_links, holds, outcomes, refusals
from ligament.store.database.tables import journal as entries
from ligament.store.database.tables import practice_rows as rows
from ligament.store.journal.data_subjects import abandoned, nobodys, subjects_of
from ligament.store.journal.erased_texts import GONE, erase_texts, erase_words
from ligament.store.journal.journal import Journal, Note
from ligament.store.mirror import books, practice
from ligament.store.mirror.addressees import released, to_payers
from ligament.store.mirror.recalls import forget_person

ERASURE = "erased"
"""The kind of the entry that says that somebody was erased."""


def forget(journal: Journal, party: Subject) -> None:
    """Erase everything personal about a party; links, documents and amounts stay, as the law on books asks."""
    clinic = journal.clinic
    with journal.writing() as writing:
        connection = writing.connection
        subjects = subjects_of(connection, clinic, party.key)
        _erase_party(connection, clinic, party, journal)
        contacts = _erase_links(connection, clinic, party)
        subjects |= nobodys(connection, clinic, contacts) | abandoned(connection, clinic)
        _erase_words(connection, clinic, party, subjects, contacts, seal=writing.seal)
        journal.seals.destroy(connection, party.key)
        writing.add(Note(kind=ERASURE, subject=party.key, public={"party": party.key}))
    journal.database.scrub()


def erase_anonymised(journal: Journal) -> None:
    """Erase the texts of invoices that bear no patient any more: those who were deleted before anything here knew them.

    No id leads from such an invoice to anybody, so nothing else would ever ask for it.
    """
    clinic = journal.clinic
    with journal.database.reading() as connection:
        # What a payer is still to be billed for keeps its texts until it is posted: accounts are chosen by them, too.
        subjects = abandoned(connection, clinic)
        subjects -= to_payers(connection, clinic, subjects)
    if not subjects:
        return
    with journal.writing() as writing:
        _erase_words(writing.connection, clinic, None, subjects, seal=writing.seal)
    journal.database.scrub()


def _erase_words(
    connection: Connection,
    clinic: str,
    party: Subject | None,
    subjects: Collection[str],
    contacts: Collection[str] = (),
    *,
    seal: Seal,
) -> None:
    """Take everything that somebody may have typed about these records, and about these contacts, out of the store."""
    erase_texts(connection, clinic, party, subjects, contacts, seal)
    _erase_sentences(connection, clinic, subjects)
    erase_words(connection, clinic, subjects)
    own = delete(refusals).where(refusals.c.clinic == clinic)
    delete_in(connection, own, refusals.c.subject, subjects)


def erasures(journal: Journal) -> list[tuple[datetime, str]]:
    """Return when whom was erased, the oldest first."""
    table = entries.c
    statement = select(table.at, table.subject).where(table.clinic == journal.clinic, table.kind == ERASURE)
    with journal.database.reading() as connection:
        found = connection.execute(statement.order_by(table.sequence))
        return [(moment(row.at), row.subject) for row in found]


def _erase_party(connection: Connection, clinic: str, party: Subject, journal: Journal) -> None:
    """Leave a tombstone of the party, and take whom they are addressed to off its invoices, unless it is a payer."""
    where = (rows.c.clinic == clinic, rows.c.kind == party.kind.value, rows.c.id == party.id)
    body = connection.execute(select(rows.c.body).where(*where)).scalar_one_or_none()
    known = decode(Party, body) if body else None
    removal = Removal(kind=party.kind.value, id=SourceId(party.id), revision=known.revision if known else "gone")
    blank = practice.tombstone(removal, known, journal.now())
    upsert(connection, rows, [practice.row_of(clinic, blank)])
    if party.kind.value != "patient":
        return
    forget_person(connection, clinic, party.id)
    bare = released(connection, clinic, {party.id: known})
    upsert(connection, rows, [practice.row_of(clinic, held) for held in bare])


def _erase_links(connection: Connection, clinic: str, party: Subject) -> frozenset[str]:
    """Keep the link without name and agreed values, and the mirrors of the contact without the person: their ids."""
    where = (contact_links.c.clinic == clinic, contact_links.c.party == party.key)
    body = connection.execute(select(contact_links.c.body).where(*where)).scalar_one_or_none()
    link = decode(ContactLink, body) if body is not None else None
    if link is not None:
        kept = encode(replace(link, name=NOTHING, agreed=AgreedFields()))
        connection.execute(update(contact_links).where(*where).values(body=kept))
    linked = frozenset({link.contact_id} if link is not None else ())
    return linked | _erase_contacts(connection, clinic, contact_number(party), linked)


def _erase_contacts(connection: Connection, clinic: str, number: str, ids: Collection[BooksId]) -> frozenset[str]:
    """Keep the mirrors of a person's contacts without the person: by id, by number, and all that were merged into one.

    A contact that was merged away goes on bearing the name it had.
    """
    columns = (books_contacts.c.id, books_contacts.c.body)
    held = books_contacts.c
    of_ours = select(*columns).where(held.clinic == clinic, or_(held.number == number, held.id.in_(ids)))
    merged = select(*columns).where(held.clinic == clinic, held.status != ContactStatus.ACTIVE.value)
    found = {row.id: decode(BooksContact, row.body) for row in connection.execute(of_ours)}
    gone = {row.id: decode(BooksContact, row.body) for row in connection.execute(merged)}
    more = found
    while more:
        more = {key: one for key, one in gone.items() if one.merged_into in found and key not in found}
        found |= more
    blank = [books.contact_row(clinic, books.nameless(contact)) for contact in found.values()]
    upsert(connection, books_contacts, blank)
    return frozenset(found)


def _erase_sentences(connection: Connection, clinic: str, subjects: Collection[str]) -> None:
    """Take names out of holds and outcomes; what stays says that something waited, and why."""
    statement = select(holds.c.id, holds.c.body).where(holds.c.clinic == clinic)
    for row in list(select_in(connection, statement, holds.c.subject, subjects)):
        hold = decode_hold(row.body)
        # The field is part of the hold's identity, and is the name of a field, never its value.
        detail = {key: value for key, value in hold.detail.items() if key == "field"}
        bare = encode_hold(replace(hold, sentence=GONE, todo="", detail=detail, proposed=None))
        connection.execute(update(holds).where(holds.c.clinic == clinic, holds.c.id == row.id).values(body=bare))
    told = select(outcomes.c.subject, outcomes.c.kind, outcomes.c.body).where(outcomes.c.clinic == clinic)
    for row in list(select_in(connection, told, outcomes.c.subject, subjects)):
        bare = encode(replace(decode(Outcome, row.body), sentence=""))
        chosen = (outcomes.c.clinic == clinic, outcomes.c.subject == row.subject, outcomes.c.kind == row.kind)
        connection.execute(update(outcomes).where(*chosen).values(body=bare))
