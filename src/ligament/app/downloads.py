"""Downloads: reports, comparisons and the journal as files for a page, another tool, or the attachment of a message."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ligament.app.journal import EVERY_ENTRY, FORMATS, JournalFilter, journal_export
from ligament.app.reconcile import Period, side_by_side
from ligament.app.reports.comparison import comparison_report
from ligament.app.reports.files import Files, rendered
from ligament.app.reports.reports import Wish, make
from ligament.ports.comparison import SideBySide
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

MEDIA_TYPES: Mapping[str, str] = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".html": "text/html; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
}
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LATER = "Records have changed since, so this file lists the differences only: compare again for all of them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file: its name, without anything that a header could trip over, its media type and its bytes."""

    name: str
    media_type: str
    body: bytes


def report_download(clinic: Clinic, wanted: Wish, ending: str) -> Download:
    """Return a report as a file; raises ConfigurationError for an ending that is not known."""
    made = make(clinic, wanted)
    period = made.document["period"]
    days = "-".join(day for day in (period["from"], period["to"]) if day)
    return _file(f"{wanted.name.value}-{days}", ending, rendered(made.report, ending, made.document))


def comparison_download(clinic: Clinic, comparison_id: str, ending: str) -> Download | None:
    """Return a kept comparison as a file, or nothing when there is none of that id.

    All records side by side are in the newest one only: nobody keeps what they said at every comparison before.
    """
    kept = clinic.variances.comparison(comparison_id)
    if kept is None:
        return None
    document = json.loads(kept.body)
    newest = clinic.variances.comparisons(1)
    is_newest = bool(newest) and newest[0].id == kept.id
    period = Period.of(document["period"])

    def rows() -> Iterable[SideBySide]:
        return side_by_side(clinic, period) if is_newest else ()

    report = comparison_report(clinic, document, rows)
    if not is_newest:
        report = replace(report, notes=(*report.notes, _LATER))
    return _file(f"reconciliation-{kept.first}-{kept.last}", ending, rendered(report, ending, document))


def journal_download(clinic: Clinic, ending: str, wanted: JournalFilter = EVERY_ENTRY) -> Download:
    """Return entries of the journal as a file; raises ConfigurationError for an ending that is not known."""
    if ending not in FORMATS:
        raise ConfigurationError((f"There is no such form of the journal. Use one of {', '.join(sorted(FORMATS))}.",))
    with tempfile.TemporaryDirectory(prefix="ligament-") as private:
        file = Path(private) / f"journal{ending}"
        journal_export(clinic, Files(paths=(file,)), wanted=wanted)
        return _file("journal", ending, file.read_bytes())


def _file(name: str, ending: str, body: bytes) -> Download:
    return Download(name=_NOT_IN_A_NAME.sub("-", name) + ending, media_type=MEDIA_TYPES[ending], body=body)
