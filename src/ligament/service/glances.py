"""Glances: how clinics stand at a glance, from a few rows for all of them together."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from ligament.core.cut_short import Unfinished, in_one_text, many_in, one_in
from ligament.engine.schedule import ClinicStatus, State
from ligament.service.statuses import STANDING, status_of
from ligament.store.database.connection import Database
from ligament.store.queries.figures import Figures, figures, newest_comparisons
from ligament.wiring.rulebooks import ClinicSettings

_FRESH, _FRESH_LIST = timedelta(seconds=1), timedelta(seconds=10)
_SIGNS = {State.READY: "well", State.TROUBLED: "troubled", State.PAUSED: "stopped", State.PARKED: "parked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One clinic at a glance: `sign` is a word for the mark beside the sentence."""

    sign: str
    sentence: str
    holds: int
    approvals: int
    last_run_at: datetime | None
    next_run_at: datetime | None

    @property
    def waits(self) -> int:
        """Return how much waits for a person."""
        return self.holds + self.approvals

    @property
    def needs_somebody(self) -> bool:
        return self.sign == "stopped" or self.waits > 0


def glance(database: Database, clinics: Sequence[ClinicSettings]) -> Mapping[str, Glance]:
    """Return how clinics stand, by name."""
    names = tuple(clinic.name for clinic in clinics)
    known = figures(database, names, beat=STANDING)
    zones = {clinic.name: clinic.rulebook.clinic.time_zone for clinic in clinics}
    return {name: _glance(status_of(name, known[name].beat), known[name], zones[name]) for name in names}


def glance_and_pulse(database: Database, clinic: ClinicSettings) -> tuple[Glance, str]:
    """Return how a clinic stands and its pulse, read in the same moment and with one question."""
    known = figures(database, (clinic.name,), beat=STANDING)[clinic.name]
    status = status_of(clinic.name, known.beat)
    return _glance(status, known, clinic.rulebook.clinic.time_zone), _pulse(status, known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The newest comparison of a clinic: when it was, and by how much what is owed differs (practice less books)."""

    at: datetime
    owed: Decimal


def compared(database: Database) -> Mapping[str, Compared]:
    """Return the newest comparison of each clinic that has one, by name, with one question."""
    return {
        name: Compared(at=datetime.fromisoformat(at), owed=Decimal(json.loads(body)["totals"]["owed"]["explained"]))
        for name, (at, body) in newest_comparisons(database).items()
    }


def _glance(status: ClinicStatus, known: Figures, zone: str) -> Glance:
    sign, next_run_at = _SIGNS[status.state], status.as_shown(status.not_before)
    waits = known.holds + known.approvals
    cut = _unfinished(known)
    beside = list(cut.beside_the_run(zone))
    told = [*cut.of_the_run(zone), *beside]
    if status.state is not State.READY:
        sentence = in_one_text([(status.sentence or "It cannot go on at the moment.", ""), *beside])
    elif known.trouble:
        # A run that a person began is none of the service's turns, and the clinic stands no better for it.
        sign, sentence = "troubled", in_one_text([(known.trouble, ""), *beside])
    elif told:
        sign, sentence = "parked", in_one_text(told)
        next_run_at = cut.run.until if cut.run is not None else next_run_at
    else:
        sign, sentence = ("waits", _waiting(known)) if waits else _calm(status)
    return Glance(
        sign=sign,
        sentence=sentence,
        holds=known.holds,
        approvals=known.approvals,
        last_run_at=status.as_shown(status.succeeded_at),
        next_run_at=next_run_at,
    )


def _unfinished(known: Figures) -> Unfinished:
    return Unfinished(run=one_in(known.parked), undos=many_in(known.undos_cut), comparison=one_in(known.comparison_cut))


def _calm(status: ClinicStatus) -> tuple[str, str]:
    if status.succeeded_at is None:
        return "new", "Nothing has run yet."
    return "well", "All is well: nothing waits for you."


def _waiting(known: Figures) -> str:
    parts = [
        f"{known.holds} {'record needs' if known.holds == 1 else 'records need'} an answer" if known.holds else "",
        f"{known.approvals} {'change waits' if known.approvals == 1 else 'changes wait'} for approval"
        if known.approvals
        else "",
    ]
    return " and ".join(part for part in parts if part).capitalize() + "."


def pulse(database: Database, clinic: str) -> str:
    """Return a text that is another one as soon as a page of the clinic would say something else."""
    known = figures(database, (clinic,), beat=STANDING)[clinic]
    return _pulse(status_of(clinic, known.beat), known)


def _pulse(status: ClinicStatus, known: Figures) -> str:
    at = status.succeeded_at
    ended = f"{known.trouble}|{known.parked}|{known.undos_cut}|{known.comparison_cut}|{known.journal_sequence}"
    return f"{status.state}|{status.sentence}|{ended}|{at and _minute(at)}"


def pulse_of_list(database: Database, clinics: Sequence[ClinicSettings]) -> str:
    """Return a text that is another one as soon as a line of the list of clinics would say something else."""
    return "|".join(
        f"{one.sign}|{one.sentence}|{one.holds}|{one.approvals}|{one.last_run_at and _minute(one.last_run_at)}"
        for one in glance(database, clinics).values()
    )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


@dataclass(slots=True, kw_only=True)
class Pulses:
    """The pulse of each clinic and list, looked up once in a while however many people look at its pages."""

    database: Database
    now: Callable[[], datetime]
    _kept: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, clinic: str) -> str:
        """Return a text that changes when a page of the clinic would."""
        return self._once(clinic, _FRESH, lambda: pulse(self.database, clinic))

    def of_list(self, clinics: Sequence[ClinicSettings]) -> str:
        """Return a text that changes when a list of these clinics would; somewhere in many something always changes."""
        names = "|".join(clinic.name for clinic in clinics)
        return self._once(f"list|{names}", _FRESH_LIST, lambda: f"{names}|{pulse_of_list(self.database, clinics)}")

    def _once(self, name: str, fresh: timedelta, look: Callable[[], str]) -> str:
        with self._lock:
            now, kept = self.now(), self._kept.get(name)
            if kept is None or not timedelta(0) <= now - kept[0] < fresh:
                self._kept[name] = kept = (now, look())
            return kept[1]
