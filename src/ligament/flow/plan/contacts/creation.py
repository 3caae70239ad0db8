"""Creation: the action that makes a contact in the books, under a name that is free there."""

from __future__ import annotations

from dataclasses import replace

from ligament.core.contacts import (
    ContactIntent,
    suffixed,
)
from ligament.core.folding import folded
from ligament.core.intents import Subject
from ligament.core.links import AgreedFields
from ligament.core.plan_makers import new_action, new_contact_step
from ligament.core.plans import Action, ActionKind
from ligament.core.writes import new_contact_write
from ligament.flow.plan.builder import PlanBuilder
from ligament.flow.plan.contacts.field_merge import agreed_by
from ligament.flow.plan.contacts.left_out import remembered, without


def creation(intent: ContactIntent, left_out: frozenset[str] = frozenset()) -> Action:
    """Return the action that makes a contact, without the details that the books refused."""
    write = new_contact_write(
        number=intent.number,
        name=intent.name,
        first=intent.first,
        last=intent.last,
        email=intent.email,
        phones=intent.phones,
        street=intent.address,
        postal=intent.address,
        extras=intent.extras or None,
    )
    agreed = without(agreed_by(intent), left_out)
    if left_out:
        agreed = replace(agreed, left_out=remembered(AgreedFields(), intent, left_out))
    return new_action(
        kind=ActionKind.CREATE_CONTACT,
        subject=intent.subject,
        number=intent.number,
        sentence=f"Create the contact {intent.number}.",
        contact=new_contact_step(
            write=without(write, left_out),
            name=intent.name,
            suffixed=intent.suffixed,
            agreed=agreed,
            without=left_out,
        ),
    )


def free_name(builder: PlanBuilder, intent: ContactIntent) -> ContactIntent:
    """Give the intent a suffix when somebody else has its name; the older record came first and keeps it."""
    key = folded(intent.name.reveal())
    taken_by = builder.names.get(key)
    if taken_by not in {None, intent.subject.key}:
        return suffixed(intent)
    others = [
        held for held in builder.facts.contacts_by_name.get(key, ()) if not _is_own(builder, held, intent.subject)
    ]
    return suffixed(intent) if others else intent


def _is_own(builder: PlanBuilder, contact_id: str, subject: Subject) -> bool:
    link = builder.facts.contact_links.get(subject.key)
    return link is not None and link.contact_id == contact_id
