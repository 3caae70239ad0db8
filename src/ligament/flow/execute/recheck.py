"""A last look at people's details just before they are changed: what somebody edited meanwhile is planned again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, BooksDocument, ContactStatus, DocumentKind
from ligament.core.notes import PATIENTS_TO_ASK_NOTE, ids_in, ids_written
from ligament.core.plans import Action, ActionKind
from ligament.core.records import Party, Removal
from ligament.flow.context import RunContext
from ligament.flow.execute.resolve import still_true
from ligament.flow.execute.working_state import WorkingState
from ligament.ports.books import Books
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice

CHECKED = frozenset({
    ActionKind.UPDATE_CONTACT, ActionKind.UPDATE_PARTY, ActionKind.JOIN_GROUP, ActionKind.LEAVE_GROUP,
})  # fmt: skip
_MOMENT = timedelta(seconds=2)
"""By so much the answer to a write and a later look at the same record may differ about when it was."""
_GROUPS = frozenset({ActionKind.JOIN_GROUP, ActionKind.LEAVE_GROUP})


def still_as_planned(
    actions: list[Action], ledger: WorkingState, books: Books, practice: Practice, memory: Memory
) -> list[Action]:
    """Return the updates of contacts or patients that still change what the plan saw; the rest is kept as it is now."""
    if actions[0].kind in _GROUPS:
        return _members(actions, books, memory)
    if actions[0].kind is ActionKind.UPDATE_CONTACT:
        return _contacts(actions, ledger, books, memory)
    return _parties(actions, ledger, practice, memory)


def _contacts(actions: list[Action], ledger: WorkingState, books: Books, memory: Memory) -> list[Action]:
    ids = [action.contact.write.id for action in actions if action.contact is not None and action.contact.write.id]
    there = {contact.id: contact for contact in books.contacts_by_id(ids)}
    moved = {held for held in there.values() if not _same(held, ledger.contact(held.id))}
    newer = [held for held in moved if not _is_older(held, ledger.contact(held.id))]
    if newer:
        memory.keep_books_records(sorted(newer, key=lambda contact: contact.id), ())
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


def _parties(actions: list[Action], ledger: WorkingState, practice: Practice, memory: Memory) -> list[Action]:
    wanted = {action.party.write.id: action for action in actions if action.party is not None}
    kept: list[Action] = []
    gone: set[str] = set()
    for party in practice.read_parties(list(wanted)):
        action = wanted[SourceId(party.id)]
        if isinstance(party, Removal):
            gone.add(str(party.id))
        elif _unmoved(party, ledger.party(action.subject.key)):
            kept.append(action)
        elif not _is_older(party, ledger.party(action.subject.key)):
            memory.keep_parties([party])
    if gone:
        # Forgetting cannot be taken back, and one answer may lag: the next reading asks for them once more.
        memory.keep_note(PATIENTS_TO_ASK_NOTE, ids_written(ids_in(memory.note(PATIENTS_TO_ASK_NOTE)) | gone))
    return kept


def _is_older(there: Party | BooksContact | BooksDocument, known: Party | BooksContact | BooksDocument | None) -> bool:
    """Say whether an answer lags behind what is known, as lists do for a while behind our own writes.

    It is not kept: it would be taken for an edit of today, and written over what the other side was told since. What
    was planned waits for the next look.
    """
    return known is not None and there.updated_at + _MOMENT < known.updated_at


def _unmoved(there: Party, known: Party | None) -> bool:
    return known is not None and there.revision == known.revision


def fresh(actions: list[Action], ledger: WorkingState, world: RunContext) -> list[Action]:
    """Read again what an update, void or mending is about to change; drop what a person changed meanwhile."""
    kinds = {ActionKind.UPDATE_DOCUMENT, ActionKind.VOID}
    if actions and actions[0].kind in CHECKED:
        return still_as_planned(actions, ledger, world.books, world.practice, world.memory)
    if not actions or actions[0].kind not in kinds:
        return _as_shown(_unreconciled(actions, ledger, world), ledger, world)
    return _documents(actions, ledger, world)


def _as_shown(actions: list[Action], ledger: WorkingState, world: RunContext) -> list[Action]:
    """Keep the payments that somebody said to mend only while their documents stand as the plan saw them.

    What ours stood beside may have been taken off since: then it is all that pays the invoice.
    """
    mending = [action for action in actions if action.heals and action.unpayment is not None]
    if not mending:
        return actions
    still = {action.key for action in _documents(mending, ledger, world)}
    return [action for action in actions if action not in mending or action.key in still]


def _aim(action: Action) -> tuple[DocumentKind | None, BooksId | None]:
    """Return the document that an action changes, by kind and id."""
    if action.document is not None:
        return action.document.intent.kind, action.document.document_id
    step = action.void or action.unpayment
    return (step.document.kind, step.document.id) if step is not None else (None, None)


def _documents(actions: list[Action], ledger: WorkingState, world: RunContext) -> list[Action]:
    kept: list[Action] = []
    for kind in DocumentKind:
        aims = [(*_aim(action), action) for action in actions]
        wanted = {held_id: action for held_kind, held_id, action in aims if held_kind is kind and held_id is not None}
        if not wanted:
            continue
        now_there = world.books.documents_by_id(kind.value, list(wanted))
        moved = []
        for document in now_there:
            known = ledger.document(document.id)
            if known is not None and known.updated_at == document.updated_at:
                kept.append(wanted[document.id])
            elif not _is_older(document, known):
                moved.append(document)
        if moved:
            world.memory.keep_books_records((), moved)
    return kept


def _unreconciled(actions: list[Action], ledger: WorkingState, world: RunContext) -> list[Action]:
    """Never delete a reconciled payment: read its state first, and keep it for the next plan."""
    kept = []
    for action in actions:
        if action.unpayment is None:
            kept.append(action)
            continue
        payment = world.books.payment(action.unpayment.payment_id)
        if payment is None or payment.deleted or not payment.reconciled:
            kept.append(action)
            continue
        document = ledger.document(action.unpayment.document.id)
        if document is not None:
            payments = tuple(payment if held.id == payment.id else held for held in document.payments)
            world.memory.keep_books_records((), [replace(document, payments=payments)])
    return kept


def unmoved(actions: list[Action], ledger: WorkingState) -> list[Action]:
    """Keep the actions that what this run did meanwhile has not made untrue."""
    return [action for action in actions if still_true(action, ledger)]
