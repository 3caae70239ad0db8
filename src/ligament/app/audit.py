"""Audit: a read-only comparison with what is in the books already, whoever made it, also beside another link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ligament import __version__
from ligament.app.reports.billed import Billed
from ligament.app.reports.files import NO_FILES, Files, write_files
from ligament.app.reports.sheets import books_sheets, everybodys_names, practice_sheets
from ligament.app.results import DONE, WAITS, Result
from ligament.app.safety.after_restore import settle
from ligament.core.audit_pairs import BooksSheet, Pairing, PracticeSheet, SheetKind, pair_up, sum_of
from ligament.core.audits import AuditOutcome, AuditWords, BankLine, Finding, FindingKind, judge
from ligament.core.ledgers import BooksReceipt, Chart
from ligament.core.money import ZERO, readable, two_places
from ligament.core.periods import Period, local_moment
from ligament.core.tables import (
    Cell,
    Figure,
    Medium,
    Point,
    Report,
    Table,
    count_column,
    date_column,
    fixed,
    money_column,
    text_column,
)
from ligament.flow.read.read import read_books, read_chart, read_practice
from ligament.store.queries.reports import report_rows
from ligament.wiring.clinic import Clinic
from ligament.wiring.exclusive import alone_for

_PATIENCE_MS = 600_000
_INCOME = "revenue"
_WORDS: Mapping[FindingKind, str] = {
    FindingKind.MISSING: "Missing",
    FindingKind.DOUBLED: "Posted more than once",
    FindingKind.DOUBLED_MONEY: "Money counted twice",
    FindingKind.STUCK_OPEN: "Paid, but still open",
    FindingKind.CREDIT_OPEN: "Credit left open",
    FindingKind.AMOUNT: "Another amount",
    FindingKind.TAX: "Another tax",
    FindingKind.DATE: "Another date",
    FindingKind.CONTACT: "Another contact",
    FindingKind.PAID_IN_BOOKS: "Settled in the books only",
    FindingKind.MERGED_NAMESAKES: "Two people on one contact",
    FindingKind.NOT_IN_PRACTICE: "Not in the practice",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compared:
    """What was laid side by side."""

    outcome: AuditOutcome
    practice: tuple[PracticeSheet, ...]
    books: tuple[BooksSheet, ...]
    bank_lines: int | None
    has_link: bool


def audit(clinic: Clinic, period: Period, files: Files = NO_FILES) -> Result:
    """Read both systems and tell what is wrong in the books; nothing is written to either."""
    began = clinic.clock.monotonic_ms()
    with alone_for(clinic, _PATIENCE_MS):
        settle(clinic)
        received = _read(clinic, period)
    compared = _compare(clinic, period, received)
    document = _document(clinic, period, compared)
    document["calls"] = clinic.meter.as_dict()
    document["bytes"] = clinic.meter.volume()
    document["seconds"] = (clinic.clock.monotonic_ms() - began) / 1000
    document = write_files(files, _report(clinic, period, compared, document), document)
    return Result(document=document, code=WAITS if compared.outcome.findings else DONE)


def _read(clinic: Clinic, period: Period) -> tuple[BooksReceipt, ...] | None:
    """Read what changed in both systems into our own copy, and what was coded from the bank; None: not permitted."""
    store, book, tell = clinic.store, clinic.settings.rulebook, clinic.outside.tell
    read_practice(clinic.practice(), store, book, clinic.clock, tell)
    books = clinic.books_to_read()
    read_books(books, store, clinic.clock, tell)
    read_chart(books, store, clinic.clock)
    return books.received(period.first)


def _compare(clinic: Clinic, period: Period, received: tuple[BooksReceipt, ...] | None) -> _Compared:
    book = clinic.settings.rulebook
    with report_rows(clinic.journal) as rows:
        billed = Billed(rows=rows, rulebook=book)
        practice, books = practice_sheets(rows, billed), tuple(books_sheets(rows))
        words = AuditWords(
            practice=clinic.practice_manifest.title,
            books=clinic.books_manifest.title,
            prefix=book.invoices.prefix,
            names=everybodys_names(billed.everybody()),
            archived=rows.archived_numbers(),
        )
        bank = _bank_lines(received or (), rows.chart())
        has_link = rows.settings().native_link_on
    pairing: Pairing = pair_up(practice, books)
    return _Compared(
        outcome=judge(pairing, bank, words, period),
        practice=tuple(sheet for sheet in practice if period.covers(sheet.on)),
        books=tuple(sheet for sheet in books if period.covers(sheet.on) and not sheet.is_gone),
        bank_lines=None if received is None else len(received),
        has_link=has_link,
    )


def _bank_lines(received: Sequence[BooksReceipt], chart: Chart) -> list[BankLine]:
    incomes = {name for one in chart.accounts if one.account_class == _INCOME for name in (one.code, str(one.id))}
    return [
        BankLine(id=str(one.id), on=one.on, amount=one.amount, to_income=bool(incomes & set(one.accounts)))
        for one in received
    ]


# --- what is told -----------------------------------------------------------------------------------------------------


def _document(clinic: Clinic, period: Period, compared: _Compared) -> dict[str, Any]:
    outcome = compared.outcome
    return {
        "period": {
            "from": period.first.isoformat() if period.first else None,
            "to": period.last.isoformat() if period.last else None,
        },
        "score": two_places(outcome.score),
        "compared": {
            "practice": _counts(compared.practice),
            "books": _counts(compared.books),
            "agreeing": outcome.agreeing,
            "bank_lines": compared.bank_lines,
        },
        "findings": [_finding(one) for one in outcome.findings],
        "notes": _notes(clinic, compared),
    }


def _counts(sheets: Sequence[PracticeSheet] | Sequence[BooksSheet]) -> dict[str, Any]:
    kinds = Counter(sheet.kind for sheet in sheets)
    amounts = sum((sheet.total if sheet.kind is SheetKind.INVOICE else -sheet.total for sheet in sheets), ZERO)
    return {
        "invoices": kinds[SheetKind.INVOICE],
        "credit_notes": kinds[SheetKind.CREDIT_NOTE],
        "amount": two_places(amounts),
    }


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "number": one.number,
        "books_numbers": list(one.books_numbers),
        "amount": two_places(one.amount),
        "date": one.on.isoformat() if one.on else None,
        "sentence": one.sentence,
        "advice": one.advice,
    }


def _notes(clinic: Clinic, compared: _Compared) -> list[str]:
    books, practice = clinic.books_manifest.title, clinic.practice_manifest.title
    notes = []
    if compared.has_link:
        notes.append(f"{practice}'s own link to {books} is on. Nothing is posted while it is; this only read.")
    if compared.bank_lines is None:
        notes.append(
            f"Money counted twice was not looked for: the sign-in to {books} does not permit reading bank transactions."
        )
    notes.append("Part payments cannot be seen in the practice, so an invoice paid in part agrees with an open one.")
    return notes


def _report(clinic: Clinic, period: Period, compared: _Compared, document: Mapping[str, Any]) -> Report:
    outcome, now = compared.outcome, clinic.clock.now()
    share, count = f"{two_places(outcome.score)} %", len(outcome.findings)
    at_stake = sum((abs(one.amount) for one in outcome.findings), ZERO)
    return Report(
        name="audit",
        title="Audit of the books",
        subtitle=f"{clinic.settings.rulebook.clinic.name or clinic.settings.name}, {period.words()}",
        lead=(
            f"{share} of what the practice invoiced is in the books exactly once, as it should be."
            + (f" {count} {'thing' if count == 1 else 'things'} to put right." if count else " Nothing is wrong."),
        ),
        equation=(
            ("Agrees", share),
            ("In the practice", readable(sum_of(compared.practice))),
            ("Findings", f"{count:,}"),
            ("At stake", readable(at_stake)),
        ),
        figures=_figure(outcome.findings),
        tables=(_by_kind(outcome.findings), *_all(outcome.findings)),
        notes=tuple(document["notes"]),
        stamp=(
            ("Made", local_moment(now, clinic.settings.rulebook.clinic.time_zone)),
            ("By", f"Ligament {__version__}"),
        ),
        listing="findings",
    )


def _sums(findings: Sequence[Finding]) -> dict[FindingKind, tuple[int, Decimal]]:
    found = {kind: [one for one in findings if one.kind is kind] for kind in FindingKind}
    return {kind: (len(some), sum((abs(one.amount) for one in some), ZERO)) for kind, some in found.items() if some}


def _figure(findings: Sequence[Finding]) -> tuple[Figure, ...]:
    sums = _sums(findings)
    if len(sums) <= 1:
        return ()
    most = max(sums, key=lambda kind: sums[kind][1])
    caption = f'Most of the money is at stake under "{_WORDS[most].lower()}": {readable(sums[most][1])}.'
    points = tuple(Point(label=_WORDS[kind], series="", amount=amount) for kind, (_, amount) in sums.items())
    return (Figure(name="by_kind", title="Money at stake by cause", caption=caption, points=points),)


def _by_kind(findings: Sequence[Finding]) -> Table:
    sums = _sums(findings)
    columns = (
        text_column(name="cause", title="Cause", wide=True),
        count_column(name="findings", title="Findings"),
        money_column(name="amount", title="At stake"),
    )
    rows = fixed((_WORDS[kind], count, amount) for kind, (count, amount) in sums.items())
    totals: dict[str, Cell] = {"findings": len(findings), "amount": sum((amount for _, amount in sums.values()), ZERO)}
    return Table(name="by_kind", title="By cause", columns=columns, rows=rows, totals=totals)


def _all(findings: Sequence[Finding]) -> tuple[Table, Table]:
    """Return the findings as people read them, and as a spreadsheet sorts them: under the names of the document."""

    def listed(name: str, title: str, called: Callable[[FindingKind], str], media: frozenset[Medium]) -> Table:
        columns = (
            text_column(name="kind", title=title),
            text_column(name="number", title="Number"),
            text_column(name="books_numbers", title="In the books"),
            date_column(name="date", title="Date"),
            money_column(name="amount", title="Amount"),
            text_column(name="sentence", title="What is wrong", wide=True),
            text_column(name="advice", title="What to do", wide=True),
        )
        rows = fixed(
            (called(one.kind), one.number, ", ".join(one.books_numbers), one.on, one.amount, one.sentence, one.advice)
            for one in findings
        )
        return Table(name=name, title="Findings", columns=columns, rows=rows, media=media)

    read = listed("to_put_right", "Cause", lambda kind: _WORDS[kind], frozenset({Medium.PAGE, Medium.PAPER}))
    return read, listed("findings", "Kind", lambda kind: kind.value, frozenset({Medium.WORKBOOK}))
