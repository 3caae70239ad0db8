"""Documents: invoices and credit notes side by side with what stands in the books for them."""

from __future__ import annotations

from ligament.app.lists import document, documents
from ligament.web.api.answers import DocumentAnswer, DocumentRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there
from ligament.web.api.shapes import RecordFilter


def listed(asking: Asking) -> Told:
    """List invoices and credit notes, all or those that a text or number means."""
    wanted, pager = asking.query_as(RecordFilter), asking.pages
    with asking.opened() as clinic:
        rows = documents(clinic, text=wanted.q, number=wanted.number, after=pager.after_text, limit=pager.limit)
    return Told(document=pager.cut(rows, lambda row: (row["id"],), dict))


def show(asking: Asking) -> Told:
    """Tell one document with both sides."""
    with asking.opened() as clinic:
        found = document(clinic, asking.values["source_id"])
    if found is None:
        raise nothing_there()
    return Told(document=found)


CALLS = (
    Call(
        path=f"{CLINIC}/documents",
        answer=listed,
        does="Invoices and credit notes, with what stands in the books for them.",
        gives=DocumentRow,
        query=RecordFilter,
        is_list=True,
    ),
    Call(
        path=f"{CLINIC}/documents/{{source_id}}",
        answer=show,
        does="One document side by side: both sides, lines, why, holds, history.",
        gives=DocumentAnswer,
    ),
)
