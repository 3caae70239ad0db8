"""Authentication, roles, the rate limit, the drifting types and the purity of the simulated Cliniko."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from ligament.connectors.cliniko.simulator import (
    DEFAULT_KEY,
    EPOCH,
    Switches,
    World,
    control,
    get,
    grant_key,
    handle,
    put,
    revoke_key,
    with_switches,
)
from ligament.connectors.cliniko.tests.simulated_clinic import (
    BAND_LINE,
    NOW,
    PATIENT,
    PRACTITIONER,
    Caller,
    basic,
    clinic,
    with_invoice,
)
from ligament.simkit.messages import request_from_target

# --- who may ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [DEFAULT_KEY, f"{DEFAULT_KEY}-au2"])
def test_a_key_works_with_and_without_its_shard(key: str) -> None:
    assert Caller(world=clinic(), headers={"authorization": basic(key)}).status("/v1/user") == 200


@pytest.mark.parametrize(
    "header",
    ["", "Bearer x", "Basic !!!", basic("nobody"), basic(DEFAULT_KEY, "word"), basic(f"{DEFAULT_KEY}-uk1")],
)
def test_a_wrong_key_is_refused_in_plain_text(header: str) -> None:
    response = Caller(world=clinic(), headers={"authorization": header}).ask("GET", "/v1/user")
    assert response.status == 401
    assert response.header("content-type").startswith("text/plain")
    assert response.body == b"HTTP Basic: Access denied.\n"


def test_a_revoked_key_stops_working_and_another_key_of_the_user_does_not() -> None:
    world = clinic()
    user_id = world.keys[DEFAULT_KEY]
    world = revoke_key(grant_key(world, "SECOND", user_id), DEFAULT_KEY)
    assert Caller(world=world).status("/v1/user") == 401
    assert Caller(world=world, headers={"authorization": basic("SECOND")}).get("/v1/user")["id"] == user_id


def test_a_user_agent_without_contact_is_blocked_only_by_switch() -> None:
    assert Caller(world=clinic()).status("/v1/user") == 200
    strict = Caller(world=clinic(require_user_agent=True))
    assert strict.ask("GET", "/v1/user", **{"user-agent": "Ligament"}).status == 403
    assert strict.ask("GET", "/v1/user", **{"user-agent": "Ligament (desk@clinic.example)"}).status == 200


@pytest.mark.parametrize(
    ("role", "switches", "target", "status"),
    [
        ("scheduler", {}, "/v1/invoices", 403),
        ("scheduler", {}, f"/v1/patients/{PATIENT}/invoices", 403),
        ("scheduler", {}, "/v1/patients", 200),
        ("scheduler", {}, "/v1/settings", 403),
        ("scheduler", {}, "/v1/settings/public", 200),
        ("bookkeeper", {}, "/v1/settings", 200),
        ("bookkeeper", {"bookkeeper_reads_settings": False}, "/v1/settings", 403),
        ("bookkeeper", {}, "/v1/invoices", 200),
        ("bookkeeper", {"bookkeeper_reads_invoices": False}, "/v1/invoices", 403),
        ("administrator", {}, "/v1/settings", 200),
    ],
)
def test_a_key_sees_what_its_users_role_may_see(role: str, switches: dict[str, Any], target: str, status: int) -> None:
    assert Caller(world=clinic(role, **switches)).status(target) == status


def test_a_practitioners_key_sees_only_own_invoices_by_switch() -> None:
    def seen(*, only_own: bool) -> list[str]:
        world = clinic("practitioner", practitioner_sees_only_own_invoices=only_own)
        mine = put(world, "practitioners", {"id": PRACTITIONER, "user_id": world.keys[DEFAULT_KEY]})
        world, _ = with_invoice(mine, practitioner_id="1299", id="21")
        world, _ = with_invoice(world, id="22")
        return Caller(world=world).ids("/v1/invoices")

    assert seen(only_own=False) == ["21", "22"]
    assert seen(only_own=True) == ["22"]


@pytest.mark.parametrize(
    ("body", "kind"), [("json", "application/json"), ("text", "text/plain"), ("html", "text/html"), ("empty", "")]
)
def test_the_body_of_a_404_follows_the_switch(body: str, kind: str) -> None:
    response = Caller(world=clinic(error_body=body)).ask("GET", "/v1/patients/424242")
    assert response.status == 404
    assert response.header("content-type").startswith(kind)


def test_public_settings_leave_out_what_is_private() -> None:
    caller = Caller(world=control.set_native_xero(clinic(), enabled=True))
    full, public = caller.get("/v1/settings"), caller.get("/v1/settings/public")
    assert full["integrations"]["xero"] == public["integrations"]["xero"] == {"enabled": True}
    assert "email_from" in full["account"]
    assert "email_from" not in public["account"]


# --- rate limit ----------------------------------------------------------------------------------------------------


def spent(at_second: int, **switches: Any) -> Caller:
    caller = Caller(world=clinic(**switches), at=NOW + timedelta(seconds=at_second))
    assert {caller.status("/v1/user") for _ in range(200)} == {200}
    return caller


def test_the_201st_request_of_a_minute_is_refused_with_the_time_of_the_reset() -> None:
    response = spent(10).ask("GET", "/v1/user")
    assert response.status == 429
    assert response.header("x-ratelimit-reset") == str(int((NOW + timedelta(seconds=60)).timestamp()))


def test_a_fixed_window_opens_with_the_minute() -> None:
    caller = spent(59)
    caller.at = NOW + timedelta(seconds=60)
    assert caller.status("/v1/user") == 200


def test_a_sliding_window_opens_a_minute_after_the_requests() -> None:
    caller = spent(59, rate_window="sliding")
    caller.at = NOW + timedelta(seconds=118)
    assert caller.status("/v1/user") == 429
    caller.at = NOW + timedelta(seconds=119)
    assert caller.status("/v1/user") == 200


def test_all_keys_of_a_user_share_one_budget_and_users_do_not() -> None:
    caller = spent(0)
    world = grant_key(caller.world, "SECOND", caller.world.keys[DEFAULT_KEY])
    world = grant_key(put(world, "users", {"id": "777"}), "THIRD", "777")
    assert Caller(world=world, headers={"authorization": basic("SECOND")}).status("/v1/user") == 429
    assert Caller(world=world, headers={"authorization": basic("THIRD")}).status("/v1/user") == 200


@pytest.mark.parametrize(
    ("switch", "header"),
    [("missing", ""), ("garbage", "soon"), ("seconds left", "60"), ("milliseconds", "1795143660000")],
)
def test_the_reset_header_can_be_odd(switch: str, header: str) -> None:
    response = spent(0, rate_reset_header=switch).ask("GET", "/v1/user")
    assert (response.status, response.header("x-ratelimit-reset")) == (429, header)


@pytest.mark.parametrize(("switch", "length"), [("text", 20), ("empty", 0), ("json", 33)])
def test_the_body_of_a_429_follows_the_switch(switch: str, length: int) -> None:
    assert len(spent(0, rate_body=switch).ask("GET", "/v1/user").body) == length


def test_the_limit_can_be_changed_and_switched_off() -> None:
    caller = Caller(world=clinic(rate_limit=1))
    assert [caller.status("/v1/user") for _ in range(2)] == [200, 429]
    caller = Caller(world=clinic(rate_limit=0))
    assert {caller.status("/v1/user") for _ in range(201)} == {200}


# --- drifting types ------------------------------------------------------------------------------------------------


def item(**switches: Any) -> tuple[dict[str, object], str]:
    world, _ = with_invoice(clinic(**switches), BAND_LINE)
    response = Caller(world=world).ask("GET", "/v1/invoice_items")
    return json.loads(response.body)["invoice_items"][0], response.body.decode()


def test_money_is_text_except_the_lines_total() -> None:
    found, _ = item()
    assert (found["unit_price"], found["quantity"], found["net_price"]) == ("15.0", "2.0", "30.0")
    assert found["total_including_tax"] == 33


def test_each_drifting_type_follows_its_switch() -> None:
    assert item(total_including_tax="string")[0]["total_including_tax"] == "33.0"
    assert item(quantity="number")[0]["quantity"] == 2
    assert '"unit_price":15' in item(decimals="number")[1]
    assert isinstance(item(ids="number")[0]["id"], int)
    assert isinstance(item()[0]["id"], str)
    assert item(missing_text="empty")[0]["code"] == ""
    assert item()[0]["code"] is None
    assert "x_introduced_without_notice" in item(unknown_fields=True)[0]
    assert "x_introduced_without_notice" not in item()[0]


def test_a_missing_relation_is_omitted_null_or_empty() -> None:
    assert "billable_item" not in item()[0]
    assert item(missing_relation="null")[0]["billable_item"] is None
    assert item(missing_relation="empty")[0]["billable_item"] == {}
    assert item(missing_relation="null")[0]["product"] is not None


def test_the_items_tax_amount_is_the_rate_and_not_money() -> None:
    assert item()[0]["tax_amount"] == item()[0]["tax_rate"] == "10.0"


# --- purity --------------------------------------------------------------------------------------------------------


def test_a_write_leaves_the_old_world_as_it_was() -> None:
    before = clinic()
    caller = Caller(world=before)
    caller.ask("PATCH", f"/v1/patients/{PATIENT}", {"first_name": "Ida"})
    old, new = Caller(world=before), Caller(world=caller.world)
    assert old.get(f"/v1/patients/{PATIENT}")["first_name"] == "Ada"
    assert new.get(f"/v1/patients/{PATIENT}")["first_name"] == "Ida"


def test_a_read_copies_no_table() -> None:
    before = clinic()
    request = request_from_target("GET", "/v1/patients", {"authorization": basic(DEFAULT_KEY)}, b"", NOW)
    after, _ = handle(before, request)
    assert after.tables is before.tables


def test_the_same_request_to_the_same_world_gives_the_same_answer() -> None:
    world, _ = with_invoice(clinic())
    request = request_from_target("GET", "/v1/invoices", {"authorization": basic(DEFAULT_KEY)}, b"", NOW)
    assert handle(world, request) == handle(world, request)


def test_changing_switches_keeps_the_clinic() -> None:
    world = with_switches(clinic(), Switches(ids="number"))
    assert Caller(world=world).get(f"/v1/patients/{PATIENT}")["id"] == int(PATIENT)


def test_an_empty_world_has_a_user_and_nothing_else() -> None:
    world = World.empty()
    assert get(world, "users", world.keys[DEFAULT_KEY])["role"] == "administrator"
    assert set(world.tables) == {"users"}
    assert world.started_at == EPOCH


@pytest.mark.parametrize("target", ["/v2/user", "/v1/payments", "/v1/webhooks", "/", "/v1", "/v1/patients/1001/x"])
def test_what_does_not_exist_is_404(target: str) -> None:
    assert Caller(world=clinic()).status(target) == 404


def test_the_legacy_appointment_path_of_an_invoice_leads_to_the_appointment() -> None:
    world, booking_id = control.book(clinic(), {"patient_id": PATIENT, "starts_at": NOW}, at=NOW)
    world, invoice_id = with_invoice(world, appointment_id=booking_id)
    caller = Caller(world=world)
    link = caller.get(f"/v1/invoices/{invoice_id}")["appointment"]["links"]["self"]
    assert caller.get(link.partition("cliniko.com")[2])["id"] == booking_id
    assert caller.ids(f"/v1/appointments/{booking_id}/invoices") == [invoice_id]


def test_the_text_of_a_401_and_the_length_of_the_window_can_be_changed() -> None:
    refused = Caller(world=clinic(unauthorised_text="Nope"), headers={}).ask("GET", "/v1/user")
    assert (refused.status, refused.body) == (401, b"Nope\n")
    caller = spent(0, rate_window_s=300)
    caller.at = NOW + timedelta(seconds=120)
    assert caller.status("/v1/user") == 429
    caller.at = NOW + timedelta(seconds=300)
    assert caller.status("/v1/user") == 200
