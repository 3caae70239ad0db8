"""The `ligament` command: reads the arguments, calls a verb, prints what it tells, and exits with its code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ligament.cli import show
from ligament.cli.session import Session, run_verb

app = typer.Typer(
    name="ligament",
    help="Keeps a Cliniko practice and its Xero books the same.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
holds_app = typer.Typer(help="What waits for a person: list, show, retry, dismiss.", invoke_without_command=True)
journal_app = typer.Typer(help="The audit trail: show, verify, export.", invoke_without_command=True)
app.add_typer(holds_app, name="holds")
app.add_typer(journal_app, name="journal")

Home = Annotated[
    Path | None, typer.Option("--home", help="Folder with ligament.toml and the database.", show_default=False)
]
Clinic = Annotated[
    str | None, typer.Option("--clinic", help="Which clinic, where there are several.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One machine-readable document on standard output.")]


@app.command()
def init(home: Home = None, as_json: Json = False) -> None:
    """Write a commented ligament.toml and create the vault key."""
    from ligament.wiring.starting import write_rulebook

    run_verb(Session(home=home, as_json=as_json), lambda _: write_rulebook(home), show.init, needs_app=False)


@app.command()
def connect(
    system: Annotated[str, typer.Argument(help="cliniko or xero")],
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    browser: Annotated[
        bool, typer.Option("--browser", help="Sign in with the browser instead of a custom connection.")
    ] = False,
) -> None:
    """Check the credentials of one system and store them encrypted."""
    from ligament.wiring.connecting import connect_system

    session = Session(home=home, clinic=clinic, as_json=as_json)
    run_verb(
        session, lambda held: connect_system(held, system, ask=show.ask_secret, by_browser=browser), show.connected
    )


@app.command()
def doctor(home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Check connections, scopes, time zone, mapping, accounts and limits."""
    from ligament.wiring.checking import examine

    run_verb(Session(home=home, clinic=clinic, as_json=as_json), examine, show.doctor)


@app.command()
def plan(
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    since: Annotated[
        str | None, typer.Option(help="Only records dated on or after this day (YYYY-MM-DD).", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the document to this file too.", show_default=False)
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
        run_verb(session, lambda held: held.plan(since=since), show.plan)


@app.command()
def sync(
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
        from ligament.cli.watching import watch_clinic

        watch_clinic(session)
    else:
        run_verb(session, lambda held: held.sync(full=full), show.sync)


@app.command()
def approve(
    wanted: Annotated[
        list[str] | None, typer.Argument(help="A plan, or numbers or ids of holds or actions.", show_default=False)
    ] = None,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    choice: Annotated[
        str, typer.Option("--as", help="Another decision: cash, separate, practice, books.", show_default=False)
    ] = "",
) -> None:
    """Approve what waits; without names, everything in the newest plan is shown and asked for once."""
    from ligament.cli.deciding import approve_some

    session = Session(home=home, clinic=clinic, as_json=as_json)
    run_verb(session, lambda held: approve_some(held, wanted or [], yes=yes or as_json, choice=choice), show.approved)


@holds_app.callback()
def holds(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """List what waits for a person."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, lambda held: held.list_holds(), show.holds)


@holds_app.command("show")
def holds_show(
    ctx: typer.Context, wanted: str, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Show one hold with its detail."""
    session = ctx.obj.over(home, clinic, as_json)
    run_verb(session, lambda held: held.show_hold(wanted), show.hold)


@holds_app.command("retry")
def holds_retry(
    ctx: typer.Context, wanted: str, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Try again at the next run what a system refused; `all` for everything."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: held.retry(wanted), show.plain)


@holds_app.command("dismiss")
def holds_dismiss(
    ctx: typer.Context, wanted: str, home: Home = None, clinic: Clinic = None, as_json: Json = False
) -> None:
    """Leave a record as it is, until it changes."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: held.dismiss(wanted), show.plain)


@journal_app.callback()
def journal(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Show the newest entries of the audit trail."""
    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, lambda held: held.journal_page(), show.journal)


@journal_app.command("verify")
def journal_verify(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Check the chain, and name the first broken entry."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: held.journal_verify(), show.verified)


@journal_app.command("export")
def journal_export(
    ctx: typer.Context,
    home: Home = None,
    clinic: Clinic = None,
    as_json: Json = False,
    output: Annotated[
        Path | None, typer.Option(help="File to write; standard output without it.", show_default=False)
    ] = None,
) -> None:
    """Write every entry as one line of JSON."""
    run_verb(ctx.obj.over(home, clinic, as_json), lambda held: held.journal_export(output), show.exported)


@app.command()
def vault(
    home: Home = None,
    as_json: Json = False,
    rotate: Annotated[bool, typer.Option("--rotate", help="Make a new key and wrap everything with it.")] = False,
) -> None:
    """Show whether the vault opens, or give it a new key."""
    from ligament.wiring.starting import rotate_key

    session = Session(home=home, as_json=as_json)
    run_verb(session, lambda _: rotate_key(home, rotate=rotate), show.plain, needs_app=False)


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
    from ligament.cli.demo import run_demo

    run_demo(once=once, seed=seed, size=size, as_json=as_json)


def main() -> None:
    """Run the command; an unexpected error tells its kind and where the detail is, never a name or a secret."""
    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write("Stopped. Everything done until now is kept; run it again to go on.\n")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
