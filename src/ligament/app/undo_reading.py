"""Undo, reading: what a run wrote by the journal, and how all of it stands in both systems now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ligament.core.facts import Facts
from ligament.core.ids import BooksId, RunId
from ligament.core.intents import Subject
from ligament.core.ledgers import BooksDocument, BooksPayment, DocumentKind
from ligament.core.notes import undos_note
from ligament.core.plans import ActionKind
from ligament.core.records import Party
from ligament.core.undos import PAYING, RESTORING, RunWrite, UndoFacts
from ligament.flow.read.read import selection_of
from ligament.ports.books import Books
from ligament.store.queries.run_writes import RunWrites
from ligament.wiring.clinic import Clinic

_DOCUMENTS = frozenset({ActionKind.CREATE_DOCUMENT, ActionKind.UPDATE_DOCUMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one run wrote, and what earlier attempts to undo it took back already."""

    run_id: RunId
    writes: tuple[RunWrite, ...]
    taken: tuple[RunWrite, ...]

    @property
    def subjects(self) -> set[Subject]:
        """Return the records that the run wrote about."""
        return {write.subject for write in self.writes}


def written_by(clinic: Clinic, run_id: RunId) -> Written:
    """Read from the journal what a run wrote."""
    kept = RunWrites(clinic.journal)
    return Written(run_id=run_id, writes=kept.of([run_id]), taken=kept.of(undos_of(clinic, run_id)))


def undos_of(clinic: Clinic, run_id: RunId) -> list[str]:
    """Return the runs that undid a run, or began to."""
    return clinic.store.note(undos_note(run_id)).split()


def undo_facts(clinic: Clinic, books: Books, written: Written) -> UndoFacts:
    """Read everything that the run wrote about again; writes nothing to either system."""
    clinic.store.keep_organisation(books.organisation())
    documents = _documents(books, written.writes)
    kept = RunWrites(clinic.journal)
    first = min(write.sequence for write in written.writes)
    own = {str(written.run_id), *undos_of(clinic, written.run_id)}
    clinic.store.keep_books_records((), documents)
    facts = _overlaid(clinic, books, written, documents)
    return UndoFacts(
        writes=written.writes,
        taken=written.taken,
        later=_standing(clinic, kept.after(first, {subject.key for subject in written.subjects}, own)),
        facts=facts,
        payments=_payments(books, written, {document.id: document for document in documents}),
        billed=kept.billed({write.contact_id for write in written.writes if write.contact_id is not None}),
        books_title=clinic.books_manifest.title,
    )


def _standing(clinic: Clinic, later: Iterable[RunWrite]) -> tuple[RunWrite, ...]:
    """Return what later runs wrote and nobody undid: where a change was put back, neither it nor that is in the way."""
    held = tuple(later)
    undone_by = {run_id: frozenset(undos_of(clinic, RunId(run_id))) for run_id in {write.run_id for write in held}}
    takers = frozenset[str]().union(*undone_by.values())
    back = {(write.run_id, _what(write)) for write in held if write.kind in RESTORING and write.run_id in takers}
    return tuple(
        write
        for write in held
        if (write.run_id, _what(write)) not in back
        and not any((taker, _what(write)) in back for taker in undone_by[write.run_id])
    )


def _what(write: RunWrite) -> tuple[object, ...]:
    return write.kind, write.subject, write.books_id, write.contact_id


def _documents(books: Books, writes: Iterable[RunWrite]) -> list[BooksDocument]:
    wanted: dict[DocumentKind, dict[BooksId, None]] = {kind: {} for kind in DocumentKind}
    for write in writes:
        if write.kind in _DOCUMENTS and write.after is not None and write.books_id is not None:
            wanted[write.after.kind][write.books_id] = None
        refs = [step.document for step in (write.payment, write.unpayment, write.void) if step is not None]
        if write.allocation is not None:
            refs += [write.allocation.credit, write.allocation.invoice]
        for ref in refs:
            if ref.id is not None:
                wanted[ref.kind][ref.id] = None
    found: list[BooksDocument] = []
    for kind, ids in wanted.items():
        if ids:
            found.extend(books.documents_by_id(kind.value, list(ids)))
    return found


def _overlaid(clinic: Clinic, books: Books, written: Written, documents: Iterable[BooksDocument]) -> Facts:
    """Return what is kept about the records, with both systems as they are now over it."""
    facts = clinic.store.gather(selection_of(written.subjects))
    people = [write.contact_id for write in written.writes if write.contact_id is not None]
    contacts = books.contacts_by_id(list(dict.fromkeys(people))) if people else ()
    # The groups of a contact are told by lists only; those of the last reading stand.
    known = facts.contacts
    contacts = tuple(
        replace(held, groups=known[held.id].groups) if held.id in known and not held.groups else held
        for held in contacts
    )
    patients = [write.party.write.id for write in written.writes if write.party is not None]
    parties = clinic.practice().read_parties(list(dict.fromkeys(patients))) if patients else ()
    there = {f"{party.kind.value}:{party.id}": party for party in parties if isinstance(party, Party)}
    return replace(
        facts,
        documents={**facts.documents, **{document.id: document for document in documents}},
        contacts={**facts.contacts, **{contact.id: contact for contact in contacts}},
        parties={**facts.parties, **there},
    )


def _payments(books: Books, written: Written, documents: dict[BooksId, BooksDocument]) -> dict[BooksId, BooksPayment]:
    """Read our payments; whether one is reconciled, its document may not tell."""
    gone = {taken.unpayment.payment_id for taken in written.taken if taken.unpayment is not None}
    found: dict[BooksId, BooksPayment] = {}
    for write in written.writes:
        if write.kind not in PAYING or write.payment_id is None or write.payment_id in gone or write.payment is None:
            continue
        document = documents.get(write.payment.document.id or BooksId(""))
        held = document.payments if document is not None else ()
        payment = next((one for one in held if one.id == write.payment_id), None)
        if payment is None or payment.reconciled is None:
            payment = books.payment(write.payment_id)
        if payment is not None:
            found[payment.id] = payment
    return found
