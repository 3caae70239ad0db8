"""Set-up commands: init, connect, doctor, vault."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.app.doctor.doctor import examine
from ligament.app.safety.vault import rotate_key
from ligament.app.setup.connect import connect_system
from ligament.app.setup.consent import PORT, Browser
from ligament.app.setup.init import write_rulebook
from ligament.cli.asking import ask_secret, tell_page
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain, run_verb
from ligament.cli.views import setup as show
from ligament.cli.views.types import plain
from ligament.wiring.rulebooks import audience_names, system_names, system_titles

_PRACTICE, _BOOKS = system_names()
_LISTS = f"; {audience_names()} for recalls" if audience_names() else ""
_PRACTICE_TITLE, _BOOKS_TITLE = system_titles()


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("init")(init)
    app.command("connect")(connect)
    app.command("doctor")(doctor)
    app.command("vault")(vault)


def init(home: Home = None, as_json: Json = False) -> None:
    """Write a commented ligament.toml and create the vault key."""
    run_plain(Session(home=home, as_json=as_json), lambda: write_rulebook(home), show.init)


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
    means = Browser(port=port, tell=tell_page)
    run_verb(
        session,
        lambda held: connect_system(held, system, ask_secret, by_browser=browser, browser=means, another=another),
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
