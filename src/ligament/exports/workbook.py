"""Reports as spreadsheets: numbers as numbers, days as days, filters and headings that stay, in constant memory."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from ligament.core.tables import Cell, ColumnType, Medium, Report, Table
from ligament.exports.cells import clean, harmless
from ligament.exports.errors import FileRefused, not_installed

MOST_ROWS, LONGEST_TEXT = 1_048_576, 32_767
"""What the format holds: rows on a sheet, characters in a cell."""
_WIDTHS: Mapping[ColumnType, int] = {
    ColumnType.TEXT: 18, ColumnType.DATE: 13, ColumnType.MONEY: 14, ColumnType.COUNT: 10,
}  # fmt: skip
_WIDE, _SUMMARY_WIDTHS = 70, (28, 90)
_NUMBER_FORMATS: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "@", ColumnType.DATE: "d mmm yyyy",
    ColumnType.MONEY: "#,##0.00;-#,##0.00", ColumnType.COUNT: "#,##0",
}  # fmt: skip
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_NOT_IN_A_TITLE = str.maketrans("[]:*?/\\", "       ")
_LONGEST_TITLE = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class _Formats:
    """The looks of cells, made once for a workbook."""

    head: Mapping[ColumnType, Any]
    cell: Mapping[ColumnType, Any]
    total: Mapping[ColumnType, Any]
    title: Any
    strong: Any
    wrapped: Any


def write_workbook(path: Path, report: Report) -> None:
    """Write a report as one workbook: a sheet with the summary, then a sheet for each table."""
    try:
        import xlsxwriter  # noqa: PLC0415 - loaded only for a spreadsheet; an extra that may be missing
    except ModuleNotFoundError:
        raise not_installed("A spreadsheet") from None
    with tempfile.TemporaryDirectory(prefix="ligament-") as private:
        book = xlsxwriter.Workbook(str(path), {**_OPTIONS, "tmpdir": private})
        try:
            book.set_properties({"title": report.title, "comments": "\n".join(f"{k}: {v}" for k, v in report.stamp)})
            looks = _formats(book)
            used: set[str] = set()
            _summary(book.add_worksheet(_title("Summary", used)), report, looks)
            for table in report.tables_for(Medium.WORKBOOK):
                _sheet(book.add_worksheet(_title(table.title, used)), table, looks)
        finally:
            book.close()


def _formats(book: Any) -> _Formats:  # noqa: ANN401 - the library has no types
    def made(**extra: object) -> dict[ColumnType, Any]:
        right = {kind: {"align": "right"} if kind.is_number() else {} for kind in ColumnType}
        return {
            kind: book.add_format({**right[kind], "num_format": form, **extra})
            for kind, form in _NUMBER_FORMATS.items()
        }

    return _Formats(
        head=made(bold=True, bottom=1, bg_color="#EEEEEE", text_wrap=True, valign="top"),
        cell=made(valign="top"),
        total=made(bold=True, top=1),
        title=book.add_format({"bold": True, "font_size": 16}),
        strong=book.add_format({"bold": True, "valign": "top"}),
        wrapped=book.add_format({"text_wrap": True, "valign": "top"}),
    )


def _title(wanted: str, used: set[str]) -> str:
    """Return a name for a sheet that the format allows and no other sheet has."""
    name = clean(wanted).translate(_NOT_IN_A_TITLE).strip(" '")[:_LONGEST_TITLE] or "Sheet"
    number = 2
    while name.casefold() in used:
        tail = f" ({number})"
        name, number = name[: _LONGEST_TITLE - len(tail)] + tail, number + 1
    used.add(name.casefold())
    return name


def _summary(sheet: Any, report: Report, looks: _Formats) -> None:  # noqa: ANN401 - the library has no types
    """Write what the report says in sentences; every amount here stands as a number on a sheet behind it."""
    for place, width in enumerate(_SUMMARY_WIDTHS):
        sheet.set_column(place, place, width)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, harmless(report.title), looks.title)
    sheet.write_string(1, 0, harmless(report.subtitle))
    lines = [
        *(("", text) for text in report.lead),
        *((_without_sign(label), text) for label, text in report.equation),
        *(("Note", text) for text in report.notes),
        *report.stamp,
    ]
    for row, (label, text) in enumerate(lines, 3):
        sheet.write_string(row, 0, harmless(label), looks.strong)
        amount = _amount(text)
        if amount is None:
            sheet.write_string(row, 1, harmless(text), looks.wrapped)
        else:
            sheet.write_number(row, 1, amount, looks.cell[ColumnType.MONEY])


def _without_sign(label: str) -> str:
    """Return the name of a term of the equation alone: in a cell, a sign before it looks like a formula."""
    plain = label.lstrip("=+ ")
    return plain[:1].upper() + plain[1:]


def _amount(text: str) -> Decimal | None:
    plain = text.replace(",", "")
    whole, dot, decimals = plain.removeprefix("-").partition(".")
    return Decimal(plain) if dot and whole.isdigit() and decimals.isdigit() else None


def _sheet(sheet: Any, table: Table, looks: _Formats) -> None:  # noqa: ANN401 - the library has no types
    columns = table.columns
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDE if column.wide else max(_WIDTHS[column.type], len(column.title) + 3))
        sheet.write_string(0, place, harmless(column.title), looks.head[column.type])
    sheet.freeze_panes(1, 0)
    last = _rows(table, [_writer(sheet, looks.cell[column.type]) for column in columns])
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    total = table.total_row()
    if total is not None:
        for place, (cell, column) in enumerate(zip(total, columns, strict=True)):
            _writer(sheet, looks.total[column.type])(last + 1, place, cell)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _rows(table: Table, writers: Sequence[Callable[[int, int, Cell], None]]) -> int:
    """Write the rows below the heading; returns the number of the last one."""
    number = 0
    places = tuple(enumerate(writers))
    for number, row in enumerate(table.rows(), 1):
        if number >= MOST_ROWS - 1:
            raise FileRefused(f'A sheet holds {MOST_ROWS:,} rows, and "{table.title}" has more. Write CSV instead.')
        for place, write in places:
            write(number, place, row[place])
    return number


def _writer(sheet: Any, look: Any) -> Callable[[int, int, Cell], None]:  # noqa: ANN401 - as above
    text, number, day = sheet.write_string, sheet.write_number, sheet.write_datetime

    def write(row: int, place: int, cell: Cell) -> None:
        if isinstance(cell, str):
            text(row, place, harmless(cell)[:LONGEST_TEXT], look)
        elif isinstance(cell, date):
            day(row, place, cell, look)
        elif cell is not None:
            number(row, place, cell, look)

    return write
