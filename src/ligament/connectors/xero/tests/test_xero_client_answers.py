"""What became of a write: each element judged alone, and no unclear answer taken for a clear one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.tests.books_kit import DAY, contact_write, desk, invoice_write, line, payment_write
from ligament.core.ids import BooksId
from ligament.core.ledgers import (
    BooksContact,
    BooksDocument,
    BooksPayment,
    ContactGroup,
    DocumentKind,
    DocumentStatus,
    PhoneSlot,
    TrackingOption,
)
from ligament.core.private import Private
from ligament.core.writes import (
    AllocationWrite,
    ContactWrite,
    DocumentWrite,
    ElementVerdict,
    GroupWrite,
    MembershipWrite,
    OptionWrite,
    PaymentRemoval,
    RefusalCode,
    Verb,
)
from ligament.ports.errors import Broken, OutcomeUnknown
from ligament.simkit.faults import FaultKind

NOBODY = BooksId("11111111-2222-3333-4444-555555555555")


def codes(results: tuple[Any, ...]) -> list[str]:
    return [result.code for result in results]


def verdicts(results: tuple[Any, ...]) -> list[ElementVerdict]:
    return [result.verdict for result in results]


# --- each element alone ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reversed_order", [False, True])
def test_one_bad_element_leaves_the_others_saved_and_in_order(reversed_order: bool) -> None:
    here = desk(switches=Switches(element_order_reversed=reversed_order, minute_limit=1000))
    contact = here.contact()
    here.invoice(contact, "CLK-2")
    results = here.write(Verb.CREATE_INVOICES, *(invoice_write(contact, f"CLK-{n}") for n in (1, 2, 3)))
    assert verdicts(results) == [ElementVerdict.DONE, ElementVerdict.REFUSED, ElementVerdict.DONE]
    assert codes(results) == ["", RefusalCode.NUMBER_TAKEN, ""]
    made = [result.result for result in results if isinstance(result.result, BooksDocument)]
    assert [document.number for document in made] == ["CLK-1", "CLK-3"]


@pytest.mark.parametrize("reversed_order", [False, True])
def test_payments_of_one_call_are_told_apart(reversed_order: bool) -> None:
    here = desk(switches=Switches(element_order_reversed=reversed_order, minute_limit=1000))
    contact = here.contact()
    first, second = here.invoice(contact, "CLK-1"), here.invoice(contact, "CLK-2")
    results = here.write(
        Verb.PAY,
        payment_write(first, "10.00", "CLK-1/a"),
        payment_write(first, "500.00", "CLK-1/b"),
        payment_write(second, "20.00", "CLK-2/a"),
    )
    assert codes(results) == ["", RefusalCode.OVERPAID, ""]
    paid = [result.result for result in results if isinstance(result.result, BooksPayment)]
    assert [payment.reference for payment in paid] == ["CLK-1/a", "CLK-2/a"]


def test_a_contact_comes_back_as_the_books_hold_it() -> None:
    here = desk()
    phones = ((PhoneSlot.DEFAULT, Private("02 9000 0000")), (PhoneSlot.MOBILE, Private("0400 000 000")))
    wanted = contact_write(first=Private("Ada"), email=Private("ada@clinic.example"), phones=phones)
    made = here.write(Verb.CREATE_CONTACTS, wanted)[0].result
    assert isinstance(made, BooksContact)
    assert (made.number, made.name, made.email) == ("CLK-1", Private("Ada Quill"), Private("ada@clinic.example"))
    assert dict(made.phones) == dict(phones)


def test_taken_names_and_numbers_have_their_own_codes_and_show_no_name() -> None:
    here = desk()
    here.contact("Ada Quill", "CLK-1")
    results = here.write(
        Verb.CREATE_CONTACTS,
        contact_write("ada QUILL", "CLK-2"),
        contact_write("Bo Lee", "CLK-1"),
        contact_write("Ada Quill", "CLK-1"),
    )
    taken = [RefusalCode.NAME_TAKEN, RefusalCode.CONTACT_NUMBER_TAKEN, RefusalCode.CONTACT_NUMBER_TAKEN]
    assert codes(results) == taken
    assert "quill" not in repr(results).casefold()
    assert "already assigned" in results[0].refusals[0]


def test_an_address_that_is_no_email_is_refused_without_repeating_it() -> None:
    here = desk()
    (result,) = here.write(Verb.CREATE_CONTACTS, contact_write(email=Private("nobody at home")))
    assert result.code == RefusalCode.BAD_EMAIL
    assert "nobody" not in repr(result)


def test_an_archived_contact_is_recognised() -> None:
    here = desk()
    contact = here.contact()
    here.change(lambda world: control.archive_contact(world, contact.id, at=here.clock.now()))
    (result,) = here.write(Verb.UPDATE_CONTACTS, ContactWrite(id=contact.id, email=Private("a@b.example")))
    assert result.code == RefusalCode.ARCHIVED_CONTACT


def test_states_money_and_locks_have_their_codes() -> None:
    here = desk()
    contact = here.contact()
    paid, open_one = here.invoice(contact, "CLK-1"), here.invoice(contact, "CLK-2")
    draft = here.invoice(contact, "CLK-3", status=DocumentStatus.DRAFT)
    assert here.write(Verb.PAY, payment_write(paid, "110.00"))[0].verdict is ElementVerdict.DONE
    (too_much,) = here.write(Verb.PAY, payment_write(open_one, "110.01"))
    (too_early,) = here.write(Verb.PAY, payment_write(draft))
    gone, edited = here.write(
        Verb.UPDATE_INVOICES,
        DocumentWrite(id=open_one.id, kind=DocumentKind.INVOICE, number="CLK-2", status=DocumentStatus.DELETED),
        invoice_write(contact, "CLK-1", id=paid.id, lines=(line(amount=Decimal(1), unit_amount=Decimal(1)),)),
    )
    here.change(lambda world: control.set_lock_dates(world, period=date(2026, 3, 1)))
    (locked,) = here.write(Verb.CREATE_INVOICES, invoice_write(contact, "CLK-4"))
    assert [too_much.code, too_early.code] == [RefusalCode.OVERPAID, RefusalCode.NOT_AUTHORISED_YET]
    assert [gone.code, edited.code] == [RefusalCode.WRONG_STATE, RefusalCode.HAS_MONEY]
    assert locked.code == RefusalCode.LOCKED


def test_a_wrong_account_or_tax_is_a_mapping_refusal() -> None:
    here = desk()
    contact = here.contact()
    results = here.write(
        Verb.CREATE_INVOICES,
        invoice_write(contact, "CLK-1", lines=(line(account="999"),)),
        invoice_write(contact, "CLK-2", lines=(line(tax_type="INPUT"),)),
    )
    assert codes(results) == [RefusalCode.MAPPING, RefusalCode.MAPPING]


def test_a_payment_is_taken_back_once_and_an_unknown_one_is_not_found() -> None:
    here = desk()
    invoice = here.invoice(here.contact())
    payment = here.write(Verb.PAY, payment_write(invoice))[0].result
    assert isinstance(payment, BooksPayment)
    (result,) = here.write(Verb.UNPAY, PaymentRemoval(payment_id=payment.id, invoice_id=invoice.id))
    assert isinstance(result.result, BooksPayment)
    assert result.result.deleted
    (nothing,) = here.write(Verb.UNPAY, PaymentRemoval(payment_id=NOBODY, invoice_id=invoice.id))
    assert (nothing.verdict, nothing.code) == (ElementVerdict.REFUSED, RefusalCode.NOT_FOUND)


def test_credit_is_used_on_several_invoices_in_one_call() -> None:
    here = desk()
    contact = here.contact()
    note = here.note(contact)
    one, two = here.invoice(contact, "CLK-1"), here.invoice(contact, "CLK-2")
    wanted = [
        AllocationWrite(credit_id=note.id, invoice_id=invoice.id, amount=Decimal(amount), on=DAY)
        for invoice, amount in ((one, "60.00"), (two, "40.00"))
    ]
    results = here.write(Verb.ALLOCATE, *wanted)
    assert verdicts(results) == [ElementVerdict.DONE, ElementVerdict.DONE]
    assert [result.result for result in results] == [None, None]
    (credit,) = here.books.documents_by_id("credit_note", [note.id])
    (paid,) = here.books.documents_by_id("invoice", [one.id])
    assert {(item.other_id, item.amount) for item in credit.allocations} == {
        (one.id, Decimal(60)),
        (two.id, Decimal(40)),
    }
    assert [(item.other_id, item.amount) for item in paid.allocations] == [(note.id, Decimal(60))]
    assert credit.open_amount == 10
    (gone,) = here.write(Verb.ALLOCATE, replace(wanted[0], credit_id=NOBODY))
    assert gone.code == RefusalCode.NOT_FOUND


def test_a_tracking_option_is_added_and_comes_back() -> None:
    here = desk()
    category = here.books.chart().category("location")
    assert category is not None
    (result,) = here.write(Verb.ADD_OPTION, OptionWrite(category_id=category.id, name="Hill Rd"))
    assert isinstance(result.result, TrackingOption)
    assert result.result.name == "Hill Rd"
    assert category.id
    (gone,) = here.write(Verb.ADD_OPTION, OptionWrite(category_id=NOBODY, name="x"))
    assert gone.code == RefusalCode.NOT_FOUND


def test_a_group_is_made_and_members_come_and_go() -> None:
    here = desk()
    contact = here.contact()
    (made,) = here.write(Verb.ADD_GROUP, GroupWrite(name=Private("Veterans")))
    assert isinstance(made.result, ContactGroup)
    assert [group.name for group in here.books.groups()] == ["Veterans"]
    member = MembershipWrite(group_id=made.result.id, contact_id=contact.id)
    (joined,) = here.write(Verb.JOIN_GROUP, member)
    assert (joined.verdict, joined.result) == (ElementVerdict.DONE, None)
    assert here.books.contacts_by_id([contact.id])[0].groups == (made.result.id,)
    assert [here.write(Verb.LEAVE_GROUP, member)[0].verdict for _ in range(2)] == [
        ElementVerdict.DONE,
        ElementVerdict.DONE,
    ]
    assert here.books.contacts_by_id([contact.id])[0].groups == ()
    (gone,) = here.write(Verb.JOIN_GROUP, replace(member, group_id=NOBODY))
    assert gone.code == RefusalCode.NOT_FOUND
    (twice,) = here.write(Verb.ADD_GROUP, GroupWrite(name=Private("veterans")))
    assert twice.verdict is ElementVerdict.REFUSED


# --- unclear answers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.DROP_AFTER},
        {"kind": FaultKind.DELAY_AFTER, "milliseconds": 60_000},
        {"kind": FaultKind.HTML, "status": 200},
        {"kind": FaultKind.EMPTY, "status": 200},
        {"kind": FaultKind.EMPTY, "status": 204},
        {"kind": FaultKind.TRUNCATE},
        {"kind": FaultKind.HTML, "status": 500},
        {"kind": FaultKind.EMPTY, "status": 503},
        {"kind": FaultKind.DROP_BEFORE},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_a_write_without_a_clear_answer_is_of_unknown_outcome_and_leaves_once(fault: dict[str, Any]) -> None:
    here = desk()
    contact = here.contact()
    here.fail(method="PUT", **fault)
    here.host.clear_log()
    with pytest.raises(OutcomeUnknown):
        here.write(Verb.CREATE_INVOICES, invoice_write(contact))
    assert here.calls()["PUT Invoices"] == 1
    found = here.books.find_invoices(["CLK-100"])
    assert len(found) == (0 if fault["kind"] is FaultKind.DROP_BEFORE else 1)


def test_the_same_bytes_under_the_same_key_are_done_once() -> None:
    here = desk()
    call = here.books.prepare(Verb.CREATE_INVOICES, [invoice_write(here.contact())])
    here.fail(FaultKind.DROP_AFTER, method="PUT")
    with pytest.raises(OutcomeUnknown):
        here.books.send(call, "tenant:7:0")
    (result,) = here.books.send(call, "tenant:7:0")
    assert result.verdict is ElementVerdict.DONE
    assert len(here.host.world.only().invoices) == 1


def test_an_error_inside_is_replayed_under_its_key() -> None:
    here = desk()
    call = here.books.prepare(Verb.CREATE_INVOICES, [invoice_write(here.contact())])
    here.change(control.break_next_writes)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            here.books.send(call, "tenant:8:0")
    assert here.books.send(call, "tenant:8:1")[0].verdict is ElementVerdict.DONE


def test_a_key_used_for_other_bytes_is_our_own_mistake() -> None:
    here = desk()
    contact = here.contact()
    here.write(Verb.CREATE_INVOICES, invoice_write(contact, "CLK-1"), key="k")
    with pytest.raises(Broken, match="idempotency key"):
        here.write(Verb.CREATE_INVOICES, invoice_write(contact, "CLK-2"), key="k")
    with pytest.raises(Broken, match="idempotency key"):
        here.write(Verb.UNPAY, PaymentRemoval(payment_id=NOBODY, invoice_id=NOBODY), key="k")
    with pytest.raises(ValueError, match="128"):
        here.write(Verb.CREATE_INVOICES, invoice_write(contact, "CLK-3"), key="k" * 129)


def test_without_a_key_the_header_is_left_out() -> None:
    here = desk()
    here.contact()
    sent = here.host.log[-1].request.headers
    assert "idempotency-key" not in sent
    assert (sent["accept"], sent["content-type"]) == ("application/json", "application/json")
    assert sent["xero-tenant-id"] == here.pin.tenant_id
