"""Taking our payments back when the practice says that the invoice is open again."""

from __future__ import annotations

from ligament.core.drafting import invoice_subject
from ligament.core.holds import HoldCode, HoldKind
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument, BooksPayment, DocumentKind
from ligament.core.links import PaymentLink
from ligament.core.money import readable
from ligament.core.plans import Action, ActionKind, DocumentRef, UnpaymentStep, payment_reference
from ligament.core.records import Invoice, InvoiceStatus
from ligament.core.troubles import Trouble
from ligament.flow.plan.builder import PlanBuilder, lock_trouble, refusal_hold, trouble_hold


def plan_unpayment(builder: PlanBuilder, invoice: Invoice) -> None:
    """Take our payment off an invoice that is open again with the same total (choice C16)."""
    if invoice.status is not InvoiceStatus.OPEN or invoice.removed_at is not None:
        return
    subject = invoice_subject(invoice)
    for link in builder.facts.payments.get(subject.key, ()):
        if link.live and not link.is_allocation() and link.for_total == invoice.total:
            _take_back(builder, invoice, subject, link)
    for link in _unlinked(builder, invoice, subject):
        _take_back(builder, invoice, subject, link)


def _unlinked(builder: PlanBuilder, invoice: Invoice, subject: Subject) -> list[PaymentLink]:
    """Return payments that carry our reference though we hold no link: posted before a restore or by a lost worker."""
    known = {link.payment_id for link in builder.facts.payments.get(subject.key, ()) if link.live}
    found: list[PaymentLink] = []
    for state in builder.states.get(subject.key, []):
        document = state.document
        if document is None or document.total != abs(invoice.total):
            continue
        ours = payment_reference(state.base_number or state.ref.number)
        found.extend(
            PaymentLink.to(payment, document.id, subject, invoice.total)
            for payment in document.payments
            if payment.reference == ours and not payment.deleted and payment.id not in known
        )
    return found


def _take_back(builder: PlanBuilder, invoice: Invoice, subject: Subject, link: PaymentLink) -> None:
    document = builder.facts.documents.get(link.document_id)
    held = standing_payment(document, link)
    if document is not None and held is None:
        _forget(builder, subject, link)
        return
    if held is not None and held.reconciled:
        trouble = Trouble(
            code=HoldCode.PAYMENT_RECONCILED,
            sentence=f"The invoice is open again, but our payment {link.reference} is reconciled with the bank.",
            todo="Undo the reconciliation in the books first, or record the payment again in the practice.",
            detail={"reference": link.reference},
        )
        hold_payment(builder, invoice, trouble)
        return
    locked = lock_trouble(builder, held.on if held is not None else link.on)
    if locked is not None:
        hold_payment(builder, invoice, locked)
        return
    state = next((s for s in builder.states.get(subject.key, []) if s.ref.id == link.document_id), None)
    number = state.ref.number if state is not None else link.reference
    ref = DocumentRef(kind=DocumentKind.INVOICE, number=number, id=link.document_id)
    action = Action(
        kind=ActionKind.UNPAY,
        subject=subject,
        number=link.reference,
        sentence=f"Take back our payment {link.reference} of {readable(link.amount)}: the invoice is open again.",
        amount=link.amount,
        existing=True,
        unpayment=UnpaymentStep(payment_id=link.payment_id, document=ref, amount=link.amount, reference=link.reference),
    )
    hold = refusal_hold(builder, action, HoldKind.PAYMENT, invoice.number)
    if hold is not None:
        builder.hold(hold)
        return
    builder.act(action)
    if state is not None and held is not None:
        state.open_amount += link.amount


def standing_payment(document: BooksDocument | None, link: PaymentLink) -> BooksPayment | None:
    """Return a payment of ours as it stands on its document, or nothing when it does not."""
    held = document.payments if document is not None else ()
    return next((payment for payment in held if payment.id == link.payment_id and not payment.deleted), None)


def _forget(builder: PlanBuilder, subject: Subject, link: PaymentLink) -> None:
    """A person took the payment off before us: nothing is sent, and a later payment is a new one (choice C35)."""
    ref = DocumentRef(kind=DocumentKind.INVOICE, number=link.reference, id=link.document_id)
    builder.act(
        Action(
            kind=ActionKind.FORGET_PAYMENT,
            subject=subject,
            number=link.reference,
            sentence=f"Somebody took our payment {link.reference} off before us.",
            unpayment=UnpaymentStep(
                payment_id=link.payment_id, document=ref, amount=link.amount, reference=link.reference
            ),
        )
    )


def hold_payment(builder: PlanBuilder, invoice: Invoice, trouble: Trouble) -> None:
    """Hold what would happen to the payment of an invoice."""
    builder.hold(trouble_hold(trouble, invoice_subject(invoice), HoldKind.PAYMENT, invoice.number))
