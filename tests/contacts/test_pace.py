"""How often a running service asks: brief looks between, the slow lists once a minute, the books within their share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ligament.engine.schedule import SLOW_EVERY
from ligament.service.runner import ClinicRunner, books_pause
from ligament.service.stopping import StopSign
from ligament.store.database.connection import open_database
from ligament.store.shared.webhook_events import Arrived
from tests.contacts.kit import ANA, Clinic
from tests.support.mounting import mounted

BRIEF, WHOLE = 3, 6


@pytest.fixture
def turns(clinic: Clinic) -> Iterator[ClinicRunner]:
    clinic.sync()
    opened = clinic.settings()
    database = open_database(opened.database_url)
    yield ClinicRunner(
        settings=opened,
        database=database,
        sign=StopSign(),
        clock=clinic.clock,
        calendar=clinic.clock,
        transports={"cliniko": mounted(clinic.practice), "xero": mounted(clinic.books)},
    )
    database.close()


def take(clinic: Clinic, turns: ClinicRunner) -> tuple[int, int]:
    """Take one turn and return the calls to practice and books."""
    before = [len(host.log) for host in (clinic.practice, clinic.books)]
    turns.take(turns.settings.clinics[0].name)
    practice, books = (len(host.log) - had for host, had in zip((clinic.practice, clinic.books), before, strict=True))
    return practice, books


def test_a_service_asks_for_the_slow_lists_once_a_minute_only(clinic: Clinic, turns: ClinicRunner) -> None:
    take(clinic, turns)
    calls = []
    for _ in range(13):
        clinic.later(11)
        calls.append(take(clinic, turns)[0])
    assert calls == [BRIEF, BRIEF, BRIEF, BRIEF, BRIEF, WHOLE] * 2 + [BRIEF]
    assert timedelta(seconds=6 * 11) >= SLOW_EVERY


def test_something_to_charge_is_posted_by_a_brief_look_that_asks_who_pays(clinic: Clinic, turns: ClinicRunner) -> None:
    take(clinic, turns)
    clinic.later(5)
    clinic.invoice(ANA)
    practice, _ = take(clinic, turns)
    assert practice > BRIEF
    assert [held.number for held in clinic.books.world.only().invoices.values()] == ["CLK-1"]


def test_a_change_in_the_books_that_is_told_when_it_is_time_to_look_is_read_in_that_very_look(
    clinic: Clinic, turns: ClinicRunner
) -> None:
    take(clinic, turns)
    contact = clinic.contact(f"CLK-{ANA}").contact_id
    clinic.edit_contact(contact, EmailAddress="told@example.org")
    clinic.later(60)
    name = turns.settings.clinics[0].name
    told = Arrived(clinic=name, kind="contact", resource=contact, tenant="", at=clinic.clock.now())
    turns.hints.keep([told])
    take(clinic, turns)
    assert clinic.patient(ANA)["email"] == "told@example.org"


def test_a_run_by_hand_reads_everything(clinic: Clinic, turns: ClinicRunner) -> None:
    take(clinic, turns)
    clinic.later(1)
    before = len(clinic.practice.log)
    clinic.sync()
    assert len(clinic.practice.log) - before == WHOLE


def test_the_books_are_listed_as_often_as_three_tenths_of_the_days_calls_allow(
    clinic: Clinic, turns: ClinicRunner
) -> None:
    for daily, seconds in ((1000, 1152), (5000, 230.4), (10**7, 60), (0, 60)):
        assert books_pause(daily) == timedelta(seconds=seconds)
    take(clinic, turns)
    listed = []
    for _ in range(50):
        clinic.later(30)
        listed.append(take(clinic, turns)[1] > 0)
    assert sum(listed) == 1
    assert listed.index(True) == 1152 // 30
