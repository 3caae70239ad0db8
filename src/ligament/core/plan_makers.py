"""Plan makers: what makes the records of which a plan has one for every document, by the hundred thousand."""

from __future__ import annotations

from ligament.core.frozen import maker
from ligament.core.plans import Action, ContactStep, DocumentRef, DocumentStep, Outcome, PaymentStep

new_action, new_outcome, new_ref = maker(Action), maker(Outcome), maker(DocumentRef)
new_contact_step, new_document_step, new_payment_step = maker(ContactStep), maker(DocumentStep), maker(PaymentStep)
