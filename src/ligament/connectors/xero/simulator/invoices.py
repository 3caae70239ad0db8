"""The invoices endpoint."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import documents, history
from ligament.connectors.xero.simulator.document_views import (
    full_invoice,
    summary_invoice,
    thin_invoice,
    written_invoice,
)
from ligament.connectors.xero.simulator.documents import INVOICE
from ligament.connectors.xero.simulator.envelope import Call, answer, run_batch, run_elements
from ligament.connectors.xero.simulator.errors import NOT_FOR_MODIFICATION, NotFound, Refused, plain_error
from ligament.connectors.xero.simulator.query import Listing, is_true, paginate, select, values
from ligament.connectors.xero.simulator.records import Document
from ligament.connectors.xero.simulator.where import fold
from ligament.connectors.xero.simulator.wire import Json, read_guid, read_text
from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk

_EMAILED = frozenset({"SUBMITTED", "AUTHORISED", "PAID"})


def listing(desk: Desk, *, number_key: str = "invoicenumber", id_key: str = "invoiceid") -> Listing[Document]:
    """Return how documents are filtered and sorted; also used for credit notes."""
    contacts = desk.contacts
    return Listing(
        fields={
            id_key: lambda it: it.document_id,
            number_key: lambda it: it.number,
            "type": lambda it: it.type,
            "status": lambda it: it.status,
            "reference": lambda it: it.reference,
            "date": lambda it: it.dated_on,
            "duedate": lambda it: it.due_on,
            "amountdue": lambda it: it.outstanding,
            "amountpaid": lambda it: it.amount_paid,
            "total": lambda it: it.total,
            "url": lambda it: it.url,
            "fullypaidondate": lambda it: it.fully_paid_on,
            "updateddateutc": lambda it: it.updated_at,
            "contact.contactid": lambda it: it.contact_id,
            "contact.name": lambda it: contacts[it.contact_id].name,
            "contact.contactnumber": lambda it: contacts[it.contact_id].number,
        },
        key=lambda it: it.document_id,
        updated_at=lambda it: it.updated_at,
        created_at=lambda it: it.created_at,
        in_order=attrgetter("updated_at", "document_id"),
    )


def serve(desk: Desk, call: Call) -> Response:
    """Serve /Invoices and what lies below it."""
    match (call.method, call.segments):
        case ("GET", ()):
            return _list(desk, call)
        case ("GET", (key,)):
            return _one(desk, call, by_key(desk, key))
        case ("PUT", ()):
            return run_batch(desk, call, "Invoices", "InvoiceID", lambda it: _put(desk, call, it))
        case ("POST", ()):
            return run_batch(desk, call, "Invoices", "InvoiceID", lambda it: _post(desk, call, it))
        case ("POST", (key,)):
            target = by_key(desk, key)
            return run_elements(
                desk, call, "Invoices", "InvoiceID", call.elements("Invoices")[:1],
                lambda it: _changed(desk, call, target, it), summarises=True,
            )  # fmt: skip
        case ("GET", (key, "OnlineInvoice")):
            found = by_key(desk, key)
            if found.status == "DRAFT":
                return plain_error(10, "ValidationException", "The online invoice is not available for drafts.")
            url = f"https://in.xero.test/{found.document_id[:8]}"
            return answer(desk, call, "OnlineInvoices", [{"OnlineInvoiceUrl": url}])
        case ("POST", (key, "Email")):
            return _email(desk, by_key(desk, key))
        case (_, (key, "History")):
            return history.serve(desk, call, by_key(desk, key).document_id)
        case _:
            raise NotFound


def by_key(desk: Desk, key: str) -> Document:
    """Return the invoice with that id or number; raises NotFound."""
    found = desk.invoices.get(key.lower())
    if found is None and (by_number := desk.invoice_by_number.get(key.casefold())) is not None:
        found = desk.invoices[by_number]
    if found is None:
        raise NotFound
    return found


def _put(desk: Desk, call: Call, element: Json) -> Json:
    invoice_id = read_guid(element, "InvoiceID")
    if invoice_id and desk.invoices.get(invoice_id) is not None:
        raise Refused("An invoice with this InvoiceID already exists.")
    made, warnings = documents.create(desk, INVOICE, element, four_places=call.four_places)
    return written_invoice(desk, made, warnings, four_places=call.four_places)


def _post(desk: Desk, call: Call, element: Json) -> Json:
    invoice_id = read_guid(element, "InvoiceID")
    if invoice_id:
        found = desk.invoices.get(invoice_id)
        if found is None:
            raise Refused("An existing Invoice with the specified InvoiceID could not be found")
        return _changed(desk, call, found, element)
    number = read_text(element, "InvoiceNumber") or ""
    known = desk.invoice_by_number.get(number.casefold()) if number and element.get("Type") != "ACCPAY" else None
    if known is None:
        return _put(desk, call, element)
    found = desk.invoices[known]
    if found.status in {"VOIDED", "DELETED", "PAID"}:
        # By number a paid invoice is closed too, although its few open fields can be changed by id.
        raise Refused(NOT_FOR_MODIFICATION, hide=("InvoiceNumber",))
    return _changed(desk, call, found, element)


def _changed(desk: Desk, call: Call, former: Document, element: Json) -> Json:
    changed, warnings = documents.update(desk, INVOICE, former, element, four_places=call.four_places)
    return written_invoice(desk, changed, warnings, four_places=call.four_places)


def _one(desk: Desk, call: Call, found: Document) -> Response:
    if "application/pdf" in call.request.headers.get("accept", ""):
        return Response(status=200, headers=(("Content-Type", "application/pdf"),), body=b"%PDF-1.4\n%%EOF\n")
    shown = full_invoice(desk, found, four_places=call.four_places, single=True)
    return answer(desk, call, "Invoices", [shown])


def _list(desk: Desk, call: Call) -> Response:
    ids, numbers = values(call, "IDs"), values(call, "InvoiceNumbers")
    contact_ids, statuses = values(call, "ContactIDs"), values(call, "Statuses")
    term, mine = fold(call.request.first("searchTerm")), is_true(call, "createdByMyApp")
    rows = list(desk.invoices.rows.values())
    if ids:
        rows = [it for it in rows if it.document_id in ids]
    if numbers:
        rows = [it for it in rows if it.number.casefold() in numbers]
    if contact_ids:
        rows = [it for it in rows if it.contact_id in contact_ids]
    if statuses:
        rows = [it for it in rows if it.status.casefold() in statuses]
    if mine:
        rows = [it for it in rows if it.created_by_client == desk.client_id]
    if term:
        rows = [it for it in rows if term in fold(f"{it.number}\n{it.reference}")]
    if call.request.first("includeArchived").casefold() == "false":
        rows = [it for it in rows if it.status != "DELETED"]
    summary = is_true(call, "summaryOnly")
    chosen = select(call, rows, listing(desk), lag_s=desk.switches.read_lag_s)
    page = paginate(call, chosen, forced=summary or bool(statuses))
    if summary:
        shown = [summary_invoice(desk, it) for it in page.rows]
    elif page.pagination is None:
        shown = [thin_invoice(desk, it) for it in page.rows]
    else:
        shown = [full_invoice(desk, it, four_places=call.four_places, single=False) for it in page.rows]
    return answer(desk, call, "Invoices", shown, page.pagination)


def _email(desk: Desk, found: Document) -> Response:
    if found.type != "ACCREC" or found.status not in _EMAILED or not desk.contacts[found.contact_id].email:
        return plain_error(10, "ValidationException", "The invoice cannot be emailed.")
    return Response(status=204)
