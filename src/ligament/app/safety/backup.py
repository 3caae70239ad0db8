"""`backup`: a consistent copy of a whole home, but for the vault key, in one file."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import ligament
from ligament.app.results import Result
from ligament.app.safety.drafts import folder_of, fresh
from ligament.app.safety.sealing import SEAL, seal_of
from ligament.core.periods import iso_instant
from ligament.store.backup.archive import Contents, contents, dumped
from ligament.store.database.connection import Database, open_database
from ligament.store.database.schema import NEWEST
from ligament.store.shared.values import EVERYBODY, SharedValues
from ligament.wiring.ambient import environment
from ligament.wiring.clocks import SystemClock, clock_starting_at
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import Settings, load_settings
from ligament.wiring.tables import table_files
from ligament.wiring.vault_keys import KEY_FILE

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database.sqlite"
TABLES, HOME = "tables/", "home/"
_BLOCK = 1 << 20
_BACKUPS = "backups_made"
_REMEMBERED = 100


def back_up(
    file: Path,
    home: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    now: Callable[[], datetime] | None = None,
) -> Result:
    """Write a backup into a new file that only its owner may read; others may go on working meanwhile."""
    environ = environment(environ)
    settings = load_settings(home=home, environ=environ)
    now = now or (clock_starting_at(settings.now) if settings.now is not None else SystemClock()).now
    if file.exists():
        raise ConfigurationError((f"{file}: there is a file of that name already, and it is left as it is.",))
    # The heads come first: one that is behind its database is no alarm, one that is ahead would be.
    files = [(name, path.read_bytes()) for name, path in home_files(settings.home)]
    database = open_database(settings.database_url, as_it_is=True)
    try:
        manifest = _write(file, database, files, now, settings.vault_key)
        _remember(database, file, manifest)
    finally:
        database.close()
    if environ.get("LIGAMENT_VAULT_KEY"):
        key = "Keep the value of LIGAMENT_VAULT_KEY in another safe place."
    else:
        key = f"Keep a copy of {settings.home / KEY_FILE} in another safe place."
    document = {"file": str(file), "made_at": manifest["made_at"], "clinics": manifest["clinics"], "key": key}
    return Result(document=document)


def _remember(database: Database, file: Path, manifest: Mapping[str, Any]) -> None:
    """Remember where a backup was put, so that the doctor can say what it still holds."""
    if manifest["schema"] != NEWEST:
        return

    def with_this(kept: str) -> str:
        known: dict[str, str] = json.loads(kept or "{}")
        newest = sorted({**known, str(file.resolve()): manifest["made_at"]}.items(), key=lambda one: one[1])
        return json.dumps(dict(newest[-_REMEMBERED:]))

    SharedValues(database).change(EVERYBODY, _BACKUPS, with_this)


def backups_made(database: Database) -> dict[Path, datetime]:
    """Return the backups that were made from here, with when each was made; some may not be there any more."""
    kept: dict[str, str] = json.loads(SharedValues(database).one(EVERYBODY, _BACKUPS) or "{}")
    return {Path(file): datetime.fromisoformat(at) for file, at in kept.items()}


def made_at(file: Path) -> datetime | None:
    """Return when a backup was made; nothing for a file that is none."""
    try:
        with zipfile.ZipFile(file) as archive:
            return datetime.fromisoformat(json.loads(archive.read(MANIFEST))["made_at"])
    except (zipfile.BadZipFile, EOFError, OSError, KeyError, ValueError, TypeError):
        return None


def home_files(home: Path) -> list[tuple[str, Path]]:
    """Return the files of a home that a backup holds beside the database: heads, rulebooks, and their tables."""
    rulebooks = [*sorted(home.glob("*.toml")), *sorted(home.glob("clinics/*.toml"))]
    tables = dict.fromkeys(file for rulebook in rulebooks for file in table_files(rulebook))
    found = [*sorted(home.glob("journal-*.head")), *rulebooks, *tables]
    return [(path.relative_to(home).as_posix(), path) for path in found]


def kept_aside(settings: Settings, file: Path, now: Callable[[], datetime]) -> None:
    """Write a backup of what a restore is about to replace."""
    database = open_database(settings.database_url, as_it_is=True)
    try:
        _write(
            file,
            database,
            [(name, path.read_bytes()) for name, path in home_files(settings.home)],
            now,
            settings.vault_key,
        )
    finally:
        database.close()


def _write(
    file: Path,
    database: Database,
    files: Iterable[tuple[str, bytes]],
    now: Callable[[], datetime],
    vault_key: bytes,
) -> dict[str, Any]:
    """Write all parts, the manifest last, and put the file in its place when it is whole."""
    parts: dict[str, dict[str, Any]] = {}
    with fresh(file) as (archive, draft):
        for name, content in files:
            parts[HOME + name] = _part(archive, HOME + name, [content])
        if database.is_sqlite:
            held = _copied(archive, parts, database, draft)
        else:
            with database.reading() as connection:
                held = contents(connection)
                for name, lines in dumped(connection):
                    part = f"{TABLES}{name}.jsonl"
                    parts[part] = _part(archive, part, lines)
        if not held.revision:
            raise ConfigurationError(("There is nothing to back up yet: no run has been made.",))
        manifest = _manifest(held, parts, now(), "sqlite" if database.is_sqlite else "tables")
        manifest[SEAL] = seal_of(manifest, vault_key)
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest


def _copied(archive: zipfile.ZipFile, parts: dict[str, dict[str, Any]], database: Database, draft: Path) -> Contents:
    with folder_of(draft) as held:
        copy = held / DATABASE
        database.copy_into(copy)
        copied = open_database(f"sqlite:///{copy}", as_it_is=True)
        try:
            with copied.reading() as connection:
                found = contents(connection)
        finally:
            copied.close()
        parts[DATABASE] = _part(archive, DATABASE, _blocks(copy))
    return found


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as handle:
        while block := handle.read(_BLOCK):
            yield block


def _part(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as part:
        for block in blocks:
            part.write(block)
            digest.update(block)
            size += len(block)
    return {"sha256": digest.hexdigest(), "bytes": size}


def _manifest(held: Contents, parts: Mapping[str, Any], now: datetime, kind: str) -> dict[str, Any]:
    clinics = [
        {
            "name": name,
            "entries": held.entries.get(name, 0),
            "head": {"sequence": head.sequence, "hash": head.hash, "mac": head.mac},
        }
        for name, head in sorted(held.heads.items())
    ]
    return {
        "format": FORMAT,
        "made_at": iso_instant(now),
        "version": ligament.__version__,
        "schema": held.revision,
        "database": kind,
        "clinics": clinics,
        "key_ids": sorted(held.key_ids),
        "parts": dict(parts),
    }
