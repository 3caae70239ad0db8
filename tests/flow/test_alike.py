"""What may be a record's by sum and day is found by its contact, however much costs the same on one day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ligament.core.billing import Bill
from ligament.core.facts import Facts
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import Subject, SubjectKind
from ligament.core.ledgers import BooksDocument, Organisation
from ligament.core.records import Invoice
from ligament.core.rules.model import Rulebook
from ligament.flow.plan.builder import PlanBuilder
from ligament.flow.plan.documents.history import in_history
from tests.contacts.pairs import around
from tests.store.makers import DAY, document, invoice

MANY = 300
SESSION = invoice("1", number="1")


class Counted(Mapping[str, BooksDocument]):
    """Documents that count how often one of them is looked at."""

    def __init__(self, documents: Mapping[str, BooksDocument]) -> None:
        self._documents = documents
        self.looks = 0

    def __getitem__(self, key: str) -> BooksDocument:
        self.looks += 1
        return self._documents[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)


def patient(number: int) -> Subject:
    return Subject(kind=SubjectKind.PATIENT, id=str(number))


def asked(count: int, *, contacts: int) -> tuple[PlanBuilder, Counted]:
    """Ask about records of one price and day, with as many documents entered by hand, of so many people in turns."""
    entered = [document(f"d{n:04}", f"INV-{n:04}", contact_id=BooksId(f"c{n % contacts}")) for n in range(count)]
    documents = Counted({one.id: one for one in entered})
    facts = Facts(
        invoices={},
        documents=documents,  # type: ignore[arg-type] # planning reads it only
        alike={f"invoice|{SESSION.total}|{DAY}": tuple(one.id for one in entered)},
    )
    builder = PlanBuilder(
        facts=facts, rulebook=Rulebook(), around=around(), organisation=Organisation(id=BooksId("o"), name="Made-up")
    )
    builder.contacts = {patient(n).key: BooksId(f"c{n}") for n in range(contacts)}
    for number in range(count):
        record: Invoice = replace(SESSION, id=SourceId(str(number)), number=str(number + 1))
        subject = Subject(kind=SubjectKind.INVOICE, id=record.id)
        assert in_history(
            builder, record, subject, Bill(subject=patient(number % contacts), party=None, is_payer=False, why="")
        )
    return builder, documents


def test_a_day_of_many_at_one_price_is_looked_through_once_and_everybody_is_asked_about_their_own() -> None:
    builder, documents = asked(MANY, contacts=MANY)
    assert [hold.detail["books_id"] for hold in builder.holds.values()] == [f"d{n:04}" for n in range(MANY)]
    assert documents.looks <= 3 * MANY


def test_many_of_one_contact_are_asked_about_the_first_without_looking_at_the_rest() -> None:
    builder, documents = asked(MANY, contacts=1)
    assert {hold.detail["books_id"] for hold in builder.holds.values()} == {"d0000"}
    assert documents.looks <= 3 * MANY
