"""Clinic views: one line for each, and what came of adding or removing one."""

from __future__ import annotations

from ligament.cli.views.paper import Column, line, moment, table
from ligament.cli.views.types import Command, Document

_STATES = {"well": "well", "waits": "waits for you", "troubled": "troubled", "stopped": "stopped", "parked": "pauses"}


def clinics(document: Document, command: Command) -> None:
    """Print one line for each clinic: its state, what waits, and when it ran and runs."""
    found = document["clinics"]
    if not found:
        line(f"There is no clinic yet. {command('init')} begins one.")
        return
    columns = (
        Column("Id"),
        Column("Clinic"),
        Column("State"),
        Column("Held", right=True),
        Column("To approve", right=True),
        Column("Last run"),
        Column("Next run"),
        Column("Calls a day", right=True),
        Column("How it stands"),
    )
    rows = [
        [
            one["id"],
            one["name"],
            _STATES.get(one["state"], one["state"]),
            f"{one['holds']:,}",
            f"{one['approvals']:,}",
            moment(one["last_run_at"], one["time_zone"]) if one["last_run_at"] else "never",
            moment(one["next_run_at"], one["time_zone"]) if one["next_run_at"] else "",
            f"{one['limits'].get('daily_calls', 0):,}",
            one["sentence"],
        ]
        for one in found
    ]
    table(columns, rows, whole=True)
