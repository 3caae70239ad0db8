"""Tables as CSV: names of columns on top, amounts and days as programs read them, no cell a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from ligament.core.tables import Row, Table, plain_cell
from ligament.exports.cells import harmless


def write_csv(path: Path, table: Table) -> None:
    """Write a table as CSV (UTF-8, comma, RFC 4180); the sums are not part of it, so that nothing counts twice."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream_csv(stream, table)


def stream_csv(stream: IO[str], table: Table) -> None:
    """Write a table as CSV onto an open stream, row by row."""
    writer = csv.writer(stream)
    writer.writerow([column.name for column in table.columns])
    writer.writerows(_cells(table.rows()))


def _cells(rows: Iterable[Row]) -> Iterator[list[str | int | None]]:
    for row in rows:
        yield [harmless(cell) if isinstance(cell, str) else plain_cell(cell) for cell in row]
