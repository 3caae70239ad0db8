"""Mishaps at the desk: another practice's key, a journal that somebody tampered with, an old copy put back by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from ligament.core.notes import PRACTICE_NOTE
from ligament.store.journal.audit import accept_break, verify
from tests.faults.findings import Violation
from tests.faults.worlds import start_for

if TYPE_CHECKING:
    from ligament.wiring.clinic import Clinic
    from tests.faults.homes import OneDatabase

STRANGERS_KEY = "MS0xSOMEBODYELSESKEY"
_EDIT = "UPDATE journal SET actor = 'nobody' WHERE sequence = (SELECT max(sequence) FROM journal)"
_CUT = "DELETE FROM journal WHERE sequence = (SELECT max(sequence) FROM journal)"
WAYS = ("edit", "cut", "old copy", "accepted")


def stranger_of(seed: int) -> Any:
    """Return another practice, whose records have the very ids of this one's."""
    world = start_for(seed + 1).practice
    account: Any = world.settings["account"]
    (user,) = world.keys.values()
    other = {**account, "id": "777", "subdomain": "other-side", "name": "Other Side Physio"}
    return replace(world, settings={**world.settings, "account": other}, keys={STRANGERS_KEY: user})


def is_pinned(app: Clinic) -> bool:
    """Say whether whose practice it is was kept already."""
    return bool(app.store.note(PRACTICE_NOTE))


@dataclass(slots=True)
class Tampering:
    """A journal that does not hold, and the database as it was before."""

    way: str
    whole: bytes


def tamper(database: OneDatabase, older: bytes | None, pick: int) -> Tampering | None:
    """Let somebody with the rights of the database change its journal; None where there is nothing to change."""
    way = Random(pick).choice(WAYS)
    whole = database.snapshot()
    with _ungated(database):
        if way == "old copy":
            if older is None:
                return None
            database.restore(older)
            return Tampering(way, whole)
        with database.writing("tampering") as connection:
            if not connection.exec_driver_sql("SELECT count(*) FROM journal").scalar_one():
                return None
            for trigger in ("journal_no_update", "journal_no_delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}")
            connection.exec_driver_sql(_CUT if way == "cut" else _EDIT)
    return Tampering(way, whole)


def mend(database: OneDatabase, found: Tampering, app: Clinic) -> None:
    """Let a person put the database back as it was, or accept the break with a reason."""
    with _ungated(database):
        if verify(app.journal).holds:
            raise Violation("tampering", f"a journal that was tampered with ({found.way}) verifies after a run")
        if found.way == "accepted":
            accept_break(app.journal, "we know what happened")
            if not verify(app.journal).holds:
                raise Violation("tampering", "a break that a person accepted is not accepted")
        else:
            database.restore(found.whole)


@contextmanager
def _ungated(database: OneDatabase) -> Iterator[None]:
    gate, database.gate = database.gate, None
    try:
        yield
    finally:
        database.gate = gate
