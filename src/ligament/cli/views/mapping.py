"""Mapping views: each choice with what the books offer, and what was written."""

from __future__ import annotations

from ligament.cli.views.paper import count, heading, line
from ligament.cli.views.types import Command, Document

_OFFERED = 30


def question(one: Document, ask: str = " Type y to take it.") -> None:
    """Print one choice with what can be chosen."""
    heading(f"{one['asks']} ({one['key']})")
    line(f"  Now: {one['current'] or 'nothing'}")
    for option in one["options"][:_OFFERED]:
        line(f"  {option['label']}")
    if one["suggestion"]:
        line(f"  Suggested: {one['label']}, because {one['reason']}.{ask}")
    elif one["reason"]:
        line(f"  No suggestion: {one['reason']}.")


def mapped(document: Document, command: Command) -> None:
    """Tell what was written, what is still missing, and what comes next."""
    for one in document["written"]:
        line(f'Written: {one["key"]} = "{one["written"]}" ({one["asks"]}; {one["reason"] or "your choice"}).')
    gaps = document["gaps"]
    for one in gaps:
        question(one, ask="")
    if gaps:
        heading(f"{count(len(gaps), 'choice is', 'choices are')} still to be made.")
        if any(one["suggestion"] for one in gaps):
            line(f"To take the suggestions: {command('map --accept')}")
    else:
        line("Every choice that is needed is made.", style="bold")
    line(f"Next: {command('doctor')}")
