"""A seeded, vendor-neutral clinic: the same seed, size and day give the same story, byte for byte."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

from ligament.simkit.billing import Diary, bill_everyday
from ligament.simkit.catalogue import ITEMS, PAYERS, PLACES, PRACTITIONERS, TAXES
from ligament.simkit.people import Person, make_people
from ligament.simkit.story import Acquaintance, ClinicStory, Size
from ligament.simkit.troubles import prepare

NAME = "Two Coasts Allied Health"
DAYS = 135
_PEOPLE = {Size.SMALL: 60, Size.MEDIUM: 400}
_BILLS = {Size.SMALL: 125, Size.MEDIUM: 1_970}
_KNOWN = {Size.SMALL: 2, Size.MEDIUM: 6}


def make_clinic(seed: int, size: Size, today: date) -> ClinicStory:
    """Return the story of an invented clinic up to the day before `today`."""
    rng = random.Random(f"clinic/{seed}/{size}/{today.isoformat()}")
    start_on = today - timedelta(days=DAYS)
    regulars = _with_departures(make_people(rng, _PEOPLE[size], today), today)
    diary = Diary(rng=rng, start_on=start_on, today=today)
    bill_everyday(diary, regulars, _BILLS[size])
    made = prepare(diary, regulars)
    return ClinicStory(
        seed=seed,
        size=size,
        name=NAME,
        today=today,
        start_on=start_on,
        locked_to=start_on,
        places=PLACES,
        practitioners=PRACTITIONERS,
        payers=PAYERS,
        taxes=TAXES,
        items=ITEMS,
        people=(*regulars, *made.people),
        bills=tuple(diary.bills),
        deeds=tuple(sorted(diary.deeds, key=lambda deed: deed.at)),
        acquaintances=(*_known(rng, regulars, _KNOWN[size]), *made.acquaintances),
        troubles=made.troubles,
    )


def _with_departures(people: tuple[Person, ...], today: date) -> tuple[Person, ...]:
    """Let one patient leave for good, and let the clinic merge a double record before the story begins."""
    left_on = today - timedelta(days=DAYS + 20)
    leaver, double, kept = people[-1], people[-2], people[0]
    merged = replace(double, first=kept.first, last=kept.last, left_on=left_on, merged_into=kept.key)
    return (*people[:-2], merged, replace(leaver, left_on=left_on))


def _known(rng: random.Random, people: tuple[Person, ...], count: int) -> tuple[Acquaintance, ...]:
    """Return contacts that the books already have for some patients, under the same e-mail and name."""
    emails = [person.email for person in people]
    alone = [person for person in people if person.email and emails.count(person.email) == 1 and not person.left_on]
    chosen = rng.sample(alone, count)
    return tuple(Acquaintance(first=it.first, last=it.last, email=it.email.upper(), home=it.home) for it in chosen)
