"""Commands that print what comes with the program: recipes and guides."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.app import guides as cases
from ligament.cli.options import Json
from ligament.cli.session import Session, run_plain
from ligament.cli.views import guides as show

Named = Annotated[str | None, typer.Argument(metavar="[NAME]", help="Which one to print.", show_default=False)]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("recipes")(recipes)
    app.command("guides")(guides)


def recipes(named: Named = None, as_json: Json = False) -> None:
    """Rulebooks and rules to begin with: list them, or print one."""
    run_plain(Session(as_json=as_json), lambda: cases.recipes(named), show.recipes)


def guides(named: Named = None, as_json: Json = False) -> None:
    """The guides that come with the program: list them, or print one."""
    run_plain(Session(as_json=as_json), lambda: cases.guides(named), show.guides)
