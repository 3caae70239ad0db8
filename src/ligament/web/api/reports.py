"""Reports: revenue, tax, who owes, payers and activity, as data or as a file."""

from __future__ import annotations

from ligament.app.downloads import report_download
from ligament.app.reports.reports import make, wish
from ligament.core.reports import ReportName
from ligament.web.api.answers import ReportAnswer
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there
from ligament.web.api.shapes import ReportQuery

_FILES = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def show(asking: Asking) -> Told:
    """Tell a report."""
    wanted, name = asking.query_as(ReportQuery), asking.values["name"]
    if name not in {one.value for one in ReportName}:
        raise nothing_there()
    chosen = wish(
        name, first=wanted.first or None, last=wanted.last or None, by=wanted.by or None, basis=wanted.basis or None
    )
    with asking.opened() as clinic:
        if wanted.format == "json":
            return Told(document=make(clinic, chosen).document)
        file = report_download(clinic, chosen, f".{wanted.format}")
    return Told(content=file.body, media_type=file.media_type, filename=file.name)


CALLS = (
    Call(
        path=f"{CLINIC}/reports/{{name}}",
        answer=show,
        does="A report: revenue, gst, debtors, payers or activity.",
        gives=ReportAnswer,
        query=ReportQuery,
        media_types=_FILES,
    ),
)
