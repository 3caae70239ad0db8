"""The first step: a rulebook to fill in and the key of the vault; and later, another key."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

from ligament.connectors.registry import for_role
from ligament.store.crypt import KEY_BYTES
from ligament.store.engine import Database, open_database
from ligament.store.errors import WrongKey
from ligament.store.vault import Vault
from ligament.wiring import keys
from ligament.wiring.app import Verdict
from ligament.wiring.clocks import SystemClock
from ligament.wiring.locking import alone
from ligament.wiring.settings import (
    KEY_FILE,
    RULEBOOK_FILE,
    ConfigurationError,
    Settings,
    default_home,
    load_settings,
    vault_key,
)

_PATIENCE_MS = 2_000
_DONE = "Everything in the vault is encrypted with the new key."
_FROM_ENVIRONMENT = (
    "The key of the vault comes from LIGAMENT_VAULT_KEY, so it is changed where that is set. Make a new one "
    "(`openssl rand -base64 32`), set it as LIGAMENT_VAULT_KEY_NEW beside the present one, run "
    "`ligament vault --rotate` again, then set LIGAMENT_VAULT_KEY to the new one and take LIGAMENT_VAULT_KEY_NEW away."
)


# --- the rulebook -----------------------------------------------------------------------------------------------------


def rulebook_text() -> str:
    """Return a commented rulebook with every key at its default."""
    practice, books = for_role("practice"), for_role("books")
    template = Template(files("ligament.wiring").joinpath("starter.toml").read_text(encoding="utf-8"))
    return template.substitute(
        practice=practice.name, practice_title=practice.title, books=books.name, books_title=books.title
    )


def write_first_rulebook(home: Path, *, name: str, country: str, time_zone: str, start_on: date) -> Path:
    """Write the rulebook of the first clinic with what is known; raises ConfigurationError when there is one already.

    What needs a decision stays as it is in the starter, marked CHECK.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "clinic"
    told = {
        r'name = "My clinic"': f"name = {json.dumps(name, ensure_ascii=False)}",
        r'id = ""': f"id = {json.dumps(slug)}",
        r'time_zone = "[^"]*"': f"time_zone = {json.dumps(time_zone)}",
        r'country = "[^"]*"': f"country = {json.dumps(country)}",
        r"# start_on = .*": f"start_on = {start_on.isoformat()}",
    }
    text = rulebook_text()
    for pattern, line in told.items():
        text, found = re.subn(rf"^{pattern}$", line.replace("\\", r"\\"), text, count=1, flags=re.MULTILINE)
        assert found, f"the starter rulebook has no line {pattern}"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / RULEBOOK_FILE
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationError((f"{file}: there is a rulebook already, and it is left as it is.",)) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        handle.write(text)
    return file


def write_rulebook(home: Path | None = None, *, environ: Mapping[str, str] | None = None) -> Verdict:
    """Write a commented rulebook and make the key of the vault; raises ConfigurationError when there is one already."""
    environ = os.environ if environ is None else environ
    home = home or default_home(environ)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home / RULEBOOK_FILE
    try:
        with file.open("x", encoding="utf-8") as handle:
            handle.write(rulebook_text())
    except FileExistsError:
        message = f"{file}: there is a rulebook already, and it is left as it is. Move it away to start afresh."
        raise ConfigurationError((message,)) from None
    vault_key(home, environ)
    from_environment = bool(environ.get("LIGAMENT_VAULT_KEY"))
    practice, books = for_role("practice"), for_role("books")
    option = "" if home == default_home(environ) else f" --home {home}"
    steps = [
        f"Open {file} and check the lines marked CHECK: the income account, the tax types and the clearing account.",
        f"ligament connect {practice.name}{option}",
        f"ligament connect {books.name}{option}",
        f"ligament doctor{option}",
        f"ligament plan{option}",
    ]
    key_file = "" if from_environment else str(home / KEY_FILE)
    return Verdict(document={"rulebook": str(file), "key_file": key_file, "next": steps})


# --- the key ----------------------------------------------------------------------------------------------------------


def rotate_key(home: Path | None = None, *, rotate: bool, environ: Mapping[str, str] | None = None) -> Verdict:
    """Say whether the vault opens or, with `rotate`, encrypt everything of the home under a new key.

    The order is safe: the new key is in its file before the database turns to it, and the database turns at once.
    """
    environ = os.environ if environ is None else environ
    settings = load_settings(home=home, environ=environ)
    from_environment = bool(environ.get("LIGAMENT_VAULT_KEY"))
    database = open_database(settings.database_url)
    try:
        if not rotate:
            return _looked(settings, database)
        if from_environment and settings.next_vault_key is None:
            raise ConfigurationError((_FROM_ENVIRONMENT,))
        with ExitStack() as locks:
            for clinic in settings.clinics:
                locks.enter_context(alone(settings.home, clinic.name, SystemClock().pause_ms, _PATIENCE_MS))
            return _rotated(settings, database, from_environment=from_environment)
    finally:
        database.close()


def _looked(settings: Settings, database: Database) -> Verdict:
    _must_open(settings, database, keys.settled_key(settings, database, SystemClock().now))
    return Verdict(document={"sentence": "The vault opens with the present key."})


def _must_open(settings: Settings, database: Database, key: bytes) -> None:
    if not keys.opens_all(settings, database, key, SystemClock().now):
        raise WrongKey(
            "The vault key is not the one that the clinic's secrets were kept with. "
            "Put back the file vault.key, or the key in LIGAMENT_VAULT_KEY, that was used before."
        )


def _rotated(settings: Settings, database: Database, *, from_environment: bool) -> Verdict:
    """Change the key: prepare it, turn the database, put it in force."""
    now = SystemClock().now
    present = keys.settled_key(settings, database, now)
    _must_open(settings, database, present)
    vault = Vault(database, settings.clinics[0].name, present, secrets.token_bytes, now)
    if from_environment:
        assert settings.next_vault_key is not None
        if present != settings.next_vault_key:
            vault.rotate(settings.next_vault_key)
        sentence = f"{_DONE} Set LIGAMENT_VAULT_KEY to it now and take LIGAMENT_VAULT_KEY_NEW away."
        return Verdict(document={"sentence": sentence})
    fresh = secrets.token_bytes(KEY_BYTES)
    keys.prepare(settings.home, fresh)
    vault.rotate(fresh)
    keys.put_in_force(settings.home)
    sentence = f"{_DONE} Backups made until now open with the former key only."
    return Verdict(document={"sentence": sentence, "key_file": str(settings.home / KEY_FILE)})
