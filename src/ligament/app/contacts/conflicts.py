"""Conflicts: what both systems say about a contact that waits for a person."""

from __future__ import annotations

from ligament.app.contacts.find import fields
from ligament.app.documents import Document
from ligament.core.holds import Hold, HoldCode
from ligament.core.links import AgreedFields
from ligament.core.pairing import side_by_side
from ligament.core.periods import iso_instant
from ligament.flow.read.changed_by import told
from ligament.ports.memory import Selection
from ligament.wiring.clinic import Clinic


def people_meant(clinic: Clinic, hold: Hold) -> list[Document]:
    """Return the person of a doubtful match and everybody it may be, as both systems say it; empty for other holds."""
    if hold.code not in {HoldCode.SAME_EMAIL_OTHER_NAME, HoldCode.PROBABLY_SAME_PERSON}:
        return []
    facts, book = (
        clinic.store.gather(Selection(parties=frozenset({hold.subject.key}))),
        clinic.settings.rulebook,
    )
    party, ids = facts.parties.get(hold.subject.key), hold.detail.get("contact_ids")
    found = [facts.contacts[held] for held in ids if held in facts.contacts] if isinstance(ids, list | tuple) else []
    mine = side_by_side(party, None, AgreedFields(), book)
    told: list[Document] = [
        {"side": "practice", "number": hold.number, "fields": {row.field: row.practice for row in mine}}
    ]
    for contact in found:
        theirs = side_by_side(None, contact, AgreedFields(), book)
        number = contact.number or contact.id
        told.append(
            {"side": "books", "id": contact.id, "number": number, "fields": {row.field: row.books for row in theirs}}
        )
    return [{**one, "fields": {name: held.reveal() for name, held in one["fields"].items() if held}} for one in told]


def _who(clinic: Clinic, hold: Hold) -> str:
    """Return who changed the contact last, in the words of its history."""
    books = clinic.books_manifest.title
    known = told(clinic.store).get(hold.id)
    if known is None or known["shown"] != hold.detail.get("shown"):
        return f"{books} has not been asked yet who"
    if "by" not in known:
        return f"{books} does not say who"
    return known["by"] or f"another program, through {books}'s interface"


def conflict_values(clinic: Clinic, hold: Hold) -> Document:
    """Return both values of a field that waits for a choice, with when each side changed; empty for other holds."""
    if hold.code is not HoldCode.FIELD_CONFLICT:
        return {}
    facts = clinic.store.gather(Selection(parties=frozenset({hold.subject.key})))
    row = next(
        (held for held in fields(clinic, facts, hold.subject.key) if held["field"] == hold.detail["field"]), None
    )
    link, party = facts.contact_links.get(hold.subject.key), facts.parties.get(hold.subject.key)
    contact = facts.contacts.get(link.contact_id) if link is not None else None
    if row is None or party is None or contact is None:
        return {}
    return {
        "practice": {
            "value": row["practice"],
            "changed_at": iso_instant(party.updated_at),
            "changed_by": f"{clinic.practice_manifest.title} does not say who",
        },
        "books": {
            "value": row["books"],
            "changed_at": iso_instant(contact.updated_at),
            "changed_by": _who(clinic, hold),
        },
        "agreed": {"value": row["agreed"]},
    }
