"""Tables of typed columns, figures and the reports made of them: what every file format and page is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial

from ligament.core.money import ZERO, readable, two_places
from ligament.core.periods import australian

Cell = str | date | Decimal | int | None
"""What stands in one place of a table; None is an empty place."""
Row = tuple[Cell, ...]


class ColumnType(StrEnum):
    """What a column holds; money is an exact amount of the clinic's currency, a count is a whole number."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    COUNT = "count"

    def is_number(self) -> bool:
        """Say whether its cells are added up and stand on the right."""
        return self in {ColumnType.MONEY, ColumnType.COUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One column: `name` is for programs, `title` for people; `wide` asks for room."""

    name: str
    title: str
    type: ColumnType = ColumnType.TEXT
    wide: bool = False


text_column = partial(TableColumn, type=ColumnType.TEXT)
date_column = partial(TableColumn, type=ColumnType.DATE)
money_column = partial(TableColumn, type=ColumnType.MONEY)
count_column = partial(TableColumn, type=ColumnType.COUNT)


class Medium(StrEnum):
    """Where a table is read: in a spreadsheet, on a page of the browser, or on paper."""

    WORKBOOK = "workbook"
    PAGE = "page"
    PAPER = "paper"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a title; rows are given anew each time they are asked for, so that long ones need no memory.

    `totals` holds the sum of a column under its name; a column without one stays empty in the last line. `media` says
    where it stands: a list of everything belongs into a spreadsheet only.
    """

    name: str
    title: str
    columns: tuple[TableColumn, ...]
    rows: Callable[[], Iterable[Row]]
    totals: Mapping[str, Cell] = field(default_factory=dict)
    note: str = ""
    media: frozenset[Medium] = frozenset(Medium)

    def total_row(self) -> Row | None:
        """Return the last line with the sums, its first free place saying so; None without totals."""
        if not self.totals:
            return None
        cells: list[Cell] = [self.totals.get(column.name) for column in self.columns]
        if cells[0] is None and self.columns[0].type is ColumnType.TEXT:
            cells[0] = "Total"
        return tuple(cells)


def fixed(rows: Iterable[Row]) -> Callable[[], Iterable[Row]]:
    """Return rows that are all in memory as a table wants them."""
    kept = tuple(rows)
    return lambda: kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One bar of a figure: which group it stands in, which of the compared things it belongs to, and how much."""

    label: str
    series: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A chart of amounts; `caption` says what it shows in one sentence, for those who do not see it."""

    name: str
    title: str
    caption: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one report file holds, in reading order; `stamp` says when, from what and by which version it was made.

    `equation` are the amounts that stand side by side on top; `listing` names the table that CSV holds, by default
    the first. On paper it has at most `most_pages`, when that is not 0: then long tables say how much they leave out.
    """

    name: str
    title: str
    subtitle: str = ""
    lead: tuple[str, ...] = ()
    equation: tuple[tuple[str, str], ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    stamp: tuple[tuple[str, str], ...] = ()
    listing: str = ""
    most_pages: int = 0
    to_sign: tuple[str, ...] = ()
    """What a person fills in by hand below the page, such as a name and a day."""

    def tables_for(self, medium: Medium) -> tuple[Table, ...]:
        return tuple(table for table in self.tables if medium in table.media)

    def listed(self) -> Table:
        """Return the table that stands for the whole report where there is room for one only."""
        return next((table for table in self.tables if table.name == self.listing), self.tables[0])


def shown(cell: Cell, kind: ColumnType) -> str:
    """Return a cell as people read it: `1,234.50`, `2,431`, `3 Nov 2026`, and nothing for nothing."""
    match cell:
        case None:
            return ""
        case date():
            return australian(cell)
        case Decimal() if kind is ColumnType.COUNT:
            return f"{cell:,f}"
        case Decimal():
            return readable(cell)
        case int():
            return f"{cell:,}"
        case _:
            return cell


def decimal_of(cell: Cell) -> Decimal:
    """Return the amount in a cell; 0 for one that holds none."""
    return cell if isinstance(cell, Decimal) else ZERO


def plain_cell(cell: Cell) -> str | int | None:
    """Return a cell as programs read it: amounts as text with two decimals, days as YYYY-MM-DD, counts as they are."""
    match cell:
        case date():
            return cell.isoformat()
        case Decimal():
            return two_places(cell)
        case _:
            return cell


def records(table: Table) -> Iterator[dict[str, str | int | None]]:
    """Yield every row as a mapping from the column's name."""
    names = [column.name for column in table.columns]
    for row in table.rows():
        yield dict(zip(names, map(plain_cell, row), strict=True))


def total_record(table: Table) -> dict[str, str | int | None]:
    """Return the sums by the column's name."""
    return {name: plain_cell(cell) for name, cell in table.totals.items()}
