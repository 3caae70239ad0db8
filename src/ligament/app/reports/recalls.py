"""Recalls: who is due to be asked back, from what the practice says now; to the screen, a file or a mailing list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

from ligament.app.documents import Document
from ligament.app.known_words import did_you_mean
from ligament.app.reports.files import NO_FILES, Files, write_files
from ligament.app.results import Result
from ligament.core.periods import local_date
from ligament.core.recalls import LeftOut, OwnRecall, RecallCandidate, RecallRow, Recalls
from ligament.core.rules.entries import Recall
from ligament.core.tables import Report, Table, date_column, fixed, text_column
from ligament.flow.read.practice_pin import check_practice
from ligament.ports.recalls import RecallReader, RecallScope
from ligament.store.journal.journal import Note
from ligament.store.mirror.recalls import RecallRows
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

ENDINGS = frozenset({".csv"})
_COLUMNS = (
    text_column(name="patient_id", title="Patient"),
    text_column(name="first_name", title="First name"),
    text_column(name="email", title="E-mail"),
    date_column(name="due_on", title="Due on"),
    text_column(name="list", title="List"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecalls:
    """Who is due today, with what was read to say so."""

    today: date
    recalls: Recalls
    notes: tuple[str, ...] = ()


def recalls(clinic: Clinic, files: Files = NO_FILES) -> Result:
    """Tell who is due and how many are left out for each reason, and write the file that is asked for.

    Raises ConfigurationError for an appointment type that the practice does not have, and the port errors.
    """
    found = find_recalls(clinic)
    document = document_of(found)
    write_found(clinic, found, files, document)
    return Result(document=document)


def write_found(clinic: Clinic, found: FoundRecalls, files: Files, document: Document) -> None:
    """Write the file that is asked for, and keep in the journal that names left the house."""
    if files.paths:
        document["files"] = write_files(files, _report(found), document)
        _journal(clinic, "recalls_exported", len(found.recalls.rows))


def find_recalls(clinic: Clinic) -> FoundRecalls:
    """Read what changed in the practice, and say who is due."""
    reader = cast("RecallReader", clinic.practice())
    check_practice(reader.settings(), clinic.store)
    rows = RecallRows(clinic.database, clinic.journal.clinic)
    now, zone = clinic.clock.now(), clinic.settings.rulebook.clinic.time_zone
    lists = _lists(clinic.settings.rulebook.recalls, reader)
    for page in reader.read_recall_facts(RecallScope(now=now, zone=zone, cursors=rows.cursors())):
        rows.keep(page)
        clinic.outside.tell(page.stream, page.done, max(page.total, 1))
    today = local_date(now, zone)
    found = Recalls(rows=[], left_out=Counter())
    refused = rows.refused()
    for recall, types in lists:
        found.judge(rows.candidates(types, now), recall.list, recall.after_weeks, today, refused)
    own = reader.own_recalls()
    for candidate, held in _own(own or (), rows.candidates((), now)):
        found.place(candidate, held.type, held.due_on, today, refused)
    found.rows.sort(key=lambda row: (row.due_on, row.list, row.patient_id))
    notes = () if lists or own else ("There is no [[recalls]] entry in the rulebook yet, so that nobody is due.",)
    return FoundRecalls(today=today, recalls=found, notes=notes)


def document_of(found: FoundRecalls) -> Document:
    """Return what is told: the rows, and counts for everybody who is on no list."""
    return {
        "as_of": found.today.isoformat(),
        "due": len(found.recalls.rows),
        "left_out": {
            reason.value: found.recalls.left_out[reason] for reason in LeftOut if found.recalls.left_out[reason]
        },
        "rows": [_row(row) for row in found.recalls.rows],
        "pushed": 0,
        "notes": list(found.notes),
    }


def _lists(entries: Sequence[Recall], reader: RecallReader) -> list[tuple[Recall, frozenset[str]]]:
    """Return each list with the ids of its appointment types, which the rulebook names by id or by name."""
    if not entries:
        return []
    types = reader.appointment_types()
    return [
        (entry, frozenset(key for name in entry.appointment_types for key in _ids(name, entry, types)))
        for entry in entries
    ]


def _ids(wanted: str, entry: Recall, types: Mapping[str, str]) -> list[str]:
    if wanted in types:
        return [wanted]
    found = [key for key, name in types.items() if name.casefold() == wanted.strip().casefold()]
    if not found:
        hint = did_you_mean(wanted, [name for name in types.values() if name])
        where = f'recalls, "{entry.list}", appointment_types'
        raise ConfigurationError((f'{where}: the practice has no appointment type "{wanted}".{hint}',))
    return found


def _own(
    held: Sequence[OwnRecall], candidates: Iterator[RecallCandidate]
) -> Iterator[tuple[RecallCandidate, OwnRecall]]:
    """Join the practice's own recalls with the people they are about."""
    if not held:
        return
    people = {candidate.person.id: candidate for candidate in candidates}
    for one in held:
        if one.patient_id in people:
            yield people[one.patient_id], one


def _row(row: RecallRow) -> Document:
    return {
        "patient_id": row.patient_id,
        "first_name": row.first_name.reveal(),
        "email": row.email.reveal(),
        "due_on": row.due_on.isoformat(),
        "list": row.list,
    }


def _report(found: FoundRecalls) -> Report:
    cells = [
        (row.patient_id, row.first_name.reveal(), row.email.reveal(), row.due_on, row.list)
        for row in found.recalls.rows
    ]
    table = Table(name="recalls", title="Recalls", columns=_COLUMNS, rows=fixed(cells))
    return Report(name="recalls", title="Recalls", tables=(table,))


def _journal(clinic: Clinic, kind: str, many: int) -> None:
    """Keep who took how many names out of the house, and when; the names themselves stand nowhere."""
    with clinic.journal.writing() as writing:
        writing.add(Note(kind=kind, public={"rows": many}))
