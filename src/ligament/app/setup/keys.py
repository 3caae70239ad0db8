"""Keys of the connected systems: which there are, and replacing one; what a key is never leaves the vault."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ligament.app.documents import Document
from ligament.app.setup.connect import connect_system
from ligament.app.setup.connections import KEY_WORDS
from ligament.app.setup.incoming_webhooks import secret as webhook_key
from ligament.connectors.registry import players
from ligament.core.notes import key_replaced_note
from ligament.core.periods import iso_instant
from ligament.net.manifest import Manifest
from ligament.store.journal.journal import Note
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

WEBHOOKS = "webhooks"
"""Stands in the place of a system for the key that signs what the books send us."""
_OPEN = {"client_id"}


def kept_keys(clinic: Clinic) -> list[Document]:
    """Tell every key with where it comes from and when it was replaced; no key is in it."""
    own = (clinic.practice_manifest, clinic.books_manifest, *players("audience"))
    books = clinic.books_manifest
    hook = [f"{books.name}/{books.webhooks['setting']}"] if books.webhooks else []
    asked = [f"{manifest.name}/{name}" for manifest in own for name in manifest.sign_in.asks]
    kept = clinic.vault.several([*asked, *hook]).keys()
    told = [_system(clinic, manifest, kept) for manifest in own]
    if books.webhooks:
        told.append(
            {
                "system": WEBHOOKS,
                "title": f"Webhooks of {books.title}",
                "where": f"In the app at {books.title}: Webhooks. The address to enter there ends in "
                f"{books.webhooks['path']}.",
                "asks": [_key(clinic, books, books.webhooks["setting"], "Signing key", kept)],
                "replaced_at": clinic.store.note(key_replaced_note(WEBHOOKS)),
            }
        )
    return told


def _system(clinic: Clinic, manifest: Manifest, kept: Collection[str]) -> Document:
    return {
        "system": manifest.name,
        "title": manifest.title,
        "where": manifest.sign_in.where,
        "asks": [_key(clinic, manifest, name, KEY_WORDS.get(name, name), kept) for name in manifest.sign_in.asks],
        "replaced_at": clinic.store.note(key_replaced_note(manifest.name)),
    }


def _key(clinic: Clinic, manifest: Manifest, name: str, words: str, kept: Collection[str]) -> Document:
    variable = manifest.environment[name]
    is_given = clinic.home_settings.values.get(variable) is not None
    is_kept = f"{manifest.name}/{name}" in kept
    return {
        "name": name,
        "words": words,
        "variable": variable,
        "from": "environment" if is_given else "vault" if is_kept else "missing",
        "is_secret": name not in _OPEN,
    }


def replace_key(clinic: Clinic, system: str, typed: Mapping[str, str]) -> Document:
    """Check new keys with the system itself and keep them; an empty one stays as it is.

    Nothing that worked before is lost when the new ones do not work. Raises ConfigurationError where nothing was typed,
    and the port errors when the system refuses.
    """
    given = {name: value.strip() for name, value in typed.items() if value.strip()}
    if not given:
        raise ConfigurationError(("Type the new key. Nothing was changed.",))
    if system == WEBHOOKS:
        clinic.vault.put(webhook_key(clinic.books_manifest), given[clinic.books_manifest.webhooks["setting"]])
        document: Document = {"title": f"Webhooks of {clinic.books_manifest.title}", "account": "", "warnings": []}
    else:
        document = connect_system(clinic, system, lambda question: _answer(question, given)).document
    clinic.store.keep_note(key_replaced_note(system), iso_instant(clinic.clock.now()))
    with clinic.journal.writing() as writing:
        writing.add(Note(kind="key_replaced", public={"system": system, "keys": sorted(given)}))
    return document


def _answer(question: str, given: Mapping[str, str]) -> str:
    """Return what was typed for a question, which ends with the name of the setting in words."""
    asked = question.casefold().replace(" ", "_")
    return next((value for name, value in given.items() if asked.endswith(name)), "")
