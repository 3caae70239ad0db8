"""The working copy of one organisation's books while one request is served."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar
from zoneinfo import ZoneInfo

from ligament.connectors.xero.simulator.world import Books, guid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ligament.connectors.xero.simulator.records import Organisation
    from ligament.connectors.xero.simulator.switches import Switches

T = TypeVar("T")

TABLES = (
    "accounts",
    "tax_rates",
    "tracking",
    "users",
    "themes",
    "groups",
    "contacts",
    "contact_by_name",
    "contact_by_number",
    "invoices",
    "invoice_by_number",
    "credit_notes",
    "note_by_number",
    "prepayments",
    "overpayments",
    "payments",
    "bank_lines",
    "batches",
    "allocations",
    "history",
)


class Table(Generic[T]):
    """One table: reads the original until the first write, which copies it once; writes can be taken back."""

    __slots__ = ("_copied", "_undo", "rows")

    def __init__(self, rows: Mapping[str, T]) -> None:
        self.rows = rows
        self._copied: dict[str, T] | None = None
        self._undo: list[tuple[str, T | None]] = []

    def get(self, key: str) -> T | None:
        return self.rows.get(key)

    def __getitem__(self, key: str) -> T:
        return self.rows[key]

    def put(self, key: str, record: T) -> None:
        rows = self._own()
        self._undo.append((key, rows.get(key)))
        rows[key] = record

    def drop(self, key: str) -> None:
        """Remove a record if it is there."""
        if key in self.rows:
            rows = self._own()
            self._undo.append((key, rows.pop(key)))

    def keep(self) -> None:
        """Make what was written so far final."""
        self._undo.clear()

    def take_back(self) -> None:
        """Undo what was written since the last `keep`."""
        if self._copied is None:
            return
        while self._undo:
            key, former = self._undo.pop()
            if former is None:
                self._copied.pop(key, None)
            else:
                self._copied[key] = former

    def _own(self) -> dict[str, T]:
        if self._copied is None:
            self._copied = dict(self.rows)
            self.rows = self._copied
        return self._copied


class Desk:
    """Books opened for one request; `close` gives the new books, and the old ones never change."""

    def __init__(self, books: Books, *, at: datetime, switches: Switches, seed: str, client_id: str = "") -> None:
        self._books = books
        self.at = at
        self.switches = switches
        self.seed = seed
        self.client_id = client_id
        """The app that is calling; empty when a person works in the user interface."""
        self.person = "System Generated"
        """Who stands in the history of what is changed; the API's own writes carry no person's name (facts 7.10)."""
        self.organisation: Organisation = books.organisation
        self.accounts = Table(books.accounts)
        self.tax_rates = Table(books.tax_rates)
        self.tracking = Table(books.tracking)
        self.users = Table(books.users)
        self.themes = Table(books.themes)
        self.groups = Table(books.groups)
        self.contacts = Table(books.contacts)
        self.contact_by_name = Table(books.contact_by_name)
        self.contact_by_number = Table(books.contact_by_number)
        self.invoices = Table(books.invoices)
        self.invoice_by_number = Table(books.invoice_by_number)
        self.credit_notes = Table(books.credit_notes)
        self.note_by_number = Table(books.note_by_number)
        self.prepayments = Table(books.prepayments)
        self.overpayments = Table(books.overpayments)
        self.payments = Table(books.payments)
        self.bank_lines = Table(books.bank_lines)
        self.batches = Table(books.batches)
        self.allocations = Table(books.allocations)
        self.history = Table(books.history)
        self.next_id = books.next_id
        self.next_invoice = books.next_invoice
        self.next_note = books.next_note

    @property
    def today(self) -> date:
        """Return the calendar date in the organisation's own zone."""
        return self.at.astimezone(ZoneInfo(self.organisation.zone)).date()

    def new_id(self) -> str:
        """Return the next GUID of this organisation."""
        made = guid(self.seed, self.organisation.organisation_id, self._books.generation, self.next_id)
        self.next_id += 1
        return made

    def keep(self) -> None:
        """Make all writes so far final."""
        for name in TABLES:
            getattr(self, name).keep()

    def take_back(self) -> None:
        """Undo all writes since the last `keep`."""
        for name in TABLES:
            getattr(self, name).take_back()

    def close(self) -> Books:
        """Return the books as they now are: the very same value if nothing was written."""
        changed = {name: getattr(self, name).rows for name in TABLES}
        changed = {name: rows for name, rows in changed.items() if rows is not getattr(self._books, name)}
        same_numbers = (self.next_id, self.next_invoice, self.next_note) == (
            self._books.next_id,
            self._books.next_invoice,
            self._books.next_note,
        )
        if not changed and same_numbers and self.organisation is self._books.organisation:
            return self._books
        return replace(
            self._books,
            organisation=self.organisation,
            next_id=self.next_id,
            next_invoice=self.next_invoice,
            next_note=self.next_note,
            **changed,
        )
