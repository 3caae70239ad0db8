"""Planning contacts: link, create, update both ways, archive, or hold."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ligament.core.billing import Bill, party_subject
from ligament.core.changes import ContactWrite, RefusalCode
from ligament.core.contacts import (
    ContactIntent,
    Match,
    contact_number,
    find_contact,
    intent_for,
    pool_intent,
    privacy_of,
    suffixed,
)
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.links import AgreedFields, ContactLink, DecisionKind, Origin
from ligament.core.naming import folded, is_code
from ligament.core.plans import Action, ActionKind, ContactStep, FieldNote, NoteKind, State
from ligament.core.records import Party, PartyKind
from ligament.core.rules.model import CreateContacts, Privacy
from ligament.core.troubles import Trouble
from ligament.flow.planning.desk import Desk, contact_outcome, refusal_hold, sound, trouble_hold
from ligament.flow.planning.fields import Synced, synchronise
from ligament.flow.planning.leaving import plan_archival
from ligament.flow.planning.pairs import agreed_by
from ligament.flow.planning.survivors import follow_merge, link_survivor


def plan_contacts(desk: Desk, parties: list[Party], bills: list[Bill]) -> None:
    """Plan the contact of every party given and of everybody billed, the oldest record first (choice C09)."""
    billed = {bill.subject.key: bill for bill in bills}
    everybody = {party_subject(party).key: party for party in parties}
    for bill in bills:
        if bill.party is not None and bill.subject.kind is not SubjectKind.LOCATION:
            everybody.setdefault(bill.subject.key, bill.party)
    for party in sorted(everybody.values(), key=lambda party: (party.created_at, party.id)):
        subject = party_subject(party)
        desk.guard(subject, partial(plan_party, desk, party, needed=subject.key in billed))
    for bill in bills:
        if bill.subject.kind is SubjectKind.LOCATION and bill.subject.key not in desk.contacts:
            _plan_pool(desk, bill.subject)


def plan_party(desk: Desk, party: Party, *, needed: bool) -> None:
    """Plan the contact of one patient or payer; `needed` says that a document is billed to it."""
    subject = party_subject(party)
    link = desk.facts.contact_links.get(subject.key)
    if subject.key in desk.made:
        # Also when it was made meanwhile: its documents read as they were approved, and get its id when they leave.
        desk.contacts[subject.key] = None
        desk.outcome(contact_outcome(subject, State.PLANNED))
    elif party.defect and (link is not None or needed or _wanted(desk, party)):
        _hold_unreadable(desk, party, link)
    elif link is not None:
        _plan_linked(desk, party, link, needed=needed)
    elif needed or _wanted(desk, party):
        _plan_new(desk, party)
    else:
        desk.outcome(contact_outcome(subject, State.SKIPPED, "no_contact_needed"))


def _wanted(desk: Desk, party: Party) -> bool:
    """Say whether a party gets a contact without any document: active patients do, if the clinic wants it so."""
    contacts = desk.rulebook.contacts
    if party.kind is not PartyKind.PATIENT or contacts.create is not CreateContacts.ALL:
        return False
    return party.removed_at is None and party.merged_into is None and contacts.privacy is not Privacy.POOLED


def _hold_contact(desk: Desk, subject: Subject, hold: Hold) -> None:
    desk.hold(hold)
    desk.unready[subject.key] = hold.code
    desk.outcome(contact_outcome(subject, State.HELD, hold.code.value))


def _hold_unreadable(desk: Desk, party: Party, link: ContactLink | None) -> None:
    """Leave somebody alone who makes no sense; where there is a contact already, documents go on to it as it is."""
    trouble = Trouble(
        code=HoldCode.BAD_RECORD,
        sentence=party.defect,
        todo="Open it in the practice and save it again; tell us if it stays.",
    )
    subject = party_subject(party)
    _hold_contact(desk, subject, trouble_hold(trouble, subject, HoldKind.CONTACT, contact_number(subject)))
    if link is not None:
        del desk.unready[subject.key]
        desk.contacts[subject.key] = link.contact_id


# --- new pairs --------------------------------------------------------------------------------------------------------


def _plan_new(desk: Desk, party: Party) -> None:
    intent = intent_for(party, desk.rulebook, desk.around)
    match = find_contact(intent, party, desk.rulebook, desk.facts, desk.around)
    found = _decided(desk, intent, match) if isinstance(match, Trouble) else match
    if isinstance(found, Hold):
        _hold_contact(desk, intent.subject, found)
    elif found is None:
        _create(desk, intent)
    else:
        _take_over(desk, party, intent, found)


def _decided(desk: Desk, intent: ContactIntent, trouble: Trouble) -> Hold | Match | None:
    """Apply a person's decision about a doubtful match, or hold."""
    hold = trouble_hold(trouble, intent.subject, HoldKind.CONTACT, intent.number)
    decision = desk.decision(hold)
    linked = desk.facts.contacts.get(BooksId(str((trouble.proposed or {}).get("link", ""))))
    if decision is DecisionKind.APPROVED and linked is not None:
        return Match(contact=linked, by="a person said that it is the same", adopted=True)
    if decision in {DecisionKind.SEPARATE, DecisionKind.DISMISSED} and trouble.code is not HoldCode.CONTACT_ARCHIVED:
        return None
    return hold


def _create(desk: Desk, intent: ContactIntent) -> None:
    intent = _free_name(desk, intent)
    action = _creation(intent)
    if desk.refused(action).startswith((RefusalCode.NAME_TAKEN, RefusalCode.ARCHIVED_CONTACT)) and not intent.suffixed:
        intent = suffixed(intent)
        action = _creation(intent)
    if desk.refused(action).startswith(RefusalCode.BAD_EMAIL):
        action = _creation(intent, with_email=False)
        desk.notes.append(FieldNote(subject=intent.subject, field="email", kind=NoteKind.REFUSED))
    hold = refusal_hold(desk, action, HoldKind.CONTACT, intent.number)
    if hold is not None:
        _hold_contact(desk, intent.subject, hold)
        return
    desk.act(action)
    desk.names[folded(intent.name.reveal())] = intent.subject.key
    desk.contacts[intent.subject.key] = None
    desk.outcome(contact_outcome(intent.subject, State.PLANNED))


def _creation(intent: ContactIntent, *, with_email: bool = True) -> Action:
    """Return the action that makes a contact; an e-mail the books find invalid is left out, but counts as agreed."""
    write = ContactWrite(
        number=intent.number,
        name=intent.name,
        first=intent.first,
        last=intent.last,
        email=intent.email if with_email else None,
        phones=intent.phones,
        street=intent.address,
        postal=intent.address,
        extras=intent.extras or None,
    )
    agreed = agreed_by(intent) if with_email else replace(agreed_by(intent), refused=intent.email)
    return Action(
        kind=ActionKind.CREATE_CONTACT,
        subject=intent.subject,
        number=intent.number,
        sentence=f"Create the contact {intent.number}.",
        contact=ContactStep(write=write, name=intent.name, suffixed=intent.suffixed, agreed=agreed),
    )


def _free_name(desk: Desk, intent: ContactIntent) -> ContactIntent:
    """Give the intent a suffix when somebody else has its name; the older record came first and keeps it."""
    key = folded(intent.name.reveal())
    taken_by = desk.names.get(key)
    if taken_by not in {None, intent.subject.key}:
        return suffixed(intent)
    others = [held for held in desk.facts.contacts_by_name.get(key, ()) if not _is_own(desk, held, intent.subject)]
    return suffixed(intent) if others else intent


def _is_own(desk: Desk, contact_id: str, subject: Subject) -> bool:
    link = desk.facts.contact_links.get(subject.key)
    return link is not None and link.contact_id == contact_id


def _take_over(desk: Desk, party: Party, intent: ContactIntent, match: Match) -> None:
    """Link an existing contact; its own number is kept, ours is written only where there is none."""
    contact = sound(match.contact)
    if contact.id in desk.adopted or desk.facts.party_of_contact.get(contact.id) not in {None, intent.subject.key}:
        _create(desk, intent)
        return
    desk.adopted.add(contact.id)
    if match.merged:
        link_survivor(desk, intent, contact)
        return
    intent = _name_on_takeover(desk, intent, contact)
    link = ContactLink(
        party=intent.subject,
        contact_id=contact.id,
        number=contact.number or intent.number,
        name=intent.name,
        suffixed=intent.suffixed,
        origin=Origin.ADOPTED if match.adopted else Origin.MADE,
    )
    synced = synchronise(desk, party, link, contact, intent)
    desk.act(
        Action(
            kind=ActionKind.LINK_CONTACT,
            subject=intent.subject,
            number=link.number,
            sentence=f"Link the contact {link.number}: {match.by}.",
            contact=ContactStep(
                write=ContactWrite(id=contact.id, number=link.number),
                name=intent.name,
                suffixed=intent.suffixed,
                origin=link.origin,
                agreed=AgreedFields() if synced.actions else synced.agreed,
            ),
            trail=(match.by,),
        )
    )
    desk.names[folded(intent.name.reveal())] = intent.subject.key
    _emit(desk, party, link, synced)
    desk.contacts[intent.subject.key] = contact.id
    desk.outcome(contact_outcome(intent.subject, State.PLANNED))


def _name_on_takeover(desk: Desk, intent: ContactIntent, contact: BooksContact) -> ContactIntent:
    if folded(contact.name.reveal()) == folded(intent.name.reveal()):
        return intent
    others = [held for held in desk.facts.contacts_by_name.get(folded(intent.name.reveal()), ()) if held != contact.id]
    taken = desk.names.get(folded(intent.name.reveal())) not in {None, intent.subject.key}
    return suffixed(intent) if others or taken else intent


def _plan_pool(desk: Desk, subject: Subject) -> None:
    link = desk.facts.contact_links.get(subject.key)
    if subject.key in desk.made:
        desk.contacts[subject.key] = None
        desk.outcome(contact_outcome(subject, State.PLANNED))
        return
    if link is not None:
        desk.contacts[subject.key] = link.contact_id
        desk.outcome(contact_outcome(subject, State.UNCHANGED))
        return
    location = desk.facts.locations.get(SourceId(subject.id))
    if location is None:
        trouble = Trouble(code=HoldCode.NO_PARTY, sentence="The location of this invoice is not known in the practice.")
        _hold_contact(desk, subject, trouble_hold(trouble, subject, HoldKind.CONTACT, ""))
        return
    intent = pool_intent(location)
    found = find_contact(intent, None, desk.rulebook, desk.facts, desk.around)
    if isinstance(found, Trouble):
        _hold_contact(desk, subject, trouble_hold(found, subject, HoldKind.CONTACT, intent.number))
    elif found is None:
        _create(desk, intent)
    else:
        step = ContactStep(write=ContactWrite(id=found.contact.id, number=intent.number), name=intent.name)
        sentence = f"Link the contact {intent.number}: {found.by}."
        desk.act(
            Action(kind=ActionKind.LINK_CONTACT, subject=subject, number=intent.number, sentence=sentence, contact=step)
        )
        desk.contacts[subject.key] = found.contact.id
        desk.outcome(contact_outcome(subject, State.PLANNED))


# --- known pairs ------------------------------------------------------------------------------------------------------


def _plan_linked(desk: Desk, party: Party, link: ContactLink, *, needed: bool) -> None:
    subject = party_subject(party)
    contact = desk.facts.contacts.get(link.contact_id)
    if contact is not None and contact.merged_into is not None:
        follow_merge(desk, party, link, contact)
        return
    desk.contacts[subject.key] = link.contact_id
    if contact is None:
        desk.outcome(contact_outcome(subject, State.UNCHANGED))
    elif sound(contact).status is not ContactStatus.ACTIVE:
        _plan_archived(desk, subject, link, contact, needed=needed)
    elif party.merged_into is not None or party.removed_at is not None:
        plan_archival(desk, party, link, contact)
    else:
        intent = _named(desk, party, link)
        synced = synchronise(desk, party, link, contact, intent)
        _emit(desk, party, replace(link, name=intent.name, suffixed=intent.suffixed), synced)


def _named(desk: Desk, party: Party, link: ContactLink) -> ContactIntent:
    """Return the intent under the name decided for this pair; a suffix stays for good."""
    intent = intent_for(party, desk.rulebook, desk.around)
    if privacy_of(party, desk.rulebook) in {Privacy.CODE, Privacy.POOLED}:
        # A code stays for good, also when its key is destroyed, and a suffix would tell the id of the person.
        kept = link.name if is_code(link.name.reveal()) else intent.name
        return replace(intent, name=kept, full=kept.reveal(), suffixed=link.suffixed)
    if link.suffixed:
        return suffixed(intent)
    if folded(link.name.reveal()) == folded(intent.name.reveal()):
        return intent
    return _free_name(desk, intent)


def _plan_archived(desk: Desk, subject: Subject, link: ContactLink, contact: BooksContact, *, needed: bool) -> None:
    """An archived contact cannot be used or revived through the interface (facts on the books, 5.3)."""
    if not needed:
        desk.outcome(contact_outcome(subject, State.UNCHANGED))
        return
    hold = Hold(
        subject=subject,
        code=HoldCode.CONTACT_ARCHIVED,
        kind=HoldKind.CONTACT,
        number=link.number,
        sentence="A new document belongs to a contact that is archived in the books.",
        todo=f"Restore the contact {link.number} in the books; this goes on by itself then.",
        detail={"contact_id": contact.id},
    )
    _hold_contact(desk, subject, hold)


def _emit(desk: Desk, party: Party, link: ContactLink, synced: Synced) -> None:
    """Turn what the merge decided into actions, holds and notes."""
    subject = party_subject(party)
    desk.notes.extend(synced.notes)
    planned = False
    for action in synced.actions:
        hold = refusal_hold(desk, action, HoldKind.CONTACT, link.number)
        if hold is None:
            desk.act(action)
            planned = True
        else:
            desk.hold(hold)
            desk.outcome(contact_outcome(subject, State.HELD, hold.code.value))
    for hold in synced.holds:
        desk.hold(hold)
        desk.outcome(contact_outcome(subject, State.HELD, hold.code.value))
    desk.outcome(contact_outcome(subject, State.PLANNED if planned else State.UNCHANGED))
