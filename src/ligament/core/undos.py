"""Taking a run back: what it wrote, as the journal tells, and why some of it stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import BooksContact, BooksDocument, BooksPayment
from ligament.core.links import ContactLink
from ligament.core.money import ZERO
from ligament.core.plans import (
    Action,
    ActionKind,
    AllocationStep,
    ContactStep,
    DeallocationStep,
    PartyStep,
    PaymentStep,
    UnpaymentStep,
    VoidStep,
)
from ligament.core.records import Party

PAYING = frozenset({ActionKind.PAY, ActionKind.PAY_FIRST})


class Stays(StrEnum):
    """Why something that a run wrote is not taken back."""

    RECONCILED = "reconciled"
    LOCKED_PERIOD = "locked_period"
    EDITED = "edited_in_xero"
    PAID_BY_OTHERS = "paid_by_others"
    CREDIT_USED = "credit_used"
    LATER_RUN = "later_run"
    ALREADY_GONE = "already_gone"
    DEPENDS_ON_LEFT = "depends_on_left"
    IN_USE = "in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Something that stays in the books, with the reason and a sentence; `kind` is the kind of one record."""

    kind: str
    number: str
    books_id: str
    reason: Stays
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWrite:
    """One write that a run's journal tells of; `before` and `after` are what a document said.

    `contact_before` and `party_before` are what a person's record held when it was written over, `link_before` what
    was agreed about it until then; the three are None where the journal does not know, or may not any more.
    """

    sequence: int
    run_id: str
    kind: ActionKind
    subject: Subject
    number: str = ""
    amount: Decimal = ZERO
    books_id: BooksId | None = None
    before: DocumentIntent | None = None
    after: DocumentIntent | None = None
    payment_id: BooksId | None = None
    contact_id: BooksId | None = None
    payment: PaymentStep | None = None
    unpayment: UnpaymentStep | None = None
    allocation: AllocationStep | None = None
    deallocation: DeallocationStep | None = None
    void: VoidStep | None = None
    contact: ContactStep | None = None
    party: PartyStep | None = None
    link_before: ContactLink | None = None
    contact_before: BooksContact | None = None
    party_before: Party | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoFacts:
    """What taking a run back is planned on: its writes, and both systems as they are read now.

    `taken` are the writes of earlier attempts to undo the same run, `later` those of other runs that came after it;
    `facts` hold documents, contacts and people as they are now. `billed` gives the live documents that stand on a
    contact.
    """

    writes: tuple[RunWrite, ...]
    taken: tuple[RunWrite, ...]
    later: tuple[RunWrite, ...]
    facts: Facts
    payments: Mapping[BooksId, BooksPayment]
    billed: Mapping[BooksId, frozenset[BooksId]]
    books_title: str = ""

    def document(self, books_id: BooksId | None) -> BooksDocument | None:
        """Return a document as it is now, or nothing where the books have it no more."""
        held = self.facts.documents.get(books_id) if books_id is not None else None
        return None if held is None or held.status.is_gone() else held


@dataclass(slots=True, kw_only=True)
class UndoPlan:
    """What takes a run back, in the safe order, and what stays."""

    actions: list[Action] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)

    def keep(self, kind: str, number: str, books_id: str | None, reason: Stays, sentence: str) -> None:
        """List something that stays."""
        self.left.append(Left(kind=kind, number=number, books_id=str(books_id or ""), reason=reason, sentence=sentence))


RESTORING = frozenset({ActionKind.UPDATE_CONTACT, ActionKind.UPDATE_PARTY, ActionKind.UPDATE_DOCUMENT})
"""What puts something back; everything else that an undo does takes something away."""


def counted(kinds: Counter[tuple[ActionKind, str]], *, restoring: bool) -> Counter[str]:
    """Return how many of each kind of record were taken back, or were put back."""
    found: Counter[str] = Counter()
    for (kind, word), number in kinds.items():
        if (kind in RESTORING) == restoring:
            found[word] += number
    return found
