"""What a person took away, and the practice calls due all the same, is listed: money that nobody speaks of is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko.simulator import find
from tests.faults.comparing import GONE, is_adjustment
from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from tests.faults.checker import Checker
    from tests.faults.expected import Expected

PAID, CLOSED = 20, 30


def judge_silence(checker: Checker, versions: list[Expected], papers: list[Any], books: Books) -> None:
    """An invoice that nothing lists has nothing to be said: of its voided document, its lost payment, its credit."""
    now = versions[-1]
    mains = [document for document in papers if not is_adjustment(document, now)]
    if now.gone or not mains or checker.forms.restored:
        return
    live = [document for document in mains if document.status not in GONE]
    if not live:
        _judge_voided(checker, versions, mains)
    else:
        _judge_removed(checker, versions, live)
        _judge_credit(checker, now, live[0], books)


def _judge_voided(checker: Checker, versions: list[Expected], mains: list[Any]) -> None:
    """A document that a person voided, and that was paid or changed here afterwards, is held (choice C36)."""
    known = [checker.forms.voided[one.document_id] for one in mains if one.document_id in checker.forms.voided]
    if not known:
        return
    then, now = versions[max(known) - 1], versions[-1]
    changed = now.total != then.total or (now.payable and not then.payable)
    if changed and now.total and then.total:
        raise Violation("silence", f"{now.number} was voided by a person and then paid or changed, and nothing says so")


def _judge_removed(checker: Checker, versions: list[Expected], live: list[Any]) -> None:
    """A payment of ours that a person removed is held while the practice calls the invoice paid (choice C35)."""
    now = versions[-1]
    for document in live:
        known = checker.forms.deleted.get(f"{document.number}/paid")
        stays = known is not None and all(one.status == PAID and one.payable for one in versions[known - 1 :])
        if stays and document.type == "ACCREC" and document.outstanding == document.total:
            raise Violation("silence", f"{now.number}: its payment was removed by a person, and nothing says so")


def _judge_credit(checker: Checker, now: Expected, main: Any, books: Books) -> None:
    """Credit that was used here, on a document that a person voided there, is held (choice C46)."""
    credit = find(checker.sim.practice, "invoices", now.invoice_id) or {}
    original = checker.versions.get(str(credit.get("original_invoice_id") or ""), [])
    if not original or not now.is_credit or original[-1].gone or now.status not in {PAID, CLOSED}:
        return
    papers = [
        one for one in books.invoices.values()
        if one.reference == original[-1].reference and not is_adjustment(one, original[-1])
    ]  # fmt: skip
    voided = papers and all(one.document_id in checker.forms.voided for one in papers)
    used = {place for place in checker.forms.taken_apart_ever if place[0] == main.document_id}
    if voided and main.outstanding and not used:
        raise Violation("silence", f"{now.number} was used on a document that a person voided, and nothing says so")
