"""Deliveries of signed webhooks: takes what is due out of the outbox, posts it, and keeps what came of it.

Each hook gets one attempt at a time, in the order in which things happened as long as it takes them; a hook that fails
holds up no other. At least once: what nobody can say arrived leaves again, under the id that it had.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ligament import __version__
from ligament.core.private import NOTHING
from ligament.engine.inline import guarded
from ligament.net.outward import OutwardRule
from ligament.net.session import Transport
from ligament.notifications.webhooks import Answer, Poster, Target
from ligament.ports.clocks import Clock
from ligament.service.delivery_crew import PARALLEL, Claim, Crew
from ligament.store.database.connection import Database
from ligament.store.database.errors import StoreError
from ligament.store.shared.deliveries import DEAD, DELIVERED, WAITING, Outbox
from ligament.store.shared.delivery_records import Attempt, Consequence, Delivery, Hook
from ligament.wiring.hook_secrets import HookSecrets

LEASE = timedelta(seconds=120)
"""For how long a process that no longer answers keeps a hook from the others."""
_PATIENCE = timedelta(seconds=60)
"""How long one claim is worked on, well within the lease."""
_IN_A_ROW = 3
"""After so many failures in a row a hook is left alone for a while, whatever else is due for it."""
_LONGEST_REST = timedelta(minutes=5)
_TIDY = timedelta(hours=1)
_LOOK_S = 0.25
"""How soon it looks again for what else is due while somebody is at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicHooks:
    """What delivering for one clinic needs: pauses between attempts, private networks, and the vault's secrets."""

    retry_seconds: tuple[int, ...]
    allowed: tuple[str, ...]
    secrets: Callable[[str], HookSecrets | None]


@dataclass(slots=True, kw_only=True)
class Deliverer:
    """Delivers for all clinics of an installation; `clinics` and `open_hooks` look at the present rulebooks.

    `told` hears after a pass which clinics have hooks that lost something or took something again.
    """

    database: Database
    clock: Clock
    clinics: Callable[[], Sequence[str]]
    open_hooks: Callable[[str], ClinicHooks]
    told: Callable[[str], None] = lambda _: None
    stops: Callable[[], bool] = lambda: False
    unexpected: Callable[[str, Exception], None] = lambda _hook, _error: None
    transport: Transport | None = None
    _tidied_at: datetime | None = field(default=None)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.database, self.clock.now)

    def run(self, wait: Callable[[], None]) -> None:
        """Deliver until asked to stop; `wait` pauses when nothing is due."""
        telling = threading.Lock()

        def serve(claim: Claim) -> None:
            def one(_name: str) -> None:
                if self._served(*claim).is_news:
                    with telling:
                        self.told(claim[0].clinic)

            guarded(one, self.unexpected)(claim[0].id)

        crew = Crew(serve=serve, now=self.clock.now, keeps=LEASE - _PATIENCE)

        def one_pass(_name: str) -> None:
            # A database that is away comes back; meanwhile nothing can be due.
            with suppress(StoreError):
                crew.take_on(self.outbox.claim(self.clinics(), LEASE))
                self._tidy()

        safely = guarded(one_pass, self.unexpected)
        while not self.stops():
            safely("deliveries")
            if crew.is_busy:
                crew.pause(_LOOK_S)
            else:
                wait()

    def once(self) -> int:
        """Take what is due now and try to deliver it; says how many attempts there were."""
        claimed = {hook.id: (hook, due) for hook, due in self.outbox.claim(self.clinics(), LEASE)}
        done: dict[str, _Served] = {}

        def serve(name: str) -> None:
            done[name] = self._served(*claimed[name])

        _side_by_side(guarded(serve, self.unexpected), list(claimed))
        for clinic in sorted({claimed[name][0].clinic for name, news in done.items() if news.is_news}):
            self.told(clinic)
        return sum(news.attempts for news in done.values())

    def _served(self, hook: Hook, due: tuple[Delivery, ...]) -> _Served:
        """Work on one hook. What ends in an error leaves it claimed: it is tried again when the claim has run out."""
        news = _Served()
        means = self.open_hooks(hook.clinic)
        secrets = means.secrets(hook.id)
        if secrets is not None:
            target = Target(
                url=hook.url,
                secrets=secrets.signing(self.clock.now()),
                header=hook.header,
                value=secrets.header if hook.header else NOTHING,
            )
            rule = OutwardRule(allowed=means.allowed)
            with closing(Poster(target, rule, self.clock, f"Ligament/{__version__}", self.transport)) as poster:
                for result in self._attempts(hook, due, poster, means.retry_seconds):
                    news = news.with_one(result)
        self.outbox.release(hook)
        return news

    def _attempts(
        self, hook: Hook, due: tuple[Delivery, ...], poster: Poster, pauses: tuple[int, ...]
    ) -> Iterator[tuple[Hook, Consequence]]:
        """Try one delivery after the other until the hook needs a rest, the time is over or somebody says stop."""
        began, failures = self.clock.now(), hook.failures
        for delivery in due:
            if self.stops() or self.clock.now() - began > _PATIENCE:
                return
            now, started = self.clock.now(), self.clock.monotonic_ms()
            answer = poster.post(delivery.webhook_id, int(now.timestamp()), delivery.body)
            ended = self.clock.now()
            consequence = judged(answer, delivery.attempts + 1, failures, pauses, ended)
            spent = self.clock.monotonic_ms() - started
            attempt = Attempt(at=ended, status=answer.status, reason=answer.reason, ms=spent)
            self.outbox.record(hook, delivery, attempt, consequence)
            failures = consequence.failures
            yield hook, consequence
            if consequence.pause_until is not None or consequence.ends_hook:
                return

    def _tidy(self) -> None:
        now = self.clock.now()
        if self._tidied_at is None or now - self._tidied_at > _TIDY:
            self._tidied_at = now
            self.outbox.tidy()


def _side_by_side(work: Callable[[str], None], names: list[str]) -> None:
    """Do the same for each name, some at a time; threads that an end of the process does not wait for."""
    waiting = deque(names)

    def take() -> None:
        while waiting:
            with suppress(IndexError):
                work(waiting.popleft())

    threads = [threading.Thread(target=take, name="deliveries", daemon=True) for _ in names[:PARALLEL]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """What came of one claim: how many attempts, and whether a person should hear of it."""

    attempts: int = 0
    is_news: bool = False

    def with_one(self, result: tuple[Hook, Consequence]) -> _Served:
        """Count one attempt; a dead letter is news, and so is a hook that takes something after it had failed."""
        hook, consequence = result
        works_again = consequence.state == DELIVERED and hook.failures > 0
        news = self.is_news or consequence.state == DEAD or consequence.ends_hook or works_again
        return _Served(attempts=self.attempts + 1, is_news=news)


def judged(answer: Answer, attempts: int, failures: int, pauses: Sequence[int], now: datetime) -> Consequence:
    """Return what becomes of a delivery after so many attempts; `failures` is how often its hook failed in a row."""
    if answer.is_taken:
        return Consequence(state=DELIVERED)
    failures += 1
    if answer.is_gone:
        return Consequence(state=DEAD, failures=failures, ends_hook=True)
    asked = timedelta(seconds=answer.retry_after_s)
    rest = _rest(failures, pauses)
    pause_until = now + max(rest, asked) if rest or asked else None
    if attempts > len(pauses):
        return Consequence(state=DEAD, failures=failures, pause_until=pause_until)
    due_at = now + max(timedelta(seconds=pauses[attempts - 1]), asked)
    return Consequence(state=WAITING, failures=failures, due_at=due_at, pause_until=pause_until)


def _rest(failures: int, pauses: Sequence[int]) -> timedelta:
    """Return how long a hook is left alone that failed so often in a row: longer each time, five minutes at most."""
    if failures < _IN_A_ROW or not pauses:
        return timedelta(0)
    return min(timedelta(seconds=pauses[min(failures - _IN_A_ROW, len(pauses) - 1)]), _LONGEST_REST)
