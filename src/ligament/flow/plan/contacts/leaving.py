"""Archiving the contacts of patients who left: only once nothing is owed, owing, held or still to be posted (C25)."""

from __future__ import annotations

from collections.abc import Iterator

from ligament.core.billing import Bill, party_subject
from ligament.core.holds import HoldKind
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact
from ligament.core.links import ContactLink
from ligament.core.plans import Action, ActionKind, ContactStep, State
from ligament.core.records import Party
from ligament.core.variances import Fix
from ligament.core.writes import ContactWrite
from ligament.flow.plan.builder import PlanBuilder, contact_outcome, refusal_hold

_MERGES_AT_MOST = 20


def plan_archival(builder: PlanBuilder, party: Party, link: ContactLink, contact: BooksContact) -> None:
    """Archive the contact of an archived or merged patient once nothing is owed or owing (choice C25).

    Erased patients are left alone in the books (choice C26). Whether something of theirs waits, or this very plan bills
    the contact, is known only after everything else is planned: see `drop_archivals`.
    """
    subject = party_subject(party)
    asked = party.merged_into is not None and builder.fix_asked(subject, Fix.ARCHIVE, contact.id)
    wanted = (builder.rulebook.contacts.archive_contacts or asked) and not party.deleted
    if not wanted or contact.id in builder.facts.contacts_with_open_money:
        builder.outcome(contact_outcome(subject, State.UNCHANGED))
        return
    action = Action(
        kind=ActionKind.ARCHIVE_CONTACT,
        subject=subject,
        number=link.number,
        sentence=f"Archive the contact {link.number}: the patient is archived and nothing is owed.",
        existing=True,
        heals=asked and not builder.rulebook.contacts.archive_contacts,
        contact=ContactStep(
            write=ContactWrite(id=contact.id, archive=True), name=link.name, suffixed=link.suffixed, agreed=link.agreed
        ),
    )
    hold = refusal_hold(builder, action, HoldKind.CONTACT, link.number)
    if hold is not None:
        builder.hold(hold)
        builder.outcome(contact_outcome(subject, State.HELD, hold.code.value))
        return
    builder.act(action)
    builder.outcome(contact_outcome(subject, State.PLANNED))


def drop_archivals(builder: PlanBuilder) -> None:
    """Take back the archiving of contacts that something still needs.

    The books let nobody write to an archived contact and only a person can restore it there, so that archiving it
    under a document that waits would make that document impossible for ever.
    """
    if not any(action.kind is ActionKind.ARCHIVE_CONTACT for action in builder.actions):
        return
    needed = _needed(builder)
    kept = []
    for action in builder.actions:
        if action.kind is ActionKind.ARCHIVE_CONTACT and action.contact and action.contact.write.id in needed:
            builder.outcomes[action.subject.key] = contact_outcome(action.subject, State.UNCHANGED)
        else:
            kept.append(action)
    builder.actions[:] = kept


def _needed(builder: PlanBuilder) -> set[BooksId | None]:
    """Return the contacts of everything that is planned or held here, and of what waits elsewhere."""
    busy = {hold.subject.key for hold in builder.holds.values()}
    busy |= {action.subject.key for action in builder.actions if action.document is None or not action.document.relink}
    needed = {contact_id for key in busy for contact_id in _contacts_of(builder, key)}
    needed |= {action.document.intent.contact_id for action in builder.actions if action.document is not None}
    for contact_id, keys in builder.facts.waiting_on.items():
        if any(key in busy or key not in builder.outcomes for key in keys):
            needed.add(contact_id)
    return needed


def _contacts_of(builder: PlanBuilder, key: str) -> Iterator[BooksId | None]:
    """Yield the contacts that a document of the practice may need: whom it bills, whose it is, where it stands."""
    kind, _, identifier = key.partition(":")
    if kind not in {"invoice", "visit"}:
        return
    yield from (state.contact_id for state in builder.states.get(key, ()))
    bill = builder.bills.get(key)
    source_id = SourceId(identifier)
    record = builder.facts.invoices.get(source_id) if kind == "invoice" else builder.facts.visits.get(source_id)
    owners = [bill.subject.key] if isinstance(bill, Bill) else []
    for owner in (*owners, *_family(builder, str(record.party_id or "") if record is not None else "")):
        link = builder.facts.contact_links.get(owner)
        if link is not None:
            yield link.contact_id


def _family(builder: PlanBuilder, patient_id: str) -> Iterator[str]:
    """Yield a patient and whom they were merged into, one after the other."""
    for _ in range(_MERGES_AT_MOST):
        if not patient_id:
            return
        yield f"patient:{patient_id}"
        patient_id = builder.facts.merged_patients.get(patient_id, "")
