"""What writes and look-ups changed in what we hold: links, mirrors, agreements, refusals, and their journal entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ligament.core.erasing import unsealed
from ligament.core.events import records_posted
from ligament.core.intents import DocumentIntent
from ligament.core.links import ContactLink, DocumentLink
from ligament.core.plans import LOCAL
from ligament.core.receipts import Effect
from ligament.store.database import columns
from ligament.store.database.bulk import all_of_clinic, delete_in, gone_from_clinic, of_clinic, select_in, upsert
from ligament.store.database.codec import builtins, decode, encode
from ligament.store.database.errors import AlreadyLinked
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import agreements, contact_links, document_links, payment_links, refusals
from ligament.store.journal.data_subjects import owners
from ligament.store.journal.journal import Note, Writing
from ligament.store.mirror import books, erased, practice
from ligament.store.writes.intents import owner_of, personal_of, public_of

_Slot = tuple[str, str, int]
"""Subject key, role and version of a document link."""


def keep(writing: Writing, context: Mapping[str, object], effects: Sequence[Effect], at: datetime) -> None:
    """Apply effects in the open transaction and journal each; `context` says which run and call they belong to."""
    connection, clinic = writing.connection, writing.clinic
    effects = erased.effects(connection, clinic, effects)
    people, papers = _links_before(connection, clinic, effects)
    parties = owners(connection, clinic, {effect.action.subject.key for effect in effects})
    _keep_contact_links(connection, clinic, effects)
    _keep_document_links(connection, clinic, effects)
    _keep_rest(connection, clinic, effects, at)
    writing.tell(*records_posted(writing.told_as, effects))
    for effect in effects:
        writing.add(
            writing.without_texts(
                Note(
                    kind=_kind(effect),
                    subject=effect.action.subject.key,
                    public={**context, **_public(effect, papers)},
                    personal=_personal(effect, people),
                    owner=owner_of(effect.action, parties),
                    at=at,
                )
            )
        )


def _kind(effect: Effect) -> str:
    if effect.refused:
        return "refusal"
    return "link" if effect.action.kind in LOCAL else "receipt"


# --- links, each side used once -------------------------------------------------------------------------------------
def _links_before(
    connection: Connection, clinic: str, effects: Sequence[Effect]
) -> tuple[dict[str, ContactLink], dict[_Slot, DocumentLink]]:
    """Load the links as they are before the effects."""
    parties = {effect.contact_link.party.key for effect in effects if effect.contact_link}
    subjects = {effect.document_link.subject.key for effect in effects if effect.document_link}
    people = select_in(connection, all_of_clinic(contact_links), contact_links.c.party, parties, clinic=clinic)
    papers = select_in(connection, all_of_clinic(document_links), document_links.c.subject, subjects, clinic=clinic)
    return (
        {row.party: decode(ContactLink, row.body) for row in people},
        {(row.subject, row.role, row.version): decode(DocumentLink, row.body) for row in papers},
    )


def _keep_contact_links(connection: Connection, clinic: str, effects: Sequence[Effect]) -> None:
    links = {effect.contact_link.party.key: effect.contact_link for effect in effects if effect.contact_link}
    wanted: dict[str, str] = {}
    for party, link in links.items():
        if wanted.setdefault(link.contact_id, party) != party:
            raise _taken("contact", link.contact_id, wanted[link.contact_id], party)
    statement = of_clinic(contact_links.c.party, contact_links.c.contact_id)
    for row in select_in(connection, statement, contact_links.c.contact_id, wanted, clinic=clinic):
        if row.party != wanted[row.contact_id] and row.party not in links:
            raise _taken("contact", row.contact_id, row.party, wanted[row.contact_id])
    rows = [
        {"clinic": clinic, "party": party, "contact_id": link.contact_id, "body": encode(link)}
        for party, link in links.items()
    ]
    upsert(connection, contact_links, rows)


def _keep_document_links(connection: Connection, clinic: str, effects: Sequence[Effect]) -> None:
    links = {_slot(effect.document_link): effect.document_link for effect in effects if effect.document_link}
    _hand_over(connection, clinic, effects)
    by_id = {link.books_id: slot for slot, link in links.items()}
    by_number = {link.number: slot for slot, link in links.items()}
    statement = all_of_clinic(document_links)
    for row in select_in(connection, statement, document_links.c.books_id, by_id, clinic=clinic):
        slot = (row.subject, row.role, row.version)
        if slot not in links:
            raise _taken("document", row.books_id, row.subject, by_id[row.books_id][0])
    for row in select_in(connection, statement, document_links.c.number, by_number, clinic=clinic):
        slot = (row.subject, row.role, row.version)
        other = links[by_number[row.number]]
        if slot not in links and row.kind == other.kind.value:
            raise _taken("number", f"{row.kind} {row.number}", row.subject, other.subject.key)
    rows = [
        {
            "clinic": clinic, "subject": slot[0], "role": slot[1], "version": slot[2], "books_id": link.books_id,
            "kind": link.kind.value, "number": link.number, "body": encode(link), **columns.of_link(link),
        }
        for slot, link in links.items()
    ]  # fmt: skip
    upsert(connection, document_links, rows)


def _hand_over(connection: Connection, clinic: str, effects: Sequence[Effect]) -> None:
    """Let go of documents that an action hands from one record to another, a visit to its invoice."""
    steps = [effect.action.document for effect in effects if effect.document_link is not None]
    ids = {step.document_id for step in steps if step is not None and step.relink and step.document_id}
    delete_in(connection, gone_from_clinic(document_links), document_links.c.books_id, ids, clinic=clinic)


def _slot(link: DocumentLink) -> _Slot:
    return link.subject.key, link.role.value, link.version


def _taken(what: str, which: str, holder: str, other: str) -> AlreadyLinked:
    return AlreadyLinked(
        f"The {what} {which} belongs to {holder} and cannot also belong to {other}. Nothing of this step was kept."
    )


# --- everything else ------------------------------------------------------------------------------------------------
def _keep_rest(connection: Connection, clinic: str, effects: Sequence[Effect], at: datetime) -> None:
    contacts = [effect.contact for effect in effects if effect.contact]
    documents = [document for effect in effects for document in effect.documents]
    books.keep(connection, clinic, contacts, documents)
    books.add_groups(connection, clinic, [effect.group for effect in effects if effect.group])
    books.add_options(connection, clinic, effects)
    practice.keep(connection, clinic, [effect.party for effect in effects if effect.party], (), at, unsealed)
    agreed = [effect.agreement for effect in effects if effect.agreement]
    rows = [{"clinic": clinic, "subject": held.subject.key, "body": encode(held)} for held in agreed]
    upsert(connection, agreements, rows)
    paid = [effect.payment_link for effect in effects if effect.payment_link]
    upsert(
        connection,
        payment_links,
        [
            {"clinic": clinic, "payment_id": held.payment_id, "subject": held.subject.key, "body": encode(held)}
            for held in paid
        ],
    )
    taken = {effect.action.key for effect in effects if not effect.refused}
    delete_in(connection, gone_from_clinic(refusals), refusals.c.action_key, taken, clinic=clinic)
    refused = [effect for effect in effects if effect.refused]
    upsert(
        connection,
        refusals,
        [refusal_row(clinic, e.action.key, e.action.content, f"{e.code}: {' '.join(e.refused)}", at) for e in refused],
    )


def refusal_row(clinic: str, action_key: str, content: str, words: str, at: datetime) -> dict[str, Any]:
    """Return the row that keeps a refusal; the subject stands in the middle of an action's key."""
    return {
        "clinic": clinic,
        "action_key": action_key,
        "subject": action_key.split("|")[1] if action_key.count("|") > 1 else "",
        "content": content,
        "words": words,
        "refused_at": stamp(at),
    }


# --- what the journal says ------------------------------------------------------------------------------------------
def _public(effect: Effect, papers: Mapping[_Slot, DocumentLink]) -> dict[str, object]:
    told = public_of(effect.action)
    told |= {"code": effect.code, "found": effect.found, "documents": [held.id for held in effect.documents]}
    link = effect.document_link
    if link is not None:
        before = papers.get(_slot(link))
        told["books_id"] = link.books_id
        told["origin"] = link.origin.value
        told["before"] = _said(effect.wrote_over or (before.sent if before is not None else None))
        told["after"] = _said(link.sent)
        told.pop("wanted", None)
    if effect.contact_link is not None:
        told["contact_id"] = effect.contact_link.contact_id
        told["contact_number"] = effect.contact_link.number
    if effect.group is not None:
        told["group_id"] = effect.group.id
    if effect.payment_link is not None:
        told["payment_id"] = effect.payment_link.payment_id
    return told


def _said(intent: DocumentIntent | None) -> object:
    """Return what a document said, without the trail, which may name people."""
    return None if intent is None else {**builtins(intent), "trail": []}


def _personal(effect: Effect, people: Mapping[str, ContactLink]) -> dict[str, object]:
    told = personal_of(effect.action) | {"refused": list(effect.refused), "warnings": list(effect.warnings)}
    if effect.contact_link is not None:
        before = people.get(effect.contact_link.party.key)
        told["before"] = None if before is None else builtins(before)
        told["after"] = builtins(effect.contact_link)
    if effect.party is not None:
        told["party_after"] = builtins(effect.party)
    return told
