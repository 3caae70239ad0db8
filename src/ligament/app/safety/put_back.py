"""Putting a checked backup back: a database of our own with its rows, and its files; what they replace is kept."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from ligament.app.safety.backup import DATABASE, HOME, TABLES, kept_aside
from ligament.app.safety.opened_backup import blocks
from ligament.exports.synced import synced
from ligament.store.backup.after_restore import Outliving, Restoration, mark, place_of
from ligament.store.backup.archive import Contents, loaded
from ligament.store.backup.fresh import MOST_VALUE, refilled
from ligament.store.database.connection import open_database
from ligament.store.database.errors import StoreDamaged, StoreError
from ligament.store.journal.chain import Head
from ligament.wiring.leftovers import DRAFT
from ligament.wiring.settings import Settings

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is there before a restore; `outlives` is None where it cannot be read.

    `busy_s` says for how many seconds more a service counts as being at work there, 0 where none is.
    """

    holds: Contents
    outlives: Outliving | None = None
    busy_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreJob:
    """One restore: the opened backup with its manifest, and where it is put back."""

    archive: zipfile.ZipFile
    manifest: Mapping[str, Any]
    home: Path
    url: str
    now: Callable[[], datetime]
    vault_key: bytes

    @property
    def is_sqlite(self) -> bool:
        """Say whether it is put back into a file."""
        return self.url.startswith("sqlite")

    @property
    def names(self) -> set[str]:
        """The clinics in the backup."""
        return {one["name"] for one in self.manifest["clinics"]}

    @property
    def heads(self) -> dict[str, Head]:
        """The ends of their journals."""
        return {one["name"]: Head(**one["head"]) for one in self.manifest["clinics"]}

    def part(self, name: str) -> bytes:
        """Return a part that fits into memory."""
        return b"".join(blocks(self.archive, name, self.manifest["parts"][name]["bytes"]))

    def files(self) -> list[tuple[Path, bytes]]:
        """Return the files that differ from what is there, with what they are to say."""
        named = [part for part in self.manifest["parts"] if part.startswith(HOME)]
        wanted = [(self.home / part.removeprefix(HOME), self.part(part)) for part in named]
        return [(path, text) for path, text in wanted if not path.is_file() or path.read_bytes() != text]


def put_back(job: RestoreJob, present: Present) -> list[str]:
    """Replace database and files; returns the names under which the replaced ones are kept."""
    suffix = _free_suffix(job)
    restorations = _restorations(job, present)
    if job.is_sqlite:
        target = Path(job.url.removeprefix(_SQLITE))
        draft = target.with_name(f"{target.name}{DRAFT}")
        _made(job, draft, restorations, present.outlives)
        kept = (_taken_over if present.holds.revision else _swapped)(draft, target, suffix)
    else:
        kept = _refilled(job, present, restorations, f"database{suffix}.backup")
    for path, content in job.files():
        kept += _replaced(path, content, suffix)
    return kept


def _free_suffix(job: RestoreJob) -> str:
    """Return what is put behind the names of replaced files: the moment, so that none is ever overwritten."""
    moment = f".before-restore-{job.now().astimezone(UTC).strftime('%Y%m%dT%H%M%S')}"
    number = 1
    while list(job.home.rglob(f"*{moment}{'' if number == 1 else f'-{number}'}*")):
        number += 1
    return moment if number == 1 else f"{moment}-{number}"


def _refilled(job: RestoreJob, present: Present, restorations: Mapping[str, Restoration], aside: str) -> list[str]:
    """Refill the tables of a PostgreSQL database in one transaction, after a backup of what they held."""
    if present.holds.revision:
        settings = Settings(home=job.home, clinics=(), database_url=job.url, vault_key=job.vault_key)
        kept_aside(settings, job.home / aside, job.now)
    database = open_database(job.url, as_it_is=True)
    try:
        with database.writing("schema") as connection:
            loaded(connection, job.manifest["schema"], _tables(job))
            mark(connection, restorations, present.outlives)
    finally:
        database.close()
    return [aside] if present.holds.revision else []


def _restorations(job: RestoreJob, present: Present) -> dict[str, Restoration]:
    """Return what is kept of the restore for each clinic; one that the backup knows nothing of begins anew."""
    heads, names = job.heads, job.heads.keys() | present.holds.heads.keys()
    erased = present.outlives.erased if present.outlives is not None else {}
    return {
        name: Restoration(
            made_at=job.manifest["made_at"],
            backup=place_of(heads.get(name)),
            replaced=place_of(present.holds.heads.get(name)),
            erased=erased.get(name, ()),
        )
        for name in sorted(names)
    }


def _made(job: RestoreJob, draft: Path, restorations: Mapping[str, Restoration], kept: Outliving | None) -> None:
    """Make the restored database beside the present one: a fresh one of our own, with the rows of the copied file.

    It is upgraded and marked before anybody sees it.
    """
    source = draft.with_name(f"{draft.name}-from")
    for name in (draft, *_beside(draft), source):
        name.unlink(missing_ok=True)
    with ExitStack() as on_failure:
        on_failure.callback(draft.unlink, missing_ok=True)
        try:
            _written(source, blocks(job.archive, DATABASE, job.manifest["parts"][DATABASE]["bytes"]))
            _written(draft, ())
            _filled(job, draft, source, restorations, kept)
        finally:
            source.unlink(missing_ok=True)
        on_failure.pop_all()
    synced(draft)


def _filled(
    job: RestoreJob, draft: Path, source: Path, restorations: Mapping[str, Restoration], kept: Outliving | None
) -> None:
    database = open_database(f"{_SQLITE}{draft}", as_it_is=True)
    try:
        with database.writing("restore") as connection:
            refilled(connection, job.manifest["schema"], source)
            mark(connection, restorations, kept)
        database.scrub()
    finally:
        database.close()


def _written(file: Path, content: Iterable[bytes]) -> None:
    """Write a new file that only its owner may read."""
    with _new(file) as handle:
        for block in content:
            handle.write(block)


def _new(file: Path) -> IO[bytes]:
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")


def _beside(file: Path) -> tuple[Path, Path]:
    return file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")


def _taken_over(draft: Path, target: Path, suffix: str) -> list[str]:
    """Put the restored rows into the present database in one step, and keep what it held under another name.

    Others may have it open: they go on with what was put back.
    """
    old, aside = target.with_name(target.name + suffix), draft.with_name(f"{draft.name}-old")
    database = open_database(f"{_SQLITE}{target}", as_it_is=True)
    try:
        aside.unlink(missing_ok=True)
        _written(aside, ())
        database.copy_into(aside)
        synced(aside)
        aside.rename(old)
        try:
            synced(target.parent)
            database.take_over(draft)
        except (StoreError, OSError):
            # Nothing was replaced. An interruption may come after it was: then the copy is all that is left.
            old.unlink(missing_ok=True)
            raise
        database.scrub()
    finally:
        database.close()
        for file in (aside, draft):
            file.unlink(missing_ok=True)
    synced(target.parent)
    return [old.name]


def _swapped(draft: Path, target: Path, suffix: str) -> list[str]:
    """Put the restored database in the place of a file that is none, which is kept under another name."""
    kept = []
    if target.is_file():
        old = target.with_name(target.name + suffix)
        _also_named(target, old)
        kept.append(old.name)
        for mate in _beside(target):
            if mate.is_file():
                mate.replace(mate.with_name(old.name + mate.name.removeprefix(target.name)))
    draft.replace(target)
    synced(target.parent)
    return kept


def _tables(job: RestoreJob) -> Iterator[tuple[str, Iterator[bytes]]]:
    for part in job.manifest["parts"]:
        if part.startswith(TABLES):
            with job.archive.open(part) as lines:
                yield part.removeprefix(TABLES).removesuffix(".jsonl"), _lines(lines)


def _lines(part: IO[bytes]) -> Iterator[bytes]:
    while line := part.readline(MOST_VALUE + 1):
        if len(line) > MOST_VALUE:
            raise StoreDamaged("A row in the backup is larger than any of ours, so nothing of it was put back.")
        yield line


def _replaced(target: Path, content: bytes, suffix: str) -> list[str]:
    """Put one file back; a crash at any moment leaves the former one or the new one."""
    kept = []
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}{DRAFT}")
    draft.unlink(missing_ok=True)
    _written(draft, [content])
    synced(draft)
    if target.is_file():
        old = target.with_name(target.name + suffix)
        _also_named(target, old)
        kept.append(old.name)
    draft.replace(target)
    return kept


def _also_named(target: Path, old: Path) -> None:
    """Let what is replaced next stay under another name, where nothing has that name; it is on the disk afterwards."""
    try:
        os.link(target, old)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second names. A copy leaves the only one where it is.
        _copied(target, old)
    synced(old.parent)


def _copied(target: Path, old: Path) -> None:
    with ExitStack() as on_failure, target.open("rb") as source:
        handle = _new(old)
        on_failure.callback(old.unlink, missing_ok=True)
        with handle:
            shutil.copyfileobj(source, handle)
        synced(old)
        on_failure.pop_all()
