"""Report files open everywhere, run nothing, hold numbers as numbers, and are whole or not there at all."""

from __future__ import annotations

import csv
import os
import re
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from ligament.core.tables import Figure, Point, Report, Row, Table, count_column, text_column
from ligament.exports.charts import draw
from ligament.exports.errors import FileRefused
from ligament.exports.files import WRITERS, write_report, write_text
from ligament.exports.page import page
from ligament.exports.pdf import pdf
from ligament.exports.whole import write_whole
from tests.exports.reports import HOSTILE, MONEY, PEOPLE, REPORT, ROWS


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report in every format, whatever the umask."""
    folder, before = tmp_path_factory.mktemp("written"), os.umask(0)
    try:
        for ending in WRITERS:
            write_report(folder / f"report{ending}", REPORT, replace=False)
    finally:
        os.umask(before)
    return folder


def test_every_file_is_for_its_owner_only_and_nothing_is_left_beside_it(written: Path) -> None:
    assert {path.name for path in written.iterdir()} == {f"report{ending}" for ending in WRITERS}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.iterdir()} == {0o600}


def test_csv_has_names_on_top_exact_amounts_and_no_formula(written: Path) -> None:
    with (written / "report.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["who", "on", "total", "number"]
    assert len(rows) == len(ROWS)
    assert (rows[0]["on"], rows[0]["total"], rows[-1]["total"]) == ("2026-11-03", "-85.00", "1234.50")
    names = [row["who"] for row in rows]
    assert names[:7] == ["'=1+1", "'+61 400 000 000", "'-rm -rf", "'@SUM(A1)", "' =2", "' =3", "'\uff1d4"]
    assert names[8] == "acod b[2J"
    assert names[-1] == "-12.50"
    assert names[-2] == "王 Ω é"


def test_a_spreadsheet_has_real_numbers_and_days_filters_and_headings_that_stay(written: Path) -> None:
    book = openpyxl.load_workbook(written / "report.xlsx")
    assert book.sheetnames == ["Summary", "People  all  x"]
    sheet = book["People  all  x"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:D{len(ROWS) + 1}"
    assert [cell.value for cell in sheet[1]] == ["Who", "Date", "Total", "Number"]
    first = [cell.value for cell in sheet[2]]
    assert first[0] == "'=1+1"
    assert str(first[1]) == "2026-11-03 00:00:00"
    assert first[2:] == [-85, 3]
    assert sheet["C2"].number_format == "#,##0.00;-#,##0.00"
    assert [cell.value for cell in sheet[len(ROWS) + 2]] == ["Total", None, 299.5, 1033]


def test_no_cell_of_a_spreadsheet_is_a_formula_or_a_link(written: Path) -> None:
    for sheet in openpyxl.load_workbook(written / "report.xlsx"):
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]
        assert not [cell.value for cell in cells if str(cell.value)[:1] in set("=+@\t\r")]


def test_a_page_stands_alone_and_runs_nothing(written: Path) -> None:
    text = (written / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert not re.search(r"(src|href|action)=|url\(|@import|\son\w+=|\sstyle=", text)
    assert set(re.findall(r"https?://[\w./]+", text)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "https://example.org/",
    }  # fmt: skip
    assert "\u202e" not in text
    for words in ("Money &amp; &lt;people&gt;", "1,234.50", "3 Nov 2026", "7,321.10", "<svg aria-hidden"):
        assert words in text


def test_long_tables_are_folded_away_on_a_page() -> None:
    def rows() -> Iterable[Row]:
        return ((f"Person {number}", number) for number in range(61))

    columns = (text_column(name="who", title="Who"), count_column(name="n", title="N"))
    long = Table(name="long", title="Long", columns=columns, rows=rows)
    text = "".join(page(Report(name="x", title="X", tables=(long,))))
    assert "<details>" in text
    assert "Person 60" in text


def test_a_pdf_is_made_to_be_kept(written: Path) -> None:
    held = (written / "report.pdf").read_bytes()
    assert held.startswith(b"%PDF-")
    assert b"<pdfaid:part>2</pdfaid:part>" in held
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in held


def test_a_name_in_letters_without_a_font_does_not_stop_a_pdf() -> None:
    assert pdf(Report(name="x", title="\U00013000 \u0d9e", lead=("\U0001f9ff",))).startswith(b"%PDF-")


def test_a_chart_takes_the_colour_of_the_text_and_says_nothing_twice() -> None:
    drawn = draw(MONEY)
    assert drawn.startswith('<svg aria-hidden="true"')
    assert "currentColor" in drawn
    for unwanted in ("aria-label", "<style", "style=", 'fill="white"', "<script"):
        assert unwanted not in drawn
    for label in ("Oct 2026", "Nov 2026", "Practice", "Books"):
        assert f">{label}</text>" in drawn


class _Elements(HTMLParser):
    """Collects what a browser would make of a text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_no_name_gets_out_of_the_labels_of_a_chart() -> None:
    hostile = [text for text in HOSTILE if text.isprintable()]
    hostile += [
        '"><script>alert(1)</script>',
        "</text></svg><img src=x onerror=alert(1)>",
        "<!--",
        "]]>",
        "&lt;script&gt;",
    ]
    points = tuple(
        Point(label=label, series=series, amount=Decimal(10 + place))
        for place, label in enumerate(hostile)
        for series in ("<b>", "Books")
    )
    drawn = draw(replace(MONEY, points=points))
    seen = _Elements()
    seen.feed(drawn)
    assert seen.tags <= {"svg", "g", "path", "line", "text", "rect", "defs", "clippath"}
    assert not {name for name in seen.attributes if name.startswith("on") or name.endswith("href") or name == "style"}
    assert drawn.count("<svg") == 1


def test_a_file_that_is_there_stays_until_it_may_be_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "kept.csv"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(FileRefused, match="is there already"):
        write_report(file, REPORT, replace=False)
    assert file.read_text(encoding="utf-8") == "mine"
    write_report(file, REPORT, replace=True)
    assert file.read_text(encoding="utf-8").startswith("who,on")


def test_what_breaks_while_it_is_written_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "whole.txt"
    write_text(file, "before", replace=False)

    def half(beside: Path) -> None:
        beside.write_text("half", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with pytest.raises(FileRefused, match="No space left"):
        write_whole(file, half, replace=True)
    assert [path.name for path in tmp_path.iterdir()] == ["whole.txt"]
    assert file.read_text(encoding="utf-8") == "before"


@pytest.mark.parametrize("ending", [".xlsx", ".html", ".csv"])
@pytest.mark.parametrize("replace", [False, True])
def test_a_process_that_is_killed_while_it_writes_leaves_the_file_whole_or_away(
    tmp_path: Path, ending: str, *, replace: bool
) -> None:
    file = tmp_path / f"report{ending}"
    if replace:
        file.write_text("before", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(file), str(replace)], check=False, capture_output=True, timeout=120
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert file.exists() is replace
    assert not replace or file.read_text(encoding="utf-8") == "before"
    # The next one is whole, whatever lies beside it.
    write_report(file, REPORT, replace=replace)
    assert file.stat().st_size > len("before")


_KILLED = """
import os, signal, sys
from pathlib import Path
from ligament.core.tables import Report, Table, text_column
from ligament.exports.files import write_report

def rows():
    for place in range(100_000):
        if place == 60_000:
            os.kill(os.getpid(), signal.SIGKILL)
        yield (f"CLK-{place}",)

table = Table(name="t", title="T", columns=(text_column(name="number", title="Number"),), rows=rows)
write_report(Path(sys.argv[1]), Report(name="x", title="X", tables=(table,)), replace=sys.argv[2] == "True")
"""
"""Writes a long report, and is killed in the middle of it."""


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be written"):
        write_text(tmp_path / "no" / "file.json", "{}", replace=False)


@pytest.mark.parametrize(
    ("library", "ending", "words"),
    [("xlsxwriter", ".xlsx", "A spreadsheet"), ("typst", ".pdf", "A PDF"), ("vl_convert", ".html", "A chart")],
)
def test_a_library_that_is_not_installed_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, ending: str, words: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    draw(MONEY) if library == "typst" else None
    other = Report(name="x", title="X", figures=(_other_figure(),), tables=(PEOPLE,))
    with pytest.raises(FileRefused, match=f'{words} needs the extra "reports"'):
        write_report(tmp_path / f"x{ending}", other if library == "vl_convert" else REPORT, replace=False)
    assert not list(tmp_path.iterdir())


def _other_figure() -> Figure:
    """Return a figure that was not drawn before."""
    return replace(MONEY, points=(replace(MONEY.points[0], amount=Decimal(77)),))


def test_a_long_spreadsheet_needs_little_memory(tmp_path: Path) -> None:
    def rows() -> Iterable[Row]:
        return ((f"Person {number}", number) for number in range(20_000))

    columns = (text_column(name="who", title="Who"), count_column(name="n", title="N"))
    long = Report(name="x", title="X", tables=(Table(name="long", title="Long", columns=columns, rows=rows),))
    tracemalloc.start()
    try:
        write_report(tmp_path / "long.xlsx", long, replace=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000


def test_hostile_text_is_part_of_these_tests() -> None:
    assert {row[0] for row in ROWS} >= set(HOSTILE)
