"""The commands `runs` and `undo`: what ran, and taking back what one run posted."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from ligament.app.documents import Document
from ligament.app.results import WAITS, Result
from ligament.app.runs import list_runs, show_run
from ligament.app.undo import give_up, undo
from ligament.app.undo_names import with_names
from ligament.cli.asking import confirmed
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import undo as show
from ligament.wiring.clinic import Clinic as OpenedClinic

runs_app = typer.Typer(help="What ran: list, show.", invoke_without_command=True)
RunName = Annotated[str, typer.Argument(metavar="RUN", help="The id of a run, as `runs` lists it.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.add_typer(runs_app, name="runs")
    app.command("undo")(take_back)


@runs_app.callback()
def runs(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List what ran, newest first."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, list_runs, show.runs)


@runs_app.command("list")
def runs_list(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List what ran, newest first."""
    run_verb(ctx.obj.over(home, clinic, as_json), list_runs, show.runs)


@runs_app.command("show")
def runs_show(
    ctx: typer.Context, wanted: RunName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Show one run with everything that it wrote."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: show_run(held, wanted), show.run)


def take_back(
    wanted: RunName,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be taken back and what not.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; counts as your approval.")] = False,
    ends: Annotated[
        bool, typer.Option("--give-up", help="End an undo that was cut off: what is not taken back by now stays.")
    ] = False,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
) -> None:
    """Take back what one run posted, saying first what the books will not let go."""
    if ends and (dry_run or yes):
        raise typer.BadParameter("It goes with neither --dry-run nor --yes.", param_hint="--give-up")
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=not (yes or dry_run or ends))

    def verb(held: OpenedClinic) -> Result:
        told = give_up(held, wanted) if ends else _undo(held, session, wanted, dry_run=dry_run, yes=yes)
        return told if as_json else replace(told, document=with_names(held, told.document))

    run_verb(session, verb, show.undone)


def _undo(clinic: OpenedClinic, session: Session, wanted: str, *, dry_run: bool, yes: bool) -> Result:
    if dry_run or yes:
        return undo(clinic, wanted, dry_run=dry_run)
    first = undo(clinic, wanted, dry_run=True)
    if not first.document.get("actions"):
        return undo(clinic, wanted)
    if not session.as_json:
        show.undone(with_names(clinic, first.document), session.command)
    answer = confirmed("Take all of this back?")
    if answer:
        return undo(clinic, wanted)
    why = "Nobody can be asked here, so nothing was taken back: add --yes."
    sentence = why if answer is None else "Nothing was taken back."
    return replace(first, document={**_shown(first.document, session), "sentence": sentence}, code=WAITS)


def _shown(document: Document, session: Session) -> Document:
    """Leave out what stands on the screen already, above the question."""
    if session.as_json:
        return document
    nothing = {name: dict.fromkeys(document[name], 0) for name in ("taken_back", "restored")}
    return {**document, **nothing, "actions": (), "left": ()}
