"""A worker that lost its clinic can write nothing more for it, on SQLite and PostgreSQL."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ligament.core.ids import RunId
from ligament.ports.errors import OutcomeUnknown
from ligament.store.database.errors import Fenced
from ligament.store.shared.leases import Leases
from ligament.store.shared.values import SharedValues
from ligament.store.shared.webhook_events import DONE, NOBODY, REFUSED, Arrived, WebhookEvents
from tests.store.homes import START, Home
from tests.store.makers import document_action, intent


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    url = f"sqlite:///{tmp_path / 'ligament.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url").replace("postgresql+psycopg://", "postgresql://")
    made = Home(url=url, folder=tmp_path, random=random.Random(7))
    yield made
    made.close()


def test_a_worker_that_was_overtaken_can_open_repeat_and_close_no_call(home: Home) -> None:
    old, new = home.open(), home.open()
    leases = Leases(old.database, "clinic", home.calendar.now)
    first = leases.take("cycle", "one", 30)
    assert first is not None
    mine = intent("i1", document_action("invoice:1", "CLK-1"))
    with old.store.fenced(partial(leases.check, lease=first)):
        old.store.open_intent(mine)
        home.calendar.at += timedelta(minutes=1)
        second = Leases(new.database, "clinic", home.calendar.now).take("cycle", "two", 30)
        assert second is not None
        assert second.fence > first.fence
        before = new.kinds()
        steps: tuple[Callable[[], None], ...] = (
            lambda: old.store.open_intent(intent("i2", document_action("invoice:2", "CLK-2"))),
            lambda: old.store.resend_intent(mine),
            lambda: old.store.close_intent(mine, (), START),
            lambda: old.store.keep_effects(RunId("r1"), (), START),
            old.store.may_write,
        )
        for forbidden in steps:
            with pytest.raises(Fenced):
                forbidden()
        assert new.kinds() == before
        assert [one.id for one in new.store.unfinished_intents()] == ["i1"]
    with new.store.fenced(partial(leases.check, lease=second)):
        new.store.close_intent(mine, (), START)
    assert new.store.unfinished_intents() == ()


def test_a_call_that_waited_before_it_left_is_kept_as_leaving_only_then(home: Home) -> None:
    opened = home.open()
    leases = Leases(opened.database, "clinic", home.calendar.now)
    lease = leases.take("cycle", "one", 30)
    assert lease is not None
    at = home.calendar.at
    sent = replace(intent("i1", document_action("invoice:1", "CLK-1")), first_sent_at=at, last_sent_at=at)

    def last_sent() -> timedelta:
        (kept,) = opened.store.unfinished_intents()
        assert kept.last_sent_at is not None
        assert kept.first_sent_at == at
        return kept.last_sent_at - at

    with opened.store.fenced(partial(leases.check, lease=lease), partial(leases.look, lease=lease)):
        opened.store.open_intent(sent)
        opened.store.may_write()
        assert last_sent() == timedelta(0)
        home.calendar.at += timedelta(minutes=2)
        opened.store.may_write()
        assert last_sent() > timedelta(minutes=2)


def test_a_repeated_call_that_was_held_up_past_the_life_of_its_key_does_not_leave(home: Home) -> None:
    """A machine wakes up an hour later, and what it was about to repeat may have arrived meanwhile: it looks first."""
    opened = home.open()
    at = home.calendar.at
    sent = replace(intent("i1", document_action("invoice:1", "CLK-1")), first_sent_at=at, last_sent_at=at)
    opened.store.open_intent(sent)
    home.calendar.at += timedelta(minutes=1)
    opened.store.resend_intent(replace(sent, last_sent_at=home.calendar.at))
    opened.store.may_write()
    home.calendar.at += timedelta(hours=1)
    with pytest.raises(OutcomeUnknown) as unsent:
        opened.store.may_write()
    assert not unsent.value.answered


def test_a_lease_whose_time_is_up_stays_ours_until_somebody_wants_it(home: Home) -> None:
    opened = home.open()
    leases = Leases(opened.database, "clinic", home.calendar.now)
    lease = leases.take("cycle", "one", 5)
    assert lease is not None
    home.calendar.at += timedelta(hours=1)
    assert leases.renew(lease, 5)
    home.calendar.at += timedelta(hours=1)
    other = leases.take("cycle", "two", 5)
    assert other is not None
    assert not leases.renew(lease, 5)
    assert leases.take("cycle", "three", 5) is None
    assert leases.take("cycle", "three", 5, is_gone=lambda holder: holder == "two") is not None


def test_a_released_lease_lets_no_late_step_through(home: Home) -> None:
    opened = home.open()
    leases = Leases(opened.database, "clinic", home.calendar.now)
    lease = leases.take("cycle", "one", 30)
    assert lease is not None
    leases.release(lease)
    with opened.store.fenced(partial(leases.check, lease=lease)), pytest.raises(Fenced):
        opened.store.open_intent(intent("i1", document_action("invoice:1", "CLK-1")))


def test_without_a_lease_nothing_is_checked(home: Home) -> None:
    opened = home.open()
    opened.store.open_intent(intent("i1", document_action("invoice:1", "CLK-1")))
    assert len(opened.store.unfinished_intents()) == 1


def test_beats_are_kept_for_each_clinic_and_taken_away_once(home: Home) -> None:
    beats = SharedValues(home.open().database)
    beats.keep("a", "standing", "1")
    beats.keep("b", "standing", "2")
    beats.keep("*", "executor/x", "now")
    assert dict(beats.named("standing")) == {"a": "1", "b": "2"}
    assert dict(beats.everybody("executor/")) == {"x": "now"}
    assert beats.drop("a", "standing")
    assert not beats.drop("a", "standing")
    assert beats.one("a", "standing") == ""


def test_an_older_hint_that_arrives_late_does_not_make_a_newer_change_look_known(home: Home) -> None:
    hints = WebhookEvents(home.open().database, home.calendar.now)
    early, late = START, START + timedelta(minutes=5)

    def named(at: datetime | None) -> tuple[datetime | None, ...]:
        hints.keep([Arrived(clinic="a", kind="contact", resource="c1", tenant="t", at=at)])
        return tuple(hint.at for hint in hints.of("a"))

    assert named(late) == (late,)
    assert named(early) == (late,)
    # One that does not say when is read whatever is known, and what waits with it too.
    assert named(None) == (None,)
    assert named(early) == (None,)
    hints.done("a", hints.of("a"))
    assert named(early) == (early,)


def test_hints_are_kept_once_for_each_record_and_wait_again_when_named_again(home: Home) -> None:
    hints = WebhookEvents(home.open().database, home.calendar.now)
    early, late = START, START + timedelta(minutes=5)
    named = Arrived(clinic="a", kind="contact", resource="c1", tenant="t", at=late)
    hints.keep([named, Arrived(clinic="a", kind="contact", resource="c1", tenant="t", at=early)])
    hints.keep([Arrived(clinic="", kind="contact", resource="c9", tenant="stranger")])
    (taken,) = hints.of("a")
    assert taken.at == late
    hints.keep([named])
    hints.done("a", [taken])
    (again,) = hints.of("a")
    assert set(hints.waiting()) == {"a"}
    hints.done("a", [again])
    assert hints.of("a") == ()
    assert hints.told("a")[DONE][0] == 1
    assert hints.told("")[REFUSED][0] == 1


def test_hints_about_strangers_are_kept_for_a_month_and_then_make_room(home: Home) -> None:
    hints = WebhookEvents(home.open().database, home.calendar.now)

    def named(clinic: str, resource: str) -> None:
        hints.keep([Arrived(clinic=clinic, kind="contact", resource=resource, tenant="t")])

    named("a", "c1")
    for resource in ("s1", "s2"):
        named(NOBODY, resource)
    home.calendar.at += timedelta(days=29)
    named(NOBODY, "s3")
    assert hints.told(NOBODY)[REFUSED][0] == 3
    home.calendar.at += timedelta(days=2)
    named("a", "c2")
    named(NOBODY, "s4")
    assert hints.told(NOBODY)[REFUSED][0] == 2
    # What waits for a clinic waits however long it takes.
    assert len(hints.of("a")) == 2
