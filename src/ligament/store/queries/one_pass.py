"""One pass: each record is looked at once beside its documents, summed by month and tax, and named where it may differ.

Most records have one document of one tax: they are joined row by row. The few with several, and those whose document
is cut by several taxes, are put together first, in a statement of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.sql.selectable import FromClause, Subquery

from ligament.core.ledgers import DocumentKind
from ligament.core.records import InvoiceStatus
from ligament.ports.comparison import Scope
from ligament.store.database.bulk import chunks
from ligament.store.database.connection import summing_by_hash
from ligament.store.database.tables import (
    books_amounts,
    books_documents,
    document_links,
    practice_rows,
)
from ligament.store.queries.conditions import (
    GONE,
    OPEN,
    beside,
    documents_of,
    is_credit,
    owed_of,
    settled_of,
    signed,
    subject_of,
    to_links,
)
from ligament.store.queries.set_aside import beside_aside, set_aside, told_first

_BETWEEN = "\n"
_INVOICE = "invoice:"
_MONTH = 7
_DAY = 10
_DOCUMENT = ("cents", "tax", "open", "paid", "used", "live", "edited", "credit", "notes", "payments", "allocations")
"""What the documents of a record come to; nothing where it has none."""
_COUNTS = ("source_all", "source_notes", "live", "notes", "payments", "allocations")


@dataclass(slots=True, kw_only=True)
class Passed:
    """What a pass told, in whole cents: `whole` is what the practice issued by month, `books` is by month and tax type.

    `settled`, `paid`, `owed` and `due` are by the practice's month; `differing` are the ids of invoices that may
    differ, in order, and `linked` is how many links lead from invoices that were looked at.
    """

    whole: Counter[str] = field(default_factory=Counter)
    books: Counter[tuple[str, str]] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    due: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    differing: list[str] = field(default_factory=list)
    linked: int = 0


def pass_over(connection: Connection, clinic: str, scope: Scope) -> Passed:
    """Look at every invoice since the first day taken in, beside what its links lead to."""
    found, crowd = Passed(), set[str]()
    aside = told_first(connection, clinic)
    with summing_by_hash(connection):
        rows = connection.execute(_summed(_one_by_one(clinic, scope, aside), scope, by_tax=True)).all()
    for row in rows:
        if row.crowded:
            crowd.update(f"{_INVOICE}{key}" for key in row.ids.split(_BETWEEN))
            continue
        _take(found, row._mapping)  # noqa: SLF001 - the public name of a row's columns
        found.linked += int(row.linked)
        if row.inside and row.tax_type is not None:
            found.books[row.month, row.tax_type] += int(row.amount)
    for among in chunks(crowd):
        for row in connection.execute(_summed(_put_together(clinic, scope, among), scope, by_tax=False)):
            _take(found, row._mapping)  # noqa: SLF001
        links = select(func.count()).where(document_links.c.clinic == clinic, document_links.c.subject.in_(among))
        found.linked += int(connection.execute(links).scalar_one())
        for month, tax_type, amount in connection.execute(_cut_by_several(clinic, scope, among)):
            found.books[month, tax_type] += int(amount)
    found.differing.sort()
    return found


def _take(found: Passed, row: Mapping[Any, Any]) -> None:
    month = row["month"]
    found.owed[month] += int(row["owed"])
    found.due[month] += int(row["due"])
    found.differing += row["ids"].split(_BETWEEN) if row["ids"] else []
    if row["inside"]:
        found.whole[month] += int(row["whole"])
        found.settled[month] += int(row["settled"])
        found.paid[month] += int(row["paid"])
        found.counts.update({name: int(row[name]) for name in _COUNTS})


# --- the two ways to put a record beside its documents ----------------------------------------------------------------


def _one_by_one(clinic: str, scope: Scope, aside: FromClause) -> Subquery:
    """Put each record beside its one document, if that counts, and its one amount.

    One that is crowded stands there several times: it is only marked, and looked at apart.
    """
    p, links, papers = practice_rows.alias("p"), document_links, books_documents
    live = papers.c.id.is_not(None)
    is_note = papers.c.kind == DocumentKind.CREDIT_NOTE.value
    elsewhere = func.substr(papers.c.day, 1, _MONTH) != func.substr(p.c.day, 1, _MONTH)

    def one(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return case((and_(live, condition), 1), else_=0)

    columns = (
        *(
            func.coalesce(signed(papers.c[name]), 0).label(label)
            for label, name in (
                ("cents", "cents"), ("tax", "tax_cents"), ("open", "open_cents"), ("paid", "paid_cents"),
                ("used", "used_cents"),
            )
        ),
        case((live, 1), else_=0).label("live"),
        one(and_(links.c.written != "", links.c.written != papers.c.written)).label("edited"),
        one(and_(is_note, papers.c.open_cents != 0)).label("credit"),
        one(is_note).label("notes"),
        one(papers.c.paid_cents != 0).label("payments"),
        one(and_(is_note, papers.c.used_cents != 0)).label("allocations"),
        case((links.c.role == "main", papers.c.day)).label("books_day"),
        func.coalesce(papers.c.paid_on, "").label("paid_on"),
        books_amounts.c.tax_type.label("tax_type"),
        func.coalesce(signed(books_amounts.c.cents), 0).label("amount"),
        or_(func.coalesce(aside.c.crowded, 0) > 0, func.coalesce(elsewhere, false())).label("crowded"),
        case((links.c.subject.is_not(None), 1), else_=0).label("linked"),
    )  # fmt: skip
    statement = _records(p, aside, scope, columns, _with_documents(p, aside))
    return statement.where(*_in_scope(p, clinic, scope)).subquery("both")


def _with_documents(p: Any, aside: FromClause) -> FromClause:  # noqa: ANN401 - an alias
    """Join each record with its documents that count, and each of those with its amounts by tax."""
    links, papers = document_links, books_documents
    live = and_(papers.c.clinic == links.c.clinic, papers.c.id == links.c.books_id, papers.c.status.not_in(GONE))
    amounts = and_(books_amounts.c.clinic == papers.c.clinic, books_amounts.c.document_id == papers.c.id)
    joined: FromClause = beside_aside(p, aside).outerjoin(links, to_links(p)).outerjoin(papers, live)
    return joined.outerjoin(books_amounts, amounts)


def _put_together(clinic: str, scope: Scope, among: list[str]) -> Subquery:
    """Put each of some records beside what its documents come to together."""
    p, aside = practice_rows.alias("p"), set_aside(clinic, among)
    docs = documents_of(clinic, among)
    columns = (
        *(func.coalesce(docs.c[name], 0).label(name) for name in _DOCUMENT),
        docs.c.day.label("books_day"),
        func.coalesce(docs.c.paid_on, "").label("paid_on"),
    )
    known = beside(p, docs).outerjoin(aside, aside.c.subject == subject_of(p))
    these = p.c.id.in_([key.removeprefix(_INVOICE) for key in among])
    return _records(p, aside, scope, columns, known).where(*_in_scope(p, clinic, scope), these).subquery("both")


def _cut_by_several(clinic: str, scope: Scope, among: list[str]) -> Select[Any]:
    """Select what the documents of some records come to by month and tax type."""
    p, links, papers = practice_rows.alias("p"), document_links, books_documents
    month = func.substr(papers.c.day, 1, _MONTH)
    compared = select(p.c.id).where(
        *_in_scope(p, clinic, scope), _inside(p, scope), p.c.id == func.substr(links.c.subject, len(_INVOICE) + 1)
    )
    cut = links.join(papers, and_(papers.c.clinic == links.c.clinic, papers.c.id == links.c.books_id)).join(
        books_amounts, and_(books_amounts.c.clinic == papers.c.clinic, books_amounts.c.document_id == papers.c.id)
    )
    statement = select(month, books_amounts.c.tax_type, func.sum(signed(books_amounts.c.cents))).select_from(cut)
    these = (links.c.clinic == clinic, links.c.subject.in_(among), links.c.subject.startswith(_INVOICE))
    chosen = statement.where(*these, papers.c.status.not_in(GONE), compared.exists())
    return chosen.group_by(month, books_amounts.c.tax_type)


def _records(p: Any, aside: FromClause, scope: Scope, documents: Any, known: FromClause) -> Select[Any]:  # noqa: ANN401
    """Select what compares a record with its documents, and the patient it would be addressed to."""
    patient = practice_rows.alias("patient")
    addressed = and_(patient.c.clinic == p.c.clinic, patient.c.kind == "patient", patient.c.id == p.c.party_id)
    return select(
        p.c.id, p.c.day, p.c.cents.label("wanted"), p.c.tax_cents, p.c.removed, p.c.status, p.c.closed_at,
        p.c.closed_next, p.c.name_key, func.coalesce(patient.c.name_key, "").label("patient_key"),
        case((is_credit(p), 1), else_=0).label("is_note"),
        func.substr(p.c.day, 1, _MONTH).label("month"), case((_inside(p, scope), 1), else_=0).label("inside"),
        func.coalesce(aside.c.waits, 0).label("waits"), func.coalesce(aside.c.tells, 0).label("tells"), *documents,
    ).select_from(known.outerjoin(patient, addressed))  # fmt: skip


def _in_scope(p: Any, clinic: str, scope: Scope) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - an alias
    return p.c.clinic == clinic, p.c.kind == "invoice", p.c.day >= scope.start_on.isoformat()


def _inside(p: Any, scope: Scope) -> ColumnElement[bool]:  # noqa: ANN401 - an alias
    within: ColumnElement[bool] = p.c.day.between(scope.first.isoformat(), scope.last.isoformat())
    return within


# --- what each comes to -----------------------------------------------------------------------------------------------


def _summed(both: Subquery, scope: Scope, *, by_tax: bool) -> Select[Any]:
    """Sum records beside their documents by month, and where each has one tax by that; name those that may differ."""
    counted, c = not_(both.c.removed), both.c
    keys = [c.month, c.inside, *((c.tax_type, c.crowded) if by_tax else ())]
    named = _may_differ(both, scope)
    columns = [
        func.sum(case((counted, both.c.wanted), else_=0)).label("whole"),
        func.sum(settled_of(both)).label("settled"),
        func.sum(both.c.paid).label("paid"),
        func.sum(owed_of(both)).label("owed"),
        func.sum(both.c.open).label("due"),
        func.sum(case((counted, 1), else_=0)).label("source_all"),
        func.sum(case((counted, both.c.is_note), else_=0)).label("source_notes"),
        *(func.sum(both.c[name]).label(name) for name in ("live", "notes", "payments", "allocations")),
        func.aggregate_strings(case((or_(c.crowded, named) if by_tax else named, c.id)), _BETWEEN).label("ids"),
        *((func.sum(both.c[name]).label(name) for name in ("amount", "linked")) if by_tax else ()),
    ]
    return select(*keys, *columns).group_by(*keys)


def _may_differ(both: Subquery, scope: Scope) -> ColumnElement[bool]:
    """Say whether a record concerns the comparison and anything of it is not as in the books."""
    c = both.c
    differs = or_(
        case((c.removed, 0), else_=c.wanted) != c.cents,
        case((c.removed, 0), else_=c.tax_cents) != c.tax,
        and_(c.books_day.is_not(None), c.books_day != c.day),
        c.edited > 0,
        c.live > 1,
        c.credit > 0,
        settled_of(both) != c.paid,
        owed_of(both) != c.open,
        and_(c.live > 0, c.name_key != "", c.name_key != c.patient_key),
        _paid_on_another_day(both, scope),
        c.waits > 0,
        c.tells > 0,
    )
    still_open = and_(not_(c.removed), c.status.in_(OPEN))
    return and_(differs, or_(c.inside > 0, still_open, c.open != 0, c.waits > 0))


def _paid_on_another_day(both: Subquery, scope: Scope) -> ColumnElement[bool]:
    """Say whether the payment may be dated otherwise than the practice closed the invoice, in the clinic's zone."""
    c = both.c
    hour = func.substr(c.closed_at, 12, 2)
    same = [f"{hour:02}" for hour, ahead in scope.hours.items() if ahead == 0]
    ahead = [f"{hour:02}" for hour, ahead in scope.hours.items() if ahead == 1]
    day = case((hour.in_(same), func.substr(c.closed_at, 1, _DAY)), (hour.in_(ahead), c.closed_next), else_="")
    is_paid = c.status == InvoiceStatus.PAID.value
    return and_(is_paid, c.closed_at != "", c.paid_on != "", c.paid_on != day)
