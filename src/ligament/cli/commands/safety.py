"""`ligament alerts`, `ligament backup` and `ligament restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ligament.cli.asking import confirmed
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain, run_verb
from ligament.cli.views.safety import Document, show_alerts, show_backup, show_preview, show_restored, show_test

alerts_app = typer.Typer(help="Who is told when a person is needed: show, test.", invoke_without_command=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(alerts_app, name="alerts")
    app.command("backup")(backup)
    app.command("restore")(restore)


# --- alerts -----------------------------------------------------------------------------------------------------------


@alerts_app.callback()
def alerts(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Show what people were told, what is still to be told, and addresses that do not work."""
    from ligament.app.notices.alerts import list_alerts  # noqa: PLC0415 - most commands need none of it

    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, list_alerts, show_alerts)


@alerts_app.command("test")
def alerts_test(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Send a test message to each address, and say which took it."""
    from ligament.app.notices.alerts import test_alerts  # noqa: PLC0415 - as above

    run_verb(ctx.obj.over(home, clinic, as_json), test_alerts, show_test)


# --- backup and restore -----------------------------------------------------------------------------------------------


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; there must be none of that name.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a copy of everything but the vault key into one file, also while it runs."""
    from ligament.app.safety.backup import back_up  # noqa: PLC0415 - as above

    run_plain(Session(home=home, as_json=as_json), lambda: back_up(file, home), show_backup)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `ligament backup` wrote.")],
    home: Home = None,
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    unsealed: Annotated[
        bool, typer.Option("--unsealed", help="Take a backup without a seal, which an older version made.")
    ] = False,
) -> None:
    """Put a backup back; what it replaces is kept beside it."""
    from ligament.app.safety.restore import restore as verb  # noqa: PLC0415 - as above

    session = Session(home=home, as_json=as_json, asks=True)

    def agreed(document: Document) -> bool:
        if yes:
            return True
        if as_json:
            return False
        show_preview(document)
        return confirmed("Put it back?") is True

    run_plain(session, lambda: verb(file, home, agreed, unsealed=unsealed), show_restored)
