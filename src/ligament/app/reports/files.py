"""Report files: where they go and in which formats, looked at before the work begins and written when it is done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from ligament.app.documents import Document
from ligament.app.output import to_json
from ligament.core.tables import Report
from ligament.exports.charts import draw
from ligament.exports.errors import FileRefused
from ligament.exports.files import WRITERS, write_report, write_text
from ligament.exports.whole import already_there
from ligament.wiring.errors import ConfigurationError

JSON = ".json"
FORMATS = frozenset({*WRITERS, JSON})
"""Every ending that a report file may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files that somebody asked for; `replace` names those that may be overwritten."""

    paths: tuple[Path, ...] = ()
    replace: frozenset[Path] = frozenset()


NO_FILES = Files()


def wanted_files(
    paths: Iterable[Path],
    *,
    formats: Collection[str] = FORMATS,
    force: bool = False,
    confirm: Callable[[str], bool | None] = lambda _: None,
) -> Files:
    """Return the files that can be written; raises ConfigurationError for the first mistakes found.

    One that is there already is overwritten when `force` says so or the person answers yes.
    """
    chosen = tuple(dict.fromkeys(paths))
    complaints = [complaint for path in chosen if (complaint := _complaint(path, formats))]
    if complaints:
        raise ConfigurationError(tuple(complaints))
    there = [path for path in chosen if path.exists()]
    for path in there:
        if not force and not confirm(f"{path} is there already. Overwrite it?"):
            raise ConfigurationError((f"--output: {already_there(path).sentence}",))
    return Files(paths=chosen, replace=frozenset(there))


def _complaint(path: Path, formats: Collection[str]) -> str:
    if path.suffix.casefold() not in formats:
        known = ", ".join(sorted(formats))
        return f'--output: "{path.name}" has an ending that is not known here. Use one of {known}.'
    if path.is_dir():
        return f"--output: {path} is a folder. Name a file in it."
    if not path.parent.is_dir():
        return f"--output: the folder {path.parent} does not exist."
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return f"--output: the folder {path.parent} cannot be written."
    return ""


def write_files(files: Files, report: Report, document: Document) -> Document:
    """Write the report, and as JSON the document, into every file; returns the document with the names of the files.

    Raises ConfigurationError when one cannot be written; those before it are whole.
    """
    if not files.paths:
        return document
    told = {**document, "files": [str(path) for path in files.paths]}
    for path in files.paths:
        try:
            if path.suffix.casefold() == JSON:
                write_text(path, to_json(told) + "\n", replace=path in files.replace)
            else:
                write_report(path, report, replace=path in files.replace)
        except FileRefused as refused:
            raise ConfigurationError((f"--output: {refused.sentence}",)) from None
    return told


def rendered(report: Report, ending: str, document: Document) -> bytes:
    """Return the bytes of one file, for somebody who downloads it; raises ConfigurationError for an unknown ending."""
    if ending not in FORMATS:
        raise ConfigurationError((f"There is no such form of this report. Use one of {', '.join(sorted(FORMATS))}.",))
    if ending == JSON:
        return (to_json(document) + "\n").encode()
    with tempfile.TemporaryDirectory(prefix="ligament-") as private:
        file = Path(private) / f"report{ending}"
        try:
            write_report(file, report, replace=False)
        except FileRefused as refused:
            raise ConfigurationError((refused.sentence,)) from None
        return file.read_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A chart as SVG to stand inside a page, and what it shows in one sentence."""

    svg: str
    caption: str


def drawn(report: Report) -> tuple[Drawn, ...]:
    """Return the charts of a report; none where the library for them is not installed."""
    try:
        return tuple(Drawn(svg=draw(one), caption=one.caption) for one in report.figures if one.points)
    except FileRefused:
        return ()
