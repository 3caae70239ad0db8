"""What stands before the endpoints: tokens, tenants, scopes, limits, idempotency, negotiation."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ligament.connectors.xero.simulator import Switches, control, new_zealand_books
from ligament.connectors.xero.simulator.charts import CUSTOM_CLIENT_ID
from ligament.connectors.xero.tests.simulated_books import SAVED_ALONE, Answer, SimulatedBooks, invoice_element


def test_a_call_without_a_token_is_refused_with_401() -> None:
    books = SimulatedBooks()
    answer = books.call("GET", "Organisation", headers={"Authorization": ""})
    assert (answer.status, answer.json["Title"], answer.json["Detail"]) == (
        401,
        "Unauthorized",
        "AuthenticationUnsuccessful",
    )


def test_an_expired_token_is_refused_and_says_when_it_ended() -> None:
    books = SimulatedBooks()
    books.at += timedelta(seconds=1_801)
    answer = books.get("Organisation")
    assert answer.status == 401
    assert answer.json["Detail"].startswith("TokenExpired: token expired at 03/02/2026 01:30:0")


def test_an_organisation_that_is_not_connected_is_refused_with_403() -> None:
    books = SimulatedBooks()
    assert books.get("Organisation", xero_tenant_id="11111111-1111-1111-1111-111111111111").status == 403
    books.change(control.disconnect)
    answer = books.get("Organisation")
    assert (answer.status, answer.json["Title"]) == (403, "Forbidden")


def test_a_missing_scope_is_named_in_www_authenticate() -> None:
    books = SimulatedBooks()
    books.sign_in("accounting.contacts.read accounting.settings.read")
    assert books.get("Contacts").status == 200
    for answer in (books.put("Contacts", {"Name": "Nobody"}), books.get("Invoices")):
        assert answer.status == 403
        assert "insufficient_scope" in answer.response.header("WWW-Authenticate")


def test_every_answer_says_what_is_left_of_the_limits() -> None:
    books = SimulatedBooks()
    first, second = books.get("Organisation"), books.get("Invoices/unknown")
    assert first.response.header("X-MinLimit-Remaining") == "59"
    assert second.response.header("X-MinLimit-Remaining") == "58"
    assert second.response.header("X-DayLimit-Remaining") == "998"
    assert second.response.header("X-AppMinLimit-Remaining") == "9998"


@pytest.mark.parametrize("windows", ["fixed", "rolling"])
def test_the_minute_limit_answers_429_with_an_empty_body_until_the_window_opens(windows: str) -> None:
    books = SimulatedBooks(switches=Switches(windows=windows, minute_limit=2))
    statuses = [books.get("Organisation").status for _ in range(3)]
    if windows == "fixed" and statuses[-1] == 200:  # The window's border fell between the calls.
        statuses = [*statuses[:2], books.get("Organisation").status]
    assert statuses[-1] == 429
    refused = books.get("Organisation")
    assert (refused.response.body, refused.response.header("Content-Type")) == (b"", "")
    assert refused.response.header("X-Rate-Limit-Problem") == "minute"
    wait = int(refused.response.header("Retry-After"))
    assert 0 < wait <= 60
    books.at += timedelta(seconds=wait)
    assert books.get("Organisation").status == 200


def test_the_day_limit_can_mean_hours_of_waiting() -> None:
    books = SimulatedBooks(switches=Switches(windows="rolling"))
    books.change(lambda world: control.set_day_limit(world, CUSTOM_CLIENT_ID, 1))
    books.get("Organisation")
    refused = books.get("Organisation")
    assert refused.response.header("X-Rate-Limit-Problem") == "day"
    assert int(refused.response.header("Retry-After")) > 80_000


def test_more_than_five_calls_in_flight_are_refused_without_a_promise_when() -> None:
    books = SimulatedBooks()
    assert books.get("Organisation", x_sim_in_flight="5").status == 200
    refused = books.get("Organisation", x_sim_in_flight="6")
    assert (refused.status, refused.response.header("Retry-After")) == (429, "")
    assert refused.response.header("X-Rate-Limit-Problem") == "concurrent"
    books.with_limits(retry_after_on_concurrent=True)
    assert books.get("Organisation", x_sim_in_flight="6").response.header("Retry-After") == "1"


def test_rapid_sync_lifts_minute_and_day_limits_for_half_an_hour() -> None:
    books = SimulatedBooks(switches=Switches(rapid_sync=True, minute_limit=1))
    tenant = books.world.tenant_id
    assert books.world.only(tenant).organisation.created_at < books.at - timedelta(minutes=30)
    statuses = {books.get("Organisation").status for _ in range(3)}
    assert 429 in statuses
    fresh = {key: replace(it, created_at=books.at) for key, it in books.world.connections.items()}
    books.change(lambda world: replace(world, connections=fresh))
    answers = [books.get("Organisation") for _ in range(3)]
    assert {it.status for it in answers} == {200}
    assert answers[-1].response.header("X-MinLimit-Remaining") == "1"


def _put_with_key(books: SimulatedBooks, name: str, key: str) -> tuple[int, bytes]:
    answer = books.call("PUT", "Contacts", {"Contacts": [{"Name": name}]}, headers={"Idempotency-Key": key})
    return answer.status, answer.response.body


def test_the_same_request_under_the_same_key_is_answered_from_the_store() -> None:
    books = SimulatedBooks()
    first = _put_with_key(books, "Bo Reyes", "k1")
    assert _put_with_key(books, "Bo Reyes", "k1") == first
    assert len(books.world.only().contacts) == 1


def test_a_key_with_another_request_is_refused() -> None:
    books = SimulatedBooks()
    _put_with_key(books, "Bo Reyes", "k1")
    status, body = _put_with_key(books, "Cy Lund", "k1")
    assert status == 400
    assert "Idempotency Key: k1 is used with a different request." in json.loads(body)["Detail"]
    assert len(books.world.only().contacts) == 1


def test_a_key_is_forgotten_after_six_minutes() -> None:
    books = SimulatedBooks()
    first = _put_with_key(books, "Bo Reyes", "k1")
    books.at += timedelta(seconds=357)
    assert _put_with_key(books, "Bo Reyes", "k1") == first
    books.at += timedelta(seconds=2)
    assert _put_with_key(books, "Bo Reyes", "k1")[0] == 400  # Executed again: the name is taken now.


def test_errors_are_stored_and_replayed_but_a_429_is_not() -> None:
    books = SimulatedBooks()
    books.change(control.break_next_writes)
    broken = _put_with_key(books, "Bo Reyes", "k1")
    assert broken[0] == 500
    assert _put_with_key(books, "Bo Reyes", "k1") == broken
    assert _put_with_key(books, "Bo Reyes", "k2")[0] == 200
    books.with_limits(minute_limit=0)
    assert _put_with_key(books, "Cy Lund", "k3")[0] == 429
    books.with_limits(minute_limit=60)
    assert _put_with_key(books, "Cy Lund", "k3")[0] == 200


def test_a_replay_costs_a_call() -> None:
    books = SimulatedBooks(switches=Switches(windows="rolling"))
    _put_with_key(books, "Bo Reyes", "k1")
    _put_with_key(books, "Bo Reyes", "k1")
    assert books.get("Organisation").response.header("X-MinLimit-Remaining") == "57"


def test_a_key_has_no_effect_on_reading() -> None:
    books = SimulatedBooks()
    books.call("GET", "Contacts", headers={"Idempotency-Key": "k1"})
    assert _put_with_key(books, "Bo Reyes", "k1")[0] == 200


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_an_empty_or_long_key_is_refused(key: str) -> None:
    books = SimulatedBooks()
    assert _put_with_key(books, "Bo Reyes", key)[0] == 400
    assert _put_with_key(books, "Bo Reyes", "x" * 128)[0] == 200


def test_without_a_json_accept_header_nothing_is_served() -> None:
    books = SimulatedBooks()
    assert books.call("GET", "Organisation", headers={"Accept": "*/*"}).status == 406
    assert books.call("GET", "Organisation", headers={"Accept": "application/json"}).status == 200


def test_a_body_over_the_limit_is_refused() -> None:
    books = SimulatedBooks(switches=Switches(body_limit_bytes=200))
    assert books.put("Contacts", {"Name": "x" * 200}).status == 400
    assert books.put("Contacts", {"Name": "x"}).status == 200


@pytest.mark.parametrize("text", ["2026-03-01 00:00:00", "1 March 2026", "2026-02-30"])
def test_a_date_in_another_form_spoils_the_whole_request(text: str) -> None:
    books = SimulatedBooks()
    contact = books.contact()
    good, bad = invoice_element(contact), invoice_element(contact, Date=text)
    answer = books.call("PUT", "Invoices", {"Invoices": [good, bad]}, SAVED_ALONE)
    assert (answer.status, answer.json["ErrorNumber"], answer.json["Type"]) == (400, 14, "PostDataInvalidException")
    assert not books.world.only().invoices


def test_a_body_may_be_an_envelope_of_any_case_or_one_element() -> None:
    books = SimulatedBooks()
    assert books.call("PUT", "Contacts", {"contacts": [{"Name": "A"}]}).status == 200
    assert books.call("PUT", "Contacts", {"Name": "B"}).status == 200
    assert books.call("PUT", "Contacts", [1]).json["ErrorNumber"] == 14
    assert len(books.world.only().contacts) == 2


def test_an_unknown_id_is_a_404_of_html_without_body() -> None:
    books = SimulatedBooks()
    for path in ("Invoices/INV-9", "Contacts/none", "Payments/none", "CreditNotes/none", "Nonsense"):
        answer = books.get(path)
        assert (answer.status, answer.response.body) == (404, b"")
        assert answer.response.header("Content-Type").startswith("text/html")


def test_serving_a_request_leaves_the_old_world_as_it_was() -> None:
    books = SimulatedBooks()
    contact = books.contact()
    before = books.world
    ledger = before.only()
    books.invoice(contact, InvoiceNumber="CL-1")
    assert not before.only().invoices
    assert books.world.only().invoices
    books.world = before
    again = books.invoice(contact, InvoiceNumber="CL-1")
    assert again["InvoiceNumber"] == "CL-1"
    assert before.only() is ledger


def test_reading_copies_no_records() -> None:
    books = SimulatedBooks()
    books.invoice()
    before = books.world.only()
    books.get("Invoices", {"page": "1"})
    after = books.world.only()
    assert after.invoices is before.invoices
    assert after.contacts is before.contacts


def test_the_answer_tells_the_servers_time_twice() -> None:
    books = SimulatedBooks()
    answer = books.get("Organisation")
    assert answer.response.header("Date") == "Mon, 02 Mar 2026 01:00:02 GMT"
    assert answer.json["DateTimeUTC"] == "/Date(1772413202000+0000)/"


def test_the_limits_spellings_and_waits_follow_the_switches() -> None:
    books = SimulatedBooks(switches=Switches(app_minute_limit=0, problem_app_minute="app-minute", windows="rolling"))
    refused = books.get("Organisation").response
    assert (refused.header("X-Rate-Limit-Problem"), refused.header("Retry-After")) == ("app-minute", "")
    books.change(lambda world: world.with_switches(replace(world.switches, retry_after_on_app_minute=True)))
    books.with_limits(app_minute_limit=1)
    assert books.get("Organisation").status == 200
    assert books.get("Organisation").response.header("Retry-After") == "59"
    books.change(
        lambda world: world.with_switches(
            Switches(
                minute_limit=0,
                concurrent_limit=0,
                problem_minute="Minute",
                problem_concurrent="Concurrent",
                problem_day="Day",
            )
        )
    )
    assert books.get("Organisation").response.header("X-Rate-Limit-Problem") == "Minute"
    assert books.get("Organisation", x_sim_in_flight="1").response.header("X-Rate-Limit-Problem") == "Concurrent"
    books.change(lambda world: control.set_day_limit(world, CUSTOM_CLIENT_ID, 0))
    assert books.get("Organisation").response.header("X-Rate-Limit-Problem") == "Day"


def test_refusals_of_scope_and_tenant_follow_the_switches() -> None:
    books = SimulatedBooks(switches=Switches(scope_refusal_status=401, tenant_refusal_empty=True))
    books.sign_in("accounting.settings.read")
    assert books.get("Contacts").status == 401
    books.change(control.disconnect)
    answer = books.get("Organisation")
    assert (answer.status, answer.response.body) == (403, b"")


def test_the_life_of_an_access_token_follows_the_switch() -> None:
    books = SimulatedBooks(switches=Switches(access_token_s=2))
    assert books.get("Organisation").status == 200
    assert books.get("Organisation").status == 401


def test_two_organisations_share_a_key_but_not_their_limits_or_books() -> None:
    books = SimulatedBooks()
    other = new_zealand_books()
    tenants = (books.world.tenant_id, other.organisation.organisation_id)
    (first,) = books.world.connections.values()
    second = replace(first, connection_id="11111111-2222-3333-4444-555555555555", tenant_id=tenants[1])
    connections = {first.connection_id: first, second.connection_id: second}
    books.change(lambda world: replace(world.with_books(other), connections=connections))

    def put(tenant: str, key: str) -> Answer:
        head = {"xero-tenant-id": tenant, "Idempotency-Key": key}
        return books.call("PUT", "Contacts", {"Contacts": [{"Name": "Bo"}]}, headers=head)

    answers = [put(tenants[0], "k1"), put(tenants[1], "k1"), put(tenants[1], "k2")]
    assert answers[0].response.body == answers[1].response.body
    assert answers[2].response.header("X-MinLimit-Remaining") == "58"
    assert [len(books.world.only(it).contacts) for it in tenants] == [1, 1]
