"""Lists of the simulated Cliniko: envelope, paging, sorting and drift."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ligament.connectors.cliniko.simulator import control, put_many
from ligament.connectors.cliniko.tests.simulated_clinic import NOW, Caller, clinic


def patients(count: int, **switches: Any) -> Caller:
    world = clinic(**switches)
    rows = (
        {"id": str(5000 + n), "last_name": f"P{n:03}", "created_at": NOW + timedelta(minutes=n)} for n in range(count)
    )
    return Caller(world=put_many(world, "patients", rows), at=NOW + timedelta(days=1))


def test_a_page_holds_fifty_rows_unless_asked_otherwise() -> None:
    caller = patients(120)
    assert len(caller.ids("/v1/patients")) == 50
    assert len(caller.ids("/v1/patients?per_page=7")) == 7


def test_the_envelope_counts_all_rows_and_links_only_to_pages_that_exist() -> None:
    caller = patients(118)
    first, last = caller.get("/v1/patients?per_page=100"), caller.get("/v1/patients?per_page=100&page=2")
    assert first["total_entries"] == last["total_entries"] == 120
    assert set(first["links"]) == {"self", "next"}
    assert set(last["links"]) == {"self", "previous"}


def test_the_next_link_keeps_filters_sorting_and_page_size() -> None:
    caller = patients(30)
    query = "per_page=10&sort=updated_at:desc&q%5B%5D=updated_at%3A%3E2026-01-01T00%3A00%3A00Z"
    link = urlsplit(caller.get(f"/v1/patients?{query}")["links"]["next"])
    assert dict(parse_qsl(link.query)) == {
        "page": "2",
        "per_page": "10",
        "sort": "updated_at:desc",
        "q[]": "updated_at:>2026-01-01T00:00:00Z",
    }
    assert "q%5B%5D=" in link.query


def test_following_next_links_meets_every_row_once() -> None:
    caller = patients(95)
    target, seen = "/v1/patients?per_page=20", []
    while target:
        document = caller.get(target)
        seen += [row["id"] for row in document["patients"]]
        link = document["links"].get("next", "")
        target = link.partition("cliniko.com")[2]
    assert len(seen) == len(set(seen)) == 97


def test_links_start_with_the_host_that_was_asked() -> None:
    caller = patients(1)
    response = caller.ask("GET", "/v1/patients", host="127.0.0.1:4000", **{"x-forwarded-proto": "http"})
    assert b'"self":"http://127.0.0.1:4000/v1/patients?page=1"' in response.body
    assert b'"self":"http://127.0.0.1:4000/v1/patients/5000"' in response.body


def test_more_than_a_hundred_rows_per_page_are_clamped() -> None:
    assert len(patients(150).ids("/v1/patients?per_page=500")) == 100


def test_more_than_a_hundred_rows_per_page_are_refused_by_switch() -> None:
    assert patients(1, per_page_above_100="refuse").status("/v1/patients?per_page=101") == 400


def test_a_page_behind_the_last_is_empty() -> None:
    document = patients(1).get("/v1/patients?page=9")
    assert document["patients"] == []
    assert "next" not in document["links"]


def test_rows_come_in_order_of_creation_by_default() -> None:
    ids = patients(5).ids("/v1/patients?q[]=last_name:~P0")
    assert ids == ["5000", "5001", "5002", "5003", "5004"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=created_at:desc", ["5002", "5001", "5000"]),
        ("sort=created_at&order=desc", ["5002", "5001", "5000"]),
        ("order=desc", ["5002", "5001", "5000"]),
        ("sort=updated_at:asc,created_at:desc", ["5000", "5001", "5002"]),
        ("sort=last_name:desc", ["5002", "5001", "5000"]),
        ("sort=id:desc", ["5002", "5001", "5000"]),
    ],
)
def test_sorting_follows_the_sort_list(query: str, expected: list[str]) -> None:
    assert patients(3).ids(f"/v1/patients?q[]=last_name:~P0&{query}") == expected


def test_sorting_by_id_is_ignored_or_refused_by_switch() -> None:
    target = "/v1/patients?q[]=last_name:~P0&sort=id:desc"
    assert patients(2, sort_by_id="ignored").ids(target) == ["5000", "5001"]
    assert patients(2, sort_by_id="refused").status(target) == 400


def test_sorting_by_an_unknown_field_is_ignored_and_refused_by_switch() -> None:
    target = "/v1/patients?q[]=last_name:~P0&sort=shoe_size:desc"
    assert patients(2).ids(target) == ["5000", "5001"]
    assert patients(2, unknown_sort="refused").status(target) == 400


def test_a_row_touched_during_a_walk_shifts_the_others_so_that_one_is_skipped() -> None:
    caller = patients(6)
    target = "/v1/patients?q[]=last_name:~P0&sort=updated_at:asc&per_page=2"
    first = caller.ids(target)
    caller.world = control.edit_record(caller.world, "patients", "5000", {"city": "Kew"}, at=caller.at)
    second = caller.ids(f"{target}&page=2")
    assert first == ["5000", "5001"]
    assert second == ["5003", "5004"], "5002 moved to page 1 behind the walker's back"


def test_equal_sort_keys_are_stable_and_unstable_by_switch() -> None:
    rows = [{"id": str(7000 + n), "created_at": NOW} for n in range(40)]

    def walk(ties: str) -> list[str]:
        caller = Caller(world=put_many(clinic(ties=ties), "contacts", rows))
        return [one for page in range(1, 9) for one in caller.ids(f"/v1/contacts?per_page=5&page={page}")]

    assert walk("stable") == [row["id"] for row in rows]
    assert len(set(walk("unstable"))) < 40, "a walk over ties without a tie-breaker repeats some rows"


def test_the_date_header_tells_the_simulators_time() -> None:
    assert patients(0).ask("GET", "/v1/user").header("date") == "Sat, 21 Nov 2026 03:00:00 GMT"


def test_nested_lists_hold_only_the_parents_rows() -> None:
    caller = Caller(world=put_many(clinic(), "invoices", [{"id": "91", "patient_id": "1001"}, {"id": "92"}]))
    assert caller.ids("/v1/patients/1001/invoices") == ["91"]
    assert caller.status("/v1/patients/424242/invoices") == 404


def test_inactive_practitioners_have_a_list_of_their_own() -> None:
    rows = [{"id": "8001", "active": False}, {"id": "8002", "active": True}]
    caller = Caller(world=put_many(clinic(), "practitioners", rows))
    assert caller.ids("/v1/practitioners") == ["1201", "8002"]
    assert caller.ids("/v1/practitioners/inactive") == ["8001"]
    assert caller.ids("/v1/practitioners?q[]=active:=false") == ["8001"]
    assert "practitioners" in caller.get("/v1/practitioners/inactive")
