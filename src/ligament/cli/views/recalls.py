"""What `ligament recalls` prints for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from ligament.cli.views.paper import Column, count, heading, line, table
from ligament.core.periods import australian

_SHOWN = 30
_REASONS = {
    "archived": "archived",
    "merged": "merged into another patient",
    "no_visit": "never seen for these appointment types",
    "not_yet": "not due yet",
    "booked": "have something booked",
    "no_email": "have no e-mail address",
    "bad_email": "have an e-mail address that is none",
    "refused": "refused to be written to",
    "not_asked": "were never asked whether they may be written to",
    "unsubscribed": "unsubscribed there: never added again",
    "cleaned": "have an address that bounces",
    "pending": "were asked there to confirm, and have not",
    "not_subscribed": "are known there and never subscribed",
    "taken_out": "were taken off the list there",
    "refused_there": "are refused there for good",
    "unknown_there": "could not be added there this time",
    "shared_refused": "share an address with somebody who refused",
}


def recalls(document: Mapping[str, Any], command: Callable[[str], str]) -> None:
    """List who is due, and count who is left out."""
    rows = document["rows"]
    line(f"{count(document['due'], 'patient is', 'patients are')} due.", style="bold")
    columns = (Column("Due on"), Column("List"), Column("First name"), Column("Patient"))
    shown = [
        (australian(date.fromisoformat(row["due_on"])), row["list"], row["first_name"], row["patient_id"])
        for row in rows[:_SHOWN]
    ]
    table(columns, shown)
    if len(rows) > _SHOWN:
        line(f"... and {len(rows) - _SHOWN} more: " + command("recalls --output FILE.csv"))
    if document["left_out"]:
        heading("Left out")
        for reason, many in document["left_out"].items():
            line(f"  {many:>6,}  {_REASONS.get(reason, reason.replace('_', ' '))}")
    if "audience" in document:
        heading(f"Sent to {document['audience']}")
        line(f"  {document['pushed']:>6,}  on the list with the tag of theirs ({document['added']:,} of them new)")
        line(f"  {document['untagged']:>6,}  not due any more, so that the tag was taken off")
    for note in document["notes"]:
        line(note)
    for file in document.get("files", ()):
        line(f"Written to {file}. It names patients: keep it no longer than needed.")
