"""Planning contacts: link, create, update both ways, archive, or hold."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ligament.core.billing import Bill, party_subject
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
from ligament.core.folding import folded
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.links import AgreedFields, ContactLink, DecisionKind, Origin
from ligament.core.naming import is_code
from ligament.core.plans import Action, ActionKind, ContactStep, FieldNote, NoteKind, State
from ligament.core.records import Party, PartyKind
from ligament.core.rules.model import CreateContacts, Privacy
from ligament.core.troubles import Trouble
from ligament.core.writes import ContactWrite, RefusalCode
from ligament.flow.plan.builder import PlanBuilder, contact_outcome, refusal_hold, sound, trouble_hold
from ligament.flow.plan.contacts.asking import question, said_by_rules
from ligament.flow.plan.contacts.creation import creation, free_name
from ligament.flow.plan.contacts.fields import Synced, synchronise
from ligament.flow.plan.contacts.leaving import plan_archival
from ligament.flow.plan.contacts.left_out import newly_refused
from ligament.flow.plan.contacts.merged_in_books import follow_merge, link_survivor
from ligament.flow.plan.contacts.own_again import link_leaver, own_contact
from ligament.flow.plan.undone import is_undone, undone_hold


def plan_contacts(builder: PlanBuilder, parties: list[Party], bills: list[Bill]) -> None:
    """Plan the contact of every party given and of everybody billed, the oldest record first (choice C09)."""
    billed = {bill.subject.key: bill for bill in bills}
    everybody = {party_subject(party).key: party for party in parties}
    for bill in bills:
        if bill.party is not None and bill.subject.kind is not SubjectKind.LOCATION:
            everybody.setdefault(bill.subject.key, bill.party)
    for party in sorted(everybody.values(), key=lambda party: (party.created_at, party.id)):
        subject = party_subject(party)
        builder.guard(subject, partial(plan_party, builder, party, needed=subject.key in billed))
    for bill in bills:
        if bill.subject.kind is SubjectKind.LOCATION and bill.subject.key not in builder.contacts:
            _plan_pool(builder, bill.subject)


def plan_party(builder: PlanBuilder, party: Party, *, needed: bool) -> None:
    """Plan the contact of one patient or payer; `needed` says that a document is billed to it."""
    subject = party_subject(party)
    link = builder.facts.contact_links.get(subject.key)
    ruling = said_by_rules(builder, party)
    if subject.key in builder.made:
        # Also when it was made meanwhile: its documents read as they were approved, and get its id when they leave.
        builder.contacts[subject.key] = None
        builder.outcome(contact_outcome(subject, State.PLANNED))
    elif is_undone(builder, subject):
        _hold_undone(builder, subject, link)
    elif party.defect and (link is not None or needed or _wanted(builder, party)):
        _hold_unreadable(builder, party, link)
    elif link is not None:
        _plan_linked(builder, ruling.party, link, needed=needed)
    elif not needed and ruling.skipped_by:
        builder.outcome(contact_outcome(subject, State.SKIPPED, f"rule:{ruling.skipped_by}"))
    elif needed or _wanted(builder, party):
        _plan_new(builder, ruling.party)
    else:
        _plan_unneeded(builder, ruling.party)


def _plan_unneeded(builder: PlanBuilder, party: Party) -> None:
    """Leave somebody without a contact whom nobody needs in the books, but for one of ours that stands there."""
    contact = own_contact(builder, party)
    if contact is None:
        builder.outcome(contact_outcome(party_subject(party), State.SKIPPED, "no_contact_needed"))
    elif party.removed_at is not None or party.merged_into is not None:
        link_leaver(builder, party, contact)
    else:
        _plan_new(builder, party)


def _wanted(builder: PlanBuilder, party: Party) -> bool:
    """Say whether a party gets a contact without any document: active patients do, if the clinic wants it so."""
    contacts = builder.rulebook.contacts
    if party.kind is not PartyKind.PATIENT or contacts.create is not CreateContacts.ALL:
        return False
    return party.removed_at is None and party.merged_into is None and contacts.privacy is not Privacy.POOLED


def _hold_contact(builder: PlanBuilder, subject: Subject, hold: Hold) -> None:
    builder.hold(hold)
    builder.unready[subject.key] = hold.code
    builder.outcome(contact_outcome(subject, State.HELD, hold.code.value))


def _hold_unreadable(builder: PlanBuilder, party: Party, link: ContactLink | None) -> None:
    """Leave somebody alone who makes no sense; where there is a contact already, documents go on to it as it is."""
    trouble = Trouble(
        code=HoldCode.BAD_RECORD,
        sentence=party.defect,
        todo="Open it in the practice and save it again; tell us if it stays.",
    )
    subject = party_subject(party)
    _hold_contact(builder, subject, trouble_hold(trouble, subject, HoldKind.CONTACT, contact_number(subject)))
    if link is not None:
        del builder.unready[subject.key]
        builder.contacts[subject.key] = link.contact_id


def _hold_undone(builder: PlanBuilder, subject: Subject, link: ContactLink | None) -> None:
    """Leave a contact alone that an undo took back, or put back; documents still go on one that can be used."""
    _hold_contact(builder, subject, undone_hold(subject, HoldKind.CONTACT, contact_number(subject)))
    contact = builder.facts.contacts.get(link.contact_id) if link is not None else None
    if contact is not None and contact.status is ContactStatus.ACTIVE:
        del builder.unready[subject.key]
        builder.contacts[subject.key] = contact.id


# --- new pairs --------------------------------------------------------------------------------------------------------


def _plan_new(builder: PlanBuilder, party: Party) -> None:
    intent = intent_for(party, builder.rulebook, builder.around)
    asked = question(builder, intent.subject, intent.number)
    if asked is not None:
        _hold_contact(builder, intent.subject, asked)
        return
    match = find_contact(intent, party, builder.rulebook, builder.facts, builder.around)
    found = _decided(builder, intent, match) if isinstance(match, Trouble) else match
    if isinstance(found, Hold):
        _hold_contact(builder, intent.subject, found)
    elif found is None:
        _create(builder, intent)
    else:
        _take_over(builder, party, intent, found)


def _decided(builder: PlanBuilder, intent: ContactIntent, trouble: Trouble) -> Hold | Match | None:
    """Apply a person's decision about a doubtful match, or hold."""
    hold = trouble_hold(trouble, intent.subject, HoldKind.CONTACT, intent.number)
    decision = builder.decision(hold)
    meant = builder.chosen(hold) or str((trouble.proposed or {}).get("link", ""))
    linked = builder.facts.contacts.get(BooksId(meant))
    if decision is DecisionKind.APPROVED and linked is not None:
        return Match(contact=linked, by="a person said that it is the same", adopted=True)
    if decision in {DecisionKind.SEPARATE, DecisionKind.DISMISSED} and trouble.code is not HoldCode.CONTACT_ARCHIVED:
        return None
    return hold


def _create(builder: PlanBuilder, intent: ContactIntent) -> None:
    intent = free_name(builder, intent)
    action = creation(intent)
    if (
        builder.refused(action).startswith((RefusalCode.NAME_TAKEN, RefusalCode.ARCHIVED_CONTACT))
        and not intent.suffixed
    ):
        intent = suffixed(intent)
        action = creation(intent)
    while refused := newly_refused(builder, action):
        # What the books refuse is left out and listed; the contact and its documents go (SPEC section 3).
        action = creation(intent, refused | (action.contact.without if action.contact is not None else frozenset()))
        notes = [FieldNote(subject=intent.subject, field=one, kind=NoteKind.REFUSED) for one in sorted(refused)]
        builder.notes.extend(notes)
    hold = refusal_hold(builder, action, HoldKind.CONTACT, intent.number)
    if hold is not None:
        _hold_contact(builder, intent.subject, hold)
        return
    builder.act(action)
    builder.names[folded(intent.name.reveal())] = intent.subject.key
    builder.contacts[intent.subject.key] = None
    builder.outcome(contact_outcome(intent.subject, State.PLANNED))


def _take_over(builder: PlanBuilder, party: Party, intent: ContactIntent, match: Match) -> None:
    """Link an existing contact; its own number is kept, ours is written only where there is none."""
    contact = sound(match.contact)
    if contact.id in builder.adopted or builder.facts.party_of_contact.get(contact.id) not in {
        None,
        intent.subject.key,
    }:
        _create(builder, intent)
        return
    builder.adopted.add(contact.id)
    if match.merged:
        link_survivor(builder, intent, contact)
        return
    intent = _name_on_takeover(builder, intent, contact)
    link = ContactLink(
        party=intent.subject,
        contact_id=contact.id,
        number=contact.number or intent.number,
        name=intent.name,
        suffixed=intent.suffixed,
        origin=Origin.ADOPTED if match.adopted else Origin.MADE,
    )
    synced = synchronise(builder, party, link, contact, intent)
    builder.act(
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
    builder.names[folded(intent.name.reveal())] = intent.subject.key
    _emit(builder, party, link, synced)
    builder.contacts[intent.subject.key] = contact.id
    builder.outcome(contact_outcome(intent.subject, State.PLANNED))


def _name_on_takeover(builder: PlanBuilder, intent: ContactIntent, contact: BooksContact) -> ContactIntent:
    if folded(contact.name.reveal()) == folded(intent.name.reveal()):
        return intent
    others = [
        held for held in builder.facts.contacts_by_name.get(folded(intent.name.reveal()), ()) if held != contact.id
    ]
    taken = builder.names.get(folded(intent.name.reveal())) not in {None, intent.subject.key}
    return suffixed(intent) if others or taken else intent


def _plan_pool(builder: PlanBuilder, subject: Subject) -> None:
    link = builder.facts.contact_links.get(subject.key)
    if subject.key in builder.made:
        builder.contacts[subject.key] = None
        builder.outcome(contact_outcome(subject, State.PLANNED))
        return
    if link is not None:
        builder.contacts[subject.key] = link.contact_id
        builder.outcome(contact_outcome(subject, State.UNCHANGED))
        return
    location = builder.facts.locations.get(SourceId(subject.id))
    if location is None:
        trouble = Trouble(code=HoldCode.NO_PARTY, sentence="The location of this invoice is not known in the practice.")
        _hold_contact(builder, subject, trouble_hold(trouble, subject, HoldKind.CONTACT, ""))
        return
    intent = pool_intent(location)
    found = find_contact(intent, None, builder.rulebook, builder.facts, builder.around)
    if isinstance(found, Trouble):
        _hold_contact(builder, subject, trouble_hold(found, subject, HoldKind.CONTACT, intent.number))
    elif found is None:
        _create(builder, intent)
    else:
        step = ContactStep(write=ContactWrite(id=found.contact.id, number=intent.number), name=intent.name)
        sentence = f"Link the contact {intent.number}: {found.by}."
        builder.act(
            Action(kind=ActionKind.LINK_CONTACT, subject=subject, number=intent.number, sentence=sentence, contact=step)
        )
        builder.contacts[subject.key] = found.contact.id
        builder.outcome(contact_outcome(subject, State.PLANNED))


# --- known pairs ------------------------------------------------------------------------------------------------------


def _plan_linked(builder: PlanBuilder, party: Party, link: ContactLink, *, needed: bool) -> None:
    subject = party_subject(party)
    contact = builder.facts.contacts.get(link.contact_id)
    if contact is not None and contact.merged_into is not None:
        winner = follow_merge(builder, party, link, contact)
        if winner is not None and winner.status is not ContactStatus.ACTIVE:
            _plan_archived(builder, subject, link, winner, needed=needed)
        return
    builder.contacts[subject.key] = link.contact_id
    if contact is None:
        builder.outcome(contact_outcome(subject, State.UNCHANGED))
    elif sound(contact).status is not ContactStatus.ACTIVE:
        _plan_archived(builder, subject, link, contact, needed=needed)
    elif party.merged_into is not None or party.removed_at is not None:
        plan_archival(builder, party, link, contact)
    else:
        intent = _named(builder, party, link)
        synced = synchronise(builder, party, link, contact, intent)
        _emit(builder, party, replace(link, name=intent.name, suffixed=intent.suffixed), synced)


def _named(builder: PlanBuilder, party: Party, link: ContactLink) -> ContactIntent:
    """Return the intent under the name decided for this pair; a suffix stays for good."""
    intent = intent_for(party, builder.rulebook, builder.around)
    if privacy_of(party, builder.rulebook) in {Privacy.CODE, Privacy.POOLED}:
        # A code stays for good, also when its key is destroyed, and a suffix would tell the id of the person.
        kept = link.name if is_code(link.name.reveal()) else intent.name
        return replace(intent, name=kept, full=kept.reveal(), suffixed=link.suffixed)
    if link.suffixed:
        return suffixed(intent)
    if folded(link.name.reveal()) == folded(intent.name.reveal()):
        return intent
    return free_name(builder, intent)


def _plan_archived(
    builder: PlanBuilder, subject: Subject, link: ContactLink, contact: BooksContact, *, needed: bool
) -> None:
    """An archived contact cannot be used or revived through the interface (facts on the books, 5.3)."""
    if not needed:
        builder.outcome(contact_outcome(subject, State.UNCHANGED))
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
    _hold_contact(builder, subject, hold)


def _emit(builder: PlanBuilder, party: Party, link: ContactLink, synced: Synced) -> None:
    """Turn what the merge decided into actions, holds and notes."""
    subject = party_subject(party)
    builder.notes.extend(synced.notes)
    planned = False
    asked = question(builder, subject, link.number) if link.party.key in builder.facts.contact_links else None
    for action in synced.actions:
        hold = asked or refusal_hold(builder, action, HoldKind.CONTACT, link.number)
        if hold is None:
            builder.act(action)
            planned = True
        else:
            builder.hold(hold)
            builder.outcome(contact_outcome(subject, State.HELD, hold.code.value))
    for hold in synced.holds:
        builder.hold(hold)
        builder.outcome(contact_outcome(subject, State.HELD, hold.code.value))
    builder.outcome(contact_outcome(subject, State.PLANNED if planned else State.UNCHANGED))
