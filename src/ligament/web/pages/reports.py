"""Reports: revenue, tax, who owes, payers and activity, with a chart, its numbers, and the files to take along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from ligament.app.downloads import comparison_download, journal_download, report_download
from ligament.app.journal import JournalFilter
from ligament.app.reports.files import drawn
from ligament.app.reports.reports import Wish, make, period_of, wish
from ligament.core.access import Right
from ligament.core.reports import DIMENSIONS, ReportName
from ligament.core.tables import TableColumn, shown
from ligament.web.beginning import beginning
from ligament.web.page import Answer, NotThere, Page, Sent, Shown, Visit
from ligament.wiring.errors import ConfigurationError

NAMES: Mapping[str, str] = {
    ReportName.REVENUE.value: "Revenue",
    ReportName.GST.value: "Tax on sales",
    ReportName.DEBTORS.value: "Who owes",
    ReportName.PAYERS.value: "Payers",
    ReportName.ACTIVITY.value: "Activity",
}
_BASES = (("invoiced", "the day it was invoiced"), ("settled", "the day it was settled"))
_FIELDS = ("from", "to", "by", "basis")
MOST_SHOWN = 200


def show(visit: Visit) -> Answer:
    """Show one report; without a name, revenue of this month and the one before."""
    name = visit.query.get("name", ReportName.REVENUE.value)
    typed = {one: visit.query.get(one) for one in _FIELDS}
    values: dict[str, Any] = {"names": NAMES, "name": name, "wanted": typed, "bases": _BASES, "most": MOST_SHOWN}
    try:
        wanted = _wish(visit, name)
    except ConfigurationError as error:
        return Shown(
            template="reports",
            values={**values, "error": str(error), "beginning": None, "report": None, "cuts": ()},
            status=422,
        )
    with visit.opened() as clinic:
        made = make(clinic, wanted)
        first = beginning(visit, clinic) if made.document["as_of_told"] == "never" else None
    (table,) = made.report.tables
    rows = [
        [_told(column, shown(cell, column.type)) for cell, column in zip(row, table.columns, strict=True)]
        for row in table.rows()
    ]
    total = table.total_row()
    values.update(
        beginning=first,
        error="",
        report=made.report,
        document=made.document,
        columns=[(column.title, column.type.is_number()) for column in table.columns],
        rows=rows[:MOST_SHOWN],
        left=max(len(rows) - MOST_SHOWN, 0),
        total=[shown(cell, column.type) for cell, column in zip(total, table.columns, strict=True)] if total else [],
        charts=drawn(made.report),
        cuts=[(one.value, one.value.capitalize()) for one in DIMENSIONS[wanted.name]],
        query=urlencode({key: value for key, value in typed.items() if value}),
    )
    return Shown(template="reports", values=values)


def _told(column: TableColumn, text: str) -> str:
    """Return what a cell says to people: a month by its name, which files write as machines sort it."""
    is_month = column.name == "month" and len(text) == len("2026-11")
    return f"{date.fromisoformat(f'{text}-01'):%b %Y}" if is_month else text


def _wish(visit: Visit, name: str) -> Wish:
    """Return what the address asks for; columns to cut by may stand several times."""
    query = visit.query
    by = ",".join(one for one in query.all("by") if one)
    first, last, basis = query.get("from"), query.get("to"), query.get("basis")
    return wish(name, first=first or None, last=last or None, by=by or None, basis=basis or None)


# --- files ------------------------------------------------------------------------------------------------------------


def report_file(visit: Visit) -> Answer:
    """Hand out a report as a file: `revenue.csv`, `debtors.xlsx`."""
    name, ending = _parted(visit, (".csv", ".xlsx"))
    try:
        wanted = _wish(visit, name)
    except ConfigurationError:
        raise NotThere from None
    with visit.opened() as clinic:
        made = report_download(clinic, wanted, ending)
    return Sent(content=made.body, media_type=made.media_type, filename=made.name)


def comparison_file(visit: Visit) -> Answer:
    """Hand out a kept comparison as a file."""
    comparison_id, ending = _parted(visit, (".xlsx", ".pdf", ".csv", ".json", ".html"))
    with visit.opened() as clinic:
        made = comparison_download(clinic, comparison_id, ending)
    if made is None:
        raise NotThere
    return Sent(content=made.body, media_type=made.media_type, filename=made.name)


def journal_file(visit: Visit) -> Answer:
    """Hand out the journal as a file, all of it or what the address asks for."""
    ending = "." + visit.path.rpartition(".")[2]
    query = visit.query
    try:
        period = period_of(query.get("from") or None, query.get("to") or None)
    except ConfigurationError:
        raise NotThere from None
    wanted = JournalFilter(period=period, kind=query.get("kind"), record=query.get("record"))
    with visit.opened() as clinic:
        made = journal_download(clinic, ending, wanted)
    return Sent(content=made.body, media_type=made.media_type, filename=made.name)


def _parted(visit: Visit, endings: Sequence[str]) -> tuple[str, str]:
    """Return name and ending of a file that is asked for; raises NotThere for another ending."""
    name, dot, ending = visit.values.get("file", "").rpartition(".")
    if f"{dot}{ending}" not in endings:
        raise NotThere
    return name, f"{dot}{ending}"


PAGES = (
    Page(path="/c/{clinic}/reports", name="reports", answer=show, right=Right.LOOK, menu="Reports"),
    Page(path="/c/{clinic}/reports/{file}", name="report file", answer=report_file, right=Right.LOOK),
    Page(path="/c/{clinic}/reconciliation/{file}", name="comparison file", answer=comparison_file, right=Right.LOOK),
    Page(path="/c/{clinic}/journal.csv", name="journal as table", answer=journal_file, right=Right.LOOK),
    Page(path="/c/{clinic}/journal.json", name="journal as document", answer=journal_file, right=Right.LOOK),
)
