"""One clinic's memory: the port of the flow, each method one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, select

from ligament.core.approvals import refused_by_person
from ligament.core.events import Event
from ligament.core.facts import Facts
from ligament.core.holds import Hold
from ligament.core.ids import BooksId, HoldId, RunId, SourceId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksContact, BooksDocument, BooksPayment, Chart, Organisation
from ligament.core.links import Decision, DecisionKind
from ligament.core.notes import is_told
from ligament.core.plans import Outcome, Plan
from ligament.core.receipts import REPLAY_WINDOW, Effect, WriteIntent
from ligament.core.records import Invoice, Party, Removal
from ligament.ports.errors import OutcomeUnknown
from ligament.ports.memory import Selection
from ligament.store.database.bulk import of_clinic, upsert
from ligament.store.database.codec import encode
from ligament.store.database.connection import Database
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import books_reference, cursors, notes, refusals
from ligament.store.journal.journal import Journal, Note, Writing, sealed_names
from ligament.store.mirror import books, practice
from ligament.store.mirror.portions import portions
from ligament.store.mirror.positions import KeptBooks, KeptRows
from ligament.store.mirror.renamed import follow_renames
from ligament.store.writes import decisions as people
from ligament.store.writes import effects as effect_rows
from ligament.store.writes import intents, outcomes, own_payments

if TYPE_CHECKING:
    # What reads a page has loaded its form; who only looks reads none.
    from ligament.ports.books import BooksPage
    from ligament.ports.practice import PracticePage

_CURSORS = of_clinic(cursors.c.stream, cursors.c.value).where(cursors.c.system == bindparam("system"))
_NOTE = of_clinic(notes.c.value).where(notes.c.name == bindparam("name"))
_NOTES = of_clinic(notes.c.name, notes.c.value).where(notes.c.name.in_(bindparam("names", expanding=True)))
HELD_UP = timedelta(seconds=5)
"""A call that waited longer than this after it was kept is kept anew: what it may do late is counted from then."""


class ClinicStore:
    """Implements `ports.memory.Memory` for one clinic; safe to share between threads."""

    def __init__(self, database: Database, clinic: str, clock_now: Callable[[], datetime], journal: Journal) -> None:
        self._database = database
        self._clinic = clinic
        self._now = clock_now
        self._journal = journal
        self._check: Callable[[Connection], None] = _unchecked
        self._look: Callable[[Connection], None] = _unchecked
        self._leaving: WriteIntent | None = None
        self._repeats = False

    @property
    def is_fenced(self) -> bool:
        """Whether a cycle holds the clinic just now, so that another worker can take it away."""
        return self._check is not _unchecked

    @contextmanager
    def fenced(
        self, check: Callable[[Connection], None], look: Callable[[Connection], None] | None = None
    ) -> Iterator[None]:
        """Meanwhile let `check` look, in the transaction of each step of a cycle, whether this cycle may still write.

        What it raises (Fenced) takes the whole transaction back. `look` does the same without keeping it so; it is
        asked before a call leaves.
        """
        self._check, self._look = check, look or check
        try:
            yield
        finally:
            self._check = self._look = _unchecked
            self._leaving = None

    # --- what both sides said -----------------------------------------------------------------------------------------
    def cursors(self, system: str) -> Mapping[str, str]:
        with self._database.reading() as connection:
            found = connection.execute(_CURSORS, {"clinic": self._clinic, "system": system})
            return {row.stream: row.value for row in found}

    def forget_cursors(self, system: str) -> None:
        """Forget the reading positions of a system, so that the next reading reads everything again."""
        with self._journal.writing() as writing:
            gone = delete(cursors).where(cursors.c.clinic == self._clinic, cursors.c.system == system)
            writing.connection.execute(gone)
            writing.add(Note(kind="note", public={"name": f"cursors of {system}", "after": "forgotten"}))

    def known_rows(self) -> KeptRows:
        return KeptRows(self._database, self._clinic)

    def known_books(self) -> KeptBooks:
        return KeptBooks(self._database, self._clinic)

    def keep_practice_page(self, page: PracticePage) -> frozenset[Subject]:
        with self._step() as writing:
            connection = writing.connection
            touched = practice.keep(connection, self._clinic, page.rows, page.whole_invoices, self._now(), writing.seal)
            self._keep_cursors(writing, "practice", page.cursors)
            outcomes.mark_dirty(connection, self._clinic, touched)
            return touched

    def keep_aside(self, page: PracticePage) -> None:
        with self._step() as writing:
            practice.keep(writing.connection, self._clinic, page.rows, page.whole_invoices, self._now(), writing.seal)
            self._keep_cursors(writing, "practice", page.cursors)

    def keep_parties(self, parties: Iterable[Party | Removal]) -> None:
        with self._journal.writing() as writing:
            practice.keep(writing.connection, self._clinic, parties, (), self._now(), writing.seal)

    def sealed(self, names: Collection[str]) -> Mapping[str, str]:
        return sealed_names(self._journal, names)

    def archived_patients(self, after: str, limit: int) -> tuple[SourceId, ...]:
        with self._database.reading() as connection:
            return practice.archived_patients(connection, self._clinic, after, limit)

    def known_patients(self) -> tuple[SourceId, ...]:
        with self._database.reading() as connection:
            return practice.known_patients(connection, self._clinic)

    def strangers(self) -> tuple[SourceId, ...]:
        with self._database.reading() as connection:
            return practice.strangers(connection, self._clinic)

    def half_forgotten(self) -> tuple[Subject, ...]:
        with self._database.reading() as connection:
            return practice.half_forgotten(connection, self._clinic)

    def forget(self, party: Subject) -> None:
        from ligament.store.journal import erasure  # noqa: PLC0415 - few runs erase anybody, and it knows every table

        erasure.forget(self._journal, party)

    def erase_anonymised(self) -> None:
        from ligament.store.journal import erasure  # noqa: PLC0415 - as above

        erasure.erase_anonymised(self._journal)

    def keep_invoices(self, invoices: Iterable[Invoice]) -> None:
        with self._journal.writing() as writing:
            practice.keep_invoices(writing.connection, self._clinic, invoices, self._now(), writing.seal)

    def keep_books_page(self, page: BooksPage) -> frozenset[Subject]:
        with self._step() as writing:
            touched = books.keep(writing.connection, self._clinic, page.contacts, page.documents)
            self._keep_cursors(writing, "books", page.cursors)
            outcomes.mark_dirty(writing.connection, self._clinic, touched)
            return touched

    def keep_books_records(self, contacts: Iterable[BooksContact], documents: Iterable[BooksDocument]) -> None:
        with self._journal.writing() as writing:
            books.keep(writing.connection, self._clinic, contacts, documents)

    def shows_ours(self) -> bool:
        with self._database.reading() as connection:
            return own_payments.shows_ours(connection, self._clinic)

    def relink_money(self, prefix: str, removed: Iterable[tuple[BooksId, BooksPayment]]) -> None:
        with self._step() as writing:
            own_payments.relink(writing, prefix, removed)

    def keep_organisation(self, organisation: Organisation) -> None:
        row = self._reference("organisation", organisation, self._now())
        with self._journal.writing() as writing:
            upsert(writing.connection, books_reference, [row])

    def keep_chart(self, chart: Chart, read_at: datetime) -> None:
        """Keep the chart as last read; what was renamed in it is renamed wherever it is kept."""
        with self._journal.writing() as writing:
            known = follow_renames(writing.connection, self._clinic, chart)
            upsert(writing.connection, books_reference, [self._reference("chart", known, read_at)])

    # --- facts and outcomes -------------------------------------------------------------------------------------------
    def portions(self, selection: Selection, size: int) -> tuple[Selection, ...]:
        with self._database.reading() as connection:
            return portions(connection, self._clinic, selection, size)

    def gather(self, selection: Selection) -> Facts:
        from ligament.store.mirror.facts import gather  # noqa: PLC0415 - who only looks at what waits gathers no facts

        with self._database.reading() as connection:
            return gather(connection, self._clinic, selection, self._now())

    def pending(self) -> frozenset[Subject]:
        with self._database.reading() as connection:
            return outcomes.pending(connection, self._clinic)

    def keep_outcomes(self, run_id: RunId, plan: Plan, considered: Collection[Subject]) -> None:
        with self._step() as writing:
            outcomes.keep(writing, run_id, plan, considered)

    def open_holds(self) -> tuple[Hold, ...]:
        with self._database.reading() as connection:
            return outcomes.open_holds(connection, self._clinic)

    def outcomes(self) -> tuple[Outcome, ...]:
        with self._database.reading() as connection:
            return outcomes.newest(connection, self._clinic)

    def decide(self, decision: Decision) -> None:
        with self._journal.writing() as writing:
            people.decide(writing, decision)

    def look_again(self, subjects: Collection[Subject]) -> None:
        """Let the next run look at these records again, though nothing about them changed."""
        with self._journal.writing() as writing:
            outcomes.mark_dirty(writing.connection, self._clinic, subjects)

    def dismissed(self, holds: Collection[Hold]) -> frozenset[HoldId]:
        """Return which of those holds a person has dismissed as they are shown."""
        found = self.answers(holds).items()
        return frozenset(key for key, answer in found if answer.decision is DecisionKind.DISMISSED)

    def left_by_people(self) -> frozenset[str]:
        """Return the records that people left as they are, by their keys."""
        with self._database.reading() as connection:
            return people.left(connection, self._clinic)

    def answers(self, holds: Collection[Hold]) -> Mapping[HoldId, Decision]:
        """Return what people answered to those holds as they are shown, by the hold's id."""
        with self._database.reading() as connection:
            return people.answers(connection, self._clinic, holds)

    def keep_refusal(self, action_key: str, content: str, words: str) -> None:
        with self._journal.writing() as writing:
            people.keep_refusal(writing, action_key, content, words)

    def refused_by_people(self) -> Mapping[str, tuple[str, str]]:
        """Return who refused what, and why, by action key."""
        kept = select(refusals.c.action_key, refusals.c.words).where(refusals.c.clinic == self._clinic)
        with self._database.reading() as connection:
            found = {row.action_key: refused_by_person(row.words) for row in connection.execute(kept)}
        return {key: told for key, told in found.items() if told is not None}

    def forget_refusals(
        self, subject: Subject, beside: Collection[str] = (), *, left: bool = False, only: Collection[str] = ()
    ) -> None:
        """Forget what was refused about a record, so that it is tried again, and about other subjects `beside` it.

        With `left` also that a person left it as it is; with `only` nothing but these of its actions, by their keys.
        """
        with self._journal.writing() as writing:
            if left:
                people.forget_dismissals(writing.connection, self._clinic, subject)
            about = refusals.c.subject.in_([subject.key, *sorted(beside)])
            about = refusals.c.action_key.in_(sorted(only)) if only else about
            gone = delete(refusals).where(refusals.c.clinic == self._clinic, about)
            writing.connection.execute(gone)
            outcomes.mark_dirty(writing.connection, self._clinic, frozenset({subject}))
            writing.add(Note(kind="decision", subject=subject.key, public={"decision": "retry"}))

    def note(self, name: str) -> str:
        with self._database.reading() as connection:
            given = {"clinic": self._clinic, "name": name}
            return connection.execute(_NOTE, given).scalar_one_or_none() or ""

    def notes(self, names: Collection[str]) -> Mapping[str, str]:
        """Return those of some small facts that are kept, by name, with one question."""
        given = {"clinic": self._clinic, "names": list(names)}
        with self._database.reading() as connection:
            return {row.name: row.value for row in connection.execute(_NOTES, given)}

    def keep_note(self, name: str, value: str, news: Iterable[Event] = ()) -> None:
        """Keep a small fact for the clinic; the journal tells when it changed, unless it is a mere position.

        `news` is what other tools are told when it did.
        """
        with self._journal.writing() as writing:
            before = writing.connection.execute(_NOTE, {"clinic": self._clinic, "name": name}).scalar_one_or_none()
            if before == value:
                return
            upsert(writing.connection, notes, [{"clinic": self._clinic, "name": name, "value": value}])
            writing.tell(*news)
            if is_told(name):
                writing.add(Note(kind="note", public={"name": name, "before": before, "after": value}))

    # --- writing safely -----------------------------------------------------------------------------------------------
    def open_intent(self, intent: WriteIntent) -> None:
        with self._step() as writing:
            intents.open_one(writing, intent)
        self._leaving, self._repeats = intent, False

    def resend_intent(self, intent: WriteIntent) -> None:
        with self._step() as writing:
            intents.resend(writing, intent)
        self._leaving, self._repeats = intent, True

    def may_write(self) -> None:
        """Look once more, right before a call leaves, whether this cycle may still write; raises Fenced.

        Between keeping a call and sending it lie waits: for a limit, for a sign-in, for a machine that was suspended.
        A repeated call that was held up for longer than its key may live does not leave: raises OutcomeUnknown, so that
        it is looked up first.
        """
        intent, now = self._leaving, self._now()
        if intent is None or intent.last_sent_at is None or now - intent.last_sent_at <= HELD_UP:
            with self._database.reading() as connection:
                self._look(connection)
            return
        if self._repeats and now - (intent.first_sent_at or now) >= REPLAY_WINDOW:
            raise OutcomeUnknown("A repeated call was held up for too long and did not leave.", f"intent {intent.id}")
        self._leaving = replace(intent, last_sent_at=now)
        with self._step() as writing:
            intents.leaves_late(writing, self._leaving)

    def unfinished_intents(self) -> tuple[WriteIntent, ...]:
        with self._database.reading() as connection:
            return intents.unfinished(connection, self._clinic)

    def close_intent(self, intent: WriteIntent, effects: Sequence[Effect], at: datetime) -> None:
        with self._step() as writing:
            intents.close(writing, intent)
            context = {"run": intent.run_id, "intent": intent.id}
            effect_rows.keep(writing, context, effects, at)

    def keep_effects(self, run_id: RunId, effects: Sequence[Effect], at: datetime) -> None:
        with self._step() as writing:
            effect_rows.keep(writing, {"run": run_id}, effects, at)

    # --- inside -------------------------------------------------------------------------------------------------------
    @contextmanager
    def _step(self) -> Iterator[Writing]:
        """Give one transaction of a cycle, which is refused when another worker has taken the clinic over."""
        with self._journal.writing() as writing:
            self._check(writing.connection)
            yield writing

    def _keep_cursors(self, writing: Writing, system: str, positions: Mapping[str, str]) -> None:
        fixed = {"clinic": self._clinic, "system": system}
        upsert(writing.connection, cursors, [{**fixed, "stream": s, "value": v} for s, v in positions.items()])

    def _reference(self, name: str, record: Organisation | Chart, read_at: datetime) -> dict[str, object]:
        return {"clinic": self._clinic, "name": name, "read_at": stamp(read_at), "body": encode(record)}


def _unchecked(connection: Connection) -> None:
    """Let everything pass: no lease is held, so no other worker can take anything over."""
