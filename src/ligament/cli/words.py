"""Plain words for what the program counts and holds: kinds of record, actions, causes, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core.holds import HoldCode
from ligament.core.plans import ActionKind, RecordKind

KINDS: Mapping[str, tuple[str, str]] = {
    RecordKind.CONTACTS.value: ("contact", "contacts"),
    RecordKind.INVOICES.value: ("invoice", "invoices"),
    RecordKind.CREDIT_NOTES.value: ("credit note", "credit notes"),
    RecordKind.PAYMENTS.value: ("payment", "payments"),
    RecordKind.ALLOCATIONS.value: ("allocation", "allocations"),
}

ACTIONS: Mapping[str, str] = {
    ActionKind.LINK_CONTACT.value: "Link a contact",
    ActionKind.CREATE_CONTACT.value: "Create a contact",
    ActionKind.UPDATE_CONTACT.value: "Update a contact",
    ActionKind.UPDATE_PARTY.value: "Update a patient",
    ActionKind.ADD_OPTION.value: "Add a tracking option",
    ActionKind.LINK_DOCUMENT.value: "Link a document",
    ActionKind.UNPAY.value: "Take back a payment",
    ActionKind.CREATE_DOCUMENT.value: "Post",
    ActionKind.UPDATE_DOCUMENT.value: "Change",
    ActionKind.PAY_FIRST.value: "Pay",
    ActionKind.ALLOCATE.value: "Use credit",
    ActionKind.PAY.value: "Pay",
    ActionKind.VOID.value: "Void",
    ActionKind.ARCHIVE_CONTACT.value: "Archive a contact",
}

WITH_AMOUNT = frozenset(
    kind.value
    for kind in (
        ActionKind.UNPAY,
        ActionKind.CREATE_DOCUMENT,
        ActionKind.UPDATE_DOCUMENT,
        ActionKind.PAY_FIRST,
        ActionKind.ALLOCATE,
        ActionKind.PAY,
        ActionKind.VOID,
    )
)

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
    HoldCode.NOT_REGISTERED_FOR_GST.value: "Tax, but no registration for it",
    HoldCode.EDITED_IN_BOOKS.value: "Changed in the books meanwhile",
    HoldCode.LOCKED_PERIOD.value: "In a locked period",
    HoldCode.PAID_EDIT.value: "Changed after it was paid",
    HoldCode.ARCHIVED_PAID.value: "Archived, but money is on it",
    HoldCode.CREDIT_OR_CASH.value: "Paid from credit, or with money?",
    HoldCode.ORIGINAL_NOT_POSTED.value: "The original was not posted",
    HoldCode.INVOICE_IS_DRAFT.value: "Still a draft in the books",
    HoldCode.NATIVE_INTEGRATION_ON.value: "The practice's own link is on",
    HoldCode.HISTORY_DIFFERS.value: "In the books already, but different",
    HoldCode.NUMBER_TAKEN.value: "The number is taken",
    HoldCode.VOIDED_IN_BOOKS.value: "Voided in the books",
    HoldCode.PAYMENT_RECONCILED.value: "The payment is reconciled",
    HoldCode.FIELD_CONFLICT.value: "Changed on both sides",
    HoldCode.UNKNOWN_STATUS.value: "A status that is not known",
    HoldCode.BAD_RECORD.value: "A record that cannot be read",
    HoldCode.REJECTED.value: "Refused",
    HoldCode.RULE.value: "Held by a rule",
    HoldCode.ASK.value: "A rule asks",
    HoldCode.WAITS_FOR.value: "Waits for something else",
}

_APPROVE = "approve {id}"
_ALWAYS: Mapping[str, tuple[tuple[str, str], ...]] = {
    HoldCode.RULE.value: ((_APPROVE, "to post it all the same"),),
    HoldCode.ASK.value: ((_APPROVE, "to post it as it is"),),
    HoldCode.SAME_EMAIL_OTHER_NAME.value: (
        (_APPROVE, "when it is the same person"),
        ("approve {id} --as separate", "for a contact of their own"),
    ),
    HoldCode.PROBABLY_SAME_PERSON.value: (
        (_APPROVE, "when it is the same person"),
        ("approve {id} --as separate", "for a contact of their own"),
    ),
    HoldCode.HISTORY_DIFFERS.value: (
        (_APPROVE, "when it is the same document"),
        ("approve {id} --as separate", "to post it besides"),
    ),
    HoldCode.CREDIT_OR_CASH.value: (
        (_APPROVE, "when the credit was used"),
        ("approve {id} --as cash", "when it was paid with money"),
    ),
    HoldCode.FIELD_CONFLICT.value: (
        ("approve {id} --as practice", "to take the value of the practice"),
        ("approve {id} --as books", "to take the value of the books"),
    ),
    HoldCode.REJECTED.value: (("holds retry {id}", "once it is corrected"),),
}


def next_commands(hold: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return what can be typed about a hold, without the program's name, each with what it is for."""
    fixed = _ALWAYS.get(str(hold["code"]), ())
    if not fixed and hold.get("proposed"):
        fixed = ((_APPROVE, "to do what is proposed"),)
    chosen = fixed or (("holds show {id}", "for the detail"),)
    return tuple((command.format(id=hold["id"]), meaning) for command, meaning in chosen)
