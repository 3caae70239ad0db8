"""What a server says about waiting counts as long as its limits can last, and never locks a clinic out."""

from __future__ import annotations

import pytest

from ligament.net.governor import BLOCKED_UNTIL, Governor, Observed
from ligament.net.limit import Limit
from ligament.net.said import DAY_S, HOUR_S, MINUTES_S, count_said, longest_wait_s, wait_said
from ligament.ports.errors import TryLater
from tests.net.clocks import VirtualClock
from tests.support.windows import InMemoryWindows

FOR_EVER = 9_999_999_999
LIMITS = (Limit("minute", 60, 60),)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("9999999999", DAY_S), ("9" * 5000, DAY_S), ("60", 60), ("", 0), ("-5", 0), ("soon", 0), ("1e9", 0), ("٣", 0)],
)
def test_a_wait_is_a_whole_number_of_seconds_up_to_a_day(said: str, seconds: int) -> None:
    assert wait_said(said) == seconds


@pytest.mark.parametrize("said", ["9" * 5000, "-1", "1.5", "٣", "", "many"])
def test_a_count_that_no_allowance_can_be_says_nothing(said: str) -> None:
    assert count_said(said) is None


def test_how_long_a_refusal_can_be_about_hangs_on_the_limit_it_names() -> None:
    assert (longest_wait_s("day"), longest_wait_s("minute"), longest_wait_s("")) == (DAY_S, MINUTES_S, HOUR_S)


@pytest.mark.parametrize(("problem", "most_s"), [("day", DAY_S), ("", HOUR_S)])
def test_one_answer_locks_nobody_out_for_longer_than_its_limit_lasts(problem: str, most_s: int) -> None:
    clock, windows = VirtualClock(), InMemoryWindows()
    governor = Governor("s", LIMITS, windows, clock)
    governor.learn(Observed(retry_after_s=FOR_EVER, problem=problem))
    with pytest.raises(TryLater) as refused:
        governor.before()
    assert 0 < refused.value.wait_s <= most_s
    clock.pause_ms((most_s + 1) * 1000)
    governor.after(governor.before())


def test_what_was_kept_before_is_not_believed_when_no_limit_lasts_so_long() -> None:
    clock, windows = VirtualClock(), InMemoryWindows()
    windows.keep("s", {BLOCKED_UNTIL: 10**17})
    governor = Governor("s", LIMITS, windows, clock)
    governor.after(governor.before())


def test_a_count_beyond_any_allowance_is_kept_as_a_number_that_a_database_holds() -> None:
    clock, windows = VirtualClock(), InMemoryWindows()
    governor = Governor("s", LIMITS, windows, clock, day_allowance=1000)
    governor.learn(Observed(minute_remaining=10**18, day_remaining=10**18))
    assert max(value for name, value in windows.numbers("s").items() if name.endswith("left")) <= 1_000_000
