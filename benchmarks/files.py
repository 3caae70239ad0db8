"""Report files: a spreadsheet of 150,000 rows beside the plain library, and a PDF beside an empty typeset page."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import typst
import xlsxwriter

from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb, timed
from ligament.core.tables import Figure as Chart
from ligament.core.tables import Point, Report, Row, Table, date_column, fixed, money_column, text_column
from ligament.exports.charts import draw
from ligament.exports.files import write_report
from ligament.exports.pdf import pdf

ROWS = 150_000
_COLUMNS = (
    text_column(name="number", title="Number"),
    date_column(name="date", title="Date"),
    text_column(name="status", title="Status"),
    money_column(name="total", title="Total"),
    money_column(name="tax", title="Tax"),
    text_column(name="sentence", title="What differs", wide=True),
)
_REPEATS = 20


def measure(*, small: bool = False) -> list[Figure]:
    """Measure each part in a process of its own."""
    rows = ROWS // 10 if small else ROWS
    plain = child("benchmarks.files", "plain", str(rows))
    ours = child("benchmarks.files", "ours", str(rows))
    paper = child("benchmarks.files", "paper", "0")
    return [
        Figure(
            name=f"spreadsheet, {rows:,} rows",
            measured=ours["cpu_s"],
            yardstick=plain["cpu_s"],
            unit="s",
            against="plain XlsxWriter in constant memory",
            limit=1.5,
        ),
        Figure(
            name="spreadsheet, memory",
            measured=ours["peak_mb"],
            yardstick=plain["peak_mb"],
            unit="MB",
            against="plain XlsxWriter in constant memory",
            limit=1.5,
        ),
        Figure(
            name="PDF of a comparison, its chart drawn before",
            measured=paper["ours_s"],
            yardstick=paper["empty_s"],
            unit="s",
            against="an empty typst page, as PDF/A",
            limit=3,
        ),
    ]


def _rows(count: int) -> Iterator[Row]:
    first = date(2026, 1, 1)
    for number in range(count):
        day = first + timedelta(days=number % 365)
        amount = Decimal(number % 40_000) / 100
        yield (f"CLK-{number}", day, "paid", amount, amount / 11, f"Invoice {number} agrees in both systems.")


def _plain(count: int, file: Path) -> None:
    """Write the same cells with the library alone."""
    book = xlsxwriter.Workbook(str(file), {"constant_memory": True})
    sheet = book.add_worksheet()
    day, money = book.add_format({"num_format": "d mmm yyyy"}), book.add_format({"num_format": "#,##0.00"})
    for place, row in enumerate(_rows(count)):
        sheet.write_string(place, 0, row[0])
        sheet.write_datetime(place, 1, row[1], day)
        sheet.write_string(place, 2, row[2])
        sheet.write_number(place, 3, row[3], money)
        sheet.write_number(place, 4, row[4], money)
        sheet.write_string(place, 5, row[5])
    book.close()


def _ours(count: int, file: Path) -> None:
    table = Table(name="records", title="All records", columns=_COLUMNS, rows=lambda: _rows(count))
    write_report(file, Report(name="bench", title="Bench", tables=(table,)), replace=False)


def _paper() -> dict[str, float]:
    """Set a comparison as an accountant gets it and an empty page, many times, after everything is loaded."""
    points = tuple(
        Point(label=f"2026-{month:02}", series=side, amount=Decimal(month * 100))
        for month in range(1, 13)
        for side in ("Practice", "Books")
    )
    chart = Chart(name="chart", title="By month", caption="Both say the same.", points=points)
    shapes = (("Sums", 3, 4), ("Differences by cause", 8, 4), ("What needs a person", 10, 6), ("By month", 2, 4))
    tables = tuple(
        Table(name=title, title=title, columns=_COLUMNS[:wide], rows=fixed(row[:wide] for row in _rows(count)))
        for title, count, wide in shapes
    )
    report = Report(name="bench", title="Bench", lead=("All is well.",), figures=(chart,), tables=tables)
    draw(chart)

    def often(work: Callable[[], object]) -> float:
        work()
        return timed(lambda: [work() for _ in range(_REPEATS)]) / _REPEATS

    empty = b'#set page(paper: "a4")\n#sys.inputs.data'
    return {
        "ours_s": often(lambda: pdf(report)),
        "empty_s": often(lambda: typst.compile(empty, sys_inputs={"data": ""}, pdf_standards="a-2b", format="pdf")),
    }


def main(part: str, count: int) -> dict[str, float]:
    """Measure one part."""
    if part == "paper":
        return _paper()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.xlsx"
        work = _plain if part == "plain" else _ours
        return {"cpu_s": timed(lambda: work(count, file)), "peak_mb": peak_mb()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
