"""`ligament recalls`: patients due to be asked back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ligament.app.results import Result
from ligament.cli.asking import confirmed
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import recalls as views
from ligament.wiring.clinic import Clinic as OpenedClinic


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("recalls")(recalls)


def recalls(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    output: Annotated[
        list[Path] | None, typer.Option("--output", help="A .csv file to write.", show_default=False)
    ] = None,
    push: Annotated[
        bool, typer.Option("--push", help="Send who is due to the mailing list; asks an owner once.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --push: confirm for the record, as an owner.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there already.")] = False,
) -> None:
    """List patients who are due to be asked back, agreed to be written to, and have nothing booked."""
    from ligament.app.reports import recalls as cases  # noqa: PLC0415 - most commands need none of it
    from ligament.app.reports.files import wanted_files  # noqa: PLC0415 - as above
    from ligament.app.reports.recall_push import push_recalls  # noqa: PLC0415 - as above

    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)

    def found(held: OpenedClinic) -> Result:
        files = wanted_files(output or (), formats=cases.ENDINGS, force=force, confirm=confirmed)
        if push:
            return push_recalls(held, confirm=confirmed, yes=yes, files=files)
        return cases.recalls(held, files)

    run_verb(session, found, views.recalls)
