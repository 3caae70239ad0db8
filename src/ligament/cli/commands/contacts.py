"""`find`, `duplicates` and `privacy`: what is known about people, for the clinic's own screen."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.app.contacts import duplicates
from ligament.app.contacts import find as finding
from ligament.app.contacts import privacy as dial
from ligament.app.results import WAITS, Result
from ligament.cli.asking import confirmed
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views.contacts import show_duplicates, show_found, show_preview, show_sentence
from ligament.core.rules.model import Privacy
from ligament.wiring.clinic import Clinic as OpenClinic


def add_commands(app: typer.Typer) -> None:
    """Add the commands about people."""
    app.command("find")(find)
    app.command("duplicates")(list_duplicates)
    app.command("privacy")(privacy)


def find(
    wanted: Annotated[str, typer.Argument(metavar="TEXT", help="An id, a number, a name or an e-mail address.")],
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
) -> None:
    """Show a pair with its fields side by side, its documents, holds and history."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    run_verb(session, lambda held: finding.find(held, wanted), show_found)


def list_duplicates(home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List records of one system that are probably the same person; nothing is merged."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    run_verb(session, duplicates.find_duplicates, show_duplicates)


def privacy(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    preview: Annotated[
        Privacy | None, typer.Option(help="What the books would hold with the dial there.", show_default=False)
    ] = None,
    payers: Annotated[bool, typer.Option("--payers", help="For payers instead of patients.")] = False,
    destroy: Annotated[
        bool, typer.Option("--destroy-codes", help="Destroy the key behind the opaque codes, after asking.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Preview the privacy dial with a few people, or let go of the key behind the codes."""
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)
    if destroy:
        run_verb(session, lambda held: _destroyed(held, yes=yes), show_sentence)
        return
    run_verb(session, lambda held: dial.preview(held, _mode(held, preview, payers), payers=payers), show_preview)


def _mode(held: OpenClinic, chosen: Privacy | None, payers: bool) -> str:
    contacts = held.settings.rulebook.contacts
    return (chosen or (contacts.privacy_payer if payers else contacts.privacy)).value


def _destroyed(held: OpenClinic, *, yes: bool) -> Result:
    question = "Destroy the key behind the codes? Nobody can undo it."
    if yes or confirmed(question):
        return dial.destroy_codes(held)
    return Result(document={"destroyed": False, "sentence": "Nothing was destroyed."}, code=WAITS)


# --- what is printed --------------------------------------------------------------------------------------------------
