"""Cycle options: what one run is to do, from the rulebook, what waits and what was approved."""

from __future__ import annotations

import hashlib
from datetime import date

from ligament.app.approvals import approval_state
from ligament.core.canonical import canonical
from ligament.core.first_days import connected_day, first_day
from ligament.core.notes import CONNECTED_NOTE, CUSTOM_FIELDS_NOTE, RULEBOOK_NOTE
from ligament.core.periods import local_date
from ligament.flow.cycle import CycleOptions
from ligament.wiring.clinic import Clinic

PATIENCE_MS = 600_000


def cycle_options(clinic: Clinic, *, full: bool) -> CycleOptions:
    """Return what the next run is to do; `full` plans every record again."""
    store, book = clinic.store, clinic.settings.rulebook
    seen = hashlib.blake2b(canonical(book).encode(), digest_size=12).hexdigest()
    changed = store.note(RULEBOOK_NOTE) not in {seen, ""}
    return CycleOptions(
        rulebook=book,
        around=clinic.surroundings(),
        standing=approval_state(clinic),
        everything=full or changed,
        rulebook_mark=seen,
    )


def first_connection(clinic: Clinic) -> None:
    """Keep the day of the first connection: invoices issued before it are left to the old books by default."""
    store = clinic.store
    if not store.note(CONNECTED_NOTE):
        store.keep_note(CONNECTED_NOTE, _today(clinic).isoformat())
    tokens = ",".join(sorted(clinic.settings.rulebook.contacts.custom_fields.values()))
    if store.note(CUSTOM_FIELDS_NOTE) != tokens:
        # Fields nobody asked for were never read, so everybody is read once more.
        store.forget_cursors("practice")
        store.keep_note(CUSTOM_FIELDS_NOTE, tokens)


def started_on(clinic: Clinic) -> date:
    """Return the first day that is taken in; before the first connection that is today, which connecting would keep."""
    chosen = clinic.settings.rulebook.invoices.start_on
    return first_day(chosen, connected_day(clinic.store.note(CONNECTED_NOTE))) or _today(clinic)


def _today(clinic: Clinic) -> date:
    return local_date(clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone)
