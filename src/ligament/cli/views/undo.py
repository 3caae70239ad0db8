"""Views of runs and of undoing one."""

from __future__ import annotations

from ligament.cli.views.paper import Column, count, heading, line, moment, table
from ligament.cli.views.types import Command, Document

_SHOWN = 40
_KINDS = {
    "payments": ("payment", "payments"),
    "allocations": ("use of credit", "uses of credit"),
    "credit_notes": ("credit note", "credit notes"),
    "invoices": ("invoice", "invoices"),
    "contacts": ("contact", "contacts"),
}


def runs(document: Document, command: Command) -> None:
    """List what ran."""
    if not document["runs"]:
        line("Nothing ran yet.")
        return
    rows = [
        [run["run_id"], run["kind"], moment(run["started_at"]), _ended(run), "undone" if run["undone_by"] else ""]
        for run in document["runs"]
    ]
    table((Column("Run"), Column("What"), Column("Began"), Column("Came to"), Column("")), rows)
    line(f"What the newest of them wrote: {command('runs show ' + str(document['runs'][0]['run_id']))}")


def run(document: Document, command: Command) -> None:
    line(f"{document['run_id']}: {document['kind']}, began {moment(document['started_at'])}, {_ended(document)}")
    for write in document["writes"][:_SHOWN]:
        line(f"  {write['action'].replace('_', ' ')}  {write['number']}  {write['amount']}")
    if len(document["writes"]) > _SHOWN:
        line(f"  ... and {len(document['writes']) - _SHOWN} more; --json has all of them.")
    if not document["writes"]:
        line(document["archived"] or "It wrote nothing.")
    elif document["kind"] != "undo" and not document["undone_by"]:
        line(f"To take it back: {command('undo ' + document['run_id'] + ' --dry-run')}")


def _ended(run: Document) -> str:
    if run["finished_at"] is None:
        return "not ended, or cut off"
    if run["summary"].get("error"):
        return "failed"
    return "parked" if run["summary"].get("parked") else "done"


def undone(document: Document, command: Command) -> None:
    """Tell what was taken back, or would be, and what stays."""
    would = bool(document.get("actions"))
    for name, title in (("taken_back", "taken back"), ("restored", "put back as they were")):
        found = [count(document[name][kind], *words) for kind, words in _KINDS.items() if document[name][kind]]
        if found:
            said = f"Would be {title}" if would else title.capitalize()
            line(f"{said}: {', '.join(found)}.")
    for action in document.get("actions", ())[:_SHOWN]:
        line(f"  {action['sentence']}")
    if document["left"]:
        heading("Stays as it is")
        for left in document["left"][:_SHOWN]:
            line(f"  {left['sentence']}")
    if document.get("sentence"):
        line(document["sentence"])
    if document.get("parked"):
        line(f"{document['parked']} Go on later: {command('undo ' + document['undone_run'] + ' --yes')}")
    if document["run_id"]:
        line(f"What was taken back waits, and is not posted again by itself: {command('holds')}")
