"""Connections of a clinic as a form asks for them: what each system needs, and what is given or kept already."""

from __future__ import annotations

from collections.abc import Container, Mapping

from ligament.app.connections import deciding_notes, is_signed_in
from ligament.app.documents import Document
from ligament.net.manifest import Manifest
from ligament.wiring.clinic import Clinic, credentials_of

KEY_WORDS = {"key": "API key", "client_id": "Client ID", "client_secret": "Client secret"}


def systems_asked(clinic: Clinic) -> list[Document]:
    """Return both systems, the practice first; no secret is in it."""
    both = (clinic.practice_manifest, clinic.books_manifest)
    held, notes = credentials_of(clinic, both), deciding_notes(clinic, both)
    return [_system(clinic, manifest, held[manifest.name], notes) for manifest in both]


def field_name(system: str, name: str) -> str:
    """Return what the field of a form is called that asks for one setting of a system."""
    return f"{system}_api_key" if name == "key" else name


def _system(clinic: Clinic, manifest: Manifest, held: Container[str], notes: Mapping[str, str]) -> Document:
    given = clinic.home_settings.values
    asks = [
        {
            "field": field_name(manifest.name, name),
            "words": f"{manifest.title} {KEY_WORDS.get(name, name)}",
            "is_given": given.get(manifest.environment[name]) is not None,
            "variable": manifest.environment[name],
            "is_secret": name != "client_id",
            "is_needed": not manifest.sign_in.browser_asks or name in manifest.sign_in.browser_asks,
        }
        for name in manifest.sign_in.asks
    ]
    return {
        "name": manifest.name,
        "title": manifest.title,
        "where": manifest.sign_in.where,
        "by_consent": bool(manifest.sign_in.browser_asks),
        "asks": asks,
        "connected": is_signed_in(manifest, held, notes),
    }
