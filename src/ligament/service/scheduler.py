"""All clinics of a home at work: who is due is queued, dead processes' work is taken over, hints are taken in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from ligament.app.notices.addresses import has_addresses
from ligament.app.notices.notifier import flush
from ligament.core.oddities import Oddity, attempt
from ligament.engine.schedule import ClinicStatus, Pace, Round, due
from ligament.engine.work import Engine
from ligament.service.runner import ClinicRunner
from ligament.service.stopping import StopSign
from ligament.store.database.errors import StoreError
from ligament.store.journal.audit import verify
from ligament.store.journal.journal import Provenance
from ligament.store.shared.heartbeats import Heartbeats
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.installation import journal_of_home
from ligament.wiring.rulebooks import rulebook_files
from ligament.wiring.settings import Settings, load_settings

TICK_S = 1
_LOOK_FOR_DEAD = timedelta(seconds=5)
_TIDY = timedelta(minutes=1)
_REFRESH = timedelta(seconds=5)
_CHECK_JOURNAL = timedelta(days=1)
INSTALLATION = "installation"
_ACCEPT = 'Once you know why, `ligament journal accept --installation --because "..."` lets it go on.'
_ASK_AGAIN = timedelta(seconds=15)
"""After how long a clinic is queued again whose turn has shown no end; before, that is asked for in vain."""
STALLED = timedelta(seconds=30)
STOP_S = 8
"""How long work under way may take to come to the end of its step; a call still without an answer is then left."""


@dataclass(slots=True)
class Wake:
    """Lets somebody end the pause of the scheduler early."""

    _event: threading.Event = field(default_factory=threading.Event)

    def now(self) -> None:
        """End the pause."""
        self._event.set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)
        self._event.clear()


@dataclass(slots=True, kw_only=True)
class Scheduler:
    """Decides every second who is due; `only` restricts it to some clinics, `executor` names this process.

    `ended` names a thread that ended although nobody asked: the process ends with it, and is started anew by whoever
    watches it.
    """

    runner: ClinicRunner
    engine: Engine
    executor: str
    only: tuple[str, ...] = ()
    wake: Wake = field(default_factory=Wake)
    reload: Callable[[], Settings] | None = None
    ticked_at: datetime | None = None
    ended: str = ""
    _done: dict[str, datetime] = field(default_factory=dict)
    _queued: dict[str, datetime] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)

    @property
    def _heartbeats(self) -> Heartbeats:
        return Heartbeats(values=self.runner.statuses.beats)

    @property
    def sign(self) -> StopSign:
        """Return what asks everybody to stop."""
        return self.runner.sign

    @property
    def clinics(self) -> tuple[str, ...]:
        return self.only or tuple(clinic.name for clinic in self.runner.settings.clinics)

    def start(self, work: Callable[[str], None]) -> None:
        """Say that this process is alive and begin to work; raises CannotStart."""

        def followed(clinic: str) -> None:
            try:
                work(clinic)
            finally:
                self._queued.pop(clinic, None)

        self._heartbeats.beat(self.executor, self._now())
        self.engine.start(followed)

    def run(self) -> None:
        """Go on until asked to stop, whatever happens to one clinic or to one look at all of them."""
        while not self.sign.is_set():
            # A database that is away comes back; meanwhile nobody is due.
            with suppress(StoreError):
                self._tell_once("scheduler", attempt(self.tick, "scheduler", (StoreError,)))
            self.wake.wait(TICK_S)

    def _tell_once(self, clinic: str, found: object) -> None:
        """Tell of what nobody foresaw, the first time that it is met."""
        if isinstance(found, Oddity):
            self.say_once(clinic, "broken", f"Something happened that should not ({found.reference}): {found.error}.")

    def say_once(self, clinic: str, kind: str, sentence: str) -> None:
        """Tell of what is wrong with a clinic, until something else is."""
        if self._said.get(clinic) == sentence:
            return
        self._said[clinic] = sentence
        # Who cannot be told now must not keep anybody from going on.
        attempt(lambda: self.runner.alert(kind, clinic, sentence), clinic)

    def stop(self) -> bool:
        """Begin nothing more; says whether everything under way came to the end of its step."""
        self.sign.stop()
        self.wake.now()
        ended = self.engine.stop(STOP_S)
        with suppress(StoreError):
            self._heartbeats.leave(self.executor)
        return ended

    def tick(self) -> None:
        """Queue who is due."""
        now = self._now()
        self._refresh(now)
        self._heartbeats.beat(self.executor, now)
        if self._is_time("dead", _LOOK_FOR_DEAD, now):
            patience_s = max(self.runner.settings.lease_s, 2)
            self.engine.adopt(self._heartbeats.alive(now, patience_s))
        for clinic in self._due(now):
            # Noted before, because a turn may have ended by the time that this returns.
            self._queued[clinic] = now
            self._tell_once(clinic, attempt(partial(self.engine.submit, clinic), f"clinic {clinic}"))
        if self._is_time("tidy", _TIDY, now):
            self.engine.tidy()
            self._flush_alerts()
        if self._is_time("installation", _CHECK_JOURNAL, now):
            with suppress(ConfigurationError):
                self._check_installation()
        self.ticked_at = self._now()

    def take_in_clinics(self) -> None:
        """Take in at once that a clinic was added or taken away."""
        self._done.pop("rulebooks", None)
        self._refresh(self._now())
        self.wake.now()

    def statuses(self) -> list[ClinicStatus]:
        """Return where the clinics stand."""
        return self.runner.statuses.all_of(self.clinics)

    def _due(self, now: datetime) -> list[str]:
        statuses = self.statuses()
        busy = {status.clinic for status in statuses if self._is_queued(status, now)}
        names = [status.clinic for status in statuses if status.clinic not in busy]
        times: dict[str, tuple[Pace, datetime]] = {}
        for name in names:
            found = attempt(partial(self._times_of, name), f"clinic {name}", (StoreError,))
            self._tell_once(name, found)
            if isinstance(found, tuple):
                times[name] = found
        moment = Round(
            now=now,
            paces={name: pace for name, (pace, _) in times.items()},
            walls={name: wall for name, (_, wall) in times.items()},
            hints=dict(self.runner.hints.waiting()),
            busy=busy,
        )
        return due([status for status in statuses if status.clinic in times or status.clinic in busy], moment)

    def _times_of(self, name: str) -> tuple[Pace, datetime]:
        """Return how often a clinic is read, and what its clock shows."""
        return self.runner.pace(name), self.runner.wall(name)

    def _is_queued(self, status: ClinicStatus, now: datetime) -> bool:
        at = self._queued.get(status.clinic)
        if at is None or (status.ended_at is not None and status.ended_at >= at):
            return False
        return timedelta(0) <= now - at < _ASK_AGAIN

    def _check_installation(self) -> None:
        """Look through the journal that belongs to no clinic; turns look through the others."""
        runner = self.runner
        who = Provenance(actor="ligament", source="engine")
        found = verify(journal_of_home(runner.settings, runner.database, who, runner.calendar.now))
        if not found.holds:
            told = f"The journal of users, sign-ins and tokens does not hold. {found.reason} {_ACCEPT}"
            self.say_once(INSTALLATION, "journal", told)

    def _flush_alerts(self) -> None:
        """Send messages that became due; an address that answers slowly must not hold the scheduler up."""
        settings = self.runner.settings
        if not any(has_addresses(clinic) for clinic in settings.clinics):
            return
        arguments = (settings, self.runner.database, self.runner.calendar.now)
        threading.Thread(target=flush, args=arguments, name="alerts", daemon=True).start()

    def _refresh(self, now: datetime) -> None:
        """Take in rulebooks that were added or taken away; one that is wrong is told by its clinic's own turn."""
        if self.reload is None or not self._is_time("rulebooks", _REFRESH, now):
            return
        with suppress(ConfigurationError, OSError):
            self._take_in(self.reload())

    def _take_in(self, found: Settings) -> None:
        """Go on with the clinics found; one whose rulebook somebody broke stays, and its own turn tells so."""
        known = {clinic.file: clinic for clinic in self.runner.settings.clinics}
        names = {clinic.name for clinic in found.clinics}
        kept = tuple(known[file] for file in found.broken if file in known and known[file].name not in names)
        for file, sentence in found.broken.items():
            if file not in known:
                self.say_once(file.stem, "configuration", sentence)
        clinics = (*found.clinics, *kept)
        if [clinic.name for clinic in clinics] != [clinic.name for clinic in self.runner.settings.clinics]:
            self.runner.settings = replace(self.runner.settings, clinics=clinics)

    def _is_time(self, what: str, pause: timedelta, now: datetime) -> bool:
        last = self._done.get(what)
        if last is not None and timedelta(0) <= now - last < pause:
            return False
        self._done[what] = now
        return True

    def _now(self) -> datetime:
        return self.runner.clock.now()


def reloading(home: Path) -> Callable[[], Settings]:
    """Return what reads the settings of a home again; rulebooks that nobody touched are not read twice."""
    kept: dict[tuple[tuple[Path, int], ...], Settings] = {}

    def again() -> Settings:
        touched = tuple((file, file.stat().st_mtime_ns) for file in rulebook_files(home))
        if touched not in kept:
            found = load_settings(home=home, without_broken=True)
            kept.clear()
            kept[touched] = found
        return kept[touched]

    return again
