"""History: documents that an earlier link between the systems, or a person, posted for a record of the practice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ligament.core.billing import Bill
from ligament.core.drafting import as_intent, document_kind, document_number
from ligament.core.holds import HoldCode
from ligament.core.ids import BooksId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument
from ligament.core.links import DecisionKind, Origin
from ligament.core.money import cents, readable
from ligament.core.plans import DocumentStep
from ligament.core.records import Invoice
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import PlanBuilder, hold_document, invoice_hold, sound
from ligament.flow.plan.documents.drafts import agreement_for
from ligament.flow.plan.documents.relinking import act_link

_ENOUGH = 2
"""How much of contact, sum and day has to agree: a short number stands in many a reference by chance."""


@dataclass(frozen=True, slots=True)
class _Past:
    """A document that may be a record's, and whether there is no doubt about it."""

    document: BooksDocument
    is_sure: bool


def in_history(builder: PlanBuilder, invoice: Invoice, subject: Subject, bill: Bill) -> bool:
    """Link a document that an earlier link between the systems posted, or hold when it differs (choice C30)."""
    past = _past(builder, invoice, bill)
    if past is None:
        return False
    if past.is_sure:
        _link_document(builder, invoice, subject, past.document, bill.subject)
        return True
    document, total = past.document, cents(abs(invoice.total))
    trouble = Trouble(
        code=HoldCode.HISTORY_DIFFERS,
        sentence=(
            f"{builder.around.books_title} already has {document.number} over {readable(document.total)}, "
            "which may be this invoice."
        ),
        todo="Approve to link the two as they are, or void the one that is wrong.",
        detail={
            "books_id": document.id,
            "books_number": document.number,
            "books_total": document.total,
            "total": total,
        },
        proposed={"link": document.number, "total": document.total},
    )
    hold = invoice_hold(trouble, invoice, subject)
    if builder.decision(hold) is DecisionKind.APPROVED:
        _link_document(builder, invoice, subject, document, bill.subject)
    elif builder.decision(hold) is DecisionKind.SEPARATE:
        return False
    else:
        hold_document(builder, invoice, subject, hold)
    return True


def _past(builder: PlanBuilder, invoice: Invoice, bill: Bill) -> _Past | None:
    """Return what the books have for a record under its number, or else under another one.

    A link that numbered its documents by itself wrote the practice's number into the reference, or nowhere: what is
    billed to the same contact and comes to the same on the same day is asked about before it is posted a second time,
    as long as the practice issued it before the systems were connected and the first run is one that asks.
    """
    facts, kind = builder.facts, document_kind(invoice).value
    total, contact_id = cents(abs(invoice.total)), builder.contacts.get(bill.subject.key)

    def same(document: BooksDocument) -> bool:
        return document.total == total and document.contact_id == contact_id

    def agrees(document: BooksDocument) -> bool:
        return (document.contact_id == contact_id, document.total == total, document.on == invoice.issued_on).count(
            True
        ) >= _ENOUGH

    number = f"{kind}|{invoice.number.lstrip('0')}"
    strangers = _strangers(builder, invoice, facts.history.get(number, ()))
    # Two practices may share books: what bears another record's mark is that one's, and asked about when all is equal.
    numbered = [sound(one) for one in strangers if same(one) or not _names_another(builder, invoice, one)]
    if numbered:
        unnamed = [one for one in numbered if same(one) and not _names_another(builder, invoice, one)]
        return _chosen(numbered, unnamed)
    # Only of what agrees it matters whether it can be read: a foreign currency is no reason to stop somebody else's.
    named = [sound(one) for one in _others(builder, invoice, facts.mentions.get(number, ())) if agrees(one)]
    if named:
        # A number that stands there by chance goes with the usual price of a regular patient, but not with the day.
        return _chosen(named, [one for one in named if same(one) and one.on == invoice.issued_on])
    if not _may_be_asked(builder, invoice, total):
        return None
    billed_alike = _billed_alike(builder, f"{kind}|{total}|{invoice.issued_on}", contact_id)
    alike = next((one for one in _others(builder, invoice, billed_alike) if same(one)), None)
    return None if alike is None else _Past(alike, is_sure=False)


def _billed_alike(builder: PlanBuilder, key: str, contact_id: BooksId | None) -> Sequence[BooksId]:
    """Return what is billed to a contact among the documents of one kind, sum and day.

    They are sorted by contact once: on a day on which hundreds cost the same, each record would look at all of them.
    """
    sorted_out = builder.alike.get(key)
    if sorted_out is None:
        sorted_out = builder.alike[key] = {}
        for held in builder.facts.alike.get(key, ()):
            sorted_out.setdefault(builder.facts.documents[held].contact_id, []).append(held)
    return sorted_out.get(contact_id, ())


def _may_be_asked(builder: PlanBuilder, invoice: Invoice, total: Decimal) -> bool:
    """Say whether somebody is asked about what is alike without a number; else a comparison lists it (choice C44).

    Only history may have been keyed by hand, and who lets the first run post unasked said that there is none.
    """
    connected = builder.facts.first_connected_on
    is_history = connected is None or invoice.issued_on <= connected
    return is_history and builder.rulebook.approval.first_run.asks(total)


def _chosen(found: Sequence[BooksDocument], same: Sequence[BooksDocument]) -> _Past | None:
    """Return what is asked about, or the only one that is the same."""
    return _Past((*same, *found)[0], is_sure=len(same) == 1) if found else None


def _strangers(builder: PlanBuilder, invoice: Invoice, ids: Iterable[BooksId]) -> Iterator[BooksDocument]:
    """Yield live documents of no record, this plan's included, that do not bear the number we would give."""
    facts, ours = builder.facts, document_number(invoice, builder.rulebook)
    free = (held for held in ids if held not in facts.subject_of_document and held not in builder.adopted)
    found = (facts.documents[held] for held in free)
    return (one for one in found if one.number != ours and not one.status.is_gone())


def _others(builder: PlanBuilder, invoice: Invoice, ids: Iterable[BooksId]) -> Iterator[BooksDocument]:
    """Yield those of them that bear no reference of ours: one that we made names its own record."""
    mark = f"{builder.around.practice_name}:"
    return (one for one in _strangers(builder, invoice, ids) if not one.reference.startswith(mark))


def _names_another(builder: PlanBuilder, invoice: Invoice, document: BooksDocument) -> bool:
    """Say whether a document bears a reference of ours that names another record."""
    mark = f"{builder.around.practice_name}:"
    return document.reference.startswith(mark) and document.reference != f"{mark}{invoice.id}"


def _link_document(
    builder: PlanBuilder, invoice: Invoice, subject: Subject, document: BooksDocument, contact: Subject
) -> None:
    """Plan to link a document as it is; the practice is taken to agree with what it says."""
    # No other record of this plan may have it too.
    builder.adopted.add(document.id)
    intent = as_intent(document, contact)
    agreement = agreement_for(invoice, subject, intent)
    step = DocumentStep(intent=intent, document_id=document.id, origin=Origin.HISTORY, agreement=agreement)
    link_as_said(builder, invoice, subject, document, step)


def link_as_said(
    builder: PlanBuilder, invoice: Invoice, subject: Subject, document: BooksDocument, step: DocumentStep
) -> None:
    """Plan to link a document; numbers to come are made of the practice's, whatever this one is called."""
    base = document_number(invoice, builder.rulebook, step.version)
    act_link(builder, invoice, subject, document, step).base_number = base
