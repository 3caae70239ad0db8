"""Delivery loop: what delivers for the clinics of an installation, beside the scheduler or once after a single run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ligament.app.notices.addresses import has_addresses
from ligament.app.notices.notifier import notifier_of
from ligament.app.notices.wording import seen_deliveries
from ligament.ports.clocks import Clock
from ligament.service.deliveries import ClinicHooks, Deliverer
from ligament.service.scheduler import Scheduler
from ligament.store.database.connection import Database
from ligament.store.database.errors import StoreError
from ligament.store.shared.deliveries import Outbox
from ligament.store.vault.vault import Vault
from ligament.wiring.ambient import random_bytes
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.hook_secrets import kept_secrets
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings
from ligament.wiring.vault_rotation import settled_key

PAUSE_S = 0.25
"""How long it waits before it looks again. A look costs one question to an index; a second's wait was half of the time
that an event was on its way."""
_AT_THE_END_S = 5
"""How long a single run goes on delivering; what is left waits for the next run, or for a service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """What delivering takes from an installation; `chosen` gives a clinic with its rulebook as it is now."""

    settings: Callable[[], Settings]
    database: Database
    clock: Clock
    chosen: Callable[[str], ClinicSettings]

    def hooks(self, name: str) -> ClinicHooks:
        """Return what delivering for one clinic needs."""
        try:
            book = self.chosen(name).rulebook
        except (ConfigurationError, OSError):
            # A rulebook that somebody broke stops no delivery: what it said before still holds.
            book = self.settings().clinic(name).rulebook
        key = settled_key(self.settings(), self.database, self.clock.now)
        vault = Vault(self.database, name, key, random_bytes, self.clock.now)
        return ClinicHooks(
            retry_seconds=book.hooks.retry_seconds,
            allowed=book.hooks.allow_private,
            secrets=partial(kept_secrets, vault),
        )

    def tell(self, name: str) -> None:
        """Alert people to what could not be delivered, and that it works again."""
        chosen = self.settings().clinic(name)
        if has_addresses(chosen):
            lost = Outbox(self.database, self.clock.now).troubled(name)
            bell = notifier_of(self.settings(), chosen, self.database, self.clock.now)
            bell.ring(seen_deliveries(name, lost))


def start_deliveries(place: Scheduler) -> threading.Thread:
    """Deliver beside the scheduler until it is asked to stop."""
    runner = place.runner
    means = _Means(
        settings=lambda: runner.settings, database=runner.database, clock=runner.clock, chosen=runner.clinic
    )  # fmt: skip
    deliverer = Deliverer(
        database=runner.database,
        clock=runner.clock,
        clinics=lambda: place.clinics,
        open_hooks=means.hooks,
        told=means.tell,
        stops=runner.sign.is_set,
        unexpected=lambda what, error: runner.alert("broken", what, f"Not delivered: {type(error).__name__}. Tell us."),
    )
    thread = threading.Thread(
        target=deliverer.run, args=(lambda: runner.sign.wait(PAUSE_S),), name="deliveries", daemon=True
    )
    thread.start()
    return thread


def deliver_now(clinic: Clinic) -> None:
    """Deliver what one run has left to be told, for some seconds; nothing of it changes what the run came to."""
    with suppress(StoreError):
        clock = SystemClock()
        if not Outbox(clinic.database, clock.now).hooks(clinic.journal.clinic):
            return
        until = clock.monotonic_ms() + _AT_THE_END_S * 1000
        means = _Means(
            settings=lambda: clinic.home_settings,
            database=clinic.database,
            clock=clock,
            chosen=lambda _: clinic.settings,
        )
        deliverer = Deliverer(
            database=clinic.database,
            clock=clock,
            clinics=lambda: [clinic.journal.clinic],
            open_hooks=means.hooks,
            told=means.tell,
            stops=lambda: clock.monotonic_ms() > until,
        )
        while deliverer.once() and not deliverer.stops():
            pass
