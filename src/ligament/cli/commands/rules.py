"""Rule commands: list them, check them, and try them on the records kept here."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ligament.app.results import Result
from ligament.app.setup import rules as cases
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain, run_verb
from ligament.cli.views import rules as show
from ligament.wiring.settings import given_home

rules_app = typer.Typer(help="The clinic's own rules: list, check, test.", invoke_without_command=True)
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Try them on invoices from this day on.")]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.add_typer(rules_app, name="rules")


@rules_app.callback()
def rules(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List the rules in the order in which they are applied."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        _list(ctx.obj)


@rules_app.command("list")
def rules_list(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List the rules in the order in which they are applied."""
    _list(ctx.obj.over(home, clinic, as_json))


def _list(session: Session) -> None:
    run_plain(session, lambda: cases.list_rules(_home(session), session.clinic), show.rules)


@rules_app.command("check")
def rules_check(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Check the rulebook; every mistake is told as FILE:LINE:COLUMN: reason."""
    session = ctx.obj.over(home, clinic, as_json)
    run_plain(session, lambda: _checked(session), show.checked)


def _checked(session: Session) -> Result:
    result = cases.check_rules(_home(session), session.clinic)
    if session.as_json:
        sys.stderr.writelines(f"{mistake['told']}\n" for mistake in result.document["mistakes"])
    return result


@rules_app.command("test")
def rules_test(
    ctx: typer.Context, since: Since = None, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Try the rules on the records kept here: what each touches and what it changes. Nothing is written."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: cases.try_rules(held, since=since), show.tried)


def _home(session: Session) -> Path:
    return given_home(session.home)
