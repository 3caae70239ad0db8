"""`audit`: what is wrong in books that somebody else kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import typer

from ligament.app.audit import audit as compare
from ligament.app.reports.files import wanted_files
from ligament.app.reports.reports import period_of
from ligament.app.results import Result
from ligament.cli.asking import confirmed
from ligament.cli.commands.reports import First, Force, Last, Outputs
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views.paper import Column, count, heading, line, money, table
from ligament.wiring.clinic import Clinic as OpenedClinic

_SHOWN = 20


def add_commands(app: typer.Typer) -> None:
    """Add the command about audits."""
    app.command("audit")(audit)


def audit(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    first: First = None,
    last: Last = None,
    output: Outputs = None,
    force: Force = False,
) -> None:
    """Compare with what is in the books already, whoever made it; only reads, and works beside another link."""
    session = Session(home=home, clinic=clinic, as_json=as_json)

    def made(held: OpenedClinic) -> Result:
        files = wanted_files(output or (), force=force, confirm=confirmed)
        return compare(held, period_of(first, last), files)

    run_verb(session, made, show)


def show(document: Mapping[str, Any], command: Callable[[str], str]) -> None:
    """Tell the score, the findings by kind, and what comes next."""
    findings = document["findings"]
    line(
        f"{document['score']} % of the practice's documents, by amount, are in the books as they should be.",
        style="bold",
    )
    kinds = Counter(str(one["kind"]) for one in findings)
    for kind, number in kinds.items():
        members = [one for one in findings if one["kind"] == kind]
        heading(f"{kind.replace('_', ' ').capitalize()}: {count(number, 'finding')}. {members[0]['advice']}")
        rows = [
            [str(one["number"]), ", ".join(one["books_numbers"])[:40], money(one["amount"]), str(one["sentence"])]
            for one in members[:_SHOWN]
        ]
        table((Column("Number"), Column("In the books"), Column("Amount", right=True), Column("What is wrong")), rows)
        if number > _SHOWN:
            line(f"And {number - _SHOWN:,} more: {command('audit --output audit.xlsx')}")
    line()
    for note in document["notes"]:
        line(note)
    for file in document.get("files", ()):
        line(f"Written to {file}.")
    line(f"Next, what taking over would link and post: {command('plan')}")
