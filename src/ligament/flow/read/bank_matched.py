"""A payment that was reconciled with the bank is looked at again: that it no longer is, its invoice does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ligament.core.holds import Hold, HoldCode
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument, BooksPayment
from ligament.core.notes import RECONCILED_READ_NOTE
from ligament.core.periods import iso_instant
from ligament.flow.read.read import WAITED_AGE, age_of, selection_of
from ligament.ports.books import Books
from ligament.ports.clocks import Clock
from ligament.ports.memory import Memory

_AT_ONCE = 20


def read_reconciled(books: Books, memory: Memory, clock: Clock) -> None:
    """Read the payments again that wait because they were reconciled; their invoices are planned anew anyway."""
    waiting = held_as_reconciled(memory.open_holds())
    if not waiting or age_of(memory.note(RECONCILED_READ_NOTE), clock.now()) < WAITED_AGE:
        return
    read_again(waiting, books, memory)
    memory.keep_note(RECONCILED_READ_NOTE, iso_instant(clock.now()))


def held_as_reconciled(holds: Iterable[Hold]) -> set[Subject]:
    """Return the records whose payment waits because the bank has it."""
    return {hold.subject for hold in holds if hold.code is HoldCode.PAYMENT_RECONCILED}


def read_again(waiting: set[Subject], books: Books, memory: Memory) -> bool:
    """Read the reconciled payments of these records again; says whether one of them is another now."""
    moved = list(_moved(waiting, books, memory))
    if moved:
        memory.keep_books_records((), moved)
    return bool(moved)


def _moved(waiting: set[Subject], books: Books, memory: Memory) -> Iterator[BooksDocument]:
    documents = memory.gather(selection_of(waiting)).documents.values()
    held = [document for document in documents if any(payment.reconciled for payment in document.payments)]
    for document in sorted(held, key=lambda document: document.id)[:_AT_ONCE]:
        payments = tuple(_as_now(payment, books) for payment in document.payments)
        if payments != document.payments:
            yield replace(document, payments=payments)


def _as_now(payment: BooksPayment, books: Books) -> BooksPayment:
    if not payment.reconciled:
        return payment
    there = books.payment(payment.id)
    return replace(payment, reconciled=None) if there is None else there
