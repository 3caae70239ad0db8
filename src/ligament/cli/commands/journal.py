"""Journal commands: the audit trail, shown, verified and exported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ligament.app import journal as cases
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import journal as show

journal_app = typer.Typer(help="The audit trail: show, verify, export.", invoke_without_command=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(journal_app, name="journal")


@journal_app.callback()
def journal(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Show the newest entries of the audit trail."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, cases.journal_page, show.journal)


@journal_app.command("verify")
def journal_verify(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Check the chain, and name the first broken entry."""
    run_verb(ctx.obj.over(home, clinic, as_json), cases.journal_verify, show.verified)


@journal_app.command("export")
def journal_export(
    ctx: typer.Context,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    output: Annotated[
        Path | None, typer.Option(help="File to write; standard output without it.", show_default=False)
    ] = None,
) -> None:
    """Write every entry as one line of JSON."""
    session = ctx.obj.over(home, clinic, as_json)
    stream = None if session.as_json else sys.stdout
    run_verb(session, lambda held: cases.journal_export(held, output, stream), show.exported)
