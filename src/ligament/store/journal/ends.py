"""The signed end of a journal, looked at before anything is added: what does not fit is never signed over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select

from ligament.store.database.bulk import all_of_clinic, of_clinic
from ligament.store.database.tables import contact_links, document_links, journal, journal_heads, payment_links
from ligament.store.journal.archives import newest_archive
from ligament.store.journal.chain import ROOT, Entry, Head
from ligament.store.journal.headfile import HeadFile


class Past(StrEnum):
    """What an entry may be written past, since it tells of it itself."""

    NOTHING = "nothing"
    RESTORE = "restore"
    """The file of the head is that of another time or machine."""
    BREAK = "break"
    """A person accepted that the journal does not hold."""


_FIELDS = Entry.__slots__
_NEWEST = all_of_clinic(journal).order_by(journal.c.sequence.desc()).limit(1)
_HEAD = all_of_clinic(journal_heads)
_HASH_AT = of_clinic(journal.c.hash).where(journal.c.sequence == bindparam("at"))
_LINKS = (contact_links, document_links, payment_links)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where a journal ends, the signed head kept beside it, and how far any head of ours ever went."""

    sequence: int
    digest: str
    furthest: int
    trouble: str


def end_of(connection: Connection, clinic: str, key: bytes | None, file: HeadFile | None, *, file_is_ours: bool) -> End:
    """Look at the end; `file_is_ours` says that no other machine writes for this database, so that a file must be."""
    row = connection.execute(_NEWEST, {"clinic": clinic}).one_or_none()
    kept = connection.execute(_HEAD, {"clinic": clinic}).one_or_none()
    head = Head(sequence=kept.sequence, hash=kept.hash, mac=kept.mac) if kept else None
    outside = file.read() if file else None
    base = newest_archive(connection, clinic) if row is None else None
    if base is not None and not base.is_signed_with(key, clinic):
        base = None
    sequence, digest = (row.sequence, row.hash) if row else (base.last, base.hash) if base else (0, ROOT)
    is_missing = file is not None and file_is_ours and sequence > 0 and outside is None
    trouble = _wrong_inside(head, key, clinic, sequence, digest)
    if not trouble and row is not None:
        entry = Entry(**{name: getattr(row, name) for name in _FIELDS})
        trouble = "" if row.hash in entry.digests(key) else f"Entry {sequence} was changed after it was written."
    if not trouble and is_missing and file is not None:
        trouble = missing_file(file)
    if not trouble and outside is not None and not (sequence == 0 and outside.sequence == 0):
        trouble = _wrong_outside(connection, outside, key, clinic, sequence)
    ours = [one.sequence for one in (head, outside) if one is not None and key and one.is_signed_with(key, clinic)]
    return End(sequence=sequence, digest=digest, furthest=max([sequence, *ours]), trouble=trouble)


def missing_file(file: HeadFile) -> str:
    return f"The file of the journal's head, {file.path.name}, is missing, so that nobody can tell what was cut off."


def _wrong_inside(head: Head | None, key: bytes | None, clinic: str, sequence: int, digest: str) -> str:
    if head is None:
        return "The signed head in the database is missing." if sequence else ""
    if key is None:
        return "The key that signs the journal is missing."
    if not head.is_signed_with(key, clinic):
        return "The signature of the head in the database is not ours."
    if head.sequence > sequence:
        return f"Entries {sequence + 1} to {head.sequence} are missing: they were cut off."
    if head.sequence < sequence:
        return f"Entry {head.sequence + 1} was not written by us: the signed head ends before it."
    return "" if head.hash == digest else f"Entry {sequence} was replaced after it was signed."


def _wrong_outside(connection: Connection, outside: Head, key: bytes | None, clinic: str, sequence: int) -> str:
    if outside.sequence > sequence:
        gone = f"Entries {sequence + 1} to {outside.sequence} are missing: the head in its file knows of them."
        return f"{gone} They were cut off, or an older copy of the database was put back."
    if key is None or not outside.is_signed_with(key, clinic):
        return "The signature of the head in its file is not ours."
    if not outside.sequence:
        return ""
    found = connection.execute(_HASH_AT, {"clinic": clinic, "at": outside.sequence}).scalar_one_or_none()
    base = newest_archive(connection, clinic) if found is None else None
    if base is not None and base.last == outside.sequence:
        found = base.hash
    return (
        "" if found == outside.hash else f"Entry {outside.sequence} is not the one that the head file was written for."
    )


def emptied(connection: Connection, clinic: str) -> str:
    """Say that a journal has no entries although records are linked, which every time writes one."""
    if connection.execute(_NEWEST, {"clinic": clinic}).one_or_none() is not None:
        return ""
    for table in _LINKS:
        found = connection.execute(select(table.c.clinic).where(table.c.clinic == clinic).limit(1)).one_or_none()
        if found is not None:
            return "The journal is empty although records are linked: its entries were taken away."
    return ""
