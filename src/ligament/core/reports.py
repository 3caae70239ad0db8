"""Reports for the clinic: revenue, tax, who owes, payers and activity, summed exactly from records as last read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ligament.core.money import NO_CENTS, ZERO
from ligament.core.periods import month_of
from ligament.core.tables import Cell, Table, TableColumn, count_column, fixed, money_column, text_column


class ReportName(StrEnum):
    """The reports there are."""

    REVENUE = "revenue"
    GST = "gst"
    DEBTORS = "debtors"
    PAYERS = "payers"
    ACTIVITY = "activity"


class Basis(StrEnum):
    """Which day counts: when it was invoiced, or when the practice says that it was settled."""

    INVOICED = "invoiced"
    SETTLED = "settled"


class Dimension(StrEnum):
    """By what a report can be cut."""

    MONTH = "month"
    PRACTITIONER = "practitioner"
    BUSINESS = "business"
    ITEM = "item"
    PAYER = "payer"


DIMENSIONS: Mapping[ReportName, tuple[Dimension, ...]] = {
    ReportName.REVENUE: tuple(Dimension),
    ReportName.GST: (),
    ReportName.DEBTORS: (),
    ReportName.PAYERS: (),
    ReportName.ACTIVITY: (Dimension.MONTH, Dimension.PRACTITIONER, Dimension.BUSINESS),
}
"""By what each report can be cut; the first is what it is cut by when nothing is said."""

_TITLES = {
    Dimension.MONTH: "Month", Dimension.PRACTITIONER: "Practitioner", Dimension.BUSINESS: "Business",
    Dimension.ITEM: "Item", Dimension.PAYER: "Payer",
}  # fmt: skip


NONE_NAMED = "(none)"
_BLANKS = {Dimension.PAYER: "Patients"}
"""What stands where a document names nobody; what no payer is billed for is billed to patients."""


class SaleState(StrEnum):
    """Where a sale stands: paid, open on either side, or closed in another way."""

    SETTLED = "settled"
    OWED = "owed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A document of the practice, or one line of it; `amount` includes tax and is below zero for credit."""

    patient: str
    labels: Mapping[Dimension, str]
    amount: Decimal
    tax: Decimal
    is_credit: bool
    state: SaleState


@dataclass(slots=True)
class _Sums:
    gross: Decimal = ZERO
    credited: Decimal = ZERO
    tax: Decimal = ZERO
    settled: Decimal = ZERO
    owed: Decimal = ZERO
    documents: int = 0
    patients: set[str] = field(default_factory=set)

    def add(self, sale: Sale) -> None:
        if sale.is_credit:
            self.credited -= sale.amount
        else:
            self.gross += sale.amount
            self.documents += 1
            self.patients.add(sale.patient)
        self.tax += sale.tax
        if sale.state is SaleState.SETTLED:
            self.settled += sale.amount
        elif sale.state is SaleState.OWED:
            self.owed += sale.amount

    @property
    def total(self) -> Decimal:
        """What was invoiced less what was credited."""
        return self.gross - self.credited


_MONEY = (
    money_column(name="gross", title="Invoiced"),
    money_column(name="credited", title="Credited"),
    money_column(name="total", title="Total"),
    money_column(name="tax", title="Tax"),
    money_column(name="net", title="Without tax"),
    money_column(name="settled", title="Settled"),
    money_column(name="owed", title="Owed"),
)


def _money(sums: _Sums) -> dict[str, Cell]:
    return {
        "gross": sums.gross + NO_CENTS,
        "credited": sums.credited + NO_CENTS,
        "total": sums.total + NO_CENTS,
        "tax": sums.tax + NO_CENTS,
        "net": sums.total - sums.tax + NO_CENTS,
        "settled": sums.settled + NO_CENTS,
        "owed": sums.owed + NO_CENTS,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Since when each patient is known; in a period somebody first invoiced in it is new, others come back."""

    first_on: Mapping[str, date]
    since: date | None = None

    def cells(self, patients: Iterable[str], month: str = "") -> dict[str, Cell]:
        """Return how many are new and how many came back, in one month or in the whole period."""
        people = [patient for patient in patients if patient]
        new = sum(1 for patient in people if self._is_new(patient, month))
        return {"patients_new": new, "patients_returning": len(people) - new}

    def _is_new(self, patient: str, month: str) -> bool:
        first = self.first_on.get(patient)
        if first is None:
            return True
        return month_of(first) == month if month else self.since is None or first >= self.since


def revenue(sales: Iterable[Sale], by: Sequence[Dimension], seen: Seen) -> Table:
    """Return what was invoiced, credited, settled and is owed, cut by one or more dimensions."""
    groups: defaultdict[tuple[str, ...], _Sums] = defaultdict(_Sums)
    whole = _Sums()
    for sale in sales:
        groups[tuple(sale.labels[one] or _BLANKS.get(one, NONE_NAMED) for one in by)].add(sale)
        whole.add(sale)
    month = by.index(Dimension.MONTH) if Dimension.MONTH in by else None
    columns = (
        *(_dimension(one) for one in by),
        *_MONEY,
        count_column(name="patients_new", title="New patients"),
        count_column(name="patients_returning", title="Returning"),
    )
    values = [
        {
            **dict(zip(by, key, strict=True)),
            **_money(sums),
            **seen.cells(sums.patients, key[month] if month is not None else ""),
        }
        for key, sums in sorted(groups.items(), key=lambda pair: [text.casefold() for text in pair[0]])
    ]
    totals = {**_money(whole), **seen.cells(whole.patients)}
    return table("revenue", "Revenue", columns, values, totals)


def payers(sales: Iterable[Sale]) -> Table:
    """Return what each payer was invoiced; sales to patients are left out."""
    groups: defaultdict[str, _Sums] = defaultdict(_Sums)
    whole = _Sums()
    for sale in sales:
        payer = sale.labels[Dimension.PAYER]
        if payer:
            groups[payer].add(sale)
            whole.add(sale)
    columns = (
        text_column(name="payer", title="Payer", wide=True),
        count_column(name="invoices", title="Invoices"),
        count_column(name="patients", title="Patients"),
        *_MONEY,
    )

    def counted(sums: _Sums) -> dict[str, Cell]:
        return {"invoices": sums.documents, "patients": len(sums.patients), **_money(sums)}

    ordered = sorted(groups.items(), key=lambda pair: (-pair[1].total, pair[0].casefold()))
    return table("payers", "Payers", columns, [{"payer": n, **counted(s)} for n, s in ordered], counted(whole))


# --- tax --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPart:
    """What one document says under one tax: `gross` includes the tax; credit is below zero."""

    on: date
    tax: str
    gross: Decimal
    amount: Decimal


def gst(practice: Iterable[TaxPart], books: Iterable[TaxPart]) -> Table:
    """Return gross and tax of both systems, month by month and tax by tax, each by its own dates."""
    names = ("practice_gross", "practice_tax", "books_gross", "books_tax")
    sums: defaultdict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [NO_CENTS] * 4)
    whole = [NO_CENTS] * 4
    for offset, parts in ((0, practice), (2, books)):
        for part in parts:
            row = sums[month_of(part.on), part.tax]
            for held in (row, whole):
                held[offset] += part.gross
                held[offset + 1] += part.amount
    columns = (
        text_column(name="month", title="Month"),
        text_column(name="tax", title="Tax"),
        money_column(name="practice_gross", title="Practice, gross"),
        money_column(name="practice_tax", title="Practice, tax"),
        money_column(name="books_gross", title="Books, gross"),
        money_column(name="books_tax", title="Books, tax"),
    )
    values: list[dict[str, Cell]] = [
        {"month": month, "tax": tax, **dict(zip(names, row, strict=True))} for (month, tax), row in sorted(sums.items())
    ]
    return table("gst", "Tax on sales", columns, values, dict(zip(names, whole, strict=True)))


# --- activity ---------------------------------------------------------------------------------------------------------


class Attendance(StrEnum):
    """What became of a visit."""

    ATTENDED = "attended"
    CANCELLED = "cancelled"
    DID_NOT_ARRIVE = "did_not_arrive"
    NOT_RECORDED = "not_recorded"
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One person's place on one appointment; `worth` is what it would be charged when nobody invoiced it."""

    patient: str
    labels: Mapping[Dimension, str]
    attendance: Attendance
    invoiced: bool
    worth: Decimal


_COUNTS = (
    *(
        count_column(name=name, title=title)
        for name, title in (
            ("appointments", "Appointments"), ("attended", "Attended"), ("cancelled", "Cancelled"),
            ("did_not_arrive", "Did not arrive"), ("not_recorded", "Not recorded"), ("coming", "Coming"),
            ("invoiced", "Invoiced"), ("not_invoiced", "Not invoiced"),
        )
    ),
    money_column(name="not_invoiced_amount", title="Not invoiced, worth"),
    count_column(name="patients", title="Patients"),
)  # fmt: skip


def activity(seats: Iterable[Seat], by: Sequence[Dimension]) -> Table:
    """Return what became of the appointments, and what was attended but not invoiced."""
    groups: defaultdict[tuple[str, ...], list[Seat]] = defaultdict(list)
    for seat in seats:
        groups[tuple(seat.labels[one] or NONE_NAMED for one in by)].append(seat)
    values = [
        {**dict(zip(by, key, strict=True)), **_attendance(members)}
        for key, members in sorted(groups.items(), key=lambda pair: [text.casefold() for text in pair[0]])
    ]
    columns = (*(_dimension(one) for one in by), *_COUNTS)
    everyone = [seat for members in groups.values() for seat in members]
    return table("activity", "Activity", columns, values, _attendance(everyone))


def _attendance(seats: Sequence[Seat]) -> dict[str, Cell]:
    attended = [seat for seat in seats if seat.attendance is Attendance.ATTENDED]
    left = [seat for seat in attended if not seat.invoiced]
    counts: dict[str, Cell] = {one.value: sum(seat.attendance is one for seat in seats) for one in Attendance}
    return {
        "appointments": len(seats),
        **counts,
        "invoiced": sum(seat.invoiced for seat in seats),
        "not_invoiced": len(left),
        "not_invoiced_amount": sum((seat.worth for seat in left), NO_CENTS),
        "patients": len({seat.patient for seat in attended if seat.patient}),
    }


# --- tables -----------------------------------------------------------------------------------------------------------


def _dimension(one: Dimension) -> TableColumn:
    return text_column(name=one.value, title=_TITLES[one], wide=one is Dimension.ITEM)


def table(
    name: str,
    title: str,
    columns: tuple[TableColumn, ...],
    values: Iterable[Mapping[str, Cell]],
    totals: Mapping[str, Cell],
) -> Table:
    """Return a table with its totals, or with none where they add up to nothing that means something."""
    rows = fixed(tuple(value[column.name] for column in columns) for value in values)
    return Table(name=name, title=title, columns=columns, rows=rows, totals=totals)
