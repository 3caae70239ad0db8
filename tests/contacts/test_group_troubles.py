"""Contact groups when answers are lost, names change or people are gone; and what is told about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ligament.app.doctor.doctor import examine
from ligament.app.plans import whole
from ligament.connectors.xero.simulator import control as desk
from tests.contacts.groups import CREATE, OURS, VETERANS, assert_quiet, group, lose, members, veteran
from tests.contacts.kit import ANA, BEN, Clinic


@pytest.mark.parametrize(("method", "path"), [("PUT", r"/ContactGroups$"), ("PUT", r"/ContactGroups/.+/Contacts$")])
def test_a_lost_answer_makes_no_second_group_and_the_contact_is_in_it(clinic: Clinic, method: str, path: str) -> None:
    veteran(clinic, ANA)
    clinic.rulebook(CREATE + VETERANS)
    lose(clinic, method, path)
    with clinic.heard() as said:
        clinic.sync()
    # What became of the write was looked up, and nothing left twice.
    assert [one.rsplit("/", 1)[1] for one in said if "ContactGroups" in one] == ["ContactGroups", "Contacts"]
    clinic.books.faults = None
    clinic.sync()
    assert members(clinic, "Veterans") == [OURS]
    assert_quiet(clinic)
    clinic.edit_patient(ANA, email="ana@elsewhere.example")
    clinic.sync()
    assert members(clinic, "Veterans") == []


@pytest.mark.parametrize("twice", ["missing", "done"])
def test_a_lost_answer_to_taking_out_is_looked_up(clinic: Clinic, twice: str) -> None:
    clinic.books.change(lambda world: world.with_switches(replace(world.switches, leave_twice=twice)))
    veteran(clinic, ANA)
    group(clinic, "Veterans")
    clinic.rulebook(VETERANS)
    clinic.sync()
    clinic.edit_patient(ANA, email="ana@elsewhere.example")
    lose(clinic, "DELETE", "/ContactGroups/")
    with clinic.heard() as said:
        clinic.sync()
    assert len([one for one in said if "ContactGroups" in one]) == 1
    clinic.books.faults = None
    clinic.sync()
    assert members(clinic, "Veterans") == []
    assert_quiet(clinic)


def test_membership_that_moves_the_contact_is_an_echo_that_ends_there(clinic: Clinic) -> None:
    clinic.books.change(lambda world: world.with_switches(replace(world.switches, membership_moves_contact=True)))
    veteran(clinic, ANA)
    group(clinic, "Veterans")
    clinic.rulebook(VETERANS)
    clinic.sync()
    assert_quiet(clinic)


def test_a_renamed_group_of_ours_is_still_ours(clinic: Clinic) -> None:
    veteran(clinic, ANA)
    made = group(clinic, "Veterans")
    clinic.rulebook(VETERANS)
    clinic.sync()
    at = clinic.later()
    clinic.books.change(lambda world: desk.change_group(world, made, name="Returned services", at=at))
    clinic.later(86_400)
    assert clinic.sync()["holds"] == []
    assert_quiet(clinic)
    clinic.edit_patient(ANA, email="ana@elsewhere.example")
    clinic.sync()
    assert members(clinic, "Returned services") == []


def test_an_archived_contact_is_never_put_into_a_group(clinic: Clinic) -> None:
    clinic.sync()
    group(clinic, "Veterans")
    veteran(clinic, ANA)
    clinic.rulebook(VETERANS)
    at = clinic.later()
    contact = clinic.contact(OURS).contact_id
    clinic.books.change(lambda world: desk.archive_contact(world, contact, at=at))
    with clinic.heard() as said:
        clinic.sync()
    assert said == []


def test_the_plan_shows_it_and_many_known_contacts_ask_first(clinic: Clinic) -> None:
    clinic.sync()
    veteran(clinic, ANA)
    veteran(clinic, BEN)
    clinic.sync()
    group(clinic, "Veterans")
    clinic.rulebook("max_existing_changes = 1\n" + VETERANS)
    with clinic.app() as app:
        actions: list[dict[str, Any]] = whole(app).document["actions"]
    assert [(one["action"], one["sentence"]) for one in actions] == [
        ("join_group", f'Put the contact CLK-{number} into the contact group "Veterans".') for number in (ANA, BEN)
    ]
    clinic.sync()
    assert members(clinic, "Veterans") == []


@pytest.mark.parametrize(
    ("there", "create", "state"), [(True, False, "ok"), (False, True, "ok"), (False, False, "bad")]
)
def test_the_doctor_tells_about_groups(clinic: Clinic, *, there: bool, create: bool, state: str) -> None:
    clinic.sync()
    if there:
        group(clinic, "Veterans")
    clinic.rulebook(VETERANS + (CREATE if create else ""))
    with clinic.app() as app:
        checks = examine(app).document["checks"]
    (check,) = [one for one in checks if "contact group" in one["sentence"]]
    assert check["state"] == state


def test_a_clinic_without_groups_never_asks_for_them(clinic: Clinic) -> None:
    clinic.sync()
    clinic.sync(full=True)
    assert not [one for one in clinic.books.log if "ContactGroups" in one.request.path]
