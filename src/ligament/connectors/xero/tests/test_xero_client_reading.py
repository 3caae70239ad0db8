"""Reading: everything once, then only what changed, in as few calls as possible and digit for digit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ligament.connectors.xero import mapping, streams, wire
from ligament.connectors.xero.port import XeroBooks
from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.tests.books_kit import Desk, VirtualClock, contact_write, desk, line, payment_write
from ligament.core.ledgers import BooksDocument, ContactStatus, DocumentKind, DocumentStatus
from ligament.core.writes import Verb
from ligament.net.governor import Governor
from ligament.net.limit import Limit
from ligament.ports.errors import Broken, SignInAgain, TryLater
from ligament.simkit.faults import FaultKind
from tests.support.windows import InMemoryWindows


def small_pages(here: Desk, size: int = 2) -> XeroBooks:
    """Return the same books read in pages of that size."""
    return XeroBooks(here.books._client, here.pin, page_size=size)


def clinic(contacts: int = 5) -> Desk:
    here = desk()
    here.write(Verb.CREATE_CONTACTS, *(contact_write(f"Person {n}", f"CLK-{n}") for n in range(contacts)))
    here.clock.forward(hours=1)
    return here


def edit(here: Desk, contact_id: str, first: str, after: timedelta) -> None:
    at = here.clock.now() + after
    here.change(lambda world: control.edit_contact(world, contact_id, {"FirstName": first}, at=at))


def changed_rows(pages: list[Any]) -> list[str]:
    return [row.number for page in pages for row in (*page.contacts, *page.documents)]


# --- listing ----------------------------------------------------------------------------------------------------------


def test_a_quiet_run_is_exactly_three_calls_and_hands_on_nothing() -> None:
    here = clinic()
    here.invoice(here.contact("Ada Quill", "CLK-A"))
    here.read()
    here.clock.forward(minutes=5)
    here.host.clear_log()
    assert changed_rows(here.read()) == []
    assert here.calls() == {"GET Contacts": 1, "GET Invoices": 1, "GET CreditNotes": 1}


@pytest.mark.parametrize("status_304", [False, True])
def test_a_quiet_run_keeps_moving_its_cursors_behind_the_servers_clock(status_304: bool) -> None:
    here = desk(switches=Switches(not_modified_304=status_304, minute_limit=1000))
    for _ in range(3):
        here.read()
        here.clock.forward(hours=1)
    wanted = (here.clock.now() - timedelta(hours=1, minutes=2)).strftime("%Y-%m-%dT%H:%M:%S")
    assert set(here.memory.cursors.values()) == {wanted}
    assert set(here.memory.cursors) == {"contacts", "invoices", "credit_notes"}


def test_the_first_reading_is_in_order_of_ids_without_a_status_filter() -> None:
    here = clinic()
    pages = [page for page in here.read(small_pages(here)) if page.stream == "contacts"]
    sent = [exchange.request for exchange in here.host.log if exchange.request.path.endswith("Contacts")][-3:]
    assert [len(page.contacts) for page in pages] == [2, 2, 1]
    assert [bool(page.cursors) for page in pages] == [False, False, True]
    assert [(page.done, page.total) for page in pages] == [(2, 5), (4, 5), (5, 5)]
    assert {request.first("order") for request in sent} == {"ContactID"}
    assert [request.first("page") for request in sent] == ["1", "2", "3"]
    assert all(request.first("includeArchived") == "true" for request in sent)
    assert not any("if-modified-since" in request.headers for request in sent)


def test_a_change_is_handed_on_once() -> None:
    here = clinic()
    here.read()
    contact = here.memory.rows["contacts"]
    first = next(iter(contact.values()))
    here.clock.forward(hours=1)
    here.change(lambda world: control.archive_contact(world, first.id, at=here.clock.now()))
    assert changed_rows(here.read()) == [first.number]
    assert here.memory.rows["contacts"][first.id].status is ContactStatus.ARCHIVED
    assert changed_rows(here.read()) == []


def test_an_increment_asks_with_the_cursor_newest_first() -> None:
    here = clinic()
    here.read()
    here.host.clear_log()
    cursor = here.memory.cursors["invoices"]
    here.read()
    request = next(exchange.request for exchange in here.host.log if exchange.request.path.endswith("Invoices"))
    assert request.headers["if-modified-since"] == cursor
    assert request.first("order") == "UpdatedDateUTC DESC"
    assert (request.first("where"), request.first("unitdp")) == ('Type=="ACCREC"', "4")


def test_reading_stops_early_when_the_rest_is_known() -> None:
    here = clinic(6)
    here.read()
    # The cursor is set back, so that all six rows are listed again although all are held.
    here.memory.cursors["contacts"] = "2026-03-01T00:00:00"
    here.host.clear_log()
    assert changed_rows(here.read(small_pages(here))) == []
    assert here.calls()["GET Contacts"] == 1


def test_reading_goes_on_when_a_row_further_back_is_not_held() -> None:
    here = clinic(6)
    here.read()
    held = here.memory.rows["contacts"]
    del held[next(key for key, row in held.items() if row.number == "CLK-3")]
    here.memory.cursors["contacts"] = "2026-03-01T00:00:00"
    assert changed_rows(here.read(small_pages(here))) == ["CLK-3"]


def test_a_row_that_moves_while_paging_makes_the_walk_start_again_and_none_is_lost() -> None:
    here = clinic(6)
    here.memory.cursors["contacts"] = "2026-03-01T00:00:00"
    moved = ""
    here.clock.forward(seconds=1)
    for page in small_pages(here).read(dict(here.memory.cursors), here.memory, here.clock.now()):
        here.memory.keep(page)
        if not moved:
            # While the first page is being kept, a person edits somebody further back, who so comes to the front.
            moved = min(set(here.host.world.only().contacts) - set(here.memory.rows["contacts"]))
            edit(here, moved, "Moved", timedelta(seconds=1))
    assert len(here.memory.rows["contacts"]) == 6
    assert here.memory.rows["contacts"][moved].first.reveal() == "Moved"


def test_a_list_that_never_stands_still_is_left_to_the_next_run() -> None:
    here = clinic(6)
    here.memory.cursors["contacts"] = "2026-03-01T00:00:00"
    for minute, page in enumerate(small_pages(here).read(dict(here.memory.cursors), here.memory, here.clock.now())):
        here.memory.keep(page)
        last = min(here.host.world.only().contacts.values(), key=lambda row: row.updated_at).contact_id
        edit(here, last, "x", timedelta(minutes=minute + 1))
        assert minute < 30
    here.clock.forward(hours=1)
    here.read()
    assert {row.first.reveal() for row in here.memory.rows["contacts"].values()} <= {"", "x"}
    held = {key: row.updated_at for key, row in here.memory.rows["contacts"].items()}
    assert held == {key: row.updated_at for key, row in here.host.world.only().contacts.items()}


def test_bills_are_never_handed_on() -> None:
    row = wire.Document(type="ACCPAY", invoice_id="x")
    stream = next(stream for stream in streams.STREAMS if stream.name == "invoices")
    assert stream.rows(wire.Envelope(invoices=(row,)), desk().books._client) == ()


def test_a_cursor_that_is_none_is_a_fault_of_ours() -> None:
    here = desk()
    with pytest.raises(Broken):
        list(here.books.read({"contacts": "yesterday"}, here.memory, here.clock.now()))


# --- what a row says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("as_text", [False, True])
def test_amounts_are_exact_whether_numbers_or_texts(as_text: bool) -> None:
    here = desk(switches=Switches(numbers_as_text=as_text, minute_limit=1000))
    odd = line(quantity=Decimal("0.3333"), unit_amount=Decimal("0.1001"), amount=Decimal("0.03"))
    big = line(quantity=Decimal(1), unit_amount=Decimal("9999999.99"), amount=Decimal("9999999.99"))
    here.invoice(here.contact(), lines=(odd, big))
    here.read()
    (held,) = here.memory.rows["invoices"].values()
    assert [(item.quantity, item.unit_amount, item.amount) for item in held.lines] == [
        (Decimal("0.3333"), Decimal("0.1001"), Decimal("0.03")),
        (Decimal(1), Decimal("9999999.99"), Decimal("9999999.99")),
    ]
    assert held.total == Decimal("10000000.02")


@pytest.mark.parametrize("switches", [Switches(unknown_extras=True), Switches()])
def test_what_the_vendor_adds_or_leaves_out_never_loses_a_page(switches: Switches) -> None:
    here = desk(switches=replace(switches, minute_limit=1000))
    contact = here.contact()
    invoice, note = here.invoice(contact), here.note(contact)
    here.write(Verb.PAY, payment_write(invoice, "10.00"))
    here.read()
    assert here.memory.rows["invoices"][invoice.id].payments[0].amount == 10
    assert here.memory.rows["credit_notes"][note.id].open_amount == 110
    assert here.memory.rows["contacts"][contact.id].number == "CLK-1"
    assert here.books.chart().accounts
    assert here.books.organisation().currency == "AUD"


def document(**fields: Any) -> BooksDocument:
    row = {"InvoiceID": "A", "Date": "2026-03-01T00:00:00", "UpdatedDateUTC": "/Date(0)/", **fields}
    return mapping.document(wire.decode(json.dumps(row).encode(), wire.Document), DocumentKind.INVOICE)


def test_an_unknown_status_becomes_unknown() -> None:
    assert document(Status="HALFPAID").status is DocumentStatus.UNKNOWN
    assert document(Status="VOIDED").status is DocumentStatus.VOIDED
    contact = wire.Contact(contact_id="a", contact_status="SLEEPING", updated_date_utc="/Date(0)/")
    assert mapping.contact(contact).status is ContactStatus.ARCHIVED


def test_nulls_and_the_empty_lists_that_stand_for_them_are_defaults() -> None:
    held = document(Reference=[], Contact=None, Url=None, DueDate=[], LineItems=None, Payments=[None], Total="7.50")
    assert (held.reference, held.url, held.due_on, held.lines, held.payments) == ("", "", None, (), ())
    assert held.total == Decimal("7.50")


def test_a_tax_exclusive_document_is_told_with_tax() -> None:
    held = document(
        LineAmountTypes="Exclusive",
        LineItems=[{"LineAmount": 100.0, "TaxAmount": 10.00, "Quantity": 1, "UnitAmount": 100}],
        Total=110.00,
    )
    assert (held.inclusive, held.lines[0].amount, held.lines[0].tax) == (False, Decimal(110), Decimal(10))
    assert document().inclusive


def test_both_forms_of_dates_are_the_same_day() -> None:
    assert document(Date="/Date(1772323200000+0000)/").on == date(2026, 3, 1)
    assert document(Date="/Date(1772323200000+1300)/").on == date(2026, 3, 1)
    assert wire.instant("2026-03-01T10:11:12.1234567") == datetime(2026, 3, 1, 10, 11, 12, 123456, tzinfo=UTC)
    with pytest.raises(wire.Unreadable):
        wire.instant("1 March")


def test_a_merged_contact_names_its_survivor() -> None:
    here = clinic(2)
    loser, winner = list(here.host.world.only().contacts)
    here.change(lambda world: control.merge_contacts(world, loser_id=loser, winner_id=winner, at=here.clock.now()))
    here.read()
    held = here.memory.rows["contacts"][loser]
    assert (held.status, held.merged_into) == (ContactStatus.ARCHIVED, winner)
    here.change(lambda world: control.request_erasure(world, winner, at=here.clock.now()))
    here.read()
    assert here.memory.rows["contacts"][winner].status is ContactStatus.ERASED


def test_the_chart_tells_what_the_rules_need() -> None:
    here = desk()
    here.connection.tokens.bearer()
    here.host.clear_log()
    chart = here.books.chart()
    assert here.calls() == {"GET Accounts": 1, "GET TaxRates": 1, "GET TrackingCategories": 1}
    bank, sales, rounding = chart.account("090"), chart.account("200"), chart.system_account("ROUNDING")
    rate = chart.tax_rate("OUTPUT")
    assert bank
    assert sales
    assert rounding
    assert rate
    assert (bank.is_bank, bank.takes_payments, sales.takes_payments) == (True, True, False)
    assert (sales.account_class, sales.tax_type) == ("revenue", "OUTPUT")
    assert (rate.rate, rate.active, "revenue" in rate.applies_to, "expense" in rate.applies_to) == (
        Decimal(10),
        True,
        True,
        False,
    )


# --- trouble ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.DROP_AFTER},
        {"kind": FaultKind.TRUNCATE},
        {"kind": FaultKind.HTML, "status": 200},
        {"kind": FaultKind.ANSWER, "status": 500},
        {"kind": FaultKind.ANSWER, "status": 503, "headers": (("Retry-After", "3"),)},
        {"kind": FaultKind.ANSWER, "status": 429, "headers": (("X-Rate-Limit-Problem", "concurrent"),)},
        {
            "kind": FaultKind.ANSWER,
            "status": 429,
            "headers": (("X-Rate-Limit-Problem", "minute"), ("Retry-After", "9")),
        },
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')} {len(fault.get('headers', ()))}",
)
def test_a_read_is_repeated_until_it_works(fault: dict[str, Any]) -> None:
    here = desk()
    here.fail(path="Organisation", at_most=2, **fault)
    assert here.books.organisation().name == "Harbour Clinic"
    assert len(here.clock.pauses) == 2


def test_the_days_limit_is_passed_on_at_once() -> None:
    here = desk()
    headers = (("X-Rate-Limit-Problem", "day"), ("Retry-After", "40000"))
    here.fail(FaultKind.ANSWER, status=429, headers=headers)
    with pytest.raises(TryLater) as caught:
        here.books.organisation()
    assert (caught.value.limit, caught.value.wait_s) == ("day", 40_000)
    assert here.clock.pauses == []


def test_a_list_of_another_shape_is_broken_and_its_values_are_not_told() -> None:
    here = desk()
    here.fail(FaultKind.ANSWER, status=200, body=b'{"Users": [{"FirstName": {"Ada": 1}}]}')
    with pytest.raises(Broken) as caught:
        here.books.users()
    assert "Ada" not in str(caught.value)


def test_a_filter_the_vendor_does_not_understand_is_broken() -> None:
    here = desk()
    here.fail(FaultKind.ANSWER, status=400, body=b'{"Type":"QueryParseException","ErrorNumber":16,"Message":"x"}')
    with pytest.raises(Broken, match="QueryParseException"):
        here.books.users()


def test_a_disconnected_organisation_asks_for_a_sign_in() -> None:
    here = desk()
    here.change(control.disconnect)
    with pytest.raises(SignInAgain):
        here.books.organisation()


def test_the_governor_learns_from_the_answers_and_foresees_the_limit() -> None:
    clock = VirtualClock()
    governor = Governor("books", [Limit("minute", 60, 60), Limit("concurrent", 5, 0)], InMemoryWindows(), clock)
    here = desk(switches=Switches(windows="rolling"), governor=governor, clock=clock)
    for _ in range(130):
        here.books.users()
    assert not [exchange for exchange in here.host.log if exchange.response and exchange.response.status == 429]
    assert sum(clock.pauses) >= 60_000
