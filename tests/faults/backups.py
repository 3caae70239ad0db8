"""An old backup is put back into the simulation's database, with everything that `ligament restore` does to it."""

from __future__ import annotations

from ligament.store.backup.after_restore import Restoration, mark, outliving
from tests.faults.homes import OneDatabase

CLINIC = "Riverside"


def put_back(database: OneDatabase, copy: bytes) -> None:
    """Put a copy back; what outlives a restore is carried over, and the clinic is marked as restored."""
    gate, database.gate = database.gate, None
    with database.reading() as connection:
        kept = outliving(connection, {})
    database.restore(copy)
    with database.writing("restore") as connection:
        mark(connection, {CLINIC: Restoration(made_at="")}, kept)
    database.gate = gate
