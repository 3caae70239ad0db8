"""What waits about documents: each code once, with all that a person needs to know."""

from __future__ import annotations

from ligament.core.hold_case import (
    APPROVE,
    DISMISS,
    OPEN,
    RETRY,
    SEPARATE,
    HoldCase,
)
from ligament.core.holds import HoldCode

RECORDS = (
    HoldCase(
        code=HoldCode.TOTAL_MISMATCH,
        title="The lines do not add up to the total",
        happened="Lines and total differ by more than ten cents, or there are no lines; a credit note comes to more "
        "than zero; or $books_title came to another total than we sent",
        todo="Open the invoice in $practice_title and save it again; compare both documents if it is posted. "
        "Nothing is paid on it meanwhile",
        clears="When they agree",
        dismiss="Leaves it as it is",
    ),
    HoldCase(
        code=HoldCode.TAX_MISMATCH,
        title="The tax does not agree",
        happened="$books_title would compute another tax, by more than a cent for each taxed line",
        todo="Check the tax of each line in $practice_title",
        clears="When they agree",
    ),
    HoldCase(
        code=HoldCode.BAD_RECORD,
        title="A record that cannot be read",
        happened="The invoice, or its document in $books_title, cannot be read",
        todo="Put right what the sentence names where it stands, and save it there; tell us if it stays",
    ),
    HoldCase(
        code=HoldCode.UNKNOWN_STATUS,
        title="A status that is not known",
        happened="The invoice has a status we have never seen",
        todo="Tell us. Nothing is guessed about money",
        clears="When the status is a known one",
    ),
    HoldCase(
        code=HoldCode.NUMBER_TAKEN,
        title="The number is taken",
        happened="Our number belongs to another document in $books_title",
        todo="Rename that document, or choose another prefix",
    ),
    HoldCase(
        code=HoldCode.HISTORY_DIFFERS,
        title="In the books already, but different",
        happened=(
            "$books_title has a document from before that may be this one: with this number and another contact or "
            "total, or with another number and the same contact, total and day"
        ),
        todo="Compare the two",
        clears="When they agree, or one is voided",
        approve="Links the two as they are; the difference stays",
        dismiss="`--as separate` posts ours beside it; dismiss leaves it out",
        answers=(APPROVE, SEPARATE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.ORIGINAL_NOT_POSTED,
        title="The original was not posted",
        happened="A credit note belongs to an invoice that is not in $books_title",
        todo="Usually the original belongs to the old books",
        clears="When the original is posted",
        approve="Posts the credit note on its own, not allocated",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.REJECTED,
        title="Refused by the books",
        happened="$books_title refused it; its own words are in the sentence",
        todo="Correct what it names, then retry it",
        clears="When the record changes",
        dismiss="Leaves it as it is",
        advice="Correct what the books complain about, then try again.",
        answers=(RETRY, DISMISS),
    ),
    HoldCase(
        code=HoldCode.REFUSED,
        title="Refused by a person",
        happened="Somebody of the clinic refused it, with the reason in the sentence; it needs nobody",
        todo="Nothing; it can be retried",
        clears="When the record changes",
        dismiss="Leaves it as it is",
        advice="Nothing needs to be done; retry it to have it planned again.",
        answers=(RETRY, DISMISS),
    ),
)
CHANGES = (
    HoldCase(
        code=HoldCode.UNDONE,
        title="Taken back",
        happened="Somebody undid the run that had posted it to $books_title. It is not posted again by itself, "
        "whatever becomes of it",
        todo="Retry or approve it to have it posted again; dismiss it to leave it out",
        clears="No",
        approve="Has it planned again, as does retry",
        dismiss="Leaves it out for good",
        advice="Retry what is to be posted again.",
        answers=(APPROVE, RETRY, DISMISS),
    ),
    HoldCase(
        code=HoldCode.EDITED_IN_BOOKS,
        title="Changed in the books meanwhile",
        happened="The document was changed in $books_title, and the invoice has changed in $practice_title too, "
        "or was archived",
        todo="Compare the two versions",
        clears="When both agree",
        approve="Writes $practice_title's version over it. No effect when the invoice was archived or the "
        "document voided: do that by hand",
        dismiss="Keeps what $books_title says",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.VOIDED_IN_BOOKS,
        title="Voided in the books",
        happened="Our document was voided in $books_title, and we do not know why, or the invoice has changed in "
        "$practice_title since or is paid there",
        todo="Ask who did it",
        clears="When the invoice is archived, or is as it was",
        approve="Posts it again under the next number, such as `CLK-2041-2`. No effect for a charge from an "
        "appointment",
        dismiss="Leaves it void",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.PAID_EDIT,
        title="Changed after it was paid",
        happened="The invoice changed after money was on it in $books_title",
        todo="Check the ready-made difference",
        clears="When it is changed back",
        approve="Posts the difference as its own document, such as `CLK-2041-A1`. No effect where nothing is proposed",
        dismiss="Leaves $books_title as it is",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.LOCKED_PERIOD,
        title="In a locked period",
        happened="The date lies in a locked period, also that of a payment to be posted or taken back. For a "
        "document already posted, the difference is offered in the open period",
        todo="Ask your accountant to move the lock date, or take the difference",
        clears="When the lock moves",
        approve="Posts the difference where one is proposed; else no effect",
        dismiss="Leaves $books_title as it is",
        advice=OPEN,
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.ARCHIVED_PAID,
        title="Archived, but money is on it",
        happened="The invoice was archived in $practice_title, but money is on it in $books_title",
        todo="Take the payment or credit off in $books_title",
        dismiss="Leaves the document in $books_title",
    ),
)
