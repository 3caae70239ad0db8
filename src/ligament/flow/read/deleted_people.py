"""Whom the practice deleted for good: noticed while reading, and forgotten here too."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ligament.core.ids import SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.notes import (
    ALL_PATIENTS_SWEPT_NOTE,
    PATIENTS_SWEPT_NOTE,
    PATIENTS_TO_ASK_NOTE,
    PATIENTS_TO_FORGET_NOTE,
    ids_in,
    ids_written,
)
from ligament.core.periods import iso_instant
from ligament.core.records import Invoice, Party, PartyKind, PracticeRecord, Removal
from ligament.flow.read.missing_people import missing_among
from ligament.ports.memory import Memory
from ligament.ports.practice import Practice, PracticePage

ASKED_AT_MOST = 250
"""How many patients are asked for by their id in one reading; what is left waits in a note for the next one."""
SWEPT_AT_ONCE = 200
"""How many archived patients are looked for at once: only they can be deleted."""
SWEEP_EVERY = timedelta(minutes=30)
COUNT_EVERY = timedelta(days=1)
"""How often patients are counted, and some of those that nothing is said of are asked for: the practice may delete
somebody between two looks, and then no list ever shows them again."""
TURNED_AT_ONCE = 160
DOUBTED_FROM = 10
"""How many people at once may be gone without anybody being left."""


@dataclass(slots=True, kw_only=True)
class DeletionWatch:
    """Who was seen in one reading, who is gone, and whose invoices lost them."""

    seen: set[str] = field(default_factory=set)
    gone: dict[str, Subject] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    announced: set[str] = field(default_factory=set)
    is_anonymous: bool = False
    """Whether an invoice was seen that bears no patient: only deleting somebody makes one."""
    is_pooled: bool = False
    """Whether invoices without a patient are billed to their location, with what their lines say."""

    def begin(self, memory: Memory) -> None:
        """Take up whom an earlier reading, which did not come to its end, should have forgotten."""
        for key in filter(None, memory.note(PATIENTS_TO_FORGET_NOTE).split(",")):
            self.announced.add(key)
            kind, _, identifier = key.partition(":")
            self.gone[key] = _subject(kind, identifier)

    def announce(self, rows: Iterable[PracticeRecord | Removal], memory: Memory) -> None:
        """Before a page is kept, write down who on it is deleted, so that a crash right behind it loses nobody."""
        leaving = {f"{row.kind.value}:{row.id}" for row in rows if isinstance(row, Party) and row.deleted}
        if not leaving <= self.announced:
            self.announced |= leaving
            memory.keep_note(PATIENTS_TO_FORGET_NOTE, ",".join(sorted(self.announced)))

    def note(self, page: PracticePage, touched: Collection[Subject], memory: Memory) -> None:
        """Look at a page that was just kept, and at what it changed; whom to ask for is written down."""
        keys = {subject.key for subject in touched}
        self.seen.update(page.unchanged)
        for row in page.rows:
            if isinstance(row, Party):
                self.seen.add(row.id)
                subject = _subject(row.kind.value, row.id)
                if row.deleted and subject.key in keys:
                    self.gone[subject.key] = subject
            elif isinstance(row, Invoice):
                self.is_anonymous |= row.party_id is None
            elif isinstance(row, Removal) and row.kind in {kind.value for kind in PartyKind}:
                self.gone[f"{row.kind}:{row.id}"] = _subject(row.kind, row.id)
        lost = {subject.id for subject in touched if subject.kind is SubjectKind.PATIENT} - self.seen
        if lost - self.lost:
            self.lost |= lost
            memory.keep_note(PATIENTS_TO_ASK_NOTE, ids_written(ids_in(memory.note(PATIENTS_TO_ASK_NOTE)) | self.lost))

    def sweep(self, memory: Memory, now: datetime) -> None:
        """From time to time choose the next archived patients to be asked for: most deletions leave no other sign."""
        when, _, after = memory.note(PATIENTS_SWEPT_NOTE).partition("|")
        if when and timedelta(0) <= now - datetime.fromisoformat(when) < SWEEP_EVERY:
            return
        found = memory.archived_patients(after, SWEPT_AT_ONCE)
        self.lost |= set(found)
        reached = found[-1] if len(found) == SWEPT_AT_ONCE else ""
        memory.keep_note(PATIENTS_SWEPT_NOTE, f"{iso_instant(now)}|{reached}")

    def count(self, practice: Practice, memory: Memory, now: datetime, *, is_whole: bool, at_once: bool) -> None:
        """Once a day, on request and after a whole reading, choose whom to ask for of those that no list shows."""
        when, _, after = memory.note(ALL_PATIENTS_SWEPT_NOTE).partition("|")
        is_due = not when or not timedelta(0) <= now - datetime.fromisoformat(when) < COUNT_EVERY
        if not (is_whole or at_once or is_due):
            return
        self.is_anonymous = True
        self.gone |= {subject.key: subject for subject in memory.half_forgotten()}
        # After an old backup nobody here may know somebody whom the books still show by name.
        self.lost |= set(memory.strangers())
        known = memory.known_patients()
        if is_whole:
            self.lost |= set(known) - self.seen
            reached = after
        else:
            self.lost |= missing_among(practice, known)
            ahead = [one for one in known if (len(one), one) > (len(after), after)] or known
            turn = ahead[:TURNED_AT_ONCE]
            self.lost |= set(turn)
            reached = turn[-1] if turn else ""
        memory.keep_note(ALL_PATIENTS_SWEPT_NOTE, f"{iso_instant(now)}|{reached}")

    def settle(self, practice: Practice, memory: Memory) -> None:
        """Ask for patients whom nothing but a lost invoice told about, and forget everybody who is gone."""
        before = ids_in(memory.note(PATIENTS_TO_ASK_NOTE))
        asked = sorted((self.lost | before) - self.seen)
        found = practice.read_parties([SourceId(held) for held in asked[:ASKED_AT_MOST]]) if asked else ()
        gone = [party.id for party in found if isinstance(party, Removal) or party.deleted]
        left = asked[ASKED_AT_MOST:]
        if self._is_credible(gone, asked, practice, memory):
            self.gone |= {one.key: one for one in (_subject(PartyKind.PATIENT.value, held) for held in gone)}
        else:
            left += gone
        memory.keep_parties([party for party in found if not isinstance(party, Removal) and not party.deleted])
        for subject in self.gone.values():
            memory.forget(subject)
        if self.is_anonymous and not self.is_pooled:
            memory.erase_anonymised()
        if self.announced:
            memory.keep_note(PATIENTS_TO_FORGET_NOTE, "")
        if left or before:
            memory.keep_note(PATIENTS_TO_ASK_NOTE, ",".join(left))

    def _is_credible(self, gone: Sequence[str], asked: Sequence[str], practice: Practice, memory: Memory) -> bool:
        """Doubt an answer by which nobody at all is left: forgetting cannot be taken back."""
        if len(gone) <= DOUBTED_FROM or len(gone) < min(len(asked), ASKED_AT_MOST) or self.seen:
            return True
        known = memory.known_patients()
        return bool(known) and practice.count_patients(known[0], known[-1]) > 0


def _subject(kind: str, identifier: str) -> Subject:
    return Subject(kind=SubjectKind(kind), id=identifier)
