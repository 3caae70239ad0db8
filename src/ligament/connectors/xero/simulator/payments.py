"""Payments of invoices, refunds of credits, and batches of payments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import contact_views, documents, history
from ligament.connectors.xero.simulator.envelope import Call, answer, run_batch, run_elements
from ligament.connectors.xero.simulator.errors import NOT_AUTHORISED, OVERPAID, NotFound, Refused
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.query import Listing, paginate, select
from ligament.connectors.xero.simulator.records import ZERO, Account, Document, Payment
from ligament.connectors.xero.simulator.refusals import check_paying_account, fitting
from ligament.connectors.xero.simulator.wire import (
    Json,
    iso_instant,
    number,
    number2,
    read_bool,
    read_date,
    read_decimal,
    read_guid,
    read_object,
    read_text,
    wire_date,
    wire_instant,
)

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from ligament.connectors.xero.simulator.desk import Desk, Table
    from ligament.simkit.messages import Response

_TARGETS = {
    "Invoice": ("invoices", "InvoiceID", "InvoiceNumber"),
    "CreditNote": ("credit_notes", "CreditNoteID", "CreditNoteNumber"),
    "Prepayment": ("prepayments", "PrepaymentID", ""),
    "Overpayment": ("overpayments", "OverpaymentID", ""),
}
_PAYMENT_TYPES = {
    "ACCREC": "ACCRECPAYMENT",
    "ACCPAY": "ACCPAYPAYMENT",
    "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT",
    "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A payment that was asked for and still has to be checked against its document."""

    target: str
    document_id: str
    account_id: str
    paid_on: date
    amount: Decimal
    reference: str = ""
    is_reconciled: bool = False
    batch_id: str = ""


def listing(desk: Desk) -> Listing[Payment]:
    """Return how payments are filtered and sorted."""

    def document(it: Payment) -> Document:
        return table_of(desk, it.target)[it.document_id]

    return Listing(
        fields={
            "paymentid": lambda it: it.payment_id,
            "paymenttype": lambda it: it.payment_type,
            "status": lambda it: it.status,
            "date": lambda it: it.paid_on,
            "amount": lambda it: it.amount,
            "reference": lambda it: it.reference,
            "isreconciled": lambda it: it.is_reconciled,
            "invoice.invoiceid": lambda it: it.document_id,
            "invoice.invoicenumber": lambda it: document(it).number,
            "account.accountid": lambda it: it.account_id,
            "batchpaymentid": lambda it: it.batch_id,
            "updateddateutc": lambda it: it.updated_at,
        },
        key=lambda it: it.payment_id,
        updated_at=lambda it: it.updated_at,
        created_at=lambda it: it.created_at,
    )


def serve(desk: Desk, call: Call) -> Response:
    """Serve /Payments and what lies below it."""
    match (call.method, call.segments):
        case ("GET", ()):
            rows = desk.payments.rows.values()
            page = paginate(call, select(call, rows, listing(desk), lag_s=desk.switches.read_lag_s))
            return answer(desk, call, "Payments", [render(desk, it) for it in page.rows], page.pagination)
        case ("GET", (key,)):
            return answer(desk, call, "Payments", [render(desk, _by_key(desk, key), single=True)])
        case ("PUT" | "POST", ()):
            return run_batch(desk, call, "Payments", "PaymentID", lambda it: _apply(desk, it))
        case ("POST", (key,)):
            target = _by_key(desk, key)
            return run_elements(
                desk, call, "Payments", "PaymentID", call.elements("Payments")[:1],
                lambda it: _change(desk, target, it), summarises=True,
            )  # fmt: skip
        case (_, (key, "History")):
            return history.serve(desk, call, _by_key(desk, key).payment_id)
        case _:
            raise NotFound


def table_of(desk: Desk, name: str) -> Table[Document]:
    """Return the table of documents that a payment's target names."""
    found: Table[Document] = getattr(desk, name)
    return found


def pay(desk: Desk, wanted: Wanted) -> Payment:
    """Check and write one payment, and settle its document."""
    table = table_of(desk, wanted.target)
    document = table[wanted.document_id]
    if document.status not in {"AUTHORISED", "PAID"}:
        raise Refused(NOT_AUTHORISED)
    if wanted.amount <= 0:
        raise Refused("Payment amount must be greater than zero.")
    if wanted.amount > document.outstanding:
        raise Refused(OVERPAID)
    documents.refuse_locked(desk, wanted.paid_on)
    payment = Payment(
        payment_id=desk.new_id(),
        target=wanted.target,
        document_id=wanted.document_id,
        account_id=wanted.account_id,
        paid_on=wanted.paid_on,
        amount=wanted.amount,
        reference=wanted.reference,
        payment_type=_PAYMENT_TYPES[document.type],
        is_reconciled=wanted.is_reconciled,
        batch_id=wanted.batch_id,
        currency_rate=document.currency_rate,
        created_at=desk.at,
        updated_at=desk.at,
    )
    desk.payments.put(payment.payment_id, payment)
    paid = replace(
        document,
        amount_paid=document.amount_paid + payment.amount,
        payment_ids=(*document.payment_ids, payment.payment_id),
    )
    documents.settle(desk, table, paid, payment.paid_on, moves=desk.switches.payment_moves_invoice)
    return payment


def unpay(desk: Desk, payment: Payment) -> Payment:
    """Reverse one payment; the document owes the amount again."""
    if payment.status == "DELETED":
        raise Refused("The payment has already been deleted.")
    if payment.is_reconciled and desk.switches.refuse_reconciled_delete:
        raise Refused("The payment cannot be deleted as it has been reconciled.")
    documents.refuse_locked(desk, payment.paid_on)
    table = table_of(desk, payment.target)
    document = table[payment.document_id]
    owed = replace(document, amount_paid=document.amount_paid - payment.amount)
    documents.settle(desk, table, owed, payment.paid_on, moves=desk.switches.payment_moves_invoice)
    deleted = replace(payment, status="DELETED", updated_at=desk.at)
    desk.payments.put(deleted.payment_id, deleted)
    history.record(desk, payment.document_id, "Payment deleted", "A payment was taken off.")
    return deleted


def payable_account(desk: Desk, element: Json) -> Account:
    """Return the account that money moves through, or refuse it."""
    nested = read_object(element, "Account")
    account_id, code = read_guid(nested, "AccountID"), read_text(nested, "Code") or read_text(element, "Code")
    found = desk.accounts.get(account_id) if account_id else None
    if found is None and code and not account_id:
        found = next((it for it in desk.accounts.rows.values() if it.code == code), None)
    if found is None:
        raise Refused("Account could not be found")
    check_paying_account(desk.switches, found)
    return found


def render(desk: Desk, payment: Payment, *, single: bool = False) -> Json:
    """Return a payment with the document it belongs to."""
    document = table_of(desk, payment.target)[payment.document_id]
    account = desk.accounts[payment.account_id]
    shown_account: Json = {"AccountID": account.account_id, "Code": account.code}
    if single:
        shown_account["Name"] = account.name
    shown: Json = {
        "PaymentID": payment.payment_id,
        "Date": wire_date(payment.paid_on),
        "BankAmount": number2(payment.amount),
        "Amount": number2(payment.amount),
        "Reference": payment.reference,
        "CurrencyRate": number(payment.currency_rate),
        "PaymentType": payment.payment_type,
        "Status": payment.status,
        "UpdatedDateUTC": wire_instant(payment.updated_at),
        "UpdatedDateUTCString": iso_instant(payment.updated_at),
        "HasAccount": True,
        "IsReconciled": payment.is_reconciled,
        "Account": shown_account,
        "Invoice": _document(desk, document),
        "HasValidationErrors": False,
    }
    if payment.batch_id:
        shown["BatchPaymentID"] = payment.batch_id
        shown["BatchPayment"] = {"BatchPaymentID": payment.batch_id}
    return shown


def _document(desk: Desk, document: Document) -> Json:
    # A refunded credit stands under the key `Invoice` too, told apart by its Type.
    contact = desk.contacts[document.contact_id]
    types = {"RECEIVE-PREPAYMENT": "ARPREPAYMENT", "RECEIVE-OVERPAYMENT": "AROVERPAYMENT"}
    return {
        "Type": types.get(document.type, document.type),
        "InvoiceID": document.document_id,
        "InvoiceNumber": document.number,
        "Status": document.status,
        "Total": number2(document.total),
        "AmountDue": number2(document.outstanding),
        "AmountPaid": number2(document.amount_paid),
        "AmountCredited": number2(document.amount_credited),
        "Prepayments": [],
        "Overpayments": [],
        "CreditNotes": [],
        "LineItems": [],
        "HasErrors": False,
        "IsDiscounted": False,
        "Contact": contact_views.short(contact),
        "CurrencyCode": document.currency,
    }


def _by_key(desk: Desk, key: str) -> Payment:
    found = desk.payments.get(key.lower())
    if found is None:
        raise NotFound
    return found


def _apply(desk: Desk, element: Json) -> Json:
    payment_id = read_guid(element, "PaymentID")
    if payment_id and read_text(element, "Status") == "DELETED":
        found = desk.payments.get(payment_id)
        if found is None:
            raise Refused("The payment could not be found.")
        return _change(desk, found, element)
    target, document_id = find_target(desk, element)
    amount = read_decimal(element, "Amount")
    wanted = Wanted(
        target=target,
        document_id=document_id,
        account_id=payable_account(desk, element).account_id,
        paid_on=read_date(element, "Date") or desk.today,
        amount=round2(amount or ZERO),
        reference=fitting(desk.switches, "Reference", read_text(element, "Reference"), 255) or "",
        is_reconciled=read_bool(element, "IsReconciled") is True,
    )
    return render(desk, pay(desk, wanted), single=True)


def _change(desk: Desk, payment: Payment, element: Json) -> Json:
    if read_text(element, "Status") != "DELETED":
        raise Refused("A payment can only be deleted, not changed.")
    if payment.batch_id:
        raise Refused("Payments that belong to a batch can only be deleted with the batch.")
    return render(desk, unpay(desk, payment), single=True)


def find_target(desk: Desk, element: Json) -> tuple[str, str]:
    """Return table and id of the one document that a payment names."""
    named = [key for key in _TARGETS if element.get(key)]
    if not named and element.get("InvoiceNumber"):
        named = ["Invoice"]
        element = {"Invoice": {"InvoiceNumber": element["InvoiceNumber"]}}
    if len(named) != 1:
        raise Refused("A payment must name exactly one Invoice, CreditNote, Prepayment or Overpayment.")
    table, id_key, number_key = _TARGETS[named[0]]
    nested = read_object(element, named[0])
    document_id = read_guid(nested, id_key)
    if not document_id and number_key:
        numbers = desk.invoice_by_number if table == "invoices" else desk.note_by_number
        document_id = numbers.get((read_text(nested, number_key) or "").casefold()) or ""
    if not document_id or table_of(desk, table).get(document_id) is None:
        raise Refused(f"{named[0]} could not be found")
    return table, document_id
