"""Merged people: contacts that we made for patients whom the practice has merged into others since."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, and_, not_, select

from ligament.core.links import ContactLink, Origin
from ligament.core.strays import MergedContact
from ligament.store.database.codec import decoder
from ligament.store.database.tables import books_contacts, books_documents, contact_links, practice_rows
from ligament.store.queries.conditions import GONE

_MERGES_AT_MOST = 20
_PATIENT = "patient:"


def merged_people(connection: Connection, clinic: str) -> Iterator[MergedContact]:
    """Yield such contacts where they still stand; one that a person made and we only linked is none of them."""
    links, people, losers, papers = contact_links, books_contacts, practice_rows, books_documents
    is_open = select(papers.c.id).where(
        papers.c.clinic == clinic, papers.c.contact_id == people.c.id, papers.c.is_open, papers.c.status.not_in(GONE)
    )
    joined = losers.join(links, and_(links.c.clinic == losers.c.clinic, links.c.party == _PATIENT + losers.c.id)).join(
        people, and_(people.c.clinic == links.c.clinic, people.c.id == links.c.contact_id)
    )
    statement = (
        select(losers.c.id, losers.c.parent_id, people.c.id.label("contact"), people.c.number, links.c.body)
        .add_columns(is_open.exists().label("is_open"))
        .select_from(joined)
        .where(losers.c.clinic == clinic, losers.c.kind == "patient", losers.c.parent_id.is_not(None))
        .where(people.c.status == "active", not_(losers.c.parent_id == losers.c.id))
    )
    read = decoder(ContactLink)
    for row in connection.execute(statement.order_by(losers.c.id)).all():
        if read(row.body).origin is not Origin.MADE:
            continue
        yield MergedContact(
            patient_id=row.id,
            contact_id=row.contact,
            number=row.number or "",
            survivor_number=_survivor(connection, clinic, row.parent_id),
            has_open_money=bool(row.is_open),
        )


def _survivor(connection: Connection, clinic: str, patient: str) -> str:
    """Return the number of the contact of whoever a patient was merged into, however often."""
    rows, links, people = practice_rows, contact_links, books_contacts
    for _ in range(_MERGES_AT_MOST):
        chosen = select(rows.c.parent_id).where(rows.c.clinic == clinic, rows.c.kind == "patient", rows.c.id == patient)
        further = connection.execute(chosen).scalar()
        if not further:
            break
        patient = further
    joined = links.join(people, and_(people.c.clinic == links.c.clinic, people.c.id == links.c.contact_id))
    told = select(people.c.number).select_from(joined)
    found = connection.execute(told.where(links.c.clinic == clinic, links.c.party == f"{_PATIENT}{patient}")).scalar()
    return str(found or "")
