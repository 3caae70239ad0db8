"""Vault keys: the key of the vault, from the environment or its file."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path

from ligament.wiring.ambient import random_bytes
from ligament.wiring.errors import ConfigurationError

KEY_FILE = "vault.key"


NEXT_KEY_FILE = "vault.key.new"


_KEY_BYTES = 32


def vault_key(home: Path, environ: Mapping[str, str]) -> bytes:
    """Return the key of the vault: from the environment, else from its file, which is made when it is missing."""
    given = environ.get("LIGAMENT_VAULT_KEY")
    if given:
        return _decoded(given, "LIGAMENT_VAULT_KEY")
    file = home / KEY_FILE
    if file.is_file():
        return _decoded(file.read_text(encoding="ascii"), str(file))
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _was_in_use(home):
        sentence = f"{file}: the key of the vault is missing, and what is kept here cannot be read without it."
        raise ConfigurationError(
            (f"{sentence} Put your copy of it back, or set LIGAMENT_VAULT_KEY. No new one is made.",)
        )
    key = random_bytes(_KEY_BYTES)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return _decoded(file.read_text(encoding="ascii"), str(file))
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(base64.b64encode(key).decode("ascii") + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    return key


def _was_in_use(home: Path) -> bool:
    """Say whether a home has a database with something in it, or the head of a journal: both come after the key."""
    database = home / "ligament.db"
    return (database.is_file() and database.stat().st_size > 0) or any(home.glob("journal-*.head"))


def next_vault_key(home: Path, environ: Mapping[str, str]) -> bytes | None:
    """Return the key that a change of keys was begun with, from where the present one comes from, or nothing."""
    if environ.get("LIGAMENT_VAULT_KEY"):
        given = environ.get("LIGAMENT_VAULT_KEY_NEW")
        return _decoded(given, "LIGAMENT_VAULT_KEY_NEW") if given else None
    file = home / NEXT_KEY_FILE
    return _decoded(file.read_text(encoding="ascii"), str(file)) if file.is_file() else None


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise ConfigurationError((f"{where}: the vault key must be 32 bytes in base64.",))
    return key
