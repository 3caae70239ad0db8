"""Reports as PDF/A: what an accountant files. A long table says how many rows it leaves to the spreadsheet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

from ligament.core.tables import Medium, Report, Row, Table, TableColumn, shown
from ligament.exports.cells import clean
from ligament.exports.charts import draw
from ligament.exports.errors import FileRefused, not_installed

STANDARD = "a-2b"
ROWS_SHOWN, _FEWEST = 40, 3
_PAGES = re.compile(rb"/Type\s*/Pages[^>]*?/Count (\d+)")
_LAST_PLAIN = 0x24F
"""The last letter of the Latin alphabets; what comes behind may be in no font of this machine."""


def write_pdf(path: Path, report: Report, *, rows: int = ROWS_SHOWN) -> None:
    """Write a report as PDF/A-2b with at most so many rows of each table."""
    path.write_bytes(pdf(report, rows=rows))


def pdf(report: Report, *, rows: int = ROWS_SHOWN) -> bytes:
    """Return a report as PDF; a name in letters for which there is no font is written with question marks."""
    try:
        import typst  # noqa: PLC0415 - a typesetter that few commands need; an extra that may be missing
    except ModuleNotFoundError:
        raise not_installed("A PDF") from None
    try:
        return _fitting(typst, report, rows, str)
    except typst.TypstError:
        try:
            return _fitting(typst, report, rows, _latin)
        except typst.TypstError as error:
            raise FileRefused("The PDF cannot be set on this machine.") from error


def _fitting(typst: Any, report: Report, rows: int, spelled: Callable[[str], str]) -> bytes:  # noqa: ANN401 - the library
    """Set a report with fewer and fewer rows of its tables until it has no more pages than it may."""
    page = files("ligament.exports").joinpath("report.typ").read_bytes()
    while True:
        made = _set(typst, page, spelled(json.dumps(_data(report, rows), ensure_ascii=False)))
        if not report.most_pages or rows <= _FEWEST or _pages(made) <= report.most_pages:
            return made
        rows = rows * 2 // 3


def _set(typst: Any, page: bytes, given: str) -> bytes:  # noqa: ANN401 - the library itself
    inputs = {"data": given}
    made: bytes = typst.compile(
        page, format="pdf", sys_inputs=inputs, pdf_standards=STANDARD, font_paths=_fonts(typst.Fonts)
    )
    return made


@lru_cache(maxsize=1)
def _fonts(find: Callable[[], Any]) -> Any:  # noqa: ANN401 - the library's own
    """Return the fonts of this machine, looked for once."""
    return find()


def _pages(made: bytes) -> int:
    """Return how many pages a PDF has, as its tree of pages says."""
    found = _PAGES.search(made)
    return int(found.group(1)) if found else 0


def _latin(text: str) -> str:
    return "".join(char if ord(char) <= _LAST_PLAIN else "?" for char in text)


def _data(report: Report, rows: int) -> Mapping[str, Any]:
    return {
        "title": clean(report.title),
        "subtitle": clean(report.subtitle),
        "lead": [clean(line) for line in report.lead],
        "equation": [[clean(label), clean(text)] for label, text in report.equation],
        "figures": [
            {"title": clean(one.title), "caption": clean(one.caption), "svg": draw(one)}
            for one in report.figures
            if one.points
        ],
        "tables": [_table(table, rows) for table in report.tables_for(Medium.PAPER)],
        "notes": [clean(line) for line in report.notes],
        "stamp": [[clean(label), clean(text)] for label, text in report.stamp],
    }


def _table(table: Table, most: int) -> Mapping[str, Any]:
    every = iter(table.rows())
    first = list(islice(every, most))
    left = sum(1 for _ in every)
    total = table.total_row()
    return {
        "title": clean(table.title),
        "note": clean(table.note),
        "columns": [
            {"title": clean(column.title), "right": column.type.is_number(), "wide": column.wide}
            for column in table.columns
        ],
        "rows": [_cells(table.columns, row) for row in first],
        "total": _cells(table.columns, total) if total is not None else [],
        "more": f"And {left:,} more; the spreadsheet has all of them." if left else "",
    }


def _cells(columns: tuple[TableColumn, ...], row: Row) -> list[str]:
    return [clean(shown(cell, column.type)) for column, cell in zip(columns, row, strict=True)]
