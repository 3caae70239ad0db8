"""Variances: what a comparison of practice and books finds, what each enters, and what becomes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from ligament.core.money import NO_CENTS, ZERO, cents, two_places
from ligament.core.periods import month_of


class VarianceKind(StrEnum):
    """What differs; the first of those that fit names it."""

    MISSING = "missing"
    EXTRA = "extra"
    DUPLICATE = "duplicate"
    AMOUNT = "amount"
    TAX = "tax"
    DATE = "date"
    CONTACT = "contact"
    STATUS = "status"
    PAYMENT = "payment"
    CREDIT_NOT_ALLOCATED = "credit_not_allocated"
    EDITED_IN_BOOKS = "edited_in_xero"
    DOUBLE_POSTED = "double_posted"
    PAID_IN_BOOKS = "paid_in_xero"
    COMPLETED_NOT_INVOICED = "completed_not_invoiced"
    CONTACT_FIELD = "contact_field"
    OWNER = "owner"
    TAX_ROUNDING = "tax_rounding"
    HELD = "held"
    SKIPPED = "skipped"
    DEBTOR = "debtor"
    UNDONE = "undone"


class Needs(StrEnum):
    """Who has to do something about it: a person, the next run by itself, or nobody."""

    PERSON = "person"
    HEAL = "heal"
    NOBODY = "nobody"


class Enters(StrEnum):
    """Which of the sums it explains."""

    TOTALS = "totals"
    SETTLED = "settled"
    OWED = "owed"
    NONE = "none"


class VarianceState(StrEnum):
    """Where a variance stands in its life."""

    NEW = "new"
    KNOWN = "known"
    BACK = "back"
    HEALING = "healing"
    GONE = "gone"


class Fix(StrEnum):
    """How a variance can be mended, as a person reads it."""

    POST_AGAIN = "post again"
    PUT_BACK = "put back"
    TAKE_OFF = "take off"
    RE_DATE = "re-date"
    ALLOCATE = "allocate"
    ARCHIVE = "archive"


def fix_code(fix: Fix) -> str:
    """Return what a person's word to mend something is filed under."""
    return f"fix:{fix.value}"


Cell = tuple[str, str]
"""A month (`2026-11`) and a tax under the practice's label."""
Split = Mapping[Cell, Decimal]
"""An amount cut by month and tax."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance:
    """One cause of a difference; amounts are the practice's less the books'.

    `subject` is the key of the practice's record, or `document:` with the id of a document that has none. `which`
    tells several of one kind on one record apart. `parts` is what it explains of the totals, `settled` and `owed` of
    those sums; `amount` is what a person calls the difference. `hold` is the id of the hold that it is. `target` is
    exactly what a fix would change: what differs in another way later is not mended by the same word.
    """

    subject: str
    kind: VarianceKind
    needs: Needs = Needs.PERSON
    source_id: str = ""
    books_id: str = ""
    number: str = ""
    amount: Decimal = NO_CENTS
    tax: Decimal = NO_CENTS
    on: date | None = None
    books_on: date | None = None
    parts: tuple[tuple[str, str, Decimal], ...] = ()
    settled: Decimal = NO_CENTS
    owed: Decimal = NO_CENTS
    sentence: str = ""
    fix: Fix | None = None
    which: str = ""
    target: str = ""
    hold: str = ""
    code: str = ""
    cause: str = ""

    @property
    def id(self) -> str:
        """Return an id that stays as long as record and kind stay."""
        text = f"{self.subject}|{self.kind.value}|{self.which}"
        return "v" + hashlib.blake2b(text.encode(), digest_size=5).hexdigest()

    @property
    def month(self) -> str:
        """Return the month it is counted in where what is settled or owed is summed: the practice's, if it has one."""
        day = self.on or self.books_on
        return month_of(day) if day is not None else ""

    @property
    def enters(self) -> Enters:
        """Return the first of the sums that it moves."""
        if self.parts:
            return Enters.TOTALS
        if self.settled:
            return Enters.SETTLED
        return Enters.OWED if self.owed else Enters.NONE

    def outside(self) -> Variance:
        """Return the same for a record dated outside the period: it moves neither totals nor what is settled."""
        return replace(self, parts=(), settled=NO_CENTS)


def in_parts(split: Split) -> tuple[tuple[str, str, Decimal], ...]:
    """Return the parts of a split that are not zero, in order."""
    return tuple((month, tax, cents(amount)) for (month, tax), amount in sorted(split.items()) if amount)


def less(left: Split, right: Split) -> dict[Cell, Decimal]:
    """Return what one split has more than the other, without zeros."""
    cells = dict.fromkeys((*left, *right))
    found = {cell: left.get(cell, ZERO) - right.get(cell, ZERO) for cell in cells}
    return {cell: amount for cell, amount in found.items() if amount}


def total_of(split: Split) -> Decimal:
    return sum(split.values(), ZERO)


# --- the life of a variance -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVariance:
    """A variance with its life: when it was seen first and last, how often, and what a person said about it.

    `noted_amount` is the amount that was acknowledged.
    """

    variance: Variance
    state: VarianceState
    first_seen_at: datetime
    last_seen_at: datetime
    times: int = 1
    note: str = ""
    noted_by: str = ""
    noted_at: datetime | None = None
    noted_amount: Decimal | None = None
    gone_at: datetime | None = None

    def counts(self) -> bool:
        """Say whether it speaks against a balanced comparison: new or back, and it needs a person."""
        return needs_somebody(self.variance.needs, self.state)


def needs_somebody(needs: str, state: str) -> bool:
    """Say whether a person is to look at a variance, from what it needs and how it lives: it is new, or back."""
    return needs == Needs.PERSON and state in {VarianceState.NEW, VarianceState.BACK}


def seen_again(found: Variance, before: KeptVariance | None, at: datetime) -> KeptVariance:
    """Return how a variance goes on that a comparison has found."""
    if before is None or before.state is VarianceState.GONE:
        first = KeptVariance(variance=found, state=_begins(found), first_seen_at=at, last_seen_at=at)
        return first if before is None else replace(first, first_seen_at=before.first_seen_at, times=before.times + 1)
    return replace(
        before, variance=found, state=_goes_on(found, before), last_seen_at=at, times=before.times + 1, gone_at=None
    )


def _begins(found: Variance) -> VarianceState:
    return VarianceState.HEALING if found.needs is Needs.HEAL else VarianceState.NEW


def _goes_on(found: Variance, before: KeptVariance) -> VarianceState:
    if before.noted_at is not None:
        return VarianceState.KNOWN if before.noted_amount == found.amount else VarianceState.BACK
    if before.state is VarianceState.HEALING and found.fix is not None:
        # A fix was asked for and waits, or is under way.
        return VarianceState.HEALING
    return _begins(found)


def acknowledged(kept: KeptVariance, note: str, by: str, at: datetime) -> KeptVariance:
    """Return a variance that a person has said something about: it counts no more while its amount stays."""
    return replace(
        kept, state=VarianceState.KNOWN, note=note, noted_by=by, noted_at=at, noted_amount=kept.variance.amount
    )


# --- the equation -----------------------------------------------------------------------------------------------------


class Unbalanced(AssertionError):
    """The sums of a comparison do not close: nothing of it may be reported."""


@dataclass(slots=True, kw_only=True)
class Sums:
    """What both sides come to: the totals by month and tax, what is settled, and what is owed, each by month."""

    source: dict[Cell, Decimal] = field(default_factory=dict)
    books: dict[Cell, Decimal] = field(default_factory=dict)
    source_settled: dict[str, Decimal] = field(default_factory=dict)
    books_settled: dict[str, Decimal] = field(default_factory=dict)
    source_owed: dict[str, Decimal] = field(default_factory=dict)
    books_owed: dict[str, Decimal] = field(default_factory=dict)

    def assert_closed(self, found: Iterable[Variance]) -> None:
        """Check that the practice is the books and the variances, in each month and tax, to the cent."""
        explained: dict[Cell, Decimal] = {}
        settled: dict[str, Decimal] = {}
        owed: dict[str, Decimal] = {}
        for variance in found:
            for month, tax, amount in variance.parts:
                explained[month, tax] = explained.get((month, tax), ZERO) + amount
            settled[variance.month] = settled.get(variance.month, ZERO) + variance.settled
            owed[variance.month] = owed.get(variance.month, ZERO) + variance.owed
        differences = less(self.source, self.books)
        for cell in sorted({*differences, *explained}):
            _must_be_equal(f"{cell[0]} for {cell[1]}", differences.get(cell, ZERO), explained.get(cell, ZERO))
        for name, source, books, said in (
            ("what is settled", self.source_settled, self.books_settled, settled),
            ("what is owed", self.source_owed, self.books_owed, owed),
        ):
            for month in sorted({*source, *books, *said}):
                wanted = source.get(month, ZERO) - books.get(month, ZERO)
                _must_be_equal(f"{month} for {name}", wanted, said.get(month, ZERO))


def _must_be_equal(where: str, wanted: Decimal, said: Decimal) -> None:
    if wanted != said:
        raise Unbalanced(
            f"The sums of {where} do not close: they differ by {two_places(wanted)}, "
            f"and {two_places(said)} of it is explained."
        )
