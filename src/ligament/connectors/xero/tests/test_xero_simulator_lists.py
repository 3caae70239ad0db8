"""Lists: pages, order, conditions, filters, thin and full shapes; batches in both modes."""

from __future__ import annotations

from time import process_time

import pytest

from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.simulator.charts import CUSTOM_CLIENT_ID
from ligament.connectors.xero.tests.simulated_books import SAVED_ALONE, ZERO_GUID, SimulatedBooks, invoice_element


def ledger(count: int = 5, switches: Switches | None = None) -> SimulatedBooks:
    """Return books with so many invoices, CL-1 first, all of one contact."""
    books = SimulatedBooks(switches=switches)
    for place in range(1, count + 1):
        books.invoice(InvoiceNumber=f"CL-{place}", Reference=f"R{place % 2}", Date=f"2026-03-0{place}")
    return books


def numbers(books: SimulatedBooks, headers: dict[str, str] | None = None, **query: str) -> list[str]:
    answer = books.call("GET", "Invoices", None, query, headers)
    assert answer.status == 200, answer.json
    return [it["InvoiceNumber"] for it in answer.rows("Invoices")]


def test_pages_are_clamped_counted_and_empty_beyond_the_end() -> None:
    books = ledger()
    answer = books.get("Invoices", {"page": "2", "pageSize": "2"})
    assert answer.json["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    assert [it["InvoiceNumber"] for it in answer.rows("Invoices")] == ["CL-3", "CL-4"]
    assert numbers(books, page="9") == []
    assert books.get("Invoices", {"pageSize": "5000"}).json["pagination"]["pageSize"] == 1_000
    assert books.get("Invoices", {"page": "1"}).json["pagination"]["pageSize"] == 100
    assert "pagination" not in books.get("Invoices").json


def test_the_default_order_is_by_last_change_and_others_can_be_asked_for() -> None:
    books = ledger(3)
    first = next(iter(books.world.only().invoices))
    books.post(f"Invoices/{first}", {"Reference": "moved"})
    assert numbers(books, page="1") == ["CL-2", "CL-3", "CL-1"]
    assert numbers(books, order="Date DESC") == ["CL-3", "CL-2", "CL-1"]
    assert numbers(books, order="InvoiceNumber") == ["CL-1", "CL-2", "CL-3"]
    answer = books.get("Invoices", {"order": "Nonsense"})
    assert (answer.status, answer.json["Type"]) == (400, "QueryParseException")


def test_only_what_changed_since_is_listed_to_the_second() -> None:
    books = ledger(3)
    since = books.world.only().invoices[books.world.only().invoice_by_number["cl-2"]].updated_at
    text = since.replace(tzinfo=None).isoformat(timespec="seconds")
    assert numbers(books, {"If-Modified-Since": text}) == ["CL-2", "CL-3"]
    assert numbers(books, {"If-Modified-Since": "2027-01-01T00:00:00"}) == []
    assert books.get("Invoices", If_Modified_Since="yesterday").status == 412


def test_nothing_new_can_be_a_304_when_switched() -> None:
    books = ledger(1, Switches(not_modified_304=True))
    answer = books.get("Invoices", If_Modified_Since="2027-01-01T00:00:00")
    assert (answer.status, answer.response.body) == (304, b"")
    assert books.get("Invoices", If_Modified_Since="2025-01-01T00:00:00").status == 200


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('InvoiceNumber=="cl-2"', ["CL-2"]),
        ('Status="AUTHORISED" AND Type="ACCREC" && Reference=="R1"', ["CL-1", "CL-3", "CL-5"]),
        ('InvoiceNumber=="CL-1" OR InvoiceNumber=="CL-4"', ["CL-1", "CL-4"]),
        ("Date>=DateTime(2026,3,3) AND Date<DateTime(2026,03,05)", ["CL-3", "CL-4"]),
        ("Date > DateTime(2026,3,4,0,0,0)", ["CL-5"]),
        ("AmountDue>0 AND AmountPaid==0", ["CL-1", "CL-2", "CL-3", "CL-4", "CL-5"]),
        ("AmountDue>110", []),
        ('(InvoiceNumber=="CL-1" || InvoiceNumber=="CL-2") AND Reference!="R1"', ["CL-2"]),
        ('InvoiceNumber.Contains("-3")', ["CL-3"]),
        ('Contact.Name!=null AND InvoiceNumber.StartsWith("cl-5")', ["CL-5"]),
        ('Contact.ContactNumber==null AND InvoiceNumber.EndsWith("4")', ["CL-4"]),
    ],
)
def test_filters_understand_the_documented_expressions(where: str, expected: list[str]) -> None:
    assert numbers(ledger(), where=where) == expected


@pytest.mark.parametrize("where", ["Status==", "Nonsense==1", 'Status=="A" AND', "(Status==null", "Status ~ 1", "1"])
def test_a_malformed_filter_is_refused(where: str) -> None:
    answer = ledger(1).get("Invoices", {"where": where})
    assert (answer.status, answer.json["Type"]) == (400, "QueryParseException")


def test_filters_by_guid_reach_nested_members() -> None:
    books = ledger(1)
    contact = books.some_contact()
    assert numbers(books, where=f'Contact.ContactID==guid("{contact.upper()}")') == ["CL-1"]
    assert numbers(books, where=f'Contact.ContactID==Guid("{ZERO_GUID}")') == []


def test_list_parameters_choose_by_ids_numbers_contacts_statuses_app_and_term() -> None:
    books = ledger(3)
    known = books.world.only().invoice_by_number
    assert numbers(books, IDs=f"{known['cl-1']},{known['cl-3']}") == ["CL-1", "CL-3"]
    assert numbers(books, InvoiceNumbers="CL-2,CL-9") == ["CL-2"]
    assert numbers(books, ContactIDs=books.some_contact()) == ["CL-1", "CL-2", "CL-3"]
    assert numbers(books, ContactIDs=ZERO_GUID) == []
    assert numbers(books, Statuses="VOIDED,PAID") == []
    assert "pagination" in books.get("Invoices", {"Statuses": "AUTHORISED"}).json
    assert numbers(books, searchTerm="r0") == ["CL-2"]
    element = invoice_element(books.some_contact(), InvoiceNumber="UI-1")
    books.world, _ = control.create_invoice(books.world, element, at=books.at)
    assert numbers(books, createdByMyApp="true") == ["CL-1", "CL-2", "CL-3"]
    assert "UI-1" in numbers(books)


def test_unpaged_lists_are_thin_pages_are_full_and_summaries_drop_more() -> None:
    books = ledger(1)
    invoice_id = books.world.only().invoice_by_number["cl-1"]
    books.pay(invoice_id, "10.00")
    (thin,) = books.get("Invoices").rows("Invoices")
    (paged,) = books.get("Invoices", {"page": "1"}).rows("Invoices")
    answer = books.get("Invoices", {"summaryOnly": "true"})
    (summary,) = answer.rows("Invoices")
    assert (thin["LineItems"], set(thin["Contact"])) == ([], {"ContactID", "Name"})
    assert (len(paged["LineItems"]), str(paged["Payments"][0]["Amount"])) == (1, "10.00")
    assert paged["Contact"]["Addresses"] == []
    assert not {"LineItems", "Payments", "HasAttachments"} & summary.keys()
    assert "pagination" in answer.json


def test_lists_may_lag_behind_single_reads_when_switched() -> None:
    books = ledger(1, Switches(read_lag_s=60))
    assert numbers(books) == []
    assert books.get("Invoices/CL-1").status == 200
    books.pass_time(seconds=60)
    assert numbers(books) == ["CL-1"]


def test_the_default_bulk_mode_lists_only_failures_although_the_rest_was_saved() -> None:
    books = SimulatedBooks()
    contact = books.contact()
    good, bad = invoice_element(contact, InvoiceNumber="A"), invoice_element(contact, InvoiceNumber="B", DueDate=None)
    for query in ({}, {"summarizeErrors": "true"}):
        answer = books.put("Invoices", {**good, "InvoiceNumber": f"A{len(query)}"}, bad, **query)
        assert (answer.status, answer.json["Type"]) == (400, "ValidationException")
        assert [it["InvoiceNumber"] for it in answer.json["Elements"]] == ["B"]
    assert set(books.world.only().invoice_by_number) == {"a0", "a1"}


def test_a_batch_is_all_or_nothing_when_switched() -> None:
    books = SimulatedBooks(switches=Switches(batch_atomic=True))
    contact = books.contact()
    bad = invoice_element(contact, DueDate=None)
    assert books.put("Invoices", invoice_element(contact), bad).status == 400
    assert not books.world.only().invoices
    assert books.put("Invoices", invoice_element(contact), bad, **SAVED_ALONE).status == 200
    assert len(books.world.only().invoices) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_the_careful_bulk_mode_answers_every_element_in_request_order_unless_switched(turned: bool) -> None:
    books = SimulatedBooks(switches=Switches(element_order_reversed=turned))
    contact = books.contact()
    sent = [invoice_element(contact, InvoiceNumber=it) for it in ("A", "A", "C")]
    answer = books.put("Invoices", *sent, **SAVED_ALONE)
    assert answer.status == 200
    rows = answer.rows("Invoices")[:: -1 if turned else 1]
    assert [it["InvoiceNumber"] for it in rows] == ["A", "A", "C"]
    assert [it["StatusAttributeString"] for it in rows] == ["OK", "ERROR", "OK"]
    assert (rows[1]["InvoiceID"], rows[1]["HasErrors"]) == (ZERO_GUID, True)
    assert rows[1]["ValidationErrors"] == [{"Message": "Invoice # must be unique."}]


def test_a_single_record_path_answers_400_whatever_the_mode() -> None:
    books = ledger(1, Switches(swallows_unknown_fields=True))
    answer = books.post("Invoices/CL-1", {"Status": "DELETED"}, **SAVED_ALONE)
    assert (answer.status, len(answer.json["Elements"])) == (400, 1)


def test_unknown_properties_and_quoted_numbers_appear_when_switched() -> None:
    books = ledger(1, Switches(unknown_extras=True, numbers_as_text=True))
    answer = books.get("Invoices")
    assert "AddedLaterByXero" in answer.json
    assert answer.rows("Invoices")[0]["Total"] == "110.00"
    assert books.get("Organisation").rows("Organisations")[0]["Class"] == "ADDED_LATER_BY_XERO"


@pytest.mark.slow
def test_ten_thousand_invoices_do_not_make_a_batch_or_a_page_slow() -> None:
    books = SimulatedBooks(switches=Switches(minute_limit=10**6))
    books.change(lambda world: control.set_day_limit(world, CUSTOM_CLIENT_ID, 10**6))
    contact = books.contact()
    books.pass_time(seconds=1)

    def batch(place: int) -> float:
        sent = [invoice_element(contact, InvoiceNumber=f"CL-{place}-{it}") for it in range(50)]
        started = process_time()
        assert books.put("Invoices", *sent, **SAVED_ALONE).status == 200
        return process_time() - started

    books.with_limits(access_token_s=10**6)
    books.sign_in()
    early = min(batch(place) for place in range(5))
    late = min([batch(place) for place in range(5, 200)][-5:])
    # The bound is a ratio, so that it holds on a slow machine: indexes are kept, not rebuilt.
    assert late < early * 3

    started = process_time()
    assert len(books.get("Invoices", {"page": "3", "pageSize": "1000"}).rows("Invoices")) == 1_000
    assert process_time() - started < late * 40
