"""`ligament map`: chooses accounts, tax types, clearing account and tracking from what the books have."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.app.documents import Document
from ligament.app.results import Result
from ligament.app.setup import mapping as cases
from ligament.cli.asking import ask_text, at_terminal, tell_wrong
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb
from ligament.cli.views import mapping as show
from ligament.wiring.clinic import Clinic as OpenedClinic
from ligament.wiring.errors import ConfigurationError


def add_commands(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("map")(choose)


def choose(
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    accept: Annotated[bool, typer.Option("--accept", help="Write every suggestion for a gap without asking.")] = False,
) -> None:
    """Choose accounts, tax types, clearing account and tracking from what the books have; gaps first."""
    is_asking = not accept and not as_json and at_terminal()
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=is_asking)
    run_verb(session, lambda held: _mapped(held, accept=accept, is_asking=is_asking), show.mapped)


def _mapped(clinic: OpenedClinic, *, accept: bool, is_asking: bool) -> Result:
    found = cases.survey(clinic)
    written: list[Document] = []
    if accept:
        written = cases.accept(clinic, found)
    elif is_asking:
        written = [one for question in cases.questions(found) if (one := _asked(clinic, found, question))]
    return cases.map_document(found, written)


def _asked(clinic: OpenedClinic, found: cases.Survey, question: cases.Question) -> Document | None:
    """Ask until the answer is one that the books can use; an empty one leaves the rulebook as it is."""
    show.question(cases.question_document(question))
    while answer := ask_text("Code, name or tax type; empty leaves it"):
        value = question.suggestion if answer.strip().casefold() in {"y", "yes"} and question.suggestion else answer
        try:
            written = cases.choose(clinic, found, question.key, value)
        except ConfigurationError as error:
            tell_wrong(error.complaints[0])
            continue
        return {**cases.question_document(question), "written": written}
    return None
