"""Contacts that were merged in the books: a pair follows the one that survived, whose own details stay its own."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.billing import party_subject
from ligament.core.contacts import ContactIntent, is_of_another, survivor_of
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.links import ContactLink, Origin
from ligament.core.plans import Action, ActionKind, ContactStep, State
from ligament.core.records import Party
from ligament.core.writes import ContactWrite
from ligament.flow.plan.builder import PlanBuilder, contact_outcome
from ligament.flow.plan.contacts.field_merge import agreed_by, still_agreed


def follow_merge(builder: PlanBuilder, party: Party, link: ContactLink, contact: BooksContact) -> BooksContact | None:
    """Point the pair at the contact that survived a merge in the books; return one that belongs to somebody else."""
    winner = survivor_of(contact, builder.facts)
    subject = party_subject(party)
    taken = builder.facts.party_of_contact.get(winner.id) or _follower(builder, winner.id)
    is_held = taken is not None and taken != subject.key
    if winner.id == contact.id or is_held or (taken is None and is_of_another(winner, link.number)):
        builder.contacts[subject.key] = winner.id
        if winner.status is ContactStatus.ACTIVE:
            builder.outcome(contact_outcome(subject, State.UNCHANGED))
        return winner
    _link(builder, link, winner)
    return None


def link_survivor(builder: PlanBuilder, intent: ContactIntent, winner: BooksContact) -> None:
    """Link a survivor to a party whose pair was lost: what it says is not taken for what both sides agreed on."""
    known = ContactLink(party=intent.subject, contact_id=winner.id, number=intent.number, name=intent.name)
    _link(builder, replace(known, suffixed=intent.suffixed, agreed=agreed_by(intent)), winner)


def _link(builder: PlanBuilder, link: ContactLink, winner: BooksContact) -> None:
    step = ContactStep(
        write=ContactWrite(id=winner.id, number=winner.number or link.number),
        name=link.name,
        suffixed=link.suffixed,
        origin=Origin.ADOPTED,
        agreed=still_agreed(link.agreed, winner),
    )
    sentence = f"Follow the contact {link.number}, which was merged in the books."
    builder.act(
        Action(kind=ActionKind.LINK_CONTACT, subject=link.party, number=link.number, sentence=sentence, contact=step)
    )
    builder.contacts[link.party.key] = winner.id
    builder.outcome(contact_outcome(link.party, State.PLANNED))


def _follower(builder: PlanBuilder, contact_id: BooksId) -> str | None:
    """Return who was pointed at a contact earlier in this plan: two may follow theirs to the same survivor."""
    return next((key for key, held in builder.contacts.items() if held == contact_id), None)
