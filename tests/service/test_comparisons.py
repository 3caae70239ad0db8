"""Comparisons by schedule: daily and weekly on the clinic's wall, made up once, and once more where one is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ligament.app.results import Result
from ligament.app.scheduled import compare_daily, compare_weekly
from ligament.app.undo import undo
from ligament.app.vanished import accept_removed
from ligament.connectors.cliniko import simulator as cliniko
from ligament.core.notes import PAUSED_NOTE, RECONCILE_DUE_NOTE
from ligament.ports.errors import TryLater
from ligament.service.runner import ClinicRunner
from ligament.service.stopping import StopSign
from ligament.store.database.connection import open_database
from ligament.wiring.clinic import Clinic
from tests.support.stage import Stage, stage


@dataclass
class Asked:
    """What was to be compared; the next one fails when it is told to."""

    made: list[str] = field(default_factory=list)
    fails: bool = False
    is_cut: bool = False

    def job(self, word: str) -> Callable[[Clinic], Result]:
        def run(clinic: Clinic) -> Result:
            del clinic
            if self.fails:
                raise TryLater("The day's calls are used up.", wait_s=60, limit="day")
            self.made.append(word)
            return Result(document={"parked": "The day's calls are used up."} if self.is_cut else {})

        return run


@contextmanager
def service(
    made: Stage, asked: Asked, jobs: Mapping[str, Callable[[Clinic], object]] | None = None
) -> Iterator[Callable[..., list[str]]]:
    """Serve a clinic; what is yielded lets time go by, takes a turn, and returns what was compared in it."""
    settings, outside = made.settings(), made.outside()
    database = open_database(settings.database_url)
    assert outside.clock is not None
    runner = ClinicRunner(
        settings=settings,
        database=database,
        sign=StopSign(),
        clock=outside.clock,
        calendar=outside.clock,
        transports=outside.transports,
        jobs=jobs or {"daily": asked.job("daily"), "weekly": asked.job("weekly")},
    )

    def turn(**span: float) -> list[str]:
        made.pass_time(**span)
        asked.made.clear()
        runner.take(settings.clinics[0].name)
        return list(asked.made)

    yield turn
    database.close()


def test_each_day_and_each_week_is_compared_once_and_missed_ones_are_made_up_once(tmp_path: Path) -> None:
    made = stage(tmp_path)
    with service(made, Asked()) as turn:
        assert turn(minutes=1) == []
        assert turn(days=1) == ["daily"]
        assert turn(hours=1) == []
        assert turn(days=3) == ["daily"]
        assert turn(days=2) == ["weekly"]
        assert turn(minutes=5) == []
        assert turn(days=16) == ["weekly"]
        assert turn(days=1) == ["daily"]


@pytest.mark.parametrize("night", [date(2027, 4, 3), date(2027, 10, 2)], ids=["an hour twice", "an hour less"])
def test_the_night_of_another_clock_has_one_comparison_as_every_night_has(tmp_path: Path, night: date) -> None:
    made = stage(tmp_path)
    with service(made, Asked()) as turn:
        turn(minutes=1)
        evening = datetime.combine(night, time(23), ZoneInfo("Australia/Melbourne"))
        turn(seconds=(evening - made.pass_time()).total_seconds())
        # Sunday's is the weekly one, at two o'clock, which that night has twice or not at all.
        steps = [*[0.5] * 12, 18]
        nights = [[one for hours in steps for one in turn(hours=hours)] for _ in range(2)]
    assert nights == [["weekly"], ["daily"]]


def test_a_comparison_that_could_not_be_made_is_made_later(tmp_path: Path) -> None:
    asked = Asked()
    with service(stage(tmp_path), asked) as turn:
        turn(minutes=1)
        asked.fails = True
        assert turn(days=1) == []
        asked.fails = False
        assert turn(hours=1) == ["daily"]
        assert turn(hours=1) == []


def test_a_comparison_that_the_days_limit_cut_is_made_again_as_it_was_meant(tmp_path: Path) -> None:
    asked = Asked(is_cut=True)
    with service(stage(tmp_path), asked) as turn:
        turn(minutes=1)
        assert turn(days=8) == ["weekly"]
        asked.is_cut = False
        assert turn(hours=1) == ["weekly"]
        assert turn(hours=1) == []


def test_an_undo_ends_with_a_comparison_and_one_that_is_due_is_made_in_the_next_turn(tmp_path: Path) -> None:
    made = stage(tmp_path)
    made.invoice()
    run = made.sync()["run_id"]
    with made.app() as clinic:
        undo(clinic, run)
        assert [one.kind for one in clinic.runs.newest(1)] == ["reconcile"]
        assert not clinic.store.note(RECONCILE_DUE_NOTE)
        clinic.store.keep_note(RECONCILE_DUE_NOTE, "restore")
    with service(made, Asked()) as turn:
        assert turn(minutes=1) == ["daily"]
        assert turn(minutes=1) == []


def test_where_most_invoices_vanish_it_waits_for_a_person_and_uses_no_calls_up_meanwhile(tmp_path: Path) -> None:
    made = stage(tmp_path)
    invoices = [made.invoice() for _ in range(3)]
    made.sync()
    with service(made, Asked(), {"daily": compare_daily, "weekly": compare_weekly}) as turn:
        turn(minutes=1)

        def emptied(world: Any) -> Any:
            for invoice in invoices:
                world = cliniko.remove(world, "invoices", invoice)
            return world

        made.practice.change(emptied)
        turn(days=1)
        with made.app() as clinic:
            assert "no longer shows 3 of 3 invoices" in clinic.store.note(PAUSED_NOTE)
        made.clear_log()
        for _ in range(5):
            turn(minutes=1)
        assert [*made.practice.log, *made.books.log] == []
        turn(hours=1)
        assert made.practice.log, "once an hour it looks whether they are shown again"
        with made.app() as clinic:
            accept_removed(clinic, "Emptied on purpose")
        turn(minutes=1)
        with made.app() as clinic:
            assert not clinic.store.note(PAUSED_NOTE)
            assert [one.kind for one in clinic.runs.newest(1)] == ["reconcile"]
            assert {held.variance.kind.value for held in clinic.variances.kept()} == {"status"}
        assert made.writes() == []
