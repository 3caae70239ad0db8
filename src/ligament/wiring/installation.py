"""The part of vault and journal that belongs to no clinic: users, sign-ins, tokens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from ligament.store.database.connection import Database
from ligament.store.journal.headfile import HeadFile
from ligament.store.journal.journal import Journal, Provenance
from ligament.store.vault.vault import INSTALLATION, Vault
from ligament.wiring.ambient import random_bytes
from ligament.wiring.clinic import Clinic
from ligament.wiring.settings import Settings
from ligament.wiring.vault_rotation import settled_key

_HEAD = "journal-installation.head"


def installation_journal(
    database: Database, vault: Vault, home: Path, provenance: Provenance, now: Callable[[], datetime]
) -> Journal:
    """Return the journal of the installation, over its vault."""
    return Journal(database, vault, provenance, now, HeadFile(home / _HEAD))


def journal_beside(clinic: Clinic) -> Journal:
    """Return the journal of the installation that a clinic belongs to."""
    who = Provenance(actor=clinic.outside.actor, source=clinic.outside.source)
    return journal_of_home(clinic.home_settings, clinic.database, who, clinic.clock.now)


def journal_of_home(
    settings: Settings, database: Database, provenance: Provenance, now: Callable[[], datetime]
) -> Journal:
    """Return the journal of the installation in a home."""
    vault = Vault(database, INSTALLATION, settled_key(settings, database, now), random_bytes, now)
    return installation_journal(database, vault, settings.home, provenance, now)
