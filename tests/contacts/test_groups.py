"""Contact groups: filled by rule and by a custom field, never doubled, and never anybody else's members."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ligament.app.contacts.find import find
from ligament.app.contacts.privacy import preview
from ligament.app.holds import retry
from ligament.app.plans import whole
from ligament.connectors.xero.simulator import control as desk
from ligament.store.journal.audit import export, verify
from tests.contacts.groups import CREATE, FIELD, LARGE, OURS, THEIRS, VETERANS, assert_quiet, group, members, veteran
from tests.contacts.kit import ANA, BEN, Clinic
from tests.contacts.test_references import custom


def test_a_rule_puts_new_and_known_contacts_into_a_group_and_running_again_writes_nothing(clinic: Clinic) -> None:
    clinic.sync()
    veteran(clinic, ANA)
    group(clinic, "Veterans")
    clinic.rulebook(VETERANS)
    with clinic.heard() as said:
        document = clinic.sync()
    assert members(clinic, "Veterans") == [OURS]
    assert len([one for one in said if "ContactGroups" in one]) == 1
    assert document["holds"] == []
    assert_quiet(clinic)


def test_many_contacts_go_into_a_group_with_one_call(clinic: Clinic) -> None:
    veteran(clinic, ANA)
    veteran(clinic, BEN)
    group(clinic, "VETERANS")
    clinic.rulebook(VETERANS)
    with clinic.heard() as said:
        clinic.sync()
    assert sorted(members(clinic, "VETERANS")) == [OURS, THEIRS]
    assert len([one for one in said if "ContactGroups" in one]) == 1
    assert_quiet(clinic)


def test_whom_we_put_in_is_taken_out_again_and_whom_a_person_put_in_stays(clinic: Clinic) -> None:
    clinic.sync()
    made = group(clinic, "Veterans", clinic.contact(THEIRS).contact_id)
    veteran(clinic, ANA)
    veteran(clinic, BEN)
    clinic.rulebook(VETERANS)
    clinic.sync()
    assert sorted(members(clinic, "Veterans")) == [OURS, THEIRS]
    with clinic.app() as app:
        told = [find(app, patient).document["found"][0]["groups"] for patient in (ANA, BEN)]
    assert told == [[{"name": "Veterans", "ours": True}], [{"name": "Veterans", "ours": False}]]
    for patient in (ANA, BEN):
        clinic.edit_patient(patient, email=f"{patient}@elsewhere.example")
    with clinic.heard() as said:
        clinic.sync()
    assert members(clinic, "Veterans") == [THEIRS]
    contact = clinic.contact(OURS).contact_id
    assert [one for one in said if "ContactGroups" in one] == [
        f"DELETE /api.xro/2.0/ContactGroups/{made}/Contacts/{contact}"
    ]
    assert_quiet(clinic)


def test_a_member_whom_a_person_chose_is_no_change_to_plan(clinic: Clinic) -> None:
    clinic.sync()
    group(clinic, "Veterans", clinic.contact(OURS).contact_id)
    veteran(clinic, ANA)
    clinic.sync()
    clinic.rulebook(VETERANS)
    with clinic.app() as app:
        assert whole(app).document["actions"] == []


def test_a_member_whom_a_person_chose_unseen_is_seen_just_before_writing(clinic: Clinic) -> None:
    clinic.sync()
    veteran(clinic, ANA)
    clinic.sync()
    made, contact = group(clinic, "Veterans"), clinic.contact(OURS)

    def unseen(world: Any) -> Any:
        books = world.only()
        theirs = replace(books.groups[made], members=(contact.contact_id,))
        return world.with_books(replace(books, groups={**books.groups, made: theirs}))

    clinic.books.change(unseen)
    clinic.rulebook(VETERANS)
    with clinic.heard() as said:
        clinic.sync()
    assert said == []
    clinic.edit_patient(ANA, email="ana@elsewhere.example")
    clinic.sync()
    assert members(clinic, "Veterans") == [OURS]


def test_without_the_rule_whom_we_put_in_is_taken_out(clinic: Clinic) -> None:
    veteran(clinic, ANA)
    group(clinic, "Veterans")
    clinic.rulebook(VETERANS)
    clinic.sync()
    clinic.rulebook()
    clinic.sync()
    assert members(clinic, "Veterans") == []
    assert_quiet(clinic)


def test_whom_a_person_takes_out_is_not_put_back(clinic: Clinic) -> None:
    veteran(clinic, ANA)
    made = group(clinic, "Veterans")
    clinic.rulebook(VETERANS)
    clinic.sync()
    at = clinic.later()
    clinic.books.change(lambda world: desk.set_members(world, made, (), at=at))
    assert_quiet(clinic)
    clinic.edit_patient(ANA, email="ana@elsewhere.example")
    with clinic.heard() as said:
        clinic.sync()
    assert not [one for one in said if "ContactGroups" in one]
    assert_quiet(clinic)


def test_a_group_that_is_missing_is_held_and_nothing_else_waits(clinic: Clinic) -> None:
    clinic.sync()
    veteran(clinic, ANA)
    clinic.invoice(ANA)
    clinic.rulebook(VETERANS)
    with clinic.heard() as said:
        document = clinic.sync()
    (hold,) = document["holds"]
    assert (hold["code"], hold["source_id"]) == ("unmapped_group", ANA)
    assert hold["sentence"] == 'Xero has no contact group "Veterans".'
    assert document["created"]["invoices"] == 1
    assert not [one for one in said if "ContactGroups" in one]
    group(clinic, "Veterans")
    clinic.later(600)
    assert clinic.sync()["holds"] == []
    assert members(clinic, "Veterans") == [OURS]
    assert_quiet(clinic)


def test_a_group_is_made_only_where_the_clinic_says_so_and_only_once(clinic: Clinic) -> None:
    veteran(clinic, ANA)
    clinic.rulebook(CREATE + VETERANS)
    clinic.sync()
    assert members(clinic, "Veterans") == [OURS]
    veteran(clinic, BEN)
    clinic.sync()
    assert sorted(members(clinic, "Veterans")) == [OURS, THEIRS]
    assert_quiet(clinic)


def test_a_group_that_people_renamed_takes_new_members_and_is_not_made_again(clinic: Clinic) -> None:
    clinic.rulebook(CREATE + VETERANS)
    veteran(clinic, ANA)
    clinic.sync()
    ((key, made),) = clinic.books.world.only().groups.items()
    groups = {key: replace(made, name="Returned service")}
    clinic.books.change(lambda world: world.with_books(replace(world.only(), groups=groups)))
    veteran(clinic, BEN)
    clinic.sync()
    assert [held.name for held in clinic.books.world.only().groups.values()] == ["Returned service"]
    clinic.later(60 * 60)
    clinic.sync()
    assert sorted(members(clinic, "Returned service")) == sorted((OURS, THEIRS))
    assert_quiet(clinic)


def test_the_hundredth_group_is_the_last_and_what_the_books_say_is_shown(clinic: Clinic) -> None:
    for number in range(100):
        group(clinic, f"Group {number}")
    veteran(clinic, ANA)
    clinic.rulebook(CREATE + VETERANS)
    (hold,) = clinic.sync()["holds"]
    assert hold["code"] == "rejected"
    assert "limit of 100 contact groups" in hold["sentence"]
    assert clinic.contact(OURS)
    assert_quiet(clinic)
    with clinic.app() as app:
        retry(app, hold["id"])
    with clinic.heard() as said:
        clinic.sync()
    assert [one.rpartition("/")[2] for one in said] == ["ContactGroups"], "what was refused is sent again when asked"
    spare = next(iter(clinic.books.world.only().groups))
    clinic.books.change(lambda world: desk.change_group(world, spare, status="DELETED", at=clinic.later()))
    with clinic.app() as app:
        retry(app, hold["id"])
    assert clinic.sync()["holds"] == []
    assert members(clinic, "Veterans") == [OURS]


def test_the_custom_field_names_the_group_and_a_new_value_moves_the_contact(clinic: Clinic) -> None:
    clinic.edit_patient(ANA, **custom(funding="plan  managed"))
    group(clinic, "Plan managed")
    group(clinic, "Self managed")
    clinic.rulebook(FIELD)
    clinic.sync()
    assert members(clinic, "Plan managed") == [OURS]
    clinic.edit_patient(ANA, **custom(funding="Self managed"))
    clinic.sync()
    assert (members(clinic, "Plan managed"), members(clinic, "Self managed")) == ([], [OURS])
    clinic.edit_patient(ANA, **custom(funding=""))
    clinic.sync()
    assert members(clinic, "Self managed") == []
    assert_quiet(clinic)


def test_what_stands_in_the_field_is_in_no_hold_no_answer_and_not_in_clear_in_the_journal(clinic: Clinic) -> None:
    clinic.edit_patient(ANA, **custom(funding="canary-zq"))
    clinic.rulebook(FIELD)
    document = clinic.sync()
    (hold,) = document["holds"]
    assert hold["code"] == "unmapped_group"
    clinic.rulebook(FIELD + CREATE)
    with clinic.app() as app:
        planned = whole(app).document
    document2 = clinic.sync()
    assert members(clinic, "canary-zq") == [OURS]
    for told in (document, planned, document2):
        assert "canary-zq" not in json.dumps(told, default=str)
    with clinic.app() as app:
        entries = list(export(app.journal))
        assert verify(app.journal).holds
    joined = [entry for entry in entries if entry["public"].get("action") == "join_group"]  # type: ignore[attr-defined]
    assert {entry["kind"] for entry in joined} == {"intent", "receipt"}
    assert all("canary-zq" in json.dumps(entry["personal"], default=str) for entry in joined)
    assert not any("canary-zq" in json.dumps(entry["public"], default=str) for entry in entries)


def test_the_dial_keeps_the_field_to_itself(clinic: Clinic) -> None:
    clinic.edit_patient(ANA, **custom(funding="Plan managed"))
    group(clinic, "Plan managed")
    clinic.rulebook(FIELD)
    clinic.sync()
    assert members(clinic, "Plan managed") == [OURS]
    with clinic.app() as app:
        people = preview(app, "code").document["people"]
    (row,) = [row for person in people for row in person["fields"] if row["field"] == "groups"]
    assert (row["now"], row["then"]) == ("Plan managed", "")
    clinic.rulebook(FIELD + '[contacts]\nprivacy = "code"\n')
    clinic.sync()
    assert members(clinic, "Plan managed") == []
    assert_quiet(clinic)


def test_a_rule_about_invoices_puts_in_who_is_billed_and_leaves_them_in(clinic: Clinic) -> None:
    group(clinic, "Large accounts")
    clinic.invoice(ANA, price="900")
    clinic.invoice(BEN, price="95")
    clinic.rulebook(LARGE)
    clinic.sync()
    assert members(clinic, "Large accounts") == [OURS]
    assert_quiet(clinic)
    clinic.edit_patient(ANA, email="other@example.org")
    clinic.sync()
    assert members(clinic, "Large accounts") == [OURS]
    clinic.rulebook()
    clinic.sync()
    assert members(clinic, "Large accounts") == []


def test_a_rule_about_invoices_that_comes_later_counts_for_what_is_posted(clinic: Clinic) -> None:
    group(clinic, "Large accounts")
    clinic.invoice(ANA, price="900")
    clinic.sync()
    clinic.rulebook(LARGE)
    clinic.sync()
    assert members(clinic, "Large accounts") == [OURS]
