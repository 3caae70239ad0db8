"""The first two stages: read what changed on both sides, keep it normalised, and say what is to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ligament.core.ids import BooksId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.notes import CHART_READ_NOTE, ORGANISATION_NOTE, REFERENCE_READ_NOTE
from ligament.core.periods import iso_instant
from ligament.core.records import Location, PracticeSettings, Practitioner, Visit
from ligament.core.rules.model import InvoiceSource, Privacy, Rulebook
from ligament.flow.read.deleted_people import DeletionWatch
from ligament.flow.read.practice_pin import check_practice
from ligament.ports.books import Books, BooksPage
from ligament.ports.clocks import Clock
from ligament.ports.memory import Memory, Selection
from ligament.ports.practice import Practice, ReadingScope
from ligament.ports.progress import Progress, silent

REFERENCE_AGE = timedelta(hours=3)
"""How old places, people and the chart may be before something is written."""
IDLE_AGE = timedelta(hours=24)
"""How old they may be while nothing is written."""
WAITED_AGE = timedelta(minutes=5)
"""How old the chart may be while a hold waits for a change in it."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """What one reading brought: the records to look at, and whether the chart was read."""

    changed: set[Subject] = field(default_factory=set)
    rows: int = 0


class Span(StrEnum):
    """How much of the practice is read: without what rarely moves, as usual, or with visits that are only listed.

    `THOROUGH` is as usual, and looks at once for people whom no list shows any more.
    """

    BRIEF = "brief"
    USUAL = "usual"
    THOROUGH = "thorough"
    WITH_VISITS = "with_visits"


def read_practice(
    practice: Practice,
    memory: Memory,
    rulebook: Rulebook,
    clock: Clock,
    tell: Progress = silent,
    span: Span = Span.USUAL,
) -> Reading:
    """Read what changed in the practice, page by page; every page is kept before the next is asked for."""
    reading = Reading()
    now = clock.now()
    stale = age_of(memory.note(REFERENCE_READ_NOTE), now) >= IDLE_AGE
    charged = rulebook.invoices.source is InvoiceSource.APPOINTMENTS
    scope = ReadingScope(
        cursors=memory.cursors("practice"),
        visits=charged or span is Span.WITH_VISITS,
        refresh_reference=stale,
        brief=span is Span.BRIEF,
        now=now,
    )
    people = DeletionWatch(is_pooled=rulebook.contacts.privacy is Privacy.POOLED)
    people.begin(memory)
    is_pinned = False
    for page in practice.read(scope, memory.known_rows()):
        if not charged and page.rows and all(isinstance(row, Visit) for row in page.rows):
            memory.keep_aside(page)
            reading.rows += len(page.rows)
            continue
        is_pinned |= _is_pinned(page.rows, memory)
        people.announce(page.rows, memory)
        touched = memory.keep_practice_page(page)
        people.note(page, touched, memory)
        reading.changed |= touched
        reading.rows += len(page.rows)
        tell(f"read {page.stream}", page.done, page.total)
    people.sweep(memory, now)
    if is_pinned:
        # Somebody who is unknown there is forgotten here for good, so that it has to be the practice that it was.
        people.count(practice, memory, now, is_whole=not scope.cursors, at_once=span is Span.THOROUGH)
    people.settle(practice, memory)
    if stale:
        memory.keep_note(REFERENCE_READ_NOTE, iso_instant(now))
    return reading


def _is_pinned(rows: Iterable[object], memory: Memory) -> bool:
    """Say whether the practice told who it is, and is the one it was; raises where it is another."""
    settings = [row for row in rows if isinstance(row, PracticeSettings)]
    for row in settings:
        check_practice(row, memory)
    return bool(settings)


def read_reference(practice: Practice, memory: Memory, clock: Clock) -> None:
    """Read places and people again, and nothing else: the stream stops before the first of the moving records."""
    now = clock.now()
    scope = ReadingScope(cursors=memory.cursors("practice"), refresh_reference=True, now=now)
    for page in practice.read(scope, memory.known_rows()):
        if not all(isinstance(row, Location | Practitioner | PracticeSettings) for row in page.rows) or page.cursors:
            break
        memory.keep_practice_page(page)
    memory.keep_note(REFERENCE_READ_NOTE, iso_instant(now))


def reference_is_old(memory: Memory, now: datetime) -> bool:
    """Say whether places and people have to be read again before documents are written."""
    return age_of(memory.note(REFERENCE_READ_NOTE), now) >= REFERENCE_AGE


def read_books(books: Books, memory: Memory, clock: Clock, tell: Progress = silent) -> Reading:
    """Read the organisation with its locks, and what changed in the books."""
    reading = Reading()
    organisation = books.organisation()
    memory.keep_organisation(organisation)
    if not memory.note(ORGANISATION_NOTE):
        memory.keep_note(ORGANISATION_NOTE, organisation.id)
    _read_streams(books, memory, clock, tell, reading)
    return reading


def read_documents(
    books: Books, memory: Memory, clock: Clock, streams: frozenset[str], tell: Progress = silent
) -> Reading:
    """Read what changed among documents of these streams: nothing else moved, or what moved is told by the next run."""
    reading = Reading()
    _read_streams(books, memory, clock, tell, reading, streams)
    return reading


def _read_streams(
    books: Books, memory: Memory, clock: Clock, tell: Progress, reading: Reading, only: frozenset[str] | None = None
) -> None:
    for page in books.read(memory.cursors("books"), memory.known_books(), clock.now(), only):
        reading.changed |= memory.keep_books_page(page)
        reading.rows += len(page.contacts) + len(page.documents)
        tell(f"read {page.stream}", page.done, page.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """Somebody said that a record of the books changed: `kind` is `contact`, `invoice` or `credit_note`."""

    kind: str
    id: BooksId
    at: datetime | None = None


_STREAMS = {"contact": "contacts", "invoice": "invoices", "credit_note": "credit_notes"}
_AT_ONCE = 40
_MOST_NAMED = {"contact": 200, "invoice": 200, "credit_note": 5}
"""How many of a kind are read by name in a turn: somebody changed more at once, and the list of changes is shorter."""


def read_hinted(books: Books, memory: Memory, clock: Clock, hints: Iterable[Hint], tell: Progress = silent) -> Reading:
    """Read only what hints name, unless it is kept as it was at that moment or later; nothing else they say counts.

    Where they name very many of a kind, what changed of it is read as a list, which costs few calls.
    """
    reading = Reading()
    wanted = list(hints)
    for kind, stream in _STREAMS.items():
        unknown = _unknown([hint for hint in wanted if hint.kind == kind], stream, memory)
        if len(set(unknown)) > _MOST_NAMED[kind]:
            _read_streams(books, memory, clock, tell, reading, frozenset({stream}))
            continue
        for ids in _at_once(unknown):
            if kind == "contact":
                page = BooksPage(stream=stream, contacts=books.contacts_by_id(ids))
            else:
                page = BooksPage(stream=stream, documents=books.documents_by_id(kind, ids))
            reading.changed |= memory.keep_books_page(page)
            reading.rows += len(page.contacts) + len(page.documents)
            tell(f"read {stream}", reading.rows, 0)
    return reading


def _unknown(hints: Sequence[Hint], stream: str, memory: Memory) -> list[BooksId]:
    """Return what is not kept yet as it was then: most hints are the echo of our own writes."""
    known = memory.known_books().updated(stream, [hint.id for hint in hints])
    return [hint.id for hint in hints if hint.at is None or hint.id not in known or known[hint.id] < hint.at]


def _at_once(ids: list[BooksId]) -> Iterator[list[BooksId]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def read_chart(books: Books, memory: Memory, clock: Clock, *, groups: bool = False) -> None:
    """Read accounts, tax rates and tracking before anything is written: they may have been archived meanwhile.

    Contact groups are one further call, made only where the clinic uses them.
    """
    chart = books.chart()
    memory.keep_chart(replace(chart, groups=books.groups()) if groups else chart, clock.now())
    memory.keep_note(CHART_READ_NOTE, iso_instant(clock.now()))


def chart_is_old(memory: Memory, now: datetime, *, waited_for: bool) -> bool:
    """Say whether the chart has to be read again though nothing is written; sooner when something waits for it."""
    return age_of(memory.note(CHART_READ_NOTE), now) >= (WAITED_AGE if waited_for else IDLE_AGE)


def age_of(noted: str, now: datetime) -> timedelta:
    """Return how long ago something was noted; very long where it never was, or where the clock went back."""
    if not noted:
        return timedelta(days=3650)
    age = now - datetime.fromisoformat(noted)
    return age if age >= timedelta(0) else timedelta(days=3650)


def selection_of(subjects: set[Subject]) -> Selection:
    """Return which records a plan is about."""

    def ids(*kinds: SubjectKind) -> frozenset[str]:
        return frozenset(subject.key if len(kinds) > 1 else subject.id for subject in subjects if subject.kind in kinds)

    return Selection(
        invoices=ids(SubjectKind.INVOICE),
        parties=ids(SubjectKind.PATIENT, SubjectKind.PAYER),
        visits=ids(SubjectKind.VISIT),
    )


EVERYTHING = Selection(invoices=None, parties=None, visits=None)
