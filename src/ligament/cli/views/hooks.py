"""What `ligament hooks` prints for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ligament.cli.views.paper import Column, count, heading, line, moment, table

Document = Mapping[str, Any]
Command = Callable[[str], str]
_SHOWN = 30


def hooks(document: Document, command: Command) -> None:
    """List the addresses."""
    found = document["hooks"]
    if not found:
        line("No other tool is told anything. Add an address: " + command("hooks add URL --event hold.opened"))
        return
    columns = (Column("Id"), Column("State"), Column("Waiting", right=True), Column("Dead", right=True), Column("To"))
    rows = [(one["id"], one["state"], str(one["waiting"]), str(one["dead"]), one["url"]) for one in found]
    table(columns, rows)
    for one in found:
        heading(one["id"])
        line(f"  is told: {', '.join(one['events'])}")
    if any(one["dead"] for one in found):
        line()
        line("What was not taken can be sent again: " + command("hooks replay ID"))


def added(document: Document, command: Command) -> None:
    """Tell the id and, this once, the secret."""
    line(f"Added: {document['id']} is told {count(len(document['events']), 'kind of event', 'kinds of events')}.")
    _secret(document)
    line()
    line("Shown this once. Lost it? " + command(f"hooks rotate {document['id']}"))


def rotated(document: Document, command: Command) -> None:  # noqa: ARG001 - every view is called alike
    """Tell the new secret."""
    line(f"{document['id']} has a new secret. Until {moment(document['former_signs_until'])} both sign.")
    _secret(document)


def _secret(document: Document) -> None:
    line()
    line(f"Signing secret:    {document['secret']}")
    line(f"As plain text:     {document['secret_as_text']}")


def removed(document: Document, command: Command) -> None:  # noqa: ARG001 - as above
    line(f"Removed: {document['removed']} is told nothing more.")


def deliveries(document: Document, command: Command) -> None:  # noqa: ARG001 - as above
    """List the newest deliveries."""
    found = document["deliveries"]
    if not found:
        line("Nothing was sent there yet.")
        return
    columns = (
        Column("Delivery"),
        Column("What"),
        Column("State"),
        Column("Attempts", right=True),
        Column("Last answer"),
    )
    rows = [
        (one["id"], one["type"], one["state"], str(one["attempts"]), one["reason"] or "-") for one in found[:_SHOWN]
    ]
    table(columns, rows)
    if len(found) > _SHOWN:
        line(f"... and {len(found) - _SHOWN} older ones (--json shows them).")


def replayed(document: Document, command: Command) -> None:  # noqa: ARG001 - as above
    """Tell how many leave once more."""
    line(f"{count(document['replayed'], 'delivery leaves', 'deliveries leave')} once more, under the id it had.")
