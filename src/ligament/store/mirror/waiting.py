"""Whose contact something still waits for, so that nobody's contact is archived under a document that needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Subquery, bindparam, func, or_, select

from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.plans import State
from ligament.core.records import Party, PartyKind
from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.tables import books_documents, dirty, document_links, outcomes, practice_rows

WITHIN_GRACE = "within_grace"
_WAITING = (State.PLANNED.value, State.HELD.value)
PENDING = (
    of_clinic(outcomes.c.subject)
    .where(or_(outcomes.c.state.in_(_WAITING), outcomes.c.reason == WITHIN_GRACE))
    .union(of_clinic(dirty.c.subject))
)
"""The subjects that wait for something, for their time to come, or were read and not looked at yet."""
_KEYS: Subquery = PENDING.subquery()
_OF_PARTIES = {
    kind: select(_KEYS.c.subject, practice_rows.c.party_id)
    .join(practice_rows, practice_rows.c.id == func.substr(_KEYS.c.subject, len(kind) + 2))
    .where(
        practice_rows.c.clinic == bindparam("clinic"),
        practice_rows.c.kind == kind,
        practice_rows.c.party_id.is_not(None),
        _KEYS.c.subject.startswith(f"{kind}:"),
    )
    for kind in ("invoice", "visit")
}
_ON_CONTACTS = (
    select(_KEYS.c.subject, books_documents.c.contact_id)
    .join(document_links, document_links.c.subject == _KEYS.c.subject)
    .join(
        books_documents,
        (books_documents.c.clinic == document_links.c.clinic) & (books_documents.c.id == document_links.c.books_id),
    )
    .where(document_links.c.clinic == bindparam("clinic"))
)
_MERGED = of_kind(practice_rows.c.id, practice_rows.c.parent_id).where(practice_rows.c.parent_id.is_not(None))


def waiting_on(connection: Connection, clinic: str, facts: Facts) -> Mapping[BooksId, frozenset[str]]:
    """Return the keys of the records that wait, by the contact they need; only where somebody's could be archived."""
    if not any(_is_leaving(party) and key in facts.contact_links for key, party in facts.parties.items()):
        return {}
    found: dict[str, set[str]] = {}
    for key, contact_id in _pairs(connection, clinic, _ON_CONTACTS):
        found.setdefault(contact_id, set()).add(key)
    owned: dict[str, set[str]] = {}
    for statement in _OF_PARTIES.values():
        for key, patient in _pairs(connection, clinic, statement):
            owned.setdefault(patient, set()).add(key)
    for patient, keys in _with_survivors(connection, clinic, owned).items():
        link = facts.contact_links.get(f"{PartyKind.PATIENT.value}:{patient}")
        if link is not None:
            found.setdefault(link.contact_id, set()).update(keys)
    return {BooksId(contact_id): frozenset(keys) for contact_id, keys in found.items()}


def _is_leaving(party: Party) -> bool:
    return party.removed_at is not None or party.merged_into is not None


def _pairs(connection: Connection, clinic: str, statement: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any select
    return [(row[0], row[1]) for row in connection.execute(statement, {"clinic": clinic})]


def _with_survivors(connection: Connection, clinic: str, owned: dict[str, set[str]]) -> dict[str, set[str]]:
    """Let what a merged patient's records wait for count for those they were merged into, however often."""
    found = {patient: set(keys) for patient, keys in owned.items()}
    fresh, kind = owned, PartyKind.PATIENT.value
    while fresh:
        rows = select_in(connection, _MERGED, practice_rows.c.id, fresh.keys(), clinic=clinic, kind=kind)
        further: dict[str, set[str]] = {}
        for row in rows:
            further.setdefault(row.parent_id, set()).update(fresh[row.id] - found.get(row.parent_id, set()))
        fresh = {survivor: keys for survivor, keys in further.items() if keys}
        for survivor, keys in fresh.items():
            found.setdefault(survivor, set()).update(keys)
    return found
