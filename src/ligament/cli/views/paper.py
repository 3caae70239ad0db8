"""Lines, headings and tables: set for a terminal where there is one, and as plain text that never wraps elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Table
from rich.text import Text

from ligament.cli.views.progress import console
from ligament.core.periods import australian

_GAP = "  "
_ZONE: ContextVar[str] = ContextVar("zone", default="")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; amounts and counts stand on the right, and the last column may be long."""

    title: str
    right: bool = False


def line(text: str = "", *, style: str = "") -> None:
    """Print one line, or an empty one."""
    console().print(Text(printable(text), style=style))


def heading(text: str) -> None:
    """Print a heading with an empty line before it."""
    line()
    line(text, style="bold")


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]], *, whole: bool = False) -> None:
    """Print a table; nothing at all when it has no rows.

    With `whole` no cell is cut short at a terminal that is too narrow: each row becomes lines of its own.
    """
    if not rows:
        return
    clean = [[printable(cell) for cell in row] for row in rows]
    shown = console()
    if whole and shown.is_terminal and _width(columns, clean) > shown.width:
        for row in clean:
            line()
            for column, cell in zip(columns, row, strict=True):
                line(f"{column.title}: {cell}" if cell else f"{column.title}: none")
        return
    if shown.is_terminal:
        drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            long = column is columns[-1]
            drawn.add_column(column.title, justify="right" if column.right else "left", no_wrap=not long)
        for row in clean:
            drawn.add_row(*(Text(cell) for cell in row))
        shown.print(drawn)
        return
    for text in plain_table(columns, clean):
        line(text)


_BETWEEN = 3
"""Blanks between two columns at a terminal."""


def _width(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> int:
    """Return how wide a table is drawn whose last column wraps."""
    fixed = [max(len(column.title), *(len(row[place]) for row in rows)) for place, column in enumerate(columns[:-1])]
    return sum(fixed) + len(columns[-1].title) + _BETWEEN * len(columns)


def plain_table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table as lines of text without borders; the last column is as long as it needs to be."""
    everything = [[column.title for column in columns], *rows]
    widths = [max(len(row[place]) for row in everything) for place in range(len(columns))]
    lines = []
    for row in everything:
        cells = [
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(row, widths, columns, strict=True)
        ]
        lines.append(_GAP.join(cells).rstrip())
    return lines


def printable(text: str) -> str:
    """Return text from outside without control characters, which could redraw a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def money(amount: object) -> str:
    """Return an amount with thousands separated and two decimals: `1,234.50`."""
    try:
        return f"{Decimal(str(amount)):,.2f}"
    except InvalidOperation:
        return str(amount)


def day(text: object) -> str:
    """Return a date or instant as people in Australia write the day: `22 Nov 2026`; nothing for nothing."""
    if not text:
        return ""
    try:
        return australian(datetime.fromisoformat(str(text)).date())
    except ValueError:
        return str(text)


def moment(text: object, zone: str = "") -> str:
    """Return an instant as day and time of the clinic: `22 Nov 2026 13:05`; in UTC, and saying so, without a clinic."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return str(text)
    zone = zone or _ZONE.get()
    if not zone or at.tzinfo is None:
        return f"{australian(at.date())} {at:%H:%M} UTC"
    at = at.astimezone(ZoneInfo(zone))
    return f"{australian(at.date())} {at:%H:%M}"


def show_times_of(zone: str) -> None:
    """Show instants as the clock of a clinic does from now on."""
    _ZONE.set(zone)


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 invoice`, `2,431 invoices`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """Return words as one phrase: `a, b and c`."""
    return " and ".join(([", ".join(words[:-1])] if len(words) > 1 else []) + list(words[-1:]))
