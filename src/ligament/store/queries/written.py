"""What runs wrote: how many records each run put into the books, and when, from the runs' own summaries."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import select

from ligament.store.database.connection import Database
from ligament.store.database.search_keys import moment
from ligament.store.database.tables import runs

_SYNC = "sync"


class RunCounts(msgspec.Struct):
    """The counts of a run's summary by kind of record; whatever else it holds is not looked at."""

    created: dict[str, int] = msgspec.field(default_factory=dict)
    updated: dict[str, int] = msgspec.field(default_factory=dict)
    voided: dict[str, int] = msgspec.field(default_factory=dict)

    def count(self) -> int:
        """Return how many records of all kinds were written."""
        return sum(sum(counts.values()) for counts in (self.created, self.updated, self.voided))


def written_by_runs(database: Database, clinic: str) -> list[tuple[datetime, int]]:
    """Return when each run of a clinic began and how many records it wrote, where it wrote any."""
    read = msgspec.json.Decoder(RunCounts)
    statement = select(runs.c.started_at, runs.c.summary).where(runs.c.clinic == clinic, runs.c.kind == _SYNC)
    with database.reading() as connection:
        found = [(row.started_at, read.decode(row.summary).count()) for row in connection.execute(statement)]
    return [(moment(at), count) for at, count in found if count]
