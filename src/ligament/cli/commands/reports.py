"""`report`: revenue, tax, who owes, payers and activity, on the screen and into files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ligament.app.reports.files import wanted_files
from ligament.app.reports.reports import report as make_report
from ligament.app.reports.reports import wish
from ligament.app.results import Result
from ligament.cli.asking import confirmed
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views.paper import Column, line, money, table
from ligament.core.reports import ReportName
from ligament.wiring.clinic import Clinic as OpenedClinic

First = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, as in 2026-07-01.")]
Last = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day, included.")]
Outputs = Annotated[
    list[Path] | None,
    typer.Option("--output", help="A file to write: .xlsx, .pdf, .html, .csv or .json; may be said again."),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite files that are there already.")]
_NAMES = ", ".join(one.value for one in ReportName)


def add_commands(app: typer.Typer) -> None:
    """Add the commands about reports."""
    app.command("report")(report)


def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"{_NAMES}.")],
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    first: First = None,
    last: Last = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN,...", help="month, practitioner, business, item, payer.", show_default=False),
    ] = None,
    basis: Annotated[str, typer.Option(help="invoiced or settled: which day counts.")] = "invoiced",
    output: Outputs = None,
    force: Force = False,
) -> None:
    """Report from what was read last: revenue, gst, debtors, payers, activity."""
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)

    def made(held: OpenedClinic) -> Result:
        wanted = wish(name, first=first, last=last, by=by, basis=basis)
        files = wanted_files(output or (), force=force, confirm=confirmed)
        return make_report(held, wanted, files)

    run_verb(session, made, show)


def show(document: Mapping[str, Any], command: object) -> None:
    """Tell a report as a table with its sums below."""
    del command
    columns, rows, totals = document["columns"], document["rows"], document["totals"]
    line(f"{document['title']}, {document['span']}", style="bold")
    shown = [[_cell(row[name]) for name in columns] for row in rows]
    if shown:
        last = ["Total" if place == 0 else _cell(totals.get(name)) for place, name in enumerate(columns)]
        right = [isinstance(totals.get(name), int) or _is_amount(totals.get(name)) for name in columns]
        titles = [Column(document["titles"][name], right=side) for name, side in zip(columns, right, strict=True)]
        table(titles, [*shown, last])
    else:
        line("Nothing in this period.")
    for note in document["notes"]:
        line(note)
    if document["as_of"]:
        line(f"As of {document['as_of_told']}.")
    for file in document.get("files", ()):
        line(f"Written to {file}.")


def _is_amount(cell: object) -> bool:
    return isinstance(cell, str) and cell.replace("-", "").replace(".", "").isdigit()


def _cell(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, int):
        return f"{cell:,}"
    return money(cell) if _is_amount(cell) and "." in str(cell) else str(cell)
