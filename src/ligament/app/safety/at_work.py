"""At work: what changes everything under the feet of a service waits until none is there."""

from __future__ import annotations

from ligament.store.database.connection import Database
from ligament.store.shared.heartbeats import Heartbeats
from ligament.store.shared.values import SharedValues
from ligament.wiring.clocks import SystemClock
from ligament.wiring.file_lock import AnotherRun


def busy_s(database: Database) -> int:
    """Return for how many seconds more a service counts as being at work on a database, 0 where none is."""
    return Heartbeats(values=SharedValues(database)).busy_s(SystemClock().now())


def must_be_idle(seconds: int, where: str) -> None:
    """Raise AnotherRun where a service counts as being at work for so many seconds more; `where` says what it uses."""
    if seconds:
        unit = "second" if seconds == 1 else "seconds"
        raise AnotherRun(
            f"`ligament serve` or a worker is at work {where}; stop it, then try again. If it was killed, it "
            f"counts as gone in {seconds} {unit}"
        )
