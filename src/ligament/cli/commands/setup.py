"""Set-up commands: init, connect, doctor, vault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ligament.app.doctor.doctor import examine
from ligament.app.safety.vault import rotate_key
from ligament.app.setup.connect import connect_system
from ligament.app.setup.consent import PORT, Browser
from ligament.app.setup.init import write_rulebook
from ligament.app.setup.starting import Told, tidied
from ligament.cli.asking import ask_secret, ask_text, at_terminal, is_meant, tell_page, tell_wrong
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain, run_verb
from ligament.cli.views import setup as show
from ligament.cli.views.types import plain
from ligament.wiring.rulebooks import audience_names, system_names, system_titles
from ligament.wiring.settings import given_home, has_rulebooks

_PRACTICE, _BOOKS = system_names()
_LISTS = f"; {audience_names()} for recalls" if audience_names() else ""
_PRACTICE_TITLE, _BOOKS_TITLE = system_titles()


Name = Annotated[str, typer.Option("--name", help="What people call the clinic.", show_default=False)]
Country = Annotated[str, typer.Option("--country", help="AU, NZ or UK.", show_default=False)]
TimeZone = Annotated[
    str, typer.Option("--time-zone", help="Its time zone, such as Australia/Melbourne.", show_default=False)
]
StartOn = Annotated[
    str,
    typer.Option("--start-on", help="The first day whose invoices are taken in (YYYY-MM-DD).", show_default=False),
]


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init")(init)
    app.command("connect")(connect)
    app.command("doctor")(doctor)
    app.command("vault")(vault)


def init(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    name: Name = "",
    country: Country = "",
    time_zone: TimeZone = "",
    start_on: StartOn = "",
) -> None:
    """Write a commented ligament.toml for a clinic and create the vault key; asks what the options do not say."""
    run_plain(
        Session(home=home, as_json=as_json),
        lambda: write_rulebook(
            home, _first(home, clinic, (name, country, time_zone, start_on), as_json), clinic=clinic
        ),
        show.init,
    )


def _first(home: Path | None, clinic: str | None, given: tuple[str, str, str, str], as_json: bool) -> Told:
    """Ask only where there is a place for the answers."""
    is_free = clinic is not None or not has_rulebooks(given_home(home))
    return asked(given[0] or clinic or "", *given[1:], quiet=as_json or not is_free)


def asked(name: str, country: str, time_zone: str, start_on: str, *, quiet: bool) -> Told:
    """Return what is known of a new clinic; what no option says is asked for at a terminal."""
    told = tidied(Told(name=name, country=country, time_zone=time_zone, start_on=start_on))
    if quiet or not at_terminal():
        return told
    questions = {
        "name": "What is the clinic called",
        "country": "In which country is it: AU, NZ or UK",
        "time_zone": "Its time zone, such as Australia/Melbourne",
        "start_on": "The first day whose invoices are taken in, such as 2026-07-01",
    }
    for field, question in questions.items():
        while not getattr(told, field):
            answer = tidied(replace(told, **{field: ask_text(question)}))
            wrong = answer.complaints(whole=False).get(field)
            if wrong:
                tell_wrong(wrong)
                continue
            told = answer
            break
    return told


def connect(
    system: Annotated[str, typer.Argument(help=f"{_PRACTICE} or {_BOOKS}{_LISTS}")],
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    browser: Annotated[
        bool,
        typer.Option("--browser", help=f"Sign in to {_BOOKS_TITLE} in the browser, instead of a custom connection."),
    ] = False,
    port: Annotated[
        int,
        typer.Option(help="With --browser: the port of the app's redirect URI, http://localhost:PORT/callback."),
    ] = PORT,
    another: Annotated[
        bool,
        typer.Option("--another-practice", help=f"Move this clinic to another {_PRACTICE_TITLE} account on purpose."),
    ] = False,
) -> None:
    """Check the credentials of one system and store them encrypted.

    They come from the environment, else they are asked for unseen; never from an option.
    """
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)
    means = Browser(port=port, tell=tell_page) if browser else None
    run_verb(
        session,
        lambda held: connect_system(held, system, ask_secret, browser=means, another=another, confirm=is_meant),
        show.connected,
    )


def doctor(
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    forget_waits: Annotated[
        bool, typer.Option("--forget-waits", help="Forget what the systems said about waiting, and ask anew.")
    ] = False,
) -> None:
    """Check connections, scopes, time zone, mapping, accounts and limits."""
    session = Session(home=home, clinic=clinic, as_json=as_json)
    run_verb(session, lambda held: examine(held, forget_waits=forget_waits), show.doctor)


def vault(
    home: Home = None,
    as_json: Json = False,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new key and wrap everything with it.")] = False,
) -> None:
    """Show whether the vault opens, or give it a new key."""
    run_plain(Session(home=home, as_json=as_json), lambda: rotate_key(home, rotate=rotate), plain)
