"""A report as one HTML page that stands alone: no other file or host, no script, light and dark, also on paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from ligament.core.tables import Figure, Medium, Report, Row, Table, TableColumn, shown
from ligament.exports.cells import clean
from ligament.exports.charts import draw

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_FOLDED_FROM = 60
"""A longer table is folded away, so that the page is read from the top."""


def write_page(path: Path, report: Report) -> None:
    """Write a report as a page; long tables go to the file row by row."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for part in page(report):
            stream.write(part)


def page(report: Report) -> Iterator[str]:
    """Yield the page in parts, in order."""
    yield from _head(report)
    yield from (f"<p class=lead>{_text(line)}</p>\n" for line in report.lead)
    yield from _equation(report)
    for figure in report.figures:
        yield from _figure(figure)
    for table in report.tables_for(Medium.PAGE):
        yield from _table(table)
    yield from (f"<p class=note>{_text(line)}</p>\n" for line in report.notes)
    if report.to_sign:
        yield "<dl class=sign>\n"
        yield from (f"<div><dt>{_text(label)}</dt><dd></dd></div>\n" for label in report.to_sign)
        yield "</dl>\n"
    yield "</main>\n<footer><dl>\n"
    yield from (f"<div><dt>{_text(label)}</dt><dd>{_text(text)}</dd></div>\n" for label, text in report.stamp)
    yield "</dl></footer>\n</body></html>\n"


def _head(report: Report) -> Iterator[str]:
    style = files("ligament.exports").joinpath("page.css").read_text(encoding="utf-8")
    yield '<!doctype html>\n<html lang="en-AU"><head><meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n'
    yield f"<title>{_text(report.title)}</title>\n<style>\n{style}</style></head>\n<body><main>\n"
    yield f"<h1>{_text(report.title)}</h1>\n"
    if report.subtitle:
        yield f"<p class=subtitle>{_text(report.subtitle)}</p>\n"


def _equation(report: Report) -> Iterator[str]:
    if report.equation:
        yield "<dl class=equation>\n"
        yield from (f"<div><dt>{_text(label)}</dt><dd>{_text(text)}</dd></div>\n" for label, text in report.equation)
        yield "</dl>\n"


def _figure(figure: Figure) -> Iterator[str]:
    if figure.points:
        yield f"<figure><h2>{_text(figure.title)}</h2>\n{draw(figure)}\n"
        yield f"<figcaption>{_text(figure.caption)}</figcaption></figure>\n"


def _table(table: Table) -> Iterator[str]:
    first = list(_some(table.rows(), _FOLDED_FROM + 1))
    long = len(first) > _FOLDED_FROM
    yield f"<section><h2>{_text(table.title)}</h2>\n"
    yield from ([f"<p class=note>{_text(table.note)}</p>\n"] if table.note else [])
    if not first:
        yield f"{'' if table.note else '<p>None.</p>'}</section>\n"
        return
    yield "<details><summary>Show all rows</summary>\n" if long else ""
    yield f'<div class=scroll tabindex=0 role=region aria-label="{_text(table.title)}"><table><thead><tr>'
    yield "".join(f'<th scope=col class="{_class(column)}">{_text(column.title)}</th>' for column in table.columns)
    yield "</tr></thead>\n<tbody>\n"
    yield from (_line(table.columns, row) for row in table.rows())
    yield "</tbody>"
    total = table.total_row()
    if total is not None:
        yield f"<tfoot>{_line(table.columns, total)}</tfoot>"
    yield "</table></div>\n" + ("</details>\n" if long else "") + "</section>\n"


def _some(rows: Iterable[Row], most: int) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        yield row
        if number >= most:
            return


def _line(columns: tuple[TableColumn, ...], row: Row) -> str:
    pairs = zip(columns, row, strict=True)
    cells = [f'<td class="{_class(column)}">{_text(shown(cell, column.type))}</td>' for column, cell in pairs]
    return f"<tr>{''.join(cells)}</tr>\n"


def _class(column: TableColumn) -> str:
    return "number" if column.type.is_number() else "wide" if column.wide else column.type.value


def _text(text: str) -> str:
    return escape(clean(text))
