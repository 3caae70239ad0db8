"""Credit: used only when the practice says so, and then really used, whoever was merged into whom meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko.simulator import find
from tests.faults.comparing import GONE, is_adjustment
from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from tests.faults.checker import Checker
    from tests.faults.expected import Expected

_USED = {20, 30}


def judge_allocation(checker: Checker, one: Any, books: Books) -> None:
    """Credit that we use on an invoice was used in the practice at some time: an open credit stays open."""
    note, invoice = books.credit_notes.get(one.source_id), books.invoices.get(one.invoice_id)
    if note is None or invoice is None:
        return
    credit = checker.versions.get(note.reference.removeprefix("cliniko:"), [])
    original = checker.versions.get(invoice.reference.removeprefix("cliniko:"), [])
    if not credit or not original or is_adjustment(note, credit[-1]):
        return
    if not any(version.status in _USED for version in credit) and not any(one.status == 30 for one in original):
        raise Violation("fidelity", f"{note.number} is open credit in the practice, and we used it on {invoice.number}")


def judge_credit(checker: Checker, now: Expected, main: Any, books: Books) -> None:
    """Credit that was used on its original is used in the books too, as far as both are open."""
    credit = find(checker.sim.practice, "invoices", now.invoice_id) or {}
    original = checker.versions.get(str(credit.get("original_invoice_id") or ""), [])
    if not original or not now.is_credit or not (now.status in _USED or original[-1].status == 30):
        return
    open_ones = [
        invoice for invoice in books.invoices.values()
        if invoice.reference == original[-1].reference and invoice.status not in GONE and invoice.outstanding
        and not is_adjustment(invoice, original[-1]) and invoice.document_id not in checker.touched
    ]  # fmt: skip
    apart = {place for place in checker.forms.taken_apart_ever if place[0] == main.document_id}
    if open_ones and main.outstanding and not apart:
        raise Violation("unused credit", f"{main.number} was used in the practice, and {open_ones[0].number} is open")


def judge_holds(holds: list[dict[str, Any]], books: Books) -> None:
    """Credit waits for a merge only where the two documents really stand on two contacts."""
    numbers = {held.number: held for held in (*books.invoices.values(), *books.credit_notes.values())}
    for hold in holds:
        if hold["code"] != "contacts_differ":
            continue
        note, invoice = (numbers[hold["detail"][name]] for name in ("credit", "invoice"))
        if note.contact_id == invoice.contact_id:
            raise Violation("needless hold", f"{note.number} and {invoice.number} stand on one contact")
