"""Whoever keeps failing has to wait, also through a restart, and nobody learns whether an account is there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.browsing import OWNER, PASSWORD, Page, Person
from tests.web.conftest import Shop

WRONG = "wrong wrong wrong"
A_SLOW_ANSWER = 25
"""What is told is what is left of a wait, less the seconds that a busy machine took to answer."""


def attempt(person: Person, email: str = OWNER, password: str = WRONG) -> Page:
    return person.send(person.get("/sign-in"), "password", email=email, password=password)


@pytest.mark.parametrize("email", [OWNER, "nobody@riverside.example"])
def test_from_the_sixth_failure_an_account_waits_known_or_not(shop: Shop, email: str) -> None:
    shop.owner()
    person = shop.person()
    assert [attempt(person, email).status for _ in range(7)] == [422] * 5 + [429] * 2
    waits = attempt(shop.person("203.0.113.9"), email, PASSWORD)
    assert waits.status == 429, "from everywhere, and with the right password too"
    assert 1 <= int(waits.headers["retry-after"]) <= 30


def test_the_wait_doubles_and_outlives_a_restart(shop: Shop) -> None:
    shop.owner()
    person = shop.person()
    for _ in range(6):
        attempt(person)
    shop.restart()
    assert attempt(shop.person()).status == 429
    waits: list[int] = []
    for _ in range(7):
        shop.restart(later=timedelta(seconds=(waits or [30])[-1] + 2))
        waits.append(int(attempt(shop.person()).headers["retry-after"]))
    doubled = [60, 120, 240, 480, 900, 900, 900]
    told = list(zip(waits, doubled, strict=True))
    assert all(whole - A_SLOW_ANSWER <= left <= whole for left, whole in told), told
    shop.restart(later=timedelta(minutes=31))
    assert [attempt(shop.person()).status for _ in range(6)] == [422] * 5 + [429]


def test_five_failures_and_then_the_right_password_forget_the_failures(shop: Shop) -> None:
    owner = shop.owner()
    for _ in range(2):
        person = shop.person()
        person.telephone = owner.telephone
        assert {attempt(person).status for _ in range(5)} == {422}
        page = person.follow(attempt(person, password=PASSWORD))
        code = owner.recovery.pop()
        assert person.send(page, "code", code=code).status == 303


def test_failures_that_are_a_quarter_of_an_hour_old_do_not_count(shop: Shop) -> None:
    shop.owner()
    assert {attempt(shop.person()).status for _ in range(5)} == {422}
    shop.restart(later=timedelta(minutes=16))
    assert {attempt(shop.person()).status for _ in range(5)} == {422}


def test_wrong_codes_count_like_wrong_passwords_and_the_right_password_gives_no_new_tries(shop: Shop) -> None:
    owner = shop.owner()
    person = shop.person()
    answers = []
    for _ in range(6):
        page = person.follow(attempt(person, password=PASSWORD))
        answers.append(person.send(page, "code", code="123123").status)
    assert answers == [422] * 5 + [429]
    assert owner.get("/clinics").status == 200, "who is signed in stays so"


def test_the_twentieth_failure_of_one_address_stops_the_address_for_all_accounts(shop: Shop) -> None:
    shop.owner()
    far = "203.0.113.7"
    answers = [attempt(shop.person(far), f"somebody{number}@x.example").status for number in range(20)]
    assert answers == [422] * 19 + [429]
    assert attempt(shop.person(far), "another@x.example").status == 429
    assert attempt(shop.person("203.0.113.8"), "another@x.example").status == 422


def test_a_forwarded_address_counts_only_from_a_trusted_proxy(shop: Shop) -> None:
    shop.environ["LIGAMENT_TRUSTED_PROXIES"] = "10.0.0.2, 172.16.0.0/12"
    shop.restart()

    def from_(peer: str, forwarded: str) -> str:
        person = shop.person(peer)
        page = person.get("/sign-in")
        fields = [*page.form("password").fields, ("email", f"{peer}{forwarded}@x.example"), ("password", "x" * 12)]
        person.post("/sign-in", fields, x_forwarded_for=forwarded)
        with shop.database.reading() as connection:
            found = connection.exec_driver_sql("SELECT subject FROM access_failures WHERE subject LIKE 'address%'")
            return ",".join(sorted(row[0].removeprefix("address ") for row in found))

    assert from_("198.51.100.1", "1.2.3.4") == "198.51.100.1"
    assert from_("10.0.0.2", "6.6.6.6, 203.0.113.5, 172.16.9.9") == "198.51.100.1,203.0.113.5"
    assert from_("10.0.0.2", "nonsense") == "10.0.0.2,198.51.100.1,203.0.113.5"
