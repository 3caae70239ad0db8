"""Which practice rows a selection needs beside itself: originals, credits, visits, parties and open credit notes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Column, Connection

from ligament.core.ids import SourceId
from ligament.core.ledgers import DocumentKind
from ligament.core.records import Invoice, Line, Party, PartyKind, Visit
from ligament.ports.memory import Selection
from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.codec import decoder
from ligament.store.database.search_keys import by_length
from ligament.store.database.tables import books_documents, contact_links, document_links, practice_rows
from ligament.store.mirror.merges import family, survivors

T = TypeVar("T")
rows = practice_rows
_PAYERS_CONTACTS = of_clinic(contact_links.c.contact_id).where(
    contact_links.c.party.startswith(f"{PartyKind.PAYER.value}:")
)
_OPEN_NOTES = (
    of_clinic(document_links.c.subject)
    .join(
        books_documents,
        (books_documents.c.clinic == document_links.c.clinic) & (books_documents.c.id == document_links.c.books_id),
    )
    .where(books_documents.c.kind == DocumentKind.CREDIT_NOTE.value, books_documents.c.is_open)
)
"""Whose credit notes have credit left."""


@dataclass(slots=True, kw_only=True)
class Loaded:
    """Practice records loaded for a selection; `parties` by subject key."""

    invoices: dict[SourceId, Invoice] = field(default_factory=dict)
    visits: dict[SourceId, Visit] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)


class Closure:
    """Loads a selection and what it leans on, for one clinic on one connection."""

    def __init__(self, connection: Connection, clinic: str) -> None:
        """Read on a connection that sees one moment."""
        self._connection = connection
        self._clinic = clinic

    def load(self, selection: Selection) -> Loaded:
        """Load the selection with everything it leans on."""
        found = Loaded()
        found.visits = self.records(Visit, "visit", selection.visits)
        self._load_invoices(found, selection)
        if selection.visits is not None:
            attended = {invoice.visit_id for invoice in found.invoices.values() if invoice.visit_id}
            found.visits |= self.records(Visit, "visit", attended - found.visits.keys())
        self._load_parties(found, selection)
        found.invoices = self.with_lines(found.invoices, everything=selection.invoices is None)
        return found

    def records(self, kind: type[T], name: str, ids: Collection[str] | None) -> dict[SourceId, T]:
        """Load the records of a kind by id, or all of them."""
        return self._where(kind, name, "id", ids)

    def _where(self, kind: type[T], name: str, column: str, values: Collection[str] | None) -> dict[SourceId, T]:
        read: Callable[[bytes], T] = decoder(kind)
        statement = of_kind(rows.c.id, rows.c.body)
        found = select_in(self._connection, statement, rows.c[column], values, clinic=self._clinic, kind=name)
        return {row.id: read(row.body) for row in found}

    # --- invoices -----------------------------------------------------------------------------------------------------
    def _load_invoices(self, found: Loaded, selection: Selection) -> None:
        if selection.invoices is None:
            found.invoices = self.records(Invoice, "invoice", None)
            return
        chosen = self.records(Invoice, "invoice", selection.invoices)
        visits = {
            *found.visits,
            *(selection.visits or ()),
            *(invoice.visit_id for invoice in chosen.values() if invoice.visit_id),
        }
        beside = self._where(Invoice, "invoice", "visit_id", visits)
        credit = self.records(Invoice, "invoice", self._open_credits(chosen) - chosen.keys())
        found.invoices = self._with_family({**chosen, **beside, **credit})

    def _with_family(self, invoices: Mapping[SourceId, Invoice]) -> dict[SourceId, Invoice]:
        """Add the originals of credit notes and the credit notes of originals until none is missing."""
        family = dict(invoices)
        fresh = dict(invoices)
        while fresh:
            originals = {invoice.original_id for invoice in fresh.values() if invoice.original_id}
            relatives = self.records(Invoice, "invoice", originals - family.keys())
            relatives |= self._where(Invoice, "invoice", "original_id", fresh.keys())
            fresh = {key: invoice for key, invoice in relatives.items() if key not in family}
            family |= fresh
        return family

    def _open_credits(self, chosen: Mapping[SourceId, Invoice]) -> set[str]:
        """Return the invoices behind credit notes with credit left, on the contacts that these invoices may bill.

        That is the contact of the patient and of whom they were merged with, of any document already posted for them,
        and of every payer, because only the rules know which payer an invoice goes to.
        """
        patients = family(self._connection, self._clinic, {held.party_id for held in chosen.values() if held.party_id})
        parties = {f"{PartyKind.PATIENT.value}:{patient}" for patient in patients}
        contacts = set(self._column(contact_links.c.contact_id, contact_links.c.party, parties))
        contacts |= set(self._connection.execute(_PAYERS_CONTACTS, {"clinic": self._clinic}).scalars())
        posted = self._column(document_links.c.books_id, document_links.c.subject, [f"invoice:{key}" for key in chosen])
        contacts |= set(self._column(books_documents.c.contact_id, books_documents.c.id, posted))
        contacts |= set(survivors(self._connection, self._clinic, contacts).values())
        column = books_documents.c.contact_id
        found = select_in(self._connection, _OPEN_NOTES, column, contacts, clinic=self._clinic)
        return {row.subject.removeprefix("invoice:") for row in found if row.subject.startswith("invoice:")}

    def _column(self, wanted: Column[str], column: Column[str], values: Collection[str]) -> list[str]:
        """Return one column of the rows whose other column is one of the values."""
        found = select_in(self._connection, of_clinic(wanted), column, values, clinic=self._clinic)
        return [row[0] for row in found]

    def with_lines(self, invoices: Mapping[SourceId, Invoice], *, everything: bool = False) -> dict[SourceId, Invoice]:
        """Give every invoice its lines, in the order in which they were made.

        `everything` reads all the lines there are.
        """
        lines = self._where(Line, "line", "parent_id", None if everything else invoices.keys())
        grouped: dict[SourceId, list[Line]] = {}
        for line in sorted(lines.values(), key=lambda line: by_length(line.id)):
            grouped.setdefault(line.invoice_id, []).append(line)
        complete = dict(invoices)
        for identifier, held in grouped.items():
            if identifier in complete:
                complete[identifier] = complete[identifier].with_lines(tuple(held))
        return complete

    # --- parties ------------------------------------------------------------------------------------------------------
    def _load_parties(self, found: Loaded, selection: Selection) -> None:
        payers = self.records(Party, PartyKind.PAYER.value, None)
        if selection.parties is None:
            patients = self.records(Party, PartyKind.PATIENT.value, None)
        else:
            named = {identifier.rpartition(":")[2] for identifier in selection.parties}
            named |= {invoice.party_id for invoice in found.invoices.values() if invoice.party_id}
            named |= {visit.party_id for visit in found.visits.values() if visit.party_id}
            patients = self._with_survivors(named)
        found.parties = {f"{PartyKind.PATIENT.value}:{key}": party for key, party in patients.items()}
        found.parties |= {f"{PartyKind.PAYER.value}:{key}": party for key, party in payers.items()}

    def _with_survivors(self, ids: Collection[str]) -> dict[SourceId, Party]:
        """Load patients and whom they were merged into, however often."""
        patients: dict[SourceId, Party] = {}
        wanted = set(ids)
        while wanted:
            fresh = self.records(Party, PartyKind.PATIENT.value, wanted)
            patients |= fresh
            wanted = {str(party.merged_into) for party in fresh.values() if party.merged_into} - patients.keys()
        return patients


def credits_of(invoices: Iterable[Invoice]) -> dict[SourceId, tuple[SourceId, ...]]:
    """Return the ids of credit notes by the id of their original, in order."""
    grouped: dict[SourceId, list[SourceId]] = {}
    for invoice in invoices:
        if invoice.original_id is not None:
            grouped.setdefault(invoice.original_id, []).append(invoice.id)
    return {original: tuple(sorted(ids, key=by_length)) for original, ids in grouped.items()}


def invoice_of_visit(invoices: Iterable[Invoice]) -> dict[SourceId, SourceId]:
    """Return the live invoice of each visit; where there are several the newest, a credit note only when alone."""
    best: dict[SourceId, Invoice] = {}
    for invoice in sorted(invoices, key=lambda held: (not held.is_credit(), by_length(held.id))):
        if invoice.visit_id is not None and invoice.removed_at is None:
            best[invoice.visit_id] = invoice
    return {visit: invoice.id for visit, invoice in best.items()}
