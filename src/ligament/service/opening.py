"""Opening an installation: the scheduler and its engine, for `sync --watch`, `serve` and `worker`."""

from __future__ import annotations

import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ligament.app.notices.notifier import configuration_notifier
from ligament.app.scheduled import compare_daily, compare_weekly
from ligament.app.setup.incoming_webhooks import webhook_paths
from ligament.engine.inline import InlineEngine, guarded
from ligament.engine.work import CannotStart, Engine
from ligament.ports.alerts import Alerts, silent
from ligament.service.asked_runs import start_asked_runs
from ligament.service.delivery_loop import start_deliveries
from ligament.service.health import AWAY, Metrics, health
from ligament.service.incoming import WebhookReceiver
from ligament.service.runner import ClinicRunner, RunReport, ignore_report
from ligament.service.scheduler import Scheduler, Wake, reloading
from ligament.service.stopping import StopSign
from ligament.store.database.connection import Database, assert_sound, open_database
from ligament.store.database.engines import owner_only
from ligament.store.database.errors import StoreError
from ligament.store.shared.heartbeats import executor_name
from ligament.wiring.ambient import random_hex
from ligament.wiring.clocks import SystemClock, clock_starting_at, need_same_time
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.prepared import prepare
from ligament.wiring.settings import Settings

ENGINE_FILE = "engine.db"
_SQLITE = "sqlite:///"
THREADS = 4
OnReport = Callable[[RunReport], None]


@dataclass(slots=True, kw_only=True)
class Service:
    """What the outside may ask of a running installation; every answer is ready to be sent."""

    place: Scheduler
    receiver: WebhookReceiver
    metrics: Metrics
    paths: tuple[str, ...] = field(default_factory=lambda: tuple(webhook_paths()))

    def webhook(self, path: str, header: Callable[[str], str], body: bytes) -> int:
        return self.receiver.receive(path, header, body)

    def health(self) -> tuple[int, dict[str, Any]]:
        """Return status and document of `/healthz`."""
        return health(self.place)

    def measured(self) -> tuple[int, bytes]:
        """Return status and text of `/metrics`."""
        try:
            return 200, self.metrics.text(self.place, self.receiver)
        except StoreError:
            return AWAY, b""


@contextmanager
def watching(
    settings: Settings,
    *,
    clinic: str | None,
    sign: StopSign,
    on_report: OnReport = ignore_report,
    alert: Alerts = silent,
) -> Iterator[Scheduler]:
    """Open what `sync --watch` runs: one clinic, inside this process."""
    only = settings.meant(clinic).name
    with _opened(settings) as database:
        runner = _runner(settings, database, sign, alert, on_report)
        yield Scheduler(runner=runner, engine=InlineEngine(), executor=executor_id(), only=(only,))


@contextmanager
def working(
    settings: Settings,
    *,
    sign: StopSign,
    on_report: OnReport = ignore_report,
    alert: Alerts = silent,
    threads: int = THREADS,
) -> Iterator[Scheduler]:
    """Open what `serve` and `worker` run: all clinics, with work queued in the database."""
    from ligament.engine.durable import SCHEMA, DurableEngine, QueuePlace  # noqa: PLC0415 - its library is slow to load

    with _opened(settings) as database:
        name = executor_id()
        # The engine's library would tell of missing rights in its own words.
        database.need_schema(SCHEMA)
        place = QueuePlace(url=engine_url(settings), executor=name, threads=threads, now=SystemClock().now)
        engine: Engine = DurableEngine(place)
        yield Scheduler(
            runner=_runner(settings, database, sign, alert, on_report),
            engine=engine,
            executor=name,
            wake=Wake(),
            reload=reloading(settings.home),
        )


@contextmanager
def door(
    settings: Settings, *, sign: StopSign, alert: Alerts = silent, on_report: OnReport = ignore_report
) -> Iterator[Service]:
    """Open what `serve` runs: everything, with a door to the outside."""
    metrics = Metrics()

    def hear(report: RunReport) -> None:
        metrics.hear(report)
        on_report(report)

    with working(settings, sign=sign, alert=alert, on_report=hear) as place:
        runner = place.runner
        receiver = WebhookReceiver(
            current=lambda: runner.settings, database=runner.database, now=runner.clock.now, wake=place.wake.now
        )
        yield Service(place=place, receiver=receiver, metrics=metrics)


def begin(place: Scheduler) -> threading.Thread:
    """Start an installation's engine and scheduler; raises ConfigurationError where the engine cannot run."""
    try:
        place.start(guarded(place.runner.take, place.runner.unexpected))
    except CannotStart as error:
        raise ConfigurationError((str(error),)) from None
    for clinic, sentence in place.runner.settings.broken.items():
        place.say_once(clinic.stem, "configuration", sentence)
    thread = threading.Thread(target=_to_its_end(place, place.run), name="scheduler", daemon=True)
    thread.start()
    start_deliveries(place)
    start_asked_runs(place.runner, lambda: place.clinics)
    return thread


def _to_its_end(place: Scheduler, run: Callable[[], None]) -> Callable[[], None]:
    """Return what a thread runs without which the service would only seem to be one: when it ends, the process does."""

    def body() -> None:
        try:
            run()
        finally:
            if not place.sign.is_set():
                place.ended = threading.current_thread().name
                place.sign.stop()
                os.kill(os.getpid(), signal.SIGTERM)

    return body


def need_shared_database(settings: Settings) -> None:
    """Raise ConfigurationError where a further worker makes no sense."""
    if settings.database_url.startswith("sqlite"):
        complaint = (
            "A SQLite database has one worker only, the one inside `ligament serve` or `ligament sync --watch`. "
            "For further workers set LIGAMENT_DATABASE_URL to a PostgreSQL database."
        )
        raise ConfigurationError((complaint,))


def executor_id() -> str:
    """Return a name that no other process ever has."""
    return executor_name(f"{platform.node()}-{os.getpid()}-{random_hex(4)}")


def engine_url(settings: Settings) -> str:
    """Return where the queue is kept: beside the database, in a file or a schema of its own."""
    url = settings.database_url
    if url.startswith("sqlite"):
        owner_only(settings.home / ENGINE_FILE)
        return f"sqlite:///{settings.home / ENGINE_FILE}"
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    prepare()
    if settings.database_url.startswith(_SQLITE):
        assert_sound(Path(settings.database_url.removeprefix(_SQLITE)))
    database = open_database(settings.database_url)
    try:
        need_same_time(database, SystemClock().now)
        yield database
    finally:
        database.close()


def _runner(settings: Settings, database: Database, sign: StopSign, alert: Alerts, on_report: OnReport) -> ClinicRunner:
    calendar = clock_starting_at(settings.now) if settings.now is not None else SystemClock()
    ring = configuration_notifier(settings, database, calendar.now)

    def told(kind: str, clinic: str, sentence: str) -> None:
        alert(kind, clinic, sentence)
        ring(kind, clinic, sentence)

    return ClinicRunner(
        settings=settings,
        database=database,
        sign=sign,
        alert=told,
        on_report=on_report,
        calendar=calendar,
        jobs={"daily": compare_daily, "weekly": compare_weekly},
    )
