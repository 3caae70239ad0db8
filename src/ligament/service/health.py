"""What machines ask: is it alive, how does each clinic stand, and how much was done."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ligament.engine.schedule import ClinicStatus, State
from ligament.service.incoming import WebhookReceiver
from ligament.service.runner import RunReport
from ligament.service.scheduler import STALLED, Scheduler
from ligament.store.database.errors import StoreError
from ligament.store.queries.figures import figures

ALIVE, AWAY = 200, 503
_OF_CLINICS = (
    ("open_holds", "Records that wait for an answer.", ()),
    ("waiting_approvals", "Changes that wait for approval.", ()),
    ("last_success_timestamp_seconds", "When a turn last succeeded; 0 when none has.", ()),
    ("journal_head_info", "Number and hash of the newest entry of the journal.", ("sequence", "hash")),
)
_BUCKETS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


def _shown(status: ClinicStatus, instant: datetime | None) -> str | None:
    """Return one of its instants on the clinics' calendar, which all other answers are dated by."""
    at = status.as_shown(instant)
    return at.isoformat() if at is not None else None


def health(place: Scheduler) -> tuple[int, dict[str, Any]]:
    """Return 200 while the database answers and the scheduler ticks; what waits for a person is no reason for 503."""
    now = place.runner.clock.now()
    ticked = place.ticked_at
    ticking = ticked is not None and now - ticked < STALLED
    document: dict[str, Any] = {"status": "ok", "executor": place.executor, "scheduler": "ok" if ticking else "stalled"}
    try:
        statuses = place.statuses()
        document["database"] = "ok"
    except StoreError as trouble:
        return AWAY, {**document, "status": "down", "database": trouble.sentence, "clinics": []}
    document["clinics"] = [
        {
            "clinic": status.clinic,
            "state": status.state.value,
            "sentence": status.sentence,
            "succeeded_at": _shown(status, status.succeeded_at),
            "not_before": _shown(status, status.not_before),
        }
        for status in statuses
    ]
    if any(status.state is not State.READY for status in statuses):
        document["status"] = "attention"
    if not ticking:
        document["status"] = "down"
    return (ALIVE if ticking else AWAY), document


@dataclass(slots=True)
class Metrics:
    """Counts for this process, as Prometheus reads them; no label ever names a person."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    _runner: Counter = field(init=False)
    _seconds: Histogram = field(init=False)
    _calls: Counter = field(init=False)
    _clinics: Gauge = field(init=False)
    _hooks: Gauge = field(init=False)
    _of_clinics: dict[str, Gauge] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._runner = Counter("ligament_turns", "Turns by how they ended.", ["outcome"], registry=self.registry)
        self._seconds = Histogram(
            "ligament_turn_seconds", "Duration of turns.", buckets=_BUCKETS, registry=self.registry
        )
        self._calls = Counter(
            "ligament_calls", "Calls to outside systems.", ["system", "method"], registry=self.registry
        )
        self._clinics = Gauge("ligament_clinics", "Clinics by state.", ["state"], registry=self.registry)
        self._hooks = Gauge("ligament_webhook_events", "Webhook events by fate.", ["fate"], registry=self.registry)
        self._of_clinics = {
            name: Gauge(f"ligament_{name}", told, ["clinic", *more], registry=self.registry)
            for name, told, more in _OF_CLINICS
        }

    def hear(self, report: RunReport) -> None:
        """Count a turn."""
        self._runner.labels(report.outcome).inc()
        self._seconds.observe(report.seconds)
        for system, made in report.document.get("calls", {}).items():
            for method, count in made.items():
                self._calls.labels(system, method).inc(count)

    def text(self, place: Scheduler, receiver: WebhookReceiver) -> bytes:
        """Return everything in Prometheus' text format; raises StoreError when the database is away."""
        statuses = place.statuses()
        with self._lock:
            for state in State:
                self._clinics.labels(state.value).set(sum(1 for one in statuses if one.state is state))
            for fate in ("accepted", "ignored", "refused", "forged", "not_kept"):
                self._hooks.labels(fate).set(receiver.counts[fate])
            self._count_clinics(place, statuses)
            return generate_latest(self.registry)

    def _count_clinics(self, place: Scheduler, statuses: list[ClinicStatus]) -> None:
        """Say for each clinic, by its id, what waits, when it last succeeded and where its journal ends."""
        ids = {clinic.name: clinic.id for clinic in place.runner.settings.clinics}
        known = figures(place.runner.database, ids)
        for gauge in self._of_clinics.values():
            gauge.clear()
        for status in statuses:
            key, found = ids[status.clinic], known[status.clinic]
            at = status.succeeded_at
            self._of_clinics["open_holds"].labels(key).set(found.holds)
            self._of_clinics["waiting_approvals"].labels(key).set(found.approvals)
            self._of_clinics["last_success_timestamp_seconds"].labels(key).set(at.timestamp() if at else 0)
            self._of_clinics["journal_head_info"].labels(key, str(found.journal_sequence), found.journal_hash).set(1)
