"""From the vendor's records to the ledgers the rest of the house works with."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero import wire
from ligament.connectors.xero.currency import letters
from ligament.core.ids import BooksId
from ligament.core.ledgers import (
    Account,
    BooksAllocation,
    BooksContact,
    BooksDocument,
    BooksLine,
    BooksPayment,
    BooksUser,
    ContactGroup,
    ContactStatus,
    DocumentKind,
    DocumentStatus,
    Extras,
    ExtraSlot,
    Organisation,
    PhoneSlot,
    RecordedChange,
    TaxRate,
    TrackingCategory,
    TrackingOption,
)
from ligament.core.money import ONE, ZERO, plain
from ligament.core.oddities import is_odd_number
from ligament.core.periods import Locks
from ligament.core.private import Private
from ligament.core.records import NO_ADDRESS, Address

if TYPE_CHECKING:
    from collections.abc import Mapping

SALES_INVOICE = "ACCREC"
SALES_CREDIT = "ACCRECCREDIT"
_PROGRAM = "system generated"

SLOTS: Mapping[PhoneSlot, str] = {
    PhoneSlot.DEFAULT: "DEFAULT",
    PhoneSlot.DIRECT: "DDI",
    PhoneSlot.MOBILE: "MOBILE",
    PhoneSlot.FAX: "FAX",
}
EXTRAS: Mapping[ExtraSlot, str] = {
    ExtraSlot.ACCOUNT_NUMBER: "AccountNumber",
    ExtraSlot.TAX_NUMBER: "TaxNumber",
    ExtraSlot.COMPANY_NUMBER: "CompanyNumber",
}
_SLOT_BY_NAME = {name: slot for slot, name in SLOTS.items()}
_CONTACT_STATUS = {
    "ARCHIVED": ContactStatus.ARCHIVED,
    "GDPRREQUEST": ContactStatus.ERASED,
}
_DOCUMENT_STATUS = {status.name: status for status in DocumentStatus if status is not DocumentStatus.UNKNOWN}

# The vendor names zones in the manner of Windows, in upper case and without spaces (facts 7.9).
_ZONES = {
    "AUSEASTERNSTANDARDTIME": "Australia/Sydney",
    "EAUSTRALIASTANDARDTIME": "Australia/Brisbane",
    "CENAUSTRALIASTANDARDTIME": "Australia/Adelaide",
    "AUSCENTRALSTANDARDTIME": "Australia/Darwin",
    "WAUSTRALIASTANDARDTIME": "Australia/Perth",
    "TASMANIASTANDARDTIME": "Australia/Hobart",
    "NEWZEALANDSTANDARDTIME": "Pacific/Auckland",
    "GMTSTANDARDTIME": "Europe/London",
}


def contact(row: wire.Contact) -> BooksContact:
    # A status nobody has heard of must not look usable.
    is_active = row.contact_status in {"", "ACTIVE"}
    # Whoever restores a contact that was merged away takes the merge back, also where its pointer goes on standing.
    is_left = not is_active and not wire.is_zero(row.merged_to_contact_id)
    phones = ((_SLOT_BY_NAME.get(phone.phone_type), _phone(phone)) for phone in row.phones)
    return BooksContact(
        id=books_id(row.contact_id),
        number=row.contact_number,
        name=Private(row.name),
        first=Private(row.first_name),
        last=Private(row.last_name),
        email=Private(row.email_address),
        phones=tuple(
            sorted(((slot, number) for slot, number in phones if slot is not None and number), key=lambda held: held[0])
        ),
        street=_address(row, "STREET"),
        postal=_address(row, "POBOX"),
        extras=_extras(row),
        groups=tuple(sorted(books_id(group.contact_group_id) for group in row.contact_groups if is_live(group))),
        status=ContactStatus.ACTIVE if is_active else _CONTACT_STATUS.get(row.contact_status, ContactStatus.ARCHIVED),
        merged_into=books_id(row.merged_to_contact_id) if is_left else None,
        updated_at=wire.instant(row.updated_date_utc),
    )


def group(row: wire.ContactGroup) -> ContactGroup:
    return ContactGroup(id=books_id(row.contact_group_id), name=row.name, active=is_live(row))


def recorded_change(row: wire.HistoryRecord) -> RecordedChange:
    """Return an entry of a history; what the interface did stands under a name of nobody (facts 7.10)."""
    by = "" if row.user.casefold() == _PROGRAM else " ".join(row.user.split())
    return RecordedChange(by=Private(by), at=wire.instant(row.date_utc))


def is_live(row: wire.ContactGroup) -> bool:
    """Say whether a contact group can be used; a status nobody has heard of must not look usable."""
    return row.status in {"", "ACTIVE"} and not wire.is_zero(row.contact_group_id)


def _extras(row: wire.Contact) -> Extras:
    held = (
        (ExtraSlot.ACCOUNT_NUMBER, row.account_number),
        (ExtraSlot.COMPANY_NUMBER, row.company_number),
        (ExtraSlot.TAX_NUMBER, row.tax_number),
    )
    return tuple((slot, Private(text)) for slot, text in held if text)


def document(row: wire.Document, kind: DocumentKind) -> BooksDocument:
    """Return an invoice or a credit note of the books."""
    is_invoice = kind is DocumentKind.INVOICE
    inclusive = row.line_amount_types != "Exclusive"
    status = _DOCUMENT_STATUS.get(row.status, DocumentStatus.UNKNOWN)
    # Nothing can be used of a draft yet, so no credit is told of it; what is open on it is all of it.
    left = row.total if status.is_draft() else row.remaining_credit
    return BooksDocument(
        id=books_id(row.invoice_id if is_invoice else row.credit_note_id),
        kind=kind,
        number=row.invoice_number if is_invoice else row.credit_note_number,
        contact_id=books_id(row.contact.contact_id if row.contact else ""),
        reference=row.reference,
        url=row.url,
        on=wire.optional_day(row.date, row.date_string) or wire.instant(row.updated_date_utc).date(),
        due_on=wire.optional_day(row.due_date, row.due_date_string),
        status=status,
        lines=tuple(_line(item, inclusive=inclusive) for item in row.line_items),
        total=amount(row.total),
        tax=amount(row.total_tax),
        open_amount=amount(row.amount_due if is_invoice else left),
        payments=tuple(payment(item) for item in row.payments if not wire.is_zero(item.payment_id)),
        allocations=_credits_used(row) if is_invoice else _credit_given(row),
        inclusive=inclusive,
        updated_at=wire.instant(row.updated_date_utc),
    )


def payment(row: wire.Payment) -> BooksPayment:
    """Return a payment; inside documents it tells neither status nor account."""
    account = row.account or wire.AccountRef()
    return BooksPayment(
        id=books_id(row.payment_id),
        on=wire.day(row.date),
        amount=amount(row.amount),
        reference=row.reference,
        account=account.code or account.account_id,
        deleted=row.status == "DELETED",
        reconciled=row.is_reconciled,
    )


def account(row: wire.Account, base: str = "") -> Account:
    """Return an account of the chart; money can be paid into a bank account or where it is allowed.

    `base` is the currency of the books.
    """
    is_bank = row.type == "BANK"
    return Account(
        id=books_id(row.account_id),
        code=row.code,
        name=row.name,
        account_class=row.class_.lower(),
        is_bank=is_bank,
        takes_payments=is_bank or row.enable_payments_to_account,
        active=row.status == "ACTIVE",
        system=row.system_account,
        tax_type=row.tax_type,
        abroad=row.currency_code if base and letters(row.currency_code) not in {"", letters(base)} else "",
    )


def tax_rate(row: wire.TaxRate) -> TaxRate:
    """Return a tax rate with its percentage: the effective one, or else the sum of its parts."""
    parts = sum((amount(part.rate) for part in row.tax_components), ZERO)
    classes = {
        "asset": row.can_apply_to_assets,
        "equity": row.can_apply_to_equity,
        "expense": row.can_apply_to_expenses,
        "liability": row.can_apply_to_liabilities,
        "revenue": row.can_apply_to_revenue,
    }
    return TaxRate(
        tax_type=row.tax_type,
        name=row.name,
        rate=parts if row.effective_rate is None else amount(row.effective_rate),
        active=row.status == "ACTIVE",
        applies_to=frozenset(name for name, allowed in classes.items() if allowed),
    )


def category(row: wire.TrackingCategory) -> TrackingCategory:
    """Return a tracking category with all its options, archived ones too."""
    return TrackingCategory(
        id=books_id(row.tracking_category_id),
        name=row.name,
        active=row.status == "ACTIVE",
        options=tuple(option(item) for item in row.options if item.status != "DELETED"),
    )


def option(row: wire.TrackingOption) -> TrackingOption:
    """Return one choice of a tracking category."""
    return TrackingOption(id=books_id(row.tracking_option_id), name=row.name, active=row.status in {"", "ACTIVE"})


def user(row: wire.User) -> BooksUser:
    """Return somebody who may sign in to the books."""
    name = f"{row.first_name} {row.last_name}".strip()
    return BooksUser(id=books_id(row.user_id), name=Private(name), email=Private(row.email_address))


def organisation(row: wire.Organisation) -> Organisation:
    """Return the organisation; `zone_name` is an IANA name, or empty for a zone we do not know."""
    return Organisation(
        id=books_id(row.organisation_id),
        name=row.name,
        country_code=row.country_code,
        currency=row.base_currency,
        pays_tax=row.pays_tax,
        locks=Locks(
            period=wire.optional_day(row.period_lock_date),
            year=wire.optional_day(row.end_of_year_lock_date),
        ),
        zone_name=_ZONES.get(row.timezone, ""),
        is_demo=row.is_demo_company,
        short_code=row.short_code,
    )


def _line(row: wire.LineItem, *, inclusive: bool) -> BooksLine:
    quantity = amount(row.quantity, ONE)
    line_amount = amount(row.line_amount)
    return BooksLine(
        id=books_id(row.line_item_id) if row.line_item_id else None,
        text=row.description,
        quantity=quantity,
        unit_amount=amount(row.unit_amount),
        # A person may have made the document tax-exclusive; everything else here speaks of amounts with tax.
        amount=line_amount if inclusive else line_amount + amount(row.tax_amount),
        account=row.account_code,
        tax_type=row.tax_type,
        tax=None if row.tax_amount is None else amount(row.tax_amount),
        tracking=tuple(sorted((item.name, item.option) for item in row.tracking)),
    )


def _credits_used(row: wire.Document) -> tuple[BooksAllocation, ...]:
    return tuple(
        BooksAllocation(
            other_id=books_id(item.credit_note_id), amount=amount(item.applied_amount), on=wire.optional_day(item.date)
        )
        for item in row.credit_notes
    )


def _credit_given(row: wire.Document) -> tuple[BooksAllocation, ...]:
    return tuple(
        BooksAllocation(
            id=None if wire.is_zero(item.allocation_id) else books_id(item.allocation_id),
            other_id=books_id(item.invoice.invoice_id if item.invoice else ""),
            amount=amount(item.amount),
            on=wire.optional_day(item.date),
        )
        for item in row.allocations
        if not item.is_deleted
    )


def _phone(row: wire.Phone) -> Private[str]:
    country = row.phone_country_code.strip()
    if country.isdigit() and not country.startswith("0"):
        # In a box of its own it is the country's code, which a person without the boxes can tell by the plus only.
        country = f"+{country}"
    parts = (country, row.phone_area_code.strip(), row.phone_number.strip())
    return Private(" ".join(filter(None, parts)))


def _address(row: wire.Contact, kind: str) -> Private[Address]:
    found = next((item for item in row.addresses if item.address_type == kind), None)
    if found is None:
        return NO_ADDRESS
    lines = (found.address_line1, found.address_line2, found.address_line3, found.address_line4)
    return Private(
        Address(
            lines=tuple(line for line in lines if line),
            city=found.city,
            region=found.region,
            post_code=found.postal_code,
            country=found.country,
        )
    )


def amount(value: Decimal | None, default: Decimal = ZERO) -> Decimal:
    """Return an amount, or the default where there is none; raises Unreadable for what is no number."""
    if value is None:
        return default
    # Bounded before anything is calculated with it or written out: 1e999999999 in full would take two gigabytes.
    if is_odd_number(value):
        raise wire.Unreadable("an amount that no document can have")
    return value


def books_id(text: str) -> BooksId:
    """Return an id as we keep it, in lower case."""
    return BooksId(text.lower())


def plain_amount(value: Decimal | None) -> str:
    """Return an amount as a text that is the same for `1.5` and `1.50`."""
    return "" if value is None else plain(amount(value))
