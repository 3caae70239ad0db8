"""Conditions: the pieces that statements about both sides are made of."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, not_, or_, select
from sqlalchemy.sql.selectable import CTE, FromClause

from ligament.core.ledgers import DocumentKind, DocumentStatus
from ligament.core.records import InvoiceStatus
from ligament.store.database.tables import books_documents, document_links

GONE = (DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value)
OPEN = (InvoiceStatus.OPEN.value, InvoiceStatus.OPEN_CREDIT.value)
_INVOICE = "invoice:"
_HUNDREDTH = Decimal("0.01")


def money(cents: int | None) -> Decimal:
    """Return whole cents as an amount."""
    return int(cents or 0) * _HUNDREDTH


def subject_of(p: Any) -> ColumnElement[str]:  # noqa: ANN401 - an alias
    """Return the key of an invoice as a subject."""
    key: ColumnElement[str] = literal(_INVOICE) + p.c.id
    return key


def to_links(p: Any) -> ColumnElement[bool]:  # noqa: ANN401 - an alias
    """Say that a link is that of an invoice."""
    return and_(document_links.c.clinic == p.c.clinic, document_links.c.subject == subject_of(p))


def beside(p: Any, docs: CTE) -> Any:  # noqa: ANN401 - a join of any tables
    """Put what the documents of each invoice come to beside it, where it has any."""
    return p.outerjoin(docs, docs.c.subject == subject_of(p))


def signed(column: ColumnElement[int]) -> ColumnElement[int]:
    """Return an amount of a document as it moves the books' total: that of a credit note lowers it."""
    return case((books_documents.c.kind == DocumentKind.CREDIT_NOTE.value, -column), else_=column)


def is_credit(p: Any) -> ColumnElement[bool]:  # noqa: ANN401 - an alias
    """Say whether an invoice reads as a credit note."""
    return or_(p.c.status == InvoiceStatus.OPEN_CREDIT.value, p.c.original_id.is_not(None), p.c.cents < 0)


def settled_of(both: FromClause) -> ColumnElement[int]:
    """Return what the practice took, of records beside their documents; a credit that was used is no money."""
    paid = and_(not_(both.c.removed), both.c.status == InvoiceStatus.PAID.value)
    return case((paid, both.c.wanted - both.c.used), else_=0)


def owed_of(both: FromClause) -> ColumnElement[int]:
    """Return what is open in the practice, of records beside their documents; an open credit is below zero."""
    return case((and_(not_(both.c.removed), both.c.status.in_(OPEN)), both.c.wanted), else_=0)


def documents_of(clinic: str, among: Collection[str] | None = None) -> CTE:
    """Return what the live documents of each record, or of some records, come to together."""
    links, papers = document_links, books_documents
    live = papers.c.status.not_in(GONE)
    main = and_(live, links.c.role == "main")

    def total(column: ColumnElement[int]) -> ColumnElement[int]:
        return func.sum(case((live, signed(column)), else_=0))

    def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((and_(live, condition), 1), else_=0))

    is_note = papers.c.kind == DocumentKind.CREDIT_NOTE.value
    columns = (
        links.c.subject,
        total(papers.c.cents).label("cents"),
        total(papers.c.tax_cents).label("tax"),
        total(papers.c.open_cents).label("open"),
        total(papers.c.paid_cents).label("paid"),
        total(papers.c.used_cents).label("used"),
        func.max(case((main, papers.c.day))).label("day"),
        func.max(case((live, papers.c.paid_on), else_="")).label("paid_on"),
        func.max(case((main, papers.c.number))).label("number"),
        func.max(case((main, papers.c.id))).label("books_id"),
        func.max(case((main, papers.c.status))).label("status"),
        how_many(live).label("live"),
        how_many(and_(links.c.written != "", links.c.written != papers.c.written)).label("edited"),
        how_many(and_(is_note, papers.c.open_cents != 0)).label("credit"),
        how_many(is_note).label("notes"),
        how_many(papers.c.paid_cents != 0).label("payments"),
        how_many(and_(is_note, papers.c.used_cents != 0)).label("allocations"),
    )
    joined = links.join(papers, and_(papers.c.clinic == links.c.clinic, papers.c.id == links.c.books_id))
    statement = select(*columns).select_from(joined).where(links.c.clinic == clinic)
    if among is not None:
        statement = statement.where(links.c.subject.in_(among))
    return statement.group_by(links.c.subject).cte("docs")
