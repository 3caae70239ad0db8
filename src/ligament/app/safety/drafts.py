"""Drafts of backups: an archive takes its name only when it is whole, and what a killed one left goes with the next.

While an archive is made, its draft is locked, which ends with the process however that ends. Beside it stands the
folder with the copy of a SQLite database, whose name begins with the draft's: a whole copy of personal data.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ligament.wiring.ambient import random_hex
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.locks import AND_WAIT, OR_BUSY, lock

_MARK = ".ligament-backup."
_BYTES = 8
_KEY = re.compile(r"[0-9a-f]{16}")
_TRIES = 10
_CURE = "Name a file on another disk, and copy it there when it is made."


@contextmanager
def fresh(file: Path) -> Iterator[tuple[zipfile.ZipFile, Path]]:
    """Give an archive that takes its name only when it is whole and on the disk, and the draft that it is until then.

    Raises ConfigurationError where it cannot be written, or where nobody could tell it from a dead one.
    """
    draft = file.with_name(f".{file.name}{_MARK}{random_hex(_BYTES)}")
    try:
        _remove_dead(file.parent)
        with os.fdopen(_locked(draft), "w+b") as handle:
            try:
                with zipfile.ZipFile(handle, "w", zipfile.ZIP_DEFLATED) as archive:
                    yield archive, draft
                handle.flush()
                os.fsync(handle.fileno())
                draft.rename(file)
            finally:
                draft.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError((f"{file}: the backup cannot be written ({error.strerror}).",)) from None


def _locked(draft: Path) -> int:
    """Make a draft that is locked, so that nobody takes it for a dead one; raises OSError."""
    for _ in range(_TRIES):
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            lock(descriptor, draft.parent, AND_WAIT, _CURE)
        except ConfigurationError:
            os.close(descriptor)
            draft.unlink(missing_ok=True)
            raise
        if os.fstat(descriptor).st_nlink:
            return descriptor
        # Between the two, another backup took it for a dead one.
        os.close(descriptor)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))


@contextmanager
def folder_of(draft: Path) -> Iterator[Path]:
    """Give a folder beside a draft, which goes before the draft does."""
    with tempfile.TemporaryDirectory(dir=draft.parent, prefix=f"{draft.name}-") as held:
        yield Path(held)


def _remove_dead(folder: Path) -> None:
    """Remove the drafts in a folder that nobody makes any more, and the copies beside them; a living one stays."""
    for found in sorted(folder.glob(f".*{_MARK}*")):
        name, mark, tail = found.name.rpartition(_MARK)
        key, _, _ = tail.partition("-")
        # What cannot be opened or removed stays: another user's, say.
        with suppress(OSError):
            if not _KEY.fullmatch(key) or _is_made(found.with_name(f"{name}{mark}{key}")):
                continue
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)


def _is_made(draft: Path) -> bool:
    """Say whether somebody writes a draft just now."""
    try:
        descriptor = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, OR_BUSY)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
