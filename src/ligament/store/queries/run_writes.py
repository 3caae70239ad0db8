"""Run writes: what one run wrote, read from the journal again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import or_, select

from ligament.core.ids import BooksId
from ligament.core.intents import DocumentIntent, subject_from_key
from ligament.core.ledgers import BooksContact
from ligament.core.links import ContactLink
from ligament.core.plans import (
    ActionKind,
    AllocationStep,
    ContactStep,
    DeallocationStep,
    PartyStep,
    PaymentStep,
    UnpaymentStep,
    VoidStep,
)
from ligament.core.records import Party
from ligament.core.undos import RunWrite
from ligament.store.database.bulk import of_clinic, select_in
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import books_documents, journal
from ligament.store.journal.audit import plain_entries
from ligament.store.journal.journal import Journal
from ligament.store.journal.texts import whole

T = TypeVar("T")
Entry = Mapping[str, Any]
_GONE = ("voided", "deleted")


class RunWrites:
    """What the runs of one clinic wrote, and what stands on its contacts."""

    def __init__(self, book: Journal) -> None:
        self._book = book

    def of(self, run_ids: Collection[str]) -> tuple[RunWrite, ...]:
        """Return what some runs wrote, oldest first: what was done, never what was refused."""
        if not run_ids:
            return ()
        named = or_(*(journal.c.public.like(f'%"run":"{run_id}"%') for run_id in run_ids))
        before: dict[tuple[str, str, str], Entry] = {}
        found = []
        for entry in self._entries(named, journal.c.kind.in_(("receipt", "intent"))):
            key = (str(entry["public"]["run"]), str(entry["subject"]), str(entry["public"]["action"]))
            if entry["kind"] == "intent":
                if entry["personal"]:
                    before.setdefault(key, entry["personal"])
            else:
                found.append(_write(entry, before.get(key, {})))
        return tuple(found)

    def after(self, sequence: int, subjects: Collection[str], but: Collection[str]) -> tuple[RunWrite, ...]:
        """Return what other runs wrote about some records after an entry."""
        found: list[RunWrite] = []
        keys = sorted(subjects)
        for start in range(0, len(keys), _AT_ONCE):
            some = journal.c.subject.in_(keys[start : start + _AT_ONCE])
            entries = self._entries(some, journal.c.kind == "receipt", journal.c.sequence > sequence)
            found += [_write(entry, {}) for entry in entries if entry["public"].get("run") not in but]
        return tuple(found)

    def billed(self, contacts: Collection[str]) -> dict[BooksId, frozenset[BooksId]]:
        """Return the live documents that we know of on each contact."""
        columns = of_clinic(books_documents.c.id, books_documents.c.contact_id, books_documents.c.status)
        found: dict[BooksId, set[BooksId]] = {}
        with self._book.database.reading() as connection:
            rows = select_in(connection, columns, books_documents.c.contact_id, contacts, clinic=self._book.clinic)
            for row in rows:
                if row.status not in _GONE:
                    found.setdefault(BooksId(row.contact_id), set()).add(BooksId(row.id))
        return {contact: frozenset(held) for contact, held in found.items()}

    def _entries(self, *where: Any) -> Iterator[Entry]:  # noqa: ANN401 - conditions of any kind
        statement = select(journal).where(journal.c.clinic == self._book.clinic, *where)
        with self._book.database.reading() as connection:
            rows = list(connection.execute(statement.order_by(journal.c.sequence)))
            for start in range(0, len(rows), _AT_ONCE):
                yield from plain_entries(self._book, connection, rows[start : start + _AT_ONCE])


_AT_ONCE = 500


def _write(entry: Entry, before: Entry) -> RunWrite:
    personal = entry["personal"] or {}
    told = whole(entry["public"], personal)
    return RunWrite(
        sequence=entry["sequence"],
        run_id=told["run"],
        kind=ActionKind(told["action"]),
        subject=subject_from_key(entry["subject"]),
        number=told["number"],
        amount=Decimal(told["amount"]),
        books_id=_id(told, "books_id"),
        before=_read(DocumentIntent, told.get("before")),
        after=_read(DocumentIntent, told.get("after")),
        payment_id=_id(told, "payment_id"),
        contact_id=_id(told, "contact_id"),
        payment=_read(PaymentStep, told.get("payment")),
        unpayment=_read(UnpaymentStep, told.get("unpayment")),
        allocation=_read(AllocationStep, told.get("allocation")),
        deallocation=_read(DeallocationStep, told.get("deallocation")),
        void=_read(VoidStep, told.get("void")),
        contact=_read(ContactStep, personal.get("contact")),
        party=_read(PartyStep, personal.get("party")),
        link_before=_read(ContactLink, personal.get("before")),
        contact_before=_read(BooksContact, before.get("contact_before")),
        party_before=_read(Party, before.get("party_before")),
    )


def _id(told: Entry, name: str) -> BooksId | None:
    return BooksId(str(told[name])) if told.get(name) else None


def _read(kind: type[T], held: object) -> T | None:
    """Return a record that the journal tells of as plain data."""
    return None if held is None else decode(kind, encode(held))
