"""After an answer: keep what a call did, and behind a refusal read what the books hold now."""

from __future__ import annotations

from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, BooksDocument, DocumentKind
from ligament.core.plans import Action, DocumentRef
from ligament.core.receipts import Effect, WriteIntent
from ligament.core.writes import RefusalCode
from ligament.ports.books import Books
from ligament.ports.clocks import Clock
from ligament.ports.memory import Memory

REREAD = {
    RefusalCode.WRONG_STATE,
    RefusalCode.HAS_MONEY,
    RefusalCode.OVERPAID,
    RefusalCode.NOT_AUTHORISED_YET,
    RefusalCode.NUMBER_TAKEN,
    RefusalCode.CONTACT_NUMBER_TAKEN,
    RefusalCode.ARCHIVED_CONTACT,
}
"""Refusals that say that somebody was there before us."""


def finish(intent: WriteIntent, effects: list[Effect], books: Books, memory: Memory, clock: Clock) -> list[Effect]:
    """Keep what a call did; behind a refusal, read what the books hold now, so that the next plan starts from there."""
    refused = [effect for effect in effects if effect.refused and effect.code in REREAD]
    if refused:
        memory.keep_books_records(*_read_behind(refused, books))
    if any(effect.code == RefusalCode.LOCKED for effect in effects):
        memory.keep_organisation(books.organisation())
    memory.close_intent(intent, effects, clock.now())
    return effects


def _read_behind(refused: list[Effect], books: Books) -> tuple[list[BooksContact], list[BooksDocument]]:
    """Read the records that refused actions are about: somebody was there before us."""
    actions = [effect.action for effect in refused]
    contacts: list[BooksContact] = []
    numbers = [
        action.contact.write.number for action in actions if action.contact is not None and action.contact.write.number
    ]
    if numbers:
        contacts.extend(books.find_contacts(numbers))
    owners = {action.document.intent.contact_id for action in actions if action.document is not None}
    ids = [*(owner for owner in owners if owner is not None), *_contact_ids(actions)]
    if ids:
        contacts.extend(books.contacts_by_id(ids))
    return contacts, _documents_behind(actions, books)


def _contact_ids(actions: list[Action]) -> list[BooksId]:
    return [
        action.contact.write.id
        for action in actions
        if action.contact is not None and action.contact.write.id is not None
    ]


def _documents_behind(actions: list[Action], books: Books) -> list[BooksDocument]:
    found: list[BooksDocument] = []
    new = [
        action.document.intent
        for action in actions
        if action.document is not None and action.document.document_id is None
    ]
    invoices = [intent.number for intent in new if intent.kind is DocumentKind.INVOICE]
    notes = [intent for intent in new if intent.kind is DocumentKind.CREDIT_NOTE]
    if invoices:
        found.extend(books.find_invoices(invoices))
    if notes:
        found.extend(books.find_credit_notes([note.number for note in notes], [note.reference for note in notes]))
    for kind in DocumentKind:
        ids = [ref.id for action in actions for ref in _touched(action) if ref.kind is kind and ref.id is not None]
        if ids:
            found.extend(books.documents_by_id(kind.value, list(dict.fromkeys(ids))))
    return found


def _touched(action: Action) -> tuple[DocumentRef, ...]:
    """Return the documents that exist already and that an action is about."""
    if action.payment is not None:
        return (action.payment.document,)
    if action.allocation is not None:
        return (action.allocation.credit, action.allocation.invoice)
    if action.unpayment is not None:
        return (action.unpayment.document,)
    if action.deallocation is not None:
        return (action.deallocation.credit, action.deallocation.invoice)
    if action.void is not None:
        return (action.void.document,)
    if action.document is not None and action.document.document_id is not None:
        intent = action.document.intent
        return (DocumentRef(kind=intent.kind, number=intent.number, id=action.document.document_id),)
    return ()
