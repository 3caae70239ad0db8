"""A last look at people's details just before they are changed: what somebody edited meanwhile is planned again."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.plans import Action, ActionKind
from ligament.core.records import Party, Removal
from ligament.flow.record import Ledger
from ligament.ports.books import Books
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice

CHECKED = frozenset({
    ActionKind.UPDATE_CONTACT, ActionKind.UPDATE_PARTY, ActionKind.JOIN_GROUP, ActionKind.LEAVE_GROUP,
})  # fmt: skip
_GROUPS = frozenset({ActionKind.JOIN_GROUP, ActionKind.LEAVE_GROUP})


def still_as_planned(
    actions: list[Action], ledger: Ledger, books: Books, practice: Practice, memory: Memory
) -> list[Action]:
    """Return the updates of contacts or patients that still change what the plan saw; the rest is kept as it is now."""
    if actions[0].kind in _GROUPS:
        return _members(actions, books, memory)
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


def _members(actions: list[Action], books: Books, memory: Memory) -> list[Action]:
    """A contact that a person put into the group, or took out of it, or archived meanwhile is left to them."""
    steps = [action.group for action in actions if action.group is not None]
    there = {held.id: held for held in books.contacts_by_id([step.contact_id for step in steps if step.contact_id])}
    kept: list[Action] = []
    moved: dict[BooksId, BooksContact] = {}
    for action in actions:
        contact = there.get(action.group.contact_id) if action.group is not None and action.group.contact_id else None
        if contact is None or action.group is None:
            continue
        is_member = action.group.group_id in contact.groups
        if contact.status is ContactStatus.ACTIVE and is_member == (action.kind is ActionKind.LEAVE_GROUP):
            kept.append(action)
        else:
            moved[contact.id] = contact
    if moved:
        memory.keep_books_records(moved.values(), ())
    return kept


def _same(there: BooksContact, known: BooksContact | None) -> bool:
    """Compare everything but groups, and the instant, which also moves when somebody looks at it in another way."""
    return known is not None and replace(there, updated_at=known.updated_at, groups=known.groups) == known


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
