"""Whatever a row holds: it is read, as a record or as one that makes no sense, in small memory and without an error."""

from __future__ import annotations

import json
from random import Random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ligament.connectors.cliniko import mapping as cliniko
from ligament.connectors.cliniko import wire as cliniko_wire
from ligament.connectors.cliniko.client import decoded
from ligament.connectors.cliniko.guarding import guarded
from ligament.connectors.xero import guarding as xero
from ligament.connectors.xero import wire as xero_wire
from ligament.core.facts import Facts
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import BooksContact, BooksDocument, DocumentKind
from ligament.core.oddities import MARK, NUL, Oddity
from ligament.core.plans import Plan
from ligament.core.records import Invoice, Line, Party
from ligament.flow.plan.plan import make_plan
from ligament.store.database.codec import decode, encode
from tests.fuzz.odd import ODD, Rows, text, to, written
from tests.fuzz.world import CHART, around, organisation, rulebook

FEW, SEEDS, ROWS = 150, 850, 40
"""Examples of each of the three, and those by chance: the long run comes to more than a hundred thousand."""
PAGE = msgspec.json.Decoder(dict[str, msgspec.Raw])
RAWS = msgspec.json.Decoder(list[msgspec.Raw])
DAYS = text("2026-11-22", "2026-08-06", "2024-02-29")
MOMENTS = text("2026-11-22T01:02:03Z", "2026-08-06T19:05:00Z")
MONEY = text("83.0", "0.0", "-20.5", "1000000.00")
INVOICE = Rows(
    {
        "number": text("4", "12"),
        "issue_date": DAYS,
        "status": (
            b"10",
            b"20",
            b"30",
            b"40",
        ),
        "closed_at": MOMENTS,
        "total_amount": MONEY,
        "tax_amount": MONEY,
        "calculation_method": (
            b"1",
            b"2",
            b"3",
        ),
        "invoice_to": text("", "Insurer\r\n1 Street"),
        "patient": to("patients", "1", "2"),
        "business": to("businesses", "7"),
        "original_invoice": (b"null",),
        "created_at": MOMENTS,
        "updated_at": MOMENTS,
        "archived_at": (b"null",),
    },
    {"id": text("11", "12", "13")},
)
LINE = Rows(
    {
        "billable_item": to("billable_items", "5"),
        "code": text("RB-01"),
        "name": text("Consultation", "Tape"),
        "quantity": text("1.0", "2.5", "0", "-1"),
        "unit_price": MONEY,
        "discount_percentage": text("", "10.0"),
        "is_monetary_discount": (
            b"true",
            b"false",
        ),
        "discounted_amount": MONEY,
        "tax_name": text("", "GST"),
        "tax_rate": text("", "10.0"),
        "total_including_tax": MONEY,
        "updated_at": MOMENTS,
    },
    {"id": text("21", "22"), "invoice": to("invoices", "11", "12", "13")},
)
PATIENT = Rows(
    {
        "first_name": text("Ada", ""),
        "last_name": text("Lee", "Sample"),
        "email": text("ada@mail.example", ""),
        "address_1": text("1 Street"),
        "city": text("Town"),
        "country_code": text("AU", ""),
        "patient_phone_numbers": (b'[{"phone_type":"Mobile","number":"0400 000 000"}]',),
        "custom_fields": (b"{}",),
        "merged_with_patient": (b"null",),
        "created_at": MOMENTS,
        "updated_at": MOMENTS,
        "archived_at": (b"null",),
    },
    {"id": text("1", "2")},
)
XERO_MOMENTS = text("/Date(1795312923000+0000)/", "2026-11-22T01:02:03")
AMOUNTS = (
    b"83.00",
    b"0",
    b"-20.5",
    b'"83.0000"',
)
DOCUMENT = Rows(
    {
        "InvoiceNumber": text("CLK-4", "INV-1"),
        "Contact": (b'{"ContactID":"c-1","Name":"Ada"}',),
        "Reference": text("cliniko:11", ""),
        "Url": text("https://a.example"),
        "Date": XERO_MOMENTS,
        "DueDate": XERO_MOMENTS,
        "Status": text("AUTHORISED", "PAID", "VOIDED", "DRAFT"),
        "LineAmountTypes": text("Inclusive", "Exclusive"),
        "LineItems": (b'[{"LineItemID":"l","Description":"x","Quantity":1,"LineAmount":83.0,"TaxType":"OUTPUT"}]',),
        "Total": AMOUNTS,
        "TotalTax": AMOUNTS,
        "AmountDue": AMOUNTS,
        "Payments": (b'[{"PaymentID":"p","Date":"2026-11-22","Amount":20}]',),
        "UpdatedDateUTC": XERO_MOMENTS,
    },
    {"InvoiceID": text("d-1", "d-2"), "Type": text("ACCREC")},
)
CONTACT = Rows(
    {
        "ContactNumber": text("CLK-1", ""),
        "Name": text("Ada Lee"),
        "EmailAddress": text("ada@mail.example"),
        "Phones": (b'[{"PhoneType":"MOBILE","PhoneNumber":"0400 000 000"}]',),
        "Addresses": (b'[{"AddressType":"STREET","AddressLine1":"1 Street"}]',),
        "ContactStatus": text("ACTIVE", "ARCHIVED", "GDPRREQUEST"),
        "UpdatedDateUTC": XERO_MOMENTS,
    },
    {"ContactID": text("c-1", "c-2")},
)


def unforeseen(oddity: Oddity) -> None:
    raise AssertionError(f"nobody foresaw {oddity.error}")


def assert_keepable(record: Party | Invoice | Line | BooksContact | BooksDocument) -> None:
    """It comes back from the store as it went, small, and without what a database cannot keep."""
    body = encode(record)
    assert decode(type(record), body) == record
    assert len(body) < 200_000
    assert MARK.encode() not in body
    assert b"\\u0000" not in body


def read_practice(invoice: bytes, line: bytes, patient: bytes) -> tuple[Invoice | None, Line | None, Party | None]:
    page = decoded(PAGE, b'{"rows":[' + b",".join((invoice, line, patient)) + b"]}")
    raws = RAWS.decode(page["rows"])
    return (
        guarded(cliniko_wire.decode(raws[0], cliniko_wire.InvoiceRow), cliniko.invoice_of, unforeseen),
        guarded(cliniko_wire.decode(raws[1], cliniko_wire.ItemRow), cliniko.line_of, unforeseen),
        guarded(cliniko_wire.decode(raws[2], cliniko_wire.PatientRow), cliniko.patient_of, unforeseen),
    )


def the_practice_is_read(invoice: bytes, line: bytes, patient: bytes) -> None:
    for record in read_practice(invoice, line, patient):
        assert record is not None
        assert_keepable(record)


def the_books_are_read(document: bytes, contact: bytes) -> None:
    body = b'{"Invoices":[' + document + b',{"InvoiceID":"good","Type":"ACCREC","UpdatedDateUTC":"2026-11-22"}],'
    envelope = xero_wire.decode(body + b'"Contacts":[' + contact + b"]}", xero_wire.Envelope)
    documents = [xero.document(row, DocumentKind.INVOICE, unforeseen) for row in envelope.invoices]
    assert [held.id for held in documents][1:] == ["good"]
    assert not documents[1].defect
    for document_ in documents:
        assert_keepable(document_)
    for row in envelope.contacts:
        assert_keepable(xero.contact(row, unforeseen))


def a_plan_is_made(invoices: list[bytes], line: bytes, patients: list[bytes]) -> None:
    found = {held.id: held for row in invoices if (held := read_practice(row, line, patients[0])[0]) is not None}
    _, charge, _ = read_practice(invoices[0], line, patients[0])
    people = [read_practice(invoices[0], line, row)[2] for row in patients]
    assert charge is not None
    whole = {key: held.with_lines((charge,)) for key, held in found.items()}
    facts = Facts(
        organisation=organisation(),
        chart=CHART,
        invoices=whole,
        parties={f"patient:{one.id}": one for one in people if one is not None},
    )
    plan: Plan = make_plan(facts, rulebook(), around(unforeseen))
    ended = {outcome.subject for outcome in plan.outcomes}
    assert {subject_from_key(f"invoice:{key}") for key in whole} <= ended
    for hold in plan.holds:
        assert MARK not in hold.sentence
        assert NUL not in hold.sentence


CHECKS = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
)
few = settings(CHECKS, max_examples=FEW)
many = settings(CHECKS, max_examples=SEEDS)
practice = given(INVOICE.strategy(), LINE.strategy(), PATIENT.strategy())
books = given(DOCUMENT.strategy(), CONTACT.strategy())
planned = given(
    st.lists(INVOICE.strategy(), min_size=1, max_size=3),
    LINE.strategy(),
    st.lists(PATIENT.strategy(), min_size=1, max_size=2),
)
by_chance = given(st.integers(min_value=0))


def the_practice_is_read_by_chance(seed: int) -> None:
    chance = Random(seed)
    for _ in range(ROWS):
        the_practice_is_read(INVOICE.drawn(chance), LINE.drawn(chance), PATIENT.drawn(chance))


def the_books_are_read_by_chance(seed: int) -> None:
    chance = Random(seed)
    for _ in range(ROWS):
        the_books_are_read(DOCUMENT.drawn(chance), CONTACT.drawn(chance))


def plans_are_made_by_chance(seed: int) -> None:
    chance = Random(seed)
    for _ in range(ROWS):
        a_plan_is_made([INVOICE.drawn(chance) for _ in range(3)], LINE.drawn(chance), [PATIENT.drawn(chance)])


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value[:24]))
def test_each_odd_value_in_each_field_is_read(value: bytes) -> None:
    usual = json.loads(INVOICE_USUAL)
    for name in usual:
        row = {key: json.dumps(held).encode() for key, held in usual.items()} | {name: value}
        found = guarded(cliniko_wire.decode(written(row), cliniko_wire.InvoiceRow), cliniko.invoice_of, unforeseen)
        if name != "id":
            assert found is not None


INVOICE_USUAL = """{
    "id": "11", "number": 4, "issue_date": "2026-08-06", "status": 20, "closed_at": "2026-08-06T19:05:00Z",
    "total_amount": "83.0", "tax_amount": "0.0", "invoice_to": "", "created_at": "2026-08-06T19:00:00Z",
    "updated_at": "2026-08-06T19:00:00Z", "patient": {"links": {"self": "https://api.example/v1/patients/1"}}
}"""

test_the_practice_is_read = few(practice(the_practice_is_read))
test_the_books_are_read = few(books(the_books_are_read))
test_a_plan_is_made = few(planned(a_plan_is_made))
test_the_practice_is_read_by_the_thousand = pytest.mark.slow(many(by_chance(the_practice_is_read_by_chance)))
test_the_books_are_read_by_the_thousand = pytest.mark.slow(many(by_chance(the_books_are_read_by_chance)))
test_plans_are_made_by_the_thousand = pytest.mark.slow(many(by_chance(plans_are_made_by_chance)))
