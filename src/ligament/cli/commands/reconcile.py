"""The commands `reconcile` and `variances`: compare both systems, and say what is to become of each difference."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ligament.app import variances as variance_verbs
from ligament.app.reconcile import Period, reconcile, side_by_side
from ligament.app.reports.comparison import comparison_report
from ligament.app.reports.files import wanted_files, write_files
from ligament.app.results import Result
from ligament.app.vanished import accept_removed
from ligament.cli.asking import confirmed
from ligament.cli.commands.reports import Force, Outputs
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import reconcile as show
from ligament.wiring.clinic import Clinic as OpenedClinic

variances_app = typer.Typer(
    help="The differences found: list, show, acknowledge, fix, accept-removed.", invoke_without_command=True
)
VarianceName = Annotated[str, typer.Argument(metavar="ID", help="The id of a variance, as `variances` lists it.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("reconcile")(compare)
    app.add_typer(variances_app, name="variances")


def compare(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day (YYYY-MM-DD).", show_default=False)
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last day (YYYY-MM-DD).", show_default=False)
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Everything since the first day taken in, all of it now.")
    ] = False,
    output: Outputs = None,
    force: Force = False,
) -> None:
    """Compare everything in both systems and explain every difference; writes nothing to either."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    verb = partial(_compare, first=first, last=last, full=full, outputs=output or [], force=force)
    run_verb(session, verb, show.compared)


def _compare(
    opened: OpenedClinic, *, first: str | None, last: str | None, full: bool, outputs: list[Path], force: bool
) -> Result:
    files = wanted_files(outputs, force=force, confirm=confirmed)
    verdict = reconcile(opened, first=first, last=last, full=full)
    if not files.paths:
        return verdict
    period = Period.of(verdict.document["period"])
    told = comparison_report(opened, verdict.document, lambda: side_by_side(opened, period))
    return replace(verdict, document=write_files(files, told, verdict.document))


@variances_app.callback()
def variances(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List the differences that were found."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, variance_verbs.list_variances, show.variances)


@variances_app.command("list")
def variances_list(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List the differences that were found."""
    run_verb(ctx.obj.over(home, clinic, as_json), variance_verbs.list_variances, show.variances)


@variances_app.command("show")
def variances_show(
    ctx: typer.Context, wanted: VarianceName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Show one difference with its history."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: variance_verbs.show_variance(held, wanted), show.variance)


@variances_app.command("acknowledge")
def variances_acknowledge(
    ctx: typer.Context,
    wanted: VarianceName,
    *,
    note: Annotated[str, typer.Option(help="Why it is all right.")],
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
) -> None:
    """Say that a difference is known; it counts no more while its amount stays."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: variance_verbs.acknowledge(held, wanted, note), show.variance)


@variances_app.command("fix")
def variances_fix(
    ctx: typer.Context,
    wanted: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of variances.", show_default=False)
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that can be mended and is not known.")] = False,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
) -> None:
    """Plan what mends differences; what asks waits for `approve`, and the next run does it."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: variance_verbs.fix(held, wanted or [], everything=everything), show.fixing)


@variances_app.command("accept-removed")
def variances_accept_removed(
    ctx: typer.Context,
    *,
    note: Annotated[str, typer.Option(help="Why they are gone.")],
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
) -> None:
    """Say that invoices which vanished in the practice were really removed; the next comparison goes on with that."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: accept_removed(held, note), show.removed)
