"""Files that appear whole or not at all, and that only their owner can read."""

from __future__ import annotations

import ctypes
import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ligament.exports.errors import FileRefused
from ligament.exports.synced import synced

OWNER_ONLY = 0o600
_HERE, _NO_REPLACE = -100, 1
"""AT_FDCWD and RENAME_NOREPLACE of Linux: see renameat2(2)."""


def write_whole(path: Path, fill: Callable[[Path], None], *, replace: bool) -> None:
    """Let `fill` write a file beside the wanted one and put it in its place when it is complete.

    Without `replace` a file that is there stays as it is. Raises FileRefused when the folder cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise _refused(path, error) from None
    os.close(handle)
    beside = Path(name)
    try:
        fill(beside)
        beside.chmod(OWNER_ONLY)
        synced(beside)
        _put(beside, path, replace=replace)
    except OSError as error:
        raise _refused(path, error) from None
    finally:
        beside.unlink(missing_ok=True)


def _put(beside: Path, path: Path, *, replace: bool) -> None:
    if replace:
        beside.replace(path)
        return
    try:
        put_new(beside, path)
    except FileExistsError:
        raise already_there(path) from None


def put_new(beside: Path, path: Path) -> None:
    """Put a complete file in its place; raises FileExistsError where there is one, which is left as it is."""
    try:
        # A second name is refused when there is one already, also when it came a moment ago.
        path.hardlink_to(beside)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems know no second names, and some of those no renaming that leaves alone what is there.
        if not _renamed_to_new(beside, path):
            if path.exists():
                raise FileExistsError(path) from None
            beside.replace(path)


def _renamed_to_new(beside: Path, path: Path) -> bool:
    """Rename a file unless there is one of the new name, in one step; false where this system has no such step."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(beside), _HERE, os.fsencode(path), _NO_REPLACE) == 0:
        return True
    if ctypes.get_errno() == errno.EEXIST:
        raise FileExistsError(path) from None
    return False


def already_there(path: Path) -> FileRefused:
    """Return the error for a file that would have to be overwritten."""
    return FileRefused(f"{path} is there already. Name another file, or say --force to overwrite it.")


def _refused(path: Path, error: OSError) -> FileRefused:
    return FileRefused(f"{path} cannot be written ({error.strerror or type(error).__name__}).")
