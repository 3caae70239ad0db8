"""Webhooks: whether they are genuine, whom they are about, and keeping them before they are answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ligament.app.setup.incoming_webhooks import secret, webhook_paths
from ligament.connectors.registry import webhooks_of
from ligament.core.private import Private
from ligament.net.manifest import Manifest
from ligament.ports.connector import WebhookHint
from ligament.store.database.connection import Database
from ligament.store.database.errors import StoreError
from ligament.store.shared.webhook_events import NOBODY, Arrived, WebhookEvents
from ligament.store.vault.vault import Vault
from ligament.wiring.ambient import random_bytes
from ligament.wiring.settings import Settings

GOOD, FORGED, NOT_KEPT, NO_SUCH = 200, 401, 503, 404
_KEYS_KEPT = timedelta(seconds=10)


@dataclass(slots=True, kw_only=True)
class WebhookReceiver:
    """Takes webhooks in; `wake` is told when something has to be done now. Safe to share between threads.

    `current` gives the settings as they are now, for clinics may be added while it works.
    """

    current: Callable[[], Settings]
    database: Database
    now: Callable[[], datetime]
    wake: Callable[[], None]
    counts: Counter[str] = field(default_factory=Counter)
    _keys: dict[str, tuple[datetime, tuple[Private[str], ...]]] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """Return the settings as they are now."""
        return self.current()

    def receive(self, path: str, header: Callable[[str], str], body: bytes) -> int:
        """Return how to answer a delivery: 200 once it is kept, 401 when its signature is wrong."""
        manifest = webhook_paths().get(path)
        if manifest is None:
            return NO_SUCH
        part = webhooks_of(manifest)
        signature = header(manifest.webhooks["signature_header"])
        try:
            # Every key is compared, so that the time taken does not tell which one came close.
            fits = [part.is_signed(body, signature, key) for key in self._signing_keys(manifest)]
            if not any(fits):
                self.counts["forged"] += 1
                return FORGED
            kept = self._keep(manifest, part.events_of(body))
        except StoreError:
            # Not kept, so not taken: the sender repeats it.
            self.counts["not_kept"] += 1
            return NOT_KEPT
        if kept:
            self.wake()
        return GOOD

    def _signing_keys(self, manifest: Manifest) -> tuple[Private[str], ...]:
        held = self._keys.get(manifest.name)
        now = self.now()
        if held is None or not timedelta(0) <= now - held[0] < _KEYS_KEPT:
            self._keys[manifest.name] = held = (now, tuple(self._found_keys(manifest)))
        return held[1]

    def _found_keys(self, manifest: Manifest) -> Iterable[Private[str]]:
        given = self.settings.values.get(manifest.environment.get(manifest.webhooks["setting"], ""))
        if given:
            return [given]
        names = {clinic.name for clinic in self.settings.clinics}
        kept = (self._vault(name).get(secret(manifest)) for name in sorted(names))
        return [Private(key) for key in dict.fromkeys(key for key in kept if key)]

    def _vault(self, clinic: str) -> Vault:
        return Vault(self.database, clinic, self.settings.vault_key, random_bytes, self.now)

    def _keep(self, manifest: Manifest, events: Iterable[WebhookHint]) -> int:
        """Keep events for the clinics connected to their organisations; others are kept as refused."""
        hints = WebhookEvents(self.database, self.now)
        owners = self._owners(manifest, hints)
        arrived: list[Arrived] = []
        for event in events:
            clinics = owners.get(event.tenant_id, ())
            self.counts["refused" if not clinics else "accepted" if event.kind else "ignored"] += 1
            if clinics and not event.kind:
                continue
            kind = event.kind or event.category
            arrived.extend(
                Arrived(clinic=clinic, kind=kind, resource=event.resource_id, tenant=event.tenant_id, at=event.at)
                for clinic in clinics or (NOBODY,)
            )
        hints.keep(arrived)
        return sum(1 for hint in arrived if hint.clinic != NOBODY)

    def _owners(self, manifest: Manifest, hints: WebhookEvents) -> Mapping[str, tuple[str, ...]]:
        """Return which clinics are connected to each organisation."""
        ours = {clinic.name for clinic in self.settings.clinics}
        found: dict[str, tuple[str, ...]] = {}
        for clinic, organisation in hints.clinics_by_note(manifest.webhooks["organisation_note"]).items():
            if clinic in ours and organisation:
                found[organisation.lower()] = (*found.get(organisation.lower(), ()), clinic)
        return found


# --- setting it up ----------------------------------------------------------------------------------------------------
