"""Vault keys: the key of the vault, from the environment or its file."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ligament.wiring.ambient import random_bytes
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.fresh_files import make_fresh
from ligament.wiring.locks import must_be_file

KEY_FILE = "vault.key"


NEXT_KEY_FILE = "vault.key.new"


_KEY_BYTES = 32


def vault_key(home: Path, environ: Mapping[str, str]) -> bytes:
    """Return the key of the vault: from the environment, else from its file, which is made when it is missing."""
    given = environ.get("LIGAMENT_VAULT_KEY")
    if given:
        return _decoded(given, "LIGAMENT_VAULT_KEY")
    file = home / KEY_FILE
    must_be_file(file)
    # Asked first: the key comes before the database, also where another process is making both right now.
    in_use = _was_in_use(home)
    if file.is_file():
        return _decoded(file.read_text(encoding="ascii"), str(file))
    if in_use:
        sentence = f"{file}: the key of the vault is missing, and what is kept here cannot be read without it."
        raise ConfigurationError(
            (f"{sentence} Put your copy of it back, or set LIGAMENT_VAULT_KEY. No new one is made.",)
        )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        make_fresh(file, base64.b64encode(random_bytes(_KEY_BYTES)).decode("ascii") + "\n")
    return _decoded(file.read_text(encoding="ascii"), str(file))


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
