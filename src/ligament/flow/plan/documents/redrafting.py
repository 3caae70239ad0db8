"""What a posted document should say by now: for whom, by which rules, or why that cannot be decided."""

from __future__ import annotations

from ligament.core.billing import Bill
from ligament.core.drafting import Draft
from ligament.core.intents import Subject, SubjectKind
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import (
    PlanBuilder,
    hold_trouble,
    stopped_by_rule,
    waits,
)
from ligament.flow.plan.documents.drafts import drafted_for
from ligament.flow.plan.documents.updates import Posted
from ligament.flow.plan.rulings import bill_of, ruling_for


def draft_again(builder: PlanBuilder, posted: Posted, number: str) -> Draft | None:
    """Draft what the document should say now; hold or let it wait when that cannot be decided."""
    invoice, subject = posted.invoice, posted.subject
    ruling = ruling_for(builder, invoice)
    if stopped_by_rule(builder, invoice, subject, ruling):
        return None
    bill = _same_bill(builder, posted) or builder.bills.get(subject.key) or bill_of(builder, invoice, ruling)
    if isinstance(bill, Trouble):
        hold_trouble(builder, invoice, subject, bill)
        return None
    if bill.subject.key in builder.unready:
        waits(builder, invoice, subject, bill.subject)
        return None
    drafted = drafted_for(builder, invoice, bill, ruling, number)
    if isinstance(drafted, Trouble):
        hold_trouble(builder, invoice, subject, drafted)
        return None
    return drafted


def _same_bill(builder: PlanBuilder, posted: Posted) -> Bill | None:
    """Keep billing whom the document bills when that person, or the patient, left since (choices C25, C26)."""
    sent = posted.main.sent
    if sent is None or sent.party.kind is SubjectKind.LOCATION or not _left(builder, posted, sent.party):
        return None
    said = builder.bills.get(posted.subject.key)
    if isinstance(said, Bill) and said.is_payer:
        return None
    builder.contacts.setdefault(sent.party.key, sent.contact_id or posted.document.contact_id)
    return Bill(
        subject=sent.party,
        party=builder.facts.parties.get(sent.party.key),
        is_payer=sent.party.kind is SubjectKind.PAYER,
        why="the document was posted to this contact",
    )


def _left(builder: PlanBuilder, posted: Posted, billed: Subject) -> bool:
    """Say whether the patient was deleted, or whom the document bills was merged, deleted or, a payer, archived."""
    patient = posted.invoice.party_id
    treated = builder.facts.parties.get(f"patient:{patient}")
    if patient is None or (treated is not None and treated.deleted):
        return True
    party = builder.facts.parties.get(billed.key)
    if billed.kind is SubjectKind.PAYER:
        return party is None or party.removed_at is not None
    if builder.facts.last_patient(billed.id) != billed.id:
        # Who was merged away earlier is not read along with an invoice that names the survivor by now.
        return True
    return party is not None and party.deleted
