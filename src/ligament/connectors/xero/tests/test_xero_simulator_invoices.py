"""Invoices: amounts, states, numbers, edits and lock dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.connectors.xero.simulator import Switches, World, australian_books, control
from ligament.connectors.xero.simulator.errors import HAS_MONEY, NOT_FOR_MODIFICATION, NUMBER_TAKEN
from ligament.connectors.xero.simulator.money import tax_on
from ligament.connectors.xero.tests.simulated_books import SAVED_ALONE, ZERO_GUID, SimulatedBooks, invoice_element, line


@pytest.mark.parametrize(
    ("types", "sub_total", "tax", "total"),
    [("Inclusive", "100.00", "10.00", "110.00"), ("Exclusive", "110.00", "11.00", "121.00"),
     ("NoTax", "110.00", "0.00", "110.00")],
)  # fmt: skip
def test_totals_follow_the_way_amounts_are_given(types: str, sub_total: str, tax: str, total: str) -> None:
    made = SimulatedBooks().invoice(LineAmountTypes=types)
    assert [str(made[key]) for key in ("SubTotal", "TotalTax", "Total")] == [sub_total, tax, total]
    assert str(made["AmountDue"]) == total


def test_tax_is_rounded_on_each_line_and_then_summed() -> None:
    made = SimulatedBooks().invoice(LineAmountTypes="Exclusive", LineItems=[line(UnitAmount="0.05")] * 3)
    assert str(made["TotalTax"]) == "0.03"
    assert str(made["Total"]) == "0.18"


@given(st.decimals(min_value=-10_000, max_value=10_000, places=2), st.sampled_from([Decimal(10), Decimal("12.5")]))
def test_tax_of_a_negative_line_mirrors_the_positive_one(amount: Decimal, rate: Decimal) -> None:
    for types in ("Inclusive", "Exclusive"):
        assert tax_on(-amount, rate, types) == -tax_on(amount, rate, types)


def test_numbers_on_the_wire_are_exact_digits() -> None:
    books = SimulatedBooks()
    answer = books.put("Invoices", invoice_element(books.contact(), LineItems=[line(UnitAmount="0.1")] * 3))
    assert b'"Total":0.30' in answer.response.body
    assert b'"Quantity":1.0000' in answer.response.body


def test_unit_amounts_keep_four_decimals_only_on_request() -> None:
    books = SimulatedBooks()
    element = invoice_element(books.contact(), LineItems=[line(UnitAmount="12.3456", Quantity=3)])
    coarse = books.put("Invoices", element).rows("Invoices")[0]
    fine = books.put("Invoices", element, unitdp="4").rows("Invoices")[0]
    assert (str(coarse["LineItems"][0]["UnitAmount"]), str(coarse["Total"])) == ("12.35", "37.05")
    assert (str(fine["LineItems"][0]["UnitAmount"]), str(fine["Total"])) == ("12.3456", "37.04")
    assert str(books.read(fine["InvoiceID"])["LineItems"][0]["UnitAmount"]) == "12.35"
    again = books.get(f"Invoices/{fine['InvoiceID']}", {"unitdp": "4"}).rows("Invoices")[0]
    assert str(again["LineItems"][0]["UnitAmount"]) == "12.3456"


def test_a_line_amount_must_agree_with_quantity_and_unit_amount() -> None:
    books = SimulatedBooks()
    good, bad = line(LineAmount="110.00"), line(LineAmount="110.01")
    assert books.put("Invoices", invoice_element(books.contact(), LineItems=[good])).status == 200
    (message,) = books.put("Invoices", invoice_element(books.some_contact(), LineItems=[bad])).messages()
    assert message == "The line total 110.01 does not match the expected line total 110.00"


def test_a_discount_lowers_the_line() -> None:
    made = SimulatedBooks().invoice(LineItems=[line(DiscountRate="10", LineAmount="99.00")])
    assert (str(made["Total"]), made["IsDiscounted"], str(made["TotalDiscount"])) == ("99.00", True, "11.00")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"AccountCode": "999"}, "Account code '999' is not a valid code for this document."),
        ({"AccountCode": "090"}, "Account code '090' is not a valid code for this document."),
        (
            {"AccountCode": "404", "TaxType": "OUTPUT"},
            "The TaxType code 'OUTPUT' cannot be used with account code '404'.",
        ),
        ({"TaxType": "INPUT"}, "The TaxType code 'INPUT' cannot be used with account code '200'."),
        ({"ItemCode": "X"}, "Item code 'X' is not valid"),
    ],
)
def test_accounts_tax_types_and_items_must_fit(fields: dict[str, object], message: str) -> None:
    books = SimulatedBooks()
    answer = books.put("Invoices", invoice_element(books.contact(), LineItems=[line(**fields)]))
    assert answer.messages() == [message]


def test_an_archived_account_and_a_deleted_tax_rate_are_refused() -> None:
    books = SimulatedBooks()
    books.change(lambda world: control.archive_account(world, "210", at=books.at))
    books.change(lambda world: control.delete_tax_rate(world, "INPUTTAXED", at=books.at))
    contact = books.contact()
    archived = books.put("Invoices", invoice_element(contact, LineItems=[line(AccountCode="210")]))
    assert archived.messages() == ["Account code '210' has been archived, or deleted."]
    assert books.put("Invoices", invoice_element(contact, LineItems=[line(TaxType="INPUTTAXED")])).status == 400


def test_the_accounts_own_tax_type_is_the_default() -> None:
    made = SimulatedBooks().invoice(LineItems=[line(AccountCode="210")])
    assert (made["LineItems"][0]["TaxType"], str(made["TotalTax"])) == ("EXEMPTOUTPUT", "0.00")


@pytest.mark.parametrize(("refuses", "status"), [(True, 400), (False, 200)])
def test_an_unregistered_organisation_refuses_taxed_types_when_switched(refuses: bool, status: int) -> None:
    switches = Switches(unregistered_refuses_tax=refuses)
    books = SimulatedBooks(australian_books(pays_tax=False), switches)
    assert books.put("Invoices", invoice_element(books.contact())).status == status
    free = line(TaxType="BASEXCLUDED")
    assert books.put("Invoices", invoice_element(books.some_contact(), LineItems=[free])).status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"DueDate": None}, {"LineItems": []}, {"LineItems": [line(UnitAmount="-1")]}, {"Url": "clinic/1"},
        {"Url": "https://xero.clinic.test/1"}, {"Type": "ODD"}, {"Status": "PAID"}, {"CurrencyCode": "USD"},
        {"LineItems": [line(Description="")]}, {"LineItems": [line(AccountCode=None)]},
    ],
)  # fmt: skip
def test_an_approved_invoice_must_be_complete(fields: dict[str, object]) -> None:
    books = SimulatedBooks()
    assert books.put("Invoices", invoice_element(books.contact(), **fields)).status == 400
    assert not books.world.only().invoices


def test_a_draft_needs_no_due_date_and_no_account() -> None:
    made = SimulatedBooks().invoice(Status="DRAFT", DueDate=None, LineItems=[line(AccountCode=None)])
    assert made["Status"] == "DRAFT"


@pytest.mark.parametrize(("becomes_paid", "status"), [(True, "PAID"), (False, "AUTHORISED")])
def test_a_zero_total_becomes_paid_when_switched(becomes_paid: bool, status: str) -> None:
    books = SimulatedBooks(switches=Switches(zero_total_becomes_paid=becomes_paid))
    assert books.invoice(LineItems=[line(UnitAmount="0")])["Status"] == status


def test_numbers_are_unique_in_every_status() -> None:
    books = SimulatedBooks()
    made = books.invoice(InvoiceNumber="CL-1", Status="DRAFT")
    books.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "DELETED"})
    answer = books.put("Invoices", invoice_element(books.some_contact(), InvoiceNumber="cl-1"))
    assert answer.messages() == [NUMBER_TAKEN]


def test_a_deleted_drafts_number_is_free_when_switched() -> None:
    books = SimulatedBooks(switches=Switches(number_free_after_deleted=True))
    made = books.invoice(InvoiceNumber="CL-1", Status="DRAFT")
    books.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "DELETED"})
    assert books.invoice(InvoiceNumber="CL-1")["InvoiceID"] != made["InvoiceID"]


def test_post_with_a_known_number_overwrites_and_put_does_not() -> None:
    books = SimulatedBooks()
    made = books.invoice(InvoiceNumber="CL-1")
    element = invoice_element(books.some_contact(), InvoiceNumber="CL-1", Reference="changed")
    assert books.put("Invoices", element).status == 400
    changed = books.post("Invoices", element).rows("Invoices")[0]
    assert (changed["InvoiceID"], changed["Reference"]) == (made["InvoiceID"], "changed")


def test_post_onto_a_voided_number_is_refused_and_hides_the_number() -> None:
    books = SimulatedBooks()
    made = books.invoice(InvoiceNumber="CL-1")
    voided = books.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"}).rows("Invoices")[0]
    assert (voided["Status"], str(voided["AmountDue"])) == ("VOIDED", "110.00")
    answer = books.post("Invoices", invoice_element(books.some_contact(), InvoiceNumber="CL-1"), **SAVED_ALONE)
    assert answer.messages() == [NOT_FOR_MODIFICATION]
    assert "InvoiceNumber" not in answer.rows("Invoices")[0]


def test_a_renamed_invoice_frees_its_number() -> None:
    books = SimulatedBooks()
    made = books.invoice(InvoiceNumber="CL-1")
    books.post("Invoices", {"InvoiceID": made["InvoiceID"], "InvoiceNumber": "CL-1-old"})
    assert books.invoice(InvoiceNumber="CL-1")["InvoiceNumber"] == "CL-1"


def test_numbers_are_given_where_none_is_sent_and_step_over_taken_ones() -> None:
    books = SimulatedBooks()
    books.invoice(InvoiceNumber="INV-0002")
    assert [books.invoice()["InvoiceNumber"] for _ in range(2)] == ["INV-0001", "INV-0003"]


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [
        ("DRAFT", "SUBMITTED", 200), ("SUBMITTED", "DRAFT", 200), ("DRAFT", "AUTHORISED", 200),
        ("DRAFT", "DELETED", 200),
        ("DRAFT", "VOIDED", 400), ("AUTHORISED", "DRAFT", 400), ("AUTHORISED", "DELETED", 400),
        ("AUTHORISED", "VOIDED", 200),
    ],
)  # fmt: skip
def test_only_the_documented_steps_between_states_are_possible(first: str, then: str, status: int) -> None:
    books = SimulatedBooks()
    made = books.invoice(Status=first)
    answer = books.post(f"Invoices/{made['InvoiceID']}", {"Status": then})
    assert answer.status == status
    assert books.read(made["InvoiceID"])["Status"] == (then if status == 200 else first)


@pytest.mark.parametrize("end", ["VOIDED", "DELETED"])
def test_nothing_comes_after_the_end(end: str) -> None:
    books = SimulatedBooks()
    made = books.invoice(Status="AUTHORISED" if end == "VOIDED" else "DRAFT")
    books.post(f"Invoices/{made['InvoiceID']}", {"Status": end})
    answer = books.post(f"Invoices/{made['InvoiceID']}", {"Reference": "x"})
    assert answer.messages() == [NOT_FOR_MODIFICATION]


def test_lines_are_updated_by_id_and_what_is_not_sent_goes() -> None:
    books = SimulatedBooks()
    made = books.invoice(LineItems=[line(Description="one"), line(Description="two")])
    first, second = made["LineItems"]
    sent = [{"LineItemID": second["LineItemID"], "Quantity": 2}, line(Description="three")]
    changed = books.post("Invoices", {"InvoiceID": made["InvoiceID"], "LineItems": sent}).rows("Invoices")[0]
    assert [it["Description"] for it in changed["LineItems"]] == ["two", "three"]
    assert changed["LineItems"][0]["LineItemID"] == second["LineItemID"]
    assert first["LineItemID"] not in {it["LineItemID"] for it in changed["LineItems"]}
    assert str(changed["Total"]) == "330.00"
    kept = books.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "r"}).rows("Invoices")[0]
    assert kept["LineItems"] == changed["LineItems"]


def test_a_part_paid_invoice_allows_only_the_short_list_of_edits() -> None:
    books = SimulatedBooks()
    made = books.invoice()
    books.pay(made["InvoiceID"], "10.00")
    the_line = {"LineItemID": made["LineItems"][0]["LineItemID"]}
    other = books.contact("Somebody Else")
    allowed: list[dict[str, object]] = [
        {"Reference": "r"}, {"DueDate": "2026-04-01"}, {"InvoiceNumber": "CL-9"}, {"Url": "https://clinic.test/1"},
        {"Contact": {"ContactID": other}}, {"LineItems": [{**the_line, "Description": "d", "AccountCode": "220"}]},
    ]  # fmt: skip
    refused: list[dict[str, object]] = [
        {"Date": "2026-03-03"}, {"LineItems": [{**the_line, "UnitAmount": "1"}]}, {"LineItems": [line()]},
        {"LineAmountTypes": "Exclusive"}, {"Status": "VOIDED"}, {"LineItems": [{**the_line, "Quantity": 2}]},
    ]  # fmt: skip
    for element in allowed:
        answer = books.post(f"Invoices/{made['InvoiceID']}", element)
        assert answer.status == 200, (element, answer.messages())
    for element in refused:
        assert books.post(f"Invoices/{made['InvoiceID']}", element).messages() == [HAS_MONEY], element


def test_due_date_of_a_part_paid_invoice_changes_without_a_sign() -> None:
    books = SimulatedBooks()
    made = books.invoice()
    books.pay(made["InvoiceID"], "10.00")
    before = books.read(made["InvoiceID"])["UpdatedDateUTC"]
    books.post(f"Invoices/{made['InvoiceID']}", {"DueDate": "2026-05-01"})
    after = books.read(made["InvoiceID"])
    assert (after["UpdatedDateUTC"], after["DueDateString"]) == (before, "2026-05-01T00:00:00")
    books.post(f"Invoices/{made['InvoiceID']}", {"Reference": "moved"})
    assert books.read(made["InvoiceID"])["UpdatedDateUTC"] > before


def locked(world: World, kind: str) -> World:
    """Lock the first of March."""
    day = date(2026, 3, 1)
    return (
        control.set_lock_dates(world, period=day) if kind == "period" else control.set_lock_dates(world, year_end=day)
    )


@pytest.mark.parametrize("kind", ["period", "year_end"])
def test_lock_dates_bind_up_to_and_including_their_day(kind: str) -> None:
    books = SimulatedBooks()
    made = books.invoice()
    books.change(lambda world: locked(world, kind))
    contact = books.some_contact()
    words = {"period": "period lock date", "year_end": "end of year lock date"}[kind]
    attempts = [
        books.put("Invoices", invoice_element(contact)),
        books.post(f"Invoices/{made['InvoiceID']}", {"Reference": "x"}),
        books.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"}),
        books.pay(made["InvoiceID"], "1.00", Date="2026-03-01"),
    ]
    for answer in attempts:
        (message,) = answer.messages()
        assert words in message
    assert books.put("Invoices", invoice_element(contact, Date="2026-03-02")).status == 200
    assert books.put("Invoices", invoice_element(contact, Status="DRAFT")).status == 200
    assert books.pay(made["InvoiceID"], "1.00", Date="2026-03-02").status == 200


def test_sent_mark_on_a_draft_is_saved_with_a_warning() -> None:
    books = SimulatedBooks()
    element = invoice_element(books.contact(), Status="DRAFT", SentToContact=True)
    (shown,) = books.put("Invoices", element, **SAVED_ALONE).rows("Invoices")
    assert shown["StatusAttributeString"] == "WARNING"
    assert shown["Warnings"] == [{"Message": "Only AUTHORISED invoices may have SentToContact updated."}]
    assert shown["InvoiceID"] != ZERO_GUID


def test_a_created_invoice_has_no_keys_for_money_and_a_read_one_has() -> None:
    books = SimulatedBooks()
    made = books.invoice()
    assert not {"Payments", "CreditNotes", "AmountCredited", "StatusAttributeString"} & made.keys()
    assert {"Payments", "CreditNotes", "AmountCredited"} <= books.read(made["InvoiceID"]).keys()
    assert (made["DateString"], made["Date"]) == ("2026-03-01T00:00:00", "/Date(1772323200000+0000)/")


def test_tracking_is_checked_and_shown_with_names() -> None:
    books = SimulatedBooks()
    made = books.invoice(LineItems=[line(Tracking=[{"Name": "Location", "Option": "Quay St"}])])
    (shown,) = made["LineItems"][0]["Tracking"]
    assert (shown["Name"], shown["Option"]) == ("Location", "Quay St")
    books.change(lambda world: control.rename_tracking(world, shown["TrackingCategoryID"], "Site", at=books.at))
    assert books.read(made["InvoiceID"])["LineItems"][0]["Tracking"][0]["Name"] == "Site"
    unknown = invoice_element(books.some_contact(), LineItems=[line(Tracking=[{"Name": "Site", "Option": "Nowhere"}])])
    assert books.put("Invoices", unknown).status == 400


def test_an_email_is_sent_only_for_open_invoices_of_contacts_with_an_address() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo", EmailAddress="bo@clinic.test")
    assert books.call("POST", f"Invoices/{books.invoice(contact)['InvoiceID']}/Email").status == 204
    draft = books.invoice(contact, Status="DRAFT")
    assert books.call("POST", f"Invoices/{draft['InvoiceID']}/Email").status == 400


def test_a_plan_may_limit_approved_invoices() -> None:
    small = australian_books()
    books = SimulatedBooks(replace(small, organisation=replace(small.organisation, invoice_limit=1)))
    books.invoice()
    (message,) = books.put("Invoices", invoice_element(books.some_contact())).messages()
    assert "reached the limit of invoices" in message
    assert books.invoice(Status="DRAFT")["Status"] == "DRAFT"
