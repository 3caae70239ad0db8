"""Webhooks: whether they are genuine, whom they are about, and keeping them before they are answered."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ligament.connectors.registry import manifests, webhooks_of
from ligament.core.private import Private
from ligament.net.manifest import Manifest
from ligament.ports.connector import WebhookHint
from ligament.store.engine import Database
from ligament.store.errors import StoreError
from ligament.store.hints import DONE, NOBODY, REFUSED, WAITING, Arrived, Hints
from ligament.store.vault import Vault
from ligament.wiring.app import App, Verdict
from ligament.wiring.settings import Settings

GOOD, FORGED, NOT_KEPT, NO_SUCH = 200, 401, 503, 404
_KEYS_KEPT = timedelta(seconds=10)


def hooked() -> dict[str, Manifest]:
    """Return the systems that call us, by the path they call."""
    return {manifest.webhooks["path"]: manifest for manifest in manifests() if manifest.webhooks.get("path")}


@dataclass(slots=True, kw_only=True)
class Doorman:
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
        manifest = hooked().get(path)
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
        kept = (self._vault(name).get(_secret(manifest)) for name in sorted(names))
        return [Private(key) for key in dict.fromkeys(key for key in kept if key)]

    def _vault(self, clinic: str) -> Vault:
        return Vault(self.database, clinic, self.settings.vault_key, secrets.token_bytes, self.now)

    def _keep(self, manifest: Manifest, events: Iterable[WebhookHint]) -> int:
        """Keep events for the clinics connected to their organisations; others are kept as refused."""
        hints = Hints(self.database, self.now)
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

    def _owners(self, manifest: Manifest, hints: Hints) -> Mapping[str, tuple[str, ...]]:
        """Return which clinics are connected to each organisation."""
        ours = {clinic.name for clinic in self.settings.clinics}
        found: dict[str, tuple[str, ...]] = {}
        for clinic, organisation in hints.clinics_by_note(manifest.webhooks["organisation_note"]).items():
            if clinic in ours and organisation:
                found[organisation.lower()] = (*found.get(organisation.lower(), ()), clinic)
        return found


# --- setting it up ----------------------------------------------------------------------------------------------------


def webhooks(app: App, *, address: str, ask: Callable[[str], str] | None = None) -> Verdict:
    """Say what to enter at the vendor, keep the signing key that is asked for, and tell whether events arrived."""
    clinic = app.clinic
    manifest = clinic.books_manifest
    from_environment = manifest.environment[manifest.webhooks["setting"]] in clinic.home_settings.values
    if ask is not None and not from_environment:
        key = ask(f"Webhook signing key of {manifest.title} (empty: keep what there is): ").strip()
        if key:
            clinic.vault.put(_secret(manifest), key)
    hints = Hints(clinic.database, clinic.clock.now)
    told = hints.told(clinic.settings.name)
    strangers = hints.told(NOBODY).get(REFUSED, (0, ""))
    newest = max((at for _, at in told.values()), default="")
    document = {
        "system": manifest.title,
        "address": address.rstrip("/") + manifest.webhooks["path"],
        "key": "environment" if from_environment else "vault" if clinic.vault.get(_secret(manifest)) else "missing",
        "organisation": clinic.store.note(manifest.webhooks["organisation_note"]),
        "waiting": told.get(WAITING, (0, ""))[0],
        "done": told.get(DONE, (0, ""))[0],
        "newest": newest,
        "strangers": strangers[0],
        "events": ["Contacts", "Invoices", "Credit notes"],
    }
    return Verdict(document=document, code=0 if newest else 1)


def _secret(manifest: Manifest) -> str:
    return f"{manifest.name}/{manifest.webhooks['setting']}"
