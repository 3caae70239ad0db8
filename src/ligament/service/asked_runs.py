"""Asked runs: does what other tools asked for, beside the scheduler, each clinic's one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ligament.app.asked_runs import do_asked, what_failed
from ligament.core.oddities import Oddity, attempt
from ligament.ports.errors import PortError
from ligament.ports.stopping import Stopped
from ligament.service.progress import BOARD
from ligament.service.runner import ClinicRunner
from ligament.service.stopping import StoppableClock
from ligament.store.database.errors import StoreError
from ligament.store.writes.asked_runs import AskedRun, AskedRuns
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun

_PAUSE_S = 0.3
_AT_ONCE = 4
_KNOWN = (PortError, ConfigurationError, StoreError, AnotherRun, Stopped, OSError)


@dataclass(slots=True, kw_only=True)
class AskedRunner:
    """Takes the runs that wait and does them; safe to share between threads and processes."""

    runner: ClinicRunner
    clinics: Callable[[], Collection[str]]
    _places: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_AT_ONCE))

    @property
    def _runs(self) -> AskedRuns:
        return AskedRuns(self.runner.database, self.runner.calendar.now)

    def run(self) -> None:
        """Go on until asked to stop."""
        sign = self.runner.sign
        while not sign.is_set():
            # A database that is away comes back; what was asked for is kept there.
            with suppress(StoreError):
                attempt(self._begin_all, "asked runs", (StoreError,))
            sign.wait(_PAUSE_S)

    def _begin_all(self) -> None:
        while self._places.acquire(blocking=False):
            asked = None
            try:
                asked = self._runs.claim(self.clinics())
            finally:
                if asked is None:
                    self._places.release()
            if asked is None:
                return
            threading.Thread(target=self._in_place, args=(asked,), name=f"asked {asked.clinic}", daemon=True).start()

    def _in_place(self, asked: AskedRun) -> None:
        try:
            self.do(asked)
        finally:
            self._places.release()

    def once(self) -> bool:
        """Do one run that waits, here and now; says whether there was one."""
        asked = self._runs.claim(self.clinics())
        if asked is not None:
            self.do(asked)
        return asked is not None

    def do(self, asked: AskedRun) -> None:
        """Do one run and keep what it came to; one that is stopped is taken up again."""
        # Where the database is away at the end, the next process finds it begun by one that is gone.
        with suppress(StoreError):
            try:
                told = attempt(lambda: self._done(asked), f"clinic {asked.clinic}", _KNOWN)
            except Stopped:
                self._runs.put_back(asked)
            except _KNOWN as trouble:
                self._runs.end(asked, {}, getattr(trouble, "sentence", "") or str(trouble))
            else:
                self._keep(asked, told)

    def _keep(self, asked: AskedRun, told: object) -> None:
        if isinstance(told, Oddity):
            self._runs.end(asked, {}, f"Something happened that should not ({told.reference}). Tell us about it.")
        elif isinstance(told, dict):
            self._runs.end(asked, told, what_failed(told))

    def _done(self, asked: AskedRun) -> dict[str, Any]:
        runner = self.runner
        chosen = runner.clinic(asked.clinic)
        outside = Overrides(
            transports=runner.transports,
            clock=StoppableClock(clock=runner.calendar, sign=runner.sign),
            machine_now=runner.clock.now,
            actor=asked.actor,
            source=asked.source,
        )
        settings = replace(runner.settings, clinics=(chosen,))
        with BOARD.working(asked.clinic) as tell:
            outside = replace(outside, tell=runner.sign.between_steps(tell))
            with open_clinic(settings, asked.clinic, outside, runner.database) as clinic:
                return do_asked(clinic, asked)


def start_asked_runs(runner: ClinicRunner, clinics: Callable[[], Collection[str]]) -> threading.Thread:
    """Do what is asked for until asked to stop."""
    thread = threading.Thread(target=AskedRunner(runner=runner, clinics=clinics).run, name="asked runs", daemon=True)
    thread.start()
    return thread
