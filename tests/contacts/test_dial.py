"""The privacy dial on the running application: a preview that is exact, changes that are planned, codes that stay."""

from __future__ import annotations

import re

import pytest

from ligament.app.contacts.find import find
from ligament.app.contacts.privacy import destroy_codes, preview
from ligament.wiring.errors import ConfigurationError
from tests.contacts.kit import ANA, BEN, Clinic

CODE = re.compile(r"[A-Z0-9-]{4,20}")
MODES = ("full", "name", "initials", "code")


def turn(clinic: Clinic, mode: str) -> None:
    clinic.rulebook(f'[contacts]\nprivacy = "{mode}"\n')


def shown(clinic: Clinic, number: str) -> dict[str, str]:
    """Return what the contact says, straight from the books."""
    held = clinic.contact(number)
    phone = held.phones.get("MOBILE", {}).get("PhoneNumber", "")
    street = held.addresses.get("STREET", {}).get("AddressLine1", "")
    return {
        "name": held.name, "first": held.first_name, "last": held.last_name, "email": held.email,
        "phone_mobile": phone, "address": street,
    }  # fmt: skip


def test_the_preview_shows_exactly_what_the_books_hold_afterwards(clinic: Clinic) -> None:
    turn(clinic, "full")
    clinic.sync()
    for mode in (*MODES, *reversed(MODES)):
        with clinic.heard() as said, clinic.app() as app:
            people = preview(app, mode).document["people"]
        assert said == []
        now = shown(clinic, f"CLK-{ANA}")
        turn(clinic, mode)
        clinic.sync()
        then = shown(clinic, f"CLK-{ANA}")
        (ana,) = [person for person in people if person["source_id"] == ANA]
        fields = {row["field"]: row for row in ana["fields"]}
        for name in ("name", "first", "last", "email", "phone_mobile"):
            row = fields.get(name, {"now": "", "then": ""})
            assert (row["now"], row["then"]) == (now[name], then[name]), (mode, name)
        assert fields.get("address", {"then": ""})["then"].startswith(then["address"])
        with clinic.heard() as said:
            clinic.sync()
        assert said == []


def test_a_code_says_nothing_and_outlives_its_key(clinic: Clinic) -> None:
    turn(clinic, "code")
    clinic.sync()
    before = {number: clinic.contact(number).name for number in (f"CLK-{ANA}", f"CLK-{BEN}")}
    assert all(CODE.fullmatch(name) for name in before.values())
    assert len(set(before.values())) == 2
    assert not any(part in name for name in before.values() for part in (ANA[-6:], "ANA", "SILVA"))
    with clinic.app() as app:
        key = app.code_key()
        assert destroy_codes(app).document["destroyed"]
        assert app.code_key() != key
    with clinic.heard() as said:
        clinic.sync(full=True)
    assert said == []
    assert {number: clinic.contact(number).name for number in before} == before


def test_a_pooled_clinic_takes_the_names_of_its_contacts_back(clinic: Clinic) -> None:
    turn(clinic, "full")
    clinic.sync()
    turn(clinic, "pooled")
    clinic.invoice(ANA)
    with clinic.app() as app:
        assert preview(app, "pooled").document["pooled"] == ["Riverside patients"]
    clinic.sync()
    assert shown(clinic, f"CLK-{ANA}")["email"] == ""
    assert CODE.fullmatch(shown(clinic, f"CLK-{ANA}")["name"])
    (invoice,) = clinic.books.world.only().invoices.values()
    owner = next(held for held in clinic.contacts() if held.contact_id == invoice.contact_id)
    assert owner.name == "Riverside patients"


def test_a_dial_without_that_setting_is_refused(clinic: Clinic) -> None:
    with clinic.app() as app, pytest.raises(ConfigurationError, match="Choose one of full, name"):
        preview(app, "secret")


def test_what_the_dial_keeps_back_is_not_shown_as_a_difference(clinic: Clinic) -> None:
    turn(clinic, "code")
    clinic.sync()
    with clinic.app() as app:
        (ana,) = find(app, ANA).document["found"]
    assert {row["listed"] for row in ana["fields"]} == {"dialled"}
    made = [entry["changed"] for entry in ana["history"] if entry["action"] == "create_contact"]
    assert made == [["name"]]
