"""The doctor finds what would stop a run, says what to do, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ligament.app.doctor.doctor import examine, same_wall
from ligament.app.results import Result
from ligament.connectors.cliniko import simulator as practice_side
from ligament.connectors.xero.simulator import australian_books, control
from ligament.wiring.clinic import Clinic as OpenClinic
from ligament.wiring.clinic import open_clinic
from ligament.wiring.settings import load_settings
from tests.cli.kit import NOW, Clinic, served
from tests.support.practice import RULEBOOK


@contextmanager
def opened(clinic: Clinic, **more: str) -> Iterator[OpenClinic]:
    with open_clinic(load_settings(home=clinic.home, environ={**clinic.environ, **more})) as app:
        yield app


def examined(clinic: Clinic, **more: str) -> Result:
    with opened(clinic, **more) as app:
        return examine(app)


def troubles(verdict: Result) -> str:
    """Return the sentences of everything that is not well."""
    return "\n".join(check["sentence"] for check in verdict.document["checks"] if check["state"] != "ok")


def everything(verdict: Result) -> str:
    return "\n".join(check["sentence"] for check in verdict.document["checks"])


def test_a_healthy_clinic_is_told_so(clinic: Clinic) -> None:
    said = 'name = "Riverside Physio"\ntime_zone = "Australia/Melbourne"\ncountry = "AU"'
    clinic.write(RULEBOOK.replace('name = "Riverside Physio"', said))
    verdict = examined(clinic)
    assert troubles(verdict) == "No backup was made from here yet."
    assert verdict.code == 0
    told = everything(verdict)
    for words in (
        "administrator",
        "own link to Xero is off",
        "granted every permission",
        "more calls today",
        "ligament.toml",
    ):
        assert words in told
    assert "cash-basis" in told
    assert "Ben Hands (1400300000000000021)" in told


def test_the_doctor_writes_and_pins_nothing(clinic: Clinic) -> None:
    with opened(clinic) as app:
        examine(app)
        assert app.store.note("books_pin") == ""
    assert {exchange.request.method for exchange in clinic.practice.log} == {"GET"}
    posted = {exchange.request.path for exchange in clinic.books.log if exchange.request.method != "GET"}
    assert posted == {"/connect/token"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('default = "200"', 'default = "999"', "Account 999 ([accounts] default) does not exist"),
        ('default = "200"', 'default = "090"', "is a bank account"),
        ('default = "200"', 'default = "200"\nbad_debt = "404"', "which does not take the tax type"),
        ('default = "200"', 'default = "200"\nbad_debt = "998"', "bad_debt) does not exist"),
        ('account = "090"', 'account = "997"', "Clearing account 997"),
        ('account = "090"', 'account = "200"', "does not take payments"),
        ('"GST 10" = "OUTPUT"', '"GST 10" = "NOSUCH"', "Tax type NOSUCH"),
        ('"GST 10" = "OUTPUT"', '"GST 10" = "INPUT"', "cannot be used for sales"),
        ('"GST 10" = "OUTPUT"', '"GST 15" = "OUTPUT"', 'is 10 %, but it is chosen for "GST 15"'),
        ('"GST 10" = "OUTPUT"', "", "maps no tax with a rate"),
        ("[payments]", '[tracking]\nbusiness = "Nowhere"\n[payments]', 'category "Nowhere"'),
        ("[payments]", '[tracking]\nbusiness = "Location"\n[payments]', "no option for Riverside"),
        ("[payments]", '[tracking]\npractitioner = "Practitioner"\n[payments]', "no option for Ben Hands"),
        ("start_on", 'rounding_account = "996"\nstart_on', "Rounding account 996"),
        ("[invoices]", 'time_zone = "Australia/Perth"\n[invoices]', "time zone is Australia/Perth"),
    ],
)
def test_what_does_not_fit_the_chart_is_found(clinic: Clinic, before: str, after: str, words: str) -> None:
    clinic.write(RULEBOOK.replace(before, after, 1))
    verdict = examined(clinic)
    assert words in troubles(verdict)
    assert verdict.code == 1
    assert all(check["todo"] for check in verdict.document["checks"] if check["state"] != "ok")


def test_an_archived_account_is_found(clinic: Clinic) -> None:
    clinic.books.change(lambda world: control.archive_account(world, "200", at=NOW))
    verdict = examined(clinic)
    assert "Account 200 ([accounts] default) is archived" in troubles(verdict)
    assert "Archived in the books: 200." in everything(verdict)


def test_lock_dates_are_told(clinic: Clinic) -> None:
    clinic.books.change(lambda world: control.set_lock_dates(world, period=date(2026, 6, 30)))
    assert "Locked up to 30 Jun 2026" in everything(examined(clinic))


def test_an_organisation_without_registration_is_found(tmp_path: Path) -> None:
    with served(tmp_path / "home", books=lambda: australian_books(pays_tax=False)) as clinic:
        assert "not registered for GST, but [taxes] maps GST 10" in troubles(examined(clinic))


def test_a_location_without_a_zone_is_found(clinic: Clinic) -> None:
    place = {"id": "1400100000000000012", "business_name": "Hill", "label": "Hill", "time_zone_identifier": None}
    clinic.practice.change(lambda world: practice_side.put(world, "businesses", place))
    assert "Hill: no time zone" in troubles(examined(clinic))


def test_items_that_are_kept_and_not_mapped_are_counted(clinic: Clinic) -> None:
    odd = {"name": "Band", "unit_price": "15", "tax_name": "VAT", "tax_rate": "20"}
    clinic.invoice(odd, odd)
    clinic.invoice()
    clinic.run("plan")
    verdict = examined(clinic)
    assert 'No tax type is chosen for "VAT 20" on "Band". (2 lines)' in troubles(verdict)


def test_a_key_that_others_can_read_is_found(clinic: Clinic) -> None:
    examined(clinic)
    (clinic.home / "vault.key").chmod(0o644)
    verdict = examined(clinic)
    assert "Others on this machine can read" in troubles(verdict)


def test_an_unreachable_practice_does_not_hide_the_books(clinic: Clinic) -> None:
    clinic.practice.stop()
    verdict = examined(clinic)
    assert verdict.code == 3
    assert "Cliniko: " in troubles(verdict)
    assert "Harbour Clinic" in everything(verdict)


def test_unreachable_books_do_not_hide_the_practice(clinic: Clinic) -> None:
    verdict = examined(clinic, XERO_CLIENT_SECRET="wrong-canary-secret")
    assert verdict.code == 3
    assert "Xero: " in troubles(verdict)
    assert "administrator" in everything(verdict)
    assert "canary" not in everything(verdict)


def test_a_practitioner_with_a_user_in_the_books_is_matched(clinic: Clinic) -> None:
    def change(world: Any) -> Any:
        user = {"id": "1400400000000000001", "email": "Owner@Clinic.test", "first_name": "Ben", "last_name": "Hands"}
        world = practice_side.put(world, "users", user)
        return practice_side.amend(world, "practitioners", "1400300000000000021", {"user_id": user["id"]}, at=NOW)

    clinic.practice.change(change)
    assert "Every practitioner is also a user of Xero." in everything(examined(clinic))


def test_zones_are_compared_in_winter_and_in_summer() -> None:
    assert same_wall("Australia/Melbourne", "Australia/Sydney", NOW)
    assert not same_wall("Australia/Brisbane", "Australia/Sydney", NOW)


def test_a_day_that_is_used_up_is_found(clinic: Clinic) -> None:
    clinic.books.change(lambda world: replace(world, apps={k: replace(a, day_limit=20) for k, a in world.apps.items()}))
    assert "more calls today" in troubles(examined(clinic))
