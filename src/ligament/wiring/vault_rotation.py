"""The key of the vault in its file: making one, and changing it so that a power cut at any moment loses nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ligament.exports.synced import synced
from ligament.store.database.connection import Database
from ligament.store.database.errors import WrongKey
from ligament.store.vault.vault import INSTALLATION, Vault
from ligament.wiring.ambient import random_bytes
from ligament.wiring.fresh_files import replace_fresh
from ligament.wiring.settings import Settings
from ligament.wiring.vault_keys import KEY_FILE, NEXT_KEY_FILE

Now = Callable[[], datetime]


def settled_key(settings: Settings, database: Database, now: Now) -> bytes:
    """Return the key that fits the database, and finish a change of keys that was cut off after the database turned.

    Raises WrongKey when neither the key nor the one prepared for the change fits.
    """
    if settings.next_vault_key is None or opens_all(settings, database, settings.vault_key, now):
        return settings.vault_key
    if not opens_all(settings, database, settings.next_vault_key, now):
        return settings.vault_key
    put_in_force(settings.home)
    return settings.next_vault_key


def opens_all(settings: Settings, database: Database, key: bytes, now: Now) -> bool:
    """Say whether the key opens what is kept for every clinic of the home, and for the installation itself."""
    try:
        for name in (*(clinic.name for clinic in settings.clinics), INSTALLATION):
            Vault(database, name, key, random_bytes, now).check()
    except WrongKey:
        return False
    return True


def prepare(home: Path, key: bytes) -> None:
    """Write the key that comes next beside the present one, durably, before anything is encrypted with it."""
    replace_fresh(home / NEXT_KEY_FILE, base64.b64encode(key).decode("ascii") + "\n")


def put_in_force(home: Path) -> None:
    """Put the prepared key in the place of the former one; when another process did so already, that is fine."""
    try:
        (home / NEXT_KEY_FILE).replace(home / KEY_FILE)
    except FileNotFoundError:
        return
    synced(home)
