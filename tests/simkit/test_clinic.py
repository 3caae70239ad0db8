"""The invented clinic keeps its promises: the same from one seed, and with everything in it that the demo shows."""

from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import date, timedelta

import pytest

from ligament.simkit.catalogue import Arithmetic
from ligament.simkit.clinic import make_clinic
from ligament.simkit.story import ClinicStory, DeedKind, Size, Trouble

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module", params=list(Size))
def story(request: pytest.FixtureRequest) -> ClinicStory:
    return make_clinic(1, request.param, TODAY)


def test_the_same_seed_gives_the_same_clinic_byte_for_byte(story: ClinicStory) -> None:
    assert repr(make_clinic(1, story.size, TODAY)) == repr(story)
    assert repr(make_clinic(2, story.size, TODAY)) != repr(story)


def test_the_day_is_a_parameter() -> None:
    later = make_clinic(1, Size.SMALL, TODAY + timedelta(days=1))
    assert later.start_on == make_clinic(1, Size.SMALL, TODAY).start_on + timedelta(days=1)


@pytest.mark.parametrize(("size", "people", "bills"), [(Size.SMALL, 60, 150), (Size.MEDIUM, 400, 2_000)])
def test_a_clinic_is_about_as_large_as_promised(size: Size, people: int, bills: int) -> None:
    story = make_clinic(7, size, TODAY)
    assert abs(len(story.people) - people) <= people // 8
    assert abs(len(story.bills) - bills) <= bills // 10
    assert (len(story.practitioners), len(story.payers)) == (8, 4)
    assert {place.zone for place in story.places} == {"Australia/Melbourne", "Australia/Perth"}


def test_families_share_an_email_and_namesakes_share_a_name(story: ClinicStory) -> None:
    people = [person for person in story.people if not person.merged_into]
    emails = Counter(person.email for person in people if person.email)
    names = Counter(person.name for person in people)
    assert max(emails.values()) > 1
    assert sum(1 for count in names.values() if count > 1) == 3


def test_names_have_accents_apostrophes_a_tag_and_an_emoji(story: ClinicStory) -> None:
    text = "".join(person.name for person in story.people)
    assert any(unicodedata.category(letter) == "So" for letter in text)
    assert "<b>" in text
    assert any(letter.isalpha() and ord(letter) > 127 for letter in text)


def test_every_arithmetic_has_both_kinds_of_discount_fractions_and_write_off_lines(story: ClinicStory) -> None:
    for arithmetic in Arithmetic:
        charges = [charge for bill in story.bills if bill.arithmetic is arithmetic for charge in bill.charges]
        assert any(charge.percent_off for charge in charges)
        assert any(charge.money_off for charge in charges)
        assert any(charge.quantity % 1 for charge in charges)
        assert any(charge.quantity < 0 for charge in charges)


def test_there_are_concession_prices_payers_and_free_visits(story: ClinicStory) -> None:
    assert any(charge.concession for bill in story.bills for charge in bill.charges)
    assert any(bill.payer for bill in story.bills)
    assert any(all(charge.percent_off == 100 for charge in bill.charges) for bill in story.bills)


def test_bills_are_paid_part_paid_reversed_written_off_refunded_and_archived() -> None:
    story = make_clinic(1, Size.MEDIUM, TODAY)
    assert {deed.kind for deed in story.deeds} == set(DeedKind)


def test_deeds_come_in_order_of_time_and_before_today(story: ClinicStory) -> None:
    moments = [deed.at for deed in story.deeds]
    assert moments == sorted(moments)
    raised = {deed.bill: place for place, deed in enumerate(story.deeds) if deed.kind is DeedKind.RAISE}
    assert all(raised[deed.bill] <= place for place, deed in enumerate(story.deeds))
    assert max(moments).date() < TODAY


def test_every_trouble_is_prepared_for_a_record_that_exists(story: ClinicStory) -> None:
    keys = {bill.key for bill in story.bills} | {person.key for person in story.people}
    assert {trouble for trouble, _ in story.troubles} == set(Trouble)
    assert {key for _, key in story.troubles} <= keys
    assert 10 <= len(story.troubles) <= 20
