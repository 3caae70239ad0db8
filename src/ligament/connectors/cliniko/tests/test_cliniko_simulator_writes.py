"""What the simulated Cliniko lets a client write, and what it refuses."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import control
from ligament.connectors.cliniko.tests.simulated_clinic import (
    BAND,
    CONSULT,
    NOW,
    PATIENT,
    TAX,
    Caller,
    clinic,
    with_invoice,
)

LATER = NOW + timedelta(hours=1)


def caller(**switches: Any) -> Caller:
    return Caller(world=clinic(**switches), at=LATER)


@pytest.mark.parametrize("verb", ["PATCH", "PUT"])
def test_a_patient_is_updated_with_either_verb_and_updated_at_moves(verb: str) -> None:
    one = caller()
    response = one.ask(verb, f"/v1/patients/{PATIENT}", {"city": "Kew"})
    assert response.status == 200
    found = one.get(f"/v1/patients/{PATIENT}")
    assert (found["city"], found["label"]) == ("Kew", "Ada Sample")
    assert found["updated_at"] == "2026-11-20T04:00:00Z"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"city": "Kew", "label": "no"}, "label"),
        ({"city": "Kew", "id": "9"}, "id"),
        (
            {"patient_phone_numbers": [{"number": "1", "phone_type": "Home", "normalized_number": "1"}]},
            "patient_phone_numbers.normalized_number",
        ),
    ],
)
def test_a_field_that_is_not_described_is_refused_or_dropped_by_switch(body: dict[str, object], named: str) -> None:
    one = caller()
    before = one.world.tables
    response = one.ask("PATCH", f"/v1/patients/{PATIENT}", body)
    assert response.status == 400
    assert json.loads(response.body)["message"] == f"The description of this request has no {named}"
    assert one.world.tables is before
    taken = caller(unknown_write_fields="dropped").ask("PATCH", f"/v1/patients/{PATIENT}", body)
    assert taken.status == 200
    assert json.loads(taken.body)["id"] == PATIENT


def test_a_write_that_changes_nothing_leaves_updated_at_alone() -> None:
    one = caller()
    before = one.get(f"/v1/patients/{PATIENT}")
    assert one.ask("PATCH", f"/v1/patients/{PATIENT}", {"city": "Richmond"}).status == 200
    assert one.get(f"/v1/patients/{PATIENT}") == before


def test_a_new_patient_answers_201_with_its_address() -> None:
    one = caller()
    response = one.ask("POST", "/v1/patients", {"first_name": "Cy", "last_name": "Made", "country_code": "NZ"})
    created = json.loads(response.body)
    assert response.status == 201
    assert response.header("location").endswith(f"/v1/patients/{created['id']}")
    assert (created["country"], created["created_at"]) == ("New Zealand", "2026-11-20T04:00:00Z")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"last_name": "  "}, {"last_name": "can't be blank"}),
        ({"email": "nonsense"}, {"email": "is invalid"}),
        ({"first_name": "x" * 256}, {"first_name": "is too long (maximum is 255 characters)"}),
        ({"reminder_type": "Pigeon"}, {"reminder_type": "is not included in the list"}),
        ({"date_of_birth": "1.2.1990"}, {"date_of_birth": "is invalid"}),
        ({"accepted_privacy_policy": "yes"}, {"accepted_privacy_policy": "is invalid"}),
        ({"concession_type_id": "424242"}, {"concession_type_id": "must exist"}),
        ({"patient_phone_numbers": [{"phone_type": "Home"}]}, {"patient_phone_numbers": "is invalid"}),
        ({"city": 7, "email": "x"}, {"city": "is invalid", "email": "is invalid"}),
    ],
)
def test_a_bad_value_answers_422_and_changes_nothing(body: dict[str, object], errors: dict[str, str]) -> None:
    one = caller()
    before = one.world.tables
    response = one.ask("PATCH", f"/v1/patients/{PATIENT}", body)
    assert response.status == 422
    assert json.loads(response.body) == {"message": "Validation Failed", "errors": errors}
    assert one.world.tables is before


def test_the_values_of_validation_errors_can_be_null() -> None:
    response = caller(null_error_values=True).ask("POST", "/v1/patients", {"first_name": "Cy"})
    assert json.loads(response.body)["errors"] == {"last_name": None}


def test_a_body_that_is_not_an_object_answers_400() -> None:
    assert caller().ask("POST", "/v1/patients", ["no"]).status == 400


def test_archiving_hides_a_patient_and_unarchiving_brings_it_back() -> None:
    one = caller()
    assert one.ask("POST", f"/v1/patients/{PATIENT}/archive").status == 204
    assert one.status(f"/v1/patients/{PATIENT}") == 404
    assert one.ask("PATCH", f"/v1/patients/{PATIENT}", {"city": "Kew"}).status == 404
    response = one.ask("POST", f"/v1/patients/{PATIENT}/unarchive")
    assert (response.status, json.loads(response.body)["archived_at"]) == (200, None)
    assert one.status(f"/v1/patients/{PATIENT}") == 200


def test_an_archived_record_is_writable_by_switch() -> None:
    one = caller(write_on_archived="accepted")
    one.ask("POST", f"/v1/patients/{PATIENT}/archive")
    assert one.ask("PATCH", f"/v1/patients/{PATIENT}", {"city": "Kew"}).status == 200


def test_the_deprecated_delete_archives() -> None:
    one = caller()
    assert one.ask("DELETE", f"/v1/patients/{PATIENT}").status == 204
    assert one.ids("/v1/patients?q[]=archived_at:?") == [PATIENT]


def test_a_deleted_tax_is_gone() -> None:
    one = caller()
    assert one.ask("DELETE", f"/v1/taxes/{TAX}").status == 204
    assert one.ids("/v1/taxes") == []


@pytest.mark.parametrize(("switch", "status"), [(404, 404), (405, 405)])
def test_no_write_reaches_a_read_only_resource(switch: int, status: int) -> None:
    world, invoice_id = with_invoice(clinic(write_on_read_only=switch))
    one = Caller(world=world)
    attempts = [
        ("POST", "/v1/invoices"),
        ("PATCH", f"/v1/invoices/{invoice_id}"),
        ("DELETE", f"/v1/invoices/{invoice_id}"),
        ("POST", f"/v1/invoices/{invoice_id}/archive"),
        ("POST", "/v1/invoice_items"),
        ("POST", "/v1/practitioners"),
        ("POST", "/v1/users"),
        ("POST", "/v1/bookings"),
        ("POST", "/v1/concession_prices"),
    ]
    assert {one.ask(verb, target, {}).status for verb, target in attempts} == {status}
    assert one.world.tables is world.tables


def test_concession_prices_are_writable_by_switch() -> None:
    one = caller(concession_prices_writable=True)
    pensioner = json.loads(one.ask("POST", "/v1/concession_types", {"name": "Pensioner"}).body)["id"]
    body = {"price": "70.0", "billable_item_id": CONSULT, "concession_type_id": pensioner}
    response = one.ask("POST", "/v1/concession_prices", body)
    assert (response.status, json.loads(response.body)["price"]) == (201, "70.0")


def test_phone_numbers_are_normalised_unless_switched_off() -> None:
    body = {"patient_phone_numbers": [{"number": "0400 000 001", "phone_type": "Mobile"}]}
    answer = json.loads(caller().ask("PATCH", f"/v1/patients/{PATIENT}", body).body)
    assert answer["patient_phone_numbers"][0]["normalized_number"] == "61400000001"
    raw = json.loads(caller(phone_normalisation=False).ask("PATCH", f"/v1/patients/{PATIENT}", body).body)
    assert "normalized_number" not in raw["patient_phone_numbers"][0]


def test_opting_out_of_text_messages_is_write_only() -> None:
    one = caller()
    one.ask("PATCH", f"/v1/patients/{PATIENT}", {"unsubscribe_sms_marketing": True})
    found = one.get(f"/v1/patients/{PATIENT}")
    assert found["accepted_sms_marketing"] is False
    assert "unsubscribe_sms_marketing" not in found


def test_a_products_price_is_written_once_and_read_twice() -> None:
    one = caller()
    one.ask("PATCH", f"/v1/products/{BAND}", {"price": "22", "price_includes_tax": True})
    found = one.get(f"/v1/products/{BAND}")
    assert (found["price_ex_tax"], found["price_including_tax"]) == ("20.0", "22.0")


def appointment(one: Caller) -> dict[str, str]:
    kind = one.ask("POST", "/v1/appointment_types", {"name": "30 min", "duration_in_minutes": 30, "max_attendees": 1})
    return {
        "patient_id": PATIENT,
        "practitioner_id": "1201",
        "business_id": "1101",
        "appointment_type_id": json.loads(kind.body)["id"],
        "starts_at": "2026-11-25T01:00:00Z",
    }


def test_a_booked_appointment_gets_an_attendee_and_its_end() -> None:
    one = caller()
    response = one.ask("POST", "/v1/individual_appointments", appointment(one))
    booked = json.loads(response.body)
    assert (response.status, booked["ends_at"]) == (201, "2026-11-25T01:30:00Z")
    assert len(one.ids(f"/v1/individual_appointments/{booked['id']}/attendees")) == 1
    assert one.get(f"/v1/individual_appointments/{booked['id']}/conflicts") == {"conflicts": {"exist": False}}
    assert one.ask("PATCH", f"/v1/individual_appointments/{booked['id']}/cancel").status == 204
    assert one.status(f"/v1/bookings/{booked['id']}") == 404
    one.world = control.uncancel_booking(one.world, booked["id"], at=LATER)
    assert one.get(f"/v1/bookings/{booked['id']}")["cancelled_at"] is None


@pytest.mark.parametrize("switch", [422, 500])
def test_an_unknown_patient_is_refused_as_the_switch_says(switch: int) -> None:
    one = caller(post_with_unknown_patient=switch)
    body = {**appointment(one), "patient_id": "424242"}
    assert one.ask("POST", "/v1/individual_appointments", body).status == switch
