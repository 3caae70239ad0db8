"""The main commands: plan, sync, approve."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ligament.app import approvals, plans
from ligament.app import sync as cycles
from ligament.app.reports.files import wanted_files
from ligament.app.reports.plan import FORMATS
from ligament.app.results import Result
from ligament.cli.asking import confirmed
from ligament.cli.commands.approve import approve_some
from ligament.cli.commands.reports import Force
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import sync as show
from ligament.cli.views.holds import approved
from ligament.cli.views.types import plain
from ligament.wiring.clinic import Clinic as OpenedClinic
from ligament.wiring.rulebooks import system_names

_PRACTICE, _BOOKS = system_names()
Wanted = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PLAN|ID]...", help="A plan, or numbers or ids of holds or actions.", show_default=False),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("plan")(plan)
    app.command("sync")(sync)
    app.command("approve")(approve)
    app.command("refuse")(refuse)


def plan(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    since: Annotated[
        str | None, typer.Option(help="Only records dated on or after this day (YYYY-MM-DD).", show_default=False)
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(help="A file to write: .xlsx, .html, .csv or .json; may be said again.", show_default=False),
    ] = None,
    force: Force = False,
    explain: Annotated[
        str | None, typer.Option(help="What decided one record, by its number or id.", show_default=False)
    ] = None,
) -> None:
    """Say what would be posted and why; nothing is written to either system."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    if explain is not None:
        run_verb(session, lambda held: plans.explain(held, explain), show.explained)
    else:
        run_verb(session, partial(_planned, since=since, output=output or (), force=force), show.plan)


def _planned(held: OpenedClinic, *, since: str | None, output: Sequence[Path], force: bool) -> Result:
    files = wanted_files(output, formats=FORMATS, force=force, confirm=confirmed)
    return plans.plan(held, since=since, files=files)


def sync(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    once: Annotated[bool, typer.Option("--once", help="Run one cycle and end.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on until stopped.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Plan every record again, not only what changed.")] = False,
) -> None:
    """Read, plan, apply what policy approves, hold the rest."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    if watch and not once:
        from ligament.cli.watching import watch_clinic  # noqa: PLC0415 - loaded only when it is wanted

        watch_clinic(session)
    else:
        run_verb(session, lambda held: _sync_once(held, full=full), show.sync)


def _sync_once(held: OpenedClinic, *, full: bool) -> Result:
    """Run one cycle; other tools hear of it, also where no service runs that would tell them."""
    from ligament.service.delivery_loop import deliver_now  # noqa: PLC0415 - most commands need none of it

    try:
        return cycles.sync(held, full=full)
    finally:
        deliver_now(held)


def approve(
    wanted: Wanted = None,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    choice: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="DECISION",
            help=f"Another decision: cash, separate, practice (or {_PRACTICE}), books (or {_BOOKS}).",
            show_default=False,
        ),
    ] = "",
    contact: Annotated[
        str,
        typer.Option(
            metavar="ID", help="The contact that is the same person, where it may be several.", show_default=False
        ),
    ] = "",
) -> None:
    """Approve what waits; without names, everything in the newest plan is shown and asked for once."""
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)
    run_verb(
        session,
        lambda held: approve_some(
            held, wanted or [], yes=yes, choice=choice, contact=contact, quiet=as_json, command=session.command
        ),
        approved,
    )


def refuse(
    wanted: Wanted = None,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    reason: Annotated[str, typer.Option("--reason", help="Why not; it is kept in the journal.")] = "",
) -> None:
    """Refuse what waits; it is in no later plan until the record changes or somebody retries it."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    run_verb(session, lambda held: approvals.refuse(held, wanted or [], reason=reason), plain)
