"""The filter grammar and the hidden default scopes of the simulated Cliniko."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control, put_many
from ligament.connectors.cliniko.tests.simulated_clinic import NOW, PATIENT, Caller, clinic, with_invoice

INVOICES = (
    {
        "id": "11",
        "number": 1,
        "status": 10,
        "issue_date": "2026-05-01",
        "patient_id": "1001",
        "created_at": "2026-05-01T00:00:00Z",
    },
    {
        "id": "12",
        "number": 2,
        "status": 20,
        "issue_date": "2026-05-31",
        "patient_id": "1002",
        "created_at": "2026-05-02T00:00:00Z",
        "closed_at": "2026-06-01T00:00:00Z",
    },
    {
        "id": "13",
        "number": 3,
        "status": 40,
        "issue_date": "2026-06-05",
        "created_at": "2026-05-03T00:00:00Z",
        "original_invoice_id": "12",
    },
)
ALL = ["11", "12", "13"]


def books(**switches: Any) -> Caller:
    return Caller(world=put_many(clinic(**switches), "invoices", INVOICES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id:=12", ["12"]),
        ("id:=13,11,11", ["11", "13"]),
        ("id:!=12", ["11", "13"]),
        ("number:>=2", ["12", "13"]),
        ("number:>2", ["13"]),
        ("number:<=1", ["11"]),
        ("number:<1", []),
        ("status:=10", ["11"]),
        ("status:=10,40", ["11", "13"]),
        ("status:?", ALL),
        ("patient_id:?", ["11", "12"]),
        ("patient_id:!?", ["13"]),
        ("patient_id:=1002", ["12"]),
        ("original_invoice_id:=12", ["13"]),
        ("issue_date:=2026-05-31", ["12"]),
        ("issue_date:=****-05-**", ["11", "12"]),
        ("issue_date:>2026-05-31", ["13"]),
        ("issue_date:<=2026-05-31", ["11", "12"]),
        ("closed_at:?", ["12"]),
        ("closed_at:!?", ["11", "13"]),
        ("closed_at:*", ALL),
        ("created_at:>=2026-05-02T00:00:00Z", ["12", "13"]),
        ("created_at:>2026-05-02T00:00:00Z", ["13"]),
        ("created_at:<2026-05-02T00:00:00Z", ["11"]),
        ("created_at:<=2026-05-02T00:00:00Z", ["11", "12"]),
        ("created_at:>=2026-05-02T10:00:00+10:00", ["12", "13"]),
        ("created_at:>=2026-05-01T23:59:59.5Z", ["12", "13"]),
        ("created_at:>=2026-05-02T00:00:00.5Z", ["13"]),
    ],
)
def test_an_invoice_filter_chooses_exactly_the_matching_rows(text: str, expected: list[str]) -> None:
    assert books().ids(f"/v1/invoices?q[]={text.replace('+', '%2B')}") == expected


def test_several_filters_must_all_match() -> None:
    assert books().ids("/v1/invoices?q[]=number:>=2&q[]=status:=20") == ["12"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first_name:=Ada", ["1001"]),
        ("first_name:!=Ada", ["1002"]),
        ("email:~example.org", ["1001"]),
        ("last_name:~~S%25e", ["1001"]),
        ("last_name:~~%25men", ["1002"]),
        ("old_reference_id:=X-7", ["1002"]),
        ("email:?", ["1001"]),
        ("email:!?", ["1002"]),
        ("accepted_privacy_policy:=true", []),
    ],
)
def test_a_patient_filter_chooses_exactly_the_matching_rows(text: str, expected: list[str]) -> None:
    assert Caller(world=clinic()).ids(f"/v1/patients?q[]={text}") == expected


def test_array_filters_look_for_a_member() -> None:
    rows = [{"id": "61", "patient_ids": ["1001", "1002"]}, {"id": "62", "patient_ids": []}]
    caller = Caller(world=put_many(clinic(), "group_appointments", rows))
    assert caller.ids("/v1/group_appointments?q[]=patient_ids:~1002") == ["61"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/v1/invoices?q[]=shoe_size:=1", "shoe_size is not filterable"),
        ("/v1/patients?q[]=deleted_at:*", "deleted_at is not filterable"),
        ("/v1/invoices?q[]=status:=open", "Filter value for status must be a number"),
        ("/v1/invoices?q[]=id:=1,,2", "Filter value for id must be a number"),
        ("/v1/invoices?q[]=updated_at:=2026-01-01T00:00:00Z", "Filter operator for updated_at is not valid"),
        ("/v1/invoices?q[]=updated_at:>yesterday", "Filter value for updated_at must be a date and time"),
        ("/v1/invoices?q[]=issue_date:>2026-5-1", "Filter value for issue_date must be a date"),
        ("/v1/invoices?q[]=issue_date:>2026-**-01", "Filter value for issue_date must be a date"),
        ("/v1/invoices?q[]=status", "Filter operator for status is missing"),
        ("/v1/invoices/11?q[]=status:=10", "status is not filterable"),
    ],
)
def test_a_filter_that_is_not_allowed_answers_400_and_says_why(target: str, message: str) -> None:
    response = books().ask("GET", target)
    assert (response.status, json.loads(response.body)) == (400, {"message": message})


def test_fractions_of_seconds_in_a_filter_follow_the_switch() -> None:
    target = "/v1/invoices?q[]=created_at:>=2026-05-02T00:00:00.5Z"
    assert books(filter_fraction="ignored").ids(target) == ["12", "13"]
    assert books(filter_fraction="refused").status(target) == 400


def test_offsets_in_a_filter_are_refused_by_switch() -> None:
    target = "/v1/invoices?q[]=created_at:>=2026-05-02T10:00:00%2B10:00"
    assert books(filter_offset="refused").status(target) == 400


def test_long_comma_lists_and_long_addresses_are_refused_by_switch() -> None:
    assert books(filter_list_limit=2).status("/v1/invoices?q[]=id:=1,2,3") == 400
    assert books(filter_list_limit=2).ids("/v1/invoices?q[]=id:=11,12") == ["11", "12"]
    assert books(url_limit=100).status(f"/v1/invoices?q[]=id:={'1' * 200}") == 414
    assert books(url_limit=0).status(f"/v1/invoices?q[]=id:={'1,' * 9000}1") == 200


# --- hidden scopes -------------------------------------------------------------------------------------------------


def removed(**switches: Any) -> tuple[Caller, str]:
    world, invoice_id = with_invoice(clinic(**switches))
    return Caller(world=control.archive_invoice(world, invoice_id, at=NOW)), invoice_id


def test_an_archived_invoice_vanishes_from_lists_and_comes_back_when_asked_for() -> None:
    caller, invoice_id = removed()
    assert caller.ids("/v1/invoices") == []
    assert caller.ids("/v1/invoices?q[]=archived_at:*") == [invoice_id]
    assert caller.ids("/v1/invoices?q[]=archived_at:?") == [invoice_id]
    assert caller.ids("/v1/invoices?q[]=archived_at:>=2026-11-20T00:00:00Z") == [invoice_id]
    assert caller.ids("/v1/invoices?q[]=archived_at:!?") == []


def test_an_archived_invoice_is_404_by_id_unless_the_filter_lifts_the_scope() -> None:
    caller, invoice_id = removed()
    assert caller.status(f"/v1/invoices/{invoice_id}") == 404
    assert caller.get(f"/v1/invoices/{invoice_id}?q[]=archived_at:*")["id"] == invoice_id


def test_an_archived_invoice_is_found_by_id_by_switch() -> None:
    caller, invoice_id = removed(hide_archived_by_id=False)
    assert caller.status(f"/v1/invoices/{invoice_id}") == 200


def test_a_deleted_invoice_needs_a_filter_of_its_own_unless_switched() -> None:
    strict, invoice_id = removed(archiving_sets="both")
    assert strict.ids("/v1/invoices?q[]=archived_at:*") == []
    assert strict.ids("/v1/invoices?q[]=archived_at:*&q[]=deleted_at:*") == [invoice_id]
    lenient, invoice_id = removed(archiving_sets="both", archived_filter_reveals_deleted=True)
    assert lenient.ids("/v1/invoices?q[]=archived_at:*") == [invoice_id]


@pytest.mark.parametrize("mark", ["archived_at", "deleted_at", "both"])
def test_an_archived_patient_is_always_reached_by_the_one_filter_there_is(mark: str) -> None:
    world = clinic(archiving_sets=mark)
    caller = Caller(world=control.archive_record(world, "patients", PATIENT, at=NOW))
    assert caller.status(f"/v1/patients/{PATIENT}") == 404
    assert caller.get(f"/v1/patients/{PATIENT}?q[]=archived_at:*")["id"] == PATIENT


def booked(**switches: Any) -> tuple[Caller, str]:
    appointment = {"patient_id": PATIENT, "starts_at": "2026-11-25T01:00:00Z"}
    world, booking_id = control.book(clinic(**switches), appointment, at=NOW)
    return Caller(world=control.cancel_booking(world, booking_id, at=NOW)), booking_id


@pytest.mark.parametrize("resource", ["individual_appointments", "bookings", "attendees"])
def test_cancelled_appointments_are_hidden_unless_asked_for_or_switched(resource: str) -> None:
    hidden, _ = booked()
    assert hidden.ids(f"/v1/{resource}") == []
    assert len(hidden.ids(f"/v1/{resource}?q[]=cancelled_at:*")) == 1
    shown, _ = booked(hide_cancelled=False)
    assert len(shown.ids(f"/v1/{resource}")) == 1


# --- late visibility -----------------------------------------------------------------------------------------------


def test_a_lagging_replica_shows_new_rows_and_changes_only_later() -> None:
    caller = Caller(world=clinic(replica_lag_s=30))
    caller.world = control.edit_record(caller.world, "patients", PATIENT, {"city": "Kew"}, at=NOW)
    caller.world, invoice_id = with_invoice(caller.world)
    assert caller.get(f"/v1/patients/{PATIENT}")["city"] == "Richmond"
    assert caller.ids("/v1/invoices") == []
    caller.at = NOW.replace(second=30)
    assert caller.get(f"/v1/patients/{PATIENT}")["city"] == "Kew"
    assert caller.ids("/v1/invoices") == [invoice_id]


def test_without_lag_a_row_is_seen_at_once() -> None:
    caller = Caller(world=clinic())
    caller.world, invoice_id = with_invoice(caller.world)
    assert caller.ids("/v1/invoices") == [invoice_id]


def test_a_late_commit_appears_after_its_updated_at_has_passed() -> None:
    late = [{"id": "99", "created_at": NOW}]
    caller = Caller(world=put_many(clinic(), "contacts", late, visible_from=NOW.replace(minute=2)))
    assert caller.ids("/v1/contacts") == []
    caller.at = NOW.replace(minute=2)
    assert caller.get("/v1/contacts/99")["updated_at"] == "2026-11-20T03:00:00Z"


def test_a_silent_write_leaves_updated_at_alone() -> None:
    caller = Caller(world=clinic())
    before = caller.get(f"/v1/patients/{PATIENT}")["updated_at"]
    change = {"city": "Kew"}
    caller.world = control.silently(
        caller.world, lambda world: control.edit_record(world, "patients", PATIENT, change, at=NOW)
    )
    after = caller.get(f"/v1/patients/{PATIENT}")
    assert (after["city"], after["updated_at"]) == ("Kew", before)
