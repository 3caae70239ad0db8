"""The `ligament` command: reads the arguments, calls a verb, prints what it tells, and exits with its code."""

from __future__ import annotations

import signal
import sys
import traceback
from operator import itemgetter
from pathlib import Path
from typing import Annotated

import typer

from ligament.app import holds as hold_verbs
from ligament.app import journal as journal_verbs
from ligament.app import plans as plan_verbs
from ligament.app.doctor.doctor import examine
from ligament.app.output import to_json
from ligament.app.safety.vault import rotate_key
from ligament.app.setup.connect import connect_system
from ligament.app.setup.consent import PORT, Browser
from ligament.app.setup.init import write_rulebook
from ligament.cli.asking import ask_secret, tell_page
from ligament.cli.commands.approve import approve_some
from ligament.cli.commands.contacts import add_commands
from ligament.cli.commands.reports import add_commands as add_reports
from ligament.cli.commands.safety import alerts_app, backup, restore
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.session import Session, run_plain, run_verb
from ligament.cli.views import sync as show
from ligament.wiring.rulebooks import system_names, system_titles

UNEXPECTED = 70
_PRACTICE, _BOOKS = system_names()
_PRACTICE_TITLE, _BOOKS_TITLE = system_titles()

app = typer.Typer(
    name="ligament",
    help=f"Keeps a {_PRACTICE_TITLE} practice and its {_BOOKS_TITLE} books the same.",
    epilog="Exit codes: 0 done, nothing waits; 1 done, something is held or differs; 2 wrong usage or configuration; "
    "3 a system could not be reached or signed in to.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
holds_app = typer.Typer(help="What waits for a person: list, show, retry, dismiss.", invoke_without_command=True)
journal_app = typer.Typer(help="The audit trail: show, verify, export.", invoke_without_command=True)
app.add_typer(holds_app, name="holds")
app.add_typer(journal_app, name="journal")
app.add_typer(alerts_app, name="alerts")
app.command()(backup)
app.command()(restore)

HoldName = Annotated[str, typer.Argument(metavar="ID", help="The id of a hold, or the number or id of its record.")]


@app.command()
def init(home: Home = None, as_json: Json = False) -> None:
    """Write a commented ligament.toml and create the vault key."""
    run_plain(Session(home=home, as_json=as_json), lambda: write_rulebook(home), show.init)


@app.command()
def connect(
    system: Annotated[str, typer.Argument(help=f"{_PRACTICE} or {_BOOKS}")],
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
) -> None:
    """Check the credentials of one system and store them encrypted.

    They come from the environment, else they are asked for unseen; never from an option.
    """
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)
    means = Browser(port=port, tell=tell_page)
    run_verb(
        session,
        lambda held: connect_system(held, system, ask_secret, by_browser=browser, browser=means),
        show.connected,
    )


@app.command()
def doctor(home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Check connections, scopes, time zone, mapping, accounts and limits."""
    run_verb(Session(home=home, clinic=clinic, as_json=as_json), examine, show.doctor)


@app.command()
def plan(
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    since: Annotated[
        str | None, typer.Option(help="Only records dated on or after this day (YYYY-MM-DD).", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the document to this file too, as JSON.", show_default=False)
    ] = None,
    explain: Annotated[
        str | None, typer.Option(help="What decided one record, by its number or id.", show_default=False)
    ] = None,
) -> None:
    """Say what would be posted and why; nothing is written to either system."""
    session = Session(home=home, clinic=clinic, as_json=as_json, output=output)
    if explain is not None:
        run_verb(session, lambda held: held.explain(explain), show.explained)
    else:
        run_verb(session, lambda held: plan_verbs.plan(held, since=since), show.plan)


@app.command()
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
        from ligament.cli.commands.watch import watch_clinic  # noqa: PLC0415 - loaded only when it is wanted

        watch_clinic(session)
    else:
        run_verb(session, lambda held: held.sync(full=full), show.sync)


@app.command()
def approve(
    wanted: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PLAN|ID]...", help="A plan, or numbers or ids of holds or actions.", show_default=False
        ),
    ] = None,
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
) -> None:
    """Approve what waits; without names, everything in the newest plan is shown and asked for once."""
    session = Session(home=home, clinic=clinic, as_json=as_json, asks=True)
    run_verb(
        session,
        lambda held: approve_some(held, wanted or [], yes=yes, choice=choice, quiet=as_json, command=session.command),
        show.approved,
    )


@holds_app.callback()
def holds(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List what waits for a person."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, hold_verbs.list_holds, show.holds, part=itemgetter("holds"))


@holds_app.command("show")
def holds_show(
    ctx: typer.Context, wanted: HoldName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Show one hold with its detail."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: hold_verbs.show_hold(held, wanted), show.hold)


@holds_app.command("retry")
def holds_retry(
    ctx: typer.Context, wanted: HoldName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Try again at the next run what waits: one, all for one reason (its code), or `all` that was refused."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: hold_verbs.retry(held, wanted), show.plain)


@holds_app.command("dismiss")
def holds_dismiss(
    ctx: typer.Context, wanted: HoldName, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Leave a record as it is, until it changes."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: hold_verbs.dismiss(held, wanted), show.plain)


@journal_app.callback()
def journal(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Show the newest entries of the audit trail."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, journal_verbs.journal_page, show.journal)


@journal_app.command("verify")
def journal_verify(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Check the chain, and name the first broken entry."""
    run_verb(ctx.obj.over(home, clinic, as_json), journal_verbs.journal_verify, show.verified)


@journal_app.command("export")
def journal_export(
    ctx: typer.Context,
    *,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    output: Annotated[
        Path | None, typer.Option(help="File to write; standard output without it.", show_default=False)
    ] = None,
) -> None:
    """Write every entry as one line of JSON."""
    session = ctx.obj.over(home, clinic, as_json)
    stream = None if session.as_json else sys.stdout
    run_verb(session, lambda held: journal_verbs.journal_export(held, output, stream), show.exported)


@app.command()
def vault(
    home: Home = None,
    as_json: Json = False,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new key and wrap everything with it.")] = False,
) -> None:
    """Show whether the vault opens, or give it a new key."""
    run_plain(Session(home=home, as_json=as_json), lambda: rotate_key(home, rotate=rotate), show.plain)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End after the summary instead of serving the dashboard.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Which made-up clinic.")] = 1,
    size: Annotated[str, typer.Option(help="small or medium")] = "medium",
    as_json: Json = False,
) -> None:
    """Run a made-up clinic on simulated servers on this machine, and print the outcome."""
    from ligament.cli.commands.demo import run_demo  # noqa: PLC0415 - the simulators are loaded only when they are wanted

    run_demo(once=once, seed=seed, size=size, as_json=as_json)


@app.command()
def serve(
    home: Home = None,
    as_json: Json = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8321,
) -> None:
    """Keep all clinics the same, and answer webhooks, /healthz and /metrics, until stopped."""
    from ligament.cli.commands.serve import serve as run  # noqa: PLC0415 - most commands need none of it

    run(Session(home=home, as_json=as_json), host, port)


@app.command()
def worker(home: Home = None, as_json: Json = False) -> None:
    """Run a further worker process on the same PostgreSQL database, until stopped."""
    from ligament.cli.commands.serve import work  # noqa: PLC0415 - most commands need none of it

    work(Session(home=home, as_json=as_json))


@app.command()
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
    from ligament.cli.commands.serve import show_webhooks  # noqa: PLC0415 - most commands need none of it

    session = Session(home=home, clinic=clinic, as_json=as_json, asks=keep_key)
    ask = ask_secret if keep_key else None
    run_verb(session, lambda held: verb(held, address=address, ask=ask), show_webhooks)


add_commands(app)
add_reports(app)


def main() -> None:
    """Run the command; an unexpected error tells its kind and place, never a name or a secret."""
    # Asked to end by the system it ends as with Ctrl-C, and gives back first what other processes wait for.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except SystemExit as stop:
        _tell_wrong_usage(stop)
        raise
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Everything done until now is kept; run it again to go on.\n")
        raise SystemExit(130) from None
    except Exception as error:  # noqa: BLE001 - the message of an unknown error may name a person, so only its kind is told
        sys.stderr.write(_unexpected(error))
        raise SystemExit(UNEXPECTED) from None


def _tell_wrong_usage(stop: SystemExit) -> None:
    """Print the document that a machine waits for when the library that reads the arguments refused them itself."""
    # Only that library ends the process while it handles an error that can word itself; people were told by it already.
    words = getattr(stop.__context__, "format_message", None)
    if words is not None and "--json" in sys.argv:
        document = {"error": {"kind": "usage", "sentences": [words()], "detail": ""}}
        sys.stdout.write(to_json(document) + "\n")


def _unexpected(error: Exception) -> str:
    """Return what to say about an error nobody foresaw, and print the document that a machine waits for."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-4:]]
    sentence = "Something happened that should not have. Everything done until now is kept, and nothing is sent twice."
    detail = f"{type(error).__name__} at {' < '.join(reversed(places))}"
    if "--json" in sys.argv:
        document = {"error": {"kind": "unexpected", "sentences": [sentence], "detail": detail}}
        sys.stdout.write(to_json(document) + "\n")
    return f"{sentence}\nPlease report it with this line: {detail}\n"


if __name__ == "__main__":
    main()
