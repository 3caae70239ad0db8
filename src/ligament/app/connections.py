"""Connections of a clinic and the calls left, from what is kept; nothing is called.

Whether a system is connected is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Container, Mapping

from ligament.app.documents import Document
from ligament.core.notes import PAUSED_NOTE
from ligament.net.manifest import Manifest
from ligament.wiring.allowances import calls_left
from ligament.wiring.clinic import Clinic, credentials_of


def connections(clinic: Clinic) -> list[Document]:
    """Tell each system with whether it is connected, and how many calls it told us are left."""
    both = (clinic.practice_manifest, clinic.books_manifest)
    held = credentials_of(clinic, both)
    left = calls_left(clinic.database, clinic.settings.name, [manifest.name for manifest in both])
    is_paused = bool(clinic.store.note(PAUSED_NOTE))
    return [
        {
            "system": manifest.name,
            "role": manifest.role,
            **standing(clinic, manifest, held[manifest.name], is_paused=is_paused),
            "limits_left": left[manifest.name],
        }
        for manifest in both
    ]


def standing(clinic: Clinic, manifest: Manifest, held: Mapping[str, object], *, is_paused: bool) -> Document:
    """Tell whether a system is connected, which is: somebody signed in, and its clinic does not wait for a person."""
    has_signed_in = is_signed_in(clinic, manifest, held)
    return {"connected": has_signed_in and not is_paused, "paused": has_signed_in and is_paused}


def is_signed_in(clinic: Clinic, manifest: Manifest, held: Container[str]) -> bool:
    """Say whether a system was signed in to: with all that it asks for, or by a person who consented in the browser."""
    if all(name in held for name in manifest.sign_in.asks):
        return True
    asks, note = manifest.sign_in.browser_asks, manifest.webhooks.get("organisation_note", "")
    return bool(asks and note) and all(name in held for name in asks) and bool(clinic.store.note(note))
