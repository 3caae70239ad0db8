"""A running service in virtual time: the real scheduler, turns and webhook door over both simulators, nobody waits."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.calls import ENVIRONMENT, Stage
from benchmarks.clinic import RULEBOOK, Size
from benchmarks.clock import JumpingClock
from ligament.connectors.xero.simulator.webhooks import Delivery, Subscription, deliveries
from ligament.engine.work import Work
from ligament.service.incoming import WebhookReceiver
from ligament.service.runner import ClinicRunner
from ligament.service.scheduler import TICK_S, Scheduler
from ligament.service.stopping import StopSign
from ligament.store.database.connection import open_database
from ligament.wiring.settings import load_settings
from tests.support.mounting import mounted

HOOK_KEY = "benchmark signing key"
PATH = "/webhooks/xero"
MORNING = timedelta(hours=22)
"""From the start of the made-up world to eleven on a Monday morning, when the clinic is open."""
MILLISECOND = timedelta(milliseconds=1)


class _Sign(StopSign):
    """Pauses jump on the virtual clock."""

    clock: JumpingClock

    def wait(self, seconds: float) -> bool:
        self.clock.pause_ms(int(seconds * 1000))
        return self.is_set()


class _AtOnce:
    """An engine that takes a turn the moment it is queued."""

    def start(self, work: Work) -> None:
        self._work = work

    def submit(self, clinic: str) -> bool:
        self._work(clinic)
        return True

    def adopt(self, alive: Collection[str]) -> int:
        del alive
        return 0

    def tidy(self) -> None:
        return None

    def stop(self, patience_s: int) -> bool:
        del patience_s
        return True


@dataclass(slots=True)
class Service:
    """The installation at work; `at` runs something at an instant, `hear` says whether webhooks arrive at all."""

    stage: Stage
    place: Scheduler
    receiver: WebhookReceiver
    hear: bool
    random: random.Random
    woken: list[bool]
    subscription: Subscription = field(default_factory=lambda: Subscription(key=HOOK_KEY))
    _coming: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _number: int = 0
    _seen: Any = None

    @property
    def clock(self) -> JumpingClock:
        """Return the clock that everybody shares."""
        return self.stage.clock

    def at(self, moment: datetime, what: Callable[[], None]) -> None:
        """Let something happen at an instant, as soon as nobody is working."""
        self._number += 1
        heapq.heappush(self._coming, (moment, self._number, what))

    def run(self, is_over: Callable[[], bool], until: datetime) -> None:
        """Go on until it is over; raises TimeoutError at the instant by which it should have been."""
        while not is_over():
            if self.clock.now() > until:
                raise TimeoutError("a change never arrived")
            self._happen()
            self.place.tick()
            self._tell()
            if self.woken:
                self.woken.clear()
                continue
            following = self.clock.now() + timedelta(seconds=TICK_S)
            if self._coming:
                following = min(following, max(self._coming[0][0], self.clock.now()))
            self.clock.pause_ms(max((following - self.clock.now()) // MILLISECOND, 1))

    def _happen(self) -> None:
        while self._coming and self._coming[0][0] <= self.clock.now():
            heapq.heappop(self._coming)[2]()
            self._tell()

    def _tell(self) -> None:
        """Send what changed in the books, a moment later, as their webhooks do."""
        now, before = self.stage.books.world, self._seen
        self._seen = now
        if before is None or before is now or not self.hear:
            return
        self.subscription, posts = deliveries(before, now, self.subscription, at=self.clock.now())
        for post in posts:
            delay = timedelta(milliseconds=self.random.randint(200, 2_000))
            self.at(self.clock.now() + delay, lambda post=post: self._arrive(post))  # type: ignore[misc]

    def _arrive(self, post: Delivery) -> None:
        headers = {name.lower(): value for name, value in post.headers}
        self.receiver.receive(PATH, headers.__getitem__, post.body)


@contextmanager
def service(home: Path, size: Size, *, poll_s: int, daily_calls: int = 5000, hear: bool = True) -> Iterator[Service]:
    """Run a clinic's first cycle by hand, wait for the morning, and open the installation over it."""
    stage = Stage(home, size)
    text = RULEBOOK.replace("xero_daily_calls = 5000", f"xero_daily_calls = {daily_calls}\npoll_seconds = {poll_s}")
    (home / "ligament.toml").write_text(text, encoding="utf-8")
    stage.run()
    stage.later(MORNING)
    opened = load_settings(home=home, environ={**ENVIRONMENT, "XERO_WEBHOOK_KEY": HOOK_KEY})
    sign = _Sign()
    sign.clock = stage.clock
    database = open_database(opened.database_url)
    runner = ClinicRunner(
        settings=opened,
        database=database,
        sign=sign,
        clock=stage.clock,
        calendar=stage.clock,
        transports={"cliniko": mounted(stage.practice), "xero": mounted(stage.books)},
    )
    woken: list[bool] = []
    place = Scheduler(runner=runner, engine=_AtOnce(), executor="benchmark")
    receiver = WebhookReceiver(
        current=lambda: runner.settings, database=database, now=stage.clock.now, wake=lambda: woken.append(True)
    )
    place.start(runner.take)
    yield Service(stage=stage, place=place, receiver=receiver, hear=hear, random=random.Random(1), woken=woken)
    database.close()
