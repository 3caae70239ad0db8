"""The first start: an empty home, the owner, the authenticator, the recovery codes."""

from __future__ import annotations

import re
import stat

import pyotp
import pytest

from tests.web.browsing import OWNER, PASSWORD
from tests.web.conftest import Shop

CLINIC = {
    "clinic_name": 'Riverside Physio & "Sons"',
    "country": "NZ",
    "time_zone": "Pacific/Auckland",
    "start_on": "2026-07-01",
}
OWNER_FORM = {"name": "Kim", "email": OWNER, "password": PASSWORD, "password_again": PASSWORD}


def test_the_key_of_the_first_start_is_in_a_file_of_its_owner_alone(shop: Shop) -> None:
    file = shop.home / "setup.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == f"{shop.key}\n"
    before = shop.key
    shop.restart()
    assert shop.key == before


def test_the_owner_is_made_signed_in_and_the_link_is_over(shop: Shop) -> None:
    person, key = shop.person(), shop.key
    done = person.set_up(key)
    assert (done.status, len(person.recovery), len(set(person.recovery))) == (200, 10, 10)
    assert "North" in person.get("/clinics").text
    assert person.get("/c/north/").status == 200
    assert not (shop.home / "setup.key").exists()
    for path in (f"/setup?key={key}", "/setup", "/setup?key="):
        assert shop.person().get(path).status == 404
    assert shop.person().post("/setup", {"key": key, **OWNER_FORM}).status == 403


def test_a_wrong_key_opens_nothing(shop: Shop) -> None:
    for key in ("", "x", shop.key[:-1], f"{shop.key}x", "%00"):
        assert shop.person().get(f"/setup?key={key}").status == 404


def test_an_empty_home_is_asked_for_its_clinic_first(empty_shop: Shop) -> None:
    person = empty_shop.person()
    page = person.get(f"/setup?key={empty_shop.key}")
    assert page.form("clinic_name").has("time_zone")
    again = person.send(page, "clinic_name", **{**CLINIC, "start_on": "soon"})
    assert again.status == 422
    assert "Riverside Physio &amp;" in again.text
    owner = person.follow(person.send(again, "clinic_name", **CLINIC))
    assert owner.form("password").has("email")
    (clinic,) = empty_shop.door.place.runner.settings.clinics
    found = clinic.rulebook
    assert (found.clinic.name, found.clinic.id) == (CLINIC["clinic_name"], "riverside-physio-sons")
    assert (found.clinic.country.value, found.clinic.time_zone) == ("NZ", "Pacific/Auckland")
    assert str(found.invoices.start_on) == "2026-07-01"
    assert stat.S_IMODE(clinic.file.stat().st_mode) == 0o600
    person.enrol(person.follow(person.send(owner, "email", **OWNER_FORM)))
    assert person.follow(person.get("/")).url.endswith("/c/riverside-physio-sons/")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "kim"}, "email"),
        ({"name": " "}, "name"),
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password": "password1234", "password_again": "password1234"}, "password"),
        ({"password_again": "something else 1"}, "password_again"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_stays_typed(
    shop: Shop, wrong: dict[str, str], field: str
) -> None:
    person = shop.person()
    page = person.send(person.get(f"/setup?key={shop.key}"), "email", **{**OWNER_FORM, **wrong})
    assert page.status == 422
    assert f'id="{field}-error"' in page.text
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', page.text)
    if field != "email":
        assert f'value="{OWNER}"' in page.text
    assert PASSWORD not in page.text
    assert not shop.access.users.has_owner()


def test_a_wrong_code_shows_the_same_secret_and_what_was_typed(shop: Shop) -> None:
    person = shop.person()
    page = person.follow(person.send(person.get(f"/setup?key={shop.key}"), "email", **OWNER_FORM))
    secret = page.inside("totp-secret")
    assert "<svg" in page.text
    assert "style=" not in page.text
    again = person.send(page, "code", code="000 000")
    assert (again.status, again.inside("totp-secret")) == (422, secret)
    assert 'value="000 000"' in again.text
    spaced = pyotp.TOTP(secret).now()
    done = person.send(again, "code", code=f" {spaced[:3]} {spaced[3:]} ")
    assert done.status == 200
    assert 'id="recovery-codes"' in done.text


def test_of_two_who_start_at_once_one_becomes_the_owner(shop: Shop) -> None:
    first, second = shop.person(), shop.person()
    early = first.follow(first.send(first.get(f"/setup?key={shop.key}"), "email", **OWNER_FORM))
    second.set_up(shop.key, email="lee@riverside.example")
    late = first.send(early, "code", code=pyotp.TOTP(early.inside("totp-secret")).now())
    assert late.status in {303, 403, 404}
    assert [user.email for user in shop.access.users.all()] == ["lee@riverside.example"]


def test_secrets_stand_on_one_page_only_and_never_in_the_database(shop: Shop) -> None:
    person = shop.person()
    person.set_up(shop.key)
    assert person.telephone is not None
    kept = b"".join(file.read_bytes() for file in shop.home.glob("ligament.db*"))
    for secret in (PASSWORD, person.telephone.secret, *person.recovery):
        assert secret.encode() not in kept
    for path in ("/account", "/users", "/tokens", "/clinics"):
        assert person.telephone.secret not in person.get(path).text
