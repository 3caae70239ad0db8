"""Set-up views: init, connect and doctor on the screen."""

from __future__ import annotations

from ligament.cli.views.paper import count, heading, line, listed
from ligament.cli.views.sync import calls_used
from ligament.cli.views.types import Command, Document

_MARKS = {"ok": ("ok", "green"), "warn": ("look", "yellow"), "bad": ("wrong", "red")}


def init(document: Document, command: Command) -> None:
    """Tell where the rulebook is and what comes next."""
    del command
    line(f"The rulebook is written: {document['rulebook']}")
    if document["left_out"]:
        line(f"Nobody said {listed(document['left_out'])}. Write it there, where it says CHECK.")
    line("Accounts, taxes and the clearing account are left out; `ligament map` offers what the books have.")
    if document["key_file"]:
        line(f"The vault key is in {document['key_file']}. Back it up, apart from the database: without it the")
        line("stored credentials cannot be opened.")
    heading("Next")
    for place, step in enumerate(document["next"], 1):
        line(f"{place}. {step}")


def connected(document: Document, command: Command) -> None:
    role = f", with the key of a user who is {document['role']}" if document.get("role") else ""
    account = document["account"] or "the account"
    line(f"{document['title']} is connected: {account}{role}. The credentials are stored encrypted.")
    for warning in document["warnings"]:
        line(f"Mind: {warning}", style="yellow")
    for note in document["notes"]:
        line(note)
    line(f"Next: {command(document['next'])}")


def doctor(document: Document, command: Command) -> None:
    """Tell every check by area, the troubled ones with what to do."""
    wrong, look = document["bad"], document["warn"]
    if wrong or look:
        parts = ([count(wrong, "thing is wrong", "things are wrong")] if wrong else []) + (
            [count(look, "thing to look at", "things to look at")] if look else []
        )
        line(f"{listed(parts).capitalize()}; {document['ok']} are well.", style="bold")
    else:
        line(f"All is well: {count(document['ok'], 'check')}.", style="bold")
    for area in dict.fromkeys(check["area"] for check in document["checks"]):
        heading(area)
        for check in (one for one in document["checks"] if one["area"] == area):
            word, style = _MARKS[check["state"]]
            line(f"  {word:<6} {check['sentence']}", style="" if check["state"] == "ok" else style)
            if check["todo"]:
                line(f"         {check['todo']}")
    line()
    line(calls_used(document["calls"]) + ".")
    line(f"Next: {command('plan' if not wrong else 'doctor')}")
