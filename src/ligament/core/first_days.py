"""First days: from when on a clinic takes invoices in, said once for plans, comparisons, reports and the doctor."""

from __future__ import annotations

from datetime import date

_DAY = len("2026-07-01")


def connected_day(note: str) -> date | None:
    """Return the day that the note of the first connection holds, None before it; early releases wrote an instant."""
    return date.fromisoformat(note[:_DAY]) if note else None


def first_day(chosen: date | None, connected_on: date | None) -> date | None:
    """Return the first day that is taken in: the rulebook's, else that of the first connection, None before both."""
    return chosen or connected_on
