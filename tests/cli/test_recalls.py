"""Who is due to be asked back: seen long ago, nothing booked, with an address, and recorded as having agreed."""

from __future__ import annotations

import csv
import itertools
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.connectors.cliniko import simulator as cliniko
from tests.cli.kit import NOW, Clinic
from tests.support.practice import BUSINESS, PRACTITIONER, RULEBOOK

STANDARD, CLASS = "1400500000000000031", "1400500000000000032"
RULES = (
    RULEBOOK
    + """
[[recalls]]
list = "Six-month check"
appointment_types = ["Standard consultation", "Pilates class"]
after_weeks = 26
"""
)
_NUMBERS = itertools.count(10**10)
LONG_AGO = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)


@pytest.fixture
def practice(clinic: Clinic) -> Clinic:
    clinic.write(RULES)
    put(clinic, "appointment_types", {"id": STANDARD, "name": "Standard consultation"})
    put(clinic, "appointment_types", {"id": CLASS, "name": "Pilates class", "max_attendees": 8})
    return clinic


def put(clinic: Clinic, kind: str, record: Mapping[str, object], at: datetime = NOW - timedelta(days=1)) -> None:
    stamps = {"created_at": at, "updated_at": at}
    clinic.practice.change(lambda world: cliniko.put(world, kind, {**stamps, **record}))


def patient(clinic: Clinic, number: int, **more: object) -> str:
    key = f"141100000000000{number:04}"
    told = {"first_name": f"First{number}", "last_name": "Sample", "email": f"p{number}@mail.example"}
    put(clinic, "patients", {"id": key, "accepted_email_marketing": True, **told, **more})
    return key


def seen(clinic: Clinic, who: str, starts_at: datetime = LONG_AGO, **more: object) -> str:
    key = f"15{next(_NUMBERS)}"
    told = {
        "id": key, "patient_id": who, "appointment_type_id": STANDARD, "business_id": BUSINESS,
        "practitioner_id": PRACTITIONER, "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=30),
    }  # fmt: skip
    put(clinic, "individual_appointments", {**told, **more})
    return key


def in_class(clinic: Clinic, who: str, starts_at: datetime = LONG_AGO, **more: object) -> None:
    key = f"16{next(_NUMBERS)}"
    told = {
        "id": key, "appointment_type_id": CLASS, "business_id": BUSINESS, "practitioner_id": PRACTITIONER,
        "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=60),
    }  # fmt: skip
    put(clinic, "group_appointments", told)
    put(clinic, "attendees", {"id": key.replace("16", "17", 1), "booking_id": key, "patient_id": who, **more})


def told(clinic: Clinic, *words: str) -> Any:
    answer = clinic.run("recalls", "--json", *words)
    assert answer.code == 0, answer.said
    return answer.json


def test_whoever_was_seen_long_ago_and_agreed_is_due_and_the_row_has_no_clinical_detail(practice: Clinic) -> None:
    one = patient(practice, 1, preferred_first_name="Firsty")
    seen(practice, one)
    document = told(practice)
    assert document["due"] == 1
    assert document["rows"] == [
        {
            "patient_id": one,
            "first_name": "Firsty",
            "email": "p1@mail.example",
            "due_on": "2026-09-30",
            "list": "Six-month check",
        }
    ]
    assert document["pushed"] == 0


def test_a_class_counts_as_a_visit_and_the_newest_visit_decides(practice: Clinic) -> None:
    one, two = patient(practice, 1), patient(practice, 2)
    in_class(practice, one, arrived=True)
    seen(practice, two)
    in_class(practice, two, NOW - timedelta(weeks=3))
    document = told(practice)
    assert [row["patient_id"] for row in document["rows"]] == [one]
    assert document["left_out"]["not_yet"] == 1


def test_everybody_else_is_left_out_with_one_reason_and_the_counts_add_up(practice: Clinic) -> None:
    survivor = patient(practice, 1)
    people = {
        "archived": patient(practice, 2, archived_at=NOW - timedelta(days=2)),
        "merged": patient(practice, 3, merged_with_patient_id=survivor, archived_at=NOW - timedelta(days=2)),
        "no_email": patient(practice, 5, email=None),
        "bad_email": patient(practice, 6, email="not an address"),
        "refused": patient(practice, 7, accepted_email_marketing=False),
        "not_asked": patient(practice, 8, accepted_email_marketing=None),
        "booked": patient(practice, 9),
        "shared_refused": patient(practice, 10, email="P7@mail.example "),
    }
    for who in (survivor, *people.values()):
        seen(practice, who)
    seen(practice, people["booked"], NOW + timedelta(days=3), appointment_type_id="1400500000000000099")
    document = told(practice)
    assert [row["patient_id"] for row in document["rows"]] == [survivor]
    # The one patient of the kit was never seen.
    assert document["left_out"] == {**dict.fromkeys(people, 1), "no_visit": 1}
    assert document["due"] + sum(document["left_out"].values()) == len(people) + 2


@pytest.mark.parametrize(
    "mark",
    [
        {"did_not_arrive": True},
        {"cancelled_at": LONG_AGO},
        {"archived_at": LONG_AGO},
        {"deleted_at": LONG_AGO},
    ],
)
def test_who_did_not_come_was_not_seen(practice: Clinic, mark: dict[str, Any]) -> None:
    seen(practice, patient(practice, 1), **mark)
    document = told(practice)
    assert document["due"] == 0
    assert document["left_out"]["no_visit"] == 2


def test_a_cancelled_booking_in_the_future_takes_nobody_off_and_one_that_holds_again_does(practice: Clinic) -> None:
    one = patient(practice, 1)
    seen(practice, one)
    booked = seen(practice, one, NOW + timedelta(days=3), cancelled_at=NOW - timedelta(days=1))
    assert told(practice)["due"] == 1

    def again(world: Any) -> Any:
        record = dict(cliniko.get(world, "individual_appointments", booked))
        return cliniko.put(
            world, "individual_appointments", {**record, "cancelled_at": None, "updated_at": NOW - timedelta(seconds=1)}
        )

    practice.practice.change(again)
    assert told(practice)["left_out"]["booked"] == 1


def test_the_day_of_a_visit_is_that_of_the_place_where_it_was(practice: Clinic) -> None:
    # 23:30 on 1 May in Melbourne is still 1 May there, and 13:30 in UTC; 30 minutes later it is the next day.
    seen(practice, patient(practice, 1), datetime(2026, 5, 1, 13, 30, tzinfo=UTC))
    seen(practice, patient(practice, 2), datetime(2026, 5, 1, 14, 0, tzinfo=UTC))
    assert [row["due_on"] for row in told(practice)["rows"]] == ["2026-10-30", "2026-10-31"]


def test_a_second_look_reads_only_what_changed_and_hears_of_a_refusal(practice: Clinic) -> None:
    one = patient(practice, 1)
    seen(practice, one)
    assert told(practice)["due"] == 1
    practice.practice.clear_log()
    patient(practice, 1, accepted_email_marketing=False, updated_at=NOW - timedelta(seconds=1))
    assert told(practice)["left_out"]["refused"] == 1
    asked = [exchange.request.path for exchange in practice.practice.log]
    assert len(asked) <= 8, asked


def test_the_file_is_for_its_owner_only_and_no_cell_is_a_formula(practice: Clinic, tmp_path: Path) -> None:
    seen(practice, patient(practice, 1, preferred_first_name="=1+1"))
    file = tmp_path / "due.csv"
    told(practice, "--output", str(file))
    with file.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert list(row) == ["patient_id", "first_name", "email", "due_on", "list"]
    assert row["first_name"] == "'=1+1"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    journal = practice.run("journal", "--json").out
    assert "recalls_exported" in journal
    assert "mail.example" not in journal


@pytest.mark.parametrize("ending", ["due.xlsx", "due"])
def test_only_csv_is_written(practice: Clinic, tmp_path: Path, ending: str) -> None:
    assert practice.run("recalls", "--output", str(tmp_path / ending)).code == 2


def test_an_appointment_type_that_is_not_there_is_named_with_the_nearest(practice: Clinic) -> None:
    practice.write(RULES.replace("Pilates class", "Pilates clas"))
    answer = practice.run("recalls")
    assert answer.code == 2
    assert 'Did you mean "Pilates class"?' in answer.err


def test_without_any_list_nobody_is_due_and_it_says_why(clinic: Clinic) -> None:
    answer = clinic.run("recalls", "--json")
    assert (answer.code, answer.json["due"]) == (0, 0)
    assert "[[recalls]]" in answer.json["notes"][0]


def test_people_see_who_and_why_not(practice: Clinic) -> None:
    seen(practice, patient(practice, 1))
    seen(practice, patient(practice, 2, accepted_email_marketing=None))
    shown = practice.run("recalls").out
    assert "1 patient is due." in shown
    assert "were never asked" in shown


# --- the practice's own recalls ---------------------------------------------------------------------------------------


def with_own_recalls(clinic: Clinic, setting: str) -> Clinic:
    """An account in which the undescribed resource is there, missing, or forbidden to this key."""
    clinic.practice.change(
        lambda world: cliniko.with_switches(world, cliniko.Switches(recalls=setting))  # type: ignore[arg-type]
    )
    put(clinic, "recall_types", {"id": "1800000000000000001", "name": "Return visit"})
    return clinic


def recalled(clinic: Clinic, who: str, on: str, number: int, **more: object) -> None:
    told = {"id": f"181000000000000{number:04}", "patient_id": who, "recall_type_id": "1800000000000000001"}
    put(clinic, "recalls", {**told, "recall_at": on, "notes": "Grief counselling review", **more})


def test_the_practices_own_recalls_are_used_where_there_are_any_and_their_notes_never_read(practice: Clinic) -> None:
    with_own_recalls(practice, "there")
    one, two, three = patient(practice, 1), patient(practice, 2), patient(practice, 3, accepted_email_marketing=None)
    recalled(practice, one, "2026-11-20", 1)
    recalled(practice, two, "2026-11-30", 2)
    recalled(practice, three, "2026-11-01", 3)
    recalled(practice, two, "2026-10-01", 4, archived_at=NOW - timedelta(days=2))
    document = told(practice)
    assert [(row["patient_id"], row["due_on"], row["list"]) for row in document["rows"]] == [
        (one, "2026-11-20", "Return visit")
    ]
    assert document["left_out"]["not_asked"] == 1
    assert b"counselling" not in (practice.home / "ligament.db").read_bytes()


@pytest.mark.parametrize("setting", ["missing", "forbidden"])
def test_without_recalls_of_its_own_appointments_alone_decide(practice: Clinic, setting: str) -> None:
    with_own_recalls(practice, setting)
    one = patient(practice, 1)
    recalled(practice, one, "2026-11-20", 1)
    seen(practice, one)
    assert [row["list"] for row in told(practice)["rows"]] == ["Six-month check"]


def test_another_practices_patients_are_never_read_into_this_clinic(practice: Clinic) -> None:
    seen(practice, patient(practice, 1))
    assert told(practice)["due"] == 1

    def another(world: Any) -> Any:
        account = {**world.settings["account"], "id": "777", "subdomain": "other-side", "name": "Other Side Physio"}
        return replace(world, settings={**world.settings, "account": account})

    practice.practice.change(another)
    practice.practice.clear_log()
    refused = practice.run("recalls")
    assert refused.code == 3
    assert "another practice" in refused.err
    assert not any("patients" in exchange.request.path for exchange in practice.practice.log)
