"""The audit trail for people: its newest page, its proof, and all of it in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from ligament.app.journal_archive import archived_hash, archives_checked
from ligament.app.known_words import not_known
from ligament.app.names import record_key
from ligament.app.output import to_json
from ligament.app.reports.files import NO_FILES, Files
from ligament.app.results import DONE, WAITS, Result
from ligament.core.entries import CLINIC_KINDS, INSTALLATION_KINDS
from ligament.core.periods import Period, local_date
from ligament.core.tables import Row, Table, text_column
from ligament.exports.delimited import stream_csv
from ligament.exports.errors import FileRefused
from ligament.exports.whole import write_whole
from ligament.store.journal.audit import Verification, accept_break, export, has_entry, verify
from ligament.store.queries.lists import Lists
from ligament.store.queries.records import Queries
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.installation import journal_beside

PAGE = 30
_LONGEST_NUMBER = 18


def journal_page(clinic: Clinic, *, limit: int = PAGE, installation: bool = False) -> Result:
    """Tell the newest entries, newest first; with `installation` those of users, sign-ins and tokens."""
    queries = Queries(journal_beside(clinic)) if installation else clinic.queries
    entries = queries.journal(limit=limit)
    return Result(document={"entries": entries, "installation": installation})


def journal_verify(clinic: Clinic, head: str = "") -> Result:
    """Check the whole chain and both heads, and those of the installation; names the first entry that does not hold.

    `head` is one that was written down elsewhere, `NUMBER:HASH` as the daily summary and the metrics say it.
    """
    found = verify(clinic.journal)
    if head:
        number, digest = _head_of(head)
        reason = "" if has_entry(clinic.journal, number, digest) else _not_in_archives(clinic, number, digest)
        if found.holds and reason:
            found = replace(found, broken_at=number, reason=reason)
    archives, beside = archives_checked(clinic), verify(journal_beside(clinic))
    document = {
        **_verified(found),
        "accepted_at": found.accepted_at,
        "gaps": [{"at": gap.at, "first": gap.first, "last": gap.last, "sentence": gap.sentence} for gap in found.gaps],
        "archives": archives,
        "installation": _verified(beside),
    }
    is_whole = found.holds and beside.holds and all(one["holds"] for one in archives)
    return Result(document=document, code=DONE if is_whole else WAITS)


def _verified(found: Verification) -> dict[str, Any]:
    return {
        "holds": found.holds,
        "entries": found.entries,
        "broken_at": found.broken_at,
        "reason": found.reason,
    }


def _not_in_archives(clinic: Clinic, number: int, digest: str) -> str:
    """Say why a head that is no entry of the database proves nothing; nothing where it is one of an archive."""
    kept, trouble = archived_hash(clinic, number)
    if trouble or kept == digest:
        return trouble
    return f"Entry {number} is not the one that was written down: {digest[:12]}... is not in this journal."


def _head_of(text: str) -> tuple[int, str]:
    number, _, digest = text.strip().partition(":")
    if not (number.isascii() and number.isdecimal() and 0 < len(number) <= _LONGEST_NUMBER and digest):
        raise ConfigurationError(
            (f"--head: {text!r} is no head of a journal; it is NUMBER:HASH, as the daily summary says it.",)
        )
    return int(number), digest.casefold()


def journal_accept(clinic: Clinic, because: str, *, installation: bool = False) -> Result:
    """Go on behind a break that a person knows the reason of; the journal keeps who accepted it and why.

    With `installation` it is that of users, sign-ins and tokens.
    """
    if not because.strip():
        raise ConfigurationError(("--because: say what happened; the journal keeps it.",))
    found = accept_break(journal_beside(clinic) if installation else clinic.journal, because.strip())
    document = {"accepted": not found.holds, "broken_at": found.broken_at, "reason": found.reason}
    return Result(document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFilter:
    """Which entries somebody wants: of days in the clinic's zone, of a kind, about a record by its id or key."""

    period: Period = Period()
    kind: str = ""
    record: str = ""
    installation: bool = False
    """Those of users, sign-ins and tokens, which belong to no clinic."""

    def lets_through(self, entry: Mapping[str, Any], zone: str) -> bool:
        if self.kind and entry["kind"] != self.kind:
            return False
        subject = str(entry["subject"])
        if self.record and self.record not in {subject, subject.partition(":")[2]}:
            return False
        return self.period == Period() or self.period.covers(local_date(datetime.fromisoformat(entry["at"]), zone))


EVERY_ENTRY = JournalFilter()


def kind_trouble(clinic: Clinic, kind: str, *, installation: bool = False) -> str:
    """Say that there is no such kind of entry, which kinds there are and the nearest; nothing where there is."""
    there = INSTALLATION_KINDS if installation else CLINIC_KINDS
    if not kind or kind in there:
        return ""
    # An earlier or later version may have kept what this one does not.
    kept = Lists(journal_beside(clinic) if installation else clinic.journal).kinds()
    return not_known(kind, sorted(there | kept))


def journal_export(
    clinic: Clinic, files: Files = NO_FILES, stream: IO[str] | None = None, wanted: JournalFilter = EVERY_ENTRY
) -> Result:
    """Write entries to files that only their owner may read, else one a line as JSON to the stream.

    With neither of them the entries are part of what it tells.
    """
    zone = clinic.settings.rulebook.clinic.time_zone
    if not files.paths and stream is None:
        return Result(document={"entries": list(_entries(clinic, wanted, zone)), "file": None})
    if not files.paths:
        assert stream is not None
        return Result(document={"entries": _write(_entries(clinic, wanted, zone), stream), "file": None})
    count = 0
    for path in files.paths:
        count = _write_file(path, lambda: _entries(clinic, wanted, zone), replace=path in files.replace)
    return Result(document={"entries": count, "file": str(files.paths[-1]), "files": [str(one) for one in files.paths]})


def _entries(clinic: Clinic, wanted: JournalFilter, zone: str) -> Iterator[dict[str, Any]]:
    book = journal_beside(clinic) if wanted.installation else clinic.journal
    wanted = replace(wanted, record=record_key(clinic, wanted.record))
    return (entry for entry in export(book) if wanted.lets_through(entry, zone))


def _write_file(path: Path, entries: Callable[[], Iterator[dict[str, Any]]], *, replace: bool) -> int:
    count = 0

    def fill(beside: Path) -> None:
        nonlocal count
        with beside.open("w", encoding="utf-8", newline="") as stream:
            count = _FORMATS[path.suffix.casefold()](entries(), stream)

    try:
        write_whole(path, fill, replace=replace)
    except FileRefused as refused:
        raise ConfigurationError((f"--output: {refused.sentence}",)) from None
    return count


def _write(entries: Iterable[dict[str, Any]], stream: IO[str]) -> int:
    count = 0
    for entry in entries:
        stream.write(to_json(entry, indent=False) + "\n")
        count += 1
    return count


def _write_document(entries: Iterable[dict[str, Any]], stream: IO[str]) -> int:
    """Write one JSON document, entry by entry, so that a long journal needs little memory."""
    count = 0
    stream.write('{"entries": [')
    for entry in entries:
        stream.write((",\n" if count else "\n") + to_json(entry, indent=False))
        count += 1
    stream.write("\n]}\n")
    return count


_COLUMNS = ("sequence", "at", "actor", "source", "kind", "subject", "public", "personal", "erased", "previous", "hash")


def _write_csv(entries: Iterable[dict[str, Any]], stream: IO[str]) -> int:
    count = 0

    def rows() -> Iterator[Row]:
        nonlocal count
        for entry in entries:
            count += 1
            yield tuple(_cell(entry.get(name)) for name in _COLUMNS)

    columns = tuple(text_column(name=name, title=name.capitalize()) for name in _COLUMNS)
    stream_csv(stream, Table(name="journal", title="Journal", columns=columns, rows=rows))
    return count


def _cell(value: object) -> str | int | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int) else to_json(value, indent=False)


_FORMATS: Mapping[str, Callable[[Iterable[dict[str, Any]], IO[str]], int]] = {
    ".json": _write_document,
    ".jsonl": _write,
    ".csv": _write_csv,
}
FORMATS = frozenset(_FORMATS)
"""The endings that an exported journal may have."""
