"""Report of a comparison: the equation, a chart, the list by cause, every variance, and all records side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from ligament import __version__
from ligament.core.money import ZERO, two_places
from ligament.core.periods import australian, local_moment, month_words
from ligament.core.tables import (
    Cell,
    Figure,
    Medium,
    Point,
    Report,
    Row,
    Table,
    TableColumn,
    count_column,
    date_column,
    fixed,
    money_column,
    text_column,
)
from ligament.core.variances import Needs, VarianceKind, VarianceState, needs_somebody
from ligament.ports.comparison import SideBySide
from ligament.store.queries.reports import report_rows
from ligament.wiring.clinic import Clinic

Document = Mapping[str, Any]
Rows = Callable[[], Iterable[SideBySide]]
_TWO_PAGES = 2
VARIANCE_TITLES: Mapping[str, str] = {
    VarianceKind.MISSING.value: "Missing in the books",
    VarianceKind.EXTRA.value: "In the books only",
    VarianceKind.DUPLICATE.value: "Posted twice",
    VarianceKind.AMOUNT.value: "Another amount",
    VarianceKind.TAX.value: "Another tax",
    VarianceKind.DATE.value: "Another date",
    VarianceKind.CONTACT.value: "Another contact",
    VarianceKind.STATUS.value: "Another state",
    VarianceKind.PAYMENT.value: "Payment",
    VarianceKind.CREDIT_NOT_ALLOCATED.value: "Credit not used yet",
    VarianceKind.EDITED_IN_BOOKS.value: "Edited in the books",
    VarianceKind.DOUBLE_POSTED.value: "Posted by somebody else too",
    VarianceKind.PAID_IN_BOOKS.value: "Paid in the books only",
    VarianceKind.COMPLETED_NOT_INVOICED.value: "Attended, not invoiced",
    VarianceKind.CONTACT_FIELD.value: "Contact details",
    VarianceKind.OWNER.value: "Owner",
    VarianceKind.TAX_ROUNDING.value: "Rounding of tax",
    VarianceKind.HELD.value: "Held",
    VarianceKind.SKIPPED.value: "Left out by a rule",
    VarianceKind.DEBTOR.value: "Owed differs",
    VarianceKind.UNDONE.value: "Undone",
}
_KNOWN = "known"
_NEEDS: Mapping[str, str] = {
    Needs.PERSON.value: "a person", _KNOWN: "known", Needs.HEAL.value: "mends itself", Needs.NOBODY.value: "nobody",
}  # fmt: skip
"""Who is to do something about a difference. A person knows of one already who acknowledged it, with a note."""
_ON_SCREEN = frozenset({Medium.WORKBOOK, Medium.PAGE})


def comparison_report(clinic: Clinic, document: Document, rows: Rows) -> Report:
    """Return the report of a comparison from its document; `rows` gives all records of its period side by side."""
    practice, books = clinic.practice_manifest.title, clinic.books_manifest.title
    totals, found = document["totals"], document["variances"]
    period = document["period"]
    first, last = (australian(date.fromisoformat(period[end])) for end in ("from", "to"))
    waiting = [one for one in found if needs_somebody(one["needs"], one["state"])]
    return Report(
        name="reconciliation",
        title="Reconciliation",
        subtitle=f"{clinic.settings.rulebook.clinic.name or clinic.settings.name}, {first} to {last}, by invoice date",
        lead=(_lead(document, waiting), *((str(document["parked"]),) if document.get("parked") else ())),
        equation=(
            (practice, _told(totals["source"])),
            (f"= {books}", _told(totals["books"])),
            ("+ explained", _told(totals["explained"])),
        ),
        figures=_figures(totals, practice, books),
        tables=(
            _sums(totals, practice, books),
            _by_cause(found),
            replace(
                _variances("to_do", "What needs a person", waiting, _BRIEF, frozenset({Medium.PAPER})),
                note=_known_beside(found),
            ),
            _variances(
                "differences", "Differences", found, (*_BRIEF[:2], "who", *_BRIEF[2:]), frozenset({Medium.PAGE})
            ),
            _variances("variances", "Variances", found, _EVERY, frozenset({Medium.WORKBOOK})),
            _side_by_side(rows, practice, books),
            _by("by_month", "By month", "month", totals["by_month"], (practice, books)),
            _by("by_tax_rate", "By tax rate", "tax", totals["by_tax_rate"], (practice, books)),
            _left_out(document["left_out"]),
        ),
        notes=(f"Every amount is {practice} less {books}: {practice} = {books} + the sum of the differences.",),
        stamp=_stamp(clinic, document),
        listing="variances",
        most_pages=_TWO_PAGES,
    )


def _known_beside(found: Sequence[Document]) -> str:
    """Say of how many differences a person knows beside those that need one; silent where there is none."""
    many = sum(_need(one) == _KNOWN for one in found)
    if not many:
        return ""
    begins = (
        "Beside these, " if any(needs_somebody(one["needs"], one["state"]) for one in found) else "Nothing is new. "
    )
    which = "1 difference is" if many == 1 else f"{many:,} differences are"
    return f"{begins}{which} known: acknowledged by somebody with a note, which stands in the spreadsheet."


def _need(one: Document) -> str:
    """Return who is to do something about a difference: nobody any more where a person acknowledged it."""
    is_known = one["needs"] == Needs.PERSON and one["state"] == VarianceState.KNOWN
    return _KNOWN if is_known else str(one["needs"])


def _lead(document: Document, waiting: Sequence[Document]) -> str:
    if document["balanced"]:
        return "Balanced: every cent is matched or explained."
    many = len(waiting)
    return f"{many:,} {'difference needs' if many == 1 else 'differences need'} a person; every cent has its reason."


def _stamp(clinic: Clinic, document: Document) -> tuple[tuple[str, str], ...]:
    with report_rows(clinic.journal) as rows:
        sequence, digest, signature = rows.journal_end()
    made = local_moment(clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone)
    return (
        ("Comparison", str(document["run_id"])),
        ("Made", f"{made}, by Ligament {__version__}"),
        ("Journal's end", f"entry {sequence:,}, {digest}"),
        ("Signed", signature),
    )


def _told(amount: str) -> str:
    return f"{Decimal(amount):,.2f}"


def _figures(totals: Document, practice: str, books: str) -> tuple[Figure, ...]:
    months = totals["by_month"][-12:]
    if not months:
        return ()
    worst = max(months, key=lambda one: abs(Decimal(one["explained"])))
    differs = Decimal(worst["explained"])
    caption = (
        f"The largest difference is {_told(worst['explained'])} in {month_words(worst['month'])}."
        if differs
        else "Both sides say the same in every month."
    )
    points = tuple(
        Point(label=month_words(one["month"]), series=name, amount=Decimal(one[side]))
        for one in months
        for name, side in ((practice, "source"), (books, "books"))
    )
    return (Figure(name="by_month", title="Invoices less credit notes, by month", caption=caption, points=points),)


# --- tables -----------------------------------------------------------------------------------------------------------


def _three(practice: str, books: str) -> tuple[Any, ...]:
    return (
        money_column(name="source", title=practice),
        money_column(name="books", title=books),
        money_column(name="explained", title="Explained"),
    )


def _amounts(sums: Document) -> tuple[Cell, ...]:
    return tuple(Decimal(sums[side]) for side in ("source", "books", "explained"))


def _sums(totals: Document, practice: str, books: str) -> Table:
    rows: list[Row] = [
        ("Invoices less credit notes", *_amounts(totals)),
        ("Settled", *_amounts(totals["settled"])),
        ("Owed", *_amounts(totals["owed"])),
    ]
    columns = (text_column(name="sum", title="Sum", wide=True), *_three(practice, books))
    return Table(name="sums", title="Sums", columns=columns, rows=fixed(rows))


def _by_cause(found: Sequence[Document]) -> Table:
    """Return the list by cause; what each explains of the totals comes to the difference that stands on top."""
    groups: dict[tuple[str, str], list[Decimal]] = {}
    entering: dict[tuple[str, str], Decimal] = {}
    for one in found:
        cause = (one["kind"], _need(one))
        groups.setdefault(cause, []).append(Decimal(one["amount"]))
        entering[cause] = sum((Decimal(part["amount"]) for part in one["parts"]), entering.get(cause, ZERO))
    order = {need: place for place, need in enumerate(_NEEDS)}
    ordered = sorted(groups.items(), key=lambda pair: (order.get(pair[0][1], 9), -abs(sum(pair[1], ZERO)), pair[0]))
    columns = (
        text_column(name="cause", title="Cause", wide=True),
        text_column(name="needs", title="Needs"),
        count_column(name="differences", title="Differences"),
        money_column(name="amount", title="Amount"),
        money_column(name="explains", title="In the totals"),
    )
    rows = fixed(
        (
            VARIANCE_TITLES.get(kind, kind),
            _NEEDS.get(needs, needs),
            len(amounts),
            sum(amounts, ZERO),
            entering[kind, needs],
        )
        for (kind, needs), amounts in ordered
    )
    totals: dict[str, Cell] = {"differences": len(found), "explains": sum(entering.values(), ZERO)}
    return Table(name="by_cause", title="Differences by cause", columns=columns, rows=rows, totals=totals)


_COLUMNS: Mapping[str, TableColumn] = {
    column.name: column
    for column in (
        text_column(name="id", title="Id"),
        text_column(name="number", title="Number"),
        text_column(name="kind", title="Kind"),
        text_column(name="cause", title="Cause"),
        text_column(name="needs", title="Needs"),
        text_column(name="who", title="Needs"),
        text_column(name="state", title="State"),
        text_column(name="enters", title="Enters"),
        date_column(name="date", title="Date"),
        date_column(name="books_date", title="Books' date"),
        money_column(name="amount", title="Amount"),
        money_column(name="tax", title="Tax"),
        text_column(name="sentence", title="What differs, and why", wide=True),
        text_column(name="fix", title="Fix"),
        text_column(name="note", title="Note"),
    )
}
_EVERY = tuple(name for name in _COLUMNS if name != "who")
_BRIEF = ("number", "cause", "date", "amount", "sentence")


def _variances(
    name: str, title: str, found: Sequence[Document], names: tuple[str, ...], media: frozenset[Medium]
) -> Table:
    def rows() -> Iterator[Row]:
        for one in found:
            cells = _variance(one)
            yield tuple(cells[each] for each in names)

    return Table(name=name, title=title, columns=tuple(_COLUMNS[each] for each in names), rows=rows, media=media)


def _variance(one: Document) -> dict[str, Cell]:
    fix = one["fix"]
    return {
        **{name: one[name] or "" for name in ("id", "number", "kind", "needs", "state", "enters", "sentence", "note")},
        "who": _NEEDS.get(_need(one), one["needs"]),
        "cause": VARIANCE_TITLES.get(one["kind"], one["kind"]),
        "date": _day(one["date"]),
        "books_date": _day(one["books_date"]),
        "amount": Decimal(one["amount"]),
        "tax": Decimal(one["tax"]),
        "fix": fix["what"] if fix else "",
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _side_by_side(rows: Rows, practice: str, books: str) -> Table:
    columns = (
        text_column(name="number", title=f"{practice} number"),
        text_column(name="books_number", title=f"{books} number"),
        date_column(name="date", title=f"{practice} date"),
        date_column(name="books_date", title=f"{books} date"),
        text_column(name="status", title=f"{practice} status"),
        text_column(name="books_status", title=f"{books} status"),
        money_column(name="total", title=f"{practice} total"),
        money_column(name="books_total", title=f"{books} total"),
        money_column(name="difference", title="Difference"),
        money_column(name="tax", title=f"{practice} tax"),
        money_column(name="books_tax", title=f"{books} tax"),
        text_column(name="books_id", title=f"{books} id"),
    )

    def told() -> Iterator[Row]:
        for one in rows():
            yield (
                one.number, one.books_number, one.on, one.books_on, one.status.replace("_", " "), one.books_status,
                one.total, one.books_total, (one.total or ZERO) - (one.books_total or ZERO), one.tax, one.books_tax,
                one.books_id,
            )  # fmt: skip

    title, media = "All records", frozenset({Medium.WORKBOOK})
    return Table(name="records", title=title, columns=columns, rows=told, media=media)


def _by(name: str, title: str, key: str, found: Sequence[Document], titles: tuple[str, str]) -> Table:
    columns = (text_column(name=key, title=key.capitalize(), wide=True), *_three(*titles))
    named = {one[key]: month_words(one[key]) if key == "month" else one[key] for one in found}
    rows = fixed((named[one[key]], *_amounts(one)) for one in found)
    sides = ("source", "books", "explained")
    totals: dict[str, Cell] = {side: sum((Decimal(one[side]) for one in found), ZERO) for side in sides}
    return Table(name=name, title=title, columns=columns, rows=rows, totals=totals)


def _left_out(left_out: Document) -> Table:
    columns = (
        text_column(name="reason", title="Reason", wide=True),
        count_column(name="count", title="Documents"),
        money_column(name="amount", title="Amount"),
    )
    rows = fixed(
        (reason.replace("_", " ").capitalize(), held["count"], Decimal(two_places(Decimal(held["amount"]))))
        for reason, held in left_out.items()
    )
    return Table(name="left_out", title="Not part of the sums", columns=columns, rows=rows, media=_ON_SCREEN)
