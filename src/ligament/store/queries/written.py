"""What runs wrote: how many records each put into the books, whether it failed, and how long a change waited for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from ligament.core.intents import Subject, SubjectKind
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment
from ligament.store.database.tables import journal, practice_rows, runs

_SYNC, _RECEIPT = "sync", "receipt"
_LOOKED_AT = 400
"""How many of the newest writes are asked how long their change had waited."""
_LOOKED_BACK = 10_000
"""How many of the newest entries of the journal are looked through for them."""


class RunCounts(msgspec.Struct):
    """The counts of a run's summary by kind of record, and what went wrong; whatever else it holds is not looked at."""

    created: dict[str, int] = msgspec.field(default_factory=dict)
    updated: dict[str, int] = msgspec.field(default_factory=dict)
    voided: dict[str, int] = msgspec.field(default_factory=dict)
    error: str = ""

    def count(self) -> int:
        """Return how many records of all kinds were written."""
        return sum(sum(counts.values()) for counts in (self.created, self.updated, self.voided))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTold:
    """One run: when it began, how many records it wrote, and whether something stopped it."""

    began_at: datetime
    records: int
    has_failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """One invoice that was written: when it had changed in the practice, and when it was written."""

    changed_at: datetime
    written_at: datetime


def work_of(database: Database, clinic: str) -> tuple[list[RunTold], list[Waited]]:
    """Return what each run of a clinic came to, and how long what was written had waited, both as of one moment."""
    with database.reading() as connection:
        return _told_by_runs(connection, clinic), _waited(connection, clinic)


def _told_by_runs(connection: Connection, clinic: str) -> list[RunTold]:
    """Return what each run came to, where it wrote anything or failed, oldest first."""
    read = msgspec.json.Decoder(RunCounts)
    statement = (
        select(runs.c.started_at, runs.c.summary)
        .where(runs.c.clinic == clinic, runs.c.kind == _SYNC)
        .order_by(runs.c.started_at)
    )
    found = [(moment(row.started_at), read.decode(row.summary)) for row in connection.execute(statement)]
    return [
        RunTold(began_at=at, records=told.count(), has_failed=bool(told.error))
        for at, told in found
        if told.count() or told.error
    ]


def _waited(connection: Connection, clinic: str) -> list[Waited]:
    """Return how long the newest invoices that were written had waited since their last change in the practice.

    An invoice that was changed again since, or that stood there before the first run, tells nothing about waiting.
    """
    first = select(func.min(runs.c.started_at)).where(runs.c.clinic == clinic).scalar_subquery()
    last = select(func.max(journal.c.sequence)).where(journal.c.clinic == clinic).scalar_subquery()
    kind = SubjectKind.INVOICE
    prefix = Subject(kind=kind, id="").key
    newest = (
        select(journal.c.at, func.substr(journal.c.subject, len(prefix) + 1).label("id"))
        .where(journal.c.clinic == clinic, journal.c.sequence > last - _LOOKED_BACK)
        .where(journal.c.kind == _RECEIPT, journal.c.subject.startswith(prefix))
        .order_by(journal.c.sequence.desc())
        .limit(_LOOKED_AT)
        .subquery()
    )
    statement = (
        select(newest.c.at, practice_rows.c.updated_at)
        .join(practice_rows, practice_rows.c.id == newest.c.id)
        .where(practice_rows.c.clinic == clinic, practice_rows.c.kind == kind.value, practice_rows.c.updated_at > first)
    )
    found = [(moment(row.at), moment(row.updated_at)) for row in connection.execute(statement)]
    return [Waited(changed_at=changed, written_at=at) for at, changed in found if changed <= at]
