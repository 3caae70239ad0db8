"""Hold commands: what waits for a person, and trying again or leaving it."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.app import holds as cases
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain, run_verb
from ligament.cli.views import holds as show
from ligament.cli.views.types import plain
from ligament.wiring.settings import load_settings

holds_app = typer.Typer(help="What waits for a person: list, show, retry, dismiss.", invoke_without_command=True)
HoldName = Annotated[str, typer.Argument(metavar="ID", help="The id of a hold, or the number or id of its record.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(holds_app, name="holds")


@holds_app.callback()
def holds(
    ctx: typer.Context,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="What waits in every clinic.")] = False,
) -> None:
    """List what waits for a person."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if everything and ctx.invoked_subcommand is None:
        run_plain(ctx.obj, lambda: cases.list_all_holds(load_settings(home=home, without_broken=True)), show.all_holds)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, cases.list_holds, show.holds)


@holds_app.command("show")
def holds_show(
    ctx: typer.Context, wanted: HoldName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Show one hold with its detail."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: cases.show_hold(held, wanted), show.hold)


@holds_app.command("retry")
def holds_retry(
    ctx: typer.Context, wanted: HoldName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Try again at the next run what waits: one, all for one reason (its code), or `all` that was refused."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: cases.retry(held, wanted), plain)


@holds_app.command("dismiss")
def holds_dismiss(
    ctx: typer.Context, wanted: HoldName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Leave a record as it is, until it changes."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: cases.dismiss(held, wanted), plain)
