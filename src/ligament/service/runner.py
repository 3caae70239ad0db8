"""One clinic's turn: what is to be done now is done, and what came of it is kept for whoever has the next turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ligament.app.results import Result
from ligament.app.sync import sync
from ligament.app.vanished import look_again_later
from ligament.connectors.registry import players
from ligament.core.ids import BooksId
from ligament.core.notes import PAUSED_NOTE, RECONCILE_DUE_NOTE
from ligament.core.rules.hours import WEEK_DAYS
from ligament.engine import schedule
from ligament.engine.schedule import ClinicStatus, Hours, Pace, State
from ligament.flow.read.read import Hint
from ligament.net.session import Transport
from ligament.ports.alerts import Alerts, silent
from ligament.ports.clocks import Clock
from ligament.ports.errors import Broken, PortError, Rejected, SignInAgain, TryLater
from ligament.ports.stopping import Stopped
from ligament.service.progress import BOARD
from ligament.service.statuses import Statuses
from ligament.service.stopping import StoppableClock, StopSign
from ligament.store.database.connection import Database
from ligament.store.database.errors import Fenced, JournalBroken, StoreError, StoreFull
from ligament.store.journal.audit import verify
from ligament.store.shared.values import SharedValues
from ligament.store.shared.webhook_events import KeptHint, WebhookEvents
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun
from ligament.wiring.retries import jitter
from ligament.wiring.rulebooks import ClinicSettings, read_clinic
from ligament.wiring.settings import Settings

_PATIENCE_MS = 2_000
_BROKEN = "journal_broken"
_PAUSES = {SignInAgain: "sign_in", JournalBroken: "journal"}
_ALERTED, _BOOKS_READ, _DAILY, _WEEKLY = "alerted", "books_read_at", "daily_done", "weekly_done"
_SLOW_READ = "slow_lists_read_at"
_BOOKS_SHARE_PERCENT = 30
_BOOKS_CALLS = 4
_SOONEST_BOOKS = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """How a turn ended: `outcome` is a fixed word for counting, `document` what `sync --json` would print."""

    clinic: str
    outcome: str
    seconds: float
    sentence: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)


def ignore_report(report: RunReport) -> None:
    """Tell nobody."""


Job = Callable[[Clinic], object]


@dataclass(slots=True, kw_only=True)
class ClinicRunner:
    """Takes turns for the clinics of one installation; safe to share between threads.

    `clock` is the machine's, for pacing; `calendar` that of the clinics, which a test may have set; `transports` stand
    in for the network. `jobs` are run after the turn of their day (`daily`) or week (`weekly`), such as reconciliation.
    """

    settings: Settings
    database: Database
    sign: StopSign
    alert: Alerts = silent
    on_report: Callable[[RunReport], None] = ignore_report
    jobs: Mapping[str, Job] = field(default_factory=dict)
    clock: Clock = field(default_factory=SystemClock)
    calendar: Clock = field(default_factory=SystemClock)
    transports: Mapping[str, Transport] = field(default_factory=dict)
    _books: dict[str, tuple[int, ClinicSettings]] = field(default_factory=dict)

    @property
    def statuses(self) -> Statuses:
        """Return where all clinics stand."""
        return Statuses(beats=SharedValues(self.database))

    @property
    def hints(self) -> WebhookEvents:
        """Return the hints that arrived from outside."""
        return WebhookEvents(self.database, self.clock.now)

    # --- pace ---------------------------------------------------------------------------------------------------------
    def clinic(self, name: str) -> ClinicSettings:
        """Return a clinic with its rulebook as it is now; raises ConfigurationError when somebody broke it."""
        known = self.settings.clinic(name)
        changed_ns = known.file.stat().st_mtime_ns
        held = self._books.get(name)
        if held is None or held[0] != changed_ns:
            is_same = known.file.read_text(encoding="utf-8", errors="replace") == known.rulebook_text
            found = known if is_same else replace(read_clinic(known.file), name=name)
            self._books[name] = held = (changed_ns, found)
        return held[1]

    def wall(self, name: str) -> datetime:
        """Return what the clock on a clinic's wall shows."""
        return self.calendar.now().astimezone(ZoneInfo(self.settings.clinic(name).rulebook.clinic.time_zone))

    def pace(self, name: str, limit: int | None = None) -> Pace:
        """Return how often a clinic is read, within the limit of its practice or another one."""
        with suppress(ConfigurationError, OSError):
            clinic = self.clinic(name)
            sync = clinic.rulebook.sync
            limit = clinic.practice.calls_per_minute if limit is None else limit
            days = frozenset(map(WEEK_DAYS.index, sync.open_days))
            hours = Hours(
                opens=time.fromisoformat(sync.open_from), closes=time.fromisoformat(sync.open_until), days=days
            )
            return Pace(poll=timedelta(seconds=sync.poll_seconds), limit=limit, hours=hours)
        return Pace(
            limit=max(manifest.calls_per_minute for manifest in players("practice")) if limit is None else limit
        )

    # --- a turn -------------------------------------------------------------------------------------------------------
    def take(self, name: str) -> None:
        """Take a clinic's turn; expected trouble is kept in its status."""
        if self.sign.is_set():
            return
        began = self.clock.monotonic_ms()
        report = RunReport(clinic=name, outcome="lost", seconds=0)
        try:
            report = self._taken(name)
        except Stopped:
            report = replace(report, outcome="stopped")
        except StoreError as trouble:
            # The database itself is away: nothing can be kept, and the next tick tries again.
            report = replace(report, outcome="store", sentence=trouble.sentence)
        except ConfigurationError as trouble:
            # The clinic was removed while its turn was about to begin, or to end.
            report = replace(report, outcome="gone", sentence=str(trouble))
        self.on_report(replace(report, seconds=(self.clock.monotonic_ms() - began) / 1000))

    def unexpected(self, name: str, error: Exception) -> None:
        """Keep that a turn ended in a way it should not; the kind of the error is told, its text may name people."""
        sentence = f"Something happened that should not: {type(error).__name__}. Tell us; it is tried again by itself."
        with suppress(StoreError):
            status = self.statuses.one(name)
            self._alert("broken", name, sentence)
            self.statuses.keep(schedule.troubled(status, self.clock.now(), sentence, 60, jitter))
        self.on_report(RunReport(clinic=name, outcome="unexpected", seconds=0, sentence=sentence))

    def _taken(self, name: str) -> RunReport:
        self.settings.clinic(name)
        before = self.statuses.one(name)
        hints = self.hints.of(name)
        polls = self._polls(before, bool(hints))
        status = schedule.begun(before, self.clock.now(), self.calendar.now()) if polls else before
        self.statuses.keep(status)
        try:
            document = self._work(name, hints, polls=polls)
        except (Fenced, AnotherRun) as trouble:
            self.statuses.keep(replace(status, ended_at=self.clock.now()))
            return RunReport(clinic=name, outcome="elsewhere", seconds=0, sentence=str(trouble))
        except Stopped:
            self.statuses.keep(before)
            raise
        except (PortError, ConfigurationError, StoreError, OSError) as trouble:
            return self._failed(name, status, trouble)
        return self._succeeded(status, document, hints, polls=polls)

    def _polls(self, status: ClinicStatus, hinted: bool) -> bool:  # noqa: FBT001 - told apart by its name above
        """Say whether this turn reads all that changed, or only what hints name."""
        is_ready = status.state is State.READY and not schedule.is_unfinished(status)
        if not hinted or status.began_at is None or not is_ready:
            return True
        pause = schedule.interval(self.pace(status.clinic, 0), self.wall(status.clinic), status.calls)
        return self.clock.now() >= status.began_at + pause

    def _work(self, name: str, hints: tuple[KeptHint, ...], *, polls: bool) -> dict[str, Any]:
        chosen = self.clinic(name)
        outside = Overrides(
            transports=self.transports,
            clock=StoppableClock(clock=self.calendar, sign=self.sign),
            machine_now=self.clock.now,
            actor="ligament",
            source="engine",
        )
        settings = replace(self.settings, clinics=(chosen,))
        with (
            BOARD.working(name) as tell,
            open_clinic(settings, name, replace(outside, tell=self.sign.between_steps(tell)), self.database) as clinic,
        ):
            named = tuple(Hint(kind=hint.kind, id=BooksId(hint.resource), at=hint.at) for hint in hints)
            if not polls:
                self._want_whole_journal(clinic)
                return dict(sync(clinic, hints=named, patience_ms=_PATIENCE_MS).document)
            return self._poll(clinic, name, chosen, named)

    def _poll(self, clinic: Clinic, name: str, chosen: ClinicSettings, hints: tuple[Hint, ...]) -> dict[str, Any]:
        look_again_later(clinic)
        beats, now, times = SharedValues(self.database), self.clock.now(), chosen.rulebook.sync
        wall = self.wall(name)
        day = schedule.last_daily(wall, times.reconcile_daily_at).isoformat()
        week = schedule.last_weekly(wall, times.reconcile_daily_at, times.reconcile_weekly_on).isoformat()
        done = {job: beats.one(name, kept) for job, kept in (("daily", _DAILY), ("weekly", _WEEKLY))}
        is_new_day = bool(done["daily"]) and done["daily"] != day
        self._want_whole_journal(clinic, daily=is_new_day)
        leave = not is_new_day and not _old(beats.one(name, _BOOKS_READ), now, books_pause(times.daily_calls))
        brief = leave and not _old(beats.one(name, _SLOW_READ), now, schedule.SLOW_EVERY)
        # Where the books are not listed, what hints name of them is read all the same.
        named = hints if leave and hints else None
        verdict = sync(clinic, full=is_new_day, hints=named, leave_books=leave, brief=brief, patience_ms=_PATIENCE_MS)
        document = dict(verdict.document)
        if document.get("parked"):
            return document
        if not brief:
            beats.keep(name, _SLOW_READ, now.isoformat())
        if not leave:
            beats.keep(name, _BOOKS_READ, now.isoformat())
        self._jobs(clinic, done, {"daily": day, "weekly": week})
        return document

    def _want_whole_journal(self, clinic: Clinic, *, daily: bool = False) -> None:
        """Check the journal once a day, and at every turn while it is broken; raises JournalBroken."""
        beats, name = SharedValues(self.database), clinic.settings.name
        if not daily and not beats.one(name, _BROKEN):
            return
        found = verify(clinic.journal)
        if not found.holds:
            beats.keep(name, _BROKEN, found.reason)
            raise JournalBroken(found.reason)
        beats.drop(name, _BROKEN)

    def _jobs(self, clinic: Clinic, done: Mapping[str, str], last: Mapping[str, str]) -> None:
        """Run what is due; missed ones are made up once.

        The weekly one is the daily one too, and either is what a restore or an undo asked for. One that the day's limit
        cut is made again with the first turn after the limit.
        """
        beats, name = SharedValues(self.database), clinic.settings.name
        due = {job for job in ("daily", "weekly") if done[job] and done[job] != last[job]}
        asked = clinic.store.note(RECONCILE_DUE_NOTE)
        job = "weekly" if "weekly" in due or asked == "weekly" else "daily" if due or asked else ""
        if job in self.jobs:
            made = self.jobs[job](clinic)
            is_cut = isinstance(made, Result) and bool(made.document.get("parked"))
            if asked or is_cut:
                clinic.store.keep_note(RECONCILE_DUE_NOTE, job if is_cut else "")
        for one, kept in (("daily", _DAILY), ("weekly", _WEEKLY)):
            if done[one] != last[one]:
                beats.keep(name, kept, last[one])

    # --- what came of it ----------------------------------------------------------------------------------------------
    def _succeeded(
        self, status: ClinicStatus, document: dict[str, Any], hints: tuple[KeptHint, ...], *, polls: bool
    ) -> RunReport:
        name, now = status.clinic, self.clock.now()
        if document.get("parked"):
            sentence, wait_s = str(document["parked"]), int(document.get("parked_s") or 0)
            parked = schedule.parked(status, now, sentence, wait_s, jitter)
            goes_on = parked.as_shown(parked.not_before)
            until = goes_on.isoformat(timespec="minutes") if goes_on else ""
            self._alert("day_limit", name, f"{sentence} It goes on by itself at {until}; nothing needs to be done.")
            self.statuses.keep(parked)
            return RunReport(clinic=name, outcome="parked", seconds=0, sentence=sentence, document=document)
        self.hints.done(name, hints)
        # As the turn began with it: somebody may break the rulebook meanwhile, which is the next turn's matter.
        calls = _calls_of(self._books[name][1].practice.name, document) if polls else status.calls
        worked = schedule.succeeded(status, now, calls)
        self.statuses.keep(worked)
        if SharedValues(self.database).drop(name, _ALERTED):
            self._keep_paused(name, "")
            self.alert("recovered", name, "It works again, and what waited meanwhile has been done.")
        return RunReport(clinic=name, outcome="done", seconds=0, document=document)

    def _failed(self, name: str, status: ClinicStatus, trouble: Exception) -> RunReport:
        now, sentence = self.clock.now(), _sentence(trouble)
        if isinstance(trouble, SignInAgain | ConfigurationError | JournalBroken):
            kind = _PAUSES.get(type(trouble), "configuration")
            if self._alert(kind, name, sentence):
                with suppress(JournalBroken):
                    self._keep_paused(name, sentence)
            self.statuses.keep(schedule.paused(status, now, sentence))
            return RunReport(clinic=name, outcome=kind, seconds=0, sentence=sentence)
        wait_s = trouble.wait_s if isinstance(trouble, TryLater) else 0
        if isinstance(trouble, Broken | Rejected | StoreFull):
            self._alert("broken", name, sentence)
            wait_s = max(wait_s, 60)
        self.statuses.keep(schedule.troubled(status, now, sentence, wait_s, jitter))
        return RunReport(clinic=name, outcome="later", seconds=0, sentence=sentence)

    def _alert(self, kind: str, name: str, sentence: str) -> bool:
        """Tell a person once for each cause; says whether this was the first time."""
        beats = SharedValues(self.database)
        if beats.one(name, _ALERTED) == kind:
            return False
        beats.keep(name, _ALERTED, kind)
        self.alert(kind, name, sentence)
        return True

    def _keep_paused(self, name: str, sentence: str) -> None:
        """Keep why a clinic is paused where the doctor and the pages look."""
        with open_clinic(self.settings, name, Overrides(source="engine"), self.database) as clinic:
            clinic.store.keep_note(PAUSED_NOTE, sentence)


def books_pause(daily_calls: int) -> timedelta:
    """Return how often the books are listed as a safety net: at most three tenths of the day's calls go into it."""
    if daily_calls <= 0:
        return _SOONEST_BOOKS
    return max(timedelta(days=1) * _BOOKS_CALLS * 100 / (daily_calls * _BOOKS_SHARE_PERCENT), _SOONEST_BOOKS)


def _old(kept: str, now: datetime, age: timedelta) -> bool:
    return not kept or not timedelta(0) <= now - datetime.fromisoformat(kept) < age


def _calls_of(system: str, document: Mapping[str, Any]) -> int:
    """Return how many calls a system got."""
    return sum(document.get("calls", {}).get(system, {}).values())


def _sentence(trouble: Exception) -> str:
    if isinstance(trouble, PortError | StoreError):
        return trouble.sentence
    if isinstance(trouble, ConfigurationError):
        return str(trouble)
    return f"{type(trouble).__name__}: a file or the network of this machine cannot be used."
