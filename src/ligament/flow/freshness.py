"""A last look at people's details just before they are changed: what somebody edited meanwhile is planned again."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.ids import SourceId
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import BooksContact
from ligament.core.plans import Action, ActionKind
from ligament.core.records import Party, Removal
from ligament.flow.record import Ledger
from ligament.ports.books import Books
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice

CHECKED = frozenset({ActionKind.UPDATE_CONTACT, ActionKind.UPDATE_PARTY})


def still_as_planned(
    actions: list[Action], ledger: Ledger, books: Books, practice: Practice, memory: Memory
) -> list[Action]:
    """Return the updates of contacts or patients that still change what the plan saw; the rest is kept as it is now."""
    if actions[0].kind is ActionKind.UPDATE_CONTACT:
        return _contacts(actions, ledger, books, memory)
    return _parties(actions, ledger, practice, memory)


def _contacts(actions: list[Action], ledger: Ledger, books: Books, memory: Memory) -> list[Action]:
    ids = [action.contact.write.id for action in actions if action.contact is not None and action.contact.write.id]
    there = {contact.id: contact for contact in books.contacts_by_id(ids)}
    moved = {held for held in there.values() if not _same(held, ledger.contact(held.id))}
    if moved:
        memory.keep_books_records(sorted(moved, key=lambda contact: contact.id), ())
    gone = {contact.id for contact in moved}
    return [a for a in actions if a.contact is not None and a.contact.write.id in there.keys() - gone]


def _same(there: BooksContact, known: BooksContact | None) -> bool:
    """Compare everything but the instant, which also moves when somebody looks at a contact in another way."""
    return known is not None and replace(there, updated_at=known.updated_at) == known


def _parties(actions: list[Action], ledger: Ledger, practice: Practice, memory: Memory) -> list[Action]:
    wanted = {action.party.write.id: action for action in actions if action.party is not None}
    kept: list[Action] = []
    for party in practice.read_parties(list(wanted)):
        action = wanted[SourceId(party.id)]
        if isinstance(party, Removal):
            memory.forget(subject_from_key(action.subject.key))
        elif _unmoved(party, ledger.party(action.subject.key)):
            kept.append(action)
        else:
            memory.keep_parties([party])
    return kept


def _unmoved(there: Party, known: Party | None) -> bool:
    return known is not None and there.revision == known.revision
