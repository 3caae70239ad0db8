"""The list of contacts, and one of them with everything that belongs to it, for the clinic's own screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ligament.app.contacts.find import pair_document, party_state, stranger_document
from ligament.app.documents import Document
from ligament.core.facts import Facts
from ligament.core.ledgers import Chart
from ligament.core.records import Party
from ligament.store.queries.cards import Cards, Pair
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
        "survivors": _survivors(clinic, [one.party for one in found]),
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


def _survivors(clinic: Clinic, parties: Iterable[Party]) -> dict[str, str]:
    """Return the names of those whom some patients were merged into, by their ids."""
    return called_by_name(clinic, {f"patient:{one.merged_into}" for one in parties if one.merged_into is not None})


def called_by_name(clinic: Clinic, keys: Collection[str]) -> dict[str, str]:
    """Return the names of patients and payers by their ids, for the clinic's own screen."""
    if not keys:
        return {}
    found = Cards(clinic.journal).parties({key.partition(":")[2] for key in keys})
    return {found[key].id: found[key].full_name() for key in keys if key in found}


def contact_card(clinic: Clinic, identifier: str) -> Document | None:
    """Return one pair by the id that either system gave it, or nothing."""
    cards = Cards(clinic.journal)
    pairs = {one.key: one for one in cards.pairs(identifier)}
    ids = {identifier, *(key.partition(":")[2] for key in pairs if key)}
    facts = Facts(parties=cards.parties(ids))
    key = next((one for one in (f"patient:{identifier}", f"payer:{identifier}") if one in facts.parties), "")
    key = key or next((one for one in pairs if one), "")
    if key:
        about = cards.about(key)
        _put_pair(about.chart, facts, pairs.get(key))
        told = pair_document(clinic, key, facts, notes=about.notes, holds=about.holds)
        party = facts.parties.get(key)
        known = _survivors(clinic, [party] if party is not None else [])
        return {**told, "key": key, "survivors": known, **systems(clinic)}
    contact = pairs[""].contact if "" in pairs else None
    if contact is None:
        return None
    nothing: Document = {
        "groups": [],
        "payers": [],
        "patients": [],
        "documents": [],
        "holds": [],
        "history": [],
        "survivors": {},
    }
    return {**nothing, **stranger_document(clinic, contact), "key": "", **systems(clinic)}


def _put_pair(chart: Chart, facts: Facts, pair: Pair | None) -> None:
    """Put the pair that was made, and its contact, to what is known of somebody."""
    if pair is not None and pair.link is not None:
        facts.contact_links = {pair.key: pair.link}
    if pair is not None and pair.contact is not None:
        facts.contacts = {pair.contact.id: pair.contact}
        if pair.contact.groups:
            facts.chart = chart


def systems(clinic: Clinic) -> Document:
    """Return what both systems are called."""
    return {"practice": clinic.practice_manifest.title, "books": clinic.books_manifest.title}
