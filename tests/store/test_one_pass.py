"""One look at every record: a server's workers sum what they read, and what is out of the ordinary is told alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import Connection, delete, event, func, insert, select, text, update

from benchmarks.comparison import CLINIC, START, fill, records
from ligament.core.comparisons import TaxLabels
from ligament.core.ledgers import BooksDocument
from ligament.core.rules.model import Rulebook
from ligament.ports.comparison import Scope
from ligament.store.database import columns
from ligament.store.database.bulk import upsert
from ligament.store.database.connection import Database, open_database
from ligament.store.database.tables import books_amounts, books_documents, practice_rows
from ligament.store.mirror.books import document_row
from ligament.store.queries.comparison import StoreComparison
from ligament.store.queries.set_aside import told_first
from tests.store.homes import Home

_LABELS = TaxLabels(of_name={"none": "none"}, of_type={"EXEMPTOUTPUT": "none"})
_RECORDS, _DIFFERING = 2_000, 20

on_a_server = pytest.mark.parametrize("home", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)


@pytest.fixture
def filled(home: Home) -> Iterator[Database]:
    database = open_database(home.url)
    fill(database, _RECORDS, _DIFFERING)
    yield database
    database.close()


def _comparison(connection: Connection) -> StoreComparison:
    scope = Scope(
        first=START, last=date.max, start_on=START, prefix="CLK-", reference="cliniko:",
        hours=dict.fromkeys(range(24), 0), rulebook=Rulebook(),
    )  # fmt: skip
    return StoreComparison(connection=connection, clinic=CLINIC, scope=scope, labels=_LABELS)


def _document(place: int) -> BooksDocument:
    return next(islice(records(_RECORDS, _DIFFERING), place, None))[2]


def test_a_document_of_another_month_counts_in_its_own_month(filled: Database) -> None:
    """Its month is the books', also where nearly every other document shares that of its record."""
    with filled.reading(everything=True) as connection:
        before = _comparison(connection).sums()
    document = _document(7)
    moved = replace(document, on=document.on + timedelta(days=70), updated_at=datetime(2024, 5, 1, tzinfo=UTC))
    with filled.writing(CLINIC) as connection:
        upsert(connection, books_documents, [document_row(CLINIC, moved)])
        upsert(connection, books_amounts, columns.amounts_of(CLINIC, moved))
    with filled.reading(everything=True) as connection:
        comparison = _comparison(connection)
        after = comparison.sums()
        named = [pairing.invoice.number for pairing in comparison.differing()]
    assert after.source == before.source
    left, entered = (document.on.isoformat()[:7], "none"), (moved.on.isoformat()[:7], "none")
    changed = {cell: after.books[cell] - before.books[cell] for cell in before.books}
    assert {cell: by for cell, by in changed.items() if by} == {left: -document.total, entered: document.total}
    # What is owed and paid stands under the practice's month, on both sides.
    assert after.books_owed == before.books_owed
    assert after.books_settled == before.books_settled
    assert "7" in named
    assert sum(after.books.values()) == Decimal(95) * _RECORDS - 3 * _DIFFERING


def test_documents_of_several_taxes_are_set_aside_whatever_most_are(filled: Database) -> None:
    cut = {
        11: ("EXEMPTOUTPUT", "OUTPUT"),
        12: ("OUTPUT", "ZERORATED"),
        13: ("OUTPUT",),
        14: ("EXEMPTOUTPUT", "OUTPUT", "ZERORATED"),
    }
    with filled.writing(CLINIC) as connection:
        for place, types in cut.items():
            key = _document(place).id
            connection.execute(delete(books_amounts).where(books_amounts.c.document_id == key))
            rows = [{"clinic": CLINIC, "document_id": key, "tax_type": kind, "cents": 100} for kind in types]
            connection.execute(insert(books_amounts), rows)
    with filled.reading(everything=True) as connection:
        aside = told_first(connection, CLINIC)
        told = connection.execute(select(aside.c.subject, aside.c.crowded, aside.c.waits, aside.c.tells)).all()
        sums = _comparison(connection).sums()
    several = [place for place, types in cut.items() if len(types) > 1]
    assert sorted(told) == [(f"invoice:{10**18 + place}", 1, 0, 0) for place in several]
    assert {tax for _, tax in sums.books} == {"none", "OUTPUT", "ZERORATED"}
    assert sum(total for (_, tax), total in sums.books.items() if tax == "OUTPUT") == 4


def test_nothing_is_set_aside_where_the_books_are_empty(home: Home) -> None:
    database = open_database(home.url)
    with database.reading(everything=True) as connection:
        assert connection.execute(select(told_first(connection, CLINIC).c.subject)).all() == []
        assert _comparison(connection).sums().books == {}
    database.close()


# --- how a server does it ---------------------------------------------------------------------------------------------


@on_a_server
def test_the_workers_of_a_server_sum_what_they_read(filled: Database) -> None:
    """What only the last of them could sum would be handed over row by row: a million in a large clinic."""
    with filled.writing(CLINIC) as connection:
        # Far fewer days than records, as in a large clinic.
        connection.execute(update(practice_rows).values(day=func.substr(practice_rows.c.day, 1, 8) + "15"))
        connection.execute(update(books_documents).values(day=func.substr(books_documents.c.day, 1, 8) + "15"))
        connection.execute(text("ANALYZE"))
    with filled.reading(everything=True) as connection:
        connection.execute(text("SET LOCAL parallel_setup_cost = 0"))
        connection.execute(text("SET LOCAL min_parallel_table_scan_size = 0"))
        comparison = _comparison(connection)
        statement, given = _asked(connection, lambda: comparison.passed, "string_agg")
        assert len(comparison.passed.differing) == _DIFFERING
        connection.execute(text("SET LOCAL enable_sort = off"))
        nodes = _plan(connection, statement, given)
    (summing,) = [node for node in nodes if node.get("Partial Mode") == "Partial"]
    # It does not expect nearly as many sums as records, or it would rather hand all of them over.
    assert summing["Plan Rows"] < _RECORDS / 10


@on_a_server
def test_a_server_knows_how_few_lines_bear_tax(filled: Database) -> None:
    """Else it keeps every invoice in memory, to look up among them what it then does not find."""
    with filled.reading(everything=True) as connection:
        comparison = _comparison(connection)
        assert comparison.passed.linked == _RECORDS
        statement, given = _asked(connection, comparison.sums, "AS lines")
        (lines,) = [node for node in _plan(connection, statement, given) if node.get("Alias") == "lines"]
    assert lines["Plan Rows"] < _RECORDS / 100


def _asked(connection: Connection, what: Callable[[], object], part: str) -> tuple[str, Any]:
    """Return the one statement with some part in it that is asked meanwhile, and what is given to it."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_others: Any) -> None:
        asked.append((statement, given))

    event.listen(connection, "before_cursor_execute", note)
    what()
    event.remove(connection, "before_cursor_execute", note)
    (found,) = [one for one in asked if part in one[0]]
    return found


def _plan(connection: Connection, statement: str, given: Any) -> list[dict[str, Any]]:
    """Return every step that a server would take."""
    told = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given).scalar_one()
    plan = told if isinstance(told, list) else json.loads(told)
    waiting, found = [plan[0]["Plan"]], []
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += node.get("Plans", [])
    return found
