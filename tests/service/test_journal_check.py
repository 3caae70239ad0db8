"""A running service looks through each journal daily, and pauses the clinic whose journal was tampered with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ligament.core.notes import PAUSED_NOTE
from ligament.engine.schedule import State
from ligament.service.runner import ClinicRunner
from ligament.store.database.connection import Database
from ligament.store.journal.audit import accept_break, verify
from ligament.store.shared.values import SharedValues
from ligament.wiring.clinic import Overrides, open_clinic
from tests.faults.clocks import START, TrueTime, WorkerClock
from tests.service.running import runner_over
from tests.support.stage import stage


def tamper(database: Database) -> None:
    with database.writing("test") as connection:
        connection.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_update")
        connection.exec_driver_sql("UPDATE journal SET actor = 'x' WHERE sequence = 1")


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClinicRunner]:
    made = stage(tmp_path / "home")
    clock = WorkerClock(TrueTime(at=START))
    runner = runner_over(made, clock, monkeypatch)
    told: list[tuple[str, str, str]] = []
    runner.alert = lambda *words: told.append(words)
    settings, name = runner.settings, runner.settings.clinics[0].name
    with open_clinic(settings, name, Overrides(clock=clock), runner.database) as clinic:
        for number in range(3):
            clinic.store.keep_note(PAUSED_NOTE, str(number))
    SharedValues(runner.database).keep(name, "daily_done", "2020-01-01")
    yield runner
    runner.database.close()


def test_the_daily_check_pauses_a_clinic_until_a_person_accepts_the_break(runner: ClinicRunner) -> None:
    name = runner.settings.clinics[0].name
    tamper(runner.database)
    for _ in range(2):
        runner.take(name)
        status = runner.statuses.one(name)
        assert (status.state, "Entry 1 was changed" in status.sentence) == (State.PAUSED, True)
    with open_clinic(runner.settings, name, Overrides(clock=runner.clock), runner.database) as clinic:
        accept_break(clinic.journal, "the disk was replaced")
        assert verify(clinic.journal).holds
    runner.take(name)
    assert "Entry 1" not in runner.statuses.one(name).sentence
