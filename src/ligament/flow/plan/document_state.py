"""Document state: what is known of one document in the books while it is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ligament.core.frozen import maker
from ligament.core.ids import BooksId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument, DocumentStatus
from ligament.core.links import Role
from ligament.core.money import ZERO
from ligament.core.plans import (
    DocumentRef,
)

_PAID = DocumentStatus.PAID


@dataclass(slots=True, kw_only=True)
class DocumentState:
    """A document as it will stand once the actions planned so far are done.

    `open_amount` is what will be due on it, or the credit left; `contact` is the subject it is billed to.
    """

    subject: Subject
    role: Role
    version: int
    ref: DocumentRef
    contact: Subject | None
    contact_id: BooksId | None
    status: DocumentStatus
    open_amount: Decimal
    document: BooksDocument | None = None
    base_number: str = ""
    on: date | None = None

    def is_draft(self) -> bool:
        """Say whether a person still has to approve it in the books."""
        return self.status.is_draft()


new_state = maker(DocumentState)


def state_of(
    document: BooksDocument, subject: Subject, role: Role, version: int, contact: Subject | None
) -> DocumentState:
    """Return the state of a document the books already hold."""
    gone = document.status.is_gone()
    return DocumentState(
        subject=subject,
        role=role,
        version=version,
        ref=DocumentRef(kind=document.kind, number=document.number, id=document.id),
        contact=contact,
        contact_id=document.contact_id,
        status=document.status,
        open_amount=ZERO if gone else document.open_amount,
        document=document,
        on=document.on,
    )


def reprice(state: DocumentState, by: Decimal) -> None:
    """Lower what is open on a document by an amount planned against it."""
    state.open_amount -= by
    if state.open_amount <= ZERO and not state.is_draft():
        state.status = _PAID
