"""What a restore that was killed leaves behind: whole copies of personal data, which go with the next run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ligament.wiring.file_lock import AnotherRun, alone

DRAFT = ".restoring"
"""The end of the name under which a restore makes what then takes its place; helpers of a database add to it."""
_RESTORE = "a restore"
_SQLITE = "sqlite:///"


@contextmanager
def as_restore(home: Path, pause_ms: Callable[[int], None], patience_ms: int) -> Iterator[None]:
    """Hold the home as a restore: nobody takes away what it is making. Raises AnotherRun."""
    with alone(home, _RESTORE, pause_ms, patience_ms):
        yield


def remove_leftovers(home: Path, database_url: str) -> None:
    """Remove what dead restores left behind, and nothing of a restore that is under way."""
    if not _leftovers(home, database_url):
        return
    with suppress(AnotherRun), as_restore(home, _never, 0):
        # Looked for anew: what was there before the lock may have been a living restore's.
        for file in _leftovers(home, database_url):
            file.unlink(missing_ok=True)


def _leftovers(home: Path, database_url: str) -> list[Path]:
    found = [*home.glob(f"*.toml{DRAFT}"), *home.glob(f"clinics/*.toml{DRAFT}"), *home.glob(f"journal-*.head{DRAFT}")]
    # What the tables of PostgreSQL held is put aside first, under a name of its own until it is whole.
    found += home.glob(".database.before-restore-*.backup.*")
    if database_url.startswith(_SQLITE):
        database = Path(database_url.removeprefix(_SQLITE))
        found += database.parent.glob(f"{database.name}{DRAFT}*")
    return found


def _never(_: int) -> None:
    """Whoever finds a restore under way does not wait for it."""
