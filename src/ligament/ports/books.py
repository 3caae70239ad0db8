"""What the flow needs of the books."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from ligament.core.ids import BooksId
    from ligament.core.ledgers import (
        BooksContact,
        BooksDocument,
        BooksPayment,
        BooksReceipt,
        BooksUser,
        Chart,
        ContactGroup,
        Organisation,
        RecordedChange,
    )
    from ligament.core.writes import BooksWrite, ElementResult, PreparedCall, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksPage:
    """One page of contacts or documents; `cursors` are to be kept once everything before and on it is kept."""

    stream: str
    contacts: tuple[BooksContact, ...] = ()
    documents: tuple[BooksDocument, ...] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    done: int = 0
    total: int = 0


class KnownBooks(Protocol):
    """What we already hold of the books, so that a reader can stop early."""

    def updated(self, stream: str, ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return the last known change of each known id of a stream (contacts, invoices, credit_notes)."""
        ...

    def count_since(self, stream: str, since: datetime) -> int:
        """Return how many rows of a stream we hold that changed at or after the instant."""
        ...


class Books(Protocol):
    """The accounting system: listing reads, prepared writes, and look-ups by business key."""

    def organisation(self) -> Organisation:
        """Read the organisation with its lock dates."""
        ...

    def chart(self) -> Chart:
        """Read accounts, tax rates and tracking categories."""
        ...

    def groups(self) -> tuple[ContactGroup, ...]:
        """Read the contact groups, without their members."""
        ...

    def users(self) -> tuple[BooksUser, ...]:
        """Read who may sign in to the books."""
        ...

    def read(
        self, cursors: Mapping[str, str], known: KnownBooks, now: datetime, only: frozenset[str] | None = None
    ) -> Iterator[BooksPage]:
        """Read contacts, invoices and credit notes changed since the cursors (everything without them).

        With `only` the streams of these names alone are read: `contacts`, `invoices`, `credit_notes`.
        """
        ...

    def received(self, since: date | None) -> tuple[BooksReceipt, ...] | None:
        """Read money received from a day on that was coded straight to accounts; None where that is not permitted."""
        ...

    def count_documents(self, kind: str, first: date, last: date) -> int:
        """Return how many documents of a kind bear those dates, in any status; one small call."""
        ...

    def list_documents(self, kind: str, first: date, last: date) -> Iterator[BooksPage]:
        """List all documents of a kind that bear those dates again, in any status."""
        ...

    def prepare(self, verb: Verb, writes: Sequence[BooksWrite]) -> PreparedCall:
        """Turn writes into the exact bytes of one call; how many fit is `batch_size`."""
        ...

    def batch_size(self, verb: Verb) -> int:
        """Return how many writes of that verb one call may carry."""
        ...

    def send(self, call: PreparedCall, key: str) -> tuple[ElementResult, ...]:
        """Send a prepared call under an idempotency key and judge each element; raises the five port errors."""
        ...

    def find_contacts(self, numbers: Sequence[str]) -> tuple[BooksContact, ...]:
        """Look up contacts by contact number, archived ones too; one call each."""
        ...

    def contacts_by_id(self, ids: Sequence[BooksId]) -> tuple[BooksContact, ...]:
        """Read contacts by id, archived ones too."""
        ...

    def last_edit(self, contact_id: BooksId) -> RecordedChange | None:
        """Ask the history of a contact who changed it last; nothing where it does not tell; one call."""
        ...

    def last_person(self, kind: str, books_id: BooksId) -> RecordedChange | None:
        """Ask the history of a document which person changed it last; nothing where it names nobody; one call."""
        ...

    def find_invoices(self, numbers: Sequence[str]) -> tuple[BooksDocument, ...]:
        """Look up invoices by number, in any status."""
        ...

    def find_credit_notes(self, numbers: Sequence[str], references: Sequence[str]) -> tuple[BooksDocument, ...]:
        """Look up credit notes by number and reference (both given in the same order), in any status."""
        ...

    def documents_by_id(self, kind: str, ids: Sequence[BooksId]) -> tuple[BooksDocument, ...]:
        """Read invoices (`invoice`) or credit notes (`credit_note`) by id, with lines, payments and allocations."""
        ...

    def payment(self, payment_id: BooksId) -> BooksPayment | None:
        """Read one payment with its reconciliation state, or nothing when it does not exist."""
        ...

    def payments_on(self, invoice_id: BooksId) -> tuple[BooksPayment, ...]:
        """Read every payment that an invoice ever had, those that were deleted since too."""
        ...

    def removed_payments(self) -> Iterator[tuple[BooksId, BooksPayment]]:
        """List the payments of all invoices that were deleted, each with the id of its invoice; a page is one call."""
        ...

    def link_for(self, kind: str, books_id: BooksId) -> str:
        """Return a web address where a person sees that record, or an empty text."""
        ...

    def close(self) -> None:
        """Close the connections; closing twice does no harm."""
        ...
