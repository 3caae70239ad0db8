"""`ligament alerts`, `ligament backup` and `ligament restore`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ligament.cli.asking import confirmed
from ligament.cli.options import Clinic, Home, Json
from ligament.cli.paper import count, heading, line, listed, moment
from ligament.cli.session import Session, run_plain, run_verb

Document = Mapping[str, Any]
Command = Callable[[str], str]

alerts_app = typer.Typer(help="Who is told when a person is needed: show, test.", invoke_without_command=True)


# --- alerts -----------------------------------------------------------------------------------------------------------


@alerts_app.callback()
def alerts(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Show what people were told, what is still to be told, and addresses that do not work."""
    from ligament.wiring.alert_verbs import list_alerts  # noqa: PLC0415 - most commands need none of it

    ctx.obj = Session(home=home, clinic=clinic, as_json=as_json)
    if ctx.invoked_subcommand is None:
        run_verb(ctx.obj, list_alerts, show_alerts)


@alerts_app.command("test")
def alerts_test(ctx: typer.Context, home: Home = None, clinic: Clinic = None, as_json: Json = False) -> None:
    """Send a test message to each address, and say which took it."""
    from ligament.wiring.alert_verbs import test_alerts  # noqa: PLC0415 - as above

    run_verb(ctx.obj.over(home, clinic, as_json), test_alerts, show_test)


def show_alerts(document: Document, command: Command) -> None:
    """Tell what is open, and whether people can be reached."""
    found = document["open"]
    if not found:
        line("Nobody is needed.", style="bold")
    else:
        line(f"{count(len(found), 'cause needs', 'causes need')} a person.", style="bold")
    for one in found:
        told = "told" if one["told"] else "not told yet"
        line()
        line(f"{one['title']} (since {moment(one['since'])}, {told})")
        line(f"  {one['happened']}")
        line(f"  {one['todo']}")
    if document["to_be_sent"]:
        heading("Waiting to be sent")
        for message in document["to_be_sent"]:
            line(f"  {message['title']}")
    if document["for_the_digest"]:
        heading("For the next summary")
        for text in document["for_the_digest"]:
            line(f"  {text}")
    heading("Addresses")
    for one in document["addresses"]:
        line(f"  {one['complaint'] or one['address']}", style="yellow" if one["complaint"] else "")
    if not document["addresses"]:
        line("  None: nobody is told anything. Name some under [alerts] in the rulebook.", style="yellow")
    else:
        line(f"Try them: {command('alerts test')}")


def show_test(document: Document, command: Command) -> None:
    """Tell which addresses took the message."""
    del command
    for one in document["addresses"]:
        if one["worked"]:
            line(f"{one['address']}: sent.")
        else:
            line(one["reason"], style="yellow")


# --- backup and restore -----------------------------------------------------------------------------------------------


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; there must be none of that name.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a copy of everything but the vault key into one file, also while it runs."""
    from ligament.wiring.backup import back_up  # noqa: PLC0415 - as above

    run_plain(Session(home=home, as_json=as_json), lambda: back_up(file, home), show_backup)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `ligament backup` wrote.")],
    home: Home = None,
    as_json: Json = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Put a backup back; what it replaces is kept beside it."""
    from ligament.wiring.restore import restore as verb  # noqa: PLC0415 - as above

    session = Session(home=home, as_json=as_json, asks=True)

    def agreed(document: Document) -> bool:
        if yes:
            return True
        if as_json:
            return False
        show_preview(document)
        return confirmed("Put it back?") is True

    run_plain(session, lambda: verb(file, home, agreed), show_restored)


def show_backup(document: Document, command: Command) -> None:
    """Tell what was copied, and what was not."""
    entries = sum(one["entries"] for one in document["clinics"])
    names = listed([str(one["name"]) for one in document["clinics"]])
    line(
        f"Backed up to {document['file']}: {names}, {count(entries, 'journal entry', 'journal entries')}.", style="bold"
    )
    line(f"The vault key is not in it. {document['key']}")
    line(
        "It holds names and addresses in clear: keep it where only you can read it. "
        f"To put it back: {command('restore ' + document['file'])}"
    )


def show_preview(document: Document) -> None:
    """Tell what a backup holds and what it would replace."""
    line(
        f"A backup of {moment(document['made_at'])} ({document['age']} ago), made by version {document['version']}.",
        style="bold",
    )
    for one in document["clinics"]:
        newer = one["newer_entries"]
        behind = f"; {count(newer, 'newer entry', 'newer entries')} here would be put aside" if newer else ""
        line(f"  {one['name']}: {count(one['entries'], 'journal entry', 'journal entries')}{behind}.")
    for name in document["not_in_backup"]:
        line(f"  {name} is not in it: it would begin anew and find its records again.", style="yellow")
    line("It replaces these, which are kept beside under another name:")
    for name in document["replaces"] or ["nothing"]:
        line(f"  {name}")


def show_restored(document: Document, command: Command) -> None:
    """Tell what was put back and what comes next."""
    if not document["restored"]:
        line(document["sentence"], style="yellow")
        return
    line(f"Put back: the backup of {moment(document['made_at'])}.", style="bold")
    for name in document["kept"]:
        line(f"  What was there before is kept as {name}.")
    line("The next run reads both systems from the beginning and finds everything that was posted since.")
    line("Answers and approvals given since the backup have to be given again.")
    line(f"Next: {command('plan')}")
