"""How often a clinic is read is what its rulebook says, as it is now."""

from __future__ import annotations

import os
from datetime import time, timedelta
from pathlib import Path

from ligament.engine.schedule import Hours
from ligament.service.runner import ClinicRunner
from ligament.service.scheduler import reloading
from ligament.service.stopping import StopSign
from ligament.store.database.connection import open_database
from tests.support.stage import RULEBOOK, stage

EVENING = RULEBOOK + '[sync]\npoll_seconds = 60\nopen_from = "12:30"\nopen_until = "22:00"\nopen_days = ["Sunday"]\n'


def test_opening_hours_come_from_the_rulebook_and_a_change_counts_at_once(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    settings = made.settings()
    database = open_database(settings.database_url)
    runner = ClinicRunner(settings=settings, database=database, sign=StopSign())
    assert runner.pace("Riverside", 0).hours == Hours()
    file = settings.clinics[0].file
    file.write_text(EVENING, encoding="utf-8")
    os.utime(file, ns=(1, 1))
    pace = runner.pace("Riverside", 0)
    assert (pace.hours.opens, pace.hours.closes, pace.poll) == (time(12, 30), time(22), timedelta(seconds=60))
    assert pace.hours.days == {6}
    file.write_bytes(b"\xff not a rulebook")
    os.utime(file, ns=(2, 2))
    assert runner.pace("Riverside", 0).hours == Hours()
    database.close()


def test_rulebooks_that_nobody_touched_are_not_read_again(tmp_path: Path) -> None:
    made = stage(tmp_path / "home")
    (made.home / "vault.key").write_text("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n", encoding="ascii")
    again = reloading(made.home)
    first = again()
    assert again() is first
    other = made.home / "clinics" / "other.toml"
    other.parent.mkdir()
    other.write_text(EVENING.replace("Riverside", "Hillside"), encoding="utf-8")
    assert [clinic.name for clinic in again().clinics] == ["Riverside", "Hillside"]
    other.unlink()
    assert [clinic.name for clinic in again().clinics] == ["Riverside"]
