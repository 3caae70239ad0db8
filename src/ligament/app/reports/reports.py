"""Reports on demand: revenue, tax, who owes, payers and activity, from what was read last; nothing is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ligament import __version__
from ligament.app.days import day_of
from ligament.app.documents import INFERRED_NOTE
from ligament.app.known_words import not_known
from ligament.app.reconcile import Period as Compared
from ligament.app.reconcile import comparing
from ligament.app.reports.files import NO_FILES, Files, write_files
from ligament.app.reports.sources import Sources
from ligament.app.reports.visits import seats
from ligament.app.results import Result
from ligament.core import debtors, reports
from ligament.core.debtors import BUCKETS
from ligament.core.intents import SubjectKind
from ligament.core.money import ZERO, two_places
from ligament.core.periods import (
    Period,
    australian,
    iso_instant,
    local_date,
    local_moment,
    month_words,
    this_and_last_month,
)
from ligament.core.records import Invoice
from ligament.core.reports import DIMENSIONS, Basis, Dimension, ReportName
from ligament.core.rules.model import InvoiceSource
from ligament.core.tables import Cell, Figure, Point, Report, Table, decimal_of, records, total_record
from ligament.store.queries.reports import ReportRows, report_rows
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

_MOST_BARS = 12
_FEW_BARS = 2
_BUCKET_TITLES = ("Not yet due", "1 to 30 days", "31 to 60 days", "61 to 90 days", "Over 90 days", "Credit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which report somebody wants, over which days, cut by what, and by which day that counts."""

    name: ReportName
    period: Period
    by: tuple[Dimension, ...] = ()
    basis: Basis = Basis.INVOICED


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A report as a document for programs and as a report for files and pages."""

    document: dict[str, Any]
    report: Report


def wish(
    name: str, *, first: str | None = None, last: str | None = None, by: str | None = None, basis: str | None = None
) -> Wish:
    """Return the wish from words as they were typed; raises ConfigurationError that names the near ones."""
    which = ReportName(_one_of("report", name, [one.value for one in ReportName]))
    cuts = tuple(dict.fromkeys(word.strip() for word in (by or "").split(",") if word.strip()))
    known = DIMENSIONS[which]
    if cuts and not known:
        raise ConfigurationError((f"--by: the report {which.value} is not cut by anything.",))
    return Wish(
        name=which,
        period=period_of(first, last),
        by=tuple(Dimension(_one_of("--by", word, [one.value for one in known])) for word in cuts) or known[:1],
        basis=Basis(_one_of("--basis", basis or Basis.INVOICED.value, [one.value for one in Basis])),
    )


def period_of(first: str | None, last: str | None) -> Period:
    """Return the days between two words of the form 2026-07-01; raises ConfigurationError for what is none."""
    begins, ends = (
        day_of(place, text) if text is not None else None for place, text in (("--from", first), ("--to", last))
    )
    period = Period(first=begins, last=ends)
    if period.first is not None and period.last is not None and period.first > period.last:
        told = f"the period ends on {australian(period.last)} before it begins on {australian(period.first)}."
        raise ConfigurationError((f"--to: {told}",))
    return period


def _one_of(place: str, word: str, known: Sequence[str]) -> str:
    if word.casefold() in known:
        return word.casefold()
    raise ConfigurationError((f"{place}: {not_known(word, known)}",))


def report(clinic: Clinic, wanted: Wish, files: Files = NO_FILES) -> Result:
    """Make a report, and write it into the files that were asked for."""
    made = make(clinic, wanted)
    return Result(document=write_files(files, made.report, made.document))


def make(clinic: Clinic, wanted: Wish) -> Made:
    """Make a report from the records as they were read last."""
    now, book = clinic.clock.now(), clinic.settings.rulebook
    today = local_date(now, book.clinic.time_zone)
    period = _period(wanted, today)
    visits = tuple(_charged_visits(clinic))
    with report_rows(clinic.journal) as rows:
        sources = Sources(
            rows=rows,
            rulebook=book,
            period=period,
            basis=wanted.basis,
            practice_name=clinic.practice_manifest.name,
            visits=visits,
            owed_to=wanted.period.last,
            cut=frozenset(wanted.by) | ({Dimension.PAYER} if wanted.name is ReportName.PAYERS else set()),
        )
        table = _TABLES[wanted.name](sources, wanted, now)
        as_of = _as_of(rows)
    notes = _notes(clinic, wanted, table, as_of)
    document = _document(wanted, table, notes, sources, as_of)
    held = Report(
        name=wanted.name.value,
        title=table.title,
        subtitle=f"{book.clinic.name or clinic.settings.name}, {period.words()}",
        equation=_headline(table),
        figures=_figures(wanted, table),
        tables=(table,),
        notes=notes,
        stamp=(
            ("As of", _told(as_of, book.clinic.time_zone)),
            ("Made", local_moment(now, book.clinic.time_zone)),
            ("By", f"Ligament {__version__}"),
        ),
    )
    return Made(document=document, report=held)


def _document(wanted: Wish, table: Table, notes: Sequence[str], sources: Sources, as_of: str) -> dict[str, object]:
    """Return the report as JSON tells it."""
    period = sources.period
    return {
        "report": wanted.name.value,
        "period": {
            "from": period.first.isoformat() if period.first else None,
            "to": period.last.isoformat() if period.last else None,
        },
        "by": [one.value for one in wanted.by],
        "basis": wanted.basis.value,
        "as_of": as_of or None,
        "as_of_told": _told(as_of, sources.rulebook.clinic.time_zone),
        "titles": {column.name: column.title for column in table.columns},
        "title": table.title,
        "span": period.words(),
        "columns": [column.name for column in table.columns],
        "rows": list(records(table)),
        "totals": total_record(table),
        "notes": list(notes),
    }


def _charged_visits(clinic: Clinic) -> Iterator[Invoice]:
    """Yield the charges for visits without an invoice that a comparison counts too."""
    if clinic.settings.rulebook.invoices.source is not InvoiceSource.APPOINTMENTS:
        return
    with comparing(clinic, Compared(first=date.min, last=date.max, full=True)) as (comparison, _):
        for pairing in comparison.beside():
            if pairing.subject.kind is SubjectKind.VISIT and pairing.counts:
                yield pairing.invoice


def _period(wanted: Wish, today: date) -> Period:
    """Return the period that was asked for; else the present month and the one before, and who owes is as of today."""
    asked = wanted.period
    if wanted.name is ReportName.DEBTORS:
        return Period(last=asked.last or today)
    return this_and_last_month(today) if asked == Period() else asked


def _as_of(rows: ReportRows) -> str:
    read_at = rows.read_at()
    return iso_instant(datetime.fromisoformat(read_at)) if read_at else ""


def _told(instant: str, zone: str) -> str:
    return local_moment(datetime.fromisoformat(instant), zone) if instant else "never"


def _revenue(sources: Sources, wanted: Wish, _now: datetime) -> Table:
    return reports.revenue(sources.sales(), wanted.by, sources.known())


def _gst(sources: Sources, _wanted: Wish, _now: datetime) -> Table:
    return reports.gst(sources.taxes(), sources.books_taxes())


def _debtors(sources: Sources, _wanted: Wish, _now: datetime) -> Table:
    assert sources.period.last is not None
    return debtors.debtors(sources.open_amounts(), sources.period.last)


def _payers(sources: Sources, _wanted: Wish, _now: datetime) -> Table:
    return reports.payers(sources.sales())


def _activity(sources: Sources, wanted: Wish, now: datetime) -> Table:
    return reports.activity(seats(sources, now), wanted.by)


_TABLES: Mapping[ReportName, Callable[[Sources, Wish, datetime], Table]] = {
    ReportName.REVENUE: _revenue,
    ReportName.GST: _gst,
    ReportName.DEBTORS: _debtors,
    ReportName.PAYERS: _payers,
    ReportName.ACTIVITY: _activity,
}


# --- what is said beside the numbers ----------------------------------------------------------------------------------


def _notes(clinic: Clinic, wanted: Wish, table: Table, as_of: str) -> tuple[str, ...]:
    """Say on which basis the report stands, and what it cannot know."""
    if not as_of:
        return ("Nothing has been read yet, so there is nothing to report. Run a sync first.",)
    told: list[str] = []
    if wanted.name is ReportName.ACTIVITY:
        told.append("A visit is attended when its arrival was recorded.")
        if not list(table.rows()):
            told.append("No appointment in this period has been read.")
    elif wanted.basis is Basis.SETTLED:
        told.append(
            "Counted on the day on which the practice closed an invoice as paid; invoices still open are left out."
        )
    else:
        told.append(_BASES.get(wanted.name, "Counted on the day on which a document was issued."))
    inferred = clinic.settings.rulebook.payments.source.value == "inferred"
    if inferred and wanted.name is not ReportName.ACTIVITY:
        told.append(INFERRED_NOTE)
    return tuple(told)


_BASES = {
    ReportName.DEBTORS: "Everything open on that day; days are counted from the day on which a document is due.",
    ReportName.GST: "Each side counts by its own dates.",
}


def _headline(table: Table) -> tuple[tuple[str, str], ...]:
    """Return the sums that stand on top."""
    titles = {column.name: column.title for column in table.columns if column.type.value == "money"}
    chosen = [
        name for name in ("total", "tax", "settled", "owed", "practice_tax", "books_tax", "credit") if name in titles
    ]
    return tuple((titles[name], f"{decimal_of(table.totals[name]):,.2f}") for name in chosen)


def _figures(wanted: Wish, table: Table) -> tuple[Figure, ...]:
    """Return the chart of a report, when there is something to see."""
    points = _bars(wanted, table)
    if len({point.label for point in points}) < _FEW_BARS or not any(point.amount for point in points):
        return ()
    largest = max(points, key=lambda point: abs(point.amount))
    caption = f"The largest is {largest.label} with {two_places(largest.amount)}."
    return (Figure(name=table.name, title=table.title, caption=caption, points=points),)


def _bars(wanted: Wish, table: Table) -> tuple[Point, ...]:
    if wanted.name is ReportName.DEBTORS:
        amounts = (table.totals[name] for name in (*BUCKETS, "credit"))
        return tuple(_point(title, "", cell) for title, cell in zip(_BUCKET_TITLES, amounts, strict=True))
    names = [column.name for column in table.columns]
    first, rows = table.columns[0].name, [dict(zip(names, row, strict=True)) for row in table.rows()]
    sides: tuple[tuple[str, str], ...]
    if wanted.name is ReportName.GST:
        sides = (("Practice", "practice_tax"), ("Books", "books_tax"))
    elif wanted.name is ReportName.ACTIVITY:
        return ()
    else:
        sides = (("Total", "total"),)
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        for title, name in sides:
            key = (str(row[first]), title)
            sums[key] = sums.get(key, ZERO) + decimal_of(row[name])
    if first != "month":
        sums = dict(sorted(sums.items(), key=lambda pair: -pair[1])[:_MOST_BARS])
    named = month_words if first == Dimension.MONTH.value else str
    points = [_point(named(label), series, amount) for (label, series), amount in sums.items()]
    return tuple(points[-_MOST_BARS * len(sides) :])


def _point(label: str, series: str, amount: Cell) -> Point:
    return Point(label=label, series=series, amount=decimal_of(amount))
