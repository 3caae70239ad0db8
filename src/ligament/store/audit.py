"""Reading the journal again: proving that nothing was changed or cut off, and handing it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from ligament.store.chain import ROOT, Entry, Head
from ligament.store.errors import WrongKey
from ligament.store.journal import Journal
from ligament.store.seals import SIGNING
from ligament.store.tables import journal, journal_heads

_BLOCK = 1000
_FIELDS = Entry.__slots__


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a check found: how many entries hold, and the first that does not, with the reason in a sentence."""

    entries: int
    broken_at: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Say whether the whole journal is as it was written."""
        return self.broken_at is None


def verify(book: Journal) -> Verification:
    """Check every entry, the signed head in the database, and the head in its file."""
    with book.database.reading() as connection:
        expected, previous = 1, ROOT
        outside = book.head_file.read() if book.head_file else None
        passed = outside is None
        for row in _rows(connection, book.clinic, after=0):
            reason = _wrong_with(row, expected, previous)
            if not reason and outside is not None and outside.sequence == expected:
                passed = outside.hash == row.hash
                reason = "" if passed else f"Entry {expected} is not the one that the head file was written for."
            if reason:
                return Verification(entries=expected - 1, broken_at=expected, reason=reason)
            expected, previous = expected + 1, row.hash
        kept = expected - 1
        reason = _wrong_with_heads(book, connection, outside, Head(sequence=kept, hash=previous, mac=""))
        return Verification(entries=kept, broken_at=expected if reason else None, reason=reason)


def _wrong_with(row: Any, expected: int, previous: str) -> str:  # noqa: ANN401 - a row of any columns
    """Say what is wrong with an entry in its place, or nothing."""
    if row.sequence != expected:
        return f"Entry {expected} is missing; the next one kept is {row.sequence}."
    entry = Entry(**{name: getattr(row, name) for name in _FIELDS})
    if entry.digest() != row.hash:
        return f"Entry {expected} was changed after it was written: its content does not fit its hash."
    if entry.previous != previous:
        return f"Entry {expected} does not follow entry {expected - 1}: one of the two was replaced."
    return ""


def _wrong_with_heads(book: Journal, connection: Connection, outside: Head | None, last: Head) -> str:
    """Say what is wrong with the end of the journal, or nothing."""
    statement = select(journal_heads).where(journal_heads.c.clinic == book.clinic)
    row = connection.execute(statement).one_or_none()
    inside = Head(sequence=row.sequence, hash=row.hash, mac=row.mac) if row else None
    if last.sequence == 0 and inside is None and outside is None:
        return ""
    key = book.seals.keys(connection, {SIGNING}).get(SIGNING)
    for head, where in ((inside, "in the database"), (outside, "in its file")):
        if head is None:
            if head is inside:
                return f"The signed head {where} is missing, so the end of the journal cannot be proved."
            continue
        if key is None or not head.is_signed_with(key, book.clinic):
            return f"The signature of the head {where} is not ours."
        if head.sequence > last.sequence:
            return (
                f"Entries {last.sequence + 1} to {head.sequence} are missing: the head {where} knows of them. "
                "They were cut off, or an older copy of the database was put back."
            )
    if inside is not None and (inside.sequence, inside.hash) != (last.sequence, last.hash):
        return (
            f"The entries after {inside.sequence} were not written by us: the signed head in the database ends there."
        )
    return ""


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


def _rows(connection: Connection, clinic: str, *, after: int) -> Iterator[Any]:
    for block in _blocks(connection, clinic, after):
        yield from block


def _blocks(connection: Connection, clinic: str, after: int) -> Iterator[list[Any]]:
    """Read entries in blocks, so that a long journal needs little memory."""
    while True:
        statement = (
            select(journal)
            .where(journal.c.clinic == clinic, journal.c.sequence > after)
            .order_by(journal.c.sequence)
            .limit(_BLOCK)
        )
        block = list(connection.execute(statement))
        if not block:
            return
        yield block
        after = block[-1].sequence
