"""What comparing needs of the store: sums of both sides, the records that may differ, and documents of nobody."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from ligament.core.comparisons import Pairing
    from ligament.core.ledgers import BooksDocument
    from ligament.core.records import Visit
    from ligament.core.rules.model import Rulebook
    from ligament.core.strays import ListedContact, MergedContact
    from ligament.core.variances import Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a comparison covers: documents dated from `first` to `last`; nothing that was issued before `start_on`.

    `prefix` and `reference` begin our numbers and references in the books; `hours` gives for each hour of the day
    in UTC by how many days the clinic's date is ahead, where that is the same all year; `visits` says that attended
    appointments become documents; `asking` are the ids of records for which an action waits for approval.
    """

    first: date
    last: date
    start_on: date
    prefix: str
    reference: str
    hours: Mapping[int, int] = field(default_factory=dict)
    visits: bool = False
    asking: frozenset[str] = frozenset()
    rulebook: Rulebook

    @property
    def zone(self) -> str:
        """Return the IANA zone of the clinic."""
        return self.rulebook.clinic.time_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A document of the books that belongs to no record; `like` is the one of ours that it doubles, if any."""

    document: BooksDocument
    like: BooksDocument | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What is not compared for a reason: how many, and what they come to."""

    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """One record as both sides have it, for the list of everything; None where a side has nothing."""

    subject: str
    number: str
    books_number: str
    books_id: str
    on: date | None
    books_on: date | None
    status: str
    books_status: str
    total: Decimal | None
    books_total: Decimal | None
    tax: Decimal | None
    books_tax: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthHeld:
    """How many records are kept under a month, removed ones too; `mark` changes whenever one of them does."""

    practice: int
    invoices: int
    credit_notes: int
    mark: str


class Months(Protocol):
    """What is kept, by month."""

    def held(self, first: date, last: date) -> dict[str, MonthHeld]:
        """Return what is kept of every month between two days, and of later ones where anything is."""
        ...

    def practice_ids(self, first: date, last: date) -> set[str]:
        """Return the ids of the invoices kept under those days."""
        ...

    def books_ids(self, kind: str, first: date, last: date) -> set[str]:
        """Return the ids of the documents of a kind kept under those dates."""
        ...


class Comparison(Protocol):
    """One moment of what is kept, compared by the database; everything is streamed."""

    def sums(self) -> Sums:
        """Return what both sides come to."""
        ...

    def counts(self) -> Mapping[str, Mapping[str, int]]:
        """Return how many records of each kind each side has in the period."""
        ...

    def left_out(self) -> Mapping[str, LeftOut]:
        """Return what was issued before the first day."""
        ...

    def differing(self) -> Iterator[Pairing]:
        """Yield every record that may differ, with all that belongs to it; what is certainly the same is not there."""
        ...

    def strays(self) -> Iterator[Stray]:
        """Yield the documents of the books that bear our number or reference and belong to no record."""
        ...

    def doubles(self) -> Iterator[Stray]:
        """Yield documents of others with contact, date and total of one of ours."""
        ...

    def contacts(self) -> Iterator[ListedContact]:
        """Yield the contacts of which something is only listed."""
        ...

    def merged(self) -> Iterator[MergedContact]:
        """Yield the contacts that we made for patients who were merged into others, and that still stand."""
        ...

    def uninvoiced(self, now: datetime) -> Iterator[tuple[Visit, date]]:
        """Yield attended visits of the period that are over and have no invoice and no charge, with the day."""
        ...

    def pairings(self, ids: Collection[str]) -> Iterator[Pairing]:
        """Yield invoices by id with all that belongs to them."""
        ...

    def rows(self) -> Iterator[SideBySide]:
        """Yield every record of the period as both sides have it."""
        ...
