"""Comparing one record with all that the books hold for it: each cause of a difference becomes one variance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from ligament.core.differences import edited_fields
from ligament.core.holds import Hold
from ligament.core.ids import BooksId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument, Chart, DocumentKind
from ligament.core.lines import ROUNDING_LIMIT, ROUNDING_TEXT
from ligament.core.links import Agreement, DocumentLink, PaymentLink, Role
from ligament.core.money import ZERO, cents
from ligament.core.periods import month_of
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.rules.model import Rulebook
from ligament.core.sold import tax_key
from ligament.core.variances import Cell, Split

K = TypeVar("K")
NO_TAX = "none"
ROUNDING = "rounding"
"""Stands for the tax type of a rounding line, wherever amounts are kept by tax type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxLabels:
    """How taxes are called when both sides are summed: as the rulebook's [taxes] names them.

    Names that lead to one tax type are one tax; `of_type` leads the books' types back to the practice's names.
    """

    of_name: Mapping[str, str] = field(default_factory=dict)
    of_type: Mapping[str, str] = field(default_factory=dict)

    def of_practice(self, name: str) -> str:
        """Return the tax that a line of the practice carries."""
        return self.of_name.get(name.casefold(), name)

    def of_books(self, tax_type: str) -> str:
        """Return the tax that a tax type of the books stands for; an unknown one stands under its own name."""
        return NO_TAX if tax_type == ROUNDING else self.of_type.get(tax_type, tax_type or NO_TAX)


def tax_labels(rulebook: Rulebook, chart: Chart) -> TaxLabels:
    """Return the names of the taxes, from [taxes] and, for types that only rules use, from their rate."""
    of_type: dict[str, str] = {}
    for name, tax_type in rulebook.taxes.items():
        of_type.setdefault(tax_type, name)
    of_name = {name.casefold(): of_type[tax_type] for name, tax_type in rulebook.taxes.items()}
    by_rate: dict[Decimal, str] = {}
    for tax_type, name in of_type.items():
        rate = chart.tax_rate(tax_type)
        if rate is not None:
            by_rate.setdefault(rate.rate, name)
    for rule in rulebook.rules:
        rate = chart.tax_rate(rule.effects.tax_type) if rule.effects.tax_type else None
        if rate is not None and rate.rate in by_rate:
            of_type.setdefault(rate.tax_type, by_rate[rate.rate])
    return TaxLabels(of_name=of_name, of_type=of_type)


# --- what each side comes to ------------------------------------------------------------------------------------------


def practice_split(invoice: Invoice, labels: TaxLabels) -> dict[Cell, Decimal]:
    """Cut what an invoice comes to by tax; what its lines lack of the header is rounding, which carries no tax."""
    month = month_of(invoice.issued_on)
    found: dict[Cell, Decimal] = {}
    left = cents(invoice.total)
    for line in invoice.lines:
        amount = cents(line.total)
        add_amount(found, (month, labels.of_practice(tax_key(line))), amount)
        left -= amount
    add_amount(found, (month, NO_TAX), left)
    return found


def sign_of(document: BooksDocument) -> int:
    """Return -1 for what lowers the books' total, a credit note, and 1 for an invoice."""
    return -1 if document.kind is DocumentKind.CREDIT_NOTE else 1


def type_split(document: BooksDocument) -> dict[str, Decimal]:
    """Cut what a document comes to by tax type, without a sign; what its lines lack of its total is rounding."""
    found: dict[str, Decimal] = {}
    left = document.total
    for line in document.lines:
        rounds = line.text == ROUNDING_TEXT and abs(line.amount) <= ROUNDING_LIMIT
        tax_type = ROUNDING if rounds else line.tax_type
        found[tax_type] = found.get(tax_type, ZERO) + line.amount
        left -= line.amount
    if left:
        found[ROUNDING] = found.get(ROUNDING, ZERO) + left
    return found


def books_split(document: BooksDocument, labels: TaxLabels) -> dict[Cell, Decimal]:
    """Cut what a document adds to the books' total by tax; nothing for one that does not count."""
    found: dict[Cell, Decimal] = {}
    if not document.status.is_gone():
        month = month_of(document.on)
        for tax_type, amount in type_split(document).items():
            add_amount(found, (month, labels.of_books(tax_type)), sign_of(document) * amount)
    return found


def add_amount(sums: dict[K, Decimal], key: K, amount: Decimal) -> None:
    """Add to a sum; what comes to nothing makes none."""
    if amount:
        sums[key] = sums.get(key, ZERO) + amount


def paid_on_document(document: BooksDocument) -> Decimal:
    """Return the money that stands on a document, whoever entered it; a refund of a credit note lowers it."""
    if document.status.is_gone():
        return ZERO
    return sign_of(document) * sum((p.amount for p in document.payments if not p.deleted), ZERO)


def used_on_document(document: BooksDocument) -> Decimal:
    """Return the credit that is used on an invoice, or of a credit note, which is then below zero."""
    if document.status.is_gone():
        return ZERO
    return sign_of(document) * sum((held.amount for held in document.allocations), ZERO)


def owed_on_document(document: BooksDocument) -> Decimal:
    """Return what is still due on an invoice; the credit left of a credit note is below zero."""
    return ZERO if document.status.is_gone() else sign_of(document) * document.open_amount


# --- one record with all that belongs to it ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A document of the books that belongs to a record; `link` is None where only its number or reference says so."""

    document: BooksDocument
    link: DocumentLink | None = None

    @property
    def is_live(self) -> bool:
        """Whether it still counts."""
        return not self.document.status.is_gone()

    @property
    def is_adjustment(self) -> bool:
        """Whether it adjusts another one."""
        return self.link is not None and self.link.role is Role.ADJUSTMENT

    def edits(self, merged: Mapping[BooksId, BooksId]) -> tuple[str, ...]:
        """Name what somebody changed in the books since we wrote it; a merge of contacts is no change."""
        if self.link is None or self.link.sent is None:
            return ()
        found = edited_fields(self.link.sent, self.document)
        if "contact" in found and _survivor(self.link.sent.contact_id, merged) == _survivor(
            self.document.contact_id, merged
        ):
            return tuple(name for name in found if name != "contact")
        return found


def _survivor(contact_id: BooksId | None, merged: Mapping[BooksId, BooksId]) -> BooksId | None:
    seen: set[BooksId] = set()
    while contact_id is not None and contact_id in merged and contact_id not in seen:
        seen.add(contact_id)
        contact_id = merged[contact_id]
    return contact_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """One record of the practice with everything that is kept about it.

    `invoice` is what the practice says (a visit as the invoice it would be); it `counts` unless it was archived or
    deleted. `state` and `reason` tell how it ended when it was last planned; `asks` that an action for it waits for
    approval. `paid_on` is the day on which the practice was paid. `aside` says that it is billed to the patient though
    it is addressed to somebody else. `dismissed` are the codes of questions about it that a person dismissed.
    """

    subject: Subject
    invoice: Invoice
    posted: tuple[Posted, ...] = ()
    holds: tuple[Hold, ...] = ()
    payments: tuple[PaymentLink, ...] = ()
    agreement: Agreement | None = None
    state: str = ""
    reason: str = ""
    asks: bool = False
    paid_on: date | None = None
    aside: bool = False
    dismissed: frozenset[str] = frozenset()

    @property
    def counts(self) -> bool:
        return self.invoice.removed_at is None

    @property
    def live(self) -> tuple[Posted, ...]:
        """Return the documents that count in the books."""
        return tuple(held for held in self.posted if held.is_live)

    @property
    def total(self) -> Decimal:
        """Return what it comes to in the practice."""
        return cents(self.invoice.total) if self.counts else ZERO

    @property
    def settled(self) -> Decimal:
        """Return what the practice took for it; a credit that was used on it is no money."""
        if not self.counts or self.invoice.status is not InvoiceStatus.PAID:
            return ZERO
        return self.total - sum((used_on_document(held.document) for held in self.live), ZERO)

    @property
    def owed(self) -> Decimal:
        """Return what is open on it in the practice; an open credit is below zero."""
        is_open = self.invoice.status in {InvoiceStatus.OPEN, InvoiceStatus.OPEN_CREDIT}
        return self.total if self.counts and is_open else ZERO


def _never(amount: Decimal) -> bool:
    """Let policy mend nothing by itself."""
    del amount
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What judging needs beside the record: names, the period, and how the clinic's policy stands to fixes.

    `title` and `books` name the two systems in sentences; `local` turns an instant into the clinic's date; `merged`
    leads from contacts merged away to those that survived; `heals` says whether policy mends
    a difference of that amount without asking.
    """

    rulebook: Rulebook
    labels: TaxLabels
    title: str
    books: str
    first: date
    last: date
    local: Callable[[datetime], date]
    merged: Mapping[BooksId, BooksId] = field(default_factory=dict)
    locked_to: date | None = None
    heals: Callable[[Decimal], bool] = _never

    def holds(self, day: date) -> bool:
        """Say whether a day lies in the period."""
        return self.first <= day <= self.last


def books_number(invoice: Invoice, posted: Iterable[Posted], how: Judging) -> str:
    """Return the number under which people find a record in the books: of its main document, or as it would be."""
    mains = [held for held in posted if held.link is not None and not held.is_adjustment]
    live = [held for held in mains if held.is_live] or mains
    return live[-1].document.number if live else f"{how.rulebook.invoices.prefix}{invoice.number}"


def sum_of(splits: Iterable[Split]) -> dict[Cell, Decimal]:
    """Return what several splits come to together."""
    found: dict[Cell, Decimal] = {}
    for split in splits:
        for cell, amount in split.items():
            add_amount(found, cell, amount)
    return found
