"""Judgements: from one record and its documents to variances that explain its difference to the cent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ligament.core import explanations as say
from ligament.core.cases import Case, held_variance, opened
from ligament.core.comparisons import Judging, Pairing, Posted, books_split, owed_on_document, paid_on_document, sign_of
from ligament.core.differences import written_mark
from ligament.core.ledgers import BooksDocument, DocumentStatus
from ligament.core.links import Origin
from ligament.core.money import CENT, ZERO, cents, readable
from ligament.core.periods import australian
from ligament.core.receivables import judge_money
from ligament.core.variances import Cell, Fix, Needs, Variance, VarianceKind, in_parts, total_of

_DISMISSED = "dismissed"
_RULE = "rule:"


def judge(pairing: Pairing, how: Judging) -> list[Variance]:
    """Return every variance of a record; together they explain exactly what differs."""
    case = opened(pairing, how)
    found = [*_duplicates(case), *_of_document(case), *judge_money(case)]
    if pairing.aside and case.main is not None and not any(v.kind is VarianceKind.CONTACT for v in found):
        found.append(_billed_aside(case))
    assert case.is_even(), f"nothing explains a difference of {case.number}"
    return found if how.holds(pairing.invoice.issued_on) else [variance.outside() for variance in found]


# --- the document twice -----------------------------------------------------------------------------------------------


def _duplicates(case: Case) -> list[Variance]:
    """A record has one live document, and adjustments of it; every further one that bears its name is a duplicate."""
    main = case.main
    others = [held for held in case.pairing.live if held is not main and not held.is_adjustment]
    return [_duplicate(case, held, main) for held in others if main is not None]


def _duplicate(case: Case, held: Posted, main: Posted) -> Variance:
    document = held.document
    split = {cell: -amount for cell, amount in books_split(document, case.how.labels).items()}
    variance = case.make(
        VarianceKind.DUPLICATE,
        f"{document.number} over {readable(document.total)} stands in {case.how.books} beside "
        f"{main.document.number}, which is the one that counts.",
        books_id=document.id,
        number=document.number,
        books_on=document.on,
        which=document.id,
    )
    return case.explains(variance, split, -paid_on_document(document), -owed_on_document(document))


# --- the document itself ----------------------------------------------------------------------------------------------


def _of_document(case: Case) -> list[Variance]:
    hold = case.hold(of_money=False)
    if hold is not None:
        return [case.takes_all(held_variance(case, hold))]
    if case.main is None:
        return _without_document(case)
    if case.pairing.state == "skipped" and case.pairing.reason == _DISMISSED:
        return [case.takes_all(_left_out(case))]
    if not case.pairing.counts:
        return [case.takes_all(_archived(case))]
    return _beside_document(case)


def _without_document(case: Case) -> list[Variance]:
    """Nothing that counts stands in the books: left out on purpose, voided there, or missing."""
    pairing, how = case.pairing, case.how
    if not pairing.counts or (case.is_even() and pairing.state != "skipped"):
        return []
    if pairing.state == "skipped":
        return [case.takes_all(_left_out(case))]
    if pairing.state == "held":
        # What all records wait for, such as the practice's own link, is one question about the clinic.
        sentence = f"{case.named} waits, as everything does until then ({pairing.reason})."
        return [case.takes_all(case.make(VarianceKind.HELD, sentence, code=pairing.reason, cause="clinic"))]
    gone = [held for held in pairing.posted if held.link is not None and not held.link.voided_by_us]
    if gone:
        document = gone[-1].document
        word = "deleted" if document.status is DocumentStatus.DELETED else "voided"
        since = australian(how.local(document.updated_at))
        variance = case.make(
            VarianceKind.STATUS,
            f"{case.named} was {word} in {how.books} on {since}, and still stands in {how.title}.",
            books_id=document.id,
            books_on=document.on,
            target=document.id,
            fix=Fix.POST_AGAIN,
        )
        return [case.takes_all(variance)]
    return [case.takes_all(_missing(case))]


def _left_out(case: Case) -> Variance:
    reason = case.pairing.reason
    if reason == _DISMISSED:
        sentence = f"{case.named} was left out of {case.how.books} by a person's decision."
        return case.make(VarianceKind.HELD, sentence, needs=Needs.NOBODY, code=_DISMISSED)
    if reason.startswith(_RULE):
        sentence = f'{case.named} is left out by the rule "{reason.removeprefix(_RULE)}".'
    elif reason == "zero_total":
        sentence = f"{case.number} comes to nothing and is left out."
    else:
        sentence = f"{case.named} is left out ({reason})."
    return case.make(VarianceKind.SKIPPED, sentence, needs=Needs.NOBODY, code=reason)


def _missing(case: Case) -> Variance:
    pairing, how = case.pairing, case.how
    there = f"{case.named} is in {how.title} and not in {how.books}"
    if pairing.asks:
        return case.make(VarianceKind.MISSING, f"{there}: posting it waits for approval.")
    if pairing.state == "planned":
        sentence = f"{there} yet: the next run posts it."
        return case.make(VarianceKind.MISSING, sentence, needs=Needs.HEAL)
    return case.make(VarianceKind.MISSING, f"{there}.")


def _archived(case: Case) -> Variance:
    how, pairing = case.how, case.pairing
    word = "cancelled" if case.is_visit else "archived"
    there = f"{case.named} was {word} in {how.title} and still stands in {how.books}"
    if pairing.state == "planned" and not pairing.asks:
        return case.make(VarianceKind.STATUS, f"{there}: the next run voids it.", needs=Needs.HEAL)
    ending = ": voiding it waits for approval." if pairing.asks else "."
    return case.make(VarianceKind.STATUS, there + ending)


# --- both sides have it -----------------------------------------------------------------------------------------------


def _beside_document(case: Case) -> list[Variance]:
    """Both sides have it: the first of contact, amount, tax, date and status that differs names the difference."""
    main = case.main
    assert main is not None
    edits = {held.document.id: held.edits(case.how.merged) for held in case.counted}
    edited = next((held for held in case.counted if edits[held.document.id]), main)
    why = say.why_it_differs(case.pairing, edited, edits[edited.document.id], case.how)
    kind = _kind(case, edited, edits[edited.document.id])
    if kind is None:
        return _explained(case)
    variance = case.make(kind, _sentence(case, kind, edited, why), **_mending(case, edited, edits[edited.document.id]))
    variance = replace(variance, tax=_tax_difference(case), books_id=edited.document.id, books_on=edited.document.on)
    if kind is VarianceKind.TAX:
        variance = replace(variance, amount=variance.tax)
    split = dict(case.split)
    settled, owed = _induced(case, total_of(split))
    return [case.explains(variance, split, settled, owed)]


def _kind(case: Case, held: Posted, edits: tuple[str, ...]) -> VarianceKind | None:
    """Return what a difference is called, or nothing when the documents agree."""
    if "contact" in edits:
        return VarianceKind.CONTACT
    if total_of(case.split):
        return VarianceKind.AMOUNT
    if _taxes_differ(case, held, edits):
        return VarianceKind.TAX
    if case.main is not None and case.main.document.on != case.pairing.invoice.issued_on and not _adjusts_date(case):
        return VarianceKind.DATE
    return VarianceKind.EDITED_IN_BOOKS if edits else None


def _adjusts_date(case: Case) -> bool:
    """A record that an earlier date was agreed for by an approved adjustment keeps its document's own date."""
    return False if case.main is None else bool(case.main.link is not None and case.main.link.sent is None)


def _taxes_differ(case: Case, held: Posted, edits: tuple[str, ...]) -> bool:
    by_tax: dict[str, Decimal] = {}
    for (_, tax), amount in case.split.items():
        by_tax[tax] = by_tax.get(tax, ZERO) + amount
    if any(by_tax.values()):
        return True
    difference = abs(_tax_difference(case))
    taxed = sum(1 for line in case.pairing.invoice.lines if line.tax_rate)
    return difference > CENT * taxed or ("lines" in edits and bool(difference) and held.link is not None)


def _tax_difference(case: Case) -> Decimal:
    practice = cents(case.pairing.invoice.tax) if case.pairing.counts else ZERO
    return cents(practice - sum((sign_of(held.document) * held.document.tax for held in case.counted), ZERO))


def _sentence(case: Case, kind: VarianceKind, held: Posted, why: str) -> str:
    how, invoice, document = case.how, case.pairing.invoice, held.document
    match kind:
        case VarianceKind.CONTACT:
            return f"{case.number} stands under another contact in {how.books}: {why}."
        case VarianceKind.AMOUNT:
            books = cents(invoice.total) - total_of(case.split)
            return say.amounts(case.number, books, cents(invoice.total), why, how)
        case VarianceKind.TAX:
            practice = cents(invoice.tax)
            return say.taxes(case.number, practice - _tax_difference(case), practice, why, how)
        case VarianceKind.DATE:
            there = f"{case.number} is dated {australian(document.on)} in {how.books}"
            return f"{there} and {australian(invoice.issued_on)} in {how.title}: {why}."
        case _:
            return f"{case.number} says something else in {how.books} than was sent: {why}."


def _mending(case: Case, held: Posted, edits: tuple[str, ...]) -> dict[str, Any]:
    """Return who has to do something, and the fix where one can be offered."""
    pairing = case.pairing
    if not edits:
        return {"needs": Needs.HEAL if pairing.state == "planned" and not pairing.asks else Needs.PERSON}
    ours = held.link is not None and held.link.origin is Origin.MADE
    if ours and _may_put_back(case, held.document):
        return {"fix": Fix.PUT_BACK, "target": written_mark(held.document)}
    return {}


def _may_put_back(case: Case, document: BooksDocument) -> bool:
    locked = case.how.locked_to is not None and document.on <= case.how.locked_to
    return not document.has_money() and not locked and document.status is DocumentStatus.AUTHORISED


def _induced(case: Case, total: Decimal) -> tuple[Decimal, Decimal]:
    """Return what a difference of the totals makes differ in what is settled and owed, where it is settled or open."""
    if case.owed == total and not case.settled:
        return ZERO, total
    if case.settled == total and not case.owed:
        return total, ZERO
    if not total:
        return ZERO, ZERO
    return (ZERO, total) if case.pairing.owed else (total, ZERO) if case.pairing.settled else (ZERO, ZERO)


def _explained(case: Case) -> list[Variance]:
    """The documents agree: list what needs nobody, a cent of tax and adjustments that count in another month."""
    found = []
    tax = _tax_difference(case)
    if tax:
        practice = cents(case.pairing.invoice.tax)
        why = "each system rounds the tax in its own way"
        sentence = say.taxes(case.number, practice - tax, practice, why, case.how)
        found.append(case.make(VarianceKind.TAX_ROUNDING, sentence, needs=Needs.NOBODY, tax=tax, amount=tax))
    if case.split:
        found.append(_moved(case))
    return found


def _moved(case: Case) -> Variance:
    """An adjustment counts in the books in its own month, as was approved."""
    dated = [held for held in case.pairing.live if held.is_adjustment]
    named = say.listed([f"{held.document.number} on {australian(held.document.on)}" for held in dated])
    sentence = f"{case.number} was adjusted after its month by {named or 'a later document'}, as was approved."
    split: dict[Cell, Decimal] = dict(case.split)
    variance = case.make(VarianceKind.DATE, sentence, needs=Needs.NOBODY, which="adjusted")
    return replace(case.explains(variance, split, ZERO, ZERO), parts=in_parts(split))


def _billed_aside(case: Case) -> Variance:
    return case.make(
        VarianceKind.CONTACT,
        f"{case.number} is addressed to somebody who is neither the patient nor a known payer; the patient is billed.",
        needs=Needs.NOBODY,
        which="addressee",
    )
