"""The first run after a backup was put back: the journal says so, and everything is read and linked anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.core.intents import subject_from_key
from ligament.core.notes import RECONCILE_DUE_NOTE
from ligament.store.backup import after_restore

if TYPE_CHECKING:
    from ligament.wiring.clinic import Clinic


def settle(clinic: Clinic) -> bool:
    """Finish what a restore began, wherever it was cut off; says whether the clinic has not caught up with it yet.

    People whose data had been erased since the backup are erased again. What a run that was cut off has read already is
    linked before it is read once more: a person may have taken some of it away since.
    """
    with clinic.database.reading() as connection:
        found = after_restore.pending(connection, clinic.settings.name)
    if found is None:
        return False
    if not found.told:
        after_restore.tell(clinic.journal, found)
        for key in found.erased:
            clinic.store.forget(subject_from_key(key))
    else:
        # It may have been cut off between the entry and the file of the head.
        after_restore.follow(clinic.journal)
        after_restore.relinked(clinic.journal, clinic.settings.rulebook.invoices.prefix)
    return True


def caught_up(clinic: Clinic) -> None:
    """End the state of being restored, now that both systems were read and our payments are linked again."""
    after_restore.over(clinic.journal)
    clinic.store.keep_note(RECONCILE_DUE_NOTE, "restore")
