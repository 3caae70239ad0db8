"""Visits come with times, people and what the person would be charged."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ligament.connectors.cliniko.simulator.control import (
    attendees_of,
    book,
    book_group,
    cancel_booking,
    edit_record,
    mark_arrival,
)
from ligament.connectors.cliniko.simulator.switches import Switches
from ligament.connectors.cliniko.simulator.world import World, amend, put_many
from ligament.connectors.cliniko.tests.client_kit import START, Clinic, clinic, stamp, with_invoices, with_people

ADA, BEN = "1410000000000000001", "1410000000000000002"
TYPE = "1403000000000000001"


def clinic_with_prices(*, method: int = 2) -> tuple[Clinic, str, str]:
    """Return a clinic with one individual appointment of Ada (a pensioner) and a group of two."""
    world = with_invoices(with_people(World.empty(switches=Switches(rate_limit=0)), 3), 1)
    world = amend(world, "invoices", "1412000000000000001", {"calculation_method": method}, at=START)
    tables: dict[str, list[dict[str, object]]] = {
        "taxes": [{"id": "4711", "name": "GST", "rate": "10.0"}],
        "concession_types": [{"id": "4801", "name": "Pensioner"}],
        "billable_items": [
            {"id": "4901", "name": "Consultation", "item_code": "ST30", "price": "85.0", "tax_id": "4711"},
            {"id": "4902", "name": "Report", "item_code": "", "price": "20.0"},
        ],
        "products": [
            {"id": "5001", "name": "Band", "item_code": "RB", "price_ex_tax": "15.0", "price_including_tax": "16.5",
             "tax_id": "4711"},
        ],
        "concession_prices": [
            {"id": "5101", "price": "70.0", "billable_item_id": "4901", "concession_type_id": "4801"},
        ],
        "appointment_types": [{"id": TYPE, "name": "Standard", "duration_in_minutes": 30}],
        "appointment_type_billable_items": [
            {"id": "5201", "appointment_type_id": TYPE, "billable_item_id": "4901", "quantity": "1.0",
             "discount_percentage": "10.0", "is_monetary_discount": False},
            {"id": "5202", "appointment_type_id": TYPE, "billable_item_id": "4902", "quantity": "2.0",
             "discounted_amount": "5.0", "is_monetary_discount": True},
        ],
        "appointment_type_products": [
            {"id": "5301", "appointment_type_id": TYPE, "product_id": "5001", "quantity": "2.0"},
        ],
    }  # fmt: skip
    for kind, rows in tables.items():
        world = put_many(world, kind, rows)
    world = amend(world, "patients", ADA, {"concession_type_id": "4801"}, at=START)
    appointment = {"starts_at": START, "appointment_type_id": TYPE, "practitioner_id": "61", "business_id": "71"}
    world, single = book(world, {**appointment, "patient_id": ADA}, at=START - timedelta(days=1))
    world, group = book_group(world, appointment, (ADA, BEN), at=START - timedelta(days=1))
    return clinic(world), single, group


@pytest.mark.parametrize(
    ("method", "totals"),
    [
        # 70 less 10 % plus tax; 2 x 20 less 5 without tax; 2 products at their price with tax.
        (2, [Decimal("69.3"), Decimal(35), Decimal(33)]),
        (3, [Decimal(63), Decimal(35), Decimal(33)]),
    ],
)
def test_charges_are_priced_for_the_person(method: int, totals: list[Decimal]) -> None:
    one, single, _ = clinic_with_prices(method=method)
    one.read(visits=True)
    visit = one.memory.of("visit")[attendees_of(one.host.world, single)[0]]
    assert [line.total for line in visit.charges] == totals
    assert [line.price_excludes_tax for line in visit.charges] == [method != 3, method != 3, False]
    assert [line.concession for line in visit.charges] == ["Pensioner", "", ""]
    assert [line.tax_name for line in visit.charges] == ["GST", "", "GST"]
    assert (visit.starts_at, visit.ends_at) == (START, START + timedelta(minutes=30))
    assert (visit.party_id, visit.practitioner_id, visit.location_id, visit.in_group) == (ADA, "61", "71", False)
    assert (visit.arrived, visit.cancelled_at, visit.removed) == (None, None, False)


def test_groups_have_a_visit_for_each_person_with_the_persons_prices() -> None:
    one, _, group = clinic_with_prices()
    one.read(visits=True)
    visits = [visit for visit in one.memory.of("visit").values() if visit.booking_id == group]
    assert {visit.party_id: visit.charges[0].unit_price for visit in visits} == {ADA: Decimal(70), BEN: Decimal(85)}
    assert all(visit.in_group and visit.starts_at == START for visit in visits)


def test_the_caller_may_settle_whether_prices_include_tax() -> None:
    one, single, _ = clinic_with_prices(method=2)
    forced = clinic(one.host.world, prices_include_tax=True)
    forced.read(visits=True)
    assert forced.memory.of("visit")[attendees_of(one.host.world, single)[0]].charges[0].total == Decimal(63)


def test_arrival_cancelling_and_moving_are_seen_by_the_next_run_and_then_it_is_quiet() -> None:
    one, single, group = clinic_with_prices()
    one.read(visits=True)
    attendee = attendees_of(one.host.world, single)[0]
    one.clock.forward(3600)
    one.change(lambda world: mark_arrival(world, attendee, arrived=True, at=one.clock.now()))
    one.read(visits=True)
    assert one.memory.of("visit")[attendee].arrived is True
    moved = stamp(START + timedelta(days=7))
    one.change(lambda world: edit_record(world, "group_appointments", group, {"starts_at": moved}, at=one.clock.now()))
    one.clock.forward(5)
    one.read(visits=True)
    assert {v.starts_at for v in one.memory.of("visit").values() if v.booking_id == group} == {
        START + timedelta(days=7)
    }
    one.change(lambda world: cancel_booking(world, single, at=one.clock.now()))
    one.clock.forward(5)
    one.read(visits=True)
    assert one.memory.of("visit")[attendee].cancelled_at is not None
    one.clock.forward(5)
    one.host.clear_log()
    one.read(visits=True)
    assert one.calls().total() == 8
