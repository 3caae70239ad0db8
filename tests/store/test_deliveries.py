"""What happened is in the outbox exactly when it is in the database, once for each hook that wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ligament.core.events import EventType, example
from ligament.core.ids import RunId
from ligament.core.plans import Plan
from ligament.store.shared.deliveries import DEAD, DELIVERED, WAITING, Outbox, add_hook, drop_hook
from ligament.store.shared.delivery_records import GONE, Attempt, Consequence, Delivery, Hook
from tests.store.homes import Opened
from tests.store.makers import hold, subjects

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LEASE = timedelta(minutes=2)
EVENTS = (EventType.HOLD_OPENED.value, EventType.HOLD_CLEARED.value)


def hooked(opened: Opened, name: str = "hook_1", events: tuple[str, ...] = EVENTS) -> Hook:
    hook = Hook(id=name, clinic="clinic", url="https://hooks.example/1", events=events, made_at=AT)
    with opened.journal.writing() as writing:
        add_hook(writing.connection, hook)
    return hook


def outbox(opened: Opened, at: datetime = AT) -> Outbox:
    return Outbox(opened.database, lambda: at)


def hold_opens(opened: Opened) -> None:
    opened.store.keep_outcomes(RunId("r1"), Plan(holds=(hold("invoice:1"),)), subjects("invoice:1"))


def claimed(box: Outbox) -> list[Delivery]:
    return [one for _, due in box.claim(["clinic"], LEASE) for one in due]


def failed(at: datetime = AT) -> Attempt:
    return Attempt(at=at, status=500, reason="the receiver answered 500", ms=3)


def test_a_hold_that_opens_and_clears_is_told_once_each_in_order(opened: Opened) -> None:
    hooked(opened)
    hold_opens(opened)
    hold_opens(opened)
    opened.store.keep_outcomes(RunId("r2"), Plan(), subjects("invoice:1"))
    bodies = [msgspec.json.decode(one.body) for one in claimed(outbox(opened))]
    assert [body["type"] for body in bodies] == ["hold.opened", "hold.cleared"]
    assert bodies[0]["data"]["hold_id"] == bodies[1]["data"]["hold_id"] == hold("invoice:1").id
    assert bodies[0]["id"] != bodies[1]["id"]


def test_what_is_taken_back_is_told_to_nobody(opened: Opened) -> None:
    hooked(opened)

    def cut_off() -> None:
        with opened.journal.writing() as writing:
            writing.tell(example(EventType.HOLD_OPENED, "clinic"))
            raise InterruptedError

    with pytest.raises(InterruptedError):
        cut_off()
    assert claimed(outbox(opened)) == []


def test_each_hook_gets_the_types_it_wants_under_the_same_id(opened: Opened) -> None:
    hooked(opened, "hook_1")
    hooked(opened, "hook_2")
    hooked(opened, "hook_3", ("run.failed",))
    hold_opens(opened)
    found = outbox(opened).claim(["clinic"], LEASE)
    assert [hook.id for hook, _ in found] == ["hook_1", "hook_2"]
    assert len({one.webhook_id for _, due in found for one in due}) == 1


def test_without_a_hook_nothing_is_kept(opened: Opened) -> None:
    hold_opens(opened)
    assert opened.one("SELECT count(*) FROM deliveries") == 0


def test_another_clinics_hook_hears_nothing(opened: Opened) -> None:
    hook = Hook(id="hook_9", clinic="another", url="https://x.example", events=EVENTS, made_at=AT)
    with opened.journal.writing() as writing:
        add_hook(writing.connection, hook)
    hold_opens(opened)
    assert opened.one("SELECT count(*) FROM deliveries") == 0


def test_a_claimed_hook_is_nobody_elses_until_it_is_released_or_its_time_is_up(opened: Opened) -> None:
    hook = hooked(opened)
    hold_opens(opened)
    box = outbox(opened)
    assert len(claimed(box)) == 1
    assert claimed(box) == []
    assert len(claimed(outbox(opened, AT + LEASE))) == 1
    box.release(hook)
    assert len(claimed(box)) == 1


def test_a_failed_delivery_waits_for_its_time_and_keeps_its_id(opened: Opened) -> None:
    hook = hooked(opened)
    hold_opens(opened)
    box = outbox(opened)
    (first,) = claimed(box)
    box.record(hook, first, failed(), Consequence(state=WAITING, due_at=AT + timedelta(seconds=30), failures=1))
    box.release(hook)
    assert claimed(box) == []
    (again,) = claimed(outbox(opened, AT + timedelta(seconds=30)))
    assert (again.id, again.webhook_id, again.body, again.attempts) == (first.id, first.webhook_id, first.body, 1)
    assert [one.status for one in box.attempts("clinic", first.id)] == [500]


def test_a_hook_that_is_gone_gets_nothing_more_and_what_was_on_its_way_can_be_sent_again(opened: Opened) -> None:
    hook = hooked(opened)
    hold_opens(opened)
    opened.store.keep_outcomes(RunId("r2"), Plan(), subjects("invoice:1"))
    box = outbox(opened)
    first = claimed(box)[0]
    box.record(hook, first, failed(), Consequence(state=DEAD, failures=1, ends_hook=True))
    assert [one.state for one in box.hooks("clinic")] == [GONE]
    assert [one.state for one in box.deliveries("clinic", hook.id)] == [DEAD, DEAD]
    assert box.troubled("clinic") == {hook.id: 2}
    box.release(hook)
    assert claimed(box) == []
    assert box.send_again("clinic", hook.id) == 2
    assert claimed(box)[0].webhook_id == first.webhook_id


def test_a_success_after_dead_letters_is_no_trouble_any_more(opened: Opened) -> None:
    hook = hooked(opened)
    hold_opens(opened)
    opened.store.keep_outcomes(RunId("r2"), Plan(), subjects("invoice:1"))
    box = outbox(opened)
    first, second = claimed(box)
    box.record(hook, first, failed(), Consequence(state=DEAD, failures=1))
    assert box.troubled("clinic") == {hook.id: 1}
    taken = replace(failed(AT + timedelta(seconds=1)), status=200)
    box.record(hook, second, taken, Consequence(state=DELIVERED))
    assert box.troubled("clinic") == {}
    assert box.counts("clinic") == {hook.id: {DEAD: 1, DELIVERED: 1}}


def test_a_removed_hook_leaves_nothing_behind(opened: Opened) -> None:
    hook = hooked(opened)
    hold_opens(opened)
    box = outbox(opened)
    (one,) = claimed(box)
    box.record(hook, one, failed(), Consequence(state=WAITING, due_at=AT, failures=1))
    with opened.journal.writing() as writing:
        drop_hook(writing.connection, "clinic", hook.id)
    for table in ("hooks", "deliveries", "delivery_attempts"):
        assert opened.one(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - a fixed name


def test_deliveries_that_were_over_long_ago_are_forgotten(opened: Opened) -> None:
    hook = hooked(opened)
    hold_opens(opened)
    box = outbox(opened)
    (one,) = claimed(box)
    box.record(hook, one, replace(failed(), status=200), Consequence(state=DELIVERED))
    outbox(opened, AT + timedelta(days=6)).tidy()
    assert box.delivery("clinic", one.id) is not None
    outbox(opened, AT + timedelta(days=8)).tidy()
    assert box.delivery("clinic", one.id) is None


# --- runs -------------------------------------------------------------------------------------------------------------

RUNS = ("run.completed", "run.failed", "run.healed")


def told(opened: Opened) -> list[str]:
    return [one.type for one in reversed(outbox(opened).deliveries("clinic", "hook_1"))]


def run(opened: Opened, mark: str, **summary: object) -> None:
    opened.runs.finish(opened.runs.start("sync", mark), summary)


def test_runs_that_somebody_asked_for_are_told_even_when_they_found_nothing(opened: Opened) -> None:
    hooked(opened, events=RUNS)
    run(opened, "a", created={"invoices": 2})
    assert told(opened) == ["run.completed"]


def test_trouble_is_told_and_that_it_is_over(opened: Opened) -> None:
    hooked(opened, events=RUNS)
    run(opened, "a", error="The books cannot be reached.")
    run(opened, "b")
    run(opened, "c", recovered=2)
    assert told(opened) == ["run.failed", "run.healed", "run.completed", "run.healed", "run.completed"]
    (newest, *_) = outbox(opened).deliveries("clinic", "hook_1")
    assert set(msgspec.json.decode(newest.body)) == {"id", "type", "timestamp", "data"}
