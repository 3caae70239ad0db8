"""A runner over a stage's home, as a process with that home's environment has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.service.runner import ClinicRunner
from ligament.service.stopping import StopSign
from ligament.store.database.connection import open_database
from ligament.wiring.settings import load_settings

if TYPE_CHECKING:
    import pytest

    from tests.faults.clocks import WorkerClock
    from tests.support.stage import Stage


def runner_over(made: Stage, clock: WorkerClock, monkeypatch: pytest.MonkeyPatch) -> ClinicRunner:
    """Return the runner; whoever asks for it closes its database."""
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    settings = load_settings(home=made.home)
    database = open_database(settings.database_url)
    return ClinicRunner(settings=settings, database=database, sign=StopSign(), clock=clock, calendar=clock)
