"""`find`: a pair with its fields side by side, and everything that belongs to it; for the clinic's own screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ligament.app.contacts.owners import kept_owners
from ligament.app.documents import Document
from ligament.app.names import places
from ligament.app.refusals import Refusal, among, every_refusal, refusal_document
from ligament.app.results import DONE, WAITS, Result
from ligament.core.associations import pays_for
from ligament.core.contacts import privacy_of
from ligament.core.facts import Facts
from ligament.core.holds import Hold
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact
from ligament.core.links import AgreedFields, ContactLink
from ligament.core.pairing import FieldRow, side_by_side
from ligament.core.plans import ActionKind
from ligament.core.records import Party, PartyKind, Practitioner
from ligament.core.rules.model import Privacy
from ligament.ports.memory import Selection
from ligament.store.queries.cards import Cards
from ligament.wiring.clinic import Clinic
from ligament.wiring.likeness import phone_key

MOST_FOUND = 20
DIALLED = "dialled"
"""How a field is listed that the clinic's privacy dial keeps back from the books."""
_HISTORY = 20


def find(clinic: Clinic, text: str) -> Result:
    """Look somebody or something up by id, number, name or e-mail, in both systems, from what is kept; asks nobody."""
    wanted = text.strip()
    keys, contacts = matches(clinic, wanted) if wanted else ([], [])
    refusals = every_refusal(clinic) if keys else ()
    document = {
        "query": wanted,
        "found": [_told(clinic, key, refusals) for key in keys[:MOST_FOUND]]
        + [stranger_document(clinic, held) for held in contacts],
        "practitioners": [_practitioner(clinic, person) for person in _practitioners(clinic, wanted)],
        "more": max(0, len(keys) - MOST_FOUND),
    }
    found = document["found"] or document["practitioners"]
    return Result(document=document, code=DONE if found else WAITS)


def _told(clinic: Clinic, key: str, refusals: Sequence[Refusal]) -> Document:
    """Return a pair, with what people refused about it or its documents, by whom and why."""
    document = pair(clinic, key)
    names = {document["source_id"], *(paper["source_id"] for paper in document["documents"])}
    return {**document, "refused": [refusal_document(hold) for hold in among(refusals, names)]}


# --- who is meant -----------------------------------------------------------------------------------------------------


def matches(clinic: Clinic, wanted: str) -> tuple[list[str], list[BooksContact]]:
    """Return the keys of the parties that are meant, and contacts that belong to nobody."""
    people = clinic.people
    keys: dict[str, None] = {}
    for found in places(clinic, wanted):
        if found.subject:
            keys.update(dict.fromkeys(_parties_of(clinic, found.subject)))
    keys.update(dict.fromkeys(f"{party.kind.value}:{party.id}" for party in people.parties_called(wanted)))
    strangers: dict[str, BooksContact] = {}
    for contact in people.contacts_called(wanted) or _by_id(clinic, wanted):
        owner = people.party_of(contact.id)
        if owner:
            keys[owner] = None
        else:
            strangers[contact.id] = contact
    return list(keys), list(strangers.values())[:MOST_FOUND]


def _by_id(clinic: Clinic, wanted: str) -> tuple[BooksContact, ...]:
    ids = [found.id for found in clinic.queries.find(wanted) if found.kind == "contact"]
    return tuple(contact for contact in clinic.people.contacts() if contact.id in ids) if ids else ()


def _parties_of(clinic: Clinic, subject: str) -> list[str]:
    """Return whom a record is about: itself, or the patient of an invoice or visit and who is billed for it."""
    kind, _, identifier = subject.partition(":")
    if kind in {"patient", "payer", "location"}:
        return [subject]
    if kind not in {"invoice", "visit"}:
        return []
    billed = [link.sent.party.key for link in clinic.queries.document_links(subject) if link.sent is not None]
    facts = clinic.store.gather(Selection(**{f"{kind}s": frozenset({identifier})}))
    held: Any = (facts.invoices if kind == "invoice" else facts.visits).get(identifier)  # type: ignore[call-overload]
    return list(dict.fromkeys([*([f"patient:{held.party_id}"] if held and held.party_id else []), *billed]))


def _practitioners(clinic: Clinic, wanted: str) -> list[Practitioner]:
    text = wanted.casefold()
    return [
        person
        for person in clinic.people.practitioners()
        if text and (text in {person.id, person.email.reveal().casefold()} or text in person.name.casefold())
    ]


# --- what is told -----------------------------------------------------------------------------------------------------


def pair(clinic: Clinic, key: str) -> Document:
    """Return one patient or payer side by side with the contact, and everything that belongs to the pair."""
    facts = clinic.store.gather(Selection(parties=frozenset({key})))
    holds = [hold for hold in clinic.store.open_holds() if hold.subject.key == key]
    return pair_document(clinic, key, facts, notes=_notes(clinic, facts, key), holds=holds)


def pair_document(
    clinic: Clinic, key: str, facts: Facts, *, notes: Mapping[str, str], holds: Iterable[Hold]
) -> Document:
    """Return the same from what was read already; `facts` have every payer, `notes` say by field why it differs."""
    link, party = facts.contact_links.get(key), facts.parties.get(key)
    contact = facts.contacts.get(link.contact_id) if link is not None else None
    kind, _, identifier = key.partition(":")
    return {
        "kind": kind,
        "source_id": identifier,
        "state": party_state(party),
        **_books_side(link, contact),
        "fields": _fields(clinic, facts, key, notes),
        "groups": _groups(facts, link, contact),
        **_associated(clinic, facts, party),
        "documents": _documents(clinic, key),
        "holds": [_hold(hold) for hold in holds],
        "history": history(clinic, key),
    }


def stranger_document(clinic: Clinic, contact: BooksContact) -> Document:
    """Tell a contact that belongs to nobody in the practice."""
    rows = side_by_side(None, contact, AgreedFields(), clinic.settings.rulebook)
    fields = [
        {"field": row.field, "practice": "", "books": row.books.reveal(), "agreed": "", "same": False} for row in rows
    ]
    return {"kind": "contact", "source_id": "", "state": "", **_books_side(None, contact), "fields": fields}


def party_state(party: Party | None) -> str:
    """Return how a party stands in the practice, in one word."""
    if party is None:
        return "unknown"
    if party.deleted:
        return "deleted"
    if party.merged_into is not None:
        return f"merged into {party.merged_into}"
    return "archived" if party.removed_at is not None else "active"


def _books_side(link: ContactLink | None, contact: BooksContact | None) -> Document:
    contact_id = contact.id if contact is not None else link.contact_id if link is not None else BooksId("")
    return {
        "contact_id": contact_id,
        "contact_number": link.number if link is not None else contact.number if contact is not None else "",
        "contact_state": contact.status.value if contact is not None else "",
        "merged_into": contact.merged_into if contact is not None else None,
        "origin": link.origin.value if link is not None else "",
    }


def _groups(facts: Facts, link: ContactLink | None, contact: BooksContact | None) -> list[Document]:
    """Return the contact groups that the contact is in, and whether we put it there."""
    names = {group.id: group.name for group in facts.chart.groups or ()}
    ours = {held.group_id for held in (link.agreed.groups or () if link is not None else ())}
    held = contact.groups if contact is not None else ()
    return [{"name": names[group], "ours": group in ours} for group in held if group in names]


def fields(clinic: Clinic, facts: Facts, key: str) -> list[Document]:
    """Return the fields side by side; those that differ and are only listed say why."""
    return _fields(clinic, facts, key, _notes(clinic, facts, key))


def _fields(clinic: Clinic, facts: Facts, key: str, notes: Mapping[str, str]) -> list[Document]:
    link, party = facts.contact_links.get(key), facts.parties.get(key)
    contact = facts.contacts.get(link.contact_id) if link is not None else None
    agreed = link.agreed if link is not None else AgreedFields()
    dialled = party is not None and privacy_of(party, clinic.settings.rulebook) is not Privacy.FULL
    return [
        {
            "field": row.field,
            "practice": row.practice.reveal(),
            "books": row.books.reveal(),
            "agreed": row.agreed.reveal(),
            "same": row.same,
            "listed": notes.get(row.field, "") or (DIALLED if dialled and _kept_back(row) else ""),
        }
        for row in side_by_side(party, contact, agreed, clinic.settings.rulebook, phone_key)
    ]


def _kept_back(row: FieldRow) -> bool:
    """Say whether the books say less than the practice, or what we wrote there."""
    return not row.same and (not row.books or row.books == row.agreed)


def _notes(clinic: Clinic, facts: Facts, key: str) -> Mapping[str, str]:
    if facts.organisation is None:
        return {}
    from ligament.flow.plan.plan import make_plan  # noqa: PLC0415 - to list what waits needs no planning

    plan = make_plan(facts, clinic.settings.rulebook, clinic.surroundings())
    return {note.field: note.kind.value for note in plan.notes if note.subject.key == key}


def _associated(clinic: Clinic, facts: Facts, party: Party | None) -> Document:
    """Tell who pays for a patient, or whom a payer pays for, from both sides."""
    if party is None:
        return {"payers": [], "patients": []}
    if party.kind is PartyKind.PAYER:
        return {
            "payers": [],
            "patients": [_named(other) for other in clinic.people.parties() if pays_for(party, other)],
        }
    payers = [other for other in facts.parties.values() if pays_for(other, party)]
    return {"payers": [_named(other) for other in sorted(payers, key=lambda one: one.id)], "patients": []}


def _named(party: Party) -> Document:
    return {"source_id": party.id, "name": party.full_name()}


def _documents(clinic: Clinic, key: str) -> list[Document]:
    """Return the invoices of a patient, with their documents in the books and whose work they were."""
    kind, _, identifier = key.partition(":")
    if kind != "patient":
        return []
    owners, invoices = kept_owners(clinic), Cards(clinic.journal).invoices_of(identifier)
    return [
        {
            "number": invoice.number,
            "source_id": invoice.id,
            "issued_on": invoice.issued_on.isoformat(),
            "total": invoice.total,
            "status": invoice.state(),
            "books": [{"id": paper.books_id, "number": paper.number, "role": paper.role.value} for paper in papers],
            "practitioner_id": invoice.practitioner_id,
            "owner": owners.get(str(invoice.practitioner_id), ""),
        }
        for invoice, papers in invoices
    ]


def _practitioner(clinic: Clinic, person: Practitioner) -> Document:
    category = clinic.settings.rulebook.tracking.practitioner
    return {
        "id": person.id,
        "name": person.name,
        "active": person.active,
        "owner": kept_owners(clinic).get(person.id, ""),
        "tracking": f"{category}: {person.name}" if category else "",
    }


def _hold(hold: Hold) -> Document:
    return {"id": hold.id, "code": hold.code.value, "sentence": hold.sentence}


def history(clinic: Clinic, key: str) -> list[Document]:
    """Return what was done about a record, newest first: never what was written, only in which fields."""
    entries = clinic.queries.journal(subject=key, limit=_HISTORY)
    return [_entry(entry) for entry in entries if entry["kind"] != "intent"]


def _entry(entry: Mapping[str, Any]) -> Document:
    personal, public = entry["personal"] or {}, entry["public"]
    return {
        "sequence": entry["sequence"],
        "at": entry["at"],
        "actor": entry["actor"],
        "kind": entry["kind"],
        "action": public.get("action", ""),
        "run_id": public.get("run", ""),
        "changed": _changed(personal, made=public.get("action") == ActionKind.CREATE_CONTACT.value),
        "erased": entry["erased"],
    }


def _changed(personal: Mapping[str, Any], *, made: bool) -> list[str]:
    """Name the fields that a write changed; of what was made, those in which something stands."""
    writes = [personal.get(name) or {} for name in ("contact", "party")]
    fields: Iterable[tuple[str, Any]] = (pair for write in writes for pair in (write.get("write") or {}).items())
    written = {name: value for name, value in fields if value not in (None, False) and name not in {"id", "number"}}
    return sorted(name for name, value in written.items() if not made or _says_something(value))


def _says_something(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_says_something, value.values()))
    return any(map(_says_something, value)) if isinstance(value, list | tuple) else bool(value)


# --- who may be the same person ---------------------------------------------------------------------------------------


# --- both values of a conflict ----------------------------------------------------------------------------------------
