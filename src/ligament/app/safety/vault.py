"""Vault: looking at the key of the vault, and changing it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from ligament.app.results import Result
from ligament.app.safety.at_work import busy_s, must_be_idle
from ligament.store.database.connection import Database, open_database
from ligament.store.database.errors import WrongKey
from ligament.store.vault.cipher import KEY_BYTES
from ligament.store.vault.vault import INSTALLATION, Vault
from ligament.wiring import vault_rotation
from ligament.wiring.ambient import environment, random_bytes
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import alone
from ligament.wiring.settings import Settings, load_settings
from ligament.wiring.vault_keys import KEY_FILE

_PATIENCE_MS = 2_000
_ROTATION = "a change of the key"


_DONE = "Everything in the vault is encrypted with the new key."


_FROM_ENVIRONMENT = (
    "The key of the vault comes from LIGAMENT_VAULT_KEY, so it is changed where that is set. Make a new one "
    "(`openssl rand -base64 32`), set it as LIGAMENT_VAULT_KEY_NEW beside the present one, run "
    "`ligament vault --rotate` again, then set LIGAMENT_VAULT_KEY to the new one and take LIGAMENT_VAULT_KEY_NEW away."
)


def rotate_key(home: Path | None = None, *, rotate: bool, environ: Mapping[str, str] | None = None) -> Result:
    """Say whether the vault opens or, with `rotate`, encrypt everything of the home under a new key.

    The order is safe: the new key is in its file before the database turns to it, and the database turns at once.
    """
    environ = environment(environ)
    settings = load_settings(home=home, environ=environ, may_be_empty=True)
    from_environment = bool(environ.get("LIGAMENT_VAULT_KEY"))
    database = open_database(settings.database_url)
    try:
        if not rotate:
            return _looked(settings, database)
        if from_environment and settings.next_vault_key is None:
            raise ConfigurationError((_FROM_ENVIRONMENT,))
        with ExitStack() as locks:
            for name in (*(clinic.name for clinic in settings.clinics), _ROTATION):
                locks.enter_context(alone(settings.home, name, SystemClock().pause_ms, _PATIENCE_MS))
            must_be_idle(busy_s(database), "with this key")
            # Read anew: another change of the key may have ended while this one waited for its turn.
            settings = load_settings(home=home, environ=environ, may_be_empty=True)
            return _rotated(settings, database, from_environment=from_environment)
    finally:
        database.close()


def _looked(settings: Settings, database: Database) -> Result:
    _must_open(settings, database, vault_rotation.settled_key(settings, database, SystemClock().now))
    return Result(document={"sentence": "The vault opens with the present key."})


def _must_open(settings: Settings, database: Database, key: bytes) -> None:
    if not vault_rotation.opens_all(settings, database, key, SystemClock().now):
        raise WrongKey(
            "The vault key is not the one that the clinic's secrets were kept with. "
            "Put back the file vault.key, or the key in LIGAMENT_VAULT_KEY, that was used before."
        )


def _rotated(settings: Settings, database: Database, *, from_environment: bool) -> Result:
    """Change the key: prepare it, turn the database, put it in force."""
    now = SystemClock().now
    present = vault_rotation.settled_key(settings, database, now)
    _must_open(settings, database, present)
    vault = Vault(database, INSTALLATION, present, random_bytes, now)
    if from_environment:
        assert settings.next_vault_key is not None
        if present != settings.next_vault_key:
            vault.rotate(settings.next_vault_key)
        sentence = f"{_DONE} Set LIGAMENT_VAULT_KEY to it now and take LIGAMENT_VAULT_KEY_NEW away."
        return Result(document={"sentence": sentence})
    fresh = random_bytes(KEY_BYTES)
    vault_rotation.prepare(settings.home, fresh)
    vault.rotate(fresh)
    vault_rotation.put_in_force(settings.home)
    sentence = f"{_DONE} Backups made until now open with the former key only."
    return Result(document={"sentence": sentence, "key_file": str(settings.home / KEY_FILE)})
