"""Payments, credit notes, allocations, batches and money received ahead."""

from __future__ import annotations

from datetime import date

import pytest

from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.simulator.errors import HAS_MONEY, NOT_AUTHORISED, NUMBER_TAKEN, OVERPAID
from ligament.connectors.xero.tests.simulated_books import (
    SAVED_ALONE,
    ZERO_GUID,
    SimulatedBooks,
    note_element,
    payment_element,
)


def paid_invoice(books: SimulatedBooks, amount: str = "110.00") -> tuple[str, str]:
    """Make an invoice with one payment; returns both ids."""
    invoice_id = books.invoice()["InvoiceID"]
    return invoice_id, books.pay(invoice_id, amount).rows("Payments")[0]["PaymentID"]


def note(books: SimulatedBooks, **fields: object) -> str:
    """Make a credit note of 110.00; returns its id."""
    answer = books.put("CreditNotes", note_element(books.some_contact(), **fields))
    assert answer.status == 200, answer.messages()
    made: str = answer.rows("CreditNotes")[0]["CreditNoteID"]
    return made


def allocation(invoice_id: str, amount: str, **fields: object) -> dict[str, object]:
    """Return an allocation as a client sends it."""
    return {"Invoice": {"InvoiceID": invoice_id}, "Amount": amount, **fields}


def test_full_payment_turns_the_invoice_paid_and_its_removal_turns_it_back() -> None:
    books = SimulatedBooks()
    invoice_id, payment_id = paid_invoice(books)
    paid = books.read(invoice_id)
    assert (paid["Status"], str(paid["AmountDue"]), str(paid["AmountPaid"])) == ("PAID", "0.00", "110.00")
    assert paid["FullyPaidOnDate"] == "/Date(1772409600000+0000)/"
    assert [it["PaymentID"] for it in paid["Payments"]] == [payment_id]
    answer = books.call("POST", f"Payments/{payment_id}", {"Status": "DELETED"})
    assert answer.rows("Payments")[0]["Status"] == "DELETED"
    back = books.read(invoice_id)
    assert (back["Status"], str(back["AmountDue"]), back["Payments"]) == ("AUTHORISED", "110.00", [])
    assert "FullyPaidOnDate" not in back
    assert books.post(f"Payments/{payment_id}", {"Status": "DELETED"}).status == 400


def test_deleted_payments_are_listed_on_the_invoice_when_switched() -> None:
    books = SimulatedBooks(switches=Switches(deleted_payments_listed=True))
    invoice_id, payment_id = paid_invoice(books)
    books.post(f"Payments/{payment_id}", {"Status": "DELETED"})
    assert books.read(invoice_id)["Payments"][0]["Status"] == "DELETED"


def test_nobody_can_pay_more_than_is_owed_but_equal_part_payments_pass() -> None:
    books = SimulatedBooks()
    invoice_id = books.invoice()["InvoiceID"]
    assert books.pay(invoice_id, "110.01").messages() == [OVERPAID]
    assert [books.pay(invoice_id, "50.00").status for _ in range(3)] == [200, 200, 400]
    assert books.pay(invoice_id, "0").status == 400


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED", "VOIDED"])
def test_only_approved_documents_can_be_paid(status: str) -> None:
    books = SimulatedBooks()
    made = books.invoice(Status="AUTHORISED" if status == "VOIDED" else status)
    if status == "VOIDED":
        books.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert books.pay(made["InvoiceID"], "1.00").messages() == [NOT_AUTHORISED]


def test_a_payment_needs_a_bank_or_payable_account_and_one_document() -> None:
    books = SimulatedBooks()
    invoice_id = books.invoice()["InvoiceID"]
    savings = next(it for it in books.world.only().accounts.values() if it.name == "Savings")
    assert books.pay(invoice_id, "1.00", Account={"Code": "091"}).status == 200
    assert books.pay(invoice_id, "1.00", Account={"AccountID": savings.account_id}).status == 200
    for account in ({"Code": "200"}, {"Code": "999"}, {}):
        assert books.pay(invoice_id, "1.00", Account=account).status == 400
    assert (
        books.put("Payments", payment_element(invoice_id, "1.00", CreditNote={"CreditNoteID": ZERO_GUID})).status == 400
    )
    by_number = payment_element("", "1.00", Invoice={"InvoiceNumber": books.read(invoice_id)["InvoiceNumber"]})
    assert books.put("Payments", by_number).status == 200


def test_a_batch_of_payments_saves_the_good_ones() -> None:
    books = SimulatedBooks()
    invoice_id = books.invoice()["InvoiceID"]
    elements = [payment_element(invoice_id, amount) for amount in ("60.00", "60.00", "50.00")]
    answer = books.put("Payments", *elements, **SAVED_ALONE)
    assert [it["StatusAttributeString"] for it in answer.rows("Payments")] == ["OK", "ERROR", "OK"]
    assert answer.rows("Payments")[1]["PaymentID"] == ZERO_GUID
    assert books.read(invoice_id)["Status"] == "PAID"


def test_a_reconciled_payment_cannot_be_deleted_by_the_api_unless_switched() -> None:
    books = SimulatedBooks()
    _, payment_id = paid_invoice(books)
    books.change(lambda world: control.reconcile_payment(world, payment_id, at=books.at))
    assert books.post(f"Payments/{payment_id}", {"Status": "DELETED"}).status == 400
    books.change(lambda world: world.with_switches(Switches(refuse_reconciled_delete=False)))
    assert books.post(f"Payments/{payment_id}", {"Status": "DELETED"}).status == 200


@pytest.mark.parametrize("moves", [True, False])
def test_a_payment_moves_the_invoices_time_when_switched(moves: bool) -> None:
    books = SimulatedBooks(switches=Switches(payment_moves_invoice=moves))
    made = books.invoice()
    books.pay(made["InvoiceID"], "1.00")
    assert (books.read(made["InvoiceID"])["UpdatedDateUTC"] > made["UpdatedDateUTC"]) is moves


def test_payments_are_found_by_invoice_and_date() -> None:
    books = SimulatedBooks()
    invoice_id, payment_id = paid_invoice(books)
    paid_invoice(books)
    found = books.get("Payments", {"where": f'Invoice.InvoiceID==guid("{invoice_id}")'}).rows("Payments")
    assert [it["PaymentID"] for it in found] == [payment_id]
    assert not books.get("Payments", {"where": "Date>DateTime(2026,3,2)"}).rows("Payments")
    assert "Name" not in found[0]["Account"]
    assert books.get(f"Payments/{payment_id}").rows("Payments")[0]["Account"]["Name"] == "Clearing Account"


def test_a_credit_note_is_allocated_and_taken_off_again() -> None:
    books = SimulatedBooks()
    invoice_id, note_id = books.invoice()["InvoiceID"], note(books, Date="2026-03-04")
    (made,) = books.put(f"CreditNotes/{note_id}/Allocations", allocation(invoice_id, "60.00")).rows("Allocations")
    assert "AllocationID" not in made
    assert made["Date"] == "/Date(1772582400000+0000)/"  # 4 March: the later of both documents.
    read = books.get(f"CreditNotes/{note_id}").rows("CreditNotes")[0]
    assert (str(read["RemainingCredit"]), str(read["AppliedAmount"])) == ("50.00", "60.00")
    assert books.read(invoice_id)["CreditNotes"][0]["CreditNoteID"] == note_id
    assert str(books.read(invoice_id)["AmountDue"]) == "50.00"
    allocation_id = read["Allocations"][0]["AllocationID"]
    path = f"CreditNotes/{note_id}/Allocations/{allocation_id}"
    removed = books.call("DELETE", path)
    assert (removed.status, removed.json["IsDeleted"], removed.json["AllocationId"]) == (200, True, allocation_id)
    assert str(books.read(invoice_id)["AmountDue"]) == "110.00"
    assert books.call("DELETE", path).status == 404


def test_a_used_up_credit_note_is_paid_and_so_is_its_invoice() -> None:
    books = SimulatedBooks()
    invoice_id, note_id = books.invoice()["InvoiceID"], note(books)
    books.put(f"CreditNotes/{note_id}/Allocations", allocation(invoice_id, "110.00", Date="2026-03-09"))
    assert books.read(invoice_id)["Status"] == "PAID"
    shown = books.get(f"CreditNotes/{note_id}").rows("CreditNotes")[0]
    assert (shown["Status"], shown["Allocations"][0]["Date"]) == ("PAID", "/Date(1773014400000+0000)/")


def test_the_allocation_id_is_answered_when_switched() -> None:
    books = SimulatedBooks(switches=Switches(allocation_id_in_answer=True))
    invoice_id, note_id = books.invoice()["InvoiceID"], note(books)
    answer = books.put(f"CreditNotes/{note_id}/Allocations", allocation(invoice_id, "60.00"))
    assert answer.rows("Allocations")[0]["AllocationID"]


def test_allocations_respect_contact_state_and_both_amounts() -> None:
    books = SimulatedBooks()
    invoice_id, note_id = books.invoice()["InvoiceID"], note(books)
    other = books.invoice(books.contact("Other"))["InvoiceID"]
    draft = books.invoice(Status="DRAFT")["InvoiceID"]
    path = f"CreditNotes/{note_id}/Allocations"
    assert books.put(path, allocation(other, "1.00")).status == 400
    assert books.put(path, allocation(draft, "1.00")).messages() == [NOT_AUTHORISED]
    assert books.put(path, allocation(invoice_id, "110.01")).messages() == [OVERPAID]
    books.pay(invoice_id, "100.00")
    assert books.put(path, allocation(invoice_id, "10.01")).messages() == [OVERPAID]
    books.change(lambda world: control.set_lock_dates(world, period=date(2026, 3, 1)))
    assert "lock date" in books.put(path, allocation(invoice_id, "1.00")).messages()[0]


def test_documents_with_money_on_them_cannot_be_voided() -> None:
    books = SimulatedBooks()
    invoice_id, note_id = books.invoice()["InvoiceID"], note(books)
    books.put(f"CreditNotes/{note_id}/Allocations", allocation(invoice_id, "1.00"))
    assert books.post(f"Invoices/{invoice_id}", {"Status": "VOIDED"}).messages() == [HAS_MONEY]
    assert books.post(f"CreditNotes/{note_id}", {"Status": "VOIDED"}).messages() == [HAS_MONEY]
    allocation_id = next(iter(books.world.only().allocations))
    books.change(lambda world: control.remove_allocation(world, allocation_id, at=books.at))
    assert books.post(f"Invoices/{invoice_id}", {"Status": "VOIDED"}).status == 200
    assert books.post(f"CreditNotes/{note_id}", {"Status": "VOIDED"}).status == 200


def test_a_credit_note_can_be_refunded_and_shows_under_the_key_invoice() -> None:
    books = SimulatedBooks()
    note_id = note(books)
    element = payment_element("", "110.00", Invoice=None, CreditNote={"CreditNoteID": note_id})
    (shown,) = books.put("Payments", element).rows("Payments")
    assert (shown["PaymentType"], shown["Invoice"]["Type"]) == ("ARCREDITPAYMENT", "ACCRECCREDIT")
    assert books.get(f"CreditNotes/{note_id}").rows("CreditNotes")[0]["Status"] == "PAID"


def test_credit_notes_take_no_discount() -> None:
    books = SimulatedBooks()
    lines = [{"Description": "x", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200", "DiscountRate": 5}]
    assert books.put("CreditNotes", note_element(books.contact(), LineItems=lines)).status == 400


@pytest.mark.parametrize(("shared", "status"), [(False, 200), (True, 400)])
def test_invoices_and_credit_notes_share_numbers_when_switched(shared: bool, status: int) -> None:
    books = SimulatedBooks(switches=Switches(shared_number_space=shared))
    books.invoice(InvoiceNumber="CL-1")
    answer = books.put("CreditNotes", note_element(books.some_contact(), CreditNoteNumber="CL-1"))
    assert answer.status == status
    assert note(books, CreditNoteNumber="CL-2")
    again = books.put("CreditNotes", note_element(books.some_contact(), CreditNoteNumber="CL-2"))
    assert again.messages() == [NUMBER_TAKEN]


def test_a_batch_payment_is_deleted_only_as_a_whole() -> None:
    books = SimulatedBooks()
    ids = [books.invoice()["InvoiceID"] for _ in range(2)]
    parts = [{"Invoice": {"InvoiceID": it}, "Amount": "110.00"} for it in ids]
    element = {"Account": {"Code": "090"}, "Date": "2026-03-02", "Reference": "day", "Payments": parts}
    (batch,) = books.put("BatchPayments", element).rows("BatchPayments")
    assert (str(batch["TotalAmount"]), batch["Type"]) == ("220.00", "RECBATCH")
    member = batch["Payments"][0]["PaymentID"]
    assert books.post(f"Payments/{member}", {"Status": "DELETED"}).status == 400
    assert books.post(f"BatchPayments/{batch['BatchPaymentID']}", {"Status": "DELETED"}).status == 200
    assert {books.read(it)["Status"] for it in ids} == {"AUTHORISED"}


@pytest.mark.parametrize(
    ("kind", "plural", "id_key"),
    [("RECEIVE-PREPAYMENT", "Prepayments", "PrepaymentID"), ("RECEIVE-OVERPAYMENT", "Overpayments", "OverpaymentID")],
)
def test_money_received_ahead_is_allocated_and_the_rest_refunded(kind: str, plural: str, id_key: str) -> None:
    books = SimulatedBooks()
    invoice_id = books.invoice()["InvoiceID"]
    lines = [{"Description": "Deposit", "Quantity": 1, "UnitAmount": 150, "LineAmount": 150, "AccountCode": "830"}]
    element = {
        "Type": kind, "Contact": {"ContactID": books.some_contact()}, "BankAccount": {"Code": "090"},
        "Date": "2026-03-01", "LineItems": lines,
    }  # fmt: skip
    (made,) = books.put("BankTransactions", element).rows("BankTransactions")
    path = f"{plural}/{made[id_key]}"
    assert books.put(f"{path}/Allocations", allocation(invoice_id, "110.00")).status == 200
    assert books.read(invoice_id)["Status"] == "PAID"
    assert books.read(invoice_id)[plural][0][id_key] == made[id_key]
    refund = payment_element("", "40.00", Invoice=None, **{id_key.removesuffix("ID"): {id_key: made[id_key]}})
    assert books.put("Payments", refund).status == 200
    (shown,) = books.get(path).rows(plural)
    assert (shown["Status"], str(shown["RemainingCredit"])) == ("PAID", "0.00")


def test_history_notes_are_kept_in_order() -> None:
    books = SimulatedBooks()
    invoice_id = books.invoice()["InvoiceID"]
    for text in ("first", "second"):
        books.call("PUT", f"Invoices/{invoice_id}/History", {"HistoryRecords": [{"Details": text}]})
    shown = books.get(f"Invoices/{invoice_id}/History").rows("HistoryRecords")
    assert [it["Details"] for it in shown] == ["first", "second"]
    too_long = {"HistoryRecords": [{"Details": "x" * 2_501}]}
    assert books.call("PUT", f"Invoices/{invoice_id}/History", too_long).status == 400
