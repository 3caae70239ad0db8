"""Connections of a clinic and the calls left, from what is kept; nothing is called.

Whether a system is connected is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

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
    notes = deciding_notes(clinic, both)
    return [
        {
            "system": manifest.name,
            "role": manifest.role,
            **standing(manifest, held[manifest.name], notes),
            "limits_left": left[manifest.name],
        }
        for manifest in both
    ]


def deciding_notes(clinic: Clinic, manifests: Iterable[Manifest], *beside: str) -> Mapping[str, str]:
    """Return what decides, beside what is kept of sign-ins, whether systems are connected; and other notes with it."""
    consents = [manifest.webhooks.get("organisation_note", "") for manifest in manifests]
    return clinic.store.notes([PAUSED_NOTE, *filter(None, consents), *beside])


def standing(manifest: Manifest, held: Container[str], notes: Mapping[str, str]) -> Document:
    """Tell whether a system is connected, which is: somebody signed in, and its clinic does not wait for a person."""
    has_signed_in, is_paused = is_signed_in(manifest, held, notes), bool(notes.get(PAUSED_NOTE))
    return {"connected": has_signed_in and not is_paused, "paused": has_signed_in and is_paused}


def is_signed_in(manifest: Manifest, held: Container[str], notes: Mapping[str, str]) -> bool:
    """Say whether a system was signed in to: with all that it asks for, or by a person who consented in the browser."""
    if all(name in held for name in manifest.sign_in.asks):
        return True
    asks, note = manifest.sign_in.browser_asks, manifest.webhooks.get("organisation_note", "")
    return bool(asks and note) and all(name in held for name in asks) and bool(notes.get(note))
