"""Cards: one document or one person as both systems have it, with all that belongs to it, in a few questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import LargeBinary, Select, cast, literal, null, or_, select, union_all

from ligament.core.facts import Facts
from ligament.core.holds import Hold
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, BooksDocument, Chart
from ligament.core.links import ContactLink, DocumentLink
from ligament.core.plans import Outcome
from ligament.core.records import Invoice, Line, Party
from ligament.core.variances import KeptVariance, VarianceState
from ligament.store.database.codec import decode, decode_hold
from ligament.store.database.search_keys import by_length
from ligament.store.database.tables import (
    books_contacts,
    books_documents,
    books_reference,
    contact_links,
    contact_notes,
    document_links,
    holds,
    outcomes,
    practice_rows,
    refusals,
    variances,
)
from ligament.store.journal.journal import Journal
from ligament.store.mirror.merges import follow_merges

_ROWS, _PAIRS, _PEOPLE = practice_rows.c, contact_links.c, books_contacts.c
_LINKS, _PAPERS = document_links.c, books_documents.c
_PARTIES, _RECORDS = ("patient", "payer"), ("invoice", "visit")
_NOTHING = cast(null(), LargeBinary)
_MERGES_AT_MOST = 20


_CHART = "chart"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What waits, what came of the last plan, what differs, what is only listed and what was refused of one record.

    `chart` is that of the books, by which their accounts and tax rates are called; it comes with the same question.
    """

    holds: tuple[Hold, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    variances: tuple[KeptVariance, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    chart: Chart = field(default_factory=Chart)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A party's key, where there is one, with the contact, and the pair that was made."""

    key: str
    link: ContactLink | None
    contact: BooksContact | None


class Cards:
    """Questions about one clinic; nothing here changes anything."""

    def __init__(self, book: Journal) -> None:
        """Take the clinic's journal, which knows its database."""
        self._book = book
        self._clinic = book.clinic

    # --- documents ----------------------------------------------------------------------------------------------------
    def papers(self, identifier: str) -> Facts:
        """Return the documents linked to a record, by the id that either system gave it, with whose they are."""
        own = [f"{kind}:{identifier}" for kind in _RECORDS]
        of_books = select(_LINKS.subject).where(_LINKS.clinic == self._clinic, _LINKS.books_id == identifier)
        joined = document_links.outerjoin(
            books_documents, (_PAPERS.clinic == _LINKS.clinic) & (_PAPERS.id == _LINKS.books_id)
        ).outerjoin(books_contacts, (_PEOPLE.clinic == _LINKS.clinic) & (_PEOPLE.id == _PAPERS.contact_id))
        columns = (_LINKS.subject, _LINKS.body, _PAPERS.body.label("paper"), _PEOPLE.body.label("contact"))
        wanted = select(*columns).select_from(joined).where(_LINKS.clinic == self._clinic)
        chosen = wanted.where(or_(_LINKS.subject.in_(own), _LINKS.subject.in_(of_books)))
        links: dict[str, list[DocumentLink]] = {}
        facts, documents, contacts = Facts(), dict[BooksId, BooksDocument](), dict[BooksId, BooksContact]()
        for row in self._book.database.rows(chosen):
            links.setdefault(row.subject, []).append(decode(DocumentLink, row.body))
            paper = decode(BooksDocument, row.paper) if row.paper else None
            contact = decode(BooksContact, row.contact) if row.contact else None
            documents |= {paper.id: paper} if paper is not None else {}
            contacts |= {contact.id: contact} if contact is not None else {}
        facts.document_links = {
            key: tuple(sorted(held, key=lambda link: (link.role.value != "main", link.version)))
            for key, held in links.items()
        }
        sent = (link.sent.contact_id for held in links.values() for link in held if link.sent is not None)
        named = {one for one in sent if one is not None} | {paper.contact_id for paper in documents.values()}
        facts.documents, facts.contacts = documents, self._with_survivors(contacts, named)
        follow_merges(facts)
        return facts

    def _with_survivors(
        self, contacts: Mapping[BooksId, BooksContact], wanted: Collection[BooksId]
    ) -> dict[BooksId, BooksContact]:
        """Add the contacts that are wanted too, and those that any was merged into; nearly always none."""
        found = dict(contacts)
        for _ in range(_MERGES_AT_MOST):
            merged = {one.merged_into for one in found.values() if one.merged_into}
            missing = {*wanted, *merged} - found.keys()
            if not missing:
                break
            rows = select(_PEOPLE.body).where(_PEOPLE.clinic == self._clinic, _PEOPLE.id.in_(sorted(missing)))
            fresh = [decode(BooksContact, row.body) for row in self._book.database.rows(rows)]
            if not fresh:
                break
            found |= {one.id: one for one in fresh}
        return found

    def records(
        self, ids: Collection[str], people: Iterable[str]
    ) -> tuple[dict[str, Invoice | None], dict[str, Party]]:
        """Return invoices with their lines, and that a visit is kept, by their keys; and their patients and others."""
        chosen = sorted(ids)
        mine = _ROWS.clinic == self._clinic
        inner = practice_rows.alias("inner").c
        same = (inner.clinic == self._clinic, inner.kind.in_(_RECORDS), inner.id.in_(chosen))
        patients = select(inner.party_id).where(*same, inner.party_id.is_not(None))
        named = sorted({key.partition(":")[2] for key in people})
        columns = (_ROWS.kind, _ROWS.id, _ROWS.body)
        rows = self._book.database.rows(
            union_all(
                select(*columns).where(mine, _ROWS.kind.in_(_RECORDS), _ROWS.id.in_(chosen)),
                select(*columns).where(mine, _ROWS.kind == "line", _ROWS.parent_id.in_(chosen)),
                select(*columns).where(mine, _ROWS.kind.in_(_PARTIES), _ROWS.id.in_(named)),
                select(*columns).where(mine, _ROWS.kind == "patient", _ROWS.id.in_(patients), _ROWS.id.not_in(named)),
            )
        )
        lines = sorted(
            (decode(Line, row.body) for row in rows if row.kind == "line"), key=lambda line: by_length(line.id)
        )
        records: dict[str, Invoice | None] = {f"visit:{row.id}": None for row in rows if row.kind == "visit"}
        for row in rows:
            if row.kind == "invoice":
                theirs = tuple(line for line in lines if line.invoice_id == row.id)
                invoice = decode(Invoice, row.body)
                records[f"invoice:{row.id}"] = invoice.with_lines(theirs) if theirs else invoice
        found = {f"{row.kind}:{row.id}": decode(Party, row.body) for row in rows if row.kind in _PARTIES}
        return records, found

    def invoices_of(self, patient: str) -> list[tuple[Invoice, tuple[DocumentLink, ...]]]:
        """Return the invoices and credit notes of a patient, without lines, the oldest first, with their documents."""
        joined = practice_rows.outerjoin(
            document_links, (_LINKS.clinic == _ROWS.clinic) & (_LINKS.subject == "invoice:" + _ROWS.id)
        )
        where = (_ROWS.clinic == self._clinic, _ROWS.kind == "invoice", _ROWS.party_id == patient)
        rows = select(_ROWS.id, _ROWS.body, _LINKS.body.label("link")).select_from(joined).where(*where)
        invoices: dict[SourceId, Invoice] = {}
        links: dict[SourceId, tuple[DocumentLink, ...]] = {}
        for row in self._book.database.rows(rows.order_by(_ROWS.id, _LINKS.version)):
            if row.id not in invoices:
                invoices[row.id] = decode(Invoice, row.body)
            held = links.get(row.id, ())
            links[row.id] = (*held, decode(DocumentLink, row.link)) if row.link else held
        ordered = sorted(invoices.values(), key=lambda invoice: (invoice.issued_on, invoice.number))
        return [(invoice, links[invoice.id]) for invoice in ordered]

    # --- people -------------------------------------------------------------------------------------------------------
    def pairs(self, identifier: str) -> list[Pair]:
        """Return the pairs that an id of either system belongs to, and a contact that belongs to nobody."""
        own = [f"{kind}:{identifier}" for kind in _PARTIES]
        both = (_PEOPLE.clinic == _PAIRS.clinic) & (_PEOPLE.id == _PAIRS.contact_id)
        linked = (
            select(_PAIRS.party, _PAIRS.body.label("link"), _PEOPLE.body.label("contact"))
            .select_from(contact_links.outerjoin(books_contacts, both))
            .where(_PAIRS.clinic == self._clinic, or_(_PAIRS.party.in_(own), _PAIRS.contact_id == identifier))
        )
        alone = (
            select(literal(""), _NOTHING, _PEOPLE.body)
            .select_from(books_contacts.outerjoin(contact_links, both))
            .where(_PEOPLE.clinic == self._clinic, _PEOPLE.id == identifier, _PAIRS.party.is_(None))
        )
        return [
            Pair(
                key=row.party,
                link=decode(ContactLink, row.link) if row.link else None,
                contact=decode(BooksContact, row.contact) if row.contact else None,
            )
            for row in self._book.database.rows(union_all(linked, alone))
        ]

    def parties(self, ids: Collection[str]) -> dict[str, Party]:
        """Return the patients and payers with these ids by their keys, and every payer beside them: they are few."""
        named = (_ROWS.kind == "patient") & _ROWS.id.in_(sorted(ids))
        rows = select(_ROWS.kind, _ROWS.id, _ROWS.body).where(
            _ROWS.clinic == self._clinic, or_(named, _ROWS.kind == "payer")
        )
        ordered = rows.order_by(_ROWS.kind, _ROWS.id)
        return {f"{row.kind}:{row.id}": decode(Party, row.body) for row in self._book.database.rows(ordered)}

    # --- both ---------------------------------------------------------------------------------------------------------
    def about(self, subject: str) -> About:
        """Return what is kept about one record; `refusals` are the words by the key of the action."""
        bodies = (
            (holds, holds.c.opened_at, holds.c.id, holds.c.closed_at.is_(None)),
            (outcomes, outcomes.c.kind, literal(""), outcomes.c.kind != ""),
            (variances, variances.c.first_seen_at, variances.c.id, variances.c.state != VarianceState.GONE.value),
        )
        parts: list[Select[Any]] = [
            select(literal(table.name).label("what"), first.label("first"), second.label("second"), table.c.body).where(
                table.c.clinic == self._clinic, table.c.subject == subject, where
            )
            for table, first, second, where in bodies
        ]
        words = (
            (contact_notes, contact_notes.c.field, contact_notes.c.kind),
            (refusals, refusals.c.action_key, refusals.c.words),
        )
        parts += [
            select(literal(table.name), first, second, _NOTHING).where(
                table.c.clinic == self._clinic, table.c.subject == subject
            )
            for table, first, second in words
        ]
        reference = books_reference.c
        parts.append(
            select(literal(_CHART), literal(""), literal(""), reference.body).where(
                reference.clinic == self._clinic, reference.name == _CHART
            )
        )
        found: dict[str, list[Any]] = {}
        for row in sorted(
            self._book.database.rows(union_all(*parts)), key=lambda row: (row.what, row.first, row.second)
        ):
            found.setdefault(row.what, []).append(row)
        return About(
            holds=tuple(decode_hold(row.body) for row in found.get("holds", ())),
            outcomes=tuple(decode(Outcome, row.body) for row in found.get("outcomes", ())),
            variances=tuple(decode(KeptVariance, row.body) for row in found.get("variances", ())),
            notes={row.first: row.second for row in found.get("contact_notes", ())},
            refusals={row.first: row.second for row in found.get("refusals", ())},
            chart=next((decode(Chart, row.body) for row in found.get(_CHART, ())), Chart()),
        )
