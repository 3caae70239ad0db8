"""Who is billed is worked out once for invoices that are addressed alike, and never taken from one that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest

from ligament.core.billing import bill_to
from ligament.core.facts import Facts
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import Organisation
from ligament.core.money import ZERO
from ligament.core.private import Private
from ligament.core.records import Invoice, InvoiceStatus, Party, PartyKind
from ligament.core.rules.apply import Ruling
from ligament.core.rules.entries import Effects
from ligament.core.rules.model import ContactsSection, PayerUnknown, Privacy, Rulebook
from ligament.flow.plan.builder import PlanBuilder
from ligament.flow.plan.rulings import bill_of
from tests.contacts.pairs import around

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def party(identifier: str, kind: PartyKind, name: str) -> Party:
    called = Private(name)
    return Party(id=SourceId(identifier), kind=kind, first=called, company=called, created_at=NOW, updated_at=NOW)


INSURER = party("5", PartyKind.PAYER, "Insurer")
FACTS = Facts(
    parties={
        "patient:1": party("1", PartyKind.PATIENT, "Ana"),
        "patient:2": party("2", PartyKind.PATIENT, "Ben"),
        "payer:5": INSURER,
    },
    payers_by_name={"insurer": (INSURER,)},
)
PLAIN = Invoice(
    id=SourceId("9"),
    number="9",
    issued_on=date(2026, 11, 22),
    status=InvoiceStatus.OPEN,
    total=ZERO,
    tax=ZERO,
    created_at=NOW,
    updated_at=NOW,
)
INVOICES = [
    replace(PLAIN, party_id=patient, location_id=place, addressee=Private(addressee))
    for patient, place, addressee in product(
        (None, SourceId("1"), SourceId("2"), SourceId("3")),
        (None, SourceId("p"), SourceId("q")),
        ("", "Ana", "Insurer\n1 Made-up Street", "Somebody"),
    )
]


@pytest.mark.parametrize("privacy", [Privacy.FULL, Privacy.POOLED])
@pytest.mark.parametrize("unknown", list(PayerUnknown))
def test_every_invoice_is_billed_as_if_it_were_the_only_one(privacy: Privacy, unknown: PayerUnknown) -> None:
    book = Rulebook(contacts=ContactsSection(privacy=privacy, payer_unknown=unknown))
    builder = PlanBuilder(
        facts=FACTS, rulebook=book, around=around(), organisation=Organisation(id=BooksId("o"), name="Made-up")
    )
    rulings = ["", "patient", "Insurer", "Nobody"]
    for invoice, by_rule in product(INVOICES, rulings):
        billed = bill_of(builder, invoice, Ruling(effects=Effects(contact=by_rule)))
        assert billed == bill_to(invoice, book, FACTS, by_rule), (invoice.party_id, invoice.location_id, by_rule)
    assert bill_of(builder, INVOICES[-1], Ruling()) is bill_of(builder, replace(INVOICES[-1], number="10"), Ruling())
