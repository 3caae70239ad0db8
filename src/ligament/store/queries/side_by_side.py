"""Side by side: how much each side has, and every record of a period as both have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, not_, select

from ligament.core.comparisons import Pairing, sign_of
from ligament.core.ledgers import BooksDocument
from ligament.core.money import ZERO
from ligament.ports.comparison import LeftOut, Scope, SideBySide
from ligament.store.database.tables import books_contacts, practice_rows
from ligament.store.queries.conditions import beside, documents_of, money

_AT_ONCE = 500


def in_period(p: Any, clinic: str, scope: Scope) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - an alias
    """Return the conditions under which an invoice of the practice is compared."""
    first = max(scope.first, scope.start_on).isoformat()
    return p.c.clinic == clinic, p.c.kind == "invoice", p.c.day.between(first, scope.last.isoformat())


def people_of(connection: Connection, clinic: str) -> tuple[int, int]:
    """Return how many people the practice has, and how many contacts the books."""
    p = practice_rows.alias("p")
    people = select(func.count()).where(p.c.clinic == clinic, p.c.kind.in_(("patient", "payer")), not_(p.c.removed))
    contacts = select(func.count()).where(books_contacts.c.clinic == clinic, books_contacts.c.status == "active")
    return int(connection.execute(people).scalar_one()), int(connection.execute(contacts).scalar_one())


def left_out(connection: Connection, clinic: str, scope: Scope) -> Mapping[str, LeftOut]:
    p = practice_rows.alias("p")
    before = (
        p.c.clinic == clinic,
        p.c.kind == "invoice",
        not_(p.c.removed),
        p.c.day < scope.start_on.isoformat(),
    )
    row = connection.execute(select(func.count(), func.sum(p.c.cents)).where(*before)).one()
    return {"before_start": LeftOut(count=int(row[0]), amount=money(row[1]))} if row[0] else {}


def side_by_side(connection: Connection, clinic: str, scope: Scope) -> Iterator[SideBySide]:
    """Yield every record of the period as both sides have it."""
    p, docs = practice_rows.alias("p"), documents_of(clinic)
    columns = (
        p.c.id, p.c.number, p.c.day, p.c.status, p.c.cents, p.c.tax_cents, p.c.removed,
        docs.c.cents.label("books_cents"), docs.c.tax.label("books_tax"), docs.c.day.label("books_day"),
        docs.c.number.label("books_number"), docs.c.books_id, docs.c.status.label("books_status"), docs.c.live,
    )  # fmt: skip
    statement = select(*columns).select_from(beside(p, docs)).where(*in_period(p, clinic, scope))
    # As people count: 9 stands before 10.
    ordered = statement.order_by(p.c.day, func.length(p.c.number), p.c.number, p.c.id).execution_options(
        yield_per=_AT_ONCE
    )
    for row in connection.execute(ordered):
        yield _side_by_side(row)


def _side_by_side(row: Any) -> SideBySide:  # noqa: ANN401 - a row of many columns
    has = bool(row.live)
    return SideBySide(
        subject=f"invoice:{row.id}",
        number=row.number,
        books_number=row.books_number or "",
        books_id=row.books_id or "",
        on=date.fromisoformat(row.day) if row.day else None,
        books_on=date.fromisoformat(row.books_day) if row.books_day else None,
        status="archived" if row.removed else row.status,
        books_status=row.books_status or "",
        total=ZERO if row.removed else money(row.cents),
        books_total=money(row.books_cents) if has else None,
        tax=ZERO if row.removed else money(row.tax_cents),
        books_tax=money(row.books_tax) if has else None,
    )


def paired_rows(pairing: Pairing) -> Iterator[SideBySide]:
    """Yield what no link joins: a visit with its document, and documents that only a number or reference joins."""
    invoice, is_visit = pairing.invoice, pairing.subject.kind.value == "visit"
    apart = [held.document for held in pairing.live if is_visit or held.link is None]
    for place, document in enumerate(apart):
        row = stray_row(document, pairing.subject.key, invoice.number)
        yield _as_visit(row, pairing) if is_visit and not place else row
    if is_visit and not apart and pairing.counts:
        yield _as_visit(_NOTHING, pairing)


def _as_visit(row: SideBySide, pairing: Pairing) -> SideBySide:
    """Return what the practice says of a visit beside what the books have."""
    invoice = pairing.invoice
    return replace(
        row,
        subject=pairing.subject.key,
        number=invoice.number,
        on=invoice.issued_on,
        status=invoice.status.value if pairing.counts else "archived",
        total=pairing.total,
        tax=invoice.tax if pairing.counts else ZERO,
    )


_NOTHING = SideBySide(
    subject="", number="", books_number="", books_id="", on=None, books_on=None, status="", books_status="",
    total=None, books_total=None, tax=None, books_tax=None,
)  # fmt: skip


def stray_row(document: BooksDocument, subject: str = "", number: str = "") -> SideBySide:
    """Return a document of the books that belongs to no record, or that no link joins to the one it belongs to."""
    sign = sign_of(document)
    return SideBySide(
        subject=subject,
        number=number,
        books_number=document.number,
        books_id=document.id,
        on=None,
        books_on=document.on,
        status="",
        books_status=document.status.value,
        total=None,
        books_total=sign * document.total,
        tax=None,
        books_tax=sign * document.tax,
    )
