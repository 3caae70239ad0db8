"""Looking people up: the pair, who pays for whom, who treats, and who may be there twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ligament.app.contacts.duplicates import find_duplicates
from ligament.app.contacts.find import find
from ligament.app.decisions import open_holds
from ligament.app.holds import answer, show_hold
from ligament.app.lists import document, documents
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from ligament.wiring.errors import ConfigurationError
from tests.contacts.kit import ANA, BEN, LONG_AGO, Clinic
from tests.support.practice import PRACTITIONER

PAYER = "1402000000000000001"


def add(clinic: Clinic, kind: str, **fields: object) -> None:
    row = {"created_at": LONG_AGO, "updated_at": LONG_AGO, **fields}
    clinic.practice.change(lambda world: cliniko.put(world, kind, row))


def found(clinic: Clinic, text: str) -> list[dict[str, Any]]:
    with clinic.app() as app:
        return list(find(app, text).document["found"])


def test_a_pair_is_found_by_everything_people_know(clinic: Clinic) -> None:
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Ana Silva")
    clinic.sync()
    contact = clinic.contact(f"CLK-{ANA}").contact_id
    for text in (ANA, f"CLK-{ANA}", contact, "ana@EXAMPLE.org", "silva", "Silva Ana", "CLK-1", "1"):
        (pair,) = found(clinic, text)
        assert pair["source_id"] == ANA, text
        assert pair["contact_id"] == contact, text
    (pair,) = found(clinic, ANA)
    fields = {row["field"]: row for row in pair["fields"]}
    assert all(row["same"] and row["agreed"] for row in fields.values())
    (paper,) = pair["documents"]
    assert (paper["number"], paper["books"][0]["number"]) == ("1", "CLK-1")
    assert {entry["action"] for entry in pair["history"]} >= {"create_contact"}
    assert found(clinic, "nobody") == []
    assert found(clinic, "") == []


def test_an_archived_invoice_is_not_found_as_open(clinic: Clinic) -> None:
    invoice = clinic.invoice(ANA)
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_invoice(world, invoice, at=at))
    clinic.sync()
    (pair,) = found(clinic, ANA)
    with clinic.app() as app:
        (row,) = documents(app, text="", number="", after="", limit=5)
        card = document(app, invoice)
    assert card is not None
    assert [pair["documents"][0]["status"], row["status"], card["status"], card["practice"]["status"]] == [
        "archived"
    ] * 4


def test_what_differs_and_is_only_listed_says_why(clinic: Clinic) -> None:
    clinic.rulebook('[contacts.wins]\nemail = "cliniko"\n')
    clinic.sync()
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="typed@example.org")
    clinic.sync()
    (pair,) = found(clinic, ANA)
    listed = {row["field"]: row["listed"] for row in pair["fields"] if row["listed"]}
    assert listed == {"email": "put_back"}


def test_who_pays_is_shown_from_both_sides(clinic: Clinic) -> None:
    add(clinic, "contacts", id=PAYER, company_name="Harbour Insurance", type="3rd Party Payer", type_code=2)
    clinic.edit_patient(ANA, invoice_default_to="harbour  insurance\nPO Box 1")
    clinic.sync()
    (patient,) = found(clinic, ANA)
    (payer,) = found(clinic, "Harbour Insurance")
    assert [one["source_id"] for one in patient["payers"]] == [PAYER]
    assert [one["source_id"] for one in payer["patients"]] == [ANA]


def test_who_treats_is_matched_with_a_user_by_e_mail_and_journalled(clinic: Clinic) -> None:
    books = clinic.books.world.only()
    user = next(iter(books.users.values())) if isinstance(books.users, dict) else next(iter(books.users))
    email = user.email if hasattr(user, "email") else user["EmailAddress"]
    add(clinic, "users", id="77", first_name="Ben", last_name="Hands", email=email.upper(), user_active=True)
    clinic.practice.change(
        lambda world: cliniko.put(
            world, "practitioners", {**(cliniko.get(world, "practitioners", PRACTITIONER) or {}), "user_id": "77"}
        )
    )
    clinic.sync()
    with clinic.app() as app:
        (person,) = find(app, "Ben Hands").document["practitioners"]
        entries = app.queries.journal(limit=200)
    assert person["owner"]
    told = [entry for entry in entries if entry["public"].get("name") == "owners"]  # type: ignore[attr-defined]
    assert person["owner"] in json.dumps(told[-1]["public"])
    assert email.casefold() not in json.dumps([entry["public"] for entry in entries]).casefold()


def test_probable_duplicates_are_listed_in_each_system_and_never_merged(clinic: Clinic) -> None:
    twin = {"first_name": "ANA", "last_name": "Sílva", "email": "ana@example.org"}
    add(clinic, "patients", id="1410000000000000003", **twin)
    add(clinic, "patients", id="1410000000000000004", first_name="Bo", last_name="Silva", email="ana@example.org")
    add(clinic, "patients", id="1410000000000000005", first_name="Benjamin", preferred_first_name="Ben",
        last_name="Okafor", patient_phone_numbers=[{"number": "0491570156", "phone_type": "Home"}])  # fmt: skip
    clinic.sync()
    clinic.sync()
    at = clinic.later()
    element = {"Name": "Okafor, Ben", "EmailAddress": "BEN@example.org"}
    clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])
    clinic.sync()
    with clinic.heard() as said, clinic.app() as app:
        document = find_duplicates(app).document
    assert said == []
    pairs = {tuple(sorted(one["id"][-1] for one in pair["records"])): pair for pair in document["practice"]}
    assert pairs["1", "3"]["alike"]
    assert pairs["1", "3"]["shares"] == ["e-mail"]
    assert not pairs["1", "4"]["alike"]
    assert pairs["1", "5"]["shares"] == ["phone"]
    (books,) = [pair for pair in document["books"] if pair["alike"] and "Okafor" in pair["records"][0]["name"]]
    assert books["shares"] == ["e-mail"]
    # Names are shown as they stand there, not as they are compared.
    assert {one["name"] for one in books["records"]} == {"Ben Okafor", "Okafor, Ben"}
    assert {one["name"] for one in pairs["1", "3"]["records"]} == {"Ana Silva", "ANA Sílva"}


def test_the_same_number_and_a_namesakes_suffix_are_no_difference(clinic: Clinic) -> None:
    add(clinic, "patients", id="1410000000000000003", first_name="Ana", last_name="Silva")
    clinic.sync()
    phones = [{"PhoneType": "MOBILE", "PhoneCountryCode": "61", "PhoneAreaCode": "491", "PhoneNumber": "570156"}]
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, Phones=phones)
    with clinic.heard() as said:
        clinic.sync()
    assert said == []
    with clinic.app() as app:
        (ana,) = find(app, ANA).document["found"]
        (other,) = find(app, "1410000000000000003").document["found"]
    rows = {row["field"]: row for row in ana["fields"]}
    assert rows["phone_mobile"]["books"] == "+61 491 570156"
    assert all(row["same"] for row in ana["fields"])
    assert {row["field"]: row["books"] for row in other["fields"]}["name"] == "Ana Silva (000003)"
    assert all(row["same"] for row in other["fields"])


def test_a_number_abroad_keeps_its_country_on_the_way_back(clinic: Clinic) -> None:
    clinic.sync()
    phones = [{"PhoneType": "MOBILE", "PhoneCountryCode": "44", "PhoneAreaCode": "20", "PhoneNumber": "7946 0958"}]
    contact = clinic.contact(f"CLK-{ANA}").contact_id
    clinic.edit_contact(contact, Phones=phones)
    clinic.sync()
    assert [phone["number"] for phone in clinic.patient(ANA)["patient_phone_numbers"]] == ["+44 20 7946 0958"]
    with clinic.heard() as said:
        clinic.edit_patient(ANA, patient_phone_numbers=[{"number": "0044 20 79460958", "phone_type": "Mobile"}])
        clinic.sync()
        clinic.sync(full=True)
    assert said == []


def test_a_preferred_name_counts_when_a_contact_is_looked_for(clinic: Clinic) -> None:
    at = clinic.later()
    element = {"Name": "Benny Okafor", "EmailAddress": "ben@example.org"}
    clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])
    clinic.edit_patient(BEN, first_name="Benjamin", preferred_first_name="Benny")
    document = clinic.sync()
    assert document["holds"] == []
    assert [held.number for held in clinic.contacts() if "kafor" in held.name] == [f"CLK-{BEN}"]


def test_a_name_in_another_order_with_the_same_phone_is_asked_about(clinic: Clinic) -> None:
    at = clinic.later()
    phones = [{"PhoneType": "MOBILE", "PhoneNumber": "+61 491 570 156"}]
    element = {"Name": "Silva, Ána", "Phones": phones}
    clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])
    (hold,) = clinic.sync()["holds"]
    assert hold["code"] == "probably_same_person"
    with clinic.app() as app:
        (shown,) = show_hold(app, hold["id"]).document["holds"]
        listed = json.dumps(open_holds(app), default=str)
    ours, theirs = shown["people"]
    assert (ours["side"], ours["number"], ours["fields"]["name"]) == ("practice", f"CLK-{ANA}", "Ana Silva")
    assert (theirs["side"], theirs["fields"]["name"]) == ("books", "Silva, Ána")
    assert (ours["fields"]["phone_mobile"], theirs["fields"]["phone_mobile"]) == ("0491 570 156", "+61 491 570 156")
    assert "Silva" not in listed


def two_like_ana(clinic: Clinic) -> tuple[str, str]:
    """Enter two contacts with Ana's e-mail and name; returns their ids in the order in which they are told."""
    at = clinic.later()

    def enter(name: str) -> None:
        element = {"Name": name, "EmailAddress": "ana@example.org"}
        clinic.books.change(lambda world: desk.create_contact(world, element, at=at)[0])

    enter("Ana Silva")
    enter("Silva Ana")
    clinic.sync()
    with clinic.app() as app:
        (hold,) = open_holds(app)
    first, second = hold["detail"]["contact_ids"]
    return first, second


def test_of_several_contacts_the_one_that_was_chosen_is_linked(clinic: Clinic) -> None:
    first, second = two_like_ana(clinic)
    with clinic.app() as app:
        (hold,) = open_holds(app)
        with pytest.raises(ConfigurationError, match="none of the contacts"):
            answer(app, [hold["id"]], "approve", contact="somebody-else")
        answer(app, [hold["id"]], "approve", contact=second)
    assert clinic.sync()["holds"] == []
    assert clinic.contact(f"CLK-{ANA}").contact_id == second != first
