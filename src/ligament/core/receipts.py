"""What is kept after a write: the effect of one action, in the records it changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent
from ligament.core.ledgers import BooksContact, BooksDocument, ContactGroup, TrackingOption
from ligament.core.links import Agreement, ContactLink, DocumentLink, PaymentLink
from ligament.core.plans import Action
from ligament.core.records import Party
from ligament.core.writes import PreparedCall, Verb

REPLAY_WINDOW = timedelta(minutes=4)
"""How long the same bytes may leave under the same key: the key lives six minutes, two are kept as a margin."""


class IntentState(StrEnum):
    """Where a write stands: its bytes are kept, it left, its answer is kept, or nobody knows."""

    PLANNED = "planned"
    SENT = "sent"
    DONE = "done"
    UNKNOWN = "unknown"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteIntent:
    """One call about to leave, kept before it does: exact bytes, key, and the action behind each element.

    `system` is `practice` or `books`; `first_sent_at` and `last_sent_at` are instants of the calendar clock. `seen` are
    the times that the documents of its allocations bore: one that moved since tells that something happened there.
    """

    id: str
    run_id: str
    system: str
    call: PreparedCall
    key: str
    epoch: int = 0
    actions: tuple[Action, ...] = ()
    state: IntentState = IntentState.PLANNED
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None
    seen: dict[BooksId, datetime] = field(default_factory=dict)

    @property
    def verb(self) -> Verb:
        """Return what the call does."""
        return self.call.verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one action changed in what we hold; fields that are None did not change.

    `refused` holds the other system's words when it did not take the action; `code` sorts them (RefusalCode).
    `found` says that the effect was learnt by looking it up, not from the answer. `wrote_over` is what a document said
    where that was not what we last wrote.
    """

    action: Action
    contact_link: ContactLink | None = None
    contact: BooksContact | None = None
    document_link: DocumentLink | None = None
    wrote_over: DocumentIntent | None = None
    documents: tuple[BooksDocument, ...] = ()
    agreement: Agreement | None = None
    payment_link: PaymentLink | None = None
    group: ContactGroup | None = None
    option: TrackingOption | None = None
    party: Party | None = None
    refused: tuple[str, ...] = ()
    code: str = ""
    warnings: tuple[str, ...] = ()
    found: bool = False
