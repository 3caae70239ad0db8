"""Connections of a clinic and the calls left, from what is kept; nothing is called."""

from __future__ import annotations

from ligament.app.documents import Document
from ligament.core.notes import PAUSED_NOTE
from ligament.net.manifest import Manifest
from ligament.wiring.allowances import calls_left
from ligament.wiring.clinic import Clinic, credentials


def connections(clinic: Clinic) -> list[Document]:
    """Tell each system with whether we can sign in, and how many calls it told us are left."""
    both = (clinic.practice_manifest, clinic.books_manifest)
    left = calls_left(clinic.database, clinic.settings.name, [manifest.name for manifest in both])
    return [_one(clinic, manifest, left[manifest.name]) for manifest in both]


def _one(clinic: Clinic, manifest: Manifest, left: dict[str, int]) -> Document:
    has_signed_in = clinic.vault.get(f"{manifest.name}/tokens") is not None
    keys = [name for name in credentials(clinic, manifest) if not name.endswith("url")]
    is_known = bool(keys) and (manifest.role == "practice" or has_signed_in)
    return {
        "system": manifest.name,
        "role": manifest.role,
        "connected": is_known and not clinic.store.note(PAUSED_NOTE),
        "limits_left": left,
    }
