"""A comparison of many records with few differences: its memory, and its time against one full outer join."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb
from ligament.core.comparisons import Judging, TaxLabels
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import DocumentIntent, Subject, SubjectKind
from ligament.core.ledgers import BooksDocument, BooksLine, DocumentKind, DocumentStatus
from ligament.core.links import DocumentLink
from ligament.core.plans import Outcome, RecordKind, State
from ligament.core.records import Invoice, InvoiceStatus, Line
from ligament.core.rules.model import Rulebook
from ligament.flow.reconcile.compare import compare
from ligament.ports.comparison import Scope
from ligament.store.database import columns
from ligament.store.database.bulk import upsert
from ligament.store.database.codec import encode
from ligament.store.database.connection import Database, open_database
from ligament.store.database.tables import (
    books_amounts,
    books_documents,
    document_links,
    outcomes,
    practice_rows,
)
from ligament.store.mirror.books import document_row
from ligament.store.mirror.practice import row_of
from ligament.store.queries.comparison import StoreComparison
from tests.support.postgres import running_postgres

CLINIC = "bench"
START = date(2024, 1, 1)
AT = datetime(2024, 1, 1, tzinfo=UTC)
_AT_ONCE = 20_000
_JOIN = """
SELECT count(*), sum(p.cents), sum(p.tax_cents), count(p.status), count(p.closed_at), count(p.name_key),
  sum(n.cents), count(n.status), sum(d.cents), sum(d.tax_cents), sum(d.open_cents), sum(d.paid_cents),
  sum(d.used_cents), count(d.status), sum(a.cents), count(a.tax_type),
  sum(CASE WHEN p.day <> d.day THEN 1 ELSE 0 END), sum(CASE WHEN d.paid_on <> '' THEN 1 ELSE 0 END),
  sum(CASE WHEN d.written <> l.written THEN 1 ELSE 0 END)
FROM (SELECT * FROM practice_rows WHERE clinic = 'bench' AND kind = 'invoice') p
LEFT JOIN practice_rows n ON n.clinic = p.clinic AND n.kind = 'line' AND n.parent_id = p.id
FULL OUTER JOIN document_links l ON l.clinic = p.clinic AND l.subject = 'invoice:' || p.id
FULL OUTER JOIN books_documents d ON d.clinic = l.clinic AND d.id = l.books_id
LEFT JOIN books_amounts a ON a.clinic = d.clinic AND a.document_id = d.id
"""
"""What any comparison has to do at least: join all of both sides, and look at every column that is compared."""
LIMIT, MOST_MB = 2.0, 256.0


def measure(*, small: bool = False) -> list[Figure]:
    """Compare in a process of its own that filled nothing, on SQLite and, where its wheel is there, on PostgreSQL."""
    number = 50_000 if small else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        figures = _figures("SQLite", f"sqlite:///{Path(folder) / 'bench.db'}", number)
    try:
        with running_postgres() as address:
            return figures + _figures("PostgreSQL", address, number)
    except ModuleNotFoundError as missing:
        return [*figures, Figure(name="comparing, PostgreSQL", skipped=str(missing))]


def _figures(name: str, address: str, number: int) -> list[Figure]:
    child("benchmarks.comparison", "--fill", "--records", str(number), "--database", address)
    told = child("benchmarks.comparison", "--records", str(number), "--database", address)
    # What differs costs a sentence each, whatever stands beside it: in few records that is most of the work.
    limit = LIMIT if number >= 1_000_000 else None
    what = f"comparing {number:,} records, {told['found']:,} differences, {name}"
    return [
        Figure(
            name=what,
            measured=told["compared_s"],
            yardstick=told["joined_s"],
            unit="s",
            against="one full outer join of the same tables",
            limit=limit,
        ),
        Figure(
            name=f"{what}: memory", measured=told["peak_mb"], yardstick=MOST_MB, unit="MB", against="256 MB", limit=1.0
        ),
    ]


def records(number: int, differing: int) -> Iterator[tuple[Invoice, Line, BooksDocument, DocumentLink, Outcome]]:
    """Yield pairs, every so many of them with another amount on each side."""
    every = max(1, number // differing) if differing else number + 1
    for place in range(number):
        on = START + timedelta(days=place * 730 // number)
        total = Decimal("95.00")
        told = total - 3 if place % every == 0 else total
        key, contact = SourceId(str(10**18 + place)), BooksId(f"c{place % 5000}")
        item = SourceId(f"9{key}")
        line = Line(id=item, invoice_id=key, name="Consult", quantity=Decimal(1), unit_price=total, total=total)
        invoice = Invoice(
            id=key, number=str(place), issued_on=on, status=InvoiceStatus.OPEN, total=total, tax=Decimal(0),
            created_at=AT, updated_at=AT, lines=(line,),
        )  # fmt: skip
        written = BooksLine(
            text="Consult", quantity=Decimal(1), unit_amount=total, amount=total, account="200", tax_type="EXEMPTOUTPUT"
        )
        sent = DocumentIntent(
            kind=DocumentKind.INVOICE, number=f"CLK-{place}", party=Subject(kind=SubjectKind.PATIENT, id="1"),
            contact_id=contact, reference=f"cliniko:{key}", on=on, due_on=on, status=DocumentStatus.AUTHORISED,
            lines=(written,), total=total, tax=Decimal(0),
        )  # fmt: skip
        edited = BooksLine(
            text="Consult", quantity=Decimal(1), unit_amount=told, amount=told, account="200", tax_type="EXEMPTOUTPUT"
        )
        document = BooksDocument(
            id=BooksId(f"d{key}"), kind=DocumentKind.INVOICE, number=sent.number, contact_id=contact,
            reference=sent.reference, on=on, due_on=on, status=DocumentStatus.AUTHORISED, lines=(edited,), total=told,
            tax=Decimal(0), open_amount=told, updated_at=AT,
        )  # fmt: skip
        subject = Subject(kind=SubjectKind.INVOICE, id=key)
        link = DocumentLink(
            subject=subject, books_id=document.id, kind=DocumentKind.INVOICE, number=sent.number, sent=sent
        )
        yield (
            invoice,
            line,
            document,
            link,
            Outcome(subject=subject, kind=RecordKind.INVOICES, state=State.UNCHANGED, number=str(place), amount=total),
        )


def fill(database: Database, number: int, differing: int) -> None:
    """Keep the pairs as reading and posting would have kept them."""
    batch: list[tuple[Invoice, Line, BooksDocument, DocumentLink, Outcome]] = []
    for record in records(number, differing):
        batch.append(record)
        if len(batch) == _AT_ONCE:
            _keep(database, batch)
            batch = []
    _keep(database, batch)


def _keep(database: Database, batch: list[tuple[Invoice, Line, BooksDocument, DocumentLink, Outcome]]) -> None:
    if not batch:
        return
    with database.writing(CLINIC) as connection:
        upsert(connection, practice_rows, [row_of(CLINIC, held) for row in batch for held in row[:2]])
        upsert(connection, books_documents, [document_row(CLINIC, row[2]) for row in batch])
        upsert(connection, books_amounts, [cut for row in batch for cut in columns.amounts_of(CLINIC, row[2])])
        upsert(connection, document_links, [_link(row[3]) for row in batch])
        upsert(connection, outcomes, [_outcome(row[4]) for row in batch])


def _link(link: DocumentLink) -> dict[str, Any]:
    return {
        "clinic": CLINIC, "subject": link.subject.key, "role": link.role.value, "version": 1, "books_id": link.books_id,
        "kind": link.kind.value, "number": link.number, "body": encode(link), **columns.of_link(link),
    }  # fmt: skip


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "clinic": CLINIC, "subject": outcome.subject.key, "kind": outcome.kind.value, "state": outcome.state.value,
        "number": outcome.number, "reason": "", "run_id": "", "body": encode(outcome),
    }  # fmt: skip


def measured(database: Database) -> dict[str, float]:
    """Return the seconds of one join, those of the comparison, and how many differences it found.

    The join goes first, so that neither finds the tables colder than the other; then right before and right after the
    comparison, and the mean of both counts, whatever else the machine does meanwhile.
    """
    labels = TaxLabels(of_name={"none": "none"}, of_type={"EXEMPTOUTPUT": "none"})
    scope = Scope(
        first=START, last=date.max, start_on=START, prefix="CLK-", reference="cliniko:",
        hours=dict.fromkeys(range(24), 0), rulebook=Rulebook(),
    )  # fmt: skip
    how = Judging(
        rulebook=Rulebook(), labels=labels, title="Practice", books="Books", first=START, last=date.max,
        local=lambda instant: instant.date(),
    )  # fmt: skip
    # SQLite works in this process, whose own time others on the machine do not lengthen; a server does not.
    clock = time.process_time if database.is_sqlite else time.perf_counter
    with database.reading(everything=True) as connection:

        def join() -> float:
            began = clock()
            connection.execute(text(_JOIN)).one()
            return clock() - began

        join()
        before = join()
        began = clock()
        comparison = StoreComparison(connection=connection, clinic=CLINIC, scope=scope, labels=labels)
        found = compare(comparison, how)
        compared = clock() - began
        return {"joined_s": (before + join()) / 2, "compared_s": compared, "found": len(found.variances)}


def main() -> None:
    """Fill a database, or compare what it holds, and print what was measured as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fill", action="store_true", help="Keep the records, and compare nothing.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--differing", type=int, default=2_000)
    parser.add_argument("--database", required=True, help="Address of the database, sqlite:/// or postgresql://.")
    given = parser.parse_args()
    database = open_database(given.database)
    if given.fill:
        fill(database, given.records, given.differing)
        print(json.dumps({}))
    else:
        print(json.dumps({**measured(database), "peak_mb": peak_mb()}))
    database.close()


if __name__ == "__main__":
    main()
