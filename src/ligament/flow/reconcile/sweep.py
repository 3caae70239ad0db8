"""Sweeping: what no time of change tells is found by counting months and listing those that differ or are due."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import DocumentKind
from ligament.core.notes import MONTHS_SWEPT_NOTE
from ligament.core.records import Removal
from ligament.flow.reconcile.vanished import doubt, settle
from ligament.ports.books import Books, BooksPage
from ligament.ports.comparison import MonthHeld, Months
from ligament.ports.errors import TryLater
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice, PracticePage
from ligament.ports.progress import Progress, silent

RECENT = timedelta(days=90)
"""What is that young is listed every time."""
ROUND = 30
"""In how many days every month is listed once, in portions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeping:
    """What sweeping needs: both systems, what is kept, the calendar, and how far back and how thoroughly to look.

    Months that end on or before `locked_to` and were proved equal are not read again until something in them changes.
    `title` is what the practice's system is called.
    """

    practice: Practice
    books: Books
    memory: Memory
    months: Callable[[], Months]
    now: datetime
    today: date
    start_on: date
    locked_to: date | None = None
    full: bool = False
    title: str = "The practice"
    tell: Progress = silent


@dataclass(slots=True, kw_only=True)
class Swept:
    """How far a sweep came: months known, counted and listed; `parked` says why it stopped before its end."""

    months: int = 0
    counted: int = 0
    listed: int = 0
    left: int = 0
    parked: str = ""
    parked_s: int = 0


@dataclass(slots=True, kw_only=True)
class _Log:
    """What earlier sweeps proved, by month: the day, and how the month was kept then."""

    swept: dict[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, memory: Memory) -> _Log:
        kept = json.loads(memory.note(MONTHS_SWEPT_NOTE) or "{}")
        return cls(swept={month: (held[0], held[1]) for month, held in kept.items()})

    def write(self, memory: Memory) -> None:
        memory.keep_note(MONTHS_SWEPT_NOTE, json.dumps(self.swept, sort_keys=True))

    def age(self, month: str, today: date) -> timedelta:
        held = self.swept.get(month)
        return today - date.fromisoformat(held[0]) if held is not None else timedelta(days=36_500)

    def proves(self, month: str, held: MonthHeld) -> bool:
        """Say whether the month was proved equal and is kept as it was then."""
        return month in self.swept and self.swept[month][1] == held.mark


def sweep(how: Sweeping) -> Swept:
    """Count and list as much as is due; raises the port errors but that the day's calls ran out, which is told."""
    log, swept = _Log.read(how.memory), Swept()
    held = how.months().held(how.start_on, how.today)
    swept.months = len(held)
    try:
        chosen = sorted(held) if how.full else _chosen(how, log, held, swept)
        spans = _spans(chosen)
        swept.left = len(chosen)
        for span in reversed(spans):
            _list(how, first=_first(span[0]), last=_last(span[-1]))
            fresh = how.months().held(how.start_on, how.today)
            for month in span:
                log.swept[month] = (how.today.isoformat(), fresh[month].mark)
            log.write(how.memory)
            swept.listed += len(span)
            swept.left -= len(span)
    except TryLater as trouble:
        if trouble.limit != "day":
            raise
        swept.parked, swept.parked_s = trouble.sentence, trouble.wait_s
    return swept


def _chosen(how: Sweeping, log: _Log, held: dict[str, MonthHeld], swept: Swept) -> list[str]:
    """Return the months to list: young ones, those whose counts differ, and the share of the others that is due."""
    young = {month for month in held if _last(month) >= how.today - RECENT}
    old = sorted(held.keys() - young)
    proved = {month for month in old if _is_locked(how, month) and log.proves(month, held[month])}
    open_ones = [month for month in old if month not in proved]
    differing = set()
    for month in open_ones:
        swept.counted += 1
        how.tell("count", swept.counted, len(open_ones))
        if not _same_count(how, month, held[month]):
            differing.add(month)
    share = -(-len(open_ones) // ROUND)
    due = [month for month in open_ones if log.age(month, how.today) >= timedelta(days=ROUND)]
    longest = sorted(due, key=lambda month: (-log.age(month, how.today).days, month))
    return sorted(young | differing | set(longest[:share]))


def _is_locked(how: Sweeping, month: str) -> bool:
    return how.locked_to is not None and _last(month) <= how.locked_to


def _same_count(how: Sweeping, month: str, held: MonthHeld) -> bool:
    first, last = _first(month), _last(month)
    return (
        how.practice.count_invoices(first, last) == held.practice
        and how.books.count_documents(DocumentKind.INVOICE.value, first, last) == held.invoices
        and how.books.count_documents(DocumentKind.CREDIT_NOTE.value, first, last) == held.credit_notes
    )


# --- listing ----------------------------------------------------------------------------------------------------------


def _list(how: Sweeping, *, first: date, last: date) -> None:
    """Keep everything that both sides list under those days, and look up what is kept there and not listed."""
    before = how.months().practice_ids(first, last)
    seen: set[str] = set()
    for listed in how.practice.list_invoices(first, last, how.memory.known_rows()):
        how.memory.keep_practice_page(listed.page)
        seen.update(listed.ids)
        how.tell("compare invoices", len(seen), listed.page.total)
    gone = _look_up_invoices(how, [SourceId(key) for key in sorted(before - seen)], len(before))
    settle(how.memory, seen | gone)
    for kind in DocumentKind:
        kept = how.months().books_ids(kind.value, first, last)
        found: set[str] = set()
        for page in how.books.list_documents(kind.value, first, last):
            how.memory.keep_books_page(page)
            found.update(document.id for document in page.documents)
            how.tell(f"compare {page.stream}", page.done, page.total)
        missing = [BooksId(key) for key in sorted(kept - found)]
        if missing:
            there = how.books.documents_by_id(kind.value, missing)
            how.memory.keep_books_page(BooksPage(stream="sweep", documents=there))


def _look_up_invoices(how: Sweeping, missing: Sequence[SourceId], kept: int) -> set[str]:
    """Ask by id for invoices that are not listed any more: they moved to other days, or are gone for good.

    Returns those that are kept as gone now; raises SignInAgain where most of those kept are gone at once.
    """
    if not missing:
        return set()
    there = how.practice.read_invoices(missing)
    if there:
        lines = tuple(line for invoice in there for line in invoice.lines)
        whole = tuple(invoice.id for invoice in there)
        how.memory.keep_practice_page(PracticePage(stream="sweep", rows=(*there, *lines), whole_invoices=whole))
    gone = set(missing) - {invoice.id for invoice in there}
    doubt(how.memory, gone, kept, how.now, how.title)
    rows = tuple(Removal(kind="invoice", id=key) for key in sorted(gone))
    if rows:
        how.memory.keep_practice_page(PracticePage(stream="sweep", rows=rows))
    return set(gone)


# --- months -----------------------------------------------------------------------------------------------------------


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _last(month: str) -> date:
    return (_first(month) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _spans(months: Iterable[str]) -> list[list[str]]:
    """Join months that follow each other: one list for all of them takes fewer calls."""
    spans: list[list[str]] = []
    for month in months:
        if spans and _last(spans[-1][-1]) + timedelta(days=1) == _first(month):
            spans[-1].append(month)
        else:
            spans.append([month])
    return spans
