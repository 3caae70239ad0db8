"""A contact of ours whose pair was lost, as by an older backup: linked again though nobody would make it today."""

from __future__ import annotations

from ligament.core.billing import party_subject
from ligament.core.contacts import contact_number, intent_for, suffixed
from ligament.core.folding import folded
from ligament.core.ledgers import BooksContact, ContactStatus
from ligament.core.plans import Action, ActionKind, ContactStep, State
from ligament.core.records import Party
from ligament.core.writes import ContactWrite
from ligament.flow.plan.builder import PlanBuilder, contact_outcome
from ligament.flow.plan.contacts.asking import question


def own_contact(builder: PlanBuilder, party: Party) -> BooksContact | None:
    """Return the active contact that bears somebody's number and belongs to nobody; only we write such numbers."""
    facts, subject = builder.facts, party_subject(party)
    number = contact_number(subject)
    if party.deleted or party.defect or question(builder, subject, number) is not None:
        return None
    held = (facts.contacts[key] for key in facts.contacts_by_number.get(number, ()))
    free = (one for one in held if one.id not in facts.party_of_contact and one.id not in builder.adopted)
    return next((one for one in free if one.status is ContactStatus.ACTIVE and not one.defect), None)


def link_leaver(builder: PlanBuilder, party: Party, contact: BooksContact) -> None:
    """Link the contact of somebody who was archived or merged, so that it follows them; it is written to no more."""
    intent = intent_for(party, builder.rulebook, builder.around)
    builder.adopted.add(contact.id)
    builder.contacts[intent.subject.key] = contact.id
    builder.act(
        Action(
            kind=ActionKind.LINK_CONTACT,
            subject=intent.subject,
            number=contact.number,
            sentence=f"Link the contact {contact.number}: it carries our contact number.",
            contact=ContactStep(
                write=ContactWrite(id=contact.id, number=contact.number),
                name=contact.name,
                suffixed=folded(contact.name.reveal()) == folded(suffixed(intent).name.reveal()),
            ),
        )
    )
    builder.outcome(contact_outcome(intent.subject, State.PLANNED))
