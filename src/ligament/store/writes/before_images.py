"""What a call is about to write over in people's details: journalled before it leaves, whatever comes of it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from ligament.core.ledgers import BooksContact
from ligament.core.plans import Action, ActionKind
from ligament.core.records import Party
from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.codec import builtins, decode
from ligament.store.database.tables import books_contacts
from ligament.store.database.tables import practice_rows as rows


def records_before(connection: Connection, clinic: str, actions: Iterable[Action]) -> dict[str, dict[str, object]]:
    """Load what updates replace, by action key: every overwritten value stays readable, sealed for its person."""
    contacts: dict[str, str] = {}
    parties: dict[str, str] = {}
    for action in actions:
        if action.kind is ActionKind.UPDATE_CONTACT and action.contact is not None and action.contact.write.id:
            contacts[action.contact.write.id] = action.key
        elif action.kind is ActionKind.UPDATE_PARTY and action.party is not None:
            parties[action.party.write.id] = action.key
    found: dict[str, dict[str, object]] = {}
    statement = of_clinic(books_contacts.c.id, books_contacts.c.body)
    for row in select_in(connection, statement, books_contacts.c.id, contacts, clinic=clinic):
        found.setdefault(contacts[row.id], {})["contact_before"] = builtins(decode(BooksContact, row.body))
    kept = of_kind(rows.c.id, rows.c.body)
    for row in select_in(connection, kept, rows.c.id, parties, clinic=clinic, kind="patient"):
        found.setdefault(parties[row.id], {})["party_before"] = builtins(decode(Party, row.body))
    return found
