"""The first reading of books that we wrote into: our money is linked again, and what was taken off stays off."""

from __future__ import annotations

from ligament.core.rules.model import PaymentSource, Rulebook
from ligament.ports.books import Books
from ligament.ports.memory import Memory


def recall_money(books: Books, memory: Memory, rulebook: Rulebook) -> None:
    """Link what the books show of our money; asks once for the payments that were deleted, which no document names.

    The database may be new, or an older copy that was put back. To post again what a person took off would undo what
    they decided: they are asked about it (choice C35).
    """
    if not memory.shows_ours():
        return
    inferred = rulebook.payments.source is PaymentSource.INFERRED
    memory.relink_money(rulebook.invoices.prefix, tuple(books.removed_payments()) if inferred else ())
