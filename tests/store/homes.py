"""Opening a store the way the program does, with a calendar and randomness that repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from ligament.store.database.connection import Database, open_database
from ligament.store.journal.headfile import HeadFile
from ligament.store.journal.journal import Journal, Provenance
from ligament.store.memory import ClinicStore
from ligament.store.queries.records import Queries
from ligament.store.vault.vault import Vault
from ligament.store.writes.runs import Runs

if TYPE_CHECKING:
    import random
    from pathlib import Path

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@dataclass(slots=True)
class Calendar:
    """A calendar that moves one second whenever somebody looks."""

    at: datetime = START

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Everything of one clinic, as wiring opens it."""

    database: Database
    vault: Vault
    journal: Journal
    store: ClinicStore
    queries: Queries
    runs: Runs

    def sql(self, statement: str, **values: object) -> None:
        with self.database.writing("test") as connection:
            connection.execute(text(statement), values)

    def one(self, statement: str) -> object:
        with self.database.reading() as connection:
            return connection.execute(text(statement)).scalar()

    def kinds(self) -> list[str]:
        return [str(entry["kind"]) for entry in reversed(self.queries.journal(limit=1000))]


@dataclass(slots=True, kw_only=True)
class Home:
    """Where a store is kept: an address, a folder for the head of the journal, and the calendar."""

    url: str
    folder: Path
    random: random.Random
    calendar: Calendar = field(default_factory=Calendar)
    databases: list[Database] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    def open(self, clinic: str = "clinic", key: bytes = KEY) -> Opened:
        database = open_database(self.url)
        self.databases.append(database)
        now = self.calendar.now
        vault = Vault(database, clinic, key, self.random.randbytes, now)
        provenance = Provenance(actor="ligament", source="cli host-1")
        journal = Journal(database, vault, provenance, now, HeadFile(self.folder / f"journal-{clinic}.head"))
        return Opened(
            database=database,
            vault=vault,
            journal=journal,
            store=ClinicStore(database, clinic, now, journal),
            queries=Queries(journal),
            runs=Runs(journal),
        )

    def reopen(self) -> Opened:
        self.close()
        return self.open()

    def close(self) -> None:
        for database in self.databases:
            database.close()
        self.databases.clear()
