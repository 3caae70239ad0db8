"""What is told when: once for each cause, at no quiet hour, the rest in one summary a day, recoveries once."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ligament.core.alerts import (
    AlertLedger,
    AlertPolicy,
    Cause,
    CauseKind,
    Message,
    MessageKind,
    Observation,
    advance,
    after_sending,
    claimed,
    is_quiet,
)

HOME = ZoneInfo("Australia/Melbourne")
MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=HOME)
MANNERS = AlertPolicy(clinic="Riverside", link="https://pages.example", people=("a",))
ALL = frozenset(CauseKind)


def cause(family: CauseKind, name: str = "") -> Cause:
    return Cause(family=family, name=name, title=f"{family.value} {name}", happened="It is so.", means="M", todo="T")


SIGN_IN, HOLD = cause(CauseKind.SIGN_IN), cause(CauseKind.HOLDS, "rejected")
FINE = Observation(judged=ALL, parked=False)


def bad(*causes: Cause) -> Observation:
    return Observation(causes=causes, judged=ALL, parked=False)


def told(ledger: AlertLedger) -> list[tuple[MessageKind, str]]:
    return [(message.tone, message.key) for message in ledger.outbox]


def emptied(ledger: AlertLedger, wall: datetime) -> tuple[AlertLedger, list[Message]]:
    """Send everything that may leave."""
    ledger, chosen = claimed(ledger, wall, MANNERS, ("a",))
    for message in chosen:
        ledger = after_sending(ledger, message, (), wall)
    return ledger, list(chosen)


@pytest.mark.parametrize("family", sorted(set(CauseKind) - {CauseKind.LIMIT}))
def test_a_cause_is_told_once_however_often_it_is_seen(family: CauseKind) -> None:
    ledger, sent = AlertLedger(), []
    for minute in range(0, 600, 5):
        ledger = advance(ledger, bad(cause(family)), MONDAY + timedelta(minutes=minute), MANNERS)
        ledger, out = emptied(ledger, MONDAY + timedelta(minutes=minute))
        sent += out
    assert [message.tone for message in sent] == [MessageKind.ALERT]
    assert sent[0].body == "It is so.\nWhat it means: M\nWhat to do: T\nhttps://pages.example"


def test_two_causes_are_two_messages() -> None:
    ledger = advance(AlertLedger(), bad(SIGN_IN, HOLD), MONDAY, MANNERS)
    assert told(ledger) == [(MessageKind.ALERT, "sign_in"), (MessageKind.ALERT, "holds:rejected")]


def test_a_recovery_is_told_once() -> None:
    ledger, _ = emptied(advance(AlertLedger(), bad(SIGN_IN), MONDAY, MANNERS), MONDAY)
    for minute in (5, 10, 15):
        ledger = advance(ledger, FINE, MONDAY + timedelta(minutes=minute), MANNERS)
    assert told(ledger) == [(MessageKind.RECOVERED, "sign_in")]
    assert ledger.open == {}


def test_a_cycle_that_cannot_judge_a_family_ends_none_of_its_causes() -> None:
    ledger, _ = emptied(advance(AlertLedger(), bad(SIGN_IN, HOLD), MONDAY, MANNERS), MONDAY)
    later = MONDAY + timedelta(minutes=5)
    assert told(advance(ledger, Observation(), later, MANNERS)) == []
    partly = advance(ledger, Observation(judged=frozenset({CauseKind.HOLDS})), later, MANNERS)
    assert told(partly) == [(MessageKind.RECOVERED, "holds:rejected")]


def test_what_is_remembered_survives_being_written_down() -> None:
    ledger, _ = emptied(advance(AlertLedger(), bad(SIGN_IN, HOLD), MONDAY, MANNERS), MONDAY)
    again = msgspec.json.decode(msgspec.json.encode(ledger), type=AlertLedger)
    assert told(advance(again, bad(SIGN_IN, HOLD), MONDAY + timedelta(minutes=5), MANNERS)) == []


@pytest.mark.parametrize(
    ("at", "quiet"),
    [("19:59", False), ("20:00", True), ("23:59", True), ("00:00", True), ("06:59", True), ("07:00", False)],
)
def test_quiet_hours_go_past_midnight(at: str, quiet: bool) -> None:
    hour, minute = (int(part) for part in at.split(":"))
    assert is_quiet(MONDAY.replace(hour=hour, minute=minute), ("20:00", "07:00")) is quiet
    assert not is_quiet(MONDAY.replace(hour=hour, minute=minute), None)


def test_what_happens_in_quiet_hours_is_told_afterwards() -> None:
    night = MONDAY.replace(hour=22)
    ledger, sent = emptied(advance(AlertLedger(), bad(SIGN_IN), night, MANNERS), night)
    assert sent == []
    morning = night + timedelta(hours=9)
    ledger, sent = emptied(advance(ledger, bad(SIGN_IN), morning, MANNERS), morning)
    assert [message.key for message in sent] == ["sign_in"]


def test_what_is_over_before_anybody_heard_goes_into_the_summary_only() -> None:
    night = MONDAY.replace(hour=22)
    ledger = advance(AlertLedger(), bad(SIGN_IN), night, MANNERS)
    ledger = advance(ledger, FINE, night + timedelta(hours=1), MANNERS)
    assert told(ledger) == []
    morning = night + timedelta(hours=10, minutes=1)
    ledger, sent = emptied(advance(ledger, FINE, morning, MANNERS), morning)
    assert [message.tone for message in sent] == [MessageKind.DIGEST]
    assert "Over by itself: It is so." in sent[0].body


def test_the_summary_comes_once_a_day_and_only_when_there_is_something() -> None:
    def seen(count: int) -> Observation:
        return Observation(judged=ALL, parked=False, counts={"approval": count}, remarks={"approval": f"{count} wait."})

    ledger, sent = AlertLedger(), []
    counts = {0: 0, 3: 2, 4: 2, 30: 5, 31: 5}
    count = 0
    for hour in range(100):
        at = MONDAY + timedelta(hours=hour)
        count = counts.get(hour, count)
        ledger, out = emptied(advance(ledger, seen(count), at, MANNERS), at)
        sent += [(message.at.hour, message.body.splitlines()[1]) for message in out]
    assert sent == [(8, "- 2 wait."), (8, "- 5 wait.")]


def test_more_of_the_same_cause_goes_into_the_summary() -> None:
    def seen(count: int) -> Observation:
        key = HOLD.key
        return Observation(
            causes=(HOLD,), judged=ALL, parked=False, counts={key: count}, remarks={key: f"{count} wait."}
        )

    ledger, _ = emptied(advance(AlertLedger(), seen(1), MONDAY, MANNERS), MONDAY)
    assert ledger.remarks == {}
    ledger = advance(ledger, seen(4), MONDAY + timedelta(minutes=5), MANNERS)
    assert told(ledger) == []
    assert ledger.remarks == {HOLD.key: "4 wait."}


def test_a_hold_that_comes_and_goes_is_not_told_each_time() -> None:
    ledger, tones = AlertLedger(), []
    for minute in range(0, 200, 10):
        at = MONDAY + timedelta(minutes=minute)
        ledger, out = emptied(advance(ledger, bad(HOLD) if minute % 20 == 0 else FINE, at, MANNERS), at)
        tones += [message.tone for message in out]
    assert tones == [MessageKind.ALERT, MessageKind.RECOVERED]


def test_a_sign_in_that_expires_again_is_told_again() -> None:
    ledger, tones = AlertLedger(), []
    for minute, seen in ((0, bad(SIGN_IN)), (10, FINE), (20, bad(SIGN_IN))):
        at = MONDAY + timedelta(minutes=minute)
        ledger, out = emptied(advance(ledger, seen, at, MANNERS), at)
        tones += [message.tone for message in out]
    assert tones == [MessageKind.ALERT, MessageKind.RECOVERED, MessageKind.ALERT]


def test_the_days_limit_alerts_when_it_is_used_up_twice() -> None:
    parked = Observation(causes=(cause(CauseKind.LIMIT),), parked=True)
    ledger = AlertLedger()
    for minute in range(0, 60, 5):
        ledger = advance(ledger, parked, MONDAY + timedelta(minutes=minute), MANNERS)
    assert told(ledger) == []
    assert ledger.remarks == {"limit": "The day's calls were used up. What was left went on by itself later."}
    ledger = advance(ledger, FINE, MONDAY + timedelta(hours=5), MANNERS)
    ledger = advance(ledger, parked, MONDAY + timedelta(hours=26), MANNERS)
    assert (MessageKind.ALERT, "limit") in told(ledger)
    ledger, _ = emptied(ledger, MONDAY + timedelta(hours=26))
    ledger = advance(ledger, FINE, MONDAY + timedelta(hours=30), MANNERS)
    assert told(ledger) == []
    ledger = advance(ledger, FINE, MONDAY + timedelta(days=9), MANNERS)
    assert (MessageKind.RECOVERED, "limit") in told(ledger)


def test_an_address_that_fails_is_tried_again_later_and_the_others_get_it_once() -> None:
    ledger = advance(AlertLedger(), bad(SIGN_IN), MONDAY, MANNERS)
    attempts: list[tuple[int, tuple[str, ...]]] = []
    # Within the hours in which something may be sent.
    for minute in range(0, 600, 5):
        at = MONDAY + timedelta(minutes=minute)
        ledger, chosen = claimed(ledger, at, MANNERS, ("good", "bad"))
        for message in chosen:
            attempts.append((minute, message.left or ()))
            ledger = after_sending(ledger, message, ("bad",), at)
    assert attempts[0] == (0, ("good", "bad"))
    assert [minute for minute, _ in attempts] == [0, 10, 30, 70, 150, 310]
    assert {left for _, left in attempts[1:]} == {("bad",)}
    assert ledger.outbox == ()


def test_what_another_process_sends_is_not_sent_twice() -> None:
    ledger, first = claimed(advance(AlertLedger(), bad(SIGN_IN), MONDAY, MANNERS), MONDAY, MANNERS, ("a",))
    assert len(first) == 1
    _, second = claimed(ledger, MONDAY + timedelta(seconds=1), MANNERS, ("a",))
    assert second == ()
