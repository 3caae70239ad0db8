"""The control plane of the simulated Cliniko: what staff do, and what the API shows of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control, put
from ligament.connectors.cliniko.tests.simulated_clinic import (
    BAND_LINE,
    CONSULT_LINE,
    NOW,
    OTHER_PATIENT,
    PATIENT,
    Caller,
    clinic,
    with_invoice,
)

LATER = NOW + timedelta(hours=1)
LATER_STAMP = "2026-11-20T04:00:00Z"
NOW_STAMP = "2026-11-20T03:00:00Z"


def raised(*lines: Any, **switches: Any) -> tuple[Caller, str]:
    world, invoice_id = with_invoice(clinic(**switches), *lines)
    return Caller(world=world, at=LATER), invoice_id


def state(caller: Caller, invoice_id: str) -> tuple[int, str | None]:
    found = caller.get(f"/v1/invoices/{invoice_id}?q[]=archived_at:*&q[]=deleted_at:*")
    return found["status"], found["closed_at"]


# --- states --------------------------------------------------------------------------------------------------------


def test_a_new_invoice_with_something_to_pay_is_open() -> None:
    caller, invoice_id = raised()
    assert state(caller, invoice_id) == (10, None)


def test_a_new_invoice_over_nothing_is_closed_at_once() -> None:
    caller, invoice_id = raised({"name": "Courtesy", "unit_price": "0"})
    assert state(caller, invoice_id) == (30, NOW_STAMP)


def test_full_payment_closes_and_archiving_the_payment_opens_again() -> None:
    caller, invoice_id = raised()
    caller.world, payment_id = control.pay_invoice(caller.world, invoice_id, at=LATER)
    assert state(caller, invoice_id) == (20, LATER_STAMP)
    caller.world = control.archive_payment(caller.world, payment_id, at=LATER)
    assert state(caller, invoice_id) == (10, None)


@pytest.mark.parametrize(("bumps", "seen"), [(False, NOW_STAMP), (True, LATER_STAMP)])
def test_a_partial_payment_is_invisible_but_for_updated_at(bumps: bool, seen: str) -> None:
    caller, invoice_id = raised(partial_payment_bumps=bumps)
    before = caller.get(f"/v1/invoices/{invoice_id}")
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, "40", at=LATER)
    after = caller.get(f"/v1/invoices/{invoice_id}")
    assert after == {**before, "updated_at": seen}
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, at=LATER)
    assert state(caller, invoice_id)[0] == 20


@pytest.mark.parametrize(("bumps", "seen"), [(True, LATER_STAMP), (False, NOW_STAMP)])
def test_full_payment_moves_updated_at_as_the_switch_says(bumps: bool, seen: str) -> None:
    caller, invoice_id = raised(payment_bumps=bumps)
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, at=LATER)
    assert caller.get(f"/v1/invoices/{invoice_id}")["updated_at"] == seen


def test_one_payment_can_settle_several_invoices() -> None:
    caller, first = raised()
    caller.world, second = with_invoice(caller.world)
    caller.world, payment_id = control.pay(caller.world, {first: "95", second: "50"}, at=LATER)
    assert (state(caller, first)[0], state(caller, second)[0]) == (20, 10)
    assert control.outstanding(caller.world, second) == 45
    caller.world = control.archive_payment(caller.world, payment_id, at=LATER)
    assert state(caller, first)[0] == 10


def test_a_clinic_without_payments_cannot_pay() -> None:
    caller, invoice_id = raised(payments_feature=False)
    with pytest.raises(control.NotPossible):
        control.pay_invoice(caller.world, invoice_id, at=LATER)


def test_an_invoice_put_as_paid_stays_paid_when_edited_and_opens_when_its_payments_are_archived() -> None:
    record = {"id": "31", "status": 20, "total_amount": "95.0", "closed_at": NOW, "patient_id": PATIENT}
    caller = Caller(world=put(clinic(), "invoices", record))
    caller.world = control.edit_invoice(caller.world, "31", {"notes": "x"}, at=LATER)
    assert state(caller, "31") == (20, NOW_STAMP)
    caller.world = control.archive_payments_of(caller.world, "31", at=LATER)
    assert state(caller, "31") == (10, None)


# --- credit notes --------------------------------------------------------------------------------------------------


def test_a_reversal_is_a_negative_invoice_linked_to_the_original() -> None:
    caller, invoice_id = raised(CONSULT_LINE, BAND_LINE)
    caller.world, note_id = control.reverse_invoice(caller.world, invoice_id, at=LATER)
    note, original = caller.get(f"/v1/invoices/{note_id}"), caller.get(f"/v1/invoices/{invoice_id}")
    assert (note["status"], note["total_amount"], note["tax_amount"]) == (40, "-128.0", "-3.0")
    assert note["original_invoice"]["links"]["self"] == original["links"]["self"]
    assert original["status"] == 10, "the original keeps its own status"
    quantities = [item["quantity"] for item in caller.get(f"/v1/invoices/{note_id}/invoice_items")["invoice_items"]]
    assert quantities == ["-1.0", "-2.0"]
    link = original["reversed_invoices"]["links"]["self"].partition("cliniko.com")[2]
    assert caller.ids(link) == [note_id]


def test_a_reversal_of_some_lines_credits_only_those() -> None:
    caller, invoice_id = raised(CONSULT_LINE, BAND_LINE)
    part = {**BAND_LINE, "quantity": "-1"}
    caller.world, note_id = control.reverse_invoice(caller.world, invoice_id, [part], at=LATER)
    assert caller.get(f"/v1/invoices/{note_id}")["total_amount"] == "-16.5"


def test_refunded_credit_closes_the_note_when_it_is_used_up() -> None:
    caller, invoice_id = raised()
    caller.world, note_id = control.reverse_invoice(caller.world, invoice_id, at=NOW)
    caller.world, _ = control.refund_credit(caller.world, note_id, "40", at=LATER)
    assert state(caller, note_id) == (40, None)
    caller.world, _ = control.refund_credit(caller.world, note_id, at=LATER)
    assert state(caller, note_id) == (30, LATER_STAMP)
    with pytest.raises(control.NotPossible):
        control.refund_credit(caller.world, note_id, "1", at=LATER)


def test_the_status_of_a_used_credit_note_follows_the_switch() -> None:
    caller, invoice_id = raised(used_credit_note_closes_as=20)
    caller.world, note_id = control.reverse_invoice(caller.world, invoice_id, at=NOW)
    caller.world, _ = control.refund_credit(caller.world, note_id, at=LATER)
    assert state(caller, note_id)[0] == 20


@pytest.mark.parametrize(("switches", "status"), [({}, 30), ({"own_credit_closes_as": 20}, 20)])
def test_an_invoice_offset_by_its_own_credit_note_closes(switches: dict[str, Any], status: int) -> None:
    caller, invoice_id = raised(**switches)
    caller.world, note_id = control.reverse_invoice(caller.world, invoice_id, at=NOW)
    caller.world, _ = control.apply_credit(caller.world, note_id, invoice_id, at=LATER)
    assert (state(caller, invoice_id)[0], state(caller, note_id)[0]) == (status, 30)


@pytest.mark.parametrize(("switches", "status"), [({}, 20), ({"account_credit_closes_as": 30}, 30)])
def test_an_invoice_settled_from_other_credit_is_paid(switches: dict[str, Any], status: int) -> None:
    caller, invoice_id = raised(**switches)
    caller.world, note_id = control.reverse_invoice(caller.world, invoice_id, at=NOW)
    caller.world, other_id = with_invoice(caller.world, {**CONSULT_LINE, "unit_price": "60"})
    caller.world, _ = control.apply_credit(caller.world, note_id, other_id, at=LATER)
    assert (state(caller, other_id)[0], state(caller, note_id)[0]) == (status, 40)
    assert control.outstanding(caller.world, note_id) == -35


def test_credit_notes_have_a_number_range_of_their_own_by_switch() -> None:
    def numbers(**switches: Any) -> list[int]:
        caller, invoice_id = raised(**switches)
        caller.world, _ = control.reverse_invoice(caller.world, invoice_id, at=LATER)
        return [row["number"] for row in caller.get("/v1/invoices")["invoices"]]

    assert numbers() == [1, 2]
    assert numbers(credit_notes_share_numbers=False) == [1, 900_001]


# --- edits and removals --------------------------------------------------------------------------------------------


def test_editing_the_lines_of_a_paid_invoice_upwards_opens_it_again() -> None:
    caller, invoice_id = raised()
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, at=NOW)
    caller.world = control.edit_invoice(caller.world, invoice_id, {}, [CONSULT_LINE, BAND_LINE], at=LATER)
    found = caller.get(f"/v1/invoices/{invoice_id}")
    assert (found["status"], found["total_amount"], found["updated_at"]) == (10, "128.0", LATER_STAMP)


def test_the_closing_time_can_be_edited() -> None:
    caller, invoice_id = raised()
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, at=LATER)
    caller.world = control.edit_invoice(caller.world, invoice_id, {"closed_at": NOW}, at=LATER)
    assert state(caller, invoice_id) == (20, NOW_STAMP)


def test_edited_lines_keep_their_ids_or_get_new_ones_as_the_switch_says() -> None:
    def kept(**switches: Any) -> bool:
        caller, invoice_id = raised(CONSULT_LINE, BAND_LINE, **switches)
        before = caller.ids("/v1/invoice_items")
        lines = [CONSULT_LINE, {**BAND_LINE, "quantity": "3"}]
        caller.world = control.edit_invoice(caller.world, invoice_id, {}, lines, at=LATER)
        after = caller.ids("/v1/invoice_items")
        assert len(after) == 2
        return before == after

    assert kept()
    assert not kept(editing_items="replaces")


@pytest.mark.parametrize(("switch", "filtered"), [("archived", "archived_at"), ("deleted", "deleted_at"), ("gone", "")])
def test_a_removed_line_is_archived_deleted_or_gone(switch: str, filtered: str) -> None:
    caller, invoice_id = raised(CONSULT_LINE, BAND_LINE, removed_items_are=switch)
    removed = caller.ids("/v1/invoice_items")[1]
    caller.world = control.edit_invoice(caller.world, invoice_id, {}, [CONSULT_LINE], at=LATER)
    assert removed not in caller.ids("/v1/invoice_items")
    everything = caller.ids("/v1/invoice_items?q[]=archived_at:*&q[]=deleted_at:*")
    assert (removed in everything) is bool(filtered)


@pytest.mark.parametrize(("bumps", "seen"), [(False, NOW_STAMP), (True, LATER_STAMP)])
def test_renaming_a_line_moves_the_item_and_the_invoice_only_by_switch(bumps: bool, seen: str) -> None:
    caller, invoice_id = raised(item_rename_bumps_invoice=bumps)
    renamed = [{**CONSULT_LINE, "name": "Consultation"}]
    caller.world = control.edit_invoice(caller.world, invoice_id, {}, renamed, at=LATER)
    assert caller.get(f"/v1/invoices/{invoice_id}")["updated_at"] == seen
    assert caller.get("/v1/invoice_items")["invoice_items"][0]["updated_at"] == LATER_STAMP


@pytest.mark.parametrize(("bumps", "seen"), [(True, LATER_STAMP), (False, NOW_STAMP)])
def test_archiving_moves_updated_at_as_the_switch_says(bumps: bool, seen: str) -> None:
    caller, invoice_id = raised(archiving_bumps=bumps)
    caller.world = control.archive_invoice(caller.world, invoice_id, at=LATER)
    found = caller.get(f"/v1/invoices/{invoice_id}?q[]=archived_at:*")
    assert (found["archived_at"], found["updated_at"]) == (LATER_STAMP, seen)


@pytest.mark.parametrize(("switch", "left"), [(True, 0), (False, 1)])
def test_archiving_an_invoice_archives_its_items_as_the_switch_says(switch: bool, left: int) -> None:
    caller, invoice_id = raised(archiving_invoice_archives_items=switch)
    caller.world = control.archive_invoice(caller.world, invoice_id, at=LATER)
    assert len(caller.ids("/v1/invoice_items")) == left


@pytest.mark.parametrize(("switch", "status"), [(True, 10), (False, 20)])
def test_archiving_an_invoice_archives_its_payments_as_the_switch_says(switch: bool, status: int) -> None:
    caller, first = raised(archiving_invoice_archives_payments=switch)
    caller.world, second = with_invoice(caller.world)
    caller.world, _ = control.pay(caller.world, {first: "95", second: "95"}, at=LATER)
    caller.world = control.archive_invoice(caller.world, first, at=LATER)
    assert state(caller, second)[0] == status


def test_an_unarchived_invoice_comes_back_open_with_its_items() -> None:
    caller, invoice_id = raised(CONSULT_LINE, BAND_LINE)
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, at=NOW)
    caller.world = control.archive_invoice(caller.world, invoice_id, at=LATER)
    caller.world = control.unarchive_invoice(caller.world, invoice_id, at=LATER)
    assert state(caller, invoice_id) == (10, None)
    assert len(caller.ids(f"/v1/invoices/{invoice_id}/invoice_items")) == 2


# --- patients ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("moves", "bumps"), [(True, False), (True, True), (False, False)])
def test_a_merge_marks_the_loser_and_moves_invoices_as_the_switches_say(moves: bool, bumps: bool) -> None:
    caller, invoice_id = raised(merge_moves_invoices=moves, merge_bumps_invoices=bumps)
    caller.world = control.merge_patients(caller.world, loser_id=PATIENT, survivor_id=OTHER_PATIENT, at=LATER)
    loser = caller.get(f"/v1/patients/{PATIENT}?q[]=archived_at:*")
    assert (loser["merged_at"], loser["archived_at"]) == (LATER_STAMP, LATER_STAMP)
    assert loser["merged_with_patient"]["links"]["self"].endswith(OTHER_PATIENT)
    found = caller.get(f"/v1/invoices/{invoice_id}")
    assert found["patient"]["links"]["self"].endswith(OTHER_PATIENT if moves else PATIENT)
    assert found["updated_at"] == (LATER_STAMP if bumps else NOW_STAMP)


@pytest.mark.parametrize("anonymise", [True, False])
def test_a_deleted_patient_is_404_and_invoices_are_anonymised_as_the_settings_say(anonymise: bool) -> None:
    caller, invoice_id = raised()
    caller.world = control.set_anonymisation(caller.world, on_deletion=anonymise)
    caller.world = control.delete_patient(caller.world, PATIENT, at=LATER)
    assert caller.status(f"/v1/patients/{PATIENT}?q[]=archived_at:*") == 404
    found = caller.get(f"/v1/invoices/{invoice_id}")
    assert ("patient" in found) is not anonymise
    assert (found["invoice_to"] is None) is anonymise


@pytest.mark.parametrize(("bumps", "seen"), [(True, LATER_STAMP), (False, NOW_STAMP)])
def test_anonymising_moves_updated_at_as_the_switch_says(bumps: bool, seen: str) -> None:
    caller, invoice_id = raised(anonymising_bumps_invoices=bumps)
    caller.world = control.delete_patient(caller.world, PATIENT, at=LATER, anonymise=True)
    assert caller.get(f"/v1/invoices/{invoice_id}")["updated_at"] == seen


def test_renaming_a_patient_leaves_the_addressee_of_old_invoices() -> None:
    caller, invoice_id = raised()
    caller.world = control.edit_record(caller.world, "patients", PATIENT, {"last_name": "Renamed"}, at=LATER)
    assert caller.get(f"/v1/invoices/{invoice_id}")["invoice_to"].startswith("Ada Sample")


# --- diary ---------------------------------------------------------------------------------------------------------


def test_arrivals_are_three_valued_and_seen_on_both_records() -> None:
    world, booking_id = control.book(clinic(), {"patient_id": PATIENT, "starts_at": NOW}, at=NOW)
    caller = Caller(world=world)
    (attendee_id,) = control.attendees_of(world, booking_id)
    for arrived, marks in ((True, (True, False)), (False, (False, True)), (None, (None, None))):
        caller.world = control.mark_arrival(caller.world, attendee_id, arrived=arrived, at=LATER)
        found = caller.get(f"/v1/individual_appointments/{booking_id}")
        assert (found["patient_arrived"], found["did_not_arrive"]) == marks
        assert caller.get(f"/v1/attendees/{attendee_id}")["arrived"] is arrived


def test_an_appointment_shows_the_status_of_its_invoice() -> None:
    world, booking_id = control.book(clinic(), {"patient_id": PATIENT, "starts_at": NOW}, at=NOW)
    caller = Caller(world=world)
    caller.world, invoice_id = with_invoice(caller.world, appointment_id=booking_id)
    assert caller.get(f"/v1/bookings/{booking_id}")["invoice_status"] == 10
    caller.world, _ = control.pay_invoice(caller.world, invoice_id, at=LATER)
    assert caller.get(f"/v1/bookings/{booking_id}")["invoice_status"] == 20


def test_a_group_appointment_has_an_attendee_for_each_patient() -> None:
    appointment = {"starts_at": NOW, "max_attendees": 4}
    world, booking_id = control.book_group(clinic(), appointment, (PATIENT, OTHER_PATIENT), at=NOW)
    caller = Caller(world=world)
    assert len(caller.ids(f"/v1/group_appointments/{booking_id}/attendees")) == 2
    assert "max_attendees" in caller.get(f"/v1/bookings/{booking_id}")
    first, _ = control.attendees_of(world, booking_id)
    caller.world = control.cancel_attendee(world, first, at=LATER)
    assert len(caller.ids(f"/v1/group_appointments/{booking_id}/attendees")) == 1


# --- arithmetic ----------------------------------------------------------------------------------------------------
