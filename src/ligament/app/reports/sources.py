"""Sources of reports: what the practice and the books say, as the sales, taxes and open amounts that reports add up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from ligament.app.reports.billed import Billed
from ligament.core.debtors import OpenAmount
from ligament.core.drafting import zone_of
from ligament.core.erasing import is_erased
from ligament.core.first_days import connected_day, first_day
from ligament.core.ids import SourceId
from ligament.core.ledgers import BooksDocument, DocumentKind
from ligament.core.lines import OUTSIDE_TAX
from ligament.core.money import ZERO, cents, tax_within
from ligament.core.notes import CONNECTED_NOTE
from ligament.core.periods import Period, local_date, month_of
from ligament.core.records import Invoice, InvoiceStatus, Line, Location, Practitioner
from ligament.core.reports import Basis, Dimension, Sale, SaleState, Seen, TaxPart
from ligament.core.rules.model import Rulebook
from ligament.core.sold import tax_key
from ligament.store.queries.reports import ReportRows

NO_TAX = "none"
ROUNDING = "Rounding"
_OPEN = frozenset({InvoiceStatus.OPEN, InvoiceStatus.OPEN_CREDIT})
_STATES: Mapping[InvoiceStatus, SaleState] = {
    InvoiceStatus.PAID: SaleState.SETTLED,
    **dict.fromkeys(_OPEN, SaleState.OWED),
}


@dataclass(kw_only=True)
class Sources:
    """The records of one clinic, seen as reports see them: issued since the first day, within a period.

    `visits` are charges for visits that nobody invoiced, where the clinic has them posted. Only the dimensions of `cut`
    are looked up.
    """

    rows: ReportRows
    rulebook: Rulebook
    period: Period
    basis: Basis = Basis.INVOICED
    practice_name: str = ""
    visits: tuple[Invoice, ...] = ()
    cut: frozenset[Dimension] = frozenset(Dimension)
    owed_to: date | None = None
    """What was issued later is not owed yet; without a day all of it is, as in a comparison."""

    @cached_property
    def billed(self) -> Billed:
        return Billed(rows=self.rows, rulebook=self.rulebook)

    @cached_property
    def locations(self) -> Mapping[SourceId, Location]:
        return self.rows.locations()

    @cached_property
    def practitioners(self) -> Mapping[SourceId, Practitioner]:
        return self.rows.practitioners()

    @cached_property
    def start_on(self) -> date | None:
        """The first day that counts: the rulebook's, else that of the first connection."""
        return first_day(self.rulebook.invoices.start_on, connected_day(self.rows.note(CONNECTED_NOTE)))

    @cached_property
    def names(self) -> Mapping[tuple[Dimension, str], str]:
        """The name of each practitioner and business, with the end of the id behind it where two are called alike."""
        named = {(Dimension.PRACTITIONER, str(one.id)): one.name for one in self.practitioners.values()}
        named |= {(Dimension.BUSINESS, str(one.id)): one.name for one in self.locations.values()}
        often: defaultdict[tuple[Dimension, str], int] = defaultdict(int)
        for (dimension, _), name in named.items():
            often[dimension, name] += 1
        return {key: name if often[key[0], name] == 1 else f"{name} ({key[1][-6:]})" for key, name in named.items()}

    def name_of(self, dimension: Dimension, identifier: str | None) -> str:
        """Return the name of a practitioner or business, or nothing."""
        return self.names.get((dimension, identifier), identifier) if identifier else ""

    # --- the practice -------------------------------------------------------------------------------------------------
    def issued(self, period: Period, statuses: Collection[InvoiceStatus] = ()) -> Iterator[Invoice]:
        """Yield every live document issued in a period, not before the first day, in one of the states."""
        first = max((day for day in (period.first, self.start_on) if day is not None), default=None)
        within = Period(first=first, last=period.last)
        yield from self.rows.invoices(within, [one.value for one in statuses])
        for visit in self.visits:
            if within.covers(visit.issued_on) and (not statuses or visit.status in statuses):
                yield visit

    def counted(self) -> Iterator[tuple[date, Invoice]]:
        """Yield the documents of the period, each with the day that counts."""
        if self.basis is Basis.INVOICED:
            yield from ((invoice.issued_on, invoice) for invoice in self.issued(self.period))
            return
        for invoice in self.issued(Period(), {InvoiceStatus.PAID}):
            day = self.day_of(invoice)
            if day is not None and self.period.covers(day):
                yield day, invoice

    def day_of(self, invoice: Invoice) -> date | None:
        """Return the local day on which a document was closed as paid, where that is known."""
        if invoice.closed_at is None:
            return None
        place = self.locations.get(invoice.location_id) if invoice.location_id else None
        return local_date(invoice.closed_at, zone_of(place, self.rulebook))

    def sales(self) -> Iterator[Sale]:
        """Yield the sales of the period: a document each, or where it is cut by item a line each, with the same sum."""
        if Dimension.ITEM not in self.cut:
            for day, invoice in self.counted():
                yield self._sale(day, invoice, "", cents(invoice.total), cents(invoice.tax))
            return
        found = list(self.counted())
        lines = self._lines(invoice for _, invoice in found)
        for day, invoice in found:
            yield from self._line_sales(day, invoice, lines.get(invoice.id, ()))

    def known(self) -> Seen:
        """Return since when each patient is known."""
        first_on = self.rows.first_invoiced()
        for visit in self.visits:
            patient = str(visit.party_id or "")
            first_on[patient] = min(first_on.get(patient, visit.issued_on), visit.issued_on)
        return Seen(first_on=first_on, since=self.period.first)

    def _sale(self, day: date, invoice: Invoice, item: str, amount: Decimal, tax: Decimal) -> Sale:
        return Sale(
            patient=str(invoice.party_id or ""),
            labels={
                Dimension.MONTH: month_of(day),
                Dimension.PRACTITIONER: self.name_of(Dimension.PRACTITIONER, invoice.practitioner_id),
                Dimension.BUSINESS: self.name_of(Dimension.BUSINESS, invoice.location_id),
                Dimension.ITEM: item,
                Dimension.PAYER: self.billed.payer(invoice) if Dimension.PAYER in self.cut else "",
            },
            amount=amount,
            tax=tax,
            is_credit=invoice.is_credit(),
            state=_STATES.get(invoice.status, SaleState.CLOSED),
        )

    def _lines(self, invoices: Iterable[Invoice]) -> dict[str, list[Line]]:
        found: defaultdict[str, list[Line]] = defaultdict(list)
        wanted = {invoice.id for invoice in invoices}
        for line in self.rows.lines(self.period if self.basis is Basis.INVOICED else Period()):
            if line.invoice_id in wanted:
                found[line.invoice_id].append(line)
        found.update({visit.id: list(visit.lines) for visit in self.visits if visit.id in wanted})
        return found

    def _line_sales(self, day: date, invoice: Invoice, lines: Iterable[Line]) -> Iterator[Sale]:
        """Yield a sale for each item of a document; what the header says otherwise stands under rounding."""
        parts = {name: part for name, part in _closed(_by_item(lines), invoice, ROUNDING).items() if any(part)}
        for name, (amount, tax) in parts.items():
            yield self._sale(day, invoice, name, amount, tax)

    def taxes(self) -> Iterator[TaxPart]:
        """Yield what each document of the practice says under each tax."""
        found = list(self.counted())
        lines = self._lines(invoice for _, invoice in found)
        for day, invoice in found:
            parts = _closed(_by_tax(lines.get(invoice.id, ())), invoice, NO_TAX)
            for tax, (gross, amount) in parts.items():
                yield TaxPart(on=day, tax=tax, gross=gross, amount=amount)

    def open_amounts(self) -> Iterator[OpenAmount]:
        """Yield every open document of the practice issued up to the day in question, with who owes it until when."""
        for invoice in self.issued(Period(last=self.owed_to), _OPEN):
            owner = self.billed.owner(invoice)
            yield OpenAmount(
                owner=owner.key,
                who=owner.name,
                due_on=owner.due_on or invoice.issued_on + timedelta(days=owner.terms_days),
                amount=cents(invoice.total),
            )

    # --- the books ----------------------------------------------------------------------------------------------------
    def books_taxes(self) -> Iterator[TaxPart]:
        """Yield what each live document of ours in the books says under each tax, led back to the practice's labels."""
        labels: dict[str, str] = {OUTSIDE_TAX[self.rulebook.clinic.country]: NO_TAX}
        labels |= {tax_type: label for label, tax_type in reversed(list(self.rulebook.taxes.items()))}
        for document, subject in self.rows.documents(self.period):
            if document.status.is_gone() or not self._is_ours(document, subject):
                continue
            sign = -1 if document.kind is DocumentKind.CREDIT_NOTE else 1
            parts: dict[str, tuple[Decimal, Decimal]] = {}
            for line in document.lines:
                tax = line.tax or ZERO
                label = labels.get(line.tax_type, line.tax_type)
                gross, amount = parts.get(label, (ZERO, ZERO))
                parts[label] = (gross + line.amount + (ZERO if document.inclusive else tax), amount + tax)
            for label, (gross, amount) in _completed(parts, document.total, document.tax, NO_TAX).items():
                yield TaxPart(on=document.on, tax=label, gross=sign * gross, amount=sign * amount)

    def _is_ours(self, document: BooksDocument, subject: str) -> bool:
        prefix = self.rulebook.invoices.prefix
        by_number = bool(prefix) and document.number.startswith(prefix)
        return bool(subject) or by_number or document.reference.startswith(f"{self.practice_name}:")


Parts = dict[str, tuple[Decimal, Decimal]]
"""Gross and tax by name."""


def _by_item(lines: Iterable[Line]) -> Parts:
    parts: Parts = {}
    for line in lines:
        _add(parts, _item_name(line), line)
    return parts


def _item_name(line: Line) -> str:
    """Return what a line is reported under; an item keeps its code where a person's texts were erased."""
    return (line.code if is_erased(line.name) else line.name) or line.code or line.name or "(no name)"


def _by_tax(lines: Iterable[Line]) -> Parts:
    parts: Parts = {}
    for line in lines:
        _add(parts, tax_key(line), line)
    return parts


def _add(parts: Parts, name: str, line: Line) -> None:
    gross, tax = parts.get(name, (ZERO, ZERO))
    amount = cents(line.total)
    parts[name] = (gross + amount, tax + tax_within(amount, line.tax_rate or ZERO))


def _closed(parts: Parts, invoice: Invoice, left_under: str) -> Parts:
    """Make the parts of a document sum to what its header says."""
    return _completed(parts, cents(invoice.total), cents(invoice.tax), left_under)


def _completed(parts: Parts, total: Decimal, tax: Decimal, left_under: str) -> Parts:
    """Put what is missing of the gross under a name of its own, and cents of tax where most of the tax stands."""
    found = dict(parts)
    gross_left = total - sum((gross for gross, _ in parts.values()), ZERO)
    if gross_left:
        gross, held = found.get(left_under, (ZERO, ZERO))
        found[left_under] = (gross + gross_left, held)
    tax_left = tax - sum((held for _, held in parts.values()), ZERO)
    if tax_left:
        most = max(found, key=lambda name: abs(found[name][1]), default=left_under)
        gross, held = found.get(most, (ZERO, ZERO))
        found[most] = (gross, held + tax_left)
    return found
