"""Archiving the contacts of patients who left: only once nothing is owed, owing, held or still to be posted (C25)."""

from __future__ import annotations

from collections.abc import Iterator

from ligament.core.billing import Bill, party_subject
from ligament.core.changes import ContactWrite
from ligament.core.holds import HoldKind
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact
from ligament.core.links import ContactLink
from ligament.core.plans import Action, ActionKind, ContactStep, State
from ligament.core.records import Party
from ligament.flow.planning.desk import Desk, contact_outcome, refusal_hold

_MERGES_AT_MOST = 20


def plan_archival(desk: Desk, party: Party, link: ContactLink, contact: BooksContact) -> None:
    """Archive the contact of an archived or merged patient once nothing is owed or owing (choice C25).

    Erased patients are left alone in the books (choice C26). Whether something of theirs waits, or this very plan bills
    the contact, is known only after everything else is planned: see `drop_archivals`.
    """
    subject = party_subject(party)
    wanted = desk.rulebook.contacts.archive_contacts and not party.deleted
    if not wanted or contact.id in desk.facts.contacts_with_open_money:
        desk.outcome(contact_outcome(subject, State.UNCHANGED))
        return
    action = Action(
        kind=ActionKind.ARCHIVE_CONTACT,
        subject=subject,
        number=link.number,
        sentence=f"Archive the contact {link.number}: the patient is archived and nothing is owed.",
        existing=True,
        contact=ContactStep(
            write=ContactWrite(id=contact.id, archive=True), name=link.name, suffixed=link.suffixed, agreed=link.agreed
        ),
    )
    hold = refusal_hold(desk, action, HoldKind.CONTACT, link.number)
    if hold is not None:
        desk.hold(hold)
        desk.outcome(contact_outcome(subject, State.HELD, hold.code.value))
        return
    desk.act(action)
    desk.outcome(contact_outcome(subject, State.PLANNED))


def drop_archivals(desk: Desk) -> None:
    """Take back the archiving of contacts that something still needs.

    The books let nobody write to an archived contact and only a person can restore it there, so that archiving it
    under a document that waits would make that document impossible for ever.
    """
    if not any(action.kind is ActionKind.ARCHIVE_CONTACT for action in desk.actions):
        return
    needed = _needed(desk)
    kept = []
    for action in desk.actions:
        if action.kind is ActionKind.ARCHIVE_CONTACT and action.contact and action.contact.write.id in needed:
            desk.outcomes[action.subject.key] = contact_outcome(action.subject, State.UNCHANGED)
        else:
            kept.append(action)
    desk.actions[:] = kept


def _needed(desk: Desk) -> set[BooksId | None]:
    """Return the contacts of everything that is planned or held here, and of what waits elsewhere."""
    busy = {hold.subject.key for hold in desk.holds.values()}
    busy |= {action.subject.key for action in desk.actions if action.document is None or not action.document.relink}
    needed = {contact_id for key in busy for contact_id in _contacts_of(desk, key)}
    needed |= {action.document.intent.contact_id for action in desk.actions if action.document is not None}
    for contact_id, keys in desk.facts.waiting_on.items():
        if any(key in busy or key not in desk.outcomes for key in keys):
            needed.add(contact_id)
    return needed


def _contacts_of(desk: Desk, key: str) -> Iterator[BooksId | None]:
    """Yield the contacts that a document of the practice may need: whom it bills, whose it is, where it stands."""
    kind, _, identifier = key.partition(":")
    if kind not in {"invoice", "visit"}:
        return
    yield from (state.contact_id for state in desk.states.get(key, ()))
    bill = desk.bills.get(key)
    source_id = SourceId(identifier)
    record = desk.facts.invoices.get(source_id) if kind == "invoice" else desk.facts.visits.get(source_id)
    owners = [bill.subject.key] if isinstance(bill, Bill) else []
    for owner in (*owners, *_family(desk, record.party_id if record is not None else None)):
        link = desk.facts.contact_links.get(owner)
        if link is not None:
            yield link.contact_id


def _family(desk: Desk, patient_id: SourceId | None) -> Iterator[str]:
    """Yield a patient and whom they were merged into, one after the other."""
    for _ in range(_MERGES_AT_MOST):
        if patient_id is None:
            return
        key = f"patient:{patient_id}"
        yield key
        party = desk.facts.parties.get(key)
        patient_id = party.merged_into if party is not None else None
