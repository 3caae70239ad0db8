"""The credit notes endpoint, and reading prepayments and overpayments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import allocations, documents, history
from ligament.connectors.xero.simulator.document_views import credit
from ligament.connectors.xero.simulator.documents import CREDIT_NOTE
from ligament.connectors.xero.simulator.envelope import Call, answer, run_batch, run_elements
from ligament.connectors.xero.simulator.errors import NotFound, Refused
from ligament.connectors.xero.simulator.invoices import listing
from ligament.connectors.xero.simulator.query import paginate, select, values
from ligament.connectors.xero.simulator.wire import Json, read_guid, read_text

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk, Table
    from ligament.connectors.xero.simulator.records import Document
    from ligament.simkit.messages import Response

_UNKNOWN = "An existing Credit Note with the specified CreditNoteID could not be found"
_ID_KEYS = {"Prepayments": "prepaymentid", "Overpayments": "overpaymentid", "CreditNotes": "creditnoteid"}


def serve(desk: Desk, call: Call) -> Response:
    """Serve /CreditNotes and what lies below it."""
    match (call.method, call.segments):
        case ("GET", ()):
            return _list(desk, call, "CreditNotes", "credit_notes", desk.credit_notes)
        case ("GET", (key,)):
            return _one(desk, call, "CreditNotes", "credit_notes", _by_key(desk, key))
        case ("PUT", ()):
            return run_batch(desk, call, "CreditNotes", "CreditNoteID", lambda it: _put(desk, call, it))
        case ("POST", ()):
            return run_batch(desk, call, "CreditNotes", "CreditNoteID", lambda it: _post(desk, call, it))
        case ("POST", (key,)):
            target = _by_key(desk, key)
            return run_elements(
                desk, call, "CreditNotes", "CreditNoteID", call.elements("CreditNotes")[:1],
                lambda it: _changed(desk, call, target, it), summarises=True,
            )  # fmt: skip
        case (_, (key, "Allocations", *rest)):
            found = _by_key(desk, key)
            return allocations.serve(desk, call, "credit_notes", found, tuple(rest))
        case (_, (key, "History")):
            return history.serve(desk, call, _by_key(desk, key).document_id)
        case _:
            raise NotFound


def serve_prepayments(desk: Desk, call: Call) -> Response:
    return _serve_received(desk, call, "Prepayments", "prepayments", desk.prepayments)


def serve_overpayments(desk: Desk, call: Call) -> Response:
    return _serve_received(desk, call, "Overpayments", "overpayments", desk.overpayments)


def _serve_received(desk: Desk, call: Call, plural: str, name: str, table: Table[Document]) -> Response:
    match (call.method, call.segments):
        case ("GET", ()):
            return _list(desk, call, plural, name, table)
        case ("GET", (key,)):
            return _one(desk, call, plural, name, _in(table, key))
        case (_, (key, "Allocations", *rest)):
            return allocations.serve(desk, call, name, _in(table, key), tuple(rest))
        case (_, (key, "History")):
            return history.serve(desk, call, _in(table, key).document_id)
        case _:
            raise NotFound


def _in(table: Table[Document], key: str) -> Document:
    found = table.get(key.lower())
    if found is None:
        raise NotFound
    return found


def _by_key(desk: Desk, key: str) -> Document:
    return _in(desk.credit_notes, desk.note_by_number.get(key.casefold()) or key)


def _put(desk: Desk, call: Call, element: Json) -> Json:
    note_id = read_guid(element, "CreditNoteID")
    if note_id and desk.credit_notes.get(note_id) is not None:
        raise Refused("A credit note with this CreditNoteID already exists.")
    made, _ = documents.create(desk, CREDIT_NOTE, element, four_places=call.four_places)
    return _shown(desk, call, made)


def _post(desk: Desk, call: Call, element: Json) -> Json:
    note_id = read_guid(element, "CreditNoteID")
    if note_id:
        found = desk.credit_notes.get(note_id)
        if found is None:
            raise Refused(_UNKNOWN)
        return _changed(desk, call, found, element)
    known = desk.note_by_number.get((read_text(element, "CreditNoteNumber") or "").casefold())
    if known is None:
        return _put(desk, call, element)
    return _changed(desk, call, desk.credit_notes[known], element)


def _changed(desk: Desk, call: Call, former: Document, element: Json) -> Json:
    changed, _ = documents.update(desk, CREDIT_NOTE, former, element, four_places=call.four_places)
    return _shown(desk, call, changed)


def _shown(desk: Desk, call: Call, document: Document) -> Json:
    return credit(desk, "credit_notes", document, thin=False, four_places=call.four_places, single=True)


def _one(desk: Desk, call: Call, plural: str, name: str, found: Document) -> Response:
    shown = credit(desk, name, found, thin=False, four_places=call.four_places, single=True)
    return answer(desk, call, plural, [shown])


def _list(desk: Desk, call: Call, plural: str, name: str, table: Table[Document]) -> Response:
    ids, numbers = values(call, "IDs"), values(call, "InvoiceNumbers")
    rows = [it for it in table.rows.values() if (not ids or it.document_id in ids)]
    if numbers and plural == "Prepayments":
        rows = [it for it in rows if it.reference.casefold() in numbers]
    fields = listing(desk, number_key="creditnotenumber", id_key=_ID_KEYS[plural])
    chosen = select(call, rows, fields, lag_s=desk.switches.read_lag_s)
    page = paginate(call, chosen)
    thin = page.pagination is None
    shown = [credit(desk, name, it, thin=thin, four_places=call.four_places, single=False) for it in page.rows]
    return answer(desk, call, plural, shown, page.pagination)
