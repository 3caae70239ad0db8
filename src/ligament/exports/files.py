"""Report files by their ending: which formats there are, and one door to write each of them whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ligament.core.tables import Report
from ligament.exports.delimited import write_csv
from ligament.exports.page import write_page
from ligament.exports.pdf import write_pdf
from ligament.exports.whole import write_whole
from ligament.exports.workbook import write_workbook

WRITERS: Mapping[str, Callable[[Path, Report], None]] = {
    ".xlsx": write_workbook,
    ".html": write_page,
    ".pdf": write_pdf,
    ".csv": lambda path, report: write_csv(path, report.listed()),
}


def write_report(path: Path, report: Report, *, replace: bool) -> None:
    """Write a report in the format of the file's ending, which must be one of the known ones."""
    write = WRITERS[path.suffix.casefold()]
    write_whole(path, lambda beside: write(beside, report), replace=replace)


def write_text(path: Path, text: str, *, replace: bool) -> None:
    """Write a text, such as a JSON document, whole or not at all."""
    write_whole(path, lambda beside: _put(beside, text), replace=replace)


def _put(beside: Path, text: str) -> None:
    beside.write_text(text, encoding="utf-8")
