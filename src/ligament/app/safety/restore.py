"""`restore`: a backup is checked, shown, and put back; what it replaces is kept beside it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ligament.app.results import WAITS, Result
from ligament.app.safety.after_restore import settle
from ligament.app.safety.backup import DATABASE, FORMAT, HOME, MANIFEST, TABLES, kept_aside
from ligament.store.backup.after_restore import Outliving, Restoration, mark, outliving, place_of
from ligament.store.backup.archive import Contents, contents, loaded
from ligament.store.database.connection import Database, open_database
from ligament.store.database.errors import NewerStore, StoreError, WrongKey
from ligament.store.database.schema import NEWEST
from ligament.store.journal.chain import Head
from ligament.store.shared.heartbeats import Heartbeats
from ligament.store.shared.leases import Lease, Leases
from ligament.store.shared.values import SharedValues
from ligament.store.vault.cipher import Cipher
from ligament.wiring.ambient import environment, random_bytes, random_hex
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import LEASE
from ligament.wiring.file_lock import AnotherRun, alone
from ligament.wiring.settings import DATABASE_FILE, Settings, database_url, default_home, load_settings
from ligament.wiring.vault_keys import KEY_FILE, vault_key

_PATIENCE_MS = 2_000
_ALIVE_S = 60
_BLOCK = 1 << 20
_DAYS_FROM_HOURS = 48
_PART = re.compile(r"database\.sqlite|tables/[a-z_]+\.jsonl|home/(?:clinics/)?[^/\\]+\.(?:toml|head|csv|CSV)")
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Present:
    """What is there before a restore; `outlives` is None where it cannot be read."""

    holds: Contents
    outlives: Outliving | None = None
    alive: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One restore: the opened backup with its manifest, and where it is put back."""

    archive: zipfile.ZipFile
    manifest: Mapping[str, Any]
    home: Path
    url: str
    now: Callable[[], datetime]

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def names(self) -> set[str]:
        """The clinics in the backup."""
        return {one["name"] for one in self.manifest["clinics"]}

    @property
    def heads(self) -> dict[str, Head]:
        """The ends of their journals."""
        return {one["name"]: Head(**one["head"]) for one in self.manifest["clinics"]}

    def files(self) -> list[tuple[Path, bytes]]:
        """Return the files that differ from what is there, with what they are to say."""
        named = [part for part in self.manifest["parts"] if part.startswith(HOME)]
        wanted = [(self.home / part.removeprefix(HOME), self.archive.read(part)) for part in named]
        return [(path, text) for path, text in wanted if not path.is_file() or path.read_bytes() != text]


def restore(
    file: Path,
    home: Path | None,
    agreed: Callable[[dict[str, Any]], bool],
    *,
    environ: Mapping[str, str] | None = None,
    now: Callable[[], datetime] | None = None,
) -> Result:
    """Put a backup back once `agreed` says yes to what it would do.

    Raises ConfigurationError for a damaged backup or one of another kind of database, WrongKey when the vault key does
    not fit, AnotherRun while somebody works; nothing is changed by then.
    """
    environ = environment(environ)
    home = home or default_home(environ)
    with _opened(file) as archive:
        url = database_url(home, environ)
        job = _Job(archive=archive, manifest=_checked(file, archive), home=home, url=url, now=now or SystemClock().now)
        _must_fit(job, environ)
        present = _present(job)
        document = _preview(job, present)
        if not agreed(document):
            sentence = "Nothing was changed: add --yes to put it back."
            return Result(document={**document, "restored": False, "sentence": sentence}, code=WAITS)
        if present.alive:
            raise AnotherRun("`ligament serve` or a worker is at work on this database; stop it, then try again")
        with _alone(job, present):
            kept = _put_back(job, _present(job))
        _told(job, environ)
    return Result(document={**document, "restored": True, "kept": kept})


# --- looking at it ----------------------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, EOFError):
        raise ConfigurationError((f"{file}: this is no backup, or it is damaged.",)) from None
    with archive:
        yield archive


def _checked(file: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return the manifest once every part is as it was written."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        if manifest["format"] != FORMAT:
            raise ConfigurationError((f"{file}: a newer version wrote this backup; restore it with that version.",))
        for name, part in manifest["parts"].items():
            if not _PART.fullmatch(name):
                raise ConfigurationError((f"{file}: it is damaged: no backup has a part {name}. Nothing was changed.",))
            digest = hashlib.sha256()
            for block in _blocks(archive, name):
                digest.update(block)
            if digest.hexdigest() != part["sha256"]:
                raise ConfigurationError((f"{file}: the part {name} is damaged. Nothing was changed.",))
    except (KeyError, ValueError, zipfile.BadZipFile, EOFError, OSError) as error:
        # A damaged stream shows in many ways; all of them come to the same.
        raise ConfigurationError((f"{file}: it is damaged ({type(error).__name__}). Nothing was changed.",)) from None
    except zlib.error:
        raise ConfigurationError((f"{file}: it is damaged. Nothing was changed.",)) from None
    return manifest


def _blocks(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            yield block


def _must_fit(job: _Job, environ: Mapping[str, str]) -> None:
    """Complain about another kind of database, a newer schema, or a key that does not fit."""
    manifest, home = job.manifest, job.home
    if (manifest["database"] == "sqlite") is not job.is_sqlite:
        here, there = ("SQLite", "PostgreSQL") if job.is_sqlite else ("PostgreSQL", "SQLite")
        message = f"This backup was made of a {there} database, and this home is on {here} (LIGAMENT_DATABASE_URL)."
        raise ConfigurationError((message,))
    if manifest["schema"] > NEWEST:
        raise NewerStore(
            "A newer version made this backup: install that version first.", f"schema {manifest['schema']}"
        )
    if not environ.get("LIGAMENT_VAULT_KEY") and not (home / KEY_FILE).is_file():
        message = f"{home / KEY_FILE}: put the vault key of that time there first (or into LIGAMENT_VAULT_KEY)."
        raise ConfigurationError((message,))
    held = Cipher(vault_key(home, environ), random_bytes).key_id
    if any(key != held for key in manifest["key_ids"]):
        raise WrongKey(
            "This backup was made with another vault key. Put the key of that time in its place first; "
            "nothing was changed.",
            f"made with key {', '.join(manifest['key_ids'])}, given key {held}",
        )


def _present(job: _Job) -> _Present:
    """Look at what would be replaced; a file that cannot be read as a database is no obstacle."""
    if job.is_sqlite and not Path(job.url.removeprefix(_SQLITE)).is_file():
        return _Present(holds=Contents(revision=""))
    database = open_database(job.url, as_it_is=True)
    try:
        with database.reading() as connection:
            holds = contents(connection)
            kept = outliving(connection, job.heads) if holds.revision == NEWEST else None
        alive = (
            len(Heartbeats(values=SharedValues(database)).alive(SystemClock().now(), _ALIVE_S))
            if kept is not None
            else 0
        )
        return _Present(holds=holds, outlives=kept, alive=alive)
    except StoreError:
        if not job.is_sqlite:
            raise
        return _Present(holds=Contents(revision=""))
    finally:
        database.close()


def _preview(job: _Job, present: _Present) -> dict[str, Any]:
    manifest = job.manifest
    ends = {name: head.sequence for name, head in present.holds.heads.items()}
    clinics = [
        {
            "name": one["name"],
            "entries": one["entries"],
            "newer_entries": max(ends.get(one["name"], 0) - one["head"]["sequence"], 0),
        }
        for one in manifest["clinics"]
    ]
    replaces = [path.relative_to(job.home).as_posix() for path, _ in job.files() if path.is_file()]
    if present.holds.revision:
        replaces.insert(0, DATABASE_FILE if job.is_sqlite else "the tables in PostgreSQL")
    return {
        "made_at": manifest["made_at"],
        "age": _age(job.now() - datetime.fromisoformat(manifest["made_at"])),
        "version": manifest["version"],
        "schema": manifest["schema"],
        "clinics": clinics,
        "not_in_backup": sorted(present.holds.heads.keys() - job.names),
        "replaces": replaces,
    }


def _age(span: timedelta) -> str:
    hours = int(span.total_seconds()) // 3600
    if hours >= _DAYS_FROM_HOURS:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours > 1 else "less than two hours"


# --- putting it back --------------------------------------------------------------------------------------------------


@contextmanager
def _alone(job: _Job, present: _Present) -> Iterator[None]:
    """Hold every clinic, those of the backup and those that are there, on this machine and on others."""
    names = sorted(job.names | present.holds.heads.keys())
    job.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        for name in names:
            held.enter_context(alone(job.home, name, SystemClock().pause_ms, _PATIENCE_MS))
        if present.outlives is not None and not job.is_sqlite:
            database = open_database(job.url, as_it_is=True)
            held.callback(database.close)
            for name in names:
                _lease(database, name)
        yield


def _lease(database: Database, clinic: str) -> Lease:
    """Take a clinic from the other machines; the restore itself gives it back."""
    found = Leases(database, clinic, SystemClock().now).take(LEASE, f"restore/{random_hex(6)}", _ALIVE_S)
    if found is None:
        raise AnotherRun(f"another worker has {clinic} in hand; try again when it has ended")
    return found


def _put_back(job: _Job, present: _Present) -> list[str]:
    """Replace database and files; returns the names under which the replaced ones are kept."""
    suffix = _free_suffix(job)
    restorations = _restorations(job, present)
    if job.is_sqlite:
        target = Path(job.url.removeprefix(_SQLITE))
        draft = target.with_name(f"{target.name}.restoring")
        _made(job, draft, restorations, present.outlives)
        kept = _swapped(draft, target, suffix)
    else:
        kept = _refilled(job, present, restorations, f"database{suffix}.backup")
    for path, content in job.files():
        kept += _replaced(path, content, suffix)
    return kept


def _free_suffix(job: _Job) -> str:
    """Return what is put behind the names of replaced files: the moment, so that none is ever overwritten."""
    moment = f".before-restore-{job.now().astimezone(UTC).strftime('%Y%m%dT%H%M%S')}"
    number = 1
    while list(job.home.rglob(f"*{moment}{'' if number == 1 else f'-{number}'}*")):
        number += 1
    return moment if number == 1 else f"{moment}-{number}"


def _refilled(job: _Job, present: _Present, restorations: Mapping[str, Restoration], aside: str) -> list[str]:
    """Refill the tables of a PostgreSQL database in one transaction, after a backup of what they held."""
    if present.holds.revision:
        settings = Settings(home=job.home, clinics=(), database_url=job.url, vault_key=b"")
        kept_aside(settings, job.home / aside, job.now)
    database = open_database(job.url, as_it_is=True)
    try:
        with database.writing("schema") as connection:
            loaded(connection, job.manifest["schema"], _tables(job))
            mark(connection, restorations, present.outlives)
    finally:
        database.close()
    return [aside] if present.holds.revision else []


def _restorations(job: _Job, present: _Present) -> dict[str, Restoration]:
    erased = present.outlives.erased if present.outlives is not None else {}
    return {
        name: Restoration(
            made_at=job.manifest["made_at"],
            backup=place_of(head),
            replaced=place_of(present.holds.heads.get(name)),
            erased=erased.get(name, ()),
        )
        for name, head in job.heads.items()
    }


def _made(job: _Job, draft: Path, restorations: Mapping[str, Restoration], kept: Outliving | None) -> None:
    """Make the restored database beside the present one: copied out, upgraded and marked before anybody sees it."""
    for name in (draft, *_beside(draft)):
        name.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        for block in _blocks(job.archive, DATABASE):
            handle.write(block)
    database = open_database(f"{_SQLITE}{draft}")
    try:
        with database.writing("restore") as connection:
            mark(connection, restorations, kept)
        database.scrub()
    finally:
        database.close()
    _synced(draft)


def _beside(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _swapped(draft: Path, target: Path, suffix: str) -> list[str]:
    """Put the new database in the place of the old one in one step, and keep the old one under another name."""
    kept = []
    if target.is_file():
        old = target.with_name(target.name + suffix)
        # A crash between the two steps leaves the old one in place under both names.
        os.link(target, old)
        kept.append(old.name)
        for mate in _beside(target):
            if mate.is_file():
                mate.replace(mate.with_name(old.name + mate.name.removeprefix(target.name)))
    draft.replace(target)
    _synced(target.parent)
    return kept


def _synced(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tables(job: _Job) -> Iterator[tuple[str, Iterator[bytes]]]:
    for part in job.manifest["parts"]:
        if part.startswith(TABLES):
            with job.archive.open(part) as lines:
                yield part.removeprefix(TABLES).removesuffix(".jsonl"), iter(lines)


def _replaced(target: Path, content: bytes, suffix: str) -> list[str]:
    """Put one file back."""
    kept = []
    if target.is_file():
        old = target.with_name(target.name + suffix)
        target.replace(old)
        kept.append(old.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.restoring")
    draft.write_bytes(content)
    draft.chmod(0o600)
    draft.replace(target)
    return kept


def _told(job: _Job, environ: Mapping[str, str]) -> None:
    """Let each clinic's journal say what happened; where it is cut off, the clinic's next run does it."""
    settings = load_settings(home=job.home, environ=environ)
    database = open_database(settings.database_url)
    try:
        for clinic in settings.clinics:
            if clinic.name in job.names:
                with open_clinic(replace(settings, clinics=(clinic,)), clinic.name, Overrides(), database) as opened:
                    settle(opened)
    finally:
        database.close()
