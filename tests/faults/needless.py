"""Holds that nobody gave a reason for: whoever is asked about what never happened stops believing what is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from tests.faults.checker import Checker


def judge_payment_holds(checker: Checker, holds: list[dict[str, Any]], books: Books) -> None:
    """A payment is held as taken off only where a person in the books left more open on that document (C35).

    What we took back ourselves, because the practice opened the invoice again, was not taken off by anybody; after an
    old backup was put back nobody can tell the two apart.
    """
    if checker.forms.restored:
        return
    ours = {document.number: document.document_id for document in books.invoices.values()}
    for hold in holds:
        if hold["code"] == "payment_removed" and ours[hold["detail"]["books_number"]] not in checker.reopened:
            raise Violation("needless hold", f"{hold['number']}: nobody took a payment off, yet: {hold['sentence']}")
