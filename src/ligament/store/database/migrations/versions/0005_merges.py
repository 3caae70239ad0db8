"""Merges are followed: patients name their survivor, and documents stand under the contact that survived."""

from __future__ import annotations

import json

from alembic import op
from sqlalchemy import LargeBinary, bindparam, column, select, table, update

revision = "0005"
down_revision = "0004"

_patients = table("practice_rows", *map(column, ("clinic", "kind", "id", "parent_id")), column("body", LargeBinary))
_contacts = table("books_contacts", *map(column, ("clinic", "id", "status")), column("body", LargeBinary))
_documents = table("books_documents", *map(column, ("clinic", "contact_id")))
_AT_MOST = 20


def upgrade() -> None:
    """Fill in what was only in the bodies so far."""
    connection = op.get_bind()
    people = select(_patients.c.clinic, _patients.c.id, _patients.c.body).where(_patients.c.kind == "patient")
    merged = [
        {"of": row.clinic, "loser": row.id, "survivor": survivor}
        for row in connection.execute(people)
        if (survivor := json.loads(row.body).get("merged_into"))
    ]
    if merged:
        theirs = (_patients.c.clinic == bindparam("of"), _patients.c.id == bindparam("loser"))
        wanted = update(_patients).where(_patients.c.kind == "patient", *theirs)
        connection.execute(wanted.values(parent_id=bindparam("survivor")), merged)
    following = _following()
    moved = [{"of": clinic, "loser": loser, "survivor": _last(clinic, loser, following)} for clinic, loser in following]
    if moved:
        theirs = (_documents.c.clinic == bindparam("of"), _documents.c.contact_id == bindparam("loser"))
        connection.execute(update(_documents).where(*theirs).values(contact_id=bindparam("survivor")), moved)


def _following() -> dict[tuple[str, str], str]:
    kept = select(_contacts.c.clinic, _contacts.c.id, _contacts.c.body).where(_contacts.c.status != "active")
    return {
        (row.clinic, row.id): survivor
        for row in op.get_bind().execute(kept)
        if (survivor := json.loads(row.body).get("merged_into"))
    }


def _last(clinic: str, contact: str, following: dict[tuple[str, str], str]) -> str:
    for _ in range(_AT_MOST):
        if (clinic, contact) not in following:
            break
        contact = following[clinic, contact]
    return contact
