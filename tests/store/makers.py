"""Small records with everything but the telling parts filled in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import BooksId, SourceId
from ligament.core.intents import DocumentIntent, Subject, subject_from_key
from ligament.core.ledgers import BooksContact, BooksDocument, BooksLine, DocumentKind, DocumentStatus
from ligament.core.links import AgreedFields, Agreement, ContactLink, DocumentLink, PaymentLink
from ligament.core.plans import Action, ActionKind, ContactStep, DocumentStep, Outcome, RecordKind, State
from ligament.core.private import Private
from ligament.core.receipts import WriteIntent
from ligament.core.records import Invoice, InvoiceStatus, Line, Party, PartyKind, Visit
from ligament.core.writes import ContactWrite, PreparedCall, Verb

THEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
DAY = date(2026, 3, 1)
NINETY = Decimal("90.00")


def patient(identifier: str, **more: Any) -> Party:
    fields: dict[str, Any] = {"first": Private("Jane"), "last": Private(f"Doe{identifier}"), "revision": "1"} | more
    return Party(id=SourceId(identifier), kind=PartyKind.PATIENT, created_at=THEN, updated_at=THEN, **fields)


def payer(identifier: str, company: str, **more: Any) -> Party:
    fields: dict[str, Any] = {"company": Private(company), "revision": "1"} | more
    return Party(id=SourceId(identifier), kind=PartyKind.PAYER, created_at=THEN, updated_at=THEN, **fields)


def invoice(identifier: str, **more: Any) -> Invoice:
    fields: dict[str, Any] = {
        "number": identifier,
        "status": InvoiceStatus.OPEN,
        "total": NINETY,
        "tax": Decimal(0),
        "revision": "1",
    }
    return Invoice(id=SourceId(identifier), issued_on=DAY, created_at=THEN, updated_at=THEN, **(fields | more))


def line(identifier: str, invoice_id: str, **more: Any) -> Line:
    fields: dict[str, Any] = {"quantity": Decimal(1), "unit_price": NINETY, "total": NINETY, "revision": "1"} | more
    return Line(id=SourceId(identifier), invoice_id=SourceId(invoice_id), **fields)


def visit(identifier: str, **more: Any) -> Visit:
    return Visit(id=SourceId(identifier), booking_id=SourceId("b1"), updated_at=THEN, **({"revision": "1"} | more))


def contact(identifier: str, **more: Any) -> BooksContact:
    return BooksContact(id=BooksId(identifier), **({"updated_at": THEN} | more))


def document(identifier: str, number: str, **more: Any) -> BooksDocument:
    fields: dict[str, Any] = {
        "kind": DocumentKind.INVOICE, "contact_id": BooksId("c1"), "status": DocumentStatus.AUTHORISED,
        "total": NINETY, "tax": Decimal(0), "updated_at": THEN,
    }  # fmt: skip
    return BooksDocument(id=BooksId(identifier), number=number, on=DAY, **(fields | more))


def credit_note(identifier: str, number: str, **more: Any) -> BooksDocument:
    return document(identifier, number, **({"kind": DocumentKind.CREDIT_NOTE} | more))


def books_line(text: str = "Consultation") -> BooksLine:
    return BooksLine(
        text=text, quantity=Decimal(1), unit_amount=NINETY, amount=NINETY, account="200", tax_type="EXEMPTOUTPUT"
    )


def wanted(number: str, party: str = "patient:1", **more: Any) -> DocumentIntent:
    fields: dict[str, Any] = {
        "kind": DocumentKind.INVOICE, "reference": "ref", "due_on": DAY, "status": DocumentStatus.AUTHORISED,
        "lines": (books_line(),), "total": NINETY, "tax": Decimal(0),
    }  # fmt: skip
    return DocumentIntent(number=number, party=subject_from_key(party), on=DAY, **(fields | more))


def contact_link(party: str, contact_id: str, **more: Any) -> ContactLink:
    return ContactLink(party=subject_from_key(party), contact_id=BooksId(contact_id), number=f"CLK-{party[-1]}", **more)


def document_link(subject: str, books_id: str, number: str, **more: Any) -> DocumentLink:
    fields: dict[str, Any] = {"kind": DocumentKind.INVOICE} | more
    return DocumentLink(subject=subject_from_key(subject), books_id=BooksId(books_id), number=number, **fields)


def agreement(subject: str) -> Agreement:
    return Agreement(
        subject=subject_from_key(subject), fingerprint="f", kind=DocumentKind.INVOICE, lines=(), total=NINETY
    )


def payment_link(subject: str, payment_id: str) -> PaymentLink:
    return PaymentLink(
        subject=subject_from_key(subject), payment_id=BooksId(payment_id), document_id=BooksId("d1"), reference="r",
        account="090", amount=NINETY, on=DAY, for_total=NINETY,
    )  # fmt: skip


def contact_action(party: str, name: str = "Jane Doe") -> Action:
    step = ContactStep(write=ContactWrite(name=Private(name)), name=Private(name))
    return Action(
        kind=ActionKind.CREATE_CONTACT, subject=subject_from_key(party), sentence=f"Create {name}", contact=step
    )


def document_action(subject: str, number: str, party: str = "patient:1") -> Action:
    step = DocumentStep(intent=wanted(number, party, trail=(f"billed to {party}",)))
    return Action(
        kind=ActionKind.CREATE_DOCUMENT, subject=subject_from_key(subject), number=number, amount=NINETY, document=step
    )


def link_action(subject: str) -> Action:
    return Action(kind=ActionKind.LINK_DOCUMENT, subject=subject_from_key(subject))


def intent(identifier: str = "i1", *actions: Action, body: bytes = b'{"Name":"Jane Doe"}') -> WriteIntent:
    call = PreparedCall(verb=Verb.CREATE_CONTACTS, method="PUT", target="Contacts", body=body, elements=1)
    return WriteIntent(id=identifier, run_id="r1", system="books", call=call, key=f"key-{identifier}", actions=actions)


def hold(subject: str, code: HoldCode = HoldCode.RULE, **more: Any) -> Hold:
    fields: dict[str, Any] = {"kind": HoldKind.INVOICE, "sentence": "It waits."} | more
    return Hold(subject=subject_from_key(subject), code=code, **fields)


def outcome(subject: str, state: State, **more: Any) -> Outcome:
    return Outcome(subject=subject_from_key(subject), kind=RecordKind.INVOICES, state=state, **more)


def subjects(*keys: str) -> frozenset[Subject]:
    return frozenset(subject_from_key(key) for key in keys)


def agreed(name: str) -> AgreedFields:
    return AgreedFields(name=Private(name), email=Private("jane@example.com"))
