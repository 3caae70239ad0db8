"""Reading the journal again: proving that nothing was changed or cut off, and handing it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from ligament.store.database.errors import JournalBroken, WrongKey
from ligament.store.database.tables import journal, journal_heads
from ligament.store.journal.archives import Archived, newest_archive
from ligament.store.journal.chain import ROOT, Entry, Head
from ligament.store.journal.ends import Past, emptied, missing_file
from ligament.store.journal.journal import Journal, Note
from ligament.store.journal.person_keys import SIGNING

ACCEPTED = "break_accepted"
"""The kind of the entry with which a person accepts that the journal before it does not hold."""
RESTORED = "restored"
"""The kind of the entry that says that a backup was put back."""
_BLOCK = 1000
_FIELDS = Entry.__slots__


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Where a backup was put back: entry `at` says so; the entries `first` to `last` of before are not here.

    `last` is None where nobody knew how far they went.
    """

    at: int
    first: int
    last: int | None
    hash: str = ""

    @property
    def sentence(self) -> str:
        """Say where the gap is."""
        if self.last is None:
            return f"Entry {self.at} says that a backup was put back; what was written after it is not known."
        if self.last < self.first:
            return f"Entry {self.at} says that a backup was put back; nothing had been written after it."
        which = f"entry {self.first}" if self.last == self.first else f"entries {self.first} to {self.last}"
        return f"Entry {self.at} says that a backup was put back: {which} of before is in the copy that was put aside."


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check found: how many entries hold, and the first that does not, with the reason in a sentence.

    `accepted_at` is the newest entry with which a person accepted that the journal before it does not hold.
    `gaps` are the places where a restore that the journal itself tells of took entries away; they are no alarm.
    """

    entries: int
    broken_at: int | None = None
    reason: str = ""
    accepted_at: int | None = None
    gaps: tuple[Gap, ...] = ()

    @property
    def holds(self) -> bool:
        """Say whether the whole journal is as it was written."""
        return self.broken_at is None

    def raise_broken(self) -> None:
        """Raise JournalBroken where the journal does not hold."""
        if not self.holds:
            raise JournalBroken(self.reason)


def verify(book: Journal) -> Verification:
    """Check every entry, the signed head in the database, and the head in its file."""
    outside = book.head_file.read() if book.head_file else None
    with book.database.reading() as connection:
        key = book.seals.keys(connection, {SIGNING}).get(SIGNING)
        accepted = _accepted(connection, book.clinic, key)
        found = _checked(book, connection, key, outside, after=None)
        if found.holds or accepted is None or (found.broken_at or 0) > accepted.sequence:
            return found
        # A person has looked at what is before this entry; from it on everything holds again, or not.
        found = _checked(book, connection, key, outside, after=accepted)
        return replace(found, accepted_at=accepted.sequence)


def _accepted(connection: Connection, clinic: str, key: bytes | None) -> Any | None:  # noqa: ANN401 - a row
    """Return the newest entry that accepts a break, which only we can have written."""
    statement = select(journal).where(journal.c.clinic == clinic, journal.c.kind == ACCEPTED)
    rows = connection.execute(statement.order_by(journal.c.sequence.desc()))
    return next((row for row in rows if key is not None and _entry(row).digest(key) == row.hash), None)


def _entry(row: Any) -> Entry:  # noqa: ANN401 - a row of any columns
    return Entry(**{name: getattr(row, name) for name in _FIELDS})


def _checked(
    book: Journal,
    connection: Connection,
    key: bytes | None,
    outside: Head | None,
    *,
    after: Any | None,  # noqa: ANN401 - a row
) -> Verification:
    base = newest_archive(connection, book.clinic)
    if base is not None and not base.is_signed_with(key, book.clinic):
        reason = f"The record that entries {base.first} to {base.last} are in an archive is not ours."
        return Verification(entries=base.first - 1, broken_at=base.first, reason=reason)
    kept, digest, is_keyed = _start(base, after)
    file = book.head_file
    gaps: list[Gap] = []
    for row in rows_of(connection, book.clinic, after=kept):
        is_keyed = is_keyed or (key is not None and _entry(row).digest(key) == row.hash)
        reason = _wrong_with(row, kept + 1, digest, key if is_keyed else None)
        if not reason and row.kind == RESTORED:
            gaps.append(_gap(row))
            # The head file of another machine may still be at the end that was put aside, and then proves nothing.
            outside = None if outside is not None and _was_put_aside(outside, gaps) else outside
        if not reason and outside is not None and outside.sequence == row.sequence and outside.hash != row.hash:
            reason = f"Entry {row.sequence} was replaced: it is not the one that the head file was written for."
        if reason:
            return Verification(entries=kept, broken_at=kept + 1, reason=reason, gaps=tuple(gaps))
        kept, digest = row.sequence, row.hash
    heads = {"in the database": _head(book, connection), "in its file": outside}
    ended = _check_end(book, heads, kept, digest, key)
    if (
        ended.holds
        and kept
        and outside is None
        and file is not None
        and book.database.is_sqlite
        and file.read() is None
    ):
        ended = Verification(entries=kept, broken_at=kept, reason=missing_file(file))
    if ended.holds and not kept:
        ended = replace(ended, reason=emptied(connection, book.clinic))
        ended = replace(ended, broken_at=1 if ended.reason else None)
    return replace(ended, gaps=tuple(gaps))


def _start(base: Archived | None, after: Any | None) -> tuple[int, str, bool]:  # noqa: ANN401 - a row
    """Return the number and hash that the first entry to check follows, and whether all hashes need the key."""
    if after is not None:
        return after.sequence, after.hash, True
    return (base.last, base.hash, True) if base is not None else (0, ROOT, False)


def _gap(row: Any) -> Gap:  # noqa: ANN401 - a row of any columns
    told: dict[str, Any] = msgspec.json.decode(row.public)
    backup, replaced = told.get("backup") or {}, told.get("replaced") or {}
    last, digest = replaced.get("sequence"), str(replaced.get("hash", ""))
    return Gap(at=row.sequence, first=int(backup.get("sequence", 0)) + 1, last=last, hash=digest)


def _was_put_aside(outside: Head, gaps: Sequence[Gap]) -> bool:
    return any(outside.sequence == gap.last and outside.hash == gap.hash for gap in gaps)


def _wrong_with(row: Any, expected: int, previous: str, key: bytes | None) -> str:  # noqa: ANN401 - a row
    """Say what is wrong with an entry in its place, or nothing; `key` is that of entries whose hash needs it."""
    if row.sequence != expected:
        return f"Entry {expected} is missing; the next one kept is {row.sequence}."
    entry = _entry(row)
    if row.hash != (entry.digest(key) if key is not None else entry.unkeyed_digest()):
        return f"Entry {expected} was changed after it was written: its content does not fit its hash."
    if entry.previous != previous:
        return f"Entry {expected} does not follow entry {expected - 1}: one of the two was replaced."
    return ""


def _head(book: Journal, connection: Connection) -> Head | None:
    statement = select(journal_heads).where(journal_heads.c.clinic == book.clinic)
    row = connection.execute(statement).one_or_none()
    return Head(sequence=row.sequence, hash=row.hash, mac=row.mac) if row else None


def _check_end(
    book: Journal, heads: Mapping[str, Head | None], kept: int, digest: str, key: bytes | None
) -> Verification:
    """Compare the newest entry with both signed heads."""
    for where, head in heads.items():
        if head is None:
            continue
        if head.sequence > kept:
            reason = (
                f"Entries {kept + 1} to {head.sequence} are missing: the head {where} knows of them. "
                "They were cut off, or an older copy of the database was put back."
            )
            return Verification(entries=kept, broken_at=kept + 1, reason=reason)
        if key is None or not head.is_signed_with(key, book.clinic):
            return Verification(entries=kept, broken_at=kept, reason=f"The signature of the head {where} is not ours.")
    inside = heads["in the database"]
    if inside is None:
        reason = "The signed head in the database is missing, so the end of the journal cannot be proved."
        return Verification(entries=kept, broken_at=kept, reason=reason) if kept else Verification(entries=0)
    if inside.sequence < kept:
        reason = f"Entry {inside.sequence + 1} was not written by us: the signed head ends before it."
        return Verification(entries=inside.sequence, broken_at=inside.sequence + 1, reason=reason)
    if inside.hash != digest:
        reason = f"Entry {kept} was replaced: it is not the one that the head was signed for."
        return Verification(entries=kept - 1, broken_at=kept, reason=reason)
    return Verification(entries=kept)


def accept_break(book: Journal, because: str) -> Verification:
    """Go on behind a break: an entry tells what was found, who accepted it and why; returns what had been found."""
    found = verify(book)
    if found.holds:
        return found
    public = {"broken_at": found.broken_at, "entries": found.entries, "found": found.reason, "because": because}
    with book.writing(Past.BREAK) as writing:
        writing.add(Note(kind=ACCEPTED, public=public))
    return found


def has_entry(book: Journal, sequence: int, digest: str) -> bool:
    """Say whether a head that somebody wrote down elsewhere is still an entry of the journal."""
    wanted = select(journal.c.hash).where(journal.c.clinic == book.clinic, journal.c.sequence == sequence)
    with book.database.reading() as connection:
        kept = connection.execute(wanted).scalar_one_or_none()
    return kept is not None and kept == digest


def export(book: Journal, after: int = 0) -> Iterator[dict[str, object]]:
    """Give every entry as plain data, in order; personal parts are opened where the person's key still exists."""
    with book.database.reading() as connection:
        for block in _blocks(connection, book.clinic, after):
            yield from plain_entries(book, connection, block)


def plain_entries(book: Journal, connection: Connection, rows: Sequence[Any]) -> list[dict[str, object]]:
    """Return kept rows as plain data, opening what can be opened."""
    keys = book.seals.keys(connection, {row.owner for row in rows if row.sealed is not None})
    return [_plain(book, row, keys.get(row.owner)) for row in rows]


def _plain(book: Journal, row: Any, key: bytes | None) -> dict[str, object]:  # noqa: ANN401 - a row of any columns
    told: dict[str, object] = {
        name: getattr(row, name) for name in _FIELDS if name not in {"public", "sealed", "clinic"}
    }
    told["hash"] = row.hash
    told["public"] = msgspec.json.decode(row.public)
    told["personal"] = None
    told["erased"] = False
    if row.sealed is not None:
        try:
            told["personal"] = book.seals.open(key, row.owner, row.sealed)
        except WrongKey:
            told["personal"] = None
        told["erased"] = told["personal"] is None
    return told


def rows_of(connection: Connection, clinic: str, *, after: int, upto: int | None = None) -> Iterator[Any]:
    """Read entries in order, those behind one number and up to another."""
    for block in _blocks(connection, clinic, after, upto):
        yield from block


def _blocks(connection: Connection, clinic: str, after: int, upto: int | None = None) -> Iterator[list[Any]]:
    """Read entries in blocks, so that a long journal needs little memory."""
    wanted = select(journal).where(journal.c.clinic == clinic).order_by(journal.c.sequence).limit(_BLOCK)
    if upto is not None:
        wanted = wanted.where(journal.c.sequence <= upto)
    while True:
        block = list(connection.execute(wanted.where(journal.c.sequence > after)))
        if not block:
            return
        yield block
        after = block[-1].sequence
