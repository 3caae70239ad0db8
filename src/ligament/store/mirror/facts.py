"""Everything one plan is built on, loaded in a few statements however many records are chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Column, Connection

from ligament.core.approvals import refused_by_person
from ligament.core.billing import payers_by_name
from ligament.core.facts import Facts
from ligament.core.first_days import connected_day
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, BooksDocument, Chart, DocumentKind, DocumentStatus, Organisation
from ligament.core.links import Agreement, ContactLink, Decision, DocumentLink, PaymentLink
from ligament.core.notes import CONNECTED_NOTE
from ligament.core.records import Location, PracticeSettings, Practitioner
from ligament.ports.memory import Selection
from ligament.store.database.bulk import of_clinic, select_in
from ligament.store.database.codec import decode, decoder
from ligament.store.database.search_keys import digit_runs, history_key, stamp
from ligament.store.database.tables import (
    agreements,
    books_contacts,
    books_documents,
    books_reference,
    contact_links,
    decisions,
    document_links,
    notes,
    payment_links,
    refusals,
)
from ligament.store.mirror import candidates, related
from ligament.store.mirror.lookalikes import Lookalikes
from ligament.store.mirror.merges import follow_merges, merged_patients
from ligament.store.mirror.related import Closure, Loaded
from ligament.store.mirror.waiting import waiting_on

T = TypeVar("T")
REFUSAL_LASTS = timedelta(minutes=55)
_GONE = {DocumentStatus.VOIDED.value, DocumentStatus.DELETED.value}
_OWING = {DocumentStatus.AUTHORISED.value, DocumentStatus.SUBMITTED.value, DocumentStatus.DRAFT.value}
_OPEN_MONEY = (
    of_clinic(books_documents.c.contact_id, books_documents.c.kind, books_documents.c.status)
    .where(books_documents.c.is_open)
    .distinct()
)


def gather(connection: Connection, clinic: str, selection: Selection, now: datetime) -> Facts:
    """Load the facts for a selection, all as of one moment."""
    reader = Closure(connection, clinic)
    loaded = reader.load(selection)
    facts = Facts(
        settings=reader.records(PracticeSettings, "settings", None).get(SourceId("settings"), PracticeSettings()),
        locations=reader.records(Location, "location", None),
        practitioners=reader.records(Practitioner, "practitioner", None),
        parties=loaded.parties,
        payers_by_name=payers_by_name(loaded.parties.values()),
        invoices=loaded.invoices,
        visits=loaded.visits,
        credits_of=related.credits_of(loaded.invoices.values()),
        invoice_of_visit=related.invoice_of_visit(loaded.invoices.values()),
    )
    tables = _Reader(connection, clinic)
    _reference(tables, facts)
    _links(tables, facts, loaded, selection)
    _documents(tables, facts, everything=selection.invoices is None)
    _contacts(tables, facts, selection)
    _judgements(tables, facts, now)
    return facts


class _Reader:
    """Selects on one clinic's tables."""

    def __init__(self, connection: Connection, clinic: str) -> None:
        self.connection = connection
        self.clinic = clinic

    def rows(self, *columns: Column[Any]) -> Iterator[Any]:
        """Return those columns of every row of the clinic."""
        return iter(self.connection.execute(of_clinic(*columns), {"clinic": self.clinic}))

    def bodies(self, kind: type[T], column: Column[Any], values: Collection[str] | None) -> list[T]:
        """Return the records whose column is one of the values, or all."""
        read: Callable[[bytes], T] = decoder(kind)
        statement = of_clinic(column.table.c.body)
        return [read(row.body) for row in select_in(self.connection, statement, column, values, clinic=self.clinic)]


def _reference(tables: _Reader, facts: Facts) -> None:
    kept = {row.name: row.body for row in tables.rows(books_reference.c.name, books_reference.c.body)}
    if "organisation" in kept:
        facts.organisation = decode(Organisation, kept["organisation"])
    if "chart" in kept:
        facts.chart = decode(Chart, kept["chart"])


def _links(tables: _Reader, facts: Facts, loaded: Loaded, selection: Selection) -> None:
    """Load the links, agreements and payments of every loaded record, or all of them."""
    everything = selection.invoices is None and selection.parties is None
    invoices = {f"invoice:{key}" for key in loaded.invoices}
    subjects = {*invoices, *(f"visit:{key}" for key in loaded.visits), *loaded.parties}
    chosen = None if everything else subjects
    links = tables.bodies(ContactLink, contact_links.c.party, None if everything else set(loaded.parties))
    facts.contact_links = {link.party.key: link for link in links}
    facts.party_of_contact = {
        row.contact_id: row.party for row in tables.rows(contact_links.c.contact_id, contact_links.c.party)
    }
    papers: dict[str, list[DocumentLink]] = {}
    for paper in tables.bodies(DocumentLink, document_links.c.subject, chosen):
        papers.setdefault(paper.subject.key, []).append(paper)
    facts.document_links = {
        key: tuple(sorted(held, key=lambda link: (link.role.value != "main", link.version)))
        for key, held in papers.items()
    }
    facts.subject_of_document = {
        row.books_id: row.subject for row in tables.rows(document_links.c.books_id, document_links.c.subject)
    }
    facts.agreements = {held.subject.key: held for held in tables.bodies(Agreement, agreements.c.subject, chosen)}
    payments: dict[str, list[PaymentLink]] = {}
    for payment in tables.bodies(PaymentLink, payment_links.c.subject, chosen):
        payments.setdefault(payment.subject.key, []).append(payment)
    facts.payments = {
        key: tuple(sorted(held, key=lambda link: (link.on, link.payment_id))) for key, held in payments.items()
    }


def _documents(tables: _Reader, facts: Facts, *, everything: bool) -> None:
    """Index all numbers; load what is linked to a loaded record and what carries the number of a loaded invoice."""
    linked = {link.books_id for links in facts.document_links.values() for link in links}
    wanted = {history_key(invoice.number) for invoice in facts.invoices.values()} - {""}
    table = books_documents.c
    wanted_ids = set(linked)
    numbers: dict[str, tuple[bool, bool, BooksId]] = {}
    past: dict[str, list[BooksId]] = {}
    past_others = Lookalikes.of(facts)
    columns = (table.id, table.kind, table.number, table.history_key, table.status)
    for row in tables.rows(*columns, table.reference, table.cents, table.day):
        gone, ours = row.status in _GONE, row.id in facts.subject_of_document
        concerns = everything or bool(wanted & digit_runs(row.number))
        if concerns:
            wanted_ids.add(row.id)
        if row.number:
            key = f"{row.kind}|{row.number}"
            # Live before gone, ours before other people's: that is the document a number means.
            numbers[key] = min(numbers.get(key, (True, True, row.id)), (gone, not ours, row.id))
        if not gone and not ours and past_others.note(row):
            wanted_ids.add(row.id)
        if row.history_key and not gone and not ours and concerns:
            past.setdefault(f"{row.kind}|{row.history_key}", []).append(row.id)
    facts.documents_by_number = {key: held[2] for key, held in numbers.items()}
    facts.history = {key: tuple(sorted(ids)) for key, ids in past.items()}
    facts.mentions, facts.alike = past_others.mentions(), past_others.alike()
    found = tables.bodies(BooksDocument, table.id, None if everything else wanted_ids)
    facts.documents = {document.id: document for document in found}


def _contacts(tables: _Reader, facts: Facts, selection: Selection) -> None:
    """Load the linked contacts, and those that may have to be found, with the names of all."""
    table = books_contacts.c
    unlinked = facts.parties.keys() - facts.contact_links.keys()
    candidates.load(
        facts,
        lambda: tables.rows(table.id, table.number, table.email_key, table.name_key, table.status),
        lambda ids: tables.bodies(BooksContact, table.id, ids),
        searching=selection.parties is None or bool(selection.parties) or bool(unlinked),
    )
    follow_merges(facts)
    facts.merged_patients = merged_patients(tables.connection, tables.clinic)
    facts.contacts_with_open_money = _with_open_money(tables)
    facts.waiting_on = waiting_on(tables.connection, tables.clinic, facts)


def _with_open_money(tables: _Reader) -> frozenset[BooksId]:
    return frozenset(
        row.contact_id
        for row in tables.connection.execute(_OPEN_MONEY, {"clinic": tables.clinic})
        if (row.kind == DocumentKind.INVOICE.value and row.status in _OWING)
        or (row.kind == DocumentKind.CREDIT_NOTE.value and row.status == DocumentStatus.AUTHORISED.value)
    )


def _judgements(tables: _Reader, facts: Facts, now: datetime) -> None:
    """Load what people and the other system said, and since when we are connected.

    A refusal is remembered for a while only: its cause may have gone without a trace, so it is tried again then.
    """
    read = decoder(Decision)
    facts.decisions = {row.key: read(row.body) for row in tables.rows(decisions.c.key, decisions.c.body)}
    columns = (refusals.c.action_key, refusals.c.content, refusals.c.words, refusals.c.refused_at)
    fresh = stamp(now - REFUSAL_LASTS)
    recent = (row for row in tables.rows(*columns) if row.refused_at > fresh or refused_by_person(row.words))
    facts.refusals = {row.action_key: (row.content, row.words) for row in recent}
    kept = {row.name: row.value for row in tables.rows(notes.c.name, notes.c.value)}
    facts.first_connected_on = connected_day(kept.get(CONNECTED_NOTE, ""))
