"""Pairings: records loaded with everything that is kept about them, and documents of ours that no link joins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    select,
)

from ligament.core.billing import first_line, names_another
from ligament.core.comparisons import Pairing, Posted
from ligament.core.drafting import invoice_from_visit
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import SubjectKind, subject_from_key
from ligament.core.ledgers import BooksContact, BooksDocument, ContactStatus
from ligament.core.links import Decision, DecisionKind, DocumentLink, PaymentLink, Role
from ligament.core.periods import local_date
from ligament.core.plans import Outcome, State
from ligament.core.records import Invoice, Location, Party, Visit
from ligament.ports.comparison import Scope
from ligament.store.database.bulk import of_clinic, select_in
from ligament.store.database.codec import decode_hold, decoder
from ligament.store.database.tables import (
    books_contacts,
    books_documents,
    decisions,
    document_links,
    holds,
    outcomes,
    payment_links,
)
from ligament.store.mirror.related import Closure

T = TypeVar("T")
_MERGES_AT_MOST = 20
_WORKED_OUT = frozenset({"did_not_arrive", "cancelled", "not_attended", "within_grace", "archived", "before_start"})
"""Why a visit is no charge at all; what a rule or nothing to pay leaves out counts all the same."""
ByRecord = Mapping[str, tuple[BooksDocument, ...]]


# --- invoices ---------------------------------------------------------------------------------------------------------


def load_pairings(
    connection: Connection, clinic: str, ids: Collection[str], unlinked: ByRecord, scope: Scope
) -> Iterator[Pairing]:
    """Load invoices by id with their lines and everything that is kept about them."""
    if not ids:
        return
    reader = Closure(connection, clinic)
    invoices = reader.with_lines(reader.records(Invoice, "invoice", ids), everything=False)
    loaded = _Loader(connection, clinic, scope)
    yield from loaded.pairings({f"invoice:{key}": invoice for key, invoice in invoices.items()}, unlinked)


def load_visits(connection: Connection, clinic: str, scope: Scope, unlinked: ByRecord) -> Iterator[Pairing]:
    """Load every visit that counts as a charge of its own: posted, or to be posted where visits are charged."""
    reader = Closure(connection, clinic)
    links = document_links
    posted = select(links.c.subject).where(links.c.clinic == clinic, links.c.subject.startswith("visit:"))
    keys = {subject_from_key(key).id for key in connection.execute(posted).scalars()}
    keys |= {subject_from_key(key).id for key in unlinked if key.startswith("visit:")}
    if scope.visits:
        charged = select(outcomes.c.subject, outcomes.c.body).where(
            outcomes.c.clinic == clinic, outcomes.c.subject.startswith("visit:")
        )
        read = decoder(Outcome)
        ended = ((row.subject, read(row.body)) for row in connection.execute(charged))
        keys |= {subject_from_key(key).id for key, outcome in ended if _is_charged(outcome)}
    visits = reader.records(Visit, "visit", keys)
    loaded = _Loader(connection, clinic, scope)
    charges: dict[str, Invoice] = {}
    for visit in visits.values():
        invoice = invoice_from_visit(visit, loaded.places.get(visit.location_id or SourceId("")), scope.rulebook)
        if invoice is not None and invoice.issued_on >= scope.start_on:
            gone = visit.removed or visit.cancelled_at is not None or visit.arrived is False
            charges[f"visit:{visit.id}"] = replace(invoice, removed_at=visit.updated_at if gone else None)
    yield from loaded.pairings(charges, unlinked)


def _is_charged(outcome: Outcome) -> bool:
    if outcome.state is State.SKIPPED:
        return outcome.reason not in _WORKED_OUT
    return outcome.state in {State.PLANNED, State.HELD}


class _Loader:
    """Loads what belongs to records, a portion at a time."""

    def __init__(self, connection: Connection, clinic: str, scope: Scope) -> None:
        self._connection, self._clinic, self._scope = connection, clinic, scope
        places = Closure(connection, clinic).records(Location, "location", None)
        self.places: Mapping[SourceId, Location] = places

    def pairings(self, invoices: Mapping[str, Invoice], unlinked: ByRecord) -> Iterator[Pairing]:
        """Return records by their key, with all that is kept about them."""
        keys = set(invoices)
        links = self._many(DocumentLink, document_links.c.subject, keys)
        ids = {link.books_id for held in links.values() for link in held}
        papers = {paper.id: paper for paper in self._some(BooksDocument, books_documents.c.id, ids)}
        waiting = self._holds(keys)
        money = self._many(PaymentLink, payment_links.c.subject, keys)
        ended = {
            outcome.subject.key: outcome
            for held in self._many(Outcome, outcomes.c.subject, keys).values()
            for outcome in held
        }
        people = self._people(invoices.values())
        answers = self._many(Decision, decisions.c.subject, keys)
        for key, invoice in invoices.items():
            posted = [
                Posted(document=papers[link.books_id], link=link)
                for link in sorted(links.get(key, ()), key=_by_version)
                if link.books_id in papers
            ]
            posted += [Posted(document=document) for document in unlinked.get(key, ())]
            outcome = ended.get(key)
            yield Pairing(
                subject=subject_from_key(key),
                invoice=invoice,
                posted=tuple(posted),
                holds=tuple(waiting.get(key, ())),
                payments=tuple(money.get(key, ())),
                state=outcome.state.value if outcome is not None else "",
                reason=outcome.reason if outcome is not None else "",
                asks=invoice.id in self._scope.asking,
                paid_on=self._paid_on(invoice),
                aside=_is_aside(invoice, posted, people),
                dismissed=frozenset(
                    held.code for held in answers.get(key, ()) if held.decision is DecisionKind.DISMISSED
                ),
            )

    def _many(self, kind: type[T], column: Column[Any], keys: Collection[str]) -> dict[str, list[T]]:
        read = decoder(kind)
        statement = of_clinic(column, column.table.c.body)
        found: dict[str, list[T]] = {}
        for row in select_in(self._connection, statement, column, keys, clinic=self._clinic):
            found.setdefault(str(row[0]), []).append(read(row.body))
        return found

    def _some(self, kind: type[T], column: Column[Any], keys: Collection[str]) -> Iterator[T]:
        read = decoder(kind)
        statement = of_clinic(column.table.c.body)
        for row in select_in(self._connection, statement, column, keys, clinic=self._clinic):
            yield read(row.body)

    def _holds(self, keys: Collection[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        statement = of_clinic(holds.c.subject, holds.c.body).where(holds.c.closed_at.is_(None))
        for row in select_in(self._connection, statement, holds.c.subject, keys, clinic=self._clinic):
            found.setdefault(row.subject, []).append(decode_hold(row.body))
        return found

    def _people(self, invoices: Iterable[Invoice]) -> dict[str, Party]:
        """Return the patients of invoices, with those that merges lead to."""
        found: dict[str, Party] = {}
        wanted = {invoice.party_id for invoice in invoices if invoice.party_id}
        reader = Closure(self._connection, self._clinic)
        for _ in range(_MERGES_AT_MOST):
            fresh = reader.records(Party, "patient", {key for key in wanted if key not in found})
            found |= {str(key): party for key, party in fresh.items()}
            wanted = {party.merged_into for party in fresh.values() if party.merged_into}
            if not wanted - found.keys():
                break
        return found

    def _paid_on(self, invoice: Invoice) -> date | None:
        if invoice.closed_at is None:
            return None
        place = self.places.get(invoice.location_id) if invoice.location_id else None
        return local_date(invoice.closed_at, (place.zone if place is not None else "") or self._scope.zone)


def _by_version(link: DocumentLink) -> tuple[bool, int]:
    return link.role is not Role.MAIN, link.version


def _is_aside(invoice: Invoice, posted: Iterable[Posted], people: Mapping[str, Party]) -> bool:
    """Say whether the patient is billed though the invoice is addressed to somebody else (choice C14)."""
    sent = [held.link.sent for held in posted if held.link is not None and held.link.sent is not None and held.is_live]
    patient = people.get(invoice.party_id or "")
    for _ in range(_MERGES_AT_MOST):
        if patient is None or patient.merged_into is None or patient.merged_into not in people:
            break
        patient = people[patient.merged_into]
    if patient is None or patient.deleted or not sent or sent[-1].party.kind is not SubjectKind.PATIENT:
        return False
    return names_another(patient, first_line(invoice))


# --- contacts that were merged, and documents of others ---------------------------------------------------------------


def merged_contacts(connection: Connection, clinic: str) -> dict[BooksId, BooksId]:
    """Return where contacts went that were merged away in the books."""
    read = decoder(BooksContact)
    statement = of_clinic(books_contacts.c.body).where(books_contacts.c.status != ContactStatus.ACTIVE.value)
    left = (read(row.body) for row in connection.execute(statement, {"clinic": clinic}))
    return {contact.id: contact.merged_into for contact in left if contact.merged_into is not None}
