"""What clinics of one database are pinned to, without opening them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select

from ligament.store.database.connection import Database
from ligament.store.database.tables import notes


def kept_by(database: Database, clinics: Collection[str], names: Collection[str]) -> Mapping[tuple[str, str], str]:
    """Return small facts of several clinics, by clinic and name."""
    wanted = select(notes.c.clinic, notes.c.name, notes.c.value).where(
        notes.c.clinic.in_(sorted(clinics)), notes.c.name.in_(sorted(names))
    )
    return {(row.clinic, row.name): row.value for row in database.rows(wanted)}
