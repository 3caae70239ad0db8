"""Opening a backup, which may be damaged or planted: nothing in it is believed before it was checked."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ligament.app.safety.backup import FORMAT, HOME, MANIFEST
from ligament.app.safety.sealing import SEAL, is_sealed
from ligament.wiring.errors import ConfigurationError

MOST_MANIFEST = 16 << 20
"""How many bytes a manifest has at most; that of a hundred clinics has a few thousand."""
MOST_FILE = 64 << 20
"""How many bytes a rulebook, a table of it or a head has at most."""
_BLOCK = 1 << 20
_PART = re.compile(r"database\.sqlite|tables/[a-z_]+\.jsonl|home/(?:clinics/)?[^/\\]+\.(?:toml|head|csv|CSV)")


@contextmanager
def opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open the file of a backup; raises ConfigurationError when it is none."""
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, EOFError):
        raise ConfigurationError((f"{file}: this is no backup, or it is damaged.",)) from None
    with archive:
        yield archive


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn what a damaged stream raises, in its many ways, into one sentence."""
    try:
        yield
    except zlib.error:
        raise ConfigurationError((f"{file}: it is damaged. Nothing was changed.",)) from None
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise ConfigurationError((f"{file}: it is damaged ({type(error).__name__}). Nothing was changed.",)) from None


def manifest_of(file: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """Return what a backup says of itself; it is not believed yet."""
    with _readable(file):
        with archive.open(MANIFEST) as part:
            text = part.read(MOST_MANIFEST + 1)
        if len(text) > MOST_MANIFEST:
            raise ConfigurationError((f"{file}: no backup has a manifest of that size. Nothing was changed.",))
        manifest: dict[str, Any] = json.loads(text)
        if manifest["format"] != FORMAT:
            raise ConfigurationError((f"{file}: a newer version wrote this backup; restore it with that version.",))
        for name in ("made_at", "version", "schema", "database"):
            if not isinstance(manifest[name], str):
                raise TypeError(name)
        if not re.fullmatch(r"\d{4}", manifest["schema"]):
            raise ValueError("schema")
    return manifest


def must_be_sealed(file: Path, manifest: dict[str, Any], vault_key: bytes, *, unsealed: bool) -> None:
    """Complain about a backup that somebody changed, or of which nobody can tell; `unsealed` takes one without seal."""
    if SEAL not in manifest:
        if unsealed:
            return
        sentence = (
            f"{file}: it bears no seal, so that nobody can tell whether it was changed: a version before this one made "
            "it, or somebody took the seal off. If you made it yourself and kept it where nobody else can write, add "
            "--unsealed. Nothing was changed."
        )
        raise ConfigurationError((sentence,))
    if not is_sealed(manifest, vault_key):
        raise ConfigurationError((f"{file}: somebody changed it: its seal does not fit. Nothing was changed.",))


def check_parts(file: Path, archive: zipfile.ZipFile, manifest: dict[str, Any], home: Path) -> None:
    """Check that every part is as it was written, and no larger than it says and than there is room."""
    with _readable(file):
        parts = manifest["parts"]
        for name, part in parts.items():
            if not _PART.fullmatch(name):
                raise ConfigurationError((f"{file}: it is damaged: no backup has a part {name}. Nothing was changed.",))
            if name.startswith(HOME) and part["bytes"] > MOST_FILE:
                raise ConfigurationError((f"{file}: the part {name} is too large. Nothing was changed.",))
        _must_have_room(file, sum(part["bytes"] for part in parts.values()), home)
        for name, part in parts.items():
            digest = hashlib.sha256()
            for block in blocks(archive, name, part["bytes"]):
                digest.update(block)
            if digest.hexdigest() != part["sha256"]:
                raise ConfigurationError((f"{file}: the part {name} is damaged. Nothing was changed.",))


def _must_have_room(file: Path, wanted: int, home: Path) -> None:
    there = next(folder for folder in (home, *home.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if wanted > free:
        sentence = f"{file}: it needs {wanted:,} bytes, and there are {free:,} free in {there}. Nothing was changed."
        raise ConfigurationError((sentence,))


def blocks(archive: zipfile.ZipFile, name: str, most: int) -> Iterator[bytes]:
    """Give a part block by block, never more than one block beyond `most` bytes."""
    given = 0
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            yield block
            given += len(block)
            if given > most:
                return
