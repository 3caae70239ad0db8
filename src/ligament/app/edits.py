"""Edits: what a person changed in the books on a document of ours, value by value, for the clinic's own screen."""

from __future__ import annotations

from ligament.app.documents import Document
from ligament.core.differences import Edit, edits
from ligament.core.facts import Facts
from ligament.core.holds import Hold, HoldCode
from ligament.core.ids import BooksId
from ligament.flow.read.read import selection_of
from ligament.wiring.clinic import Clinic


def edit_values(clinic: Clinic, hold: Hold) -> list[Document]:
    """Return `field`, `wrote` (by us) and `books` (now) of each value that was changed; empty for other holds."""
    if hold.code is not HoldCode.EDITED_IN_BOOKS:
        return []
    facts = clinic.store.gather(selection_of({hold.subject}))
    told = []
    for link in clinic.queries.document_links(hold.subject.key):
        document = facts.documents.get(link.books_id)
        if link.sent is None or document is None or link.number != hold.detail.get("books_number"):
            continue
        told += [_told(edit, facts) for edit in edits(link.sent, document)]
    return told


def _told(edit: Edit, facts: Facts) -> Document:
    wrote, now = (_name(value, facts) if edit.field == "contact" else value for value in (edit.wrote, edit.now))
    return {"field": edit.field, "wrote": wrote, "books": now}


def _name(contact_id: str, facts: Facts) -> str:
    contact = facts.contacts.get(BooksId(contact_id))
    return contact.name.reveal() if contact is not None else contact_id
