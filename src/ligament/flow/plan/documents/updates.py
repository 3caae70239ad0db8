"""What planning a posted document has in common: the record with its document, and writing over it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ligament.core.contacts import survivor_of
from ligament.core.differences import edited_fields, edits, edits_mark
from ligament.core.drafting import Draft
from ligament.core.holds import HoldCode
from ligament.core.intents import DocumentIntent, Subject
from ligament.core.ledgers import BooksDocument, DocumentKind, DocumentStatus
from ligament.core.links import Agreement, DocumentLink
from ligament.core.money import readable
from ligament.core.plans import Action, ActionKind, DocumentStep, State
from ligament.core.records import Invoice
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import PlanBuilder, held_as_refused, invoice_outcome
from ligament.flow.plan.documents.drafts import plan_options


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """An invoice with the document it has in the books."""

    invoice: Invoice
    subject: Subject
    main: DocumentLink
    document: BooksDocument
    links: tuple[DocumentLink, ...]


def edited(builder: PlanBuilder, posted: Posted) -> Trouble | None:
    """Return the trouble of a document that a person changed in the books since we wrote it (choice C36)."""
    if posted.main.sent is None:
        return None
    sent = _after_merges(builder, posted.main.sent, posted.document)
    changed = edited_fields(sent, posted.document)
    if not changed:
        return None
    theirs, ours = posted.document.total, abs(posted.invoice.total)
    totals = {"books_total": theirs, "practice_total": ours} if theirs != ours else {}
    return Trouble(
        code=HoldCode.EDITED_IN_BOOKS,
        sentence=f"{posted.document.number} was changed in both systems: in the books, {listed(changed)}.",
        todo="Approve to write the practice's version over it, or dismiss this to keep what the books say.",
        detail={
            "changed": list(changed),
            **totals,
            "books_number": posted.document.number,
            # An answer counts for exactly these edits.
            "shown": edits_mark(edits(sent, posted.document)),
        },
    )


def _after_merges(builder: PlanBuilder, sent: DocumentIntent, document: BooksDocument) -> DocumentIntent:
    """Return what we wrote, with the contact that ours was merged into: its documents went there by themselves."""
    ours = builder.facts.contacts.get(sent.contact_id) if sent.contact_id is not None else None
    if ours is None or ours.merged_into is None or survivor_of(ours, builder.facts).id != document.contact_id:
        return sent
    return replace(sent, contact_id=document.contact_id)


def listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def act_update(
    builder: PlanBuilder, posted: Posted, wanted: DocumentIntent, agreement: Agreement, drafted: Draft
) -> None:
    """Plan to write over a document, and put what it will say on the builder."""
    step = DocumentStep(
        intent=wanted,
        document_id=posted.document.id,
        version=posted.main.version,
        origin=posted.main.origin,
        agreement=agreement,
    )
    action = Action(
        kind=ActionKind.UPDATE_DOCUMENT,
        subject=posted.subject,
        number=wanted.number,
        sentence=f"Update {wanted.number} from {readable(posted.document.total)} to {readable(wanted.total)}.",
        amount=wanted.total,
        existing=True,
        document=step,
        trail=wanted.trail,
    )
    if held_as_refused(builder, posted.invoice, action):
        return
    if not plan_options(builder, posted.invoice, posted.subject, drafted.wanted_options):
        return
    builder.act(action)
    state = builder.main_state(posted.subject)
    if state is not None:
        state.open_amount += wanted.total - posted.document.total
        state.contact, state.contact_id = wanted.party, wanted.contact_id
        if not wanted.total and not state.is_draft() and wanted.kind is DocumentKind.INVOICE:
            state.status = DocumentStatus.PAID
    builder.outcome(invoice_outcome(posted.invoice, posted.subject, State.PLANNED))
