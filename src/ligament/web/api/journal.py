"""The journal: who did what, when and from where, newest first."""

from __future__ import annotations

from datetime import date
from typing import Any

from ligament.app.journal import JournalFilter, kind_trouble
from ligament.app.lists import entries
from ligament.core.periods import Period
from ligament.web.api.answers import JournalRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import wrong
from ligament.web.api.shapes import JournalQuery


def listed(asking: Asking) -> Told:
    """List entries, newest first."""
    wanted, pager = asking.query_as(JournalQuery), asking.pages
    first, last = day("from", wanted.first), day("to", wanted.last)
    if first is not None and last is not None and last < first:
        raise wrong("to", "The period ends before it begins.")
    before = int(pager.after[0]) if pager.after else 0
    with asking.opened() as clinic:
        if trouble := kind_trouble(clinic, wanted.kind):
            raise wrong("kind", trouble)
        chosen = JournalFilter(period=Period(first=first, last=last), kind=wanted.kind, record=wanted.record)
        rows = entries(clinic, chosen, before=before, limit=pager.limit)
    return Told(document=pager.cut(rows, lambda row: (row["sequence"],), _row))


def day(place: str, text: str | None) -> date | None:
    """Return a day; raises a problem that names the place of one that is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise wrong(place, f'"{text}" is no day. Write it as in 2026-07-01.') from None


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(row["sequence"]), **row}


CALLS = (
    Call(
        path=f"{CLINIC}/journal",
        answer=listed,
        does="Entries of the journal, newest first.",
        gives=JournalRow,
        query=JournalQuery,
        is_list=True,
    ),
)
