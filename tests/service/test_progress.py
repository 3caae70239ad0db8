"""How far work is: told while it goes on, forgotten at its end, and never a promise that nobody can keep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ligament.service import progress
from ligament.service.progress import Board
from ligament.wiring.ambient import machine_now


def test_a_stage_is_told_in_words_with_what_is_left_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    board, now = Board(), [machine_now()]
    monkeypatch.setattr(progress, "machine_now", lambda: now[0])
    with board.working("North") as tell:
        assert (board.of("North") or progress.HowFar()).words == "Beginning"
        tell("read invoices", 0, 1000)
        now[0] += timedelta(seconds=10)
        tell("read invoices", 250, 1000)
        found = board.of("North")
        assert found is not None
        assert (found.words, found.done, found.total, found.seconds_left) == ("Reading invoices", 250, 1000, 30)
        tell("post", 1, 0)
        after = board.of("North")
        assert after is not None
        assert (after.words, after.total, after.seconds_left) == ("Posting", 0, None)
        assert board.of("South") is None
    assert board.of("North") is None


def test_work_that_failed_is_not_told_for_ever() -> None:
    board = Board()
    with pytest.raises(ValueError, match="broken"), board.working("North"):
        raise ValueError("broken")
    assert board.of("North") is None
