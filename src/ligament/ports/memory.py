"""What the flow needs of the store, for one clinic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from ligament.core.facts import Facts
    from ligament.core.holds import Hold
    from ligament.core.ids import BooksId, RunId, SourceId
    from ligament.core.intents import Subject
    from ligament.core.ledgers import BooksContact, BooksDocument, BooksPayment, Chart, Organisation
    from ligament.core.links import Decision
    from ligament.core.plans import Outcome, Plan
    from ligament.core.receipts import Effect, WriteIntent
    from ligament.core.records import Invoice, Party, Removal
    from ligament.ports.books import BooksPage, KnownBooks
    from ligament.ports.practice import KnownRows, PracticePage


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which records a plan is about; None means all that are kept."""

    invoices: frozenset[str] | None = field(default_factory=frozenset)
    parties: frozenset[str] | None = field(default_factory=frozenset)
    visits: frozenset[str] | None = field(default_factory=frozenset)


class Source(Protocol):
    """The part of the store that plans are made from."""

    def portions(self, selection: Selection, size: int) -> Sequence[Selection]:
        """Cut a selection into one or more of about `size` records each, those of one patient together, oldest first.

        A selection that is no larger comes back as it is.
        """
        ...

    def gather(self, selection: Selection) -> Facts:
        """Load everything that planning those records needs."""
        ...


class Memory(Source, Protocol):
    """The store as the flow sees it: what both sides said, the links between them, and the journal.

    Every method that changes something is one transaction, durable when it returns.
    """

    # --- what both sides said -------------------------------------------------------------------------------------
    def cursors(self, system: str) -> Mapping[str, str]:
        """Return the reading positions of `practice` or `books`."""
        ...

    def known_rows(self) -> KnownRows:
        """Return the view of kept practice rows that a reader needs."""
        ...

    def known_books(self) -> KnownBooks:
        """Return the view of kept books rows that a reader needs."""
        ...

    def keep_practice_page(self, page: PracticePage) -> frozenset[Subject]:
        """Keep rows and cursors of a page; return the subjects whose content differs from what was kept.

        A changed line counts for its invoice, a changed credit note for its original too.
        """
        ...

    def keep_aside(self, page: PracticePage) -> None:
        """Keep rows of a page that no plan is about."""
        ...

    def keep_parties(self, parties: Iterable[Party | Removal]) -> None: ...

    def archived_patients(self, after: str, limit: int) -> tuple[SourceId, ...]:
        """Return ids of archived patients who are not forgotten, in order, those behind an id."""
        ...

    def known_patients(self) -> tuple[SourceId, ...]:
        """Return ids of all patients who are not forgotten, archived ones too, the smallest id first."""
        ...

    def strangers(self) -> tuple[SourceId, ...]:
        """Return ids of patients whom numbers of contacts or kept invoices name, and of whom nothing is known here."""
        ...

    def half_forgotten(self) -> tuple[Subject, ...]:
        """Return people whom an earlier release forgot, and whose texts it left."""
        ...

    def forget(self, party: Subject) -> None:
        """Erase everything personal about a party; links, documents, amounts and the chain of the journal stay."""
        ...

    def erase_anonymised(self) -> None:
        """Erase the texts of invoices that the practice made anonymous: their patient is deleted, and no id is left."""
        ...

    def keep_invoices(self, invoices: Iterable[Invoice]) -> None:
        """Keep invoices read one by one, each with its complete lines."""
        ...

    def keep_books_page(self, page: BooksPage) -> frozenset[Subject]:
        """Keep contacts and documents of a page; return the subjects linked to what differs from what was kept."""
        ...

    def keep_books_records(self, contacts: Iterable[BooksContact], documents: Iterable[BooksDocument]) -> None: ...

    def shows_ours(self) -> bool:
        """Say whether the books hold anything of ours: a contact or a document that bears our number or reference."""
        ...

    def relink_money(self, prefix: str, removed: Iterable[tuple[BooksId, BooksPayment]]) -> None:
        """Link payments and used credit of ours that the books show and no link tells of, and those `removed` there.

        `prefix` is what our numbers begin with; a removed payment comes with the document that it was on.
        """
        ...

    def keep_organisation(self, organisation: Organisation) -> None: ...

    def keep_chart(self, chart: Chart, read_at: datetime) -> None: ...

    # --- facts and outcomes ---------------------------------------------------------------------------------------
    def pending(self) -> frozenset[Subject]:
        """Return the subjects whose last outcome was planned or held, so that they are considered in every run."""
        ...

    def keep_outcomes(self, run_id: RunId, plan: Plan, considered: Collection[Subject]) -> None:
        """Keep the newest outcome of the considered subjects and open, keep or close their holds accordingly."""
        ...

    def open_holds(self) -> tuple[Hold, ...]:
        """Return every open hold, oldest first."""
        ...

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return the newest outcome of every record."""
        ...

    def decide(self, decision: Decision) -> None:
        """Keep a person's decision about a hold, and journal it."""
        ...

    def keep_refusal(self, action_key: str, content: str, words: str) -> None:
        """Remember that the other system refused exactly this, so that it waits instead of being sent again."""
        ...

    def note(self, name: str) -> str:
        """Return a small fact kept for the clinic (`first_run_approved`, `connected_on`, ...), or an empty text."""
        ...

    def keep_note(self, name: str, value: str) -> None:
        """Keep a small fact for the clinic."""
        ...

    # --- writing safely -------------------------------------------------------------------------------------------
    def open_intent(self, intent: WriteIntent) -> None:
        """Commit the exact bytes and key of a call, and journal them, before it leaves (state sent)."""
        ...

    def resend_intent(self, intent: WriteIntent) -> None:
        """Commit that the same bytes leave again, or under a new key and epoch."""
        ...

    def unfinished_intents(self) -> tuple[WriteIntent, ...]:
        """Return the calls that left, or may have, and whose outcome is not kept; oldest first."""
        ...

    def close_intent(self, intent: WriteIntent, effects: Sequence[Effect], at: datetime) -> None:
        """Commit what a call did, element by element, with its journal entries, in one transaction."""
        ...

    def keep_effects(self, run_id: RunId, effects: Sequence[Effect], at: datetime) -> None:
        """Commit effects that needed no call (links), with their journal entries."""
        ...
