"""Batch payments: several invoices paid by one movement at the bank."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import payments
from ligament.connectors.xero.simulator.envelope import Call, answer, run_batch, run_elements
from ligament.connectors.xero.simulator.errors import NotFound, Refused
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.query import Listing, select
from ligament.connectors.xero.simulator.records import ZERO, BatchPayment
from ligament.connectors.xero.simulator.wire import (
    Json,
    number2,
    read_date,
    read_decimal,
    read_guid,
    read_objects,
    read_text,
    wire_date,
    wire_date_text,
    wire_instant,
)

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk
    from ligament.simkit.messages import Response

_TEXTS = ("Reference", "Particulars", "Code", "Details", "Narrative")
_LISTING: Listing[BatchPayment] = Listing(
    fields={
        "batchpaymentid": lambda it: it.batch_id,
        "type": lambda it: it.type,
        "status": lambda it: it.status,
        "date": lambda it: it.paid_on,
        "account.accountid": lambda it: it.account_id,
        "updateddateutc": lambda it: it.updated_at,
    },
    key=lambda it: it.batch_id,
    updated_at=lambda it: it.updated_at,
    created_at=lambda it: it.created_at,
)


def serve(desk: Desk, call: Call) -> Response:
    """Serve /BatchPayments; this list has no pages."""
    match (call.method, call.segments):
        case ("GET", ()):
            rows = select(call, desk.batches.rows.values(), _LISTING, lag_s=desk.switches.read_lag_s)
            return answer(desk, call, "BatchPayments", [_render(desk, it) for it in rows])
        case ("GET", (key,)):
            return answer(desk, call, "BatchPayments", [_render(desk, _by_key(desk, key))])
        case ("PUT", ()):
            return run_batch(desk, call, "BatchPayments", "BatchPaymentID", lambda it: _create(desk, it))
        case ("POST", ()):
            return run_batch(desk, call, "BatchPayments", "BatchPaymentID", lambda it: _post(desk, it))
        case ("POST", (key,)):
            batch = _by_key(desk, key)
            return run_elements(
                desk, call, "BatchPayments", "BatchPaymentID", call.elements("BatchPayments")[:1],
                lambda it: _delete(desk, batch, it), summarises=True,
            )  # fmt: skip
        case _:
            raise NotFound


def _by_key(desk: Desk, key: str) -> BatchPayment:
    found = desk.batches.get(key.lower())
    if found is None:
        raise NotFound
    return found


def _post(desk: Desk, element: Json) -> Json:
    found = desk.batches.get(read_guid(element, "BatchPaymentID"))
    return _create(desk, element) if found is None else _delete(desk, found, element)


def _create(desk: Desk, element: Json) -> Json:
    account = payments.payable_account(desk, element)
    on = read_date(element, "Date") or desk.today
    batch_id, made, kinds = desk.new_id(), [], set()
    for part in read_objects(element, "Payments") or ():
        target, document_id = payments.find_target(desk, part)
        if target != "invoices":
            raise Refused("A batch payment can hold invoices only.")
        kinds.add(desk.invoices[document_id].type)
        wanted = payments.Wanted(
            target=target,
            document_id=document_id,
            account_id=account.account_id,
            paid_on=on,
            amount=round2(read_decimal(part, "Amount") or ZERO),
            reference=read_text(part, "Reference") or read_text(element, "Reference") or "",
            batch_id=batch_id,
        )
        made.append(payments.pay(desk, wanted))
    if not made or len(kinds) > 1:
        raise Refused("A batch payment must hold payments of one kind of document.")
    batch = BatchPayment(
        batch_id=batch_id,
        account_id=account.account_id,
        paid_on=on,
        payment_ids=tuple(it.payment_id for it in made),
        amount=sum((it.amount for it in made), ZERO),
        type="RECBATCH" if kinds == {"ACCREC"} else "PAYBATCH",
        texts={key: text for key in _TEXTS if (text := read_text(element, key))},
        created_at=desk.at,
        updated_at=desk.at,
    )
    desk.batches.put(batch_id, batch)
    return _render(desk, batch)


def _delete(desk: Desk, batch: BatchPayment, element: Json) -> Json:
    if read_text(element, "Status") != "DELETED" or batch.status == "DELETED":
        raise Refused("A batch payment can only be deleted, and only once.")
    for payment_id in batch.payment_ids:
        payments.unpay(desk, desk.payments[payment_id])
    deleted = replace(batch, status="DELETED", updated_at=desk.at)
    desk.batches.put(deleted.batch_id, deleted)
    return _render(desk, deleted)


def _render(desk: Desk, batch: BatchPayment) -> Json:
    members = [desk.payments[key] for key in batch.payment_ids]
    return {
        "BatchPaymentID": batch.batch_id,
        "Account": {"AccountID": batch.account_id},
        **batch.texts,
        "Date": wire_date(batch.paid_on),
        "DateString": wire_date_text(batch.paid_on),
        "Type": batch.type,
        "Status": batch.status,
        "TotalAmount": number2(batch.amount),
        "UpdatedDateUTC": wire_instant(batch.updated_at),
        "IsReconciled": batch.is_reconciled,
        "Payments": [
            {"PaymentID": it.payment_id, "Invoice": {"InvoiceID": it.document_id}, "Amount": number2(it.amount)}
            for it in members
        ],
    }
