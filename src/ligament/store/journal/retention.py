"""Retention of the journal: how far old entries may leave, and taking them out once a file holds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from ligament.core.notes import UNDOS_OF
from ligament.core.receipts import IntentState
from ligament.store.database.errors import StoreError
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import holds, intents, journal, journal_archives, journal_owners, notes, runs
from ligament.store.journal.archives import Archived, archived_row, archives_in, newest_archive
from ligament.store.journal.audit import verify
from ligament.store.journal.chain import ROOT, Entry
from ligament.store.journal.journal import Journal, Note
from ligament.store.journal.person_keys import SIGNING

ARCHIVED = "archived"
"""The kind of the entry that says that older ones left in a file."""
_UNDER_WAY = tuple(one.value for one in IntentState if one not in {IntentState.DONE, IntentState.GIVEN_UP})


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which entries may leave: `first` to `last`, none when that is less; `previous` is the hash before the first.

    `waits_for` says what keeps the next ones here although they are old enough.
    """

    first: int
    last: int
    previous: str
    waits_for: str = ""

    @property
    def is_empty(self) -> bool:
        """Say whether nothing leaves."""
        return self.last < self.first


def span_before(book: Journal, cutoff: datetime) -> Span:
    """Work out which entries from before an instant nothing needs any more; raises JournalBroken."""
    with book.database.reading() as connection:
        base = newest_archive(connection, book.clinic)
        first, previous = (base.last + 1, base.hash) if base is not None else (1, ROOT)
        oldest = connection.execute(
            select(journal.c.at).where(journal.c.clinic == book.clinic).order_by(journal.c.sequence).limit(1)
        ).scalar_one_or_none()
    nothing = Span(first=first, last=first - 1, previous=previous)
    if oldest is None or oldest >= stamp(cutoff):
        return nothing
    found = verify(book)
    found.raise_broken()
    with book.database.reading() as connection:
        last, reason = _last_not_needed(book, connection, cutoff)
        if found.accepted_at is not None and last < found.accepted_at:
            reason = f"entry {found.accepted_at} tells of a break in front of it, and both leave together"
            return replace(nothing, waits_for=reason)
        return Span(first=first, last=_keyed(book, connection, last), previous=previous, waits_for=reason)


def _last_not_needed(book: Journal, connection: Connection, cutoff: datetime) -> tuple[int, str]:
    """Return the last entry that may leave, and what needs the next one although it is old enough."""
    of_clinic = journal.c.clinic == book.clinic
    newer = select(func.min(journal.c.sequence)).where(of_clinic, journal.c.at >= stamp(cutoff))
    newest = select(func.max(journal.c.sequence)).where(of_clinic)
    after = connection.execute(newer).scalar_one_or_none()
    last: int = after - 1 if after is not None else connection.execute(newest).scalar_one()
    reason = ""
    for why, condition in _needs(book.clinic, connection, cutoff):
        lowest = select(func.min(journal.c.sequence)).where(of_clinic, condition)
        needed: int | None = connection.execute(lowest).scalar_one_or_none()
        if needed is not None and needed <= last:
            last, reason = needed - 1, why
    return last, reason


def _keyed(book: Journal, connection: Connection, last: int) -> int:
    """Return the entry to end with: never one of an early release, whose hash needs no key."""
    key = book.seals.keys(connection, {SIGNING}).get(SIGNING)
    row = connection.execute(
        select(journal).where(journal.c.clinic == book.clinic, journal.c.sequence == last)
    ).one_or_none()
    if row is None or key is None:
        return 0
    entry = Entry(**{name: getattr(row, name) for name in Entry.__slots__})
    return last if entry.digest(key) == row.hash else 0


def _needs(clinic: str, connection: Connection, cutoff: datetime) -> list[tuple[str, ColumnElement[bool]]]:
    """Return what still needs old entries, each with which entries it needs."""
    waiting = select(holds.c.subject).where(holds.c.clinic == clinic, holds.c.closed_at.is_(None))
    found: list[tuple[str, ColumnElement[bool]]] = [
        ("a hold about one of these records is still open", journal.c.subject.in_(waiting))
    ]
    began = _began(connection, clinic, cutoff)
    if began is not None:
        found.append(("a run or an undo that needs them is not over", journal.c.at >= began))
    return found


def _began(connection: Connection, clinic: str, cutoff: datetime) -> str | None:
    """Return when the first run began of which something may still be written or taken back, or that would be cut."""
    limit = stamp(cutoff)
    cut = select(runs.c.started_at).where(runs.c.clinic == clinic, runs.c.started_at < limit)
    times = set(connection.execute(cut.where(runs.c.finished_at >= limit)).scalars())
    sent = select(intents.c.run_id).where(intents.c.clinic == clinic, intents.c.state.in_(_UNDER_WAY))
    open_runs = set(connection.execute(sent).scalars()) | _half_undone(connection, clinic)
    times |= set(connection.execute(cut.where(runs.c.id.in_(open_runs))).scalars())
    return min(times) if times else None


def _half_undone(connection: Connection, clinic: str) -> set[str]:
    """Return the runs whose undo was cut off or parked, and goes on."""
    named = select(notes.c.name, notes.c.value).where(notes.c.clinic == clinic, notes.c.name.like(f"{UNDOS_OF}%"))
    found = set()
    for row in connection.execute(named):
        last = row.value.split()[-1] if row.value.split() else ""
        ended = select(runs.c.finished_at, runs.c.summary).where(runs.c.clinic == clinic, runs.c.id == last)
        run = connection.execute(ended).one_or_none()
        if run is not None and (not run.finished_at or any(f'"{word}":' in run.summary for word in _CUT)):
            found.add(row.name.removeprefix(UNDOS_OF))
    return found


_CUT = ("parked", "stopped", "error")


def archives_of(book: Journal) -> tuple[Archived, ...]:
    """Return the archives of a journal, oldest first."""
    with book.database.reading() as connection:
        return archives_in(connection, book.clinic)


def archive_of_time(book: Journal, at: datetime) -> Archived | None:
    """Return the archive that holds what was written at an instant, or nothing where the database still does."""
    wanted = stamp(at)
    return next((one for one in archives_of(book) if one.since <= wanted <= one.until), None)


def take_out(book: Journal, archive: Archived) -> None:
    """Let the entries go that a file holds, and write down that they did: all of it, or nothing."""
    clinic = book.clinic
    inside = (journal.c.clinic == clinic, journal.c.sequence.between(archive.first, archive.last))
    with book.writing() as writing:
        connection = writing.connection
        ends = select(journal.c.hash).where(journal.c.clinic == clinic, journal.c.sequence == archive.last)
        if connection.execute(ends).scalar_one_or_none() != archive.hash:
            raise StoreError("The journal changed while its archive was written; nothing was taken out.")
        connection.execute(insert(journal_archives), [archived_row(clinic, archive)])
        _keep_owners(connection, clinic, archive)
        connection.execute(delete(journal).where(*inside))
        told = {"first": archive.first, "last": archive.last, "hash": archive.hash, "file": archive.file}
        writing.add(Note(kind=ARCHIVED, public={**told, "content": archive.content}))
    book.database.scrub()


def _keep_owners(connection: Connection, clinic: str, archive: Archived) -> None:
    """Keep whose detail each record's entries held, so that forgetting a person still finds all of it."""
    owned = select(journal.c.clinic, journal.c.owner, journal.c.subject).where(
        journal.c.clinic == clinic,
        journal.c.sequence.between(archive.first, archive.last),
        journal.c.owner != "",
        journal.c.subject != "",
        journal.c.subject != journal.c.owner,
    )
    known = select(journal_owners.c.clinic, journal_owners.c.owner, journal_owners.c.subject)
    fresh = owned.distinct().except_(known.where(journal_owners.c.clinic == clinic))
    connection.execute(insert(journal_owners).from_select(["clinic", "owner", "subject"], fresh))
