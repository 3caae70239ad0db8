"""Journal retention: entries older than `keep_years` leave in a signed file, and the chain goes on from there."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from ligament.app.cycle_options import PATIENCE_MS
from ligament.app.documents import Document
from ligament.app.results import DONE, WAITS, Result
from ligament.core.periods import iso_instant
from ligament.exports.errors import FileRefused
from ligament.exports.whole import write_whole
from ligament.store.journal.archive_files import check_file, hash_in_file, write_archive
from ligament.store.journal.archives import Archived
from ligament.store.journal.person_keys import SIGNING
from ligament.store.journal.retention import Span, archive_of_time, archives_of, span_before, take_out
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import alone_for

_FOLDER = "journals"
_FOLDER_RIGHTS = 0o700


def archive_journal(clinic: Clinic) -> Result:
    """Move entries that are old enough into a file, which appears whole or not at all, and then out of the database.

    Cut off at any point, it goes on the next time: nothing leaves the database before the file has it.
    Raises ConfigurationError when the file cannot be written, JournalBroken when the journal does not hold.
    """
    with alone_for(clinic, PATIENCE_MS):
        years = clinic.settings.rulebook.journal.keep_years
        cutoff = _years_before(clinic.clock.now(), years)
        span = span_before(clinic.journal, cutoff)
        made = None if span.is_empty else _moved(clinic, span)
    document: Document = {
        "archived": _shown(clinic, made) if made is not None else None,
        "keep_years": years,
        "before": iso_instant(cutoff),
        "waits_for": span.waits_for,
    }
    return Result(document=document)


def _years_before(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # the last day of a leap February
        return now.replace(year=now.year - years, day=28)


def _moved(clinic: Clinic, span: Span) -> Archived:
    folder = _folder(clinic)
    try:
        folder.mkdir(mode=_FOLDER_RIGHTS, exist_ok=True)
    except OSError as error:
        raise ConfigurationError((f"{folder} cannot be made ({error.strerror or type(error).__name__}).",)) from None
    slug = hashlib.sha256(clinic.settings.name.encode()).hexdigest()[:12]
    path = folder / f"journal-{slug}-{span.first:09}.jsonl"
    _need_free(clinic, path, span)
    for left in folder.glob(f".{path.name}.*.part"):
        left.unlink()  # of an attempt that was cut off; nobody else is at work here
    made: list[Archived] = []

    def fill(beside: Path) -> None:
        book = clinic.journal
        with book.database.reading() as connection:
            key = book.seals.keys(connection, {SIGNING})[SIGNING]
            bounds = (span.first, span.last, span.previous)
            made.append(write_archive(book, connection, key, bounds, beside, path.name))

    try:
        write_whole(path, fill, replace=True)
    except FileRefused as refused:
        raise ConfigurationError((refused.sentence,)) from None
    take_out(clinic.journal, made[0])
    return made[0]


def _need_free(clinic: Clinic, path: Path, span: Span) -> None:
    """Raise ConfigurationError where a file of that name is not what an earlier attempt left of the same entries."""
    if not path.exists():
        return
    found = check_file(clinic.journal, path)
    held = found.archive
    if found.trouble or held is None or held.previous != span.previous or held.last > span.last:
        sentence = "is there already and holds something else; move it away, then nothing of it is overwritten."
        raise ConfigurationError((f"{path} {sentence}",))


def _folder(clinic: Clinic) -> Path:
    return clinic.home_settings.home / _FOLDER


def archive_path(clinic: Clinic, archive: Archived) -> Path:
    """Return where an archive was put."""
    return _folder(clinic) / archive.file


def _shown(clinic: Clinic, archive: Archived) -> Document:
    return {
        "first": archive.first,
        "last": archive.last,
        "entries": archive.entries,
        "since": archive.since,
        "until": archive.until,
        "file": str(archive_path(clinic, archive)),
    }


# --- proving them -----------------------------------------------------------------------------------------------------


def archives_checked(clinic: Clinic) -> list[Document]:
    """Check every archive of a journal by itself, and that each goes on where the one before ended."""
    found: list[Document] = []
    for kept in archives_of(clinic.journal):
        check = check_file(clinic.journal, archive_path(clinic, kept))
        trouble = check.trouble
        if not trouble and (check.archive is None or check.archive.content != kept.content):
            trouble = f"{kept.file} is another file than the one that the journal went into."
        found.append({**_shown(clinic, kept), "holds": not trouble, "reason": trouble})
    return found


def file_verified(clinic: Clinic, file: Path) -> Result:
    """Check one archive wherever it is, and whether the journal here goes on from it."""
    check = check_file(clinic.journal, file)
    held = check.archive
    known = next((one for one in archives_of(clinic.journal) if held is not None and one.mac == held.mac), None)
    document: Document = {
        "archive": str(file),
        "holds": not check.trouble,
        "reason": check.trouble,
        "first": held.first if held is not None else None,
        "last": held.last if held is not None else None,
        "linked": known is not None,
    }
    return Result(document=document, code=DONE if not check.trouble and known is not None else WAITS)


def archived_hash(clinic: Clinic, sequence: int) -> tuple[str | None, str]:
    """Return the hash of an entry that left, and what is in the way of knowing it; two empty answers where none did."""
    kept = next((one for one in archives_of(clinic.journal) if one.first <= sequence <= one.last), None)
    if kept is None:
        return None, ""
    if sequence == kept.last:
        return kept.hash, ""
    file = archive_path(clinic, kept)
    check = check_file(clinic.journal, file)
    if check.trouble:
        return None, f"Entry {sequence} is in an archive: {check.trouble}"
    return hash_in_file(file, sequence), ""


def archived_sentence(clinic: Clinic, at: datetime) -> str:
    """Say where the entries of a run from that instant are, or nothing where they are still here."""
    kept = archive_of_time(clinic.journal, at)
    if kept is None:
        return ""
    entries = f"entries {kept.first} to {kept.last}"
    return f"What it wrote is in the archive of the journal, {archive_path(clinic, kept)}: {entries}."
