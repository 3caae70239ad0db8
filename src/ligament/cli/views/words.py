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
    ActionKind.ADD_GROUP.value: "Add a contact group",
    ActionKind.JOIN_GROUP.value: "Into a contact group",
    ActionKind.LEAVE_GROUP.value: "Out of a contact group",
    ActionKind.LINK_DOCUMENT.value: "Link a document",
    ActionKind.FORGET_PAYMENT.value: "Note that a payment is gone",
    ActionKind.UNPAY.value: "Take back a payment",
    ActionKind.DEALLOCATE.value: "Take credit off an invoice",
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
        ActionKind.DEALLOCATE,
        ActionKind.CREATE_DOCUMENT,
        ActionKind.UPDATE_DOCUMENT,
        ActionKind.PAY_FIRST,
        ActionKind.ALLOCATE,
        ActionKind.PAY,
        ActionKind.VOID,
    )
)

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
    HoldCode.PAYMENT_REMOVED.value: (
        (_APPROVE, "to post it again"),
        ("holds dismiss {id}", "to leave it off"),
    ),
    HoldCode.FIELD_CONFLICT.value: (
        ("approve {id} --as practice", "to take the value of the practice"),
        ("approve {id} --as books", "to take the value of the books"),
    ),
    HoldCode.UNDONE.value: (
        ("holds retry {id}", "to have it posted again"),
        ("holds dismiss {id}", "to leave it out"),
    ),
    HoldCode.REJECTED.value: (("holds retry {id}", "once it is corrected"),),
    HoldCode.REFUSED.value: (("holds retry {id}", "to have it planned again"),),
}


def next_commands(hold: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Return what can be typed about a hold, without the program's name, each with what it is for."""
    settle = hold.get("settle")
    if isinstance(settle, list) and settle:
        # What it waits for is looked at first; nothing about itself needs an answer.
        return tuple((f"holds show {one['id']}", "for what it waits for") for one in settle)
    fixed = _ALWAYS.get(str(hold["code"]), ())
    if not fixed and hold.get("proposed"):
        fixed = ((_APPROVE, "to do what is proposed"),)
    chosen = fixed or (("holds show {id}", "for the detail"),)
    return tuple((command.format(id=hold["id"]), meaning) for command, meaning in chosen)
