"""Single questions by id and by business key, whatever characters the key has."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ligament.connectors.xero.simulator import control
from ligament.connectors.xero.tests.books_kit import contact_write, desk, payment_write
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksPayment, ContactStatus, DocumentStatus
from ligament.core.writes import Verb

NOBODY = BooksId("11111111-2222-3333-4444-555555555555")


def test_contacts_are_found_by_number_in_any_status_and_never_by_id() -> None:
    here = desk()
    contact = here.contact("Ada Quill", "CLK-1")
    here.change(lambda world: control.archive_contact(world, contact.id, at=here.clock.now()))
    here.host.clear_log()
    (found,) = here.books.find_contacts(["CLK-1", "CLK-2", "CLK-1", ""])
    assert (found.id, found.status) == (contact.id, ContactStatus.ARCHIVED)
    assert sum(here.calls().values()) == 2
    assert here.books.find_contacts([contact.id]) == ()


def test_contacts_are_read_by_id_forty_at_a_time() -> None:
    here = desk()
    made = here.write(Verb.CREATE_CONTACTS, *(contact_write(f"Person {n}", f"CLK-{n}") for n in range(45)))
    ids = [result.result.id for result in made if result.result]
    here.host.clear_log()
    found = here.books.contacts_by_id([BooksId(key) for key in ids])
    assert {contact.id for contact in found} == set(ids)
    assert here.calls() == {"GET Contacts": 2}
    assert here.books.contacts_by_id([]) == ()


def test_invoices_are_found_by_number_in_any_status() -> None:
    here = desk()
    contact = here.contact()
    numbers = ["CLK-1", "CLK-2, part", 'CLK-3 "x"&=', "CLK-4"]
    for number in numbers[:3]:
        here.invoice(contact, number)
    voided = here.host.world.only().invoice_by_number["clk-1"]
    here.change(lambda world: control.void_invoice(world, voided, at=here.clock.now()))
    here.host.clear_log()
    found = {document.number: document for document in here.books.find_invoices(numbers)}
    assert set(found) == set(numbers[:3])
    assert found["CLK-1"].status is DocumentStatus.VOIDED
    assert found["CLK-2, part"].lines
    assert sum(here.calls().values()) == 2


def test_credit_notes_are_found_by_reference_and_number() -> None:
    here = desk()
    contact = here.contact()
    here.note(contact, "CLK-1", reference="Invoice 7 / a_b.c:d")
    here.note(contact, "CLK-2", reference="Invoice 7 / a_b.c:d")
    (found,) = here.books.find_credit_notes(["CLK-2"], ["Invoice 7 / a_b.c:d"])
    assert (found.number, found.reference) == ("CLK-2", "Invoice 7 / a_b.c:d")
    assert here.books.find_credit_notes(["CLK-3"], ["Invoice 7 / a_b.c:d"]) == ()


@pytest.mark.parametrize(
    "reference", ['x" OR Reference!="', "x\\", 'a"', "Zoë", "a\n", "", 'x").Contains("', "CLK-1\r\nHost: evil"]
)
def test_no_reference_ever_breaks_out_of_a_filter(reference: str) -> None:
    here = desk()
    here.note(here.contact(), "CLK-1")
    here.host.clear_log()
    (found,) = here.books.find_credit_notes(["CLK-1"], [reference])
    assert found.number == "CLK-1"
    asked = [exchange.request for exchange in here.host.log]
    assert [request.path for request in asked] == ["/api.xro/2.0/CreditNotes/CLK-1"]
    assert not any(request.first("where") for request in asked)


def test_documents_are_read_in_full_by_id() -> None:
    here = desk()
    contact = here.contact()
    invoice, note = here.invoice(contact), here.note(contact)
    here.write(Verb.PAY, payment_write(invoice, "10.00"))
    (full,) = here.books.documents_by_id("invoice", [invoice.id, NOBODY])
    (credit,) = here.books.documents_by_id("credit_note", [note.id, NOBODY])
    assert (full.payments[0].reference, full.open_amount, len(full.lines)) == ("CLK-100/paid", Decimal(100), 1)
    assert (credit.open_amount, credit.lines[0].id) == (Decimal(110), note.lines[0].id)
    with pytest.raises(ValueError, match="bill"):
        here.books.documents_by_id("bill", [])


def test_a_payment_tells_whether_it_is_reconciled() -> None:
    here = desk()
    made = here.write(Verb.PAY, payment_write(here.invoice(here.contact())))[0].result
    assert isinstance(made, BooksPayment)
    here.change(lambda world: control.reconcile_payment(world, made.id, at=here.clock.now()))
    found = here.books.payment(made.id)
    assert found
    assert (found.reconciled, found.account, found.deleted) == (True, "090", False)
    assert here.books.payment(NOBODY) is None


def test_links_open_in_the_right_organisation_once_it_is_known() -> None:
    here = desk()
    plain = here.books.link_for("contact", NOBODY)
    here.books.organisation()
    assert plain == f"https://go.xero.com/Contacts/View/{NOBODY}"
    assert here.books.link_for("invoice", NOBODY).startswith(
        "https://go.xero.com/organisationlogin/default.aspx?shortcode=!"
    )
    assert here.books.link_for("bill", NOBODY) == ""
