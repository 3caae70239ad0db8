"""What waits for a person: the codes, their sentences, and what to do about each."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ligament.core.ids import HoldId
from ligament.core.intents import Subject


class HoldCode(StrEnum):
    """Why something waits."""

    TOTAL_MISMATCH = "total_mismatch"
    TAX_MISMATCH = "tax_mismatch"
    SAME_EMAIL_OTHER_NAME = "same_email_other_name"
    PROBABLY_SAME_PERSON = "probably_same_person"
    CONTACT_ARCHIVED = "contact_archived"
    PAYER_UNKNOWN = "payer_unknown"
    NO_PARTY = "no_party"
    UNMAPPED_ITEM = "unmapped_item"
    UNMAPPED_ACCOUNT = "unmapped_account"
    UNMAPPED_TAX = "unmapped_tax"
    UNMAPPED_TRACKING = "unmapped_tracking"
    UNMAPPED_CONTACT = "unmapped_contact"
    UNMAPPED_GROUP = "unmapped_group"
    NOT_REGISTERED_FOR_GST = "not_registered_for_gst"
    EDITED_IN_BOOKS = "edited_in_xero"
    LOCKED_PERIOD = "locked_period"
    PAID_EDIT = "paid_edit"
    ARCHIVED_PAID = "archived_paid"
    CONTACTS_DIFFER = "contacts_differ"
    CREDIT_OR_CASH = "credit_or_cash"
    ORIGINAL_NOT_POSTED = "original_not_posted"
    INVOICE_IS_DRAFT = "invoice_is_draft"
    NATIVE_INTEGRATION_ON = "native_integration_on"
    HISTORY_DIFFERS = "history_differs"
    NUMBER_TAKEN = "number_taken"
    VOIDED_IN_BOOKS = "voided_in_xero"
    PAYMENT_REMOVED = "payment_removed"
    PAYMENT_RECONCILED = "payment_reconciled"
    FIELD_CONFLICT = "field_conflict"
    UNKNOWN_STATUS = "unknown_status"
    BAD_RECORD = "bad_record"
    REJECTED = "rejected"
    REFUSED = "refused"
    UNDONE = "undone"
    RULE = "rule"
    ASK = "ask"
    WAITS_FOR = "waits_for"


class HoldKind(StrEnum):
    """What kind of thing waits."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    CONTACT = "contact"
    CLINIC = "clinic"


Detail = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that waits: what, why in one sentence, the detail, what to do, and a proposal where there is one.

    `proposed` holds only text, whole numbers, Decimals, dates as text, lists and mappings. None of
    it names a person: what people say about themselves is looked up where it is shown.
    """

    subject: Subject
    code: HoldCode
    kind: HoldKind
    number: str = ""
    sentence: str
    todo: str = ""
    detail: Detail = field(default_factory=dict)
    proposed: Detail | None = None
    rule: str = ""
    waits_for: str = ""

    @property
    def id(self) -> HoldId:
        """Return an id that stays the same as long as the same thing waits for the same reason."""
        text = f"{self.subject.key}|{self.code.value}|{self.kind.value}|{self.detail.get('field', '')}"
        return HoldId("h" + hashlib.blake2b(text.encode(), digest_size=5).hexdigest())

    @property
    def decision_code(self) -> str:
        """Return what a decision about it is filed under: the code, and the field where several can wait at once."""
        name = self.detail.get("field", "")
        return f"{self.code.value}:{name}" if name else self.code.value

    @property
    def fingerprint(self) -> str:
        """Return a fingerprint of what a person is shown, so that an approval counts only for that."""
        text = repr((self.code.value, self.rule, self.detail.get("shown") or _frozen(self.proposed)))
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def _frozen(value: object) -> object:
    """Return nested mappings and lists as sorted tuples, whose text does not depend on order."""
    if isinstance(value, Mapping):
        return tuple(sorted((str(key), _frozen(held)) for key, held in value.items()))
    if isinstance(value, list | tuple):
        return tuple(_frozen(held) for held in value)
    return str(value)
