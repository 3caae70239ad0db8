"""What the flow needs of a practice system."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from ligament.core.ids import SourceId
    from ligament.core.records import Invoice, Party, PracticeRecord, Removal
    from ligament.core.writes import ElementResult, PartyWrite, PreparedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePage:
    """One page of rows read, in the order they came.

    Lines come as rows of their own (kind `line`); invoices come without lines. `whole_invoices` names invoices whose
    complete set of lines is on this page, so that lines kept earlier and missing here are dropped. `cursors` are
    to be kept once everything before and on this page is kept. `done` of `total` rows of `stream` have been read.
    `unchanged` names people who stood on it and say nothing new, so that they are no rows.
    """

    stream: str
    rows: tuple[PracticeRecord | Removal, ...] = ()
    unchanged: tuple[SourceId, ...] = ()
    whole_invoices: tuple[SourceId, ...] = ()
    cursors: Mapping[str, str] = field(default_factory=dict)
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInvoices:
    """One page of invoices listed again: what of it is new, and the ids of all."""

    page: PracticePage
    ids: tuple[SourceId, ...]


class KnownRows(Protocol):
    """What we already hold, so that a reader can stop early and ask only for what is new."""

    def revisions(self, kind: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Return the revision kept for each known id of a kind (patient, payer, invoice, line, visit, ...)."""
        ...

    def count_since(self, kind: str, since: datetime) -> int:
        """Return how many rows of a kind we hold whose `updated_at` is at or after the instant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingScope:
    """What one run needs: `visits` too or not, and whether places and people are to be read again.

    A `brief` reading leaves out lists in which nothing matters within a minute (settings, payers, archived invoices),
    unless something to be charged is new.
    """

    cursors: Mapping[str, str] = field(default_factory=dict)
    visits: bool = False
    refresh_reference: bool = True
    brief: bool = False
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeIdentity:
    """Who the credentials belong to; `role` in the vendor's words. No personal data."""

    account_name: str
    account_id: str = ""
    subdomain: str = ""
    role: str = ""
    host: str = ""
    notes: tuple[str, ...] = ()


class Practice(Protocol):
    """A practice system, read and (in four contact fields) written."""

    def identify(self) -> PracticeIdentity:
        """Check the credentials with the cheapest call; raises SignInAgain when they do not work."""
        ...

    def read(self, scope: ReadingScope, known: KnownRows) -> Iterator[PracticePage]:
        """Read what changed since the cursors (everything without them), page by page, missing nothing."""
        ...

    def count_invoices(self, first: date, last: date) -> int:
        """Return how many invoices were issued on those days, removed ones too; one small call."""
        ...

    def list_invoices(self, first: date, last: date, known: KnownRows) -> Iterator[ListedInvoices]:
        """List all invoices issued on those days again, removed ones too; what is new comes with all its lines."""
        ...

    def read_invoices(self, ids: Iterable[SourceId]) -> tuple[Invoice, ...]:
        """Read invoices by id, archived ones too, each with its complete lines; unknown ids are left out."""
        ...

    def read_parties(self, ids: Iterable[SourceId]) -> tuple[Party | Removal, ...]:
        """Read patients by id; an id that is certainly gone comes back as a Removal."""
        ...

    def count_patients(self, first: SourceId, last: SourceId) -> int:
        """Return how many patients there are with ids from `first` to `last`, archived ones too; one small call."""
        ...

    def prepare(self, write: PartyWrite) -> PreparedCall:
        """Turn one change of a patient into bytes."""
        ...

    def send(self, call: PreparedCall) -> ElementResult:
        """Send one prepared change; raises the five port errors."""
        ...

    def close(self) -> None:
        """Close the connections; closing twice does no harm."""
        ...
