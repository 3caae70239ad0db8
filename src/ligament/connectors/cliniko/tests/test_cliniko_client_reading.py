"""Reading misses nothing, costs little when nothing changed, and keeps what a bad row says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ligament.connectors.cliniko.simulator.control import archive_invoice, create_invoice, edit_invoice
from ligament.connectors.cliniko.simulator.switches import Switches
from ligament.connectors.cliniko.simulator.world import World, amend, get, put, records, remove
from ligament.connectors.cliniko.tests.client_kit import START, clinic, stamp, with_invoices, with_people
from ligament.core.records import Invoice
from ligament.ports.practice import ReadingScope

if TYPE_CHECKING:
    from ligament.connectors.cliniko.tests.client_kit import Clinic

INVOICE = {"patient_id": "1410000000000000001", "issue_date": "2026-11-22"}
PLAIN = Switches(rate_limit=0)
AWKWARD = Switches(
    rate_limit=0, ids="number", decimals="number", total_including_tax="string", quantity="number",
    missing_relation="empty", missing_text="empty", unknown_fields=True, ties="unstable", sort_by_id="refused",
    editing_items="replaces", removed_items_are="gone", archiving_bumps=False, archiving_sets="both",
    filter_list_limit=25,
)  # fmt: skip
BOTH = pytest.mark.parametrize("switches", [PLAIN, AWKWARD], ids=["plain", "awkward"])


def world_of(switches: Switches, invoices: int = 230, step_s: int = 60) -> World:
    return with_invoices(with_people(World.empty(switches=switches), 30), invoices, step_s=step_s)


def agrees(one: Clinic) -> None:
    """Everything in the simulated clinic is kept, exactly."""
    invoices = {str(row["id"]): row for row in records(one.host.world, "invoices")}
    assert set(one.memory.of("invoice")) == set(invoices)
    for key, row in one.memory.of("invoice").items():
        assert row.total == Decimal(str(invoices[key]["total_amount"]))
        assert (row.removed_at is not None) == bool(invoices[key].get("archived_at") or invoices[key].get("deleted_at"))
    items = {str(row["id"]) for row in records(one.host.world, "invoice_items") if not row.get("archived_at")}
    assert {key for key, row in one.memory.of("line").items() if not row.removed} == items
    assert set(one.memory.of("patient")) == {str(row["id"]) for row in records(one.host.world, "patients")}


@BOTH
def test_a_first_reading_brings_everything_and_ids_keep_all_nineteen_digits(switches: Switches) -> None:
    one = clinic(world_of(switches))
    pages = one.read(reference=True)
    agrees(one)
    assert all(len(key) == 19 for key in one.memory.of("invoice"))
    last = {page.stream: page for page in pages}
    assert last["invoices"].cursors["invoices"] == stamp(START - timedelta(minutes=10))
    for page in pages:
        assert not (page.rows and page.cursors)
        assert page.done <= page.total


@BOTH
def test_all_rows_in_one_second_are_found_although_the_order_of_ties_is_free(switches: Switches) -> None:
    one = clinic(world_of(switches, step_s=0))
    one.read()
    agrees(one)


@BOTH
@pytest.mark.parametrize("visits", [False, True])
def test_a_quiet_run_costs_one_call_for_each_stream(switches: Switches, *, visits: bool) -> None:
    one = clinic(world_of(switches))
    one.read(visits=visits, reference=True)
    for _ in range(3):
        one.clock.forward(60)
        one.host.clear_log()
        pages = one.read(visits=visits)
        assert one.calls().total() == (8 if visits else 6)
        assert [page.stream for page in pages if page.rows] == ["settings"]


@BOTH
@pytest.mark.parametrize("visits", [False, True])
def test_a_brief_look_costs_three_calls_and_asks_the_rest_only_when_there_is_something_to_charge(
    switches: Switches, *, visits: bool
) -> None:
    one = clinic(world_of(switches))
    first = one.read(visits=visits, brief=True)
    assert {"settings", "contacts", "invoices_archived"} <= {page.stream for page in first}
    one.clock.forward(10)
    one.host.clear_log()
    pages = one.read(visits=visits, brief=True)
    assert one.calls().total() == (5 if visits else 3)
    assert not any(page.rows for page in pages)
    one.change(
        lambda world: create_invoice(world, INVOICE, [{"name": "Consult", "unit_price": "80"}], at=one.clock.now())[0]
    )
    one.clock.forward(10)
    one.host.clear_log()
    pages = one.read(visits=visits, brief=True)
    order = [page.stream for page in pages]
    assert (
        order.index("invoices") < order.index("settings") < order.index("contacts") < order.index("invoices_archived")
    )
    assert one.calls()["settings"] == 1
    agrees(one)
    (new,) = [row for page in pages for row in page.rows if isinstance(row, Invoice)]
    assert new.web_url.startswith("https://")
    assert one.memory.of("invoice")[new.id].revision == new.revision


def test_a_payer_who_comes_with_the_first_invoice_is_known_in_the_same_brief_look() -> None:
    one = clinic(world_of(PLAIN))
    one.read()
    one.clock.forward(10)
    payer = {
        "id": "1402000000000000001",
        "company_name": "Harbour Insurance",
        "type_code": 2,
        "type": "3rd Party Payer",
    }
    at = one.clock.now()
    one.change(lambda world: put(world, "contacts", {**payer, "created_at": at, "updated_at": at}))
    one.clock.forward(5)
    one.read(brief=True)
    assert one.memory.of("payer") == {}
    one.change(
        lambda world: create_invoice(world, INVOICE, [{"name": "Consult", "unit_price": "80"}], at=one.clock.now())[0]
    )
    one.clock.forward(5)
    one.read(brief=True)
    assert set(one.memory.of("payer")) == {"1402000000000000001"}


@BOTH
def test_a_run_after_a_thousand_fresh_changes_costs_one_call_for_each_stream(switches: Switches) -> None:
    one = clinic(with_invoices(world_of(switches), 1000, first=500, at=START - timedelta(seconds=400), step_s=0))
    one.read()
    agrees(one)
    one.host.clear_log()
    one.clock.forward(30)
    one.read()
    assert one.calls().total() == 6
    one.host.clear_log()
    one.clock.forward(30)
    one.change(lambda world: edit_invoice(world, "1412000000000000001", {"invoice_to": "X"}, at=one.clock.now()))
    one.read()
    agrees(one)
    # The one changed row is on the first page; the rest is known, which the second page shows.
    assert one.calls()["invoices"] <= 3
    one.clock.forward(1200)
    one.read()
    assert one.memory.cursors["invoices"] > stamp(START)


@BOTH
def test_rows_that_move_between_pages_are_not_missed(switches: Switches) -> None:
    one = clinic(world_of(switches))
    one.read()
    one.clock.forward(3600)
    for index in range(1, 231):
        key, at = str(1_412_000_000_000_000_000 + index), one.clock.now() - timedelta(seconds=index)
        one.change(lambda world, key=key, at=at: amend(world, "invoices", key, {"invoice_to": "A"}, at=at))
    moved = 0
    scope = ReadingScope(cursors=dict(one.memory.cursors), refresh_reference=False, now=one.clock.now())
    for page in one.practice.read(scope, one.memory):
        one.memory.keep(page)
        if page.stream == "invoices" and page.rows and moved < 3:
            moved += 1
            for index in range(10):
                key = str(1_412_000_000_000_000_001 + 60 * moved + index)
                one.change(
                    lambda world, key=key: amend(world, "invoices", key, {"invoice_to": "B"}, at=one.clock.now())
                )
            one.change(
                lambda world: create_invoice(world, {"patient_id": "1410000000000000001"}, [], at=one.clock.now())[0]
            )
    one.clock.forward(30)
    one.read()
    agrees(one)
    texts = {str(row["id"]): row["invoice_to"] for row in records(one.host.world, "invoices")}
    assert {key: row.addressee.reveal() for key, row in one.memory.of("invoice").items()} == texts


def test_rows_that_vanish_during_a_first_reading_do_not_hide_others() -> None:
    one = clinic(world_of(PLAIN, 350))
    gone = 0
    for page in one.practice.read(ReadingScope(now=START, refresh_reference=False), one.memory):
        one.memory.keep(page)
        if page.stream == "invoices" and page.rows and gone < 5:
            one.change(lambda world, n=gone: remove(world, "invoices", str(1_412_000_000_000_000_001 + n)))
            gone += 1
    left = {str(row["id"]) for row in records(one.host.world, "invoices")}
    assert left <= set(one.memory.of("invoice"))


@BOTH
def test_archived_invoices_come_as_removed_even_when_nothing_else_moves(switches: Switches) -> None:
    one = clinic(world_of(switches, 20))
    one.read()
    one.clock.forward(3600)
    one.change(lambda world: archive_invoice(world, "1412000000000000003", at=one.clock.now()))
    one.clock.forward(5)
    one.read()
    assert one.memory.of("invoice")["1412000000000000003"].removed_at is not None
    agrees(one)


@BOTH
def test_a_changed_invoice_brings_all_its_lines_so_that_replaced_ones_disappear(switches: Switches) -> None:
    one = clinic(world_of(switches, 20))
    one.read()
    one.clock.forward(3600)
    lines = [
        {"name": f"New {n}", "quantity": "1.0", "unit_price": "10.0", "tax_name": "GST", "tax_rate": "10.0"}
        for n in (1, 2)
    ]
    one.change(lambda world: edit_invoice(world, "1412000000000000003", {}, lines, at=one.clock.now()))
    pages = one.read()
    assert ("1412000000000000003",) in [page.whole_invoices for page in pages]
    kept = [
        row for row in one.memory.of("line").values() if row.invoice_id == "1412000000000000003" and not row.removed
    ]
    assert sorted(line.name for line in kept) == ["New 1", "New 2"]
    agrees(one)


def test_lines_exchanged_without_a_trace_on_the_invoice_do_not_double() -> None:
    one = clinic(world_of(AWKWARD, 20))
    one.read()
    one.clock.forward(3600)
    same = [{"name": "Renamed", "quantity": "1.0", "unit_price": "85.0", "tax_name": "GST", "tax_rate": "10.0"}]
    one.change(lambda world: edit_invoice(world, "1412000000000000003", {}, same, at=one.clock.now()))
    one.read()
    agrees(one)


def test_a_changed_line_brings_the_invoice_although_its_own_instant_did_not_move() -> None:
    one = clinic(world_of(PLAIN, 20))
    one.read()
    one.clock.forward(3600)
    number = "1412000000000000003"
    dearer = [{"name": "Longer", "quantity": "1.0", "unit_price": "185.0", "tax_name": "GST", "tax_rate": "10.0"}]
    before = get(one.host.world, "invoices", number)
    one.change(lambda world: edit_invoice(world, number, {}, dearer, at=one.clock.now()))
    after = get(one.host.world, "invoices", number)
    assert after["total_amount"] != before["total_amount"]
    one.change(lambda world: put(world, "invoices", {**after, "updated_at": before["updated_at"]}))
    one.read()
    assert one.memory.of("invoice")[number].total == Decimal(str(after["total_amount"]))
    agrees(one)


@BOTH
@pytest.mark.parametrize("read_before", [True, False])
def test_an_invoice_raised_between_the_two_lists_comes_with_its_lines_and_they_may_be_exchanged(
    switches: Switches, *, read_before: bool
) -> None:
    one = clinic(world_of(switches, 20))
    if read_before:
        one.read()
        one.clock.forward(3600)
    first, other = (
        {"name": name, "quantity": "1.0", "unit_price": "85.0", "tax_name": "GST", "tax_rate": "10.0"}
        for name in ("First", "Other")
    )
    patient = {"patient_id": "1410000000000000001"}
    pages = one.practice.read(ReadingScope(cursors=dict(one.memory.cursors), now=one.clock.now()), one.memory)
    for page in pages:
        one.memory.keep(page)
        if page.stream == "invoices" and page.cursors:
            one.change(lambda world: create_invoice(world, patient, [first], at=one.clock.now())[0])
    agrees(one)
    raised = next(row.invoice_id for row in one.memory.of("line").values() if row.name == "First")
    one.clock.forward(3600)
    one.change(lambda world: edit_invoice(world, raised, {}, [other], at=one.clock.now()))
    one.read()
    assert [row.name for row in one.memory.of("line").values() if row.invoice_id == raised and not row.removed] == [
        "Other"
    ]
    agrees(one)


def test_rows_that_become_visible_late_are_covered_by_the_overlap() -> None:
    one = clinic(world_of(replace(PLAIN, replica_lag_s=240), 20))
    one.clock.forward(3600)
    one.read()
    for _ in range(12):
        one.change(
            lambda world: create_invoice(world, {"patient_id": "1410000000000000001"}, [], at=one.clock.now())[0]
        )
        one.clock.forward(60)
        one.read()
    one.clock.forward(300)
    one.read()
    agrees(one)


def test_cursors_come_from_the_server_when_our_clock_is_ahead() -> None:
    one = clinic(world_of(PLAIN, 5))
    one.read(now=START + timedelta(hours=2))
    assert one.memory.cursors["invoices"] == stamp(START - timedelta(minutes=10))
    one.read(now=START - timedelta(hours=2))
    assert one.memory.cursors["invoices"] == stamp(START - timedelta(minutes=10))
