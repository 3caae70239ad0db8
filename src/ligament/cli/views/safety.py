"""Safety views: alerts, backup and restore on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ligament.cli.views.paper import count, heading, line, listed, moment

Document = Mapping[str, Any]


Command = Callable[[str], str]
_SHOWN_CHANGES = 20


def show_alerts(document: Document, command: Command) -> None:
    """Tell what is open, and whether people can be reached."""
    found = document["open"]
    if not found:
        line("No alert is open.", style="bold")
        line(f"What waits for an answer: {command('holds')}")
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


def show_backup(document: Document, command: Command) -> None:
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
    if not document["sealed"]:
        line("It bears no seal: nobody can tell whether somebody changed it.", style="bold red")
    changes = document["rulebook_changes"]
    if changes:
        line("The rulebook would change:", style="yellow")
    for one in changes[:_SHOWN_CHANGES]:
        now, then = ("nothing" if value is None else value for value in (one["now"], one["then"]))
        line(f"  {one['file']}{', ' + one['key'] if one['key'] else ''}: {now} today, {then} afterwards.")
    if len(changes) > _SHOWN_CHANGES:
        line(f"  and {len(changes) - _SHOWN_CHANGES:,} more settings.")
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
