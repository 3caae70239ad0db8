"""Service commands: serve, worker, webhooks."""

from __future__ import annotations

from typing import Annotated

import typer

from ligament.cli.asking import ask_secret
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_verb


def add_commands(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("serve")(serve)
    app.command("worker")(worker)
    app.command("webhooks")(webhooks)


def serve(
    home: Home = None,
    as_json: Json = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8321,
) -> None:
    """Keep all clinics the same, and answer webhooks, /healthz and /metrics, until stopped."""
    from ligament.cli.serving import serve as run  # noqa: PLC0415 - most commands need none of it

    run(Session(home=home, as_json=as_json), host, port)


def worker(home: Home = None, as_json: Json = False) -> None:
    """Run a further worker process on the same PostgreSQL database, until stopped."""
    from ligament.cli.serving import work  # noqa: PLC0415 - most commands need none of it

    work(Session(home=home, as_json=as_json))


def webhooks(
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    address: Annotated[
        str, typer.Option(help="Where this installation is reached from the internet.", show_default=False)
    ] = "https://YOUR-ADDRESS",
    keep_key: Annotated[bool, typer.Option("--key", help="Ask for the signing key and keep it.")] = False,
) -> None:
    """Set webhooks up: the address to enter, the signing key, and whether events arrive."""
    from ligament.app.setup.incoming_webhooks import webhooks as verb  # noqa: PLC0415 - as above
    from ligament.cli.serving import show_webhooks  # noqa: PLC0415 - most commands need none of it

    session = Session(home=home, clinic=clinic, as_json=as_json, asks=keep_key)
    ask = ask_secret if keep_key else None
    run_verb(session, lambda held: verb(held, address=address, ask=ask), show_webhooks)
