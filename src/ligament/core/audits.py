"""Audits: what is wrong in books that somebody else kept, how much money is at stake, and how much agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import partial

from ligament.core.audit_pairs import (
    BooksSheet,
    PaidAmount,
    Pair,
    Pairing,
    PracticeSheet,
    SheetKind,
    SheetState,
    sum_of,
)
from ligament.core.money import CENT, HUNDRED, ZERO, cents, readable
from ligament.core.periods import Period, australian

_LISTED = 20


class FindingKind(StrEnum):
    """What an audit finds."""

    MISSING = "missing"
    DOUBLED = "doubled"
    DOUBLED_MONEY = "doubled_money"
    STUCK_OPEN = "stuck_open"
    CREDIT_OPEN = "credit_open"
    AMOUNT = "amount"
    TAX = "tax"
    DATE = "date"
    CONTACT = "contact"
    PAID_IN_BOOKS = "paid_in_xero"
    MERGED_NAMESAKES = "merged_namesakes"
    NOT_IN_PRACTICE = "not_in_practice"


ADVICE: Mapping[FindingKind, str] = {
    FindingKind.MISSING: "Post it; the take-over plan lists it.",
    FindingKind.DOUBLED: "Look at both in {books} and void the one that nobody paid.",
    FindingKind.DOUBLED_MONEY: "Match the bank line with the payment in {books} and take the income line away.",
    FindingKind.STUCK_OPEN: "Enter the payment in {books}, or use the credit that paid it.",
    FindingKind.CREDIT_OPEN: "Allocate the credit to its invoice in {books}, or enter the refund.",
    FindingKind.AMOUNT: "Find out which side was edited; correct {books} with a credit note or an edit.",
    FindingKind.TAX: "Check the tax of each line before the next tax report.",
    FindingKind.DATE: "Correct the date in {books} when it falls into another reporting period.",
    FindingKind.CONTACT: "Change the contact of the document in {books}.",
    FindingKind.PAID_IN_BOOKS: "Enter the payment in {practice}, or take it off in {books}.",
    FindingKind.MERGED_NAMESAKES: "Give the second person a contact of their own in {books} and move the documents.",
    FindingKind.NOT_IN_PRACTICE: "Void it in {books} when it should not be there, or enter it in {practice}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong; `amount` is the money at stake, for `amount` and `tax` practice less books."""

    kind: FindingKind
    number: str = ""
    books_numbers: tuple[str, ...] = ()
    amount: Decimal = ZERO
    sentence: str = ""
    advice: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """PaidAmount received as a bank line of its own; `to_income` says that it was coded to an account of income."""

    id: str
    on: date
    amount: Decimal
    to_income: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditWords:
    """How the two systems are called, and what tells documents of the practice from others in the books.

    `names` are everybody the practice bills, as compared; `archived` the numbers of documents that it archived.
    """

    practice: str
    books: str
    prefix: str = ""
    names: frozenset[str] = frozenset()
    archived: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOutcome:
    """What an audit comes to; `score` is the share of the practice's amounts that agrees, from 0 to 100."""

    score: Decimal
    agreeing: int
    findings: tuple[Finding, ...]


@dataclass(slots=True, kw_only=True)
class _Audit:
    words: AuditWords
    period: Period
    open_credit_of: frozenset[str]
    found: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Keep a finding with the advice that goes with it."""
        advice = ADVICE[finding.kind].format(practice=self.words.practice, books=self.words.books)
        self.found.append(replace(finding, advice=advice))


def judge(pairing: Pairing, bank: Collection[BankLine], words: AuditWords, period: Period) -> AuditOutcome:
    """Return what is wrong with documents of the practice dated in the period, and with what is left in the books."""
    left_of = (pair.practice.original_id for pair in pairing.pairs if pair.books is not None and pair.books.left > ZERO)
    audit = _Audit(words=words, period=period, open_credit_of=frozenset(left_of))
    pairs = [pair for pair in pairing.pairs if period.covers(pair.practice.on)]
    agree = [pair.practice for pair in pairs if not _judge_pair(audit, pair)]
    _doubled_money(audit, pairs, bank)
    _namesakes(audit, pairs)
    _strangers(audit, pairing)
    every = sum_of(pair.practice for pair in pairs)
    score = cents(sum_of(agree) * HUNDRED / every) if every else HUNDRED + ZERO.quantize(CENT)
    order = list(FindingKind)
    found = sorted(audit.found, key=lambda one: (order.index(one.kind), one.on or date.min, one.number))
    return AuditOutcome(score=score, agreeing=len(agree), findings=tuple(found))


# --- one document -----------------------------------------------------------------------------------------------------


def _judge_pair(audit: _Audit, pair: Pair) -> bool:
    """Find what is wrong with one document; say whether anything is."""
    if pair.books is None:
        return _missing(audit, pair)
    wrong = [
        *_doubled(audit, pair, pair.books),
        *_differences(audit, pair.practice, pair.books),
        *_state(audit, pair.practice, pair.books),
    ]
    for finding in wrong:
        audit.add(finding)
    return bool(wrong)


def _missing(audit: _Audit, pair: Pair) -> bool:
    sheet = pair.practice
    if not sheet.total:
        # What comes to nothing is posted by nobody, and lacks nothing.
        return False
    voided = [one.number for one in pair.gone if one.kind is sheet.kind]
    why = f", where {_listed(voided)} was voided or deleted" if voided else ""
    audit.add(
        Finding(
            kind=FindingKind.MISSING,
            number=sheet.number,
            books_numbers=tuple(voided),
            amount=sheet.total,
            sentence=f"{_called(sheet)} of {australian(sheet.on)} over {readable(sheet.total)} "
            f"is not in {audit.words.books}{why}.",
            on=sheet.on,
        )
    )
    return True


def _doubled(audit: _Audit, pair: Pair, books: BooksSheet) -> Iterator[Finding]:
    if pair.doubles:
        numbers = (books.number, *(one.number for one in pair.doubles))
        times = "twice" if len(numbers) == 2 else f"{len(numbers)} times"  # noqa: PLR2004 - as people count
        yield Finding(
            kind=FindingKind.DOUBLED,
            number=pair.practice.number,
            books_numbers=numbers,
            amount=sum((one.total for one in pair.doubles), ZERO),
            sentence=f"{_called(pair.practice)} is in {audit.words.books} {times}: {_listed(numbers)}.",
            on=pair.practice.on,
        )


def _differences(audit: _Audit, sheet: PracticeSheet, books: BooksSheet) -> Iterator[Finding]:
    finding = partial(_about, sheet, books)
    words, name = audit.words, _called(sheet)
    if sheet.total != books.total:
        told = f"{name} is {readable(sheet.total)} in {words.practice} and {readable(books.total)} in {words.books}"
        yield finding(FindingKind.AMOUNT, sheet.total - books.total, books.defect or f"{told} ({books.number}).")
    elif abs(sheet.tax - books.tax) > CENT * max(sheet.lines, 1):
        told = f"{name} has {readable(sheet.tax)} of tax in {words.practice} and {readable(books.tax)} in {words.books}"
        yield finding(FindingKind.TAX, sheet.tax - books.tax, f"{told} ({books.number}).")
    if sheet.on != books.on:
        told = f"{name} is dated {australian(sheet.on)} in {words.practice} and {australian(books.on)} in {words.books}"
        yield finding(FindingKind.DATE, sheet.total, f"{told} ({books.number}).")
    if sheet.name and books.name != sheet.name and not books.subject:
        told = f"{name} is billed to somebody else in {words.books} than in {words.practice}"
        yield finding(FindingKind.CONTACT, sheet.total, f"{told} ({books.number}).")


def _about(sheet: PracticeSheet, books: BooksSheet, kind: FindingKind, amount: Decimal, sentence: str) -> Finding:
    numbers = (books.number,)
    return Finding(kind=kind, number=sheet.number, books_numbers=numbers, amount=amount, sentence=sentence, on=sheet.on)


def _state(audit: _Audit, sheet: PracticeSheet, books: BooksSheet) -> Iterator[Finding]:
    """Compare where both stand; part payments cannot be seen in the practice, so less than all due says nothing."""
    words, name = audit.words, _called(sheet)

    finding = partial(_about, sheet, books)
    settled = sheet.state in {SheetState.PAID, SheetState.CLOSED}
    if sheet.kind is SheetKind.CREDIT_NOTE:
        if settled and books.left > ZERO:
            told = f"{name} is used up in {words.practice}, but {readable(books.left)} of it is left in {words.books}."
            yield finding(FindingKind.CREDIT_OPEN, books.left, told)
        return
    if settled and (books.left > ZERO or books.is_draft):
        is_paid = sheet.state is SheetState.PAID
        if not is_paid and sheet.id in audit.open_credit_of:
            # The credit note that closed it is what was left undone, and is told as that.
            return
        said = "paid" if is_paid else "closed"
        where = "is still a draft" if books.is_draft else f"has {readable(books.left)} due"
        told = f"{name} is {said} in {words.practice}, but {where} in {words.books} ({books.number})."
        yield finding(FindingKind.STUCK_OPEN, books.left or sheet.total, told)
    if sheet.state is SheetState.OPEN and books.total and not books.left and not books.is_draft:
        told = f"{name} is open in {words.practice}, but settled in {words.books} ({books.number})."
        yield finding(FindingKind.PAID_IN_BOOKS, sheet.total, told)


# --- several documents ------------------------------------------------------------------------------------------------


def _doubled_money(audit: _Audit, pairs: Iterable[Pair], bank: Collection[BankLine]) -> None:
    """Find payments beside which the same money was coded to income, each bank line once."""
    lines: defaultdict[PaidAmount, list[BankLine]] = defaultdict(list)
    for line in bank:
        if line.to_income:
            lines[PaidAmount(on=line.on, amount=line.amount)].append(line)
    for pair in pairs:
        for payment in pair.books.payments if pair.books is not None else ():
            if lines[payment]:
                lines[payment].pop()
                assert pair.books is not None
                told = (
                    f"{_called(pair.practice)} was paid with {readable(payment.amount)} on {australian(payment.on)}, "
                    f"and a bank line of the same amount and day was coded to income as well: it counts twice."
                )
                audit.add(
                    Finding(
                        kind=FindingKind.DOUBLED_MONEY,
                        number=pair.practice.number,
                        books_numbers=(pair.books.number,),
                        amount=payment.amount,
                        sentence=told,
                        on=payment.on,
                    )
                )


def _namesakes(audit: _Audit, pairs: Iterable[Pair]) -> None:
    """Find contacts on which documents of several people of one name stand."""
    people: defaultdict[str, defaultdict[str, list[Pair]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        if pair.books is not None and pair.practice.person and pair.practice.name == pair.books.name:
            people[pair.books.contact_id][pair.practice.person].append(pair)
    for persons in people.values():
        if len(persons) > 1:
            groups = sorted(persons.values(), key=lambda group: -len(group))
            moved = [pair for group in groups[1:] for pair in group]
            numbers = tuple(pair.books.number for pair in moved if pair.books is not None)
            told = (
                f"{len(persons)} patients of one name share one contact in {audit.words.books}; "
                f"{_listed(numbers)} should stand on another."
            )
            audit.add(
                Finding(
                    kind=FindingKind.MERGED_NAMESAKES,
                    number=moved[0].practice.number,
                    books_numbers=numbers,
                    amount=sum_of(pair.practice for pair in moved),
                    sentence=told,
                    on=moved[0].practice.on,
                )
            )


def _strangers(audit: _Audit, pairing: Pairing) -> None:
    """Find documents of the books that look like the practice's and are none of it; what else is there is nobody's."""
    words = audit.words
    prefixes = {_prefix(pair.books) for pair in pairing.pairs if pair.books is not None and pair.books.key}
    shapes = {*prefixes, words.prefix} - {None}
    for one in pairing.left:
        looks_so = (bool(one.key) and _prefix(one) in shapes) or one.name in words.names
        if not one.total or not looks_so or not audit.period.covers(one.on):
            continue
        archived = f": it was archived in {words.practice}" if one.key in words.archived else ""
        audit.add(
            Finding(
                kind=FindingKind.NOT_IN_PRACTICE,
                books_numbers=(one.number,),
                amount=one.total,
                sentence=f"{one.number} of {australian(one.on)} over {readable(one.total)} is in {words.books}, but "
                f"not in {words.practice}{archived}.",
                on=one.on,
            )
        )


def _prefix(sheet: BooksSheet) -> str | None:
    """Return what stands before the digits of a number, without zeros."""
    return sheet.number.strip().removesuffix(sheet.key).rstrip("0") if sheet.key else None


def _called(sheet: PracticeSheet) -> str:
    return f"{'Credit note' if sheet.kind is SheetKind.CREDIT_NOTE else 'Invoice'} {sheet.number}"


def _listed(numbers: Sequence[str]) -> str:
    shown = ", ".join(numbers[:_LISTED])
    return f"{shown} and {len(numbers) - _LISTED} more" if len(numbers) > _LISTED else shown
