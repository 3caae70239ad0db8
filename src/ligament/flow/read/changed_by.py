"""Asking who changed a contact in the books, once for each conflict that a person is to settle."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ligament.core.holds import Hold, HoldCode
from ligament.core.ids import BooksId
from ligament.core.notes import CHANGED_BY_NOTE
from ligament.core.periods import iso_instant
from ligament.ports.books import Books
from ligament.ports.errors import PortError, TryLater
from ligament.ports.memory import Memory

ASKED_AT_ONCE = 5
"""How many histories one cycle reads at most; the others are read by the next ones."""
Told = Mapping[str, Mapping[str, str]]


def ask_who(holds: Iterable[Hold], books: Books, memory: Memory) -> None:
    """Keep who changed the contact of each new conflict; an answer that does not come is asked for by a later cycle."""
    conflicts = [hold for hold in holds if hold.code is HoldCode.FIELD_CONFLICT]
    before = told(memory)
    known = {hold.id: before[hold.id] for hold in conflicts if _is_known(before, hold)}
    asked: dict[str, Mapping[str, str]] = {}
    for hold in conflicts:
        contact_id = str(hold.detail.get("contact_id", ""))
        if hold.id in known or not contact_id:
            continue
        if contact_id not in asked:
            if len(asked) == ASKED_AT_ONCE:
                break
            try:
                asked[contact_id] = _answer(books, contact_id)
            except TryLater:
                break
        known[hold.id] = {"shown": str(hold.detail["shown"]), **asked[contact_id]}
    if known != before:
        memory.keep_note(CHANGED_BY_NOTE, json.dumps(known, sort_keys=True))


def told(memory: Memory) -> Told:
    """Return by hold what was told: `by` (blank for a program) and `at`, or neither where nothing is known."""
    kept: Told = json.loads(memory.note(CHANGED_BY_NOTE) or "{}")
    return kept


def _is_known(before: Told, hold: Hold) -> bool:
    return hold.id in before and before[hold.id].get("shown") == hold.detail.get("shown")


def _answer(books: Books, contact_id: str) -> Mapping[str, str]:
    try:
        change = books.last_edit(BooksId(contact_id))
    except TryLater:
        raise
    except PortError:
        # A history that cannot be read is no reason to stop: the conflict waits for a person all the same.
        return {}
    return {} if change is None else {"by": change.by.reveal(), "at": iso_instant(change.at)}
