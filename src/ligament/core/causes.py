"""Plain words for why things wait, and what a person does about many of one kind at once."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core.holds import HoldCode

CAUSES: Mapping[str, str] = {
    HoldCode.TOTAL_MISMATCH.value: "The lines do not add up to the total",
    HoldCode.TAX_MISMATCH.value: "The tax does not agree",
    HoldCode.SAME_EMAIL_OTHER_NAME.value: "Same e-mail, other name",
    HoldCode.PROBABLY_SAME_PERSON.value: "Probably the same person",
    HoldCode.CONTACT_ARCHIVED.value: "The contact is archived",
    HoldCode.PAYER_UNKNOWN.value: "The payer is not known",
    HoldCode.NO_PARTY.value: "Nobody to bill",
    HoldCode.UNMAPPED_ITEM.value: "Items without an account",
    HoldCode.UNMAPPED_ACCOUNT.value: "Accounts that cannot be used",
    HoldCode.UNMAPPED_TAX.value: "Taxes without a tax type",
    HoldCode.UNMAPPED_TRACKING.value: "Tracking that is missing",
    HoldCode.UNMAPPED_CONTACT.value: "A rule names a contact that is missing",
    HoldCode.UNMAPPED_GROUP.value: "A contact group that is missing",
    HoldCode.NOT_REGISTERED_FOR_GST.value: "Tax, but no registration for it",
    HoldCode.EDITED_IN_BOOKS.value: "Changed in the books meanwhile",
    HoldCode.LOCKED_PERIOD.value: "In a locked period",
    HoldCode.PAID_EDIT.value: "Changed after it was paid",
    HoldCode.ARCHIVED_PAID.value: "Archived, but money is on it",
    HoldCode.CONTACTS_DIFFER.value: "Credit on another contact",
    HoldCode.CREDIT_OR_CASH.value: "Paid from credit, or with money?",
    HoldCode.ORIGINAL_NOT_POSTED.value: "The original was not posted",
    HoldCode.INVOICE_IS_DRAFT.value: "Still a draft in the books",
    HoldCode.NATIVE_INTEGRATION_ON.value: "The practice's own link is on",
    HoldCode.HISTORY_DIFFERS.value: "In the books already, but different",
    HoldCode.NUMBER_TAKEN.value: "The number is taken",
    HoldCode.VOIDED_IN_BOOKS.value: "Voided in the books",
    HoldCode.PAYMENT_REMOVED.value: "A payment was taken off in the books",
    HoldCode.PAYMENT_RECONCILED.value: "The payment is reconciled",
    HoldCode.FIELD_CONFLICT.value: "Not the same on both sides",
    HoldCode.UNKNOWN_STATUS.value: "A status that is not known",
    HoldCode.BAD_RECORD.value: "A record that cannot be read",
    HoldCode.REJECTED.value: "Refused by the books",
    HoldCode.REFUSED.value: "Refused by a person",
    HoldCode.RULE.value: "Held by a rule",
    HoldCode.ASK.value: "A rule asks",
    HoldCode.WAITS_FOR.value: "Waits for something else",
}

_MAP = "Add what is missing to the rulebook, or create it in the books. What waits for it then goes on by itself."
_SAME = "Say for each whether it is the same person."
_LOOK = "Look at each one: approve what is proposed, correct it in its system, or leave it as it is."
_OPEN = "Open the period for as long as it takes, or approve the adjustment that is proposed."
ADVICE: Mapping[str, str] = {
    HoldCode.UNMAPPED_ITEM.value: _MAP,
    HoldCode.UNMAPPED_ACCOUNT.value: _MAP,
    HoldCode.UNMAPPED_TAX.value: _MAP,
    HoldCode.UNMAPPED_TRACKING.value: _MAP,
    HoldCode.UNMAPPED_CONTACT.value: _MAP,
    HoldCode.UNMAPPED_GROUP.value: _MAP,
    HoldCode.SAME_EMAIL_OTHER_NAME.value: _SAME,
    HoldCode.PROBABLY_SAME_PERSON.value: _SAME,
    HoldCode.LOCKED_PERIOD.value: _OPEN,
    HoldCode.CREDIT_OR_CASH.value: "Say for each whether it was paid from the credit or with money.",
    HoldCode.PAYMENT_REMOVED.value: "Say for each whether the payment is posted again, or leave it off.",
    HoldCode.CONTACTS_DIFFER.value: "Merge the two contacts in the books; what waits for it then goes on by itself.",
    HoldCode.FIELD_CONFLICT.value: "Say for each whose value counts.",
    HoldCode.REJECTED.value: "Correct what the books complain about, then try again.",
    HoldCode.REFUSED.value: "Nothing needs to be done; retry it to have it planned again.",
    HoldCode.ASK.value: "Answer what your rule asks.",
}


def advice(code: str) -> str:
    """Return what to do about what waits for one reason."""
    return ADVICE.get(code, _LOOK)
