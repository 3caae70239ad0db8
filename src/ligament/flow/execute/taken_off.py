"""Credit whose use was never answered and that a person took off since: known by both documents having moved."""

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
from ligament.ports.memory import Memory


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
