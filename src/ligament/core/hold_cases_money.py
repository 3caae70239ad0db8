"""What waits about payments, rules and the clinic: each code once, with all that a person needs to know."""

from __future__ import annotations

from ligament.core.hold_case import (
    APPROVE,
    CASH,
    DISMISS,
    HoldCase,
)
from ligament.core.holds import HoldCode

PAYMENTS = (
    HoldCase(
        code=HoldCode.CONTACTS_DIFFER,
        title="Credit on another contact",
        happened="Credit was used on an invoice, but in $books_title the two stand on two contacts, and "
        "$books_title uses no credit across contacts",
        todo="Merge the two contacts in $books_title, or refund the credit there by hand",
        clears="When both stand on one contact",
        dismiss="Leaves both open",
        advice="Merge the two contacts in the books; what waits for it then goes on by itself.",
    ),
    HoldCase(
        code=HoldCode.CREDIT_OR_CASH,
        title="Paid from credit, or with money?",
        happened="The invoice is paid, and the same contact had credit open. Which was it?",
        todo="Look in $practice_title how it was paid",
        clears="When the credit is used up",
        approve="Uses the credit, as proposed",
        dismiss="`--as cash` posts a payment; dismiss posts neither",
        advice="Say for each whether it was paid from the credit or with money.",
        answers=(APPROVE, CASH, DISMISS),
    ),
    HoldCase(
        code=HoldCode.INVOICE_IS_DRAFT,
        title="Still a draft in the books",
        happened="The invoice is a draft in $books_title, and a draft cannot be paid",
        todo="Approve the invoice in $books_title",
        dismiss="No payment is posted",
    ),
    HoldCase(
        code=HoldCode.PAYMENT_RECONCILED,
        title="The payment is reconciled",
        happened="The invoice is open again in $practice_title, but our payment is reconciled with the bank",
        todo="Undo the reconciliation in $books_title, or record the payment in $practice_title again",
        dismiss="Leaves the payment",
    ),
    HoldCase(
        code=HoldCode.PAYMENT_REMOVED,
        title="A payment was taken off in the books",
        happened="$practice_title calls the invoice paid, and $books_title calls it open again: somebody took our "
        "payment, or other money, off it there",
        todo="Ask who did it",
        clears="When it is paid again in $books_title, or open in $practice_title",
        approve="Posts what is open as a payment again",
        dismiss="Leaves it off",
        advice="Say for each whether the payment is posted again, or leave it off.",
        answers=(APPROVE, DISMISS),
    ),
)
CLINIC = (
    HoldCase(
        code=HoldCode.NATIVE_INTEGRATION_ON,
        title="The practice's own link is on",
        happened="$practice_title's own link to $books_title is switched on. Both together would post everything "
        "twice, so we post nothing",
        todo="Switch it off in $practice_title",
        dismiss="No effect",
        answers=(),
    ),
    HoldCase(
        code=HoldCode.RULE,
        title="Held by a rule",
        happened="One of your rules holds the invoice, or a rule cannot be judged (see the sentence), as one that "
        "looks at a patient who is deleted",
        todo="Change the invoice or the rule",
        clears="When the rule no longer applies",
        approve="Posts it all the same",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.ASK,
        title="A rule asks",
        happened="One of your rules asks about the invoice",
        todo="Read the rule's question",
        clears="When the rule no longer applies",
        approve="Posts it",
        advice="Answer what your rule asks.",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.WAITS_FOR,
        title="Waits for something else",
        happened="It depends on another record that is held, such as the invoice of a held contact",
        todo="Settle the other one",
    ),
)
