"""How invoices and credits look in the various answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import contact_views
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.records import ZERO, Document, Line, Payment
from ligament.connectors.xero.simulator.wire import (
    Json,
    iso_instant,
    number,
    number2,
    number4,
    wire_date,
    wire_date_text,
    wire_instant,
)

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk

_NOTHING = number2(ZERO)
_ONE = Decimal("1.0000000000")
_PARITY = number(_ONE)
_ID_KEYS = {
    "credit_notes": ("CreditNoteID", "CreditNoteNumber"),
    "prepayments": ("PrepaymentID", ""),
    "overpayments": ("OverpaymentID", ""),
}


def written_invoice(desk: Desk, document: Document, warnings: list[str], *, four_places: bool) -> Json:
    """Return an invoice as a write answers it: without the keys for payments and credits."""
    shown: Json = {
        **_invoice_head(document),
        "Contact": contact_views.written(desk.contacts[document.contact_id]),
        **_dates(document),
        **_middle(document),
        "LineItems": [_line(desk, it, four_places=four_places, single=True, written=True) for it in document.lines],
        **_totals(document),
        "InvoicePaymentServices": [],
    }
    if warnings:
        shown["Warnings"] = [{"Message": text} for text in warnings]
    return shown


def full_invoice(desk: Desk, document: Document, *, four_places: bool, single: bool) -> Json:
    contact = desk.contacts[document.contact_id]
    return {
        **_invoice_head(document),
        "Payments": payments_of(desk, document),
        "CreditNotes": _credits_of(desk, document, "credit_notes"),
        "Prepayments": _credits_of(desk, document, "prepayments"),
        "Overpayments": _credits_of(desk, document, "overpayments"),
        "AmountCredited": number2(document.amount_credited),
        "HasAttachments": False,
        "Contact": contact_views.full(desk, contact) if single else contact_views.nested(contact),
        **_dates(document),
        **_middle(document),
        "LineItems": [_line(desk, it, four_places=four_places, single=single, written=False) for it in document.lines],
        **_totals(document),
        **_paid_on(document),
    }


def thin_invoice(desk: Desk, document: Document) -> Json:
    """Return an invoice as an unpaged list shows it: no lines, and only id and name of the contact."""
    return {
        **_invoice_head(document),
        "Payments": payments_of(desk, document),
        "CreditNotes": _credits_of(desk, document, "credit_notes"),
        "AmountCredited": number2(document.amount_credited),
        "HasAttachments": False,
        "Contact": contact_views.short(desk.contacts[document.contact_id]),
        **_dates(document),
        **_middle(document),
        "LineItems": [],
        **_totals(document),
        **_paid_on(document),
    }


def summary_invoice(desk: Desk, document: Document) -> Json:
    """Return an invoice as `summaryOnly` shows it."""
    dropped = {"Payments", "HasAttachments", "LineItems", "CreditNotes"}
    return {key: value for key, value in thin_invoice(desk, document).items() if key not in dropped}


def credit(desk: Desk, table: str, document: Document, *, thin: bool, four_places: bool, single: bool) -> Json:
    """Return a credit note, prepayment or overpayment; `table` says which."""
    id_key, number_key = _ID_KEYS[table]
    contact = desk.contacts[document.contact_id]
    shown: Json = {id_key: document.document_id, "ID": document.document_id, "Type": document.type}
    if number_key and document.number:
        shown[number_key] = document.number
    if table != "overpayments" or document.reference:
        shown["Reference"] = document.reference
    shown.update(
        {
            "RemainingCredit": number2(document.outstanding if document.status in {"AUTHORISED", "PAID"} else ZERO),
            "AppliedAmount": number2(document.amount_credited),
            "Allocations": _allocations_of(desk, document),
            "Payments": payments_of(desk, document),
            "HasErrors": False,
            "HasAttachments": False,
            "Contact": contact_views.short(contact) if thin else contact_views.nested(contact),
            **_dates(document),
            **_middle(document),
            "LineItems": []
            if thin
            else [_line(desk, it, four_places=four_places, single=single, written=False) for it in document.lines],
            "SubTotal": number2(document.sub_total),
            "TotalTax": number2(document.total_tax),
            "Total": number2(document.total),
            **_stamps(document),
            **_paid_on(document),
        }
    )
    return shown


def payments_of(desk: Desk, document: Document) -> list[Json]:
    """Return a document's payments as the document embeds them."""
    rows = (desk.payments[key] for key in document.payment_ids)
    return [_payment(it) for it in rows if it.status != "DELETED" or desk.switches.deleted_payments_listed]


def _payment(payment: Payment) -> Json:
    shown: Json = {
        "PaymentID": payment.payment_id,
        "Date": wire_date(payment.paid_on),
        "Amount": number2(payment.amount),
        "Reference": payment.reference,
        "CurrencyRate": number(payment.currency_rate),
        "HasAccount": False,
        "HasValidationErrors": False,
    }
    if payment.batch_id:
        shown["BatchPaymentID"] = payment.batch_id
    if payment.status == "DELETED":
        shown["Status"] = "DELETED"
    return shown


def _credits_of(desk: Desk, invoice: Document, table: str) -> list[Json]:
    id_key, number_key = _ID_KEYS[table]
    shown = []
    for key in invoice.allocation_ids:
        allocation = desk.allocations[key]
        if allocation.is_deleted or allocation.source != table:
            continue
        source = getattr(desk, table)[allocation.source_id]
        item: Json = {id_key: source.document_id, "ID": source.document_id}
        if number_key:
            item[number_key] = source.number
        shown.append(
            {
                **item,
                "HasErrors": False,
                "AppliedAmount": number2(allocation.amount),
                "DateString": wire_date_text(source.dated_on),
                "Date": wire_date(source.dated_on),
                "LineItems": [],
                "Total": number2(source.total),
            }
        )
    return shown


def _allocations_of(desk: Desk, source: Document) -> list[Json]:
    shown: list[Json] = []
    for key in source.allocation_ids:
        allocation = desk.allocations[key]
        if allocation.is_deleted:
            continue
        invoice = desk.invoices[allocation.invoice_id]
        shown.append(
            {
                "AllocationID": allocation.allocation_id,
                "Amount": number2(allocation.amount),
                "Date": wire_date(allocation.allocated_on),
                "Invoice": {"InvoiceID": invoice.document_id, "InvoiceNumber": invoice.number, "HasErrors": False},
            }
        )
    return shown


def _invoice_head(document: Document) -> Json:
    shown: Json = {
        "Type": document.type,
        "InvoiceID": document.document_id,
        "InvoiceNumber": document.number,
        "Reference": document.reference,
        "Prepayments": [],
        "Overpayments": [],
        "AmountDue": number2(document.outstanding),
        "AmountPaid": number2(document.amount_paid),
        "SentToContact": document.sent_to_contact,
        "CurrencyRate": _PARITY if document.currency_rate == _ONE else number(document.currency_rate),
        "HasErrors": False,
        "IsDiscounted": document.total_discount != 0,
    }
    if document.url:
        shown["Url"] = document.url
    if document.total_discount:
        shown["TotalDiscount"] = number2(document.total_discount)
    return shown


def _dates(document: Document) -> Json:
    shown: Json = {"DateString": wire_date_text(document.dated_on), "Date": wire_date(document.dated_on)}
    if document.due_on is not None:
        shown["DueDateString"], shown["DueDate"] = wire_date_text(document.due_on), wire_date(document.due_on)
    if document.expected_on is not None:
        shown["ExpectedPaymentDateString"] = wire_date_text(document.expected_on)
        shown["ExpectedPaymentDate"] = wire_date(document.expected_on)
    return shown


def _middle(document: Document) -> Json:
    shown: Json = {"Status": document.status, "LineAmountTypes": document.line_amount_types}
    if document.branding_theme_id:
        shown["BrandingThemeID"] = document.branding_theme_id
    return shown


def _totals(document: Document) -> Json:
    return {
        "SubTotal": number2(document.sub_total),
        "TotalTax": number2(document.total_tax),
        "Total": number2(document.total),
        **_stamps(document),
    }


def _stamps(document: Document) -> Json:
    return {
        "UpdatedDateUTC": wire_instant(document.updated_at),
        "UpdatedDateUTCString": iso_instant(document.updated_at),
        "CurrencyCode": document.currency,
    }


def _paid_on(document: Document) -> Json:
    return {} if document.fully_paid_on is None else {"FullyPaidOnDate": wire_date(document.fully_paid_on)}


def _line(desk: Desk, line: Line, *, four_places: bool, single: bool, written: bool) -> Json:
    shown: Json = {"Description": line.description}
    if line.quantity is not None:
        unit = line.unit_amount or Decimal(0)
        shown["UnitAmount"] = number4(unit) if four_places else number2(round2(unit))
        shown["TaxType"] = line.tax_type
    shown["TaxAmount"] = _NOTHING if not line.tax_amount else number2(line.tax_amount)
    shown["LineAmount"] = number2(line.line_amount)
    if line.discount_rate:
        shown["DiscountRate"] = number2(line.discount_rate)
    if line.discount_amount:
        shown["DiscountAmount"] = number2(line.discount_amount)
    if line.account_id:
        account = desk.accounts[line.account_id]
        if account.code:
            shown["AccountCode"] = account.code
        shown["AccountID"] = line.account_id
    shown["Tracking"] = [_tracking(desk, pair, single=single) for pair in line.tracking]
    if line.quantity is not None:
        shown["Quantity"] = number4(line.quantity)
    shown["LineItemID"] = line.line_id
    if written:
        shown["ValidationErrors"] = []
    return shown


def _tracking(desk: Desk, pair: tuple[str, str], *, single: bool) -> Json:
    category = desk.tracking[pair[0]]
    name = next(option.name for option in category.options if option.option_id == pair[1])
    shown: Json = {"Name": category.name, "Option": name, "TrackingCategoryID": pair[0]}
    return {**shown, "TrackingOptionID": pair[1]} if single else {**shown, "Options": []}
