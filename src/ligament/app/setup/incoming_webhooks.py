"""Incoming webhooks: what to enter at a system so that its events arrive, and whether they do."""

from __future__ import annotations

from collections.abc import Callable

from ligament.app.results import Result
from ligament.connectors.registry import manifests
from ligament.net.manifest import Manifest
from ligament.store.shared.webhook_events import DONE, NOBODY, REFUSED, WAITING, WebhookEvents
from ligament.wiring.clinic import Clinic


def webhook_paths() -> dict[str, Manifest]:
    """Return the systems that call us, by the path they call."""
    return {manifest.webhooks["path"]: manifest for manifest in manifests() if manifest.webhooks.get("path")}


def webhooks(clinic: Clinic, *, address: str, ask: Callable[[str], str] | None = None) -> Result:
    """Say what to enter at the vendor, keep the signing key that is asked for, and tell whether events arrived."""
    manifest = clinic.books_manifest
    from_environment = manifest.environment[manifest.webhooks["setting"]] in clinic.home_settings.values
    if ask is not None and not from_environment:
        key = ask(f"Webhook signing key of {manifest.title} (empty: keep what there is): ").strip()
        if key:
            clinic.vault.put(secret(manifest), key)
    hints = WebhookEvents(clinic.database, clinic.clock.now)
    told = hints.told(clinic.settings.name)
    strangers = hints.told(NOBODY).get(REFUSED, (0, ""))
    newest = max((at for _, at in told.values()), default="")
    document = {
        "system": manifest.title,
        "address": address.rstrip("/") + manifest.webhooks["path"],
        "key": "environment" if from_environment else "vault" if clinic.vault.get(secret(manifest)) else "missing",
        "organisation": clinic.store.note(manifest.webhooks["organisation_note"]),
        "waiting": told.get(WAITING, (0, ""))[0],
        "done": told.get(DONE, (0, ""))[0],
        "newest": newest,
        "strangers": strangers[0],
        "events": ["Contacts", "Invoices", "Credit notes"],
    }
    return Result(document=document, code=0 if newest else 1)


def secret(manifest: Manifest) -> str:
    """Return the name under which the vault keeps a system's signing key."""
    return f"{manifest.name}/{manifest.webhooks['setting']}"
