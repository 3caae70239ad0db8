"""After healing: nothing lost, nothing wrong, everything in the books as it should be or listed with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko.simulator import find
from tests.faults.checker import Checker
from tests.faults.comparing import GONE, TABLES, agrees, is_adjustment, lines_of
from tests.faults.credits import judge_credit, judge_holds
from tests.faults.findings import Violation
from tests.faults.needless import judge_payment_holds
from tests.faults.pairs import judge_pairs, judge_typed_later
from tests.faults.silence import judge_silence

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from tests.faults.expected import Expected, Line


NEEDLESS = {
    "total_mismatch", "tax_mismatch", "unmapped_item", "unmapped_account", "unmapped_tax", "unmapped_tracking",
    "not_registered_for_gst", "unknown_status", "bad_record", "number_taken", "native_integration_on",
}  # fmt: skip
"""Holds for which these worlds never give a reason."""


def judge_all(checker: Checker, report: dict[str, Any]) -> None:
    """Compare every invoice of the practice with the books; `report` is what Ligament lists as held or skipped."""
    books = checker.sim.books.only()
    for hold in report["holds"]:
        if hold["code"] in NEEDLESS and not _legacy(checker, hold):
            raise Violation("needless hold", f"{hold['number']}: {hold['code']}: {hold['sentence']}")
    judge_holds(report["holds"], books)
    judge_payment_holds(checker, report["holds"], books)
    listed = {str(one["source_id"]) for name in ("holds", "skips", "waiting") for one in report[name]}
    refused = {str(one["source_id"]) for one in report["skips"] if one["reason"] == "refused"}
    listed |= _beside(checker, report["waiting"], refused)
    judge_pairs(checker.sim.practice, books, listed)
    judge_typed_later(checker, books, listed)
    papers: dict[str, list[Any]] = {}
    for table in TABLES:
        for document in getattr(books, table).values():
            papers.setdefault(document.reference, []).append(document)
    refusals = [one for one in report["skips"] if one["reason"] == "refused"]
    checker.barred.judge([*report["holds"], *report["waiting"], *refusals], books)
    for key, versions in checker.versions.items():
        if key not in listed:
            judge_silence(checker, versions, papers.get(versions[-1].reference, []), books)
            _judge(checker, versions, papers.get(versions[-1].reference, []), books)


def _beside(checker: Checker, waiting: list[dict[str, Any]], refused: set[str]) -> set[str]:
    """Return what cannot be either while something waits or was refused.

    That is both ends of a credit's use, and the credit of an invoice whose part-payment comes first.
    """
    numbers = {number for one in waiting for number in str(one["number"]).split(">")}
    held = refused | {str(one["source_id"]) for one in waiting}
    found = {key for key, versions in checker.versions.items() if versions[-1].number in numbers}
    # Of two credit notes of one invoice the first may wait for a yes, and leaves nothing for the second to be used on.
    used = {number for one in waiting for number in str(one["number"]).split(">")[1:]}
    held |= {key for key, versions in checker.versions.items() if versions[-1].number in used}
    known = (find(checker.sim.practice, "invoices", key) or {} for key in checker.versions)
    return found | {str(one["id"]) for one in known if one and str(one.get("original_invoice_id")) in held}


def _legacy(checker: Checker, hold: dict[str, Any]) -> bool:
    """The practice's oldest method may show a cent of tax on lines without tax, which is worth a look."""
    invoice = find(checker.sim.practice, "invoices", hold["source_id"]) or {}
    return hold["code"] == "tax_mismatch" and invoice.get("calculation_method") == 1


def _judge(checker: Checker, versions: list[Expected], papers: list[Any], books: Books) -> None:
    now = versions[-1]
    by_hand = any(document.document_id in checker.touched for document in papers)
    live = [document for document in papers if document.status not in GONE]
    mains = [document for document in live if not is_adjustment(document, now)]
    if now.gone:
        if live and not by_hand:
            raise Violation("archived", f"{now.number} was archived in the practice and is still in the books")
        return
    if not mains:
        if not by_hand:
            raise Violation("lost", f"{now.number} is neither in the books nor listed: {now}")
        return
    if by_hand:
        return
    _judge_content(now, mains[0], [document for document in live if document is not mains[0]], books)
    _judge_money(checker, versions, live, books)
    judge_credit(checker, now, mains[0], books)


def _judge_content(now: Expected, main: Any, adjusting: Collection[Any], books: Books) -> None:
    extra = sum((_signed(document) for document in adjusting), Decimal(0))
    total = _signed(main) + extra
    wanted = -now.total if now.is_credit else now.total
    if total != wanted:
        raise Violation("stale", f"{now.number} comes to {total} in the books, expected {wanted}")
    if adjusting:
        told = _sums((line, _sign(document)) for document in (main, *adjusting) for line in lines_of(document, books))
        if told != _sums((line, -1 if now.is_credit else 1) for line in now.lines):
            raise Violation("stale", f"{now.number} and what adjusts it come to {told}, expected {now}")
    elif not agrees(main, now, books):
        raise Violation("stale", f"{now.number}: {main.dated_on} {lines_of(main, books)}, expected {now}")


def _sums(signed: Iterable[tuple[Line, int]]) -> dict[tuple[str, str], Decimal]:
    """Return what lines come to by account and tax."""
    found: dict[tuple[str, str], Decimal] = {}
    for (amount, account, tax), sign in signed:
        found[account, tax] = found.get((account, tax), Decimal(0)) + sign * amount
    return {key: total for key, total in found.items() if total}


def _sign(document: Any) -> int:
    return -1 if document.type == "ACCRECCREDIT" else 1


def _signed(document: Any) -> Decimal:
    total: Decimal = document.total
    return _sign(document) * total


def _judge_money(checker: Checker, versions: list[Expected], live: list[Any], books: Books) -> None:
    now = versions[-1]
    open_ones = [document for document in live if document.type == "ACCREC" and document.outstanding]
    if now.payable and open_ones:
        raise Violation("unpaid", f"{open_ones[0].number} is paid in the practice, {open_ones[0].outstanding} is open")
    same_total = len({one.total for one in versions}) == 1
    paid = [
        payment.reference
        for payment in books.payments.values()
        if payment.status == "AUTHORISED"
        and payment.reference.endswith("/paid")
        and any(payment.document_id == document.document_id for document in live)
        and payment.payment_id not in checker.touched
    ]
    if now.status == 10 and same_total and paid:
        raise Violation("still paid", f"{now.number} is open in the practice, and our payment {paid[0]} stands")
