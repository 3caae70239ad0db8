"""Journal commands: the audit trail, shown, verified and exported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ligament.app import journal as cases
from ligament.app.journal_archive import archive_journal, file_verified
from ligament.app.reports.files import wanted_files
from ligament.app.reports.reports import period_of
from ligament.app.results import Result
from ligament.cli.asking import confirmed
from ligament.cli.commands.reports import First, Force, Last
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import journal as show
from ligament.wiring.clinic import Clinic as OpenedClinic
from ligament.wiring.errors import ConfigurationError

Installation = Annotated[
    bool, typer.Option("--installation", help="Users, sign-ins and tokens, which belong to no clinic.")
]

journal_app = typer.Typer(help="The audit trail: show, verify, export, archive.", invoke_without_command=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(journal_app, name="journal")


@journal_app.callback()
def journal(
    ctx: typer.Context,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    installation: Installation = False,
) -> None:
    """Show the newest entries of the audit trail."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, lambda held: cases.journal_page(held, installation=installation), show.journal)


@journal_app.command("verify")
def journal_verify(
    ctx: typer.Context,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    head: Annotated[
        str, typer.Option(metavar="NUMBER:HASH", help="A head that was written down elsewhere.", show_default=False)
    ] = "",
    archive: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only this archive, wherever it is.", show_default=False)
    ] = None,
) -> None:
    """Check the chain and its archives, and name the first broken entry."""
    session = ctx.obj.over(home, clinic, as_json)
    if archive is not None:
        run_verb(session, lambda held: file_verified(held, archive), show.file_verified)
        return
    run_verb(session, lambda held: cases.journal_verify(held, head), show.verified)


@journal_app.command("archive")
def journal_archive(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Move entries older than `[journal] keep_years` into a signed file; `serve` does it by itself."""
    run_verb(ctx.obj.over(home, clinic, as_json), archive_journal, show.archived)


@journal_app.command("accept")
def journal_accept(
    ctx: typer.Context,
    because: Annotated[str, typer.Option(help="What happened; the journal keeps it.")],
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    installation: Installation = False,
) -> None:
    """Go on behind a break that you know the reason of."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: cases.journal_accept(held, because, installation=installation), show.accepted)


@journal_app.command("export")
def journal_export(
    ctx: typer.Context,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    first: First = None,
    last: Last = None,
    kind: Annotated[str, typer.Option(help="Only entries of this kind, such as decision.", show_default=False)] = "",
    record: Annotated[
        str, typer.Option(metavar="ID", help="Only entries about this record: its id or number.", show_default=False)
    ] = "",
    output: Annotated[
        list[Path] | None,
        typer.Option(help="A file to write: .csv, .json or .jsonl; standard output without it.", show_default=False),
    ] = None,
    force: Force = False,
    installation: Installation = False,
) -> None:
    """Write the entries: to files, or one a line as JSON to standard output."""
    session = ctx.obj.over(home, clinic, as_json)
    stream = None if session.as_json else sys.stdout

    def exported(held: OpenedClinic) -> Result:
        if trouble := cases.kind_trouble(held, kind, installation=installation):
            raise ConfigurationError((f"--kind: {trouble}",))
        files = wanted_files(output or (), formats=cases.FORMATS, force=force, confirm=confirmed)
        wanted = cases.JournalFilter(period=period_of(first, last), kind=kind, record=record, installation=installation)
        return cases.journal_export(held, files, stream, wanted)

    run_verb(session, exported, show.exported)
