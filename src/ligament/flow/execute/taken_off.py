"""What was posted without an answer and taken off by a person since: found again, so that it is not posted twice.

A payment that was deleted can still be read, with its reference. Credit that was taken off leaves no trace but that
both of its documents have moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksDocument, DocumentKind
from ligament.core.plans import Action, AllocationStep
from ligament.core.receipts import WriteIntent
from ligament.core.writes import ElementResult, ElementVerdict
from ligament.flow.execute.lookup import Found
from ligament.flow.execute.working_state import WorkingState
from ligament.ports.books import Books
from ligament.ports.memory import Memory, Selection


def times_of(actions: Iterable[Action], ledger: WorkingState) -> dict[BooksId, datetime]:
    """Return when the documents of some allocations last changed, as far as we know before we send."""
    seen: dict[BooksId, datetime] = {}
    for action in actions:
        for key in _documents(action.allocation):
            document = ledger.document(key)
            if document is not None:
                seen[document.id] = document.updated_at
    return seen


def taken_off(intent: WriteIntent, found: Found, books: Books, memory: Memory) -> Found:
    """Return what arrived and was taken off by a person before we looked: payments, and uses of credit."""
    return {**_deleted_payments(intent, found, books, memory), **_credit_taken_off(intent, found, books, memory)}


def _deleted_payments(intent: WriteIntent, found: Found, books: Books, memory: Memory) -> Found:
    """Return the payments that stand deleted in the books though we never learnt that they were made.

    Posting them again would undo what a person decided; as it is they are asked about it (choice C35).
    """
    missing = [action for action in intent.actions if action.payment is not None and action.key not in found]
    gone: Found = {}
    documents: list[BooksDocument] = []
    for action in missing:
        step = action.payment
        assert step is not None
        if step.document.id is None:
            continue
        known = _known_payments(action, memory)
        for payment in books.payments_on(step.document.id):
            is_same = payment.reference == step.reference and payment.amount == step.amount
            if payment.deleted and is_same and payment.id not in known:
                gone[action.key] = ElementResult(verdict=ElementVerdict.TAKEN_OFF, result=payment)
        if action.key in gone:
            documents += books.documents_by_id(step.document.kind.value, [step.document.id])
    if documents:
        memory.keep_books_records((), documents)
    return gone


def _known_payments(action: Action, memory: Memory) -> set[BooksId]:
    """Return the payments of a record that we know of: those that we took back ourselves are among them."""
    facts = memory.gather(Selection(invoices=frozenset({action.subject.id})))
    return {link.payment_id for link in facts.payments.get(action.subject.key, ())}


def _credit_taken_off(intent: WriteIntent, found: Found, books: Books, memory: Memory) -> Found:
    """Return the allocations that stand nowhere though both of their documents changed since they were sent.

    The call arrived, and a person took the credit off before we looked: sent again, it would undo what they decided.
    Somebody may also have changed both documents in another way. Then credit is left, which reconciliation lists and
    offers to use; that is safer than guessing.
    """
    missing = [action for action in intent.actions if action.allocation is not None and action.key not in found]
    if not missing or not intent.seen:
        return {}
    there = _there(missing, books)
    gone = [action for action in missing if _has_moved(action, intent, there)]
    if gone:
        memory.keep_books_records((), there.values())
    return {action.key: ElementResult(verdict=ElementVerdict.TAKEN_OFF) for action in gone}


def _there(actions: Iterable[Action], books: Books) -> dict[BooksId, BooksDocument]:
    refs = [ref for action in actions if (step := action.allocation) is not None for ref in (step.credit, step.invoice)]
    found: dict[BooksId, BooksDocument] = {}
    for kind in DocumentKind:
        ids = list(dict.fromkeys(ref.id for ref in refs if ref.kind is kind and ref.id is not None))
        found.update((held.id, held) for held in (books.documents_by_id(kind.value, ids) if ids else ()))
    return found


def _has_moved(action: Action, intent: WriteIntent, there: dict[BooksId, BooksDocument]) -> bool:
    keys = _documents(action.allocation)
    return all(key in there and key in intent.seen and there[key].updated_at != intent.seen[key] for key in keys)


def _documents(step: AllocationStep | None) -> tuple[BooksId, ...]:
    refs = (step.credit, step.invoice) if step is not None else ()
    return tuple(ref.id for ref in refs if ref.id is not None)
