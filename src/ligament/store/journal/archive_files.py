"""Archive files of the journal: one entry a line, a first line that says what it is, and a last one that signs it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

import msgspec
from sqlalchemy import Connection

from ligament.store.journal.archives import Archived
from ligament.store.journal.audit import ACCEPTED, rows_of
from ligament.store.journal.chain import Entry
from ligament.store.journal.journal import Journal
from ligament.store.journal.person_keys import SIGNING

FORMAT = "ligament journal archive 1"
_FIELDS = Entry.__slots__


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """What an archive file says of itself, and what is wrong with it, in a sentence; nothing when it holds."""

    trouble: str = ""
    archive: Archived | None = None


def write_archive(
    book: Journal, connection: Connection, key: bytes, span: tuple[int, int, str], file: Path, name: str
) -> Archived:
    """Write the entries of a span (first, last, hash before) into a file; returns what it holds, signed."""
    first, last, previous = span
    content, digest, since, until = hashlib.sha256(), previous, "", ""
    made_at = book.now().isoformat()
    with file.open("wb") as stream:
        head = {"format": FORMAT, "clinic": book.clinic, "first": first, "last": last, "previous": previous}
        _put(stream, content, head)
        for row in rows_of(connection, book.clinic, after=first - 1, upto=last):
            _put(stream, content, {**{one: getattr(row, one) for one in _FIELDS}, "hash": row.hash})
            digest, since, until = row.hash, since or row.at, max(until, row.at)
        archive = Archived(
            first=first,
            last=last,
            previous=previous,
            hash=digest,
            since=since,
            until=until,
            made_at=made_at,
            file=name,
            content=content.hexdigest(),
        )
        signed = replace(archive, mac=archive.signature(key, book.clinic))
        stream.write(msgspec.json.encode({"signature": asdict(signed)}) + b"\n")
    return signed


def _put(stream: IO[bytes], content: Any, line: Mapping[str, object]) -> None:  # noqa: ANN401 - a hash
    text = msgspec.json.encode(line) + b"\n"
    content.update(text)
    stream.write(text)


def check_file(book: Journal, file: Path) -> FileCheck:
    """Check an archive by itself: its signature, and every entry of it, each bound to the one before."""
    with book.database.reading() as connection:
        key = book.seals.keys(connection, {SIGNING}).get(SIGNING)
    if key is None:
        return FileCheck(trouble="The key that signs the journal is missing.")
    try:
        return _checked(book.clinic, key, file)
    except FileNotFoundError:
        return FileCheck(trouble=f"{file.name} is not there; put it back, or name where it is.")
    except OSError as error:
        return FileCheck(trouble=f"{file.name} cannot be read ({error.strerror or type(error).__name__}).")
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError):
        return FileCheck(trouble=f"{file.name} is no archive of a journal, or was cut off or changed.")


def _checked(clinic: str, key: bytes, file: Path) -> FileCheck:
    content, archive, head = hashlib.sha256(), None, dict[str, Any]()
    digest, sequence, trouble = "", 0, ""
    with file.open("rb") as stream:
        for text in stream:
            line = msgspec.json.decode(text)
            if archive is not None:
                return FileCheck(trouble=f"{file.name} goes on behind its signature.")
            if "signature" in line:
                archive = Archived(**line["signature"])
                continue
            content.update(text)
            if not head:
                head = _head(line)
                digest, sequence = head["previous"], head["first"] - 1
                continue
            entry, kept = entry_of(line), str(line["hash"])
            if entry.kind == ACCEPTED and entry.digest(key) == kept:
                trouble = ""  # a person looked at what is before, and it was written down
            elif not trouble:
                trouble = _wrong_with(entry, kept, sequence + 1, digest, key)
            digest, sequence = kept, entry.sequence
    if archive is None:
        return FileCheck(trouble=f"{file.name} was cut off: its signature is missing.")
    is_ours = archive.is_signed_with(key, clinic) and archive.content == content.hexdigest()
    if not is_ours or head.get("clinic") != clinic:
        return FileCheck(trouble=f"{file.name} was changed, or is not of this clinic: its signature does not fit.")
    if not trouble and (sequence, digest) != (archive.last, archive.hash):
        trouble = f"{file.name} does not end where its signature says."
    return FileCheck(trouble=trouble, archive=archive)


def _head(line: Mapping[str, Any]) -> dict[str, Any]:
    if line.get("format") != FORMAT:
        raise ValueError(FORMAT)
    return dict(line)


def _wrong_with(entry: Entry, kept: str, expected: int, previous: str, key: bytes) -> str:
    if entry.sequence != expected:
        return f"Entry {expected} is missing in the archive; the next one is {entry.sequence}."
    if kept not in entry.digests(key):
        return f"Entry {expected} in the archive was changed: its content does not fit its hash."
    return "" if entry.previous == previous else f"Entry {expected} in the archive does not follow the one before."


def entry_of(line: Mapping[str, Any]) -> Entry:
    """Return the entry that a line of an archive holds."""
    told = {name: line[name] for name in _FIELDS}
    if told["sealed"] is not None:
        told["sealed"] = base64.b64decode(told["sealed"])
    return Entry(**told)


def hash_in_file(file: Path, sequence: int) -> str | None:
    """Return the hash of one entry of an archive, or nothing where it is not in it; raises OSError."""
    for line in _lines(file):
        if line.get("sequence") == sequence:
            return str(line["hash"])
    return None


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open("rb") as stream:
        for text in stream:
            yield msgspec.json.decode(text)
