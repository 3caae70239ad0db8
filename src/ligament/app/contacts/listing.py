"""The list of contacts, and one of them with everything that belongs to it, for the clinic's own screen."""

from __future__ import annotations

from typing import Any

from ligament.app.contacts.find import pair, party_state, stranger_document
from ligament.app.documents import Document
from ligament.ports.memory import Selection
from ligament.store.queries.directory import Directory, Listed
from ligament.wiring.clinic import Clinic

_MOST_STRANGERS = 50


def contact_list(clinic: Clinic, text: str, *, limit: int, offset: int = 0) -> Document:
    """Return some patients and payers by name, with what waits about each; a search finds contacts of nobody too."""
    directory = Directory(clinic.journal)
    total, found = directory.page(text, limit=limit, offset=offset)
    held = {hold.subject.key for hold in clinic.store.open_holds()}
    strangers = directory.strangers(text, _MOST_STRANGERS) if text.strip() and not offset else []
    return {
        "total": total,
        "contacts": [_listed(one, held) for one in found],
        "strangers": [
            {"id": one.id, "name": one.name.reveal(), "email": one.email.reveal(), "number": one.number}
            for one in strangers
        ],
        **systems(clinic),
    }


def _listed(one: Listed, held: set[str]) -> Document:
    party = one.party
    return {
        "id": party.id,
        "kind": party.kind.value,
        "name": party.full_name(),
        "email": party.email.reveal(),
        "number": one.link.number if one.link is not None else "",
        "state": party_state(party),
        "held": f"{party.kind.value}:{party.id}" in held,
    }


def contact_card(clinic: Clinic, identifier: str) -> Document | None:
    """Return one pair by the id that either system gave it, or nothing."""
    keys = [f"{kind}:{identifier}" for kind in ("patient", "payer")]
    facts = clinic.store.gather(Selection(parties=frozenset(keys)))
    here = next((one for one in keys if one in facts.parties), "")
    key = here or clinic.people.party_of(identifier)
    if key:
        return {**pair(clinic, key, facts if here else None), "key": key, **systems(clinic)}
    found: Any = next((one for one in clinic.people.contacts() if one.id == identifier), None)
    if found is None:
        return None
    nothing: Document = {"groups": [], "payers": [], "patients": [], "documents": [], "holds": [], "history": []}
    return {**nothing, **stranger_document(clinic, found), "key": "", **systems(clinic)}


def systems(clinic: Clinic) -> Document:
    """Return what both systems are called."""
    return {"practice": clinic.practice_manifest.title, "books": clinic.books_manifest.title}
