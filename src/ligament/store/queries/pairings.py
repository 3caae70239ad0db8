"""Pairings: records loaded with everything that is kept about them, and documents of ours that no link joins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    and_,
    case,
    cast,
    func,
    literal_column,
    not_,
    or_,
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
from ligament.ports.comparison import Scope, Stray
from ligament.store.database.bulk import of_clinic, of_kind, select_in
from ligament.store.database.codec import decode_hold, decoder
from ligament.store.database.tables import (
    books_contacts,
    books_documents,
    decisions,
    document_links,
    holds,
    outcomes,
    payment_links,
    practice_rows,
)
from ligament.store.mirror.related import Closure

T = TypeVar("T")
_GONE = ("voided", "deleted")
_MERGES_AT_MOST = 20
_WORKED_OUT = frozenset({"did_not_arrive", "cancelled", "not_attended", "within_grace", "archived", "before_start"})
"""Why a visit is no charge at all; what a rule or nothing to pay leaves out counts all the same."""
ByRecord = Mapping[str, tuple[BooksDocument, ...]]


@dataclass(slots=True, kw_only=True)
class Unlinked:
    """Documents of ours without a link: by the key of the record their reference or number names, or of nobody."""

    of_subject: dict[str, tuple[BooksDocument, ...]] = field(default_factory=dict)
    strays: list[BooksDocument] = field(default_factory=list)

    def invoices(self) -> set[str]:
        """Return the ids of the invoices that such documents belong to."""
        keys = (subject_from_key(key) for key in self.of_subject)
        return {subject.id for subject in keys if subject.kind is SubjectKind.INVOICE}


def strays_of(connection: Connection, clinic: str, scope: Scope) -> Unlinked:
    """Load the live documents that bear our number or reference and that no link of a kept record holds."""
    papers, links, rows = books_documents, document_links, practice_rows
    is_visit = links.c.subject.startswith("visit:")
    linked = papers.outerjoin(links, and_(links.c.clinic == papers.c.clinic, links.c.books_id == papers.c.id))
    joined = linked.outerjoin(
        rows,
        and_(
            # Both sides of the key are worked out from the link, so that the index of the rows is used.
            rows.c.clinic == links.c.clinic,
            rows.c.kind == case((is_visit, "visit"), else_="invoice"),
            rows.c.id == case((is_visit, func.substr(links.c.subject, 7)), else_=func.substr(links.c.subject, 9)),
        ),
    )
    ours = or_(
        papers.c.number.startswith(scope.prefix, autoescape=True),
        papers.c.reference.startswith(scope.reference, autoescape=True),
        links.c.subject.is_not(None),
    )
    statement = select(papers.c.body).select_from(joined)
    chosen = statement.where(
        papers.c.clinic == clinic, rows.c.id.is_(None), ours, papers.c.status.not_in(_GONE),
        papers.c.day >= scope.start_on.isoformat(),
    )  # fmt: skip
    read = decoder(BooksDocument)
    documents = [read(row.body) for row in connection.execute(chosen.order_by(papers.c.day, papers.c.id))]
    return _assigned(connection, clinic, scope, documents)


def _assigned(connection: Connection, clinic: str, scope: Scope, documents: list[BooksDocument]) -> Unlinked:
    """Give each document to the record that its reference names, else its number; the others belong to nobody."""
    found = Unlinked()
    ids = {held.reference.removeprefix(scope.reference) for held in documents if _refers(held, scope)}
    numbers = {held.number.removeprefix(scope.prefix) for held in documents if held.number.startswith(scope.prefix)}
    rows = practice_rows
    since = scope.start_on.isoformat()
    columns = of_kind(rows.c.id, rows.c.number, rows.c.day)
    before = ""
    by_id = {
        row.id: f"{kind}:{row.id}" if kind == "visit" or row.day >= since else before
        for kind in ("invoice", "visit")
        for row in select_in(connection, columns, rows.c.id, ids, clinic=clinic, kind=kind)
    }
    by_number = {
        row.number: f"invoice:{row.id}" if row.day >= since else before
        for row in select_in(connection, columns, rows.c.number, numbers, clinic=clinic, kind="invoice")
    }
    for held in documents:
        by_reference = by_id.get(held.reference.removeprefix(scope.reference)) if _refers(held, scope) else None
        key = by_reference if by_reference is not None else by_number.get(held.number.removeprefix(scope.prefix))
        if key is None:
            found.strays.append(held)
        elif key != before:
            found.of_subject[key] = (*found.of_subject.get(key, ()), held)
    return found


def _refers(document: BooksDocument, scope: Scope) -> bool:
    return document.reference.startswith(scope.reference)


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


DOUBLED_WITHIN = 3
"""How many days apart a document of somebody else still doubles one of ours (choice C44)."""


def _days_around(connection: Connection, day: Column[Any]) -> list[ColumnElement[str]]:
    """Return the days that are near enough to a day, as the database reckons them."""
    shifts = range(-DOUBLED_WITHIN, DOUBLED_WITHIN + 1)
    if connection.dialect.name == "sqlite":
        return [func.date(day, f"{shift:+d} days") for shift in shifts]
    return [func.to_char(cast(day, Date) + literal_column(str(shift)), "YYYY-MM-DD") for shift in shifts]


def doubles(connection: Connection, clinic: str, scope: Scope) -> Iterator[Stray]:
    """Yield documents of others with contact, total and, within three days, the date of one of ours."""
    ours, theirs, links = books_documents.alias("ours"), books_documents.alias("theirs"), document_links
    any_link = document_links.alias("any_link")
    linked = select(any_link.c.books_id).where(any_link.c.clinic == clinic, any_link.c.books_id == theirs.c.id)
    joined = ours.join(links, and_(links.c.clinic == ours.c.clinic, links.c.books_id == ours.c.id)).join(
        theirs,
        and_(
            theirs.c.clinic == ours.c.clinic,
            theirs.c.contact_id == ours.c.contact_id,
            theirs.c.kind == ours.c.kind,
            theirs.c.cents == ours.c.cents,
            theirs.c.number != ours.c.number,
            # Said from both sides, so that whichever is looked up has an index for it.
            ours.c.day.in_(_days_around(connection, theirs.c.day)),
            theirs.c.day.in_(_days_around(connection, ours.c.day)),
            theirs.c.status.not_in(_GONE),
        ),
    )
    foreign = (
        not_(theirs.c.number.startswith(scope.prefix, autoescape=True)),
        not_(theirs.c.reference.startswith(scope.reference, autoescape=True)),
        not_(linked.exists()),
    )
    since = max(scope.start_on, min(scope.first, scope.last)).isoformat()
    within = or_(
        theirs.c.day.between(since, scope.last.isoformat()),
        and_(theirs.c.is_open, theirs.c.day >= scope.start_on.isoformat()),
    )
    statement = select(ours.c.body.label("ours"), theirs.c.body.label("theirs")).select_from(joined)
    chosen = statement.where(ours.c.clinic == clinic, ours.c.cents != 0, ours.c.status.not_in(_GONE), within, *foreign)
    read, seen = decoder(BooksDocument), set[str]()
    for row in connection.execute(chosen.order_by(theirs.c.day, theirs.c.id, ours.c.day, ours.c.id)):
        one, other = read(row.ours), read(row.theirs)
        if other.id not in seen and abs((one.on - other.on).days) <= DOUBLED_WITHIN:
            seen.add(other.id)
            yield Stray(document=other, like=one)
