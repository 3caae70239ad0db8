"""The privacy dial: what the books would hold for a few people if it stood elsewhere, and letting go of the codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ligament.app.documents import Document
from ligament.app.results import Result
from ligament.core.contacts import contact_number, pool_intent
from ligament.core.facts import Facts
from ligament.core.folding import folded
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import BooksContact, Chart
from ligament.core.links import AgreedFields
from ligament.core.notes import CODES_DESTROYED_NOTE
from ligament.core.pairing import after_writing, side_by_side
from ligament.core.periods import iso_instant
from ligament.core.plans import Action, ActionKind, Plan
from ligament.core.records import Party, PartyKind
from ligament.core.rules.model import Privacy, Rulebook
from ligament.flow.plan.plan import make_plan
from ligament.ports.memory import Selection
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

SAMPLE = 5
_WRITES = {ActionKind.CREATE_CONTACT, ActionKind.UPDATE_CONTACT}


def preview(clinic: Clinic, mode: str, *, payers: bool = False, sample: int = SAMPLE) -> Result:
    """Tell what the contacts of a few patients (or payers) say now, and would say with the dial at `mode`.

    Nothing is written anywhere. Raises ConfigurationError for a mode that is none.
    """
    names = [privacy.value for privacy in Privacy]
    if mode not in names:
        raise ConfigurationError((f'"{mode}" is no setting of the dial. Choose one of {", ".join(names)}.',))
    kind = PartyKind.PAYER if payers else PartyKind.PATIENT
    book = clinic.settings.rulebook
    chosen = _sample(clinic.people.parties(), kind, sample)
    then = turned(book, Privacy(mode), payers=payers)
    document = {
        "class": kind.value,
        "now": (book.contacts.privacy_payer if payers else book.contacts.privacy).value,
        "then": mode,
        "people": _people(clinic, chosen, then),
        "pooled": _pools(clinic) if mode == Privacy.POOLED.value else [],
    }
    return Result(document=document)


def turned(book: Rulebook, privacy: Privacy, *, payers: bool = False) -> Rulebook:
    """Return the rulebook with the dial of one class turned."""
    contacts = book.contacts
    if payers:
        return replace(book, contacts=replace(contacts, privacy_payer=privacy))
    return replace(book, contacts=replace(contacts, privacy=privacy))


def _sample(parties: Iterable[Party], kind: PartyKind, size: int) -> list[Party]:
    found: list[Party] = []
    for party in parties:
        if len(found) == size:
            break
        if party.kind is kind and party.removed_at is None and not party.deleted:
            found.append(party)
    return found


def _people(clinic: Clinic, chosen: Iterable[Party], book: Rulebook) -> list[Document]:
    """Tell of each what the books say and would say, from one plan for all of them."""
    keys = [f"{party.kind.value}:{party.id}" for party in chosen]
    if not keys:
        return []
    facts = clinic.store.gather(Selection(parties=frozenset(keys)))
    if facts.organisation is None:
        raise ConfigurationError(
            (f"Nothing was read from {clinic.books_manifest.title} yet; after the first run a few people are shown.",)
        )
    plan = make_plan(facts, book, clinic.surroundings())
    return [_one(key, facts, plan, book) for key in keys]


def _one(key: str, facts: Facts, plan: Plan, book: Rulebook) -> Document:
    link = facts.contact_links.get(key)
    contact = facts.contacts.get(link.contact_id) if link is not None else None
    mine = [action for action in plan.actions if action.subject.key == key]
    after = _after(contact, mine)
    agreed = AgreedFields()
    before = {row.field: row.books.reveal() for row in side_by_side(None, contact, agreed, book)}
    later = {row.field: row.books.reveal() for row in side_by_side(None, after, agreed, book)}
    names = _group_names(contact, facts.chart)
    then = _groups_after(names, mine)
    if names or then:
        before["groups"], later["groups"] = ", ".join(sorted(names.values())), ", ".join(sorted(then.values()))
    return {
        "source_id": key.partition(":")[2],
        "number": contact_number(subject_from_key(key)),
        "fields": [
            {"field": name, "now": before.get(name, ""), "then": later.get(name, "")}
            for name in dict.fromkeys([*before, *later])
        ],
    }


def _after(contact: BooksContact | None, actions: Iterable[Action]) -> BooksContact | None:
    for action in actions:
        if action.kind in _WRITES and action.contact is not None:
            contact = after_writing(contact, action.contact.write)
    return contact


def _group_names(contact: BooksContact | None, chart: Chart) -> dict[str, str]:
    """Return the contact groups that a contact is in, by a mark of their name."""
    known = {group.id: group.name for group in chart.groups or ()}
    names = [known[group_id] for group_id in (contact.groups if contact is not None else ()) if group_id in known]
    return {folded(name): name for name in names}


def _groups_after(names: Mapping[str, str], actions: Iterable[Action]) -> dict[str, str]:
    after = dict(names)
    for action in actions:
        if action.group is not None and action.kind is ActionKind.JOIN_GROUP:
            after[folded(action.group.name.reveal())] = action.group.name.reveal()
        elif action.group is not None and action.kind is ActionKind.LEAVE_GROUP:
            after.pop(folded(action.group.name.reveal()), None)
    return after


def _pools(clinic: Clinic) -> list[str]:
    return [pool_intent(place).name.reveal() for place in clinic.people.locations()]


def destroy_codes(clinic: Clinic) -> Result:
    """Destroy the key behind the opaque codes: nobody can tell again from a code alone whose it is.

    Contacts keep the codes they have; people who come later get codes of a new key.
    """
    clinic.vault.delete("codes")
    clinic.store.keep_note(CODES_DESTROYED_NOTE, iso_instant(clinic.clock.now()))
    sentence = "The key behind the codes is destroyed. Contacts keep their codes; new ones get codes of a new key."
    return Result(document={"destroyed": True, "sentence": sentence})
