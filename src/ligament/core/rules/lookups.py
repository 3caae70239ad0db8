"""Lookup tables: a clinic's own lists that rules look things up in, read from the text of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ligament.core.rules.entries import Lookup

LARGEST_BYTES = 20_000_000
_FORMULA = ("=", "@")
_SIGNS = ("+", "-")
_LONGEST_CELL = 10_000


class BadTable(Exception):
    """A table that cannot be used; `line` and `column` say where, each counted from 1."""

    def __init__(self, line: int, column: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.column = column
        self.sentence = sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTable:
    """The rows of one file by their key; `columns` are the names in its first line."""

    columns: tuple[str, ...] = ()
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def row(self, key: str) -> dict[str, str] | None:
        """Return the row with that key as a map of texts, or None."""
        found = self.rows.get(key.strip())
        return None if found is None else dict(zip(self.columns, found, strict=True))


def read_table(lookup: Lookup, held: bytes) -> LookupTable:
    """Return the table that a file holds; raises BadTable with the place of the first mistake."""
    if len(held) > LARGEST_BYTES:
        raise BadTable(1, 1, "This file is larger than 20 MB: keep only the columns and rows that a rule needs.")
    text = _decoded(held)
    rows = _rows(text)
    first = next(rows, None)
    columns = tuple(cell.strip() for cell in first[1]) if first else ()
    _check_columns(columns, lookup.key)
    place = columns.index(lookup.key)
    found: dict[str, tuple[str, ...]] = {}
    lines: dict[str, int] = {}
    for line, cells in rows:
        if not any(cells):
            continue
        _check_row(line, cells, columns)
        key = cells[place].strip()
        if not key:
            raise BadTable(line, place + 1, f'There is nothing in the column "{lookup.key}".')
        if key in found:
            said = f'"{_short(key)}" stands in the column "{lookup.key}" twice: on line {lines[key]} and here.'
            raise BadTable(line, place + 1, said)
        found[key], lines[key] = tuple(cells), line
    return LookupTable(columns=columns, rows=found)


def _decoded(held: bytes) -> str:
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = held[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        said = "This sign is not in UTF-8: save the file as CSV UTF-8 in the spreadsheet."
        raise BadTable(line, column, said) from None
    if "\0" in text:
        before_text = text[: text.index("\0")]
        line = before_text.count("\n") + 1
        raise BadTable(line, len(before_text) - (before_text.rfind("\n") + 1) + 1, "This file is no table of texts.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    first = text.partition("\n")[0]
    by = ";" if first.count(";") > first.count(",") else "\t" if "\t" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=by, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadTable(line, 1, f"This line cannot be read as CSV ({error}).") from None
        yield line, cells


def _check_columns(columns: tuple[str, ...], key: str) -> None:
    if key not in columns:
        there = ", ".join(f'"{_short(name)}"' for name in columns[:20] if name) or "none"
        raise BadTable(1, 1, f'There is no column "{key}". The columns are: {there}.')
    for place, name in enumerate(columns, 1):
        if not name:
            raise BadTable(1, place, "This column has no name.")
        if name in columns[: place - 1]:
            raise BadTable(1, place, f'Two columns are called "{_short(name)}".')


def _check_row(line: int, cells: list[str], columns: tuple[str, ...]) -> None:
    if len(cells) != len(columns):
        said = f"This row has {len(cells)} columns, and the first line has {len(columns)}."
        raise BadTable(line, min(len(cells), len(columns)) + 1, said)
    for place, cell in enumerate(cells, 1):
        if len(cell) > _LONGEST_CELL:
            raise BadTable(line, place, "This cell is longer than 10,000 characters.")
        if _is_formula(cell):
            raise BadTable(line, place, f'"{_short(cell)}" is a formula: put the value in its place.')


def _is_formula(cell: str) -> bool:
    if cell.startswith(_FORMULA):
        return True
    return cell.startswith(_SIGNS) and any(sign in cell for sign in "()!")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."  # noqa: PLR2004 - as long as a line can show
