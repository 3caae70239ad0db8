"""The home of a simulation: the real store on one database in memory that outlives every simulated crash."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ligament.ports.windows import Full, SharedQuota, Window
from ligament.store.database.connection import Database, open_database
from ligament.store.database.engines import engine_of
from ligament.store.database.schema import bring_up_to_date
from ligament.store.journal.chain import Head
from ligament.wiring.settings import Settings, load_settings
from tests.backup.older import age
from tests.stories.acting import environment
from tests.support.mounting import LOOPBACK
from tests.support.windows import InMemoryWindows

HOOK_KEY = "webhook-key-of-the-simulation"
Gate = Callable[[str], None]
"""Asked at `commit` and `committed` of every transaction that writes; it may raise what a disk or a power cut does."""


class OneDatabase(Database):
    """One in-memory database per process, emptied for every simulation; `close` keeps it, as a file would be kept."""

    def __init__(self) -> None:
        super().__init__(engine_of("sqlite://"))
        self.gate: Gate | None = None
        with super().writing("schema") as connection:
            bring_up_to_date(connection)
        self._blank = self.snapshot()

    @contextmanager
    def reading(self, *, everything: bool = False) -> Iterator[Connection]:
        """Read; a dead process reads nothing."""
        if self.gate is not None:
            self.gate("read")
        with super().reading(everything=everything) as connection:
            yield connection

    @contextmanager
    def writing(self, lock: str) -> Iterator[Connection]:
        """Write, asking the gate before the commit (nothing is kept when it raises) and after it (all is kept)."""
        with super().writing(lock) as connection:
            yield connection
            if self.gate is not None:
                self.gate("commit")
        if self.gate is not None:
            self.gate("committed")

    def close(self) -> None:
        """Keep everything: a process that ends leaves its database behind."""

    def snapshot(self) -> bytes:
        """Return a copy of the whole database."""
        return bytes(self._raw().serialize())

    def restore(self, copy: bytes) -> None:
        """Put a copy back, as a person restores a backup."""
        self._raw().deserialize(copy)

    def upgrade(self) -> None:
        """Go back to the tables of the first release with what is in them, and meet them as a new version does."""
        with super().writing("schema") as connection:
            age(connection)
            bring_up_to_date(connection)

    def empty(self) -> None:
        """Go back to fresh tables."""
        self.gate = None
        self.restore(self._blank)

    def _raw(self) -> Any:
        with self._engine.connect() as connection:
            return connection.connection.dbapi_connection


class GatedWindows(InMemoryWindows):
    """The limits shared by both workers; a dead process gives nothing back."""

    def __init__(self, gate: Callable[[str], None]) -> None:
        super().__init__()
        self._gate = gate

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: SharedQuota | None = None) -> Full | None:
        """Record a call unless a window is full."""
        self._gate("read")
        return super().take(scope, windows, at_ms, quota)

    def leave(self, scope: str, slot: str) -> None:
        """Give a place back, unless the process died with it."""
        self._gate("read")
        super().leave(scope, slot)


class HeadInMemory:
    """Stands in for the journal's head file, which costs a disk write per commit."""

    def __init__(self, path: object) -> None:
        self.path = path
        self._held: Head | None = None

    def read(self) -> Head | None:
        return self._held

    def write(self, head: Head) -> None:
        """Keep a newer head."""
        if self._held is None or self._held.sequence < head.sequence:
            self.begin_anew(head)

    def begin_anew(self, head: Head) -> None:
        """Put a head in its place, even of an earlier entry."""
        self._held = head


@cache
def one_database() -> OneDatabase:
    """Return this process's database; its tables are made once."""
    return OneDatabase()


@cache
def folder() -> tempfile.TemporaryDirectory[str]:
    """Return this process's folder for homes, in memory where the machine offers it."""
    shared = Path("/dev/shm")
    return tempfile.TemporaryDirectory(prefix="ligament-faults-", dir=str(shared) if shared.is_dir() else None)


@cache
def settings_for(rulebook: str, key: str = "") -> Settings:
    """Return the settings of a home with that rulebook, perhaps with another key; the same give the same home."""
    home = Path(tempfile.mkdtemp(dir=folder().name))
    (home / "ligament.toml").write_text(rulebook, encoding="utf-8")
    environ = {**environment(f"{LOOPBACK}/v1", LOOPBACK), "XERO_WEBHOOK_KEY": HOOK_KEY}
    return load_settings(home=home, environ={**environ, **({"CLINIKO_API_KEY": key} if key else {})})


def file_database(home: Path) -> Database:
    """Open a real database file, for the seeds that leave every shortcut out."""
    return open_database(f"sqlite:///{home / 'ligament.db'}")
