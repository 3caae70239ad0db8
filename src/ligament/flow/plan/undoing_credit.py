"""Undoing used credit: which use in the books is the one that a run made, and why it may stay."""

from __future__ import annotations

from collections.abc import Callable

from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksAllocation
from ligament.core.plans import AllocationStep, allocation_id
from ligament.core.undos import RunWrite, Stays, UndoFacts


def use_made(
    known: UndoFacts, write: RunWrite, step: AllocationStep, locked: Callable[..., bool]
) -> tuple[BooksAllocation | None, tuple[Stays, str] | None]:
    """Return the use of credit that a run made as it stands now, or why it is not taken off, or both."""
    same = _alike(known, step)
    ours = _name_of_ours(known, write, step)
    use = next((one for one in same if ours is None or one.id in {None, ours}), None)
    what, title = f"The use of {step.credit.number} on {step.invoice.number}", known.books_title
    if use is None and same:
        return None, (
            Stays.CREDIT_USED,
            f"{what} is somebody's own: ours was taken off in {title}, and the credit used again.",
        )
    if use is None:
        return None, (Stays.ALREADY_GONE, f"{what} is gone already.")
    if use.id is None:
        return use, (Stays.CREDIT_USED, f"{title} does not name {what[0].lower()}{what[1:]}: take it off there.")
    if locked(use.on):
        return use, (Stays.LOCKED_PERIOD, f"{what} lies in a locked period.")
    return use, None


def _alike(known: UndoFacts, step: AllocationStep) -> list[BooksAllocation]:
    """Return where the note of a step stands on its invoice with its sum: as we used it, or as somebody did again."""
    note = known.document(step.credit.id)
    uses = note.allocations if note is not None else ()
    return [use for use in uses if use.other_id == step.invoice.id and use.amount == step.amount]


def _name_of_ours(known: UndoFacts, write: RunWrite, step: AllocationStep) -> BooksId | None:
    """Return how the books call the use that a run made, or nothing where no reading told."""
    name = allocation_id(step.credit, step.invoice)
    links = known.facts.payments.get(write.subject.key, ())
    return next((link.use for link in links if link.payment_id == name), None)
