"""Views of the clinic's rules."""

from __future__ import annotations

import sys

from ligament.cli.views.progress import console
from ligament.cli.views.types import Command, Document

_SHOWN = 5


def rules(document: Document, command: Command) -> None:
    """Print the rules in the order in which they are applied."""
    out = console()
    if not document["rules"]:
        out.print("There are no rules yet. Write the first one under a [[rules]] line of the rulebook.", markup=False)
        return
    for rule in document["rules"]:
        out.print(f"{rule['name']}  [{rule['kind']}]", markup=False, highlight=False)
        out.print(f"  when {rule['when']}", markup=False, highlight=False)
        for name, value in rule["effects"].items():
            out.print(f"  {name}: {_effect(value)}", markup=False, highlight=False)
    out.print(f"Try them without writing anything: {command('rules test')}", markup=False, highlight=False)


def _effect(value: object) -> str:
    return ", ".join(f"{name} = {held}" for name, held in value.items()) if isinstance(value, dict) else str(value)


def checked(document: Document, command: Command) -> None:
    """Print each mistake as FILE:LINE:COLUMN: reason, or that there is none."""
    del command
    # Not through the console, which would break a line that editors and tools read.
    for mistake in document["mistakes"]:
        sys.stdout.write(f"{mistake['told']}\n")
    if not document["mistakes"]:
        number = document["rules"]
        sys.stdout.write(f"{number} {'rule' if number == 1 else 'rules'}, and nothing is wrong with the rulebook.\n")


def tried(document: Document, command: Command) -> None:
    """Print what each rule touches and what it changes."""
    del command
    out = console()
    if not document["rules"]:
        out.print("There are no rules yet.", markup=False)
    for rule in document["rules"]:
        records = "record" if rule["matched"] == 1 else "records"
        number = len(rule["changes"])
        changes = "change" if number == 1 else "changes"
        out.print(f"{rule['name']}: {rule['matched']} {records}, {number} {changes}", markup=False)
        for change in rule["changes"][:_SHOWN]:
            who = change["number"] or change["source_id"]
            before, after = change["before"] or "nothing", change["after"] or "nothing"
            out.print(f"  {who}  {change['field']}: {before} -> {after}", markup=False, highlight=False)
        if len(rule["changes"]) > _SHOWN:
            out.print(f"  and {len(rule['changes']) - _SHOWN} more (--json shows all)", markup=False, highlight=False)
    out.print("Nothing was written.", markup=False)
