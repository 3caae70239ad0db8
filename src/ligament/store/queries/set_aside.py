"""Set aside: the records of which more is known than amounts, so that nearly every one can be looked at alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import CTE, FromClause

from ligament.core.links import Role
from ligament.store.database.tables import books_amounts, document_links, holds, outcomes
from ligament.store.queries.conditions import subject_of

_TELLING = ("held", "planned", "skipped")


def _crowded(clinic: str, mostly: str | None) -> Any:  # noqa: ANN401 - a union of selects
    """Select the keys of records with several documents, and of those whose document is cut by several taxes.

    `mostly` is the tax type that most amounts have, where it is known.
    """
    links, several = document_links.alias("links"), document_links.alias("several")
    # Of several links of a record, one at most is the first of its role main.
    further = or_(several.c.role != Role.MAIN.value, several.c.version > 1)
    many = select(several.c.subject).where(several.c.clinic == clinic, further)
    mixed = _mixed(clinic) if mostly is None else _mixed_beside(clinic, mostly)
    cut = select(links.c.subject).where(links.c.clinic == clinic, links.c.books_id.in_(mixed))
    return union(many, cut)


def _mixed(clinic: str) -> Select[Any]:
    """Select the documents with several amounts, which each bear another tax type, by looking at all of them."""
    mixed = select(books_amounts.c.document_id).where(books_amounts.c.clinic == clinic)
    return mixed.group_by(books_amounts.c.document_id).having(func.count() > 1)


def _mixed_beside(clinic: str, mostly: str) -> Select[Any]:
    """Select the same: of several amounts of a document, one at least is not of the type that most are."""
    rare, other = books_amounts.alias("rare"), books_amounts.alias("other")
    further = and_(
        other.c.clinic == rare.c.clinic,
        other.c.document_id == rare.c.document_id,
        other.c.tax_type != rare.c.tax_type,
    )
    mixed = select(rare.c.document_id).select_from(rare.join(other, further))
    return mixed.where(rare.c.clinic == clinic, rare.c.tax_type != mostly)


def set_aside(clinic: str, among: list[str] | None = None, mostly: str | None = None) -> CTE:
    """Select the records of which more is known than amounts: crowded, waiting for a person, or ended so that it tells.

    Few in most clinics, so that one look tells of nearly every record that it is none of them.
    """
    no, yes = literal(0), literal(1)
    waiting = select(holds.c.subject, no.label("crowded"), yes.label("waits"), no.label("tells"))
    waiting = waiting.where(holds.c.clinic == clinic, holds.c.closed_at.is_(None))
    ended = select(outcomes.c.subject, no, no, yes)
    ended = ended.where(outcomes.c.clinic == clinic, outcomes.c.state.in_(_TELLING))
    if among is None:
        crowd = _crowded(clinic, mostly).subquery("crowd")
        told = union_all(waiting, ended, select(crowd.c.subject, yes, no, no)).subquery("told")
    else:
        few = waiting.where(holds.c.subject.in_(among)), ended.where(outcomes.c.subject.in_(among))
        told = union_all(*few).subquery("told")
    flags = (func.max(told.c[name]).label(name) for name in ("crowded", "waits", "tells"))
    return select(told.c.subject, *flags).group_by(told.c.subject).cte("aside")


def told_first(connection: Connection, clinic: str) -> FromClause:
    """Return the same as something to join with; a server is told them, or each of its workers finds them anew."""
    if connection.dialect.name != "postgresql":
        return set_aside(clinic)
    types = select(books_amounts.c.tax_type).where(books_amounts.c.clinic == clinic)
    most = types.group_by(books_amounts.c.tax_type).order_by(func.count().desc(), books_amounts.c.tax_type).limit(1)
    aside = set_aside(clinic, mostly=connection.execute(most).scalar())
    names = ("subject", "crowded", "waits", "tells")
    told = [
        dict(zip(names, row, strict=True)) for row in connection.execute(select(*(aside.c[name] for name in names)))
    ]
    columns: list[Any] = [column("subject", Text), *(column(name, Integer) for name in names[1:])]
    given = func.jsonb_to_recordset(cast(told, JSONB))
    return given.table_valued(*columns, name="aside").render_derived(with_types=True)


def beside_aside(p: Any, aside: FromClause) -> Any:  # noqa: ANN401 - a join of any tables
    return p.outerjoin(aside, aside.c.subject == subject_of(p))
