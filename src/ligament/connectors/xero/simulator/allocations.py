"""Putting notes against invoices, and taking them off again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import documents
from ligament.connectors.xero.simulator.envelope import JSON_HEAD, Call, run_batch
from ligament.connectors.xero.simulator.errors import NOT_AUTHORISED, OVERPAID, NotFound, Refused
from ligament.connectors.xero.simulator.money import round2
from ligament.connectors.xero.simulator.records import Allocation
from ligament.connectors.xero.simulator.wire import (
    Json,
    dump,
    number2,
    read_date,
    read_decimal,
    read_guid,
    read_object,
    read_text,
    wire_date,
)
from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk, Table
    from ligament.connectors.xero.simulator.records import Document


def serve(desk: Desk, call: Call, source: str, credit: Document, rest: tuple[str, ...]) -> Response:
    """Serve .../{id}/Allocations; `source` names the table that holds the credit."""
    match (call.method, rest):
        case ("PUT" | "POST", ()):
            return run_batch(
                desk, call, "Allocations", "AllocationID", lambda it: allocate(desk, source, credit.document_id, it)
            )
        case ("DELETE", (allocation_id,)):
            found = desk.allocations.get(allocation_id.lower())
            if found is None or found.source_id != credit.document_id or found.is_deleted:
                raise NotFound
            remove(desk, found)
            document: Json = {
                "AllocationId": found.allocation_id,
                "Date": wire_date(found.allocated_on),
                "Invoice": {"InvoiceID": found.invoice_id},
                "IsDeleted": True,
            }
            return Response(status=200, headers=JSON_HEAD, body=dump(document))
        case _:
            raise NotFound


def remove(desk: Desk, allocation: Allocation) -> None:
    """Take an allocation off both documents."""
    documents.refuse_locked(desk, allocation.allocated_on)
    notes: Table[Document] = getattr(desk, allocation.source)
    credit, invoice = notes[allocation.source_id], desk.invoices[allocation.invoice_id]
    desk.allocations.put(allocation.allocation_id, replace(allocation, is_deleted=True))
    credit = replace(credit, amount_credited=credit.amount_credited - allocation.amount)
    invoice = replace(invoice, amount_credited=invoice.amount_credited - allocation.amount)
    documents.settle(desk, notes, credit, allocation.allocated_on, moves=True)
    documents.settle(desk, desk.invoices, invoice, allocation.allocated_on, moves=True)


def allocate(desk: Desk, source: str, credit_id: str, element: Json) -> Json:
    """Put credit against an invoice, as far as both let it."""
    notes: Table[Document] = getattr(desk, source)
    credit, invoice = notes[credit_id], _target(desk, element)
    amount = read_decimal(element, "Amount")
    amount = None if amount is None else round2(amount)
    if credit.status not in {"AUTHORISED", "PAID"} or invoice.status not in {"AUTHORISED", "PAID"}:
        raise Refused(NOT_AUTHORISED)
    if credit.contact_id != invoice.contact_id:
        raise Refused("The credit and the invoice must be for the same contact.")
    if credit.currency != invoice.currency or credit.type.startswith("ACCPAY") != invoice.type.startswith("ACCPAY"):
        raise Refused("The credit and the invoice must be of the same currency and kind.")
    if amount is None or amount <= 0:
        raise Refused("The allocation amount must be greater than zero.")
    if amount > min(credit.outstanding, invoice.outstanding):
        raise Refused(OVERPAID)
    on = read_date(element, "Date") or max(credit.dated_on, invoice.dated_on)
    documents.refuse_locked(desk, on)
    made = Allocation(
        allocation_id=desk.new_id(), source=source, source_id=credit_id, invoice_id=invoice.document_id,
        amount=amount, allocated_on=on,
    )  # fmt: skip
    desk.allocations.put(made.allocation_id, made)
    for table, document in ((notes, credit), (desk.invoices, invoice)):
        changed = replace(
            document,
            amount_credited=document.amount_credited + amount,
            allocation_ids=(*document.allocation_ids, made.allocation_id),
        )
        documents.settle(desk, table, changed, on, moves=True)
    shown: Json = {
        "Amount": number2(amount),
        "Date": wire_date(on),
        "Invoice": {"InvoiceID": invoice.document_id, "InvoiceNumber": invoice.number},
    }
    return {"AllocationID": made.allocation_id, **shown} if desk.switches.allocation_id_in_answer else shown


def _target(desk: Desk, element: Json) -> Document:
    nested = read_object(element, "Invoice")
    invoice_id = read_guid(nested, "InvoiceID") or desk.invoice_by_number.get(
        (read_text(nested, "InvoiceNumber") or "").casefold()
    )
    found = desk.invoices.get(invoice_id) if invoice_id else None
    if found is None:
        raise Refused("The invoice to allocate to could not be found.")
    return found
