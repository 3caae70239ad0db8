"""Commands about the clinics of a home: status, and clinics with list, add and remove."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.app.results import Result
from ligament.app.setup.init import write_rulebook
from ligament.cli.asking import confirmed
from ligament.cli.commands.setup import Country, Name, StartOn, TimeZone, asked
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain
from ligament.cli.views import clinics as show
from ligament.cli.views.setup import init as show_init
from ligament.cli.views.types import plain
from ligament.service import clinics as cases
from ligament.wiring.errors import ConfigurationError

clinics_app = typer.Typer(help="The clinics of this home: list, add, remove.", invoke_without_command=True)


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("status")(status)
    app.add_typer(clinics_app, name="clinics")


def status(
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    everything: Annotated[bool, typer.Option("--all", help="Every clinic, as without --clinic.")] = False,
) -> None:
    """Say in one line for each clinic how it stands, what waits, and when it runs."""
    wanted = None if everything else clinic
    run_plain(Session(home=home, as_json=as_json), lambda: cases.list_clinics(home, wanted), show.clinics)


@clinics_app.callback()
def clinics(ctx: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the clinics of this home."""
    ctx.obj = Session(home=home, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_plain(ctx.obj, lambda: _listed(ctx.obj), show.clinics)


@clinics_app.command("list")
def clinics_list(ctx: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the clinics of this home."""
    session = ctx.obj.over(home, None, as_json)
    run_plain(session, lambda: _listed(session), show.clinics)


def _listed(session: Session) -> Result:
    """A list is no question, so that it always ends with 0."""
    return Result(document=cases.list_clinics(session.home).document)


@clinics_app.command("add")
def clinics_add(
    ctx: typer.Context,
    named: Annotated[str, typer.Argument(metavar="NAME", help="What the clinic is called.")],
    *,
    name: Name = "",
    country: Country = "",
    time_zone: TimeZone = "",
    start_on: StartOn = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write the rulebook of a further clinic, in the folder clinics."""
    session = ctx.obj.over(home, None, as_json)
    run_plain(
        session,
        lambda: write_rulebook(
            session.home,
            asked(name or named, country, time_zone, start_on, quiet=session.as_json),
            clinic=named,
        ),
        show_init,
    )


@clinics_app.command("remove")
def clinics_remove(
    ctx: typer.Context,
    named: Annotated[str, typer.Argument(metavar="NAME", help="The id or name of the clinic.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Take a clinic out of service; what is known of it is kept."""
    session = ctx.obj.over(home, None, as_json)

    def removed() -> Result:
        if not yes and not (not session.as_json and confirmed(f"Take {named} out of service?")):
            raise ConfigurationError(("--yes: nothing was removed. Add --yes to take the clinic out of service.",))
        return cases.remove_clinic(session.home, named)

    run_plain(session, removed, plain)
